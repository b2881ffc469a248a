"""A restore into a new deployment: its source, its time, and its progress."""

from datetime import datetime

from camformation.cli.management import management_of
from camformation.cli.operation_view import OperationView
from camformation.cli.target import Connection, Subject
from camformation.deploy.change.preparation import stack_name
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.live_stack.backups import read_restorable
from camformation.deploy.live_stack.deployed import (
    Deployed,
    check_idle,
    read_deployed,
    require_deployed,
)
from camformation.deploy.live_stack.own_services import own_services, state_of
from camformation.deploy.live_stack.restore_source import (
    Moment,
    Origin,
    RestoreSource,
    moment_of,
    origin_of,
    other_names,
    read_source,
    restored_fields,
)
from camformation.frozen import frozen
from camformation.layout import Layout
from camformation.pipeline import Compiled
from camformation.rules.images import image
from camformation.rules.upgrades import of_release, refusals, release_of


@frozen
class BesideWish:
    """The options of the command line."""

    spec: str
    source: str  # the name of its stack
    to: datetime | None
    stop_source: bool
    layout: Layout
    settings: tuple[str, ...]
    endpoints: tuple[str, ...]
    dry_run: bool
    yes: bool
    preflight: bool


@frozen
class RestoreFound:
    """The state before a command, and the values that the new deployment's spec needs."""

    about: Subject
    origin: Origin | None
    source: RestoreSource
    fields: tuple[tuple[str, str], ...]
    runs: tuple[str, ...]  # services of the source that run
    notes: tuple[str, ...]


def find_restore(
    at: Connection, before: Compiled, wish: BesideWish, view: OperationView
) -> RestoreFound:
    """Return the current state. Raises DeployError if nothing can be restored from the source, or
    if the new deployment has its own data."""
    about = Subject(stack_name(before.deployment), before.deployment)
    if about.stack == wish.source:
        raise _refused(
            f"{wish.source} would be restored into itself",
            "give the new deployment another name in its spec; to restore the brokers of a "
            "deployment in place, leave out --from",
        )
    deployed = require_deployed(at.cloud.stacks, wish.source)
    source = read_source(at.cloud, deployed)
    database = str(before.deployment.database.name)
    if other := list(other_names(deployed, before.templates, database)):
        raise _refused(
            f"brokers would not find their tables: {wish.source} has a different "
            f"{', '.join(other)}",
            "write the values of the old deployment into the spec",
        )
    target = read_deployed(at.cloud.stacks, about.stack)
    if target:
        check_idle(target)
    made = target and (target.stack.status == "CREATE_COMPLETE" or "UPDATE" in target.stack.status)
    origin = _origin(target, source, wish) if target and made else None
    notes: list[str] = []
    if origin:
        moment = Moment(datetime.fromisoformat(str(origin.time)), wish.to)
    elif given := _given(before, source, wish):
        moment, notes = given, ["note: backups are not checked, because the spec sets the time"]
    else:
        moment, notes = _moment(at, deployed, source, before, wish, view)
    services = own_services(at.cloud, deployed)
    return RestoreFound(
        about,
        origin,
        source,
        tuple(
            restored_fields(
                source, moment, passwords=before.deployment.authentication.mode == "basic"
            )
        ),
        tuple(each.name for each in services if state_of(at.cloud.services, each).desired),
        tuple(notes),
    )


def _given(before: Compiled, source: RestoreSource, wish: BesideWish) -> Moment | None:
    """Return the time that the spec or a setting names, for example to continue after an
    interruption."""
    named = before.deployment.database.source
    if named and named.cluster_identifier not in (None, source.cluster):
        raise _refused(
            f"database.source names {named.cluster_identifier}, and {wish.source} has "
            f"{source.cluster}",
            "remove database.source from the spec: the command sets it",
        )
    if named is None or named.restore_to_time is None:
        return None
    return Moment(datetime.fromisoformat(str(named.restore_to_time)), wish.to)


def _origin(target: Deployed, source: RestoreSource, wish: BesideWish) -> Origin:
    """Return the source of an existing deployment, if it was created by this restore."""
    found = origin_of(target)
    ours = found and found.cluster == source.cluster and isinstance(found.time, str)
    if found is None or not ours:
        raise _refused(
            f"{target.stack.name} exists, and was not restored from {wish.source}: a restore never "
            "writes over data",
            "give the new deployment another name; or restore brokers in place, without --from",
        )
    if wish.to and datetime.fromisoformat(str(found.time)) > wish.to:
        raise _refused(
            f"{target.stack.name} is restored to {found.time}, which is later",
            "leave out --to to continue; to restore another time, use another deployment",
        )
    return found


def _moment(
    at: Connection,
    deployed: Deployed,
    source: RestoreSource,
    before: Compiled,
    wish: BesideWish,
    view: OperationView,
) -> tuple[Moment, list[str]]:
    """Return the time to restore to, and the checks that were not possible. If brokers do not
    answer, for example after a disaster, a restore is still possible."""
    about = Subject(wish.source, None)
    management = management_of(at, about, deployed, wish.endpoints, view.clock)
    try:
        found = read_restorable(at.cloud, management, deployed)
    except CredentialsExpired:
        raise
    except DeployError as error:
        if wish.to is None:
            raise _refused(
                f"the brokers of {wish.source} do not list their backups: {error.message}",
                f"start them with `camformation start {wish.source}`; or give --to: the database "
                "is restored to that time, and brokers to the newest backup, which has to be later",
            ) from error
        window = at.cloud.databases.cluster(source.cluster)
        if window and window.latest and wish.to > window.latest:
            raise _refused(
                f"the database can be restored up to {window.latest:%Y-%m-%dT%H:%M:%SZ}",
                "give an earlier --to",
            ) from error
        unknown = f"note: backups are not checked: {error.message}"
        later = "note: brokers are restored to the newest backup, which has to be after that time"
        return Moment(wish.to, None), [unknown, later]
    moment = moment_of(found, wish.to, view.clock.now())
    orchestration = before.deployment.orchestration
    wanted = int(orchestration.partitions)
    if found.partitions and wanted != found.partitions:
        raise _refused(
            f"the backups are of {found.partitions} partitions, and the spec has {wanted}",
            f"set orchestration.partitions to {found.partitions}; more can be added afterwards",
        )
    taken, brokers = release_of(moment.version), image(orchestration.image).release
    if taken and brokers and (wrong := [why for why, _ in refusals(taken, brokers)]):
        raise _refused(
            f"the backup is of Camunda {moment.version}: {wrong[0]}",
            f"set orchestration.image to {of_release(str(orchestration.image), taken)}; a backup "
            "is restored by the same version, or by the next minor one",
        )
    return moment, [f"note: {each} is not known" for each in found.unknown]


def _refused(message: str, hint: str) -> DeployError:
    return DeployError("CAM775", message, hint)
