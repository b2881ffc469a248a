"""The brokers' task: the containers that run before them, the brokers' own, and its volumes."""

from collections.abc import Sequence
from typing import Any

from troposphere import GetAtt, ecs
from troposphere.iam import Role

from camformation.components.database import Database
from camformation.components.database_spec import DatabaseSpec
from camformation.components.fargate import (
    RegistrySpec,
    Variables,
    after_success,
    container,
    task_definition,
)
from camformation.components.logs import LogGroup
from camformation.components.orchestration_environment import (
    CONTACT_POINT,
    DATA_DIRECTORY,
    restored_from,
)
from camformation.components.orchestration_spec import (
    InitContainerSpec,
    OrchestrationSpec,
    RestoreSpec,
)
from camformation.components.ports import COMMANDS, GRPC, INTERNAL, MANAGEMENT, REST
from camformation.components.seed_sql import seed_container
from camformation.components.storage import Storage
from camformation.units import Value

CONTAINER = "orchestration-cluster"
DATA_VOLUME = "camunda-volume"
CONFIG_VOLUME = "init-config"
CONFIG_DIRECTORY = "/config"
# Port and name; a name makes it a port of Service Connect. None has an appProtocol: an HTTP one
# would end Camunda's long polling after Service Connect's 15 seconds.
PORTS = (
    (GRPC, "grpc"),
    (COMMANDS, None),
    (INTERNAL, "internal-api"),
    (MANAGEMENT, "management"),
    (REST, "rest"),
)
LIVENESS = f"wget --spider --quiet http://localhost:{MANAGEMENT}/actuator/health/liveness || exit 1"
LINE_START = r"^\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}\]"


def _connect(port_name: str, alias: str, port: int) -> ecs.ServiceConnectService:
    return ecs.ServiceConnectService(
        PortName=port_name,
        DiscoveryName=alias,
        ClientAliases=[ecs.ServiceConnectClientAlias(DnsName=alias, Port=port)],
    )


def connect() -> list[ecs.ServiceConnectService]:
    """Return the brokers' names in Service Connect."""
    return [
        _connect("grpc", "orchestration-cluster-grpc", GRPC),
        _connect("internal-api", CONTACT_POINT, INTERNAL),
        _connect("rest", "orchestration-cluster-rest", REST),
    ]


def broker_images(spec: OrchestrationSpec, database: DatabaseSpec) -> list[str]:
    """Return the images of all containers of the task."""
    init = [spec.init_container.image] if spec.init_container else []
    seed = [database.seed_image] if database.seed == "init_container" else []
    return [spec.image, *init, *seed]


def broker_secrets(
    spec: OrchestrationSpec,
    variables: Variables,
    database_spec: DatabaseSpec,
    database: Database,
    password: Value | None,
) -> list[Any]:
    """Return the ARNs of all secrets that any container of the task reads."""
    init = spec.init_container.secrets.values() if spec.init_container else ()
    seed: list[Value] = []
    if database_spec.seed == "init_container" and database.admin_secret_arn is not None:
        seed = [database.admin_secret_arn, *([] if password is None else [password])]
    return [*variables.secret.values(), *init, *seed]


def broker_containers(
    spec: OrchestrationSpec,
    variables: Variables,
    *,
    database_spec: DatabaseSpec,
    database: Database,
    password: Value | None,
    log_group: LogGroup,
    registry: RegistrySpec,
) -> list[ecs.ContainerDefinition]:
    """Return the containers in the order they run: seed, init, restore, and the broker."""
    before: list[ecs.ContainerDefinition] = []
    if database_spec.seed == "init_container":
        before.append(
            seed_container(
                "db-seed",
                database_spec,
                database,
                password,
                log_group,
                registry,
                stream_prefix=f"{CONTAINER}-db-seed",
                essential=False,
            )
        )
    if spec.init_container:
        before.append(_init(spec.init_container, log_group, registry))
    if spec.restore:
        before.append(_restore(spec, spec.restore, variables, log_group, registry, before))
    mounts = [_mount(DATA_VOLUME, DATA_DIRECTORY)]
    if spec.init_container:
        mounts.append(_mount(CONFIG_VOLUME, CONFIG_DIRECTORY, read_only=True))
    broker = container(
        CONTAINER,
        spec.image,
        variables,
        log_group,
        registry,
        multiline_pattern=LINE_START,
        Essential=True,
        StopTimeout=spec.rollout.stop_timeout_seconds,
        # Liveness, because ECS kills what is unhealthy; readiness is the load balancers' concern.
        HealthCheck=ecs.HealthCheck(
            Command=["CMD-SHELL", LIVENESS],
            Interval=30,
            Timeout=5,
            Retries=3,
            StartPeriod=spec.rollout.health_check_start_seconds,
        ),
        PortMappings=[_port(port, name) for port, name in PORTS],
        MountPoints=mounts,
        **_after(before),
    )
    return [*before, broker]


def broker_task(
    deployment: str,
    spec: OrchestrationSpec,
    containers: Sequence[ecs.ContainerDefinition],
    starter: Role,
    role: Role,
    storage: Storage,
) -> ecs.TaskDefinition:
    """Describe the task, with the file system as the brokers' data volume."""
    volumes = [
        ecs.Volume(
            Name=DATA_VOLUME,
            EFSVolumeConfiguration=ecs.EFSVolumeConfiguration(
                FilesystemId=storage.file_system_id,
                RootDirectory="/",
                TransitEncryption="ENABLED",
                AuthorizationConfig=ecs.AuthorizationConfig(
                    AccessPointId=storage.access_point_id, IAM="ENABLED"
                ),
            ),
        )
    ]
    if spec.init_container:
        volumes.append(ecs.Volume(Name=CONFIG_VOLUME))
    gib = spec.ephemeral_storage_gib
    return task_definition(
        "OrchestrationTaskDefinition",
        f"{deployment}-oc1-{CONTAINER}",
        containers,
        starter,
        cpu=spec.cpu,
        memory_mib=spec.memory_mib,
        architecture=spec.architecture,
        TaskRoleArn=GetAtt(role, "Arn"),
        Volumes=volumes,
        **({"EphemeralStorage": ecs.EphemeralStorage(SizeInGiB=gib)} if gib else {}),
    )


def _init(
    spec: InitContainerSpec, log_group: LogGroup, registry: RegistrySpec
) -> ecs.ContainerDefinition:
    command: dict[str, Any] = {"Command": list(spec.command)} if spec.command else {}
    return container(
        f"{CONTAINER}-init",
        spec.image,
        Variables(plain=spec.environment, secret=spec.secrets),
        log_group,
        registry,
        Essential=False,
        MountPoints=[_mount(CONFIG_VOLUME, CONFIG_DIRECTORY)],
        **command,
    )


def _restore(
    spec: OrchestrationSpec,
    restore: RestoreSpec,
    variables: Variables,
    log_group: LogGroup,
    registry: RegistrySpec,
    before: Sequence[ecs.ContainerDefinition],
) -> ecs.ContainerDefinition:
    """Describe Camunda's restore application; on a broker that has its data it does nothing."""
    given = {"--backupId": restore.backup_id, "--from": restore.from_, "--to": restore.to}
    arguments = [f"{option}={value}" for option, value in given.items() if value]
    command: dict[str, Any] = {"Command": arguments} if arguments else {}
    return container(
        f"{CONTAINER}-restore",
        spec.image,
        variables | restored_from(restore),
        log_group,
        registry,
        multiline_pattern=LINE_START,
        Essential=False,
        EntryPoint=["/usr/local/camunda/bin/restore"],
        MountPoints=[_mount(DATA_VOLUME, DATA_DIRECTORY)],
        **command,
        **_after(before),
    )


def _after(containers: Sequence[ecs.ContainerDefinition]) -> dict[str, Any]:
    if not containers:
        return {}
    return {"DependsOn": after_success([container.Name for container in containers])}


def _mount(volume: str, path: str, *, read_only: bool = False) -> ecs.MountPoint:
    return ecs.MountPoint(SourceVolume=volume, ContainerPath=path, ReadOnly=read_only)


def _port(port: int, name: str | None) -> ecs.PortMapping:
    named = {"Name": name} if name else {}
    return ecs.PortMapping(ContainerPort=port, Protocol="tcp", **named)
