"""The JSON of Camunda's management API as data. Pure; raises ValueError for other JSON.

Sources: the OpenAPI files of camunda/camunda, `dist/src/main/resources/api/cluster/` and
`zeebe/gateway-protocol/src/main/proto/v2/` (`cluster-admin.yaml`, `backups.yaml`); Camunda docs,
Management API, Cluster scaling, and Backup and restore of Zeebe data.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from camformation.deploy.cloud.cluster import (
    Backup,
    BackupRange,
    BackupState,
    Change,
    Cluster,
    Member,
    Planned,
    Step,
)
from camformation.deploy.live_stack.topology import Broker, Replica, Topology
from camformation.shapes import mapping

HEALTHY = ("PROCESSING", "REPLAY", "INITIAL")  # normal phases of a stream processor


def cluster_of(data: Any) -> Cluster:
    """Return the configuration in the answer of `GET /actuator/cluster`."""
    members = tuple(sorted(map(_member, data["brokers"]), key=lambda each: each.id))
    pending = data.get("pendingChange")
    last = data.get("lastChange")
    return Cluster(
        members,
        change_of(last) if last else None,
        change_of(pending) if pending else None,
        _partitions(data, members),
    )


def change_of(data: Any) -> Change:
    """Return a running or ended change."""
    return Change(
        int(data["id"]),
        str(data.get("status") or ""),
        _steps(data.get("completed")),
        _steps(data.get("pending")),
        moment(data.get("startedAt")),
    )


def planned_of(data: Any) -> Planned:
    """Return the planned change of a request."""
    return Planned(
        int(data.get("changeId") or 0),
        _steps(data["plannedChanges"]),
        tuple(sorted(map(_member, data["expectedTopology"]), key=lambda each: each.id)),
    )


def exporters_of(data: Any) -> Mapping[str, str]:
    """Return the exporters in the answer of `GET /actuator/exporters`."""
    return {str(each["exporterId"]): str(each["status"]) for each in data}


def phase_of(answers: Iterable[Any]) -> str | None:
    """Return the phase of exporting in every broker's `GET /actuator/partitions`: leaders export,
    and are CLOSED only while they shut down (zeebe/broker, PartitionStatus, ExporterPhase)."""
    partitions = [one for each in answers for one in mapping(each).values()]
    leading = [each for each in map(mapping, partitions) if each.get("role") == "LEADER"]
    phases = {str(each.get("exporterPhase") or "CLOSED") for each in leading} - {"CLOSED"}
    return "MIXED" if len(phases) > 1 else next(iter(phases), None)


def backup_of(data: Any) -> Backup:
    """Return a backup from port 9600 or the REST API; only the latter groups by tenant."""
    details = [
        part
        for each in data.get("physicalTenants") or (data,)
        for part in each.get("details") or ()
    ]
    times = [found for part in details if (found := moment(part.get("createdAt")))]
    return Backup(
        int(data["backupId"]),
        str(data["state"]),
        {int(part["partitionId"]): str(part["state"]) for part in details},
        str(data.get("failureReason") or ""),
        max(times, default=None),
        next((str(p["brokerVersion"]) for p in details if p.get("brokerVersion")), ""),
    )


def taken_of(data: Any) -> int | None:
    """Return the id of a started backup: port 9600 returns it in a sentence."""
    for each in data.get("physicalTenants") or (data,):
        if found := each.get("backupId"):
            return int(found)
    found = re.search(r"\bid (\d+)", str(data.get("message") or ""))
    return int(found[1]) if found else None


def backup_state_of(data: Any) -> BackupState:
    """Return the newest backups and the ranges that can be restored."""
    states = [each["state"] for each in data.get("physicalTenants") or ()] or [data]
    newest: dict[int, datetime] = {}
    ranges = []
    for state in states:
        for each in state.get("backupStates") or ():
            if when := moment(each.get("checkpointTimestamp")):
                number = int(each["partitionId"])
                newest[number] = max(when, newest.get(number, when))
        ranges += [
            BackupRange(int(each["partitionId"]), _end(each, "start"), _end(each, "end"))
            for each in state.get("ranges") or ()
        ]
    return BackupState(newest, tuple(ranges))


def topology_of_cluster(data: Any) -> Topology:
    """Return the topology in the answer of `GET /cluster/v2/topology`, of the first tenant."""
    tenant = data["physicalTenants"][0]
    parts = {
        str(each["brokerId"]): tuple(
            Replica(int(p["partitionId"]), str(p["role"]).lower(), str(p["health"]).lower())
            for p in each.get("partitions") or ()
        )
        for each in tenant["brokers"]
    }
    brokers = (
        Broker(
            number(each["brokerId"]),
            str(each.get("host") or ""),
            str(each.get("version") or ""),
            parts.get(str(each["brokerId"]), ()),
        )
        for each in data["brokers"]
    )
    return Topology(
        tuple(sorted(brokers, key=lambda each: each.id)),
        int(data["clusterSize"]),
        int(tenant["partitionsCount"]),
        int(tenant["replicationFactor"]),
        str(data.get("gatewayVersion") or ""),
    )


def topology_of_partitions(answers: Iterable[Any], cluster: Cluster) -> Topology:
    """Return the topology from every broker's `GET /actuator/partitions`.

    The answers do not name the broker: brokers are identified by the partitions that they should
    have, and the remaining answers are assigned to the rest.
    """
    found = [_replicas(each) for each in answers]
    brokers = []
    for member in cluster.members:
        wanted = set(member.partitions)
        match = next((each for each in found if {r.partition for r in each} == wanted), None)
        if match is None:
            continue
        found.remove(match)
        brokers.append(Broker(member.id, "", "", match))
    factor = cluster.replication_factor
    return Topology(tuple(brokers), cluster.size, cluster.partitions, factor, "")


def number(value: Any) -> int:
    """Return a broker's id. In zone-aware clusters it is not a number."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ValueError(f"the broker {value} belongs to a zone-aware cluster") from None


def moment(value: Any) -> datetime | None:
    """Return a time: brokers write nanoseconds, and zones without a colon."""
    if not isinstance(value, str):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", value.strip()).replace("Z", "+00:00")
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:  # the earliest time, for a broker that has none yet
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _end(data: Any, name: str) -> datetime | None:
    return moment((data.get(name) or {}).get("checkpointTimestamp"))


def _member(data: Any) -> Member:
    partitions = data.get("partitions") or ()
    exporters: dict[str, set[str]] = {}
    for each in partitions:
        configured = ((each.get("config") or {}).get("exporting") or {}).get("exporters") or ()
        for exporter in configured:
            exporters.setdefault(str(exporter["id"]), set()).add(str(exporter["state"]))
    modes = {str(each.get("mode") or "") for each in data.get("physicalTenants") or ()}
    return Member(
        number(data["id"]),
        str(data.get("state") or ""),
        {int(each["id"]): str(each.get("state") or "") for each in partitions},
        {name: next(iter(s)) if len(s) == 1 else "MIXED" for name, s in exporters.items()},
        modes.pop() if len(modes) == 1 else "",
    )


def _steps(data: Any) -> tuple[Step, ...]:
    return tuple(
        Step(
            str(each["operation"]),
            None if each.get("brokerId") is None else number(each["brokerId"]),
            None if each.get("partitionId") is None else int(each["partitionId"]),
        )
        for each in data or ()
    )


def _partitions(data: Any, members: tuple[Member, ...]) -> int:
    """Return the number of partitions that take work, from the routing state, or of all
    partitions."""
    routing = data.get("routing") or data.get("routingState") or {}
    handling = routing.get("requestHandling") or {}
    if handling.get("partitionCount"):
        return int(handling["partitionCount"])
    if handling.get("basePartitionCount"):
        return int(handling["basePartitionCount"]) + len(
            handling.get("additionalActivePartitions") or ()
        )
    return len(Counter(p for each in members for p in each.partitions))


def _replicas(data: Any) -> tuple[Replica, ...]:
    return tuple(
        Replica(
            int(partition),
            str(each.get("role") or "").lower(),
            str(each.get("health") or "").lower() or _health(each),
        )
        for partition, each in sorted(data.items(), key=lambda item: int(item[0]))
    )


def _health(data: Any) -> str:
    phase = data.get("streamProcessorPhase")
    return "healthy" if phase is None or phase in (*HEALTHY, "PAUSED") else "unhealthy"
