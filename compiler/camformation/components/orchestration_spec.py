"""The `orchestration` section of a spec."""

from collections.abc import Mapping

from camformation.components.containers_spec import (
    DependencySpec,
    InitContainerSpec,
    LogRouterSpec,
    NamedInitContainerSpec,
    SidecarSpec,
    VolumeSpec,
)
from camformation.components.egress_spec import DestinationSpec
from camformation.components.fargate import RolloutSpec
from camformation.components.iam import StatementSpec
from camformation.frozen import frozen


@frozen
class RestoreBucketSpec:
    """`orchestration.restore.bucket`: another deployment's backup bucket."""

    name: str
    region: str | None
    kms_key_arn: str | None


@frozen
class RestoreSpec:
    """`orchestration.restore`: restore brokers from a Zeebe backup before they start."""

    backup_id: str | None
    from_: str | None  # spec key `from`
    to: str | None
    image: str | None  # the brokers' if None
    entry_point: tuple[str, ...]
    command: tuple[str, ...]  # if any, instead of the fields above
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    bucket: RestoreBucketSpec | None


@frozen
class MemoryBudgetSpec:
    """`orchestration.memory_budget`: shares of a broker's memory, in per cent."""

    heap_percent: int
    rocksdb_percent: int
    page_cache_percent: int  # kept free


@frozen
class OrchestrationSpec:
    """The `orchestration` section of a spec."""

    image: str
    context_path: str  # of everything on the web port
    brokers: int
    partitions: int
    replication_factor: int
    cpu: int
    memory_mib: int
    memory_budget: MemoryBudgetSpec | None
    architecture: str  # X86_64 | ARM64
    ephemeral_storage_gib: int | None
    execute_command: bool
    lease_seconds: int
    cluster_health_check: bool  # healthy only after the whole cluster was
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    task_policies: tuple[str, ...]
    task_statements: tuple[StatementSpec, ...]
    init_container: InitContainerSpec | None
    init_containers: tuple[NamedInitContainerSpec, ...]
    sidecars: tuple[SidecarSpec, ...]
    log_router: LogRouterSpec | None
    volumes: tuple[VolumeSpec, ...]
    depends_on: tuple[DependencySpec, ...]
    restore: RestoreSpec | None
    rollout: RolloutSpec
    restart: str | None  # another value starts a new deployment of the service
    security_group_ids: tuple[str, ...]  # besides its own
    egress: tuple[DestinationSpec, ...]
