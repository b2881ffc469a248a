"""The export of a spec for StackSets from the command line: files and the next commands."""

import json
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import click

from camformation.cli.lock_file import read_lock_file, write_lock_file
from camformation.cli.specs import SpecFiles
from camformation.counting import counted
from camformation.deploy.change.package import MAX_BODY_BYTES
from camformation.deploy.cloud.errors import DeployError
from camformation.diagnostics import Diagnostic, SpecError
from camformation.digest import sha256
from camformation.fleet.binding import BoundFleet, bind
from camformation.fleet.documents import (
    CREATE,
    DESCRIPTION,
    POLICY,
    Settings,
    documents,
    settings_of,
)
from camformation.fleet.export import TEMPLATE, Exported, export
from camformation.fleet.portable import check_portable, suggested_parameters
from camformation.fleet.protection import ON, PROTECTION
from camformation.fleet.reading import LoadedFleet, load_fleet
from camformation.frozen import frozen
from camformation.layout import ROOT, Layout
from camformation.output import Written, stage_export
from camformation.pipeline import Compiled, compile_spec
from camformation.report.spec.diagnostics import data
from camformation.report.terminal_text import visible


@frozen
class Request:
    """The export that the command line requests."""

    spec: str
    fleet: str | None
    layout: str
    permission_model: str | None
    artifact_bucket: str | None
    organization: str | None
    out: Path | None
    settings: tuple[str, ...]
    lint: bool = False
    lint_regions: tuple[str, ...] = ()


REGIONS = ("us-east-1", "eu-west-2", "us-gov-west-1", "cn-north-1")
"""Regions for which templates are linted by default: one of each partition."""


def export_spec(files: SpecFiles, request: Request, *, as_json: bool) -> int:
    """Export a spec and return the exit code. Raises SpecError and DeployError."""
    loaded = load_fleet(request.fleet, files.read) if request.fleet else None
    model = _permission_model(request, loaded)
    _check_options(request, model, loaded)
    compiled = compile_spec(
        request.spec, files.read, Layout(request.layout), request.settings, anywhere=True
    )
    try:
        exported = export(compiled, request.artifact_bucket)
    except SpecError as error:
        files.report(error.diagnostics, "text")
        _suggest(compiled)
        if as_json:
            click.echo(json.dumps({"diagnostics": data(error.diagnostics)}))
        return 1
    lock = read_lock_file(loaded.lock_file, files.read_lock) if loaded else None
    bound = _bound(loaded, exported, lock) if loaded else None
    warnings = [*compiled.warnings, *exported.warnings, *(bound.warnings if bound else ())]
    if request.lint and (found := _linted(exported, request.lint_regions or REGIONS)):
        raise SpecError(found)
    if loaded:
        settings = settings_of(loaded.fleet, exported)
    else:
        settings = Settings(exported.name, exported.description, model, tags=exported.tags)
    contents = documents(
        exported,
        settings,
        bound,
        artifact_bucket=request.artifact_bucket,
        organization=request.organization,
    )
    folder = request.out or Path("out") / f"{settings.name}-stackset"
    try:
        staging = stage_export(contents, folder, settings.name, DESCRIPTION)
        with staging.staged:
            if loaded and bound and bound.lock is not None and bound.lock.encode() != lock:
                write_lock_file(loaded.lock_file, bound.lock)
            written = staging.commit()
    except OSError as error:
        raise DeployError("CAM031", f"cannot write {error.filename}: {error.strerror}") from error
    files.report(warnings, "text")
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **json.loads(contents[DESCRIPTION])}))
    else:
        _show(exported, settings, written, bound, request)
    return 0


def _permission_model(request: Request, loaded: LoadedFleet | None) -> str:
    given = str(loaded.fleet.permission_model) if loaded else None
    if given and request.permission_model and given != request.permission_model:
        message = (
            f"--permission-model is {request.permission_model}, but the fleet file sets {given}"
        )
        raise DeployError("CAM752", message, "remove --permission-model")
    return given or request.permission_model or "SELF_MANAGED"


def _check_options(request: Request, model: str, loaded: LoadedFleet | None) -> None:
    if loaded and Path(request.spec).resolve() != Path(loaded.spec_file).resolve():
        message = f"the fleet file uses {loaded.spec_file}, not {request.spec}"
        raise DeployError("CAM752", message, "name the same spec in both")
    if request.layout == "flat":
        if request.artifact_bucket or request.organization:
            option = "--artifact-bucket" if request.artifact_bucket else "--organization-id"
            hint = f"remove {option}, or export with --layout nested"
            raise DeployError("CAM752", f"{option} is for nested stacks", hint)
        return
    if model == "SERVICE_MANAGED":
        message = "StackSets with service-managed permissions do not support nested stacks"
        raise DeployError("CAM752", message, "export with --layout flat, the default")
    if not request.artifact_bucket:
        message = "nested stacks need a bucket for their templates in every region"
        hint = "give --artifact-bucket PREFIX; the buckets are then PREFIX-eu-west-2 and so on"
        raise DeployError("CAM752", message, hint)
    if not (request.organization or loaded):
        message = "the accounts that may read the nested stacks' templates are not set"
        hint = "give --organization-id, or a fleet file with accounts"
        raise DeployError("CAM752", message, hint)


def _bound(loaded: LoadedFleet, exported: Exported, lock: bytes | None) -> BoundFleet:
    """Return the fleet's targets, without asking AWS which accounts a unit has.

    A unit then stands for its accounts, and for those that a filter names.
    """
    fleet = loaded.fleet
    units = [unit for wave in fleet.waves for t in wave.targets for unit in t.organizational_units]
    if units and fleet.cidrs:
        message = "only AWS Organizations knows which accounts get a block"
        raise DeployError(
            "CAM753", message, "use `camformation fleet deploy`, which asks AWS Organizations"
        )
    named: dict[str, set[str]] = {}
    for wave in fleet.waves:
        for target in wave.targets:
            accounts = target.account_filter.accounts if target.account_filter else ()
            for unit in map(str, target.organizational_units):
                named.setdefault(unit, set()).update(map(str, accounts))
    return bind(loaded, exported.definitions, lambda u: (u, *sorted(named.get(u, ()))), lock)


def _linted(exported: Exported, regions: tuple[str, ...]) -> list[Diagnostic]:
    from camformation.lint import CACHE, lint_template
    from camformation.user_cache import cache_folder

    return list(
        lint_template(exported.compiled, ROOT, exported.template, regions, cache_folder(CACHE))
    )


def _suggest(compiled: Compiled) -> None:
    """Print the `parameters` that leave open what ties a spec to a place, ready to be copied."""
    suggested = suggested_parameters(check_portable(compiled))
    if suggested:
        click.echo("\nTo leave all of it open, add this to the spec:\n\nparameters:", err=True)
    for name, field in suggested.items():
        click.echo(f"  {name}: {field}", err=True)


def _say(line: str) -> None:
    click.echo(visible(line))


def _show(
    exported: Exported,
    settings: Settings,
    written: Written,
    bound: BoundFleet | None,
    request: Request,
) -> None:
    """Print what was written, and the commands that use it."""
    folder = written.folder
    text = exported.text.encode()
    needed = [name for name, each in exported.definitions.items() if "Default" not in each]
    changes = [f"{counted(len(written.changed), 'file')} written"] if written.changed else []
    changes += [f"{len(written.removed)} removed"] if written.removed else []
    _say(f"{settings.name}: {request.layout} template of {len(text):,} bytes, "
         f"{counted(len(exported.definitions), 'parameter')} -> {folder} "
         f"({', '.join(changes) or 'unchanged'})")  # fmt: skip
    if needed and not bound:
        click.echo(f"  every target needs values for {', '.join(needed)}")
    click.echo("\nWith the AWS CLI:\n")
    for line in _commands(exported, settings, folder, bound, request):
        _say(f"  {line}")


def _commands(
    exported: Exported,
    settings: Settings,
    folder: Path,
    bound: BoundFleet | None,
    request: Request,
) -> Iterator[str]:
    """Yield the commands of the AWS CLI that create the StackSet, and an instance."""
    if exported.artifacts:
        bucket = f"{request.artifact_bucket}-REGION"
        yield f"# in every region, whose bucket has the policy {folder / POLICY}:"
        yield f"aws s3 cp --recursive {quote(str(folder / 'artifacts'))} s3://{bucket}/"
    body = exported.text.encode()
    template = f"--template-body file://{quote(str(folder / TEMPLATE))}"
    if len(body) > MAX_BODY_BYTES:
        key = f"camformation/{sha256(body)}.template.json"
        yield f"aws s3 cp {quote(str(folder / TEMPLATE))} s3://BUCKET/{key}"
        region = settings.region or "REGION"
        suffix = ".cn" if region.startswith("cn-") else ""
        template = f"--template-url https://BUCKET.s3.{region}.amazonaws.com{suffix}/{key}"
    create = f"file://{quote(str(folder / CREATE))}"
    there = f" --region {settings.region}" if settings.region else ""
    yield f"aws cloudformation create-stack-set{there} --cli-input-json {create} {template}"
    place, overrides = ("ACCOUNT", "REGION"), "ParameterKey=NAME,ParameterValue=VALUE"
    if bound and bound.targets:
        place = bound.targets[0].place
        overrides = f"file://{quote(str(folder / 'overrides' / place[0] / place[1]))}.json"
    whom = f"--accounts {place[0]}"
    if settings.permission_model == "SERVICE_MANAGED":
        first = bound.targets[0].organizational_unit if bound and bound.targets else None
        unit = first or "UNIT"
        whom = f"--deployment-targets OrganizationalUnitIds={unit}"
        if unit != place[0]:
            whom += f",AccountFilterType=INTERSECTION,Accounts={place[0]}"
    if settings.call_as == "DELEGATED_ADMIN":
        whom += " --call-as DELEGATED_ADMIN"
    yield (
        f"aws cloudformation create-stack-instances{there} --stack-set-name {settings.name} "
        f"{whom} --regions {place[1]} --parameter-overrides {overrides}"
    )
    if bound and len(bound.targets) > 1:
        yield f"# and so on for each of the {len(bound.targets)} files in overrides/"
    if PROTECTION in exported.definitions:
        kept = sorted(exported.definitions.keys() - {PROTECTION})
        values = [f"ParameterKey={name},UsePreviousValue=true" for name in kept]
        delegated = " --call-as DELEGATED_ADMIN" if settings.call_as == "DELEGATED_ADMIN" else ""
        yield "# a database is created without deletion protection; after all stacks are created:"
        yield (
            f"aws cloudformation update-stack-set{there} --stack-set-name {settings.name} "
            f"--use-previous-template --capabilities {' '.join(exported.capabilities)}{delegated} "
            f"--parameters {' '.join([f'ParameterKey={PROTECTION},ParameterValue={ON}', *values])}"
        )
