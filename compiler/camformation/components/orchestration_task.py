"""The brokers' task: the containers that run before them, the brokers' own, and its volumes."""

from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import GetAtt, ecs
from troposphere.iam import Role

from camformation.components.access_spec import TargetTlsSpec
from camformation.components.cluster_health import LIVENESS, whole_cluster
from camformation.components.container_security import ContainersSpec, own_container, scratch
from camformation.components.containers import (
    after,
    alone,
    extra_images,
    extra_secrets,
    init_containers,
    routed,
    running_containers,
    shared_mounts,
    shared_volumes,
)
from camformation.components.database import Database
from camformation.components.database_spec import DatabaseSpec
from camformation.components.fargate import (
    RegistrySpec,
    Variables,
    after_success,
    container,
    task_definition,
)
from camformation.components.log_format import line_start
from camformation.components.logs import LogGroup
from camformation.components.orchestration_environment import (
    DATA_DIRECTORY,
    restored_from,
)
from camformation.components.orchestration_spec import OrchestrationSpec, RestoreSpec
from camformation.components.ports import COMMANDS, GRPC, INTERNAL, MANAGEMENT, REST
from camformation.components.proxy import Proxy
from camformation.components.seed_sql import seed_container
from camformation.components.storage import Storage
from camformation.components.target_tls import (
    CERTIFICATE,
    PRIVATE_KEY,
    scratch_with_files,
    secrets_of,
    writer,
)
from camformation.units import Value

CONTAINER = "orchestration-cluster"
DATA_VOLUME = "camunda-volume"
# Port and name; a name makes it a port of Service Connect. None has an appProtocol: an HTTP one
# would end Camunda's long polling after Service Connect's 15 seconds.
PORTS = (
    (GRPC, "grpc"),
    (COMMANDS, None),
    (INTERNAL, "internal-api"),
    (MANAGEMENT, "management"),
    (REST, "rest"),
)
WRITTEN = {  # volumes of Camunda's image (camunda.Dockerfile), besides its data and drivers
    "camunda-tmp": "/tmp",
    "camunda-logs": "/usr/local/camunda/logs",
    "camunda-documents": "/usr/local/camunda/documents",
}
LINE_START = r"^\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}\]"


def broker_images(spec: OrchestrationSpec, database: DatabaseSpec) -> list[str]:
    """Return the images of all containers of the task."""
    seed = [database.seed_image] if database.seed == "init_container" else []
    restore = [spec.restore.image] if spec.restore and spec.restore.image else []
    return [spec.image, *extra_images(spec), *seed, *restore]


def broker_secrets(
    spec: OrchestrationSpec,
    variables: Variables,
    database_spec: DatabaseSpec,
    database: Database,
    password: Value | None,
    tls: TargetTlsSpec | None = None,
) -> list[Any]:
    """Return the ARNs of all secrets that any container of the task reads."""
    restore = spec.restore.secrets.values() if spec.restore else ()
    seed: list[Value] = []
    if database_spec.seed == "init_container" and database.admin_secret_arn is not None:
        seed = [database.admin_secret_arn, *([] if password is None else [password])]
    return [*variables.secret.values(), *extra_secrets(spec), *seed, *restore, *secrets_of(tls)]


def broker_containers(
    spec: OrchestrationSpec,
    variables: Variables,
    *,
    log_format: str,
    security: ContainersSpec,
    database_spec: DatabaseSpec,
    database: Database,
    password: Value | None,
    log_group: LogGroup,
    registry: RegistrySpec,
    proxy: Proxy,
    authority: Any = None,
    tls: TargetTlsSpec | None = None,
) -> list[ecs.ContainerDefinition]:
    """Return the containers: seed, init, restore, the broker, and those next to it."""
    before: list[ecs.ContainerDefinition] = []
    only = alone(spec) and not spec.restore and database_spec.seed != "init_container" and not tls
    own = own_container(security, spec.memory_mib, alone=only)
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
                authority=authority,
                **own,
            )
        )
    if tls:
        files = (CERTIFICATE, PRIVATE_KEY)
        before.append(
            writer(CONTAINER, spec.image, tls, files, spec, security, log_group, registry)
        )
    before += init_containers(CONTAINER, spec, log_group, registry, proxy, security)
    mounts = [_data(), *shared_mounts(spec, _written(spec, security, tls))]
    if spec.restore:
        before.append(
            _restore(
                spec, spec.restore, variables, log_group, registry, before, mounts, own, log_format
            )
        )
    broker = container(
        CONTAINER,
        spec.image,
        variables,
        log_group,
        registry,
        multiline_pattern=line_start(log_format, LINE_START),
        Essential=True,
        StopTimeout=spec.rollout.stop_timeout_seconds,
        HealthCheck=_health_check(spec, tls),
        PortMappings=[_port(port, name) for port, name in PORTS],
        MountPoints=mounts,
        logs=routed(spec),
        **own,
        **after(spec, before),
    )
    return [*before, broker, *running_containers(CONTAINER, spec, log_group, registry)]


def _health_check(spec: OrchestrationSpec, tls: TargetTlsSpec | None) -> ecs.HealthCheck:
    """Return the liveness check, because ECS kills unhealthy containers; the load balancers check
    readiness. With `cluster_health_check`, a broker first waits for the whole cluster."""
    whole = spec.cluster_health_check
    return ecs.HealthCheck(
        Command=["CMD-SHELL", whole_cluster(tls=tls is not None) if whole else LIVENESS],
        Interval=30,
        Timeout=15 if whole else 5,
        Retries=3,
        StartPeriod=spec.rollout.health_check_start_seconds,
    )


def broker_task(
    deployment: str,
    spec: OrchestrationSpec,
    security: ContainersSpec,
    containers: Sequence[ecs.ContainerDefinition],
    starter: Role,
    role: Role,
    storage: Storage,
    tls: TargetTlsSpec | None = None,
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
        ),
        *shared_volumes(spec, _written(spec, security, tls)),
    ]
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


def _restore(
    spec: OrchestrationSpec,
    restore: RestoreSpec,
    variables: Variables,
    log_group: LogGroup,
    registry: RegistrySpec,
    before: Sequence[ecs.ContainerDefinition],
    mounts: Sequence[ecs.MountPoint],
    own: Mapping[str, Any],
    log_format: str,
) -> ecs.ContainerDefinition:
    """Describe Camunda's restore application; it does nothing on a broker that has its data.

    The name stays, whatever the container runs: the deployer's gate recognizes a restore by it.
    """
    given = {"--backupId": restore.backup_id, "--from": restore.from_, "--to": restore.to}
    made = [f"{option}={value}" for option, value in given.items() if value]
    arguments = list(restore.command) or made
    program: dict[str, Any] = {**own, "Command": arguments} if arguments else {**own}
    if restore.entry_point:
        program["EntryPoint"] = list(restore.entry_point)
    if before:
        program["DependsOn"] = after_success([each.Name for each in before])
    return container(
        f"{CONTAINER}-restore",
        restore.image or spec.image,
        variables
        | restored_from(restore)
        | Variables(plain=restore.environment, secret=restore.secrets),
        log_group,
        registry,
        multiline_pattern=line_start(log_format, LINE_START),
        Essential=False,
        MountPoints=list(mounts),  # the brokers' variables may name files there
        **program,
    )


def _written(
    spec: OrchestrationSpec, security: ContainersSpec, tls: TargetTlsSpec | None
) -> dict[str, str]:
    taken = [each.path for each in spec.volumes]
    return scratch_with_files(tls, scratch(security, WRITTEN, taken), taken)


def _data() -> ecs.MountPoint:
    return ecs.MountPoint(SourceVolume=DATA_VOLUME, ContainerPath=DATA_DIRECTORY, ReadOnly=False)


def _port(port: int, name: str | None) -> ecs.PortMapping:
    named = {"Name": name} if name else {}
    return ecs.PortMapping(ContainerPort=port, Protocol="tcp", **named)
