"""The `connectors` section of a spec."""

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
from camformation.components.scaling import AutoscalingSpec, CapacityProviderSpec
from camformation.frozen import frozen


@frozen
class ConnectorsSpec:
    """The `connectors` section of a spec."""

    enabled: bool
    image: str
    context_path: str
    tasks: int  # not used with autoscaling
    autoscaling: AutoscalingSpec | None
    capacity_provider_strategy: tuple[CapacityProviderSpec, ...]  # empty: all on Fargate
    cpu: int
    memory_mib: int
    architecture: str  # X86_64 | ARM64
    execute_command: bool
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
    rollout: RolloutSpec
    restart: str | None  # another value starts a new deployment of the service
    security_group_ids: tuple[str, ...]  # besides its own
    egress: tuple[DestinationSpec, ...]
