"""A whole cloud that follows a script, behind the deployer's own Protocols.

CloudFormation is in `fake_stacks`; the rest holds what a test puts there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.services import (
    ContainerDefinition,
    DatabaseCluster,
    DatabaseInstance,
    DatabaseSnapshot,
    DeniedCall,
    FileSystem,
    Interface,
    LogEvent,
    LogLine,
    ScalableTarget,
    SecretState,
    SecurityGroup,
    ServiceState,
    TargetState,
    TaskRequest,
    TaskState,
    VpcEndpoint,
)
from camformation.deploy.cloud.stacks import Caller, Zone
from deploy.fake_account import FakeAccount
from deploy.fake_stack_sets import FakeOrganization, FakeStackSets
from deploy.fake_stacks import ACCOUNT, REGION, FakeClock, FakeStacks, Faulty


class FakeIdentity(Faulty):
    who = Caller(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/someone")
    where: tuple[Zone, ...] = tuple(
        Zone(f"{REGION}{letter}", f"euw2-az{n}", "available", "availability-zone", "opted-in")
        for n, letter in enumerate("abc", 1)
    )

    def caller(self) -> Caller:
        self._call("caller")
        return self.who

    def zones(self) -> tuple[Zone, ...]:
        self._call("zones")
        return self.where

    def time(self) -> datetime | None:
        self._call("time")
        return self.clock.now()


class FakeObjects(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.buckets: dict[str, dict[str, tuple[bytes, datetime]]] = {}
        self.keys: dict[str, str] = {}

    def bucket_region(self, bucket: str) -> str | None:
        self._call("bucket_region", bucket)
        return REGION if bucket in self.buckets else None

    def last_modified(self, bucket: str, key: str) -> datetime | None:
        self._call("last_modified", key)
        found = self.buckets[bucket].get(key)
        return found[1] if found else None

    def newest(self, bucket: str, limit: int) -> datetime | None:
        self._call("newest", bucket)
        return max((when for _, when in self.buckets[bucket].values()), default=None)

    def encryption_key(self, bucket: str) -> str | None:
        self._call("encryption_key", bucket)
        return self.keys.get(bucket)

    def put(self, bucket: str, key: str, content: bytes) -> None:
        self._call("put", key)
        self.buckets[bucket][key] = (content, self.clock.now())

    def holds_objects(self, bucket: str) -> bool:
        self._call("holds_objects", bucket)
        return bool(self.buckets.get(bucket))

    def empty(self, bucket: str) -> Iterator[int]:
        self._call("empty", bucket)
        if objects := self.buckets.get(bucket):
            count = len(objects)
            objects.clear()
            yield count


class FakeServices(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.states: dict[str, ServiceState] = {}
        self.scaled: dict[str, ScalableTarget] = {}
        self.running: dict[str, tuple[TaskState, ...]] = {}
        self.stopped: dict[str, tuple[TaskState, ...]] = {}
        self.logs: dict[str, tuple[LogLine, ...]] = {}
        self.written: list[LogEvent] = []
        self.runtimes: dict[str, dict[str, str]] = {}
        self.alone: dict[str, TaskState] = {}
        self.started: Callable[[TaskRequest], str] = lambda _: "arn:aws:ecs:task/alone"

        self.definitions: dict[str, tuple[ContainerDefinition, ...]] = {}

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        self._call("services", (cluster, tuple(names)))
        return tuple(self.states[name] for name in names if name in self.states)

    def scalable_targets(self, cluster: str, names: Sequence[str]) -> dict[str, ScalableTarget]:
        self._call("scalable_targets", (cluster, tuple(names)))
        return {name: self.scaled[name] for name in names if name in self.scaled}

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        self._call("tasks", (service, stopped))
        return (self.stopped if stopped else self.running).get(service, ())

    def run_task(self, request: TaskRequest) -> str:
        self._call("run_task", request)
        return self.started(request)

    def task(self, cluster: str, task: str) -> TaskState | None:
        self._call("task", task)
        return self.alone.get(task)

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        self._call("stop_task", task)

    def protect_tasks(self, cluster: str, tasks: Sequence[str], minutes: int) -> None:
        self._call("protect_tasks", (tuple(tasks), minutes))

    def task_definition(self, arn: str) -> tuple[ContainerDefinition, ...]:
        self._call("task_definition", arn)
        return self.definitions.get(arn, ())

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        self._call("set_desired_count", (service, count))
        state = self.states[service]
        self.states[service] = ServiceState(
            state.arn, state.name, state.status, count, count, 0, state.deployments, state.events
        )

    def force_deployment(self, cluster: str, service: str) -> None:
        self._call("force_deployment", service)

    def log_events(
        self, group: str, since: datetime, *, prefix: str = "", pattern: str = ""
    ) -> Iterator[LogEvent]:
        self._call("log_events", (group, since, prefix, pattern))
        for each in self.written:
            if since <= each.time <= self.clock.now() and each.stream.startswith(prefix):
                yield each

    def runtime_ids(self, cluster: str, task: str) -> Mapping[str, str]:
        self._call("runtime_ids", task)
        return self.runtimes.get(task, {})

    def stop_deployment(self, deployment: str) -> None:
        self._call("stop_deployment", deployment)

    def log_lines(self, group: str, stream: str, limit: int) -> tuple[LogLine, ...]:
        self._call("log_lines", stream)
        return self.logs.get(stream, ())[-limit:]

    def log_streams(self, group: str, limit: int) -> tuple[str, ...]:
        self._call("log_streams", group)
        return tuple(reversed([name for name in self.logs if self.logs[name]]))[:limit]


class FakeTargets(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.groups: dict[str, tuple[TargetState, ...]] = {}
        self.protected: dict[str, bool] = {}  # load balancers

    def health(self, group: str) -> tuple[TargetState, ...]:
        self._call("health", group)
        return self.groups.get(group, ())

    def deletion_protection(self, balancer: str) -> bool | None:
        self._call("deletion_protection", balancer)
        return self.protected.get(balancer, False)

    def set_deletion_protection(self, balancer: str, enabled: bool) -> None:
        self._call("set_deletion_protection", (balancer, enabled))
        self.protected[balancer] = enabled


class FakeTrail(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.events: list[DeniedCall] = []

    def denied(self, began: datetime, ended: datetime) -> tuple[DeniedCall, ...]:
        self._call("denied", (began, ended))
        return tuple(each for each in self.events if began <= each.time <= ended)


class FakeDatabases(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.clusters: dict[str, DatabaseCluster] = {}
        self.taken: list[DatabaseSnapshot] = []
        self.members: tuple[DatabaseInstance, ...] = ()
        self.lags: dict[str, float] = {}

    def cluster(self, cluster: str) -> DatabaseCluster | None:
        self._call("cluster", cluster)
        return self.clusters.get(cluster)

    def instances(self, cluster: str) -> tuple[DatabaseInstance, ...]:
        self._call("instances", cluster)
        return self.members

    def stop(self, cluster: str) -> None:
        self._call("stop", cluster)
        self._become(cluster, "stopped")

    def start(self, cluster: str) -> None:
        self._call("start", cluster)
        self._become(cluster, "available")

    def fail_over(self, cluster: str, instance: str | None) -> None:
        self._call("fail_over", (cluster, instance))
        to = instance or next(each.id for each in self.members if not each.writer)
        self.members = tuple(replace(each, writer=each.id == to) for each in self.members)

    def rotate_administrator(self, cluster: str) -> None:
        self._call("rotate_administrator", cluster)

    def replica_lag(self, instance: str, now: datetime) -> float | None:
        self._call("replica_lag", instance)
        return self.lags.get(instance)

    def _become(self, cluster: str, status: str) -> None:
        self.clusters[cluster] = replace(self.clusters[cluster], status=status)

    def set_deletion_protection(self, cluster: str, enabled: bool) -> None:
        self._call("set_deletion_protection", (cluster, enabled))
        self.clusters[cluster] = DatabaseCluster(cluster, self.clusters[cluster].status, enabled)

    def create_snapshot(self, cluster: str, snapshot: str) -> None:
        self._call("create_snapshot", (cluster, snapshot))
        self.taken.append(DatabaseSnapshot(snapshot, cluster, "available", self.clock.now()))

    def snapshots(self, cluster: str) -> tuple[DatabaseSnapshot, ...]:
        self._call("snapshots", cluster)
        return tuple(snapshot for snapshot in self.taken if snapshot.cluster_id == cluster)


class FakeFileSystems(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.found: dict[str, FileSystem] = {}

    def file_system(self, id: str) -> FileSystem | None:
        self._call("file_system", id)
        return self.found.get(id)


class FakeNetworks(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.found: list[VpcEndpoint | Interface | SecurityGroup] = []

    def endpoints(self, vpc: str) -> tuple[VpcEndpoint, ...]:
        self._call("endpoints", vpc)
        return tuple(each for each in self.found if isinstance(each, VpcEndpoint))

    def interfaces(self, vpc: str) -> tuple[Interface, ...]:
        self._call("interfaces", vpc)
        return tuple(each for each in self.found if isinstance(each, Interface))

    def security_groups(self, vpc: str) -> tuple[SecurityGroup, ...]:
        self._call("security_groups", vpc)
        return tuple(each for each in self.found if isinstance(each, SecurityGroup))


class FakeSecrets(Faulty):
    """Secrets with versions, by stage; `values` are the current ones."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.values: dict[str, str] = {}
        self.waiting: dict[str, tuple[str, str]] = {}  # the pending version: id and value
        self.versions: dict[str, str] = {}  # the current version's id
        self.changed: dict[str, datetime] = {}
        self.owners: dict[str, str] = {}
        self.rotating: set[str] = set()
        self.keys: dict[str, str] = {}

    def value(self, arn: str) -> str:
        self._call("value", arn)
        return self.values[arn]

    def pending(self, arn: str) -> str:
        self._call("pending", arn)
        return self.waiting[arn][1]

    def state(self, arn: str) -> SecretState | None:
        self._call("state", arn)
        if arn not in self.values:
            return None
        stages = {"AWSCURRENT": self.versions.get(arn, "first")}
        if arn in self.waiting:
            stages["AWSPENDING"] = self.waiting[arn][0]
        return SecretState(
            arn,
            arn.rpartition(":")[2],
            self.changed.get(arn),
            stages,
            self.owners.get(arn, ""),
            arn in self.rotating,
            self.keys.get(arn, ""),
        )

    def put(self, arn: str, value: str, token: str, *, pending: bool) -> None:
        self._call("put", (arn, pending))
        if pending:
            self.waiting[arn] = (token, value)
        else:
            self.values[arn], self.versions[arn] = value, token
        self.changed[arn] = self.clock.now()

    def promote(self, arn: str, version: str, current: str) -> None:
        self._call("promote", arn)
        assert self.waiting[arn][0] == version and self.versions.get(arn, "first") == current
        self.values[arn], self.versions[arn] = self.waiting[arn][1], version
        self.changed[arn] = self.clock.now()


class FakeCloud:
    """All of it, with one clock; `cloud` is what the deployer takes."""

    def __init__(self, *, local: bool = False) -> None:
        self.clock = FakeClock()
        self.identity = FakeIdentity(self.clock)
        self.stacks = FakeStacks(self.clock)
        self.objects = FakeObjects(self.clock)
        self.services = FakeServices(self.clock)
        self.databases = FakeDatabases(self.clock)
        self.networks = FakeNetworks(self.clock)
        self.secrets = FakeSecrets(self.clock)
        self.targets = FakeTargets(self.clock)
        self.trail = FakeTrail(self.clock)
        self.file_systems = FakeFileSystems(self.clock)
        self.account = FakeAccount(self.clock)
        self.organization = FakeOrganization(self.clock)
        self.stack_sets = FakeStackSets(self.clock, self.organization)
        self.cloud = Cloud(
            region=REGION,
            local=local,
            identity=self.identity,
            stacks=self.stacks,
            objects=self.objects,
            services=self.services,
            databases=self.databases,
            networks=self.networks,
            secrets=self.secrets,
            stack_sets=self.stack_sets,
            organization=self.organization,
            targets=self.targets,
            trail=self.trail,
            file_systems=self.file_systems,
            account=self.account.account,
        )
