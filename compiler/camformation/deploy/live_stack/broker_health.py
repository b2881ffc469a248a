"""The health of brokers by their own reports: the cluster, its exporters, its backups."""

from collections.abc import Callable, Iterator
from datetime import datetime

from camformation.counting import counted, spoken
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.part import Part, State
from camformation.deploy.live_stack.topology import Topology, faults, uneven


def broker_parts(
    management: Management, now: datetime, found: list[Topology], *, simulated: bool
) -> Iterator[tuple[str, bool, Callable[[], Iterator[Part]]]]:
    """Yield the parts that brokers report, each with its name, whether it is required, and a
    reader."""
    yield "brokers", True, lambda: _cluster(management, found, simulated)
    yield "exporters", False, lambda: _exporters(management)
    yield "restorable", False, lambda: _restorable(management, now)


def _cluster(management: Management, found: list[Topology], simulated: bool) -> Iterator[Part]:
    topology = management.topology()
    found.append(topology)
    says = (
        f"{counted(len(topology.brokers), 'broker')} of {topology.size}, "
        f"{counted(topology.partitions, 'partition')}, {topology.replication_factor} replicas each"
    )
    if simulated:
        says += "; the local target only simulates them"
    wrong, kind, details = tuple(faults(topology)), State.HEALTHY, []
    hint = "see `camformation logs --service orchestration`" if wrong else None
    pending = None
    try:
        if management.scales:
            cluster = management.cluster()
            pending = cluster.pending
            if cluster.mode != "PROCESSING":
                kind = State.UNHEALTHY
                details.append(f"brokers are {cluster.mode}: a restore has not finished")
                hint = (
                    "run the same `camformation restore` again, which continues it; as long as "
                    "nothing was restored, --give-up returns to the state before"
                )
    except CredentialsExpired:
        raise
    except DeployError as error:
        details.append(f"pending changes are unknown: {error.message}")
    if pending:
        done, left = len(pending.completed), len(pending.pending)
        details.append(f"change {pending.id}: {done} of {done + left} operations done")
        kind = State.CHANGING
    if wrong:
        kind = State.UNHEALTHY
    elif not pending and (leaders := uneven(topology)):
        details.append(f"leaders are uneven: {leaders}")
        hint = hint or "`camformation rebalance` spreads them"
    yield Part("brokers", kind, says, (*wrong, *details), hint)


def _exporters(management: Management) -> Iterator[Part]:
    if not management.scales:
        return
    states = management.exporters()
    phase = management.exporting()
    says = ", ".join(f"{name} {state}" for name, state in sorted(states.items())) or "none"
    kind = State.HEALTHY if set(states.values()) <= {"ENABLED"} else State.UNHEALTHY
    hint = None
    if phase in ("PAUSED", "SOFT_PAUSED", "MIXED"):
        kind, says = State.UNHEALTHY, f"{says}; exporting is {phase}"
        hint = "`camformation exporting resume` resumes it"
    yield Part("exporters", kind, says, (), hint)


def _restorable(management: Management, now: datetime) -> Iterator[Part]:
    """Yield the restorable time of all partitions, from the latest start to the earliest end."""
    state = management.backup_state()
    if not state.newest:
        yield Part("restorable", State.UNKNOWN, "brokers have no backup yet")
        return
    age = (now - min(state.newest.values())).total_seconds()
    says = f"the last backup of all partitions is {spoken(age)} old"
    newest = [each for each in state.ranges if each.end and each.start]
    last: dict[int, tuple[datetime, datetime]] = {}
    for each in newest:
        if each.start and each.end and each.end >= last.get(each.partition, (now, each.end))[1]:
            last[each.partition] = (each.start, each.end)
    details = []
    if last:
        start, end = max(s for s, _ in last.values()), min(e for _, e in last.values())
        details.append(f"any time from {start:%Y-%m-%d %H:%M:%S %Z} to {end:%Y-%m-%d %H:%M:%S %Z}")
    if state.gaps:
        details.append(f"before that, partitions {', '.join(map(str, state.gaps))} have a gap")
    yield Part("restorable", State.HEALTHY, says, tuple(details))
