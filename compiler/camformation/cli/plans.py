"""Plans made from the command line, online and offline, and their output formats."""

import subprocess
from pathlib import Path

from camformation.cli.options import Where
from camformation.cli.target import SystemClock, connected, interactive
from camformation.deploy.change.change_set import discard
from camformation.deploy.change.preparation import DeployOptions, prepare
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.plan import offline
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.given import defaults, given_values
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.plan_file import plan_file_text
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec


def rendered(plan: Plan, style: str, *, show_phantom: bool = False) -> str:
    """Return a plan in one of the `PLAN_STYLES`."""
    match style:
        case "json":
            from camformation.report.plan.json import plan_json

            return plan_json(plan)
        case "markdown":
            from camformation.report.plan.markdown import plan_markdown

            return plan_markdown(plan)
        case "github":
            from camformation.report.plan.github import plan_annotations

            return plan_annotations(plan)
        case _:
            from camformation.report.plan.text import plan_text

            return plan_text(plan, colour=interactive(), show_phantom=show_phantom)


def online_plan(compiled: Compiled, where: Where, options: DeployOptions, out: Path | None) -> Plan:
    """Return the plan of a deployment to where the options say; nothing is left behind."""
    clock = SystemClock()
    with connected(where, compiled.deployment, options.service_role_arn) as at:
        prepared = prepare(at.cloud, clock, at.caller, compiled, options)
        discard(at.cloud.stacks, clock, prepared.change_set)
    if out:
        try:
            out.write_text(plan_file_text(prepared.plan, prepared.fingerprint), "utf-8")
        except OSError as error:
            raise DeployError("CAM617", f"cannot write {out}: {error.strerror}") from error
    return prepared.plan


def offline_plan(
    compiled: Compiled,
    spec: str,
    base: str | None,
    layout: str,
    settings: tuple[str, ...],
    allow: tuple[str, ...],
) -> Plan:
    """Return the plan of going from `base` to the compilation, without any AWS account."""
    old = None
    if base and Path(base).is_dir():
        try:
            old = offline.read_compiled(Path(base))
        except (OSError, ValueError) as error:
            hint = "give a folder that `camformation compile` wrote"
            raise DeployError("CAM619", f"{base} is no compiled folder: {error}", hint) from error
    elif base:
        old = _output(compile_spec(spec, _AtRevision(base), Layout(layout), settings))
    known = defaults(old.templates) if old else {}
    parameters = (known, given_values(compiled.parameters, known))
    return offline.plan_offline(
        old,
        _output(compiled),
        base_name=base or "nothing",
        locate=compiled.locate_in_resource,
        origins=origins_of(compiled, old.templates if old else None, parameters),
        allow=allow,
        parameters=parameters,
    )


def _output(compiled: Compiled) -> offline.Compiled:
    deployment = compiled.deployment
    manifest = {"name": str(deployment.name), "region": deployment.region}
    return offline.Compiled(compiled.templates, manifest)


class _AtRevision:
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
