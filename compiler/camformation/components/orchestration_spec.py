"""The `orchestration` section of a spec."""

from collections.abc import Mapping

from camformation.components.fargate import RolloutSpec
from camformation.components.iam import StatementSpec
from camformation.frozen import frozen


@frozen
class InitContainerSpec:
    """`init_container`: runs to success before the main container; shares /config with it."""

    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]


@frozen
class RestoreSpec:
    """`orchestration.restore`: restore brokers from a Zeebe backup before they start."""

    backup_id: str | None
    from_: str | None  # spec key `from`
    to: str | None


@frozen
class OrchestrationSpec:
    """The `orchestration` section of a spec."""

    image: str
    brokers: int
    partitions: int
    replication_factor: int
    cpu: int
    memory_mib: int
    architecture: str  # X86_64 | ARM64
    ephemeral_storage_gib: int | None
    execute_command: bool
    lease_seconds: int
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    task_policies: tuple[str, ...]
    task_statements: tuple[StatementSpec, ...]
    init_container: InitContainerSpec | None
    restore: RestoreSpec | None
    rollout: RolloutSpec
    restart: str | None  # another value starts a new deployment of the service
