"""Common parts of Fargate tasks: variables, containers and services."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from troposphere import GetAtt, Ref, Region, ecs
from troposphere.iam import Role

from camformation.components.cluster import Cluster
from camformation.components.logs import LogGroup
from camformation.components.network import Network
from camformation.components.scaling import CapacityProviderSpec, placement
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Value


@frozen
class RegistrySpec:
    """The `registry` section of a spec: settings for images of private registries."""

    hostname: str  # only images of this registry are pulled with the credentials
    credentials_secret_arn: str | None  # {"username", "password"}
    kms_key_arn: str | None  # of that secret, if it is not the account's aws/secretsmanager
    pull_through_cache_prefixes: tuple[str, ...]  # of repositories that ECR fills itself
    digests: Mapping[str, str]  # of images, by their references

    def credentials(self, image: str) -> str | None:
        """Return the ARN of the secret with the login for an image, if it needs one."""
        return self.credentials_secret_arn if registry_of(image) == self.hostname else None

    def pinned(self, image: str) -> str:
        """Return an image's reference with its digest from the spec."""
        if isinstance(image, Open) or image not in self.digests:
            return image
        return f"{image}@{self.digests[image]}"


@frozen
class RolloutAlarmsSpec:
    """`rollout.alarms`: CloudWatch alarms that end a rollout."""

    error_percent: int | None  # of the answers
    names: tuple[str, ...]  # of alarms that exist


@frozen
class RolloutSpec:
    """`rollout`: settings for the replacement of a service's tasks and its failures."""

    circuit_breaker: bool
    circuit_breaker_threshold: int  # failed tasks
    rollback: bool
    health_check_grace_seconds: int
    health_check_start_seconds: int
    stop_timeout_seconds: int
    alarms: RolloutAlarmsSpec | None


@frozen
class Variables:
    """A container's environment: plain values, and ARNs of secrets that ECS reads for it."""

    plain: Mapping[str, Any]
    secret: Mapping[str, Any]

    def __or__(self, other: "Variables") -> "Variables":
        """Return both; a name in `other` wins, whatever its kind (ECS requires unique names)."""
        taken = other.plain.keys() | other.secret.keys()

        def rest(own: Mapping[str, Any]) -> dict[str, Any]:
            return {name: own[name] for name in own if name not in taken}

        return Variables({**rest(self.plain), **other.plain}, {**rest(self.secret), **other.secret})

    @property
    def names(self) -> frozenset[str]:
        """The names of all variables."""
        return frozenset(self.plain.keys() | self.secret.keys())


def registry_of(image: str) -> str:
    """Return the host of an image's registry; Docker Hub's if the image names none."""
    host, slash, _ = image.partition("/")
    return host if slash and ("." in host or ":" in host) else "docker.io"


def container(
    name: str,
    image: str,
    variables: Variables,
    log_group: LogGroup,
    registry: RegistrySpec,
    *,
    stream_prefix: str | None = None,
    multiline_pattern: str | None = None,
    logs: ecs.LogConfiguration | None = None,
    **properties: Any,
) -> ecs.ContainerDefinition:
    """Describe a container; variables are sorted by name.

    It logs to CloudWatch Logs, unless `logs` says otherwise.
    """
    options: dict[str, Any] = {
        "awslogs-group": log_group.name,
        "awslogs-region": Region,
        "awslogs-stream-prefix": stream_prefix or name,
    }
    if multiline_pattern:
        options["awslogs-multiline-pattern"] = multiline_pattern
    if secret := registry.credentials(image):
        properties["RepositoryCredentials"] = ecs.RepositoryCredentials(CredentialsParameter=secret)
    if variables.plain:
        properties["Environment"] = [
            ecs.Environment(Name=key, Value=value) for key, value in sorted(variables.plain.items())
        ]
    if variables.secret:
        properties["Secrets"] = [
            ecs.Secret(Name=key, ValueFrom=value) for key, value in sorted(variables.secret.items())
        ]
    return ecs.ContainerDefinition(
        Name=name,
        Image=registry.pinned(image),
        LogConfiguration=logs or ecs.LogConfiguration(LogDriver="awslogs", Options=options),
        **properties,
    )


def after_success(names: Iterable[str]) -> list[ecs.ContainerDependency]:
    """Make a container start only after others have exited with 0."""
    return [ecs.ContainerDependency(ContainerName=name, Condition="SUCCESS") for name in names]


def task_definition(
    title: str,
    family: str,
    containers: Sequence[ecs.ContainerDefinition],
    execution_role: Role,
    *,
    cpu: int,
    memory_mib: int,
    architecture: str = "X86_64",
    **properties: Any,
) -> ecs.TaskDefinition:
    """Describe a Fargate task on Linux."""
    return ecs.TaskDefinition(
        title,
        Family=family,
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=str(cpu),
        Memory=str(memory_mib),
        RuntimePlatform=ecs.RuntimePlatform(
            OperatingSystemFamily="LINUX", CpuArchitecture=architecture
        ),
        ExecutionRoleArn=GetAtt(execution_role, "Arn"),
        ContainerDefinitions=list(containers),
        **properties,
    )


def service(
    title: str,
    cluster: Cluster,
    network: Network,
    security_groups: Sequence[Value],
    task: ecs.TaskDefinition,
    rollout: RolloutSpec,
    *,
    tasks: int | None,
    minimum_healthy_percent: int,
    maximum_percent: int,
    execute_command: bool,
    restart: str | None = None,
    capacity: Sequence[CapacityProviderSpec] = (),
    connect: Sequence[ecs.ServiceConnectService] = (),
    alarms: Mapping[str, Any] | None = None,
    **properties: Any,
) -> ecs.Service:
    """Describe a Fargate service in the private subnets, with Service Connect.

    Without a number of `tasks`, an update does not change the number (AWS CloudFormation Template
    Reference, AWS::ECS::Service, DesiredCount). Another value of `restart` replaces all tasks.
    """
    if restart:
        properties["ForceNewDeployment"] = ecs.ForceNewDeployment(
            EnableForceNewDeployment=True, ForceNewDeploymentNonce=restart
        )
    return ecs.Service(
        title,
        Cluster=cluster.arn,
        TaskDefinition=Ref(task),
        **placement(capacity, tasks),
        **_grace(rollout, properties),
        DeploymentConfiguration=ecs.DeploymentConfiguration(
            MinimumHealthyPercent=minimum_healthy_percent,
            MaximumPercent=maximum_percent,
            DeploymentCircuitBreaker=_circuit_breaker(rollout),
            **(alarms or {}),
        ),
        NetworkConfiguration=ecs.NetworkConfiguration(
            AwsvpcConfiguration=ecs.AwsvpcConfiguration(
                AssignPublicIp="DISABLED",
                SecurityGroups=list(security_groups),
                Subnets=list(network.private_subnet_ids),
            )
        ),
        ServiceConnectConfiguration=_connect(cluster, connect),
        EnableExecuteCommand=execute_command,
        EnableECSManagedTags=True,
        PropagateTags="SERVICE",
        **properties,
    )


def _grace(rollout: RolloutSpec, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the grace period, which ECS has refused for services without load balancers."""
    if not properties.get("LoadBalancers"):
        return {}
    return {"HealthCheckGracePeriodSeconds": rollout.health_check_grace_seconds}


def _connect(
    cluster: Cluster, services: Sequence[ecs.ServiceConnectService]
) -> ecs.ServiceConnectConfiguration:
    """Join Service Connect; without names of its own, a service is only a client."""
    connect = ecs.ServiceConnectConfiguration(Enabled=True, Namespace=cluster.namespace_arn)
    if services:
        connect.Services = list(services)
    return connect


def _circuit_breaker(rollout: RolloutSpec) -> ecs.DeploymentCircuitBreaker:
    """Fail after an exact number of failed tasks, not after a share with a minimum of three."""
    if not rollout.circuit_breaker:
        return ecs.DeploymentCircuitBreaker(Enable=False, Rollback=False)
    return ecs.DeploymentCircuitBreaker(
        Enable=True,
        Rollback=rollout.rollback,
        ResetOnHealthyTask=True,
        ThresholdConfiguration=ecs.ThresholdConfiguration(
            Type="COUNT", Value=rollout.circuit_breaker_threshold
        ),
    )
