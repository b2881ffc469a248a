"""Options and arguments shared by the commands. Kept light, because shell completion and --help
import it."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from camformation.cli.completers import fields, files, regions, subjects
from camformation.frozen import frozen

F = TypeVar("F", bound=Callable[..., Any])

STYLES = ("text", "json", "github", "sarif")
PLAN_STYLES = ("text", "json", "markdown", "github", "html")
PICTURE_STYLES = ("svg", "mermaid", "dot")
LAYOUTS = ("nested", "flat")
STYLE = "camformation.style"
"""The key of the chosen format in click's context: errors follow it."""

spec_argument = click.argument(
    "specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=files
)
one_spec_argument = click.argument("spec", metavar="SPEC", shell_complete=files)
subject_argument = click.argument("subject", metavar="SPEC|NAME", shell_complete=subjects)


def no_spec(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Return the words after the spec, if none of them is the spec. Raises click.BadParameter."""
    for word in value if isinstance(value, tuple) else (value or "",):
        if word.endswith((".yaml", ".yml")):
            raise click.BadParameter(f"{word} is a spec, which comes first", context, parameter)
    return value


fleet_argument = click.argument("fleet", metavar="FLEET", shell_complete=files)
fleet_subject_argument = click.argument("fleet", metavar="FLEET|NAME", shell_complete=subjects)

layout_option = click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    show_default=True,
    help="Nested stacks, or one flat template.",
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    shell_complete=fields,
    help="Set a value of the spec, for example --set orchestration.brokers=5.",
)
allow_option = click.option(
    "--allow-data-loss",
    "allow",
    multiple=True,
    metavar="CODE:LOGICAL_ID",
    help="Allow what the plan blocks with this code, for this resource only.",
)
bucket_option = click.option(
    "--artifact-bucket", help="The bucket for templates; see `camformation bootstrap`."
)
service_role_option = click.option(
    "--service-role-arn", metavar="ARN", help="The service role that CloudFormation assumes."
)
endpoints_option = click.option(
    "--endpoint",
    "endpoints",
    metavar="URL",
    multiple=True,
    help="Where port 9600 of a broker is, for each one.  [default: the ops task asks them]",
)
fail_fast_option = click.option(
    "--fail-fast/--no-fail-fast",
    default=None,
    help="End the wait if a service fails in the same way three times: cancel an update, leave a "
    "creation; or wait on.  [default: ask on a terminal; else see docs/troubleshooting.md]",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would be done, and change nothing."
)
write_option = click.option(
    "--write",
    is_flag=True,
    help="Write the new values into SPEC at the end, and change nothing else in it.",
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do it without confirmation.")
preflight_option = click.option(
    "--preflight/--no-preflight",
    default=True,
    show_default=True,
    help="First check for anything that would make it fail.",
)
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="Show only the plan, failures and the result."
)
read_role_option = click.option(
    "--read-role",
    metavar="NAME",
    help="The role to assume to read stacks that failed in other accounts.  "
    "[default: the execution role]",
)
call_as_option = click.option(
    "--call-as",
    type=click.Choice(("SELF", "DELEGATED_ADMIN")),
    help="The caller's role in the organization, with a StackSet's name; a fleet file sets it.",
)


def format_options(*styles: str, of: str = "output") -> Callable[[F], Callable[..., Any]]:
    """Return a decorator that adds --format, with `text` first, and --json; the command gets
    `style`."""

    def added(function: F) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, style: str | None, as_json: bool, **kwargs: Any) -> Any:
            if as_json and style not in (None, "json"):
                raise click.UsageError(f"--json and --format {style} exclude each other")
            chosen = "json" if as_json else style or styles[0]
            click.get_current_context().meta[STYLE] = chosen
            return function(*args, style=chosen, **kwargs)

        command: Callable[..., Any] = click.option(
            "--json", "as_json", is_flag=True, help="Short for --format json."
        )(wrapped)
        return click.option(
            "--format",
            "style",
            type=click.Choice(styles),
            show_default=styles[0],
            help=f"The format of the {of}.",
        )(command)

    return added


plan_format_options = format_options(*PLAN_STYLES, of="plan")
data_options = format_options("text", "json")
event_options = format_options("text", "json", of="progress; json: an event on each line")


def spec_options(function: F) -> Callable[..., Any]:
    """Add the options that change the meaning of a spec or the display of findings."""
    command: Callable[..., Any] = format_options(*STYLES, of="findings")(function)
    for option in (
        click.option("--strict", is_flag=True, help="Treat warnings as errors."),
        set_option,
    ):
        command = option(command)
    return command


class Number(click.IntRange):
    """A whole number of at least 1."""

    name = "whole number"

    def __init__(self) -> None:
        super().__init__(min=1)


class OutPath(click.Path):
    """A path to write to; an empty one, such as an unset variable, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            self.fail("it is empty: give a path to write to", param, ctx)
        return super().convert(value, param, ctx)


class Report(click.ParamType):  # type: ignore[type-arg]
    """A format of a report, and the file to write it to: `markdown=plan.md`."""

    name = "report"

    def __init__(self, styles: Sequence[str]) -> None:
        self._styles = styles

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        style, equals, file = str(value).partition("=")
        if not equals or style not in self._styles:
            self.fail(f"{value!r} is not FORMAT=FILE, with one of {', '.join(self._styles)}")
        return style, File().convert(file, param, ctx)


class Folder(OutPath):
    """A folder to write to, which need not exist."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)


class File(OutPath):
    """A file to write to."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)


@frozen
class Where:
    """The target of a deployment, as the command line gives it."""

    profile: str | None
    region: str | None
    role_arn: str | None
    local: bool
    local_state: Path | None


def target_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options about the target; the command gets them as `where`."""

    @functools.wraps(function)
    def wrapped(
        *args: Any,
        profile: str | None,
        region: str | None,
        role_arn: str | None,
        local: bool,
        local_state: Path | None,
        **kwargs: Any,
    ) -> Any:
        where = Where(profile, region, role_arn, local or local_state is not None, local_state)
        return function(*args, where=where, **kwargs)

    command: Callable[..., Any] = wrapped
    for option in (
        click.option(
            "--local-state",
            type=click.Path(path_type=Path, file_okay=False),
            help="The folder of the local target's state; implies --local.",
        ),
        click.option("--local", is_flag=True, help="Use the local target; needs no AWS account."),
        click.option("--role-arn", metavar="ARN", help="A role to assume for all AWS calls."),
        click.option(
            "--region",
            shell_complete=regions,
            help="The AWS region.  [default: the spec's, or else the profile's]",
        ),
        click.option("--profile", help="The AWS profile to use."),
    ):
        command = option(command)
    return command
