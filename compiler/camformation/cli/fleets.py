"""Shared steps of the fleet commands: reading the file, connecting, planning."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click

from camformation.cli.lock_file import read_lock_file, write_lock_file
from camformation.cli.options import Where
from camformation.cli.override_cache import OverrideCache
from camformation.cli.specs import SpecFiles
from camformation.cli.target import Connection, interactive
from camformation.counting import counted
from camformation.deploy.change.bootstrap import find_bucket
from camformation.deploy.change.package import (
    ArtifactBucket,
    Package,
    check_bucket,
    make_package,
    upload,
)
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.stack_sets import StackSetRequest
from camformation.deploy.cloud.target import check_target, target_for, url_suffix
from camformation.deploy.fleet.live_fleet import Live, read_live
from camformation.deploy.fleet.model import FleetPlan
from camformation.deploy.fleet.plan import plan_fleet
from camformation.deploy.fleet.stack_set_request import stack_set_request
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.given import sets_of
from camformation.diagnostics import SpecError
from camformation.fleet.binding import BoundFleet, bind
from camformation.fleet.documents import EXECUTION_ROLE
from camformation.fleet.export import Exported, export
from camformation.fleet.lock import place_in
from camformation.fleet.reading import LoadedFleet, load_fleet
from camformation.fleet.targets import AccountsOf, Place, expand
from camformation.frozen import frozen
from camformation.layout import ROOT, Layout
from camformation.pipeline import compile_spec
from camformation.reading import exists
from camformation.source import parse
from camformation.sources import named_at

FILE = "fleet file"


@frozen
class Fleet:
    """A fleet file, and the template that its spec exports to."""

    loaded: LoadedFleet
    exported: Exported


@frozen
class PlannedFleet:
    """A fleet, its plan, and the lock file that has to be written first."""

    plan: FleetPlan
    bound: BoundFleet
    lock_changed: bool


def read_fleet(files: SpecFiles, file: str, settings: Sequence[str] = ()) -> Fleet:
    """Return the fleet of a file; raise `SpecError` with all errors of the file or its spec."""
    loaded = load_fleet(file, files.read)
    read = named_at(loaded.resolved.location(("spec",)), files.read)
    compiled = compile_spec(loaded.spec_file, read, Layout.FLAT, settings, anywhere=True)
    exported = export(compiled)
    files.report([*compiled.warnings, *exported.warnings], "text")
    return Fleet(loaded, exported)


@frozen
class FleetSubject:
    """The subject of a command: a fleet by its file, or a StackSet by its name."""

    name: str
    region: str | None
    account: str | None
    call_as: str
    targets: frozenset[Place] = frozenset()  # that the file names by account
    execution_role: str | None = None  # in every account, where AWS does not choose it


def subject_of(files: SpecFiles, given: str, call_as: str | None) -> FleetSubject:
    """Return the subject that FLEET|NAME means: a fleet file if it exists, else a StackSet's
    name."""
    if exists(given) or given.endswith((".yaml", ".yml")):
        return subject(load_fleet(given, files.read), call_as)
    return FleetSubject(given, None, None, call_as or "SELF")


def is_fleet(files: SpecFiles, given: str | None) -> bool:
    """Whether a command was given a fleet file; an unreadable one is reported elsewhere."""
    if not given or not exists(given):
        return False
    try:
        read = parse(files.read(given), given).data
    except (OSError, SpecError):
        return False
    return isinstance(read, dict) and "waves" in read


def subject(loaded: LoadedFleet, call_as: str | None = None) -> FleetSubject:
    """Return the StackSet of that name as a subject."""
    fleet = loaded.fleet
    return FleetSubject(
        str(fleet.name),
        str(fleet.region),
        str(fleet.account) if fleet.account else None,
        call_as or str(fleet.call_as),
        frozenset(target.place for target in expand(fleet, lambda unit: ())),
        str(fleet.execution_role_name or EXECUTION_ROLE)
        if fleet.permission_model == "SELF_MANAGED"
        else None,
    )


@contextmanager
def connected(where: Where, about: FleetSubject) -> Iterator[Connection]:
    """Connect to the administrator account, and check its number.

    Raises DeployError.
    """
    if where.local:
        raise DeployError(
            "CAM754",
            "the local target has no StackSets",
            "`camformation stackset export` writes the template; `deploy --layout flat --local` "
            "tests it as a plain stack",
        )
    from camformation.deploy.aws.connection import connect

    cloud = connect(
        target_for(
            spec_region=about.region,
            region=where.region,
            profile=where.profile,
            role_arn=where.role_arn,
            call_as=about.call_as,
            file=FILE,
        )
    )
    caller = check_target(cloud, account=about.account, region=about.region, file=FILE)
    yield Connection(cloud, caller)


def cloud_in(at: Connection, where: Where, account: str, region: str, role: str) -> Cloud:
    """Return the cloud of an account and region: with our credentials, or with the role of that
    name there."""
    from camformation.deploy.aws.connection import connect

    arn = where.role_arn
    if account != at.caller.account:
        arn = f"arn:{at.caller.partition}:iam::{account}:role/{role}"
    elif region == at.cloud.region:
        return at.cloud
    return connect(target_for(spec_region=None, region=region, profile=where.profile, role_arn=arn))


def _bound(
    files: SpecFiles, fleet: Fleet, accounts_of: AccountsOf, release: Sequence[str]
) -> tuple[BoundFleet, bool]:
    """Return the fleet's targets, and whether the lock file has to be written again."""
    lock = read_lock_file(fleet.loaded.lock_file, files.read_lock)
    bound = bind(fleet.loaded, fleet.exported.definitions, accounts_of, lock, release=release)
    files.report(bound.warnings, "text")
    return bound, bound.lock is not None and bound.lock.encode() != lock


def write_lock(fleet: Fleet, planned: PlannedFleet) -> None:
    """Write the lock file if it has changed. Raises DeployError."""
    if planned.lock_changed and planned.bound.lock is not None:
        write_lock_file(fleet.loaded.lock_file, planned.bound.lock)


def artifact_bucket_of(fleet: Fleet, at: Connection, given: str | None) -> ArtifactBucket | None:
    """Return the bucket of the option, of the fleet file or of `bootstrap`, if there is one."""
    named = given or fleet.loaded.fleet.artifact_bucket or find_bucket(at.cloud.stacks)
    if not named:
        return None
    region = check_bucket(at.cloud.objects, str(named))
    return ArtifactBucket(str(named), region, url_suffix(at.caller))


def packaged(
    fleet: Fleet, at: Connection, clock: Clock, artifact_bucket: str | None, *, required: bool
) -> Package:
    """Return the template for StackSets, uploaded if it is too large for the call.

    Without a bucket there is no package to deploy, and DeployError is raised if it is `required`.
    """
    bucket = artifact_bucket_of(fleet, at, artifact_bucket)
    try:
        package = make_package({ROOT: fleet.exported.template}, bucket, at.cloud.region)
    except DeployError:
        if required:
            raise
        return Package(None, None, (), nested=False)
    if bucket and package.artifacts:
        upload(at.cloud.objects, bucket, [package], clock.now())
    return package


def wanted_stack_set(
    files: SpecFiles, fleet: Fleet, at: Connection, package: Package
) -> StackSetRequest:
    """Return the StackSet that the fleet file describes."""
    bound, _ = _bound(files, fleet, functools.cache(at.cloud.organization.accounts), ())
    return stack_set_request(fleet.loaded.fleet, fleet.exported, bound, package)


def planned_fleet(
    files: SpecFiles,
    fleet: Fleet,
    at: Connection,
    clock: Clock,
    package: Package,
    allow: Sequence[str],
    release: Sequence[str] = (),
) -> PlannedFleet:
    """Return the plan of the fleet's deployment; nothing is changed."""
    spec = fleet.loaded.fleet
    accounts_of = functools.cache(at.cloud.organization.accounts)
    bound, lock_changed = _bound(files, fleet, accounts_of, release)
    if interactive():
        click.echo(f"reading {spec.name} and {counted(len(bound.targets), 'target')} …", err=True)
    places = [target.place for target in bound.targets]
    cache = OverrideCache(at.caller.account, at.cloud.region, str(spec.name))
    stack_sets, name = at.cloud.stack_sets, str(spec.name)
    live = read_live(stack_sets, clock, name, places, known=cache.known)
    cache.remember(live)
    _check_released(live, release)
    plan = plan_fleet(
        stack_set_request(spec, fleet.exported, bound, package),
        fleet.exported.template,
        bound.targets,
        spec.waves,
        live,
        region=at.cloud.region,
        allow=allow,
        units=_units(fleet, accounts_of),
        locate=fleet.exported.compiled.locate_in_resource,
        origins=functools.partial(origins_of, fleet.exported.compiled),
        sets=sets_of(fleet.exported.compiled.parameters),
    )
    return PlannedFleet(plan, bound, lock_changed)


def _check_released(live: Live, release: Sequence[str]) -> None:
    """Raise DeployError if a released block is still used by a stack."""
    held = [each for each in release if (place := place_in(each)) and live.has_stack(place)]
    if held:
        raise DeployError(
            "CAM756",
            f"the block of {', '.join(held)} is in use: the StackSet has a stack there",
            "remove that stack first (`camformation fleet remove`); while it exists, no other "
            "target may have its block",
        )


def _units(fleet: Fleet, accounts_of: AccountsOf) -> Mapping[str, frozenset[str]]:
    """Return the accounts of every organizational unit that is a target."""
    return {
        str(unit): frozenset(accounts_of(str(unit)))
        for wave in fleet.loaded.fleet.waves
        for target in wave.targets
        for unit in target.organizational_units
    }
