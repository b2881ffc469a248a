"""Scaling of a cluster, step by step, until it has the requested size and is healthy.

Each step is chosen from the current state of brokers and tasks (`scaling_steps`), so an
interruption loses nothing: run the same command again to continue.
"""

from collections.abc import Iterator

from camformation.counting import counted
from camformation.deploy.cloud.cluster import Cluster
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Clock, Services
from camformation.deploy.live_stack.management import Conflict, Management
from camformation.deploy.live_stack.ops_task import Left
from camformation.deploy.live_stack.own_services import OwnService, state_of
from camformation.deploy.operation.cluster_waits import ClusterWaits
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.operation.scaling_steps import (
    Done,
    Follow,
    Goal,
    Request,
    SetTasks,
    check_plan,
    next_step,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded

TASKS_S = 900.0  # until ECS runs as many tasks as it should
PROTECTED_MIN = 30
PROTECT_S = 120.0
REFUSALS = 20


class Scaler(ClusterWaits):
    """Scales a cluster to a goal. Raises DeployError if it does not succeed."""

    def __init__(
        self,
        services: Services,
        brokers: OwnService,
        management: Management,
        clock: Clock,
        control: Control = nobody,
        *,
        local: bool = False,
    ) -> None:
        """Take `local`, with which ECS cannot protect tasks."""
        super().__init__(management, clock, control, "orchestration")
        self._services = services
        self._brokers = brokers
        self._local = local
        self._protected: list[str] = []

    def run(self, goal: Goal) -> Iterator[Move]:
        """Do one step after the other."""
        try:
            yield from self._steps(goal)
        except Left:
            self._left = True
        if self._left:
            yield MoveEnded(
                time=self._clock.now(),
                succeeded=True,
                message="detached; Camunda and ECS continue with what was started",
                hint="run the same command again: it continues from the cluster's present state",
                left=True,
            )

    def _steps(self, goal: Goal) -> Iterator[Move]:
        asked: int | None = None
        refusals = 0
        while not self._left:
            cluster = self._cluster()
            if asked is not None and cluster.last and cluster.last.id == asked:
                if cluster.last.status != "COMPLETED":
                    raise _failed(f"change {asked} is {cluster.last.status}")
                asked = None
            step = next_step(cluster, self._desired(), goal)
            match step:
                case Done():
                    yield from self._until_healthy("before it is done", _unwell)
                    if not self._left:
                        yield self._ended(_said(goal))
                        return
                case SetTasks(count, fewer):
                    yield from self._tasks(count, fewer=fewer)
                case Follow(change):
                    asked = asked or change
                    yield from self._followed(change, _failed)
                case Request():
                    yield from self._until_healthy("before the change", _unwell)
                    if not self._left:
                        asked = self._request(step, cluster)
                        refusals = 0 if asked else refusals + 1
                        if asked:
                            yield self._moved(f"change {asked} is started")
                        elif refusals > REFUSALS:
                            raise _failed("Camunda accepts no change, and reports none in progress")

    def _desired(self) -> int:
        return retried_silently(
            self._clock, lambda: state_of(self._services, self._brokers).desired
        )

    def _request(self, step: Request, cluster: Cluster) -> int | None:
        """Request a change; if it is uncertain whether it arrived, read the state again."""
        check_plan(self._management.scale(step.wish, dry_run=True), cluster, step.wish)
        try:
            return self._management.scale(step.wish, dry_run=False).id
        except (Unreachable, Conflict):  # perhaps it arrived, or is another one: the state decides
            self._wait()
            return None

    def _tasks(self, count: int, *, fewer: bool) -> Iterator[Move]:
        if fewer:
            yield from self._until_healthy("before fewer tasks run", _unwell)
            if self._left:
                return
            if not self._local:
                self._protect(self._cluster())
            if self._left:
                return
        yield self._moved(f"telling ECS to run {counted(count, 'task')}")
        cluster, service = self._brokers.cluster, self._brokers.service
        retried_silently(
            self._clock, lambda: self._services.set_desired_count(cluster, service, count)
        )
        since = self._clock.now()
        while not self._left:
            state = retried_silently(self._clock, lambda: state_of(self._services, self._brokers))
            if state.desired != count:
                raise _failed(f"something else has set {counted(state.desired, 'task')}")
            if state.running == count:
                self._protect_no_more()
                yield self._moved(f"{count} tasks run")
                return
            if self._late(since, TASKS_S):
                raise _failed(f"only {state.running} of {count} tasks run after 15 minutes")
            self._wait()

    def _protect(self, cluster: Cluster) -> None:
        """Keep ECS from stopping the task of a remaining broker while it stops a waiting one.

        If tasks cannot be told apart, at most one of three replicas may be lost for a moment.
        """
        needed = sum(bool(each.partitions) for each in cluster.members)
        arns: list[str] = []
        since = self._clock.now()
        while not self._left:
            arns = self._tasks_of_brokers()
            if len(arns) >= needed:
                break
            if self._late(since, PROTECT_S):
                if cluster.replication_factor >= 3:
                    return
                raise _failed(
                    f"only {len(arns)} of {needed} brokers' tasks are known, and ECS chooses which "
                    "ones it stops"
                )
            self._wait()
        if arns and not self._left:
            self._services.protect_tasks(self._brokers.cluster, arns, PROTECTED_MIN)
            self._protected = arns

    def _tasks_of_brokers(self) -> list[str]:
        tasks = retried_silently(
            self._clock,
            lambda: self._services.tasks(
                self._brokers.cluster, self._brokers.service, stopped=False
            ),
        )
        hosts = {each.address: each.arn for each in tasks if each.address}
        serving = retried_silently(self._clock, self._management.hosts_of_brokers)
        return [hosts[each] for each in serving if each in hosts]

    def _protect_no_more(self) -> None:
        """Allow deployments to replace the tasks again. After an interruption, the protection
        expires by itself."""
        if self._protected:
            self._services.protect_tasks(self._brokers.cluster, self._protected, 0)
        self._protected = []

    def _ended(self, message: str) -> MoveEnded:
        return MoveEnded(time=self._clock.now(), succeeded=True, message=message)


def _said(goal: Goal) -> str:
    if goal.brokers is not None:
        return f"the cluster has {goal.brokers} brokers, and is healthy"
    if goal.factor is not None:
        return f"every partition has {counted(goal.factor, 'replica')}, and is healthy"
    return f"the cluster has {goal.partitions} partitions, and is healthy"


def _unwell(wrong: str) -> DeployError:
    return _failed(f"the cluster is not healthy: {wrong}")


def _failed(why: str) -> DeployError:
    return DeployError(
        "CAM748",
        why,
        "see `camformation status` and `camformation logs`; run the same command again to "
        "continue from there",
    )
