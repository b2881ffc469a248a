"""The management of a running Camunda cluster: every call that commands make to brokers.

There are two APIs. Port 9600, `/actuator/…`, has everything in 8.9, and scaling, exporters and
zones in every version (Camunda docs, Management API); it has no protection, so only the ops task, a
forwarded port or ECS Exec reach it. From 8.10 on, `/cluster/v2/…` on port 8080 has the rest, with
its own users and clients (Camunda docs, Cluster admin): it is called through the load balancer.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from camformation.deploy.cloud.channel import Answer, Call, Channel, NoWay
from camformation.deploy.cloud.cluster import (
    Backup,
    BackupState,
    Change,
    Cluster,
    Planned,
    Scaling,
)
from camformation.deploy.cloud.errors import Unreachable
from camformation.deploy.live_stack.management_answers import (
    backup_of,
    backup_state_of,
    change_of,
    cluster_of,
    exporters_of,
    phase_of,
    planned_of,
    taken_of,
    topology_of_cluster,
    topology_of_partitions,
)
from camformation.deploy.live_stack.management_refusals import Conflict as Conflict
from camformation.deploy.live_stack.management_refusals import check, inner, no_way, nothing, parsed
from camformation.deploy.live_stack.topology import Topology

T = TypeVar("T")


class Management:
    """The calls to brokers. Any method may raise DeployError; after Unreachable, another try makes
    sense. If a changing call is Unreachable, it may still have arrived: read the cluster's state
    before repeating it."""

    def __init__(self, actuator: Channel | None, rest: Channel | None = None) -> None:
        """Take the channels to port 9600, and to `/cluster/v2` as cluster administrator."""
        self._actuator = actuator
        self._rest = rest

    @property
    def name(self) -> str:
        """The channel to the cluster, in words."""
        ways = dict.fromkeys(each.name for each in (self._rest, self._actuator) if each)
        return " and ".join(ways)

    @property
    def scales(self) -> bool:
        """Whether there is a channel to port 9600."""
        return self._actuator is not None

    @property
    def restores(self) -> bool:
        """Whether there is a channel for mode and restore, which only `/cluster/v2` has."""
        return self._rest is not None

    @property
    def patience(self) -> int:
        """The seconds for following a change with one query."""
        return self._actuator.patience if self._actuator else 0

    def hosts_of_brokers(self) -> tuple[str, ...]:
        """Return the hosts of the brokers that have partitions."""
        (answers,) = self._ask(Call("GET", "/actuator/partitions", everywhere=True))
        return tuple(each.host for each in answers if each.status == 200 and each.body)

    def raw(self, call: Call) -> tuple[Answer, ...]:
        """Make any call to port 9600, and return the answers, including refusals."""
        if self._actuator is None:
            raise no_way(rest=False)
        return self._actuator.ask((call,))[0]

    def cluster(self) -> Cluster:
        """Return the configuration: brokers, their replicas, and the running change."""
        return self._read(cluster_of, Call("GET", "/actuator/cluster"))

    def topology(self) -> Topology:
        """Return leaders, followers and their health."""
        call = Call("GET", "/cluster/v2/topology")
        return self._either(lambda: self._read(topology_of_cluster, call), self._topology)

    def _topology(self) -> Topology:
        """Return the topology from each broker's report on its own partitions."""
        cluster = Call("GET", "/actuator/cluster")
        each = Call("GET", "/actuator/partitions", everywhere=True)
        first, own = self._ask(cluster, each)
        known = parsed(cluster_of, first[0], cluster)
        told = [answer.body for answer in own if answer.status == 200]
        return parsed(lambda _: topology_of_partitions(told, known), first[0], each)

    def scale(self, wish: Scaling, *, dry_run: bool) -> Planned:
        """Request other brokers, partitions or replicas; raises Conflict during another change.

        `PATCH /actuator/cluster` (Camunda docs, Cluster scaling). Nothing is ever forced.
        """
        brokers = {name: list(ids) for name, ids in (("add", wish.add), ("remove", wish.remove))}
        parts = {"count": wish.partitions, "replicationFactor": wish.replication_factor}
        body: dict[str, Any] = {
            "brokers": {name: ids for name, ids in brokers.items() if ids},
            "partitions": {name: count for name, count in parts.items() if count is not None},
        }
        body = {name: value for name, value in body.items() if value}
        path = f"/actuator/cluster?dryRun={'true' if dry_run else 'false'}"
        return self._read(planned_of, Call("PATCH", path, body))

    def followed(self, seconds: int) -> Cluster:
        """Return the configuration once no change is pending, or after that many seconds."""
        call = Call(
            "GET", "/actuator/cluster", while_says='"pendingChange"', seconds=max(seconds, 0)
        )
        return self._read(cluster_of, call)

    def change(self, number: int) -> Change:
        """Return a change of 8.10 and later by its number; 8.9 reports only the last one."""
        return self._read(change_of, Call("GET", f"/actuator/cluster/changes/{number}"))

    def rebalance(self) -> None:
        """Ask brokers to rebalance leaders by priority."""
        self._either(
            lambda: self._read(nothing, Call("POST", "/cluster/v2/rebalance", {})),
            lambda: self._read(nothing, Call("POST", "/actuator/rebalance")),
        )

    def exporters(self) -> Mapping[str, str]:
        """Return the exporters, each with its status: ENABLED, DISABLED, ENABLING, …"""
        return self._read(exporters_of, Call("GET", "/actuator/exporters"))

    def exporting(self) -> str | None:
        """Return EXPORTING, PAUSED, SOFT_PAUSED or MIXED; None where brokers do not say it."""
        call = Call("GET", "/cluster/v2/exporting")
        each = Call("GET", "/actuator/partitions", everywhere=True)
        return self._either(
            lambda: self._read(lambda data: str(data["status"]), call),
            lambda: phase_of(answer.body for answer in self._ask(each)[0]),
        )

    def pause_exporting(self, *, soft: bool) -> None:
        """Pause exporting: `soft` continues exporting, but keeps the log. Repeat it if it fails:
        some partitions may have paused (Camunda docs, Management API, Exporting API)."""
        query = "?soft=true" if soft else ""
        self._exporting(f"pause{query}")

    def resume_exporting(self) -> None:
        """Resume exporting. Repeat it if it fails."""
        self._exporting("resume")

    def _exporting(self, verb: str) -> None:
        call = Call("POST", f"/actuator/exporting/{verb}")
        self._either(
            lambda: self._read(nothing, Call("POST", f"/cluster/v2/exporting/{verb}")),
            lambda: self._read(lambda data: inner(data, call), call),
        )

    def take_backup(self, number: int | None = None) -> int | None:
        """Start a backup and return its id, if it is known. Give no id if brokers take backups
        continuously or by a schedule; otherwise one higher than all before."""
        body = None if number is None else {"backupId": number}
        return self._runtime(lambda path: self._read(taken_of, Call("POST", path, body)))

    def backups(self) -> tuple[Backup, ...]:
        """Return the backups, newest first."""

        def listed(path: str) -> tuple[Backup, ...]:
            return self._read(lambda data: tuple(map(backup_of, data)), Call("GET", path))

        return self._runtime(listed)

    def backup(self, number: int) -> Backup | None:
        """Return a backup; None if it does not exist."""

        def one(path: str) -> Backup | None:
            call = Call("GET", f"{path}/{number}")
            answer = self._answer(call)
            return None if answer.status == 404 else parsed(backup_of, answer, call)

        return self._runtime(one)

    def delete_backup(self, number: int) -> None:
        """Delete a backup."""
        self._runtime(lambda path: self._read(nothing, Call("DELETE", f"{path}/{number}")))

    def backup_state(self) -> BackupState:
        """Return the newest backups and the restorable time ranges."""
        return self._runtime(lambda path: self._read(backup_state_of, Call("GET", f"{path}/state")))

    def change_mode(self, mode: str, *, dry_run: bool = False) -> int:
        """Start entering RECOVERING or PROCESSING; return the change's number (8.10)."""
        query = f"mode={quote(mode)}&dryRun={'true' if dry_run else 'false'}"
        call = Call("PATCH", f"/cluster/v2/mode?{query}")
        return self._read(lambda data: int(data["changeId"]), call)

    def restore(self, selection: Mapping[str, Any], *, dry_run: bool = False) -> int:
        """Start restoring `backupIds`, or `from` and `to`, or without either the best point;
        brokers are RECOVERING, and PROCESSING afterwards. Return the change's number (8.10)."""
        query = f"dryRun={'true' if dry_run else 'false'}"
        call = Call("POST", f"/cluster/v2/restore?{query}", dict(selection))
        return self._read(lambda data: int(data["changeId"]), call)

    def _runtime(self, act: Callable[[str], T]) -> T:
        """Make a call about backups to the API that has them."""
        return self._either(
            lambda: act("/cluster/v2/backups/runtime"), lambda: act("/actuator/backupRuntime")
        )

    def _either(self, rest: Callable[[], T], actuator: Callable[[], T]) -> T:
        """Call port 8080, or port 9600 if the other cannot be reached: the load balancer allows few
        networks, or has no TLS."""
        if self._rest:
            try:
                return rest()
            except NoWay:
                if not self._actuator:
                    raise
                self._rest = None
        return actuator()

    def _read(self, parse: Callable[[Any], T], call: Call) -> T:
        return parsed(parse, self._answer(call), call)

    def _answer(self, call: Call) -> Answer:
        return self._ask(call)[0][0]

    def _ask(self, *calls: Call) -> tuple[tuple[Answer, ...], ...]:
        """Return the answers to calls of one API; raise the error of the first failed one."""
        rest = calls[0].path.startswith("/cluster/")
        channel = self._rest if rest else self._actuator
        if channel is None:
            raise no_way(rest=rest)
        answers = channel.ask(calls)
        for call, found in zip(calls, answers, strict=False):
            for answer in found[: 1 if not call.everywhere else 0]:
                check(answer, call, channel.name)
        if len(answers) < len(calls):
            raise Unreachable("CAM745", f"{channel.name} answered only partly", None)
        return answers
