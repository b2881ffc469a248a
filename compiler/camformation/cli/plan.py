"""`camformation plan`: what deploying a spec would do to the running system."""

import subprocess
from pathlib import Path

import click

from camformation.cli.specs import SpecFiles, layout_option, one_spec_argument
from camformation.cli.target import (
    Options,
    SystemClock,
    connected,
    errors_shown,
    interactive,
    target_options,
)
from camformation.deploy.change_set import discard
from camformation.deploy.errors import DeployError
from camformation.deploy.plan import offline
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.plan_file import plan_file_text
from camformation.deploy.preparation import Wishes, locator, prepare
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec

FORMATS = ("text", "json", "markdown", "github")

allow_option = click.option(
    "--allow-data-loss",
    "allow",
    multiple=True,
    metavar="LOGICAL_ID",
    help="Allow the loss that the plan names, for exactly this resource.",
)
bucket_option = click.option(
    "--artifact-bucket", help="Where templates are uploaded; see `camformation bootstrap`."
)
service_role_option = click.option(
    "--service-role-arn", metavar="ARN", help="The role that CloudFormation acts as."
)
set_option = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Set a value of the spec."
)
format_option = click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How the plan is shown.",
)


@click.command("plan")
@one_spec_argument
@layout_option
@click.option("--offline", "is_offline", is_flag=True, help="Ask no AWS account.")
@click.option("--base", help="With --offline: a compiled folder, or a git revision of the spec.")
@allow_option
@click.option("--show-phantom", is_flag=True, help="Show what only seems to change.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the plan, for `deploy --plan`.")
@set_option
@format_option
@bucket_option
@service_role_option
@target_options
def command(
    spec: str,
    layout: str,
    is_offline: bool,
    base: str | None,
    allow: tuple[str, ...],
    show_phantom: bool,
    out: Path | None,
    settings: tuple[str, ...],
    style: str,
    artifact_bucket: str | None,
    service_role_arn: str | None,
    target: Options,
) -> int:
    """Show what deploying a spec would do to the running system.

    Makes a change set, reads it into the last nested stack, and deletes it again. Exits with 0
    where nothing changes, 2 where something does, 3 where the plan is blocked because data would be
    lost, 1 for an error.
    """
    if base and not is_offline:
        raise click.UsageError("--base goes with --offline")
    if out and is_offline:
        raise click.UsageError("--out needs a plan of the running system, not --offline")
    files = SpecFiles()
    with errors_shown(files):
        compiled = compile_spec(spec, files.read, Layout(layout), settings)
        if is_offline:
            plan = _offline(compiled, spec, base, layout, settings, allow)
        else:
            plan = _online(compiled, target, Wishes(artifact_bucket, service_role_arn, allow), out)
        click.echo(rendered(plan, style, show_phantom=show_phantom), nl=False)
        return plan.exit_code
    return 1


def rendered(plan: Plan, style: str, *, show_phantom: bool = False) -> str:
    """Return a plan in one of `FORMATS`."""
    match style:
        case "json":
            from camformation.report.plan_json import plan_json

            return plan_json(plan)
        case "markdown":
            from camformation.report.plan_markdown import plan_markdown

            return plan_markdown(plan)
        case "github":
            from camformation.report.plan_github import plan_annotations

            return plan_annotations(plan)
        case _:
            from camformation.report.plan_text import plan_text

            return plan_text(plan, colour=interactive(), show_phantom=show_phantom)


def _online(compiled: Compiled, target: Options, wishes: Wishes, out: Path | None) -> Plan:
    clock = SystemClock()
    with connected(target, compiled.deployment, wishes.service_role_arn) as at:
        prepared = prepare(at.cloud, clock, at.caller, compiled, wishes)
        discard(at.cloud.stacks, clock, prepared.change_set)
    if out:
        try:
            out.write_text(plan_file_text(prepared.plan, prepared.fingerprint), "utf-8")
        except OSError as error:
            raise DeployError("CAM601", f"cannot write {out}: {error.strerror}") from error
    return prepared.plan


def _offline(
    compiled: Compiled,
    spec: str,
    base: str | None,
    layout: str,
    settings: tuple[str, ...],
    allow: tuple[str, ...],
) -> Plan:
    old = None
    if base and Path(base).is_dir():
        try:
            old = offline.read_compiled(Path(base))
        except (OSError, ValueError) as error:
            hint = "give a folder that `camformation compile` wrote"
            raise DeployError("CAM602", f"{base} is no compiled folder: {error}", hint) from error
    elif base:
        old = _output(compile_spec(spec, _at_revision(base), Layout(layout), settings))
    return offline.plan_offline(
        old,
        _output(compiled),
        base_name=base or "nothing",
        locate=locator(compiled),
        allow=allow,
    )


def _output(compiled: Compiled) -> offline.Compiled:
    deployment = compiled.deployment
    manifest = {"name": str(deployment.name), "region": deployment.region}
    return offline.Compiled(compiled.templates, manifest)


class _at_revision:
    """Reads spec files as they were at a git revision."""

    def __init__(self, revision: str) -> None:
        self.revision = revision

    def __call__(self, file: str) -> bytes:
        path = Path(file)
        command = ["git", "show", f"{self.revision}:./{path.name}"]
        folder = path.parent if str(path.parent) else Path()
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        except OSError as error:
            raise OSError(error.errno, f"git cannot be run: {error.strerror}") from error
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
            raise OSError(None, f"git has no {file} at {self.revision}: {reason}")
        return done.stdout
