"""Types of ECS, CloudWatch Logs and RDS. Times carry their zone."""

from collections.abc import Mapping
from datetime import datetime

from camformation.frozen import frozen


@frozen
class ServiceDeployment:
    """One rollout of an ECS service: the PRIMARY one, or an ACTIVE one on its way out."""

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed: int
    created: datetime
    updated: datetime
    rollout_state: str = ""  # IN_PROGRESS | COMPLETED | FAILED
    rollout_reason: str = ""


@frozen
class ServiceState:
    """An ECS service (DescribeServices); deployments and events newest first."""

    arn: str
    name: str
    status: str  # ACTIVE | DRAINING | INACTIVE
    desired: int
    running: int
    pending: int
    deployments: tuple[ServiceDeployment, ...] = ()
    events: tuple[tuple[datetime, str], ...] = ()
    current_deployment: str | None = None  # ARN of its service deployment
    subnets: tuple[str, ...] = ()


@frozen
class ScalableTarget:
    """The range in which Application Auto Scaling sets a service's desired count
    (DescribeScalableTargets)."""

    minimum: int
    maximum: int


SIGNALLED = (130, 137, 143)
"""The exit codes after the signals SIGINT, SIGKILL and SIGTERM."""


@frozen
class ContainerState:
    """A container of a task."""

    name: str
    image: str
    status: str
    exit_code: int | None = None
    reason: str | None = None
    health: str = "UNKNOWN"

    @property
    def weight(self) -> tuple[int, str]:
        """The weight of its end as an explanation of its task's: none if it runs or has succeeded,
        little if it ended by a signal, which ECS sends to all others once an essential container
        has ended, and most if it ended by itself."""
        if self.exit_code in (None, 0):
            return 0, self.name
        told = self.exit_code in SIGNALLED and "OutOfMemory" not in (self.reason or "")
        return 1 if told else 2, self.name


@frozen
class TaskState:
    """An ECS task (DescribeTasks). Stopped tasks are known for about an hour."""

    arn: str
    status: str
    task_definition: str
    containers: tuple[ContainerState, ...]
    started: datetime | None = None
    stopped: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    address: str = ""  # private, IPv4

    @property
    def id(self) -> str:
        """The last part of the ARN, as consoles and log streams name the task."""
        return self.arn.rpartition("/")[2]


@frozen
class TaskRequest:
    """A one-off task to start (RunTask). Repeated with the same token, it starts nothing more."""

    cluster: str
    task_definition: str
    container: str
    environment: Mapping[str, str]  # in addition to the definition's; 8192 characters at most
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    token: str


@frozen
class ContainerDefinition:
    """A container of a task definition (DescribeTaskDefinition).

    `secrets` are ARNs and names by variable, as ECS reads them: `ARN:key:stage:version` takes a key
    of a JSON secret. `credentials` is the ARN of the login to a private registry.
    """

    name: str
    image: str
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    credentials: str | None = None


@frozen
class SecretState:
    """A secret of Secrets Manager (DescribeSecret), without its values."""

    arn: str
    name: str
    changed: datetime | None
    stages: Mapping[str, str]  # AWSCURRENT, AWSPENDING, AWSPREVIOUS -> the version's id
    owner: str = ""  # the service that manages it, such as rds
    rotates: bool = False  # by a Lambda function of its own
    key: str = ""  # the KMS key, as the secret names it; empty: aws/secretsmanager


@frozen
class LogLine:
    """A line of a log stream."""

    time: datetime
    stream: str
    text: str


@frozen
class LogEvent:
    """An event of a log group (FilterLogEvents); `id` is unique in it."""

    id: str
    time: datetime
    stream: str
    text: str


@frozen
class TargetState:
    """A target of a load balancer (DescribeTargetHealth)."""

    id: str
    port: int | None
    state: str  # healthy | unhealthy | initial | draining | unused | unavailable
    reason: str = ""  # Target.FailedHealthChecks, Target.Timeout, …
    description: str = ""


@frozen
class DeniedCall:
    """A call that AWS denied (CloudTrail, LookupEvents)."""

    time: datetime
    action: str  # rds:CreateDBCluster
    principal: str  # an ARN
    code: str
    message: str = ""


@frozen
class DatabaseCluster:
    """An Aurora cluster."""

    id: str
    status: str
    deletion_protection: bool
    engine_version: str = ""  # the running version, which RDS may have upgraded
    admin_secret: str | None = None  # the ARN of the one in which RDS keeps the password
    earliest: datetime | None = None  # the times it can be restored to
    latest: datetime | None = None


@frozen
class DatabaseInstance:
    """An instance of an Aurora cluster."""

    id: str
    status: str
    writer: bool


@frozen
class FileSystem:
    """An EFS file system; `mount_targets` are their life cycle states."""

    id: str
    status: str  # creating | available | updating | deleting | error
    size_bytes: int
    mount_targets: tuple[str, ...] = ()


@frozen
class DatabaseSnapshot:
    """A manual snapshot of an Aurora cluster."""

    id: str
    cluster_id: str
    status: str  # creating | available | failed
    created: datetime | None = None


@frozen
class VpcEndpoint:
    """An endpoint in a VPC; `groups` are the ids of its security groups."""

    id: str
    service: str
    groups: tuple[str, ...] = ()


@frozen
class Interface:
    """A network interface; its description names its owner."""

    id: str
    description: str
    kind: str  # interface, lambda, nat_gateway, vpc_endpoint, … (InterfaceType)
    groups: tuple[str, ...] = ()


@frozen
class SecurityGroup:
    """A security group."""

    id: str
    name: str
