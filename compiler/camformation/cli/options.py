"""Options and arguments shared by the commands. Light: shell completion and --help import it."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from camformation.frozen import frozen

F = TypeVar("F", bound=Callable[..., Any])

STYLES = ("text", "json", "github", "sarif")
PLAN_STYLES = ("text", "json", "markdown", "github")
LAYOUTS = ("nested", "flat")

spec_argument = click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
one_spec_argument = click.argument("spec", metavar="SPEC")
subject_argument = click.argument("subject", metavar="SPEC|NAME")
fleet_subject_argument = click.argument("fleet", metavar="FLEET|NAME")

layout_option = click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    show_default=True,
    help="Nested stacks, or all in one template.",
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Set a value of the spec, as in --set orchestration.brokers=5.",
)
allow_option = click.option(
    "--allow-data-loss",
    "allow",
    multiple=True,
    metavar="CODE:LOGICAL_ID",
    help="Allow what the plan blocks by this code, for exactly this resource.",
)
bucket_option = click.option(
    "--artifact-bucket", help="Where templates are uploaded; see `camformation bootstrap`."
)
service_role_option = click.option(
    "--service-role-arn", metavar="ARN", help="The role that CloudFormation acts as."
)
plan_style_option = click.option(
    "--format",
    "style",
    type=click.Choice(PLAN_STYLES),
    default=PLAN_STYLES[0],
    show_default=True,
    help="How the plan is shown.",
)
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="Show the plan and the end; of what happens only failures."
)
call_as_option = click.option(
    "--call-as",
    type=click.Choice(("SELF", "DELEGATED_ADMIN")),
    help="As whom, where only the StackSet's name is given; a fleet file says it.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")


def spec_options(function: F) -> F:
    """Add the options that change what a spec means or how findings are shown."""
    for option in (
        click.option(
            "--format",
            "style",
            type=click.Choice(STYLES),
            default=STYLES[0],
            show_default=True,
            help="How findings are shown.",
        ),
        click.option("--strict", is_flag=True, help="Treat warnings as errors."),
        set_option,
    ):
        function = option(function)
    return function


class OutPath(click.Path):
    """A path to write to; an empty one, as of a variable that is not set, is no place."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            self.fail("it is empty: name where to write", param, ctx)
        return super().convert(value, param, ctx)


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
            help="Where the local target keeps its state; implies --local.",
        ),
        click.option("--local", is_flag=True, help="Use the local target: no AWS account needed."),
        click.option("--role-arn", metavar="ARN", help="A role to assume before anything else."),
        click.option("--region", help="The AWS region; the spec's, or the profile's, if left out."),
        click.option("--profile", help="The profile of the AWS configuration."),
    ):
        command = option(command)
    return command
