"""Plans made from the command line, online and offline, and their output formats."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from camformation.cli.management import asking_cluster
from camformation.cli.options import Where
from camformation.cli.own_prices import price_table
from camformation.cli.target import Subject, SystemClock, connected, interactive, show_left
from camformation.deploy.change.change_set import tidied
from camformation.deploy.change.preparation import DeployOptions, prepare, stack_name
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.plan import offline
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.given import defaults, given_values
from camformation.deploy.plan.kept_engine import keep_engine
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.plan_file import plan_file_text
from camformation.deploy.plan.stack_settings import (
    StackSettings,
    settings_of_manifest,
    stack_settings_gate,
    wanted_settings,
)
from camformation.deploy.plan.symbols import Templates
from camformation.diagnostics import SpecError
from camformation.frozen import frozen, replaced
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from camformation.reading import is_folder, is_regular_file, read_file
from camformation.spec_text import MAX_BYTES
from camformation.writing import write_file


def rendered(
    plan: Plan, style: str, *, show_phantom: bool = False, colour: bool | None = None
) -> str:
    """Return a plan in one of the `PLAN_STYLES`; text has colour on a terminal, or as asked."""
    match style:
        case "json":
            from camformation.report.plan.json import plan_json

            return plan_json(plan)
        case "markdown":
            from camformation.report.plan.markdown import plan_markdown

            return plan_markdown(plan)
        case "github":
            from camformation.report.plan.github import plan_annotations

            return plan_annotations(plan, is_regular_file)
        case _:
            from camformation.report.plan.text import plan_text

            if colour is None:
                colour = interactive()
            return plan_text(plan, colour=colour, show_phantom=show_phantom)


@frozen
class Planned:
    """A plan, and the templates that it compares; `before` is None before a first deployment."""

    plan: Plan
    before: Templates | None
    after: Templates
    parameters: tuple[Mapping[str, str], Mapping[str, str]]


def online_plan(
    compiled: Compiled, where: Where, options: DeployOptions, out: Path | None
) -> Planned:
    """Return the plan of a deployment to the target of the options. Nothing is left behind; if that
    fails, it is reported on standard error, and the plan is still returned."""
    clock = SystemClock()
    with connected(where, compiled.deployment, options.service_role_arn) as at:
        about = Subject(stack_name(compiled.deployment), compiled.deployment)
        ask = asking_cluster(at, about, clock)
        prepared = prepare(
            at.cloud, clock, at.caller, compiled, options, ask_cluster=ask, prices=price_table()
        )
        show_left(tidied(at.cloud.stacks, clock, prepared.change_set))
    if out:
        write(out, plan_file_text(prepared.plan, prepared.fingerprint))
    deployed = prepared.deployed
    known = deployed.stack.parameters if deployed else {}
    return Planned(
        prepared.plan,
        deployed.templates if deployed else None,
        prepared.templates,
        (known, given_values(compiled.parameters, known)),
    )


def write(file: Path, text: str) -> None:
    """Write a report to a file. Raises DeployError."""
    try:
        write_file(file, text.encode())
    except OSError as error:
        raise DeployError("CAM617", f"cannot write {file}: {error.strerror}") from error


def offline_plan(
    compiled: Compiled,
    spec: str,
    base: str | None,
    layout: str,
    settings: tuple[str, ...],
    allow: tuple[str, ...],
) -> Planned:
    """Return the plan of going from `base` to the compilation, without any AWS account."""
    old, own = None, StackSettings()
    if base and is_folder(base):
        try:
            old = offline.read_compiled(Path(base))
            own = settings_of_manifest(old.manifest)
        except (OSError, ValueError) as error:
            hint = "give an output folder of `camformation compile`"
            reason = getattr(error, "strerror", None) or error
            raise DeployError(
                "CAM619", f"{base} is not a compiled folder: {reason}", hint
            ) from error
    elif base:
        before = _compiled_at(base, spec, layout, settings)
        old, own = _output(before), wanted_settings(before.deployment)
    known = defaults(old.templates) if old else {}
    given = given_values(compiled.parameters, known)
    engine = keep_engine(
        compiled.templates,
        compiled.parameters,
        given,
        old.templates if old else None,
        known,
        compiled.resolved,
    )
    plan = offline.plan_offline(
        old,
        offline.Compiled(engine.templates, _output(compiled).manifest),
        base_name=base or "nothing",
        locate=compiled.locate_in_resource,
        origins=origins_of(
            compiled,
            old.templates if old else None,
            (known, engine.parameters),
            engine.templates,
        ),
        allow=allow,
        parameters=(known, engine.parameters),
        prices=price_table(),
    )
    differ = stack_settings_gate(
        own, wanted_settings(compiled.deployment), compiled.resolved.decided
    )
    plan = replaced(plan, gate=(*engine.notices, *plan.gate, *differ))
    return Planned(
        plan, old.templates if old else None, engine.templates, (known, engine.parameters)
    )


def _compiled_at(base: str, spec: str, layout: str, settings: tuple[str, ...]) -> Compiled:
    """Return the spec of a git revision, compiled. Its findings show no lines: those of now may be
    others. Raises DeployError and SpecError."""
    read = _AtRevision(base, spec)
    try:
        read(spec)
    except OSError as error:
        hint = "give a folder written by `camformation compile`, or a git revision with the spec"
        message = f"--base {base} is no folder, and {error.strerror}"
        raise DeployError("CAM619", message, hint) from error
    try:
        return compile_spec(spec, read, Layout(layout), settings)
    except SpecError as error:
        raise SpecError(
            replaced(each, message=f"at {base}: {each.message}", excerpt=False)
            for each in error.diagnostics
        ) from error


def _output(compiled: Compiled) -> offline.Compiled:
    deployment = compiled.deployment
    manifest = {"name": str(deployment.name), "region": deployment.region}
    return offline.Compiled(compiled.templates, manifest)


class _AtRevision:
    """Reads spec files as they were at a git revision.

    A base in `extends` outside any repository has only its current state.
    """

    def __init__(self, revision: str, spec: str) -> None:
        self.revision = revision
        self.spec = spec

    def __call__(self, file: str) -> bytes:
        path = Path(file)
        command = ["git", "show", f"{self.revision}:./{path.name}"]
        folder = path.parent if str(path.parent) else Path()
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        except OSError as error:
            raise OSError(error.errno, f"cannot run git: {error.strerror}") from error
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
            if path.is_absolute() and file != self.spec and "not a git repository" in reason:
                return read_file(file, MAX_BYTES)
            raise OSError(None, f"git has no {file} at {self.revision}: {reason}")
        return done.stdout
