"""The AWS services that the deployer uses, a Protocol for each.

`aws` implements them with boto3, tests with a script. Whatever AWS pages is read to its end inside
the implementation; a change set's description alone is read page by page, because what a page
leaves out matters there. Every method may raise `DeployError`; throttling and lost connections are
retried inside first.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from camformation.deploy.cloud.account import Account
from camformation.deploy.cloud.data_protocols import Databases as Databases
from camformation.deploy.cloud.data_protocols import FileSystems as FileSystems
from camformation.deploy.cloud.data_protocols import Secrets as Secrets
from camformation.deploy.cloud.errors import AccessDenied as AccessDenied
from camformation.deploy.cloud.errors import CredentialsExpired as CredentialsExpired
from camformation.deploy.cloud.errors import DeployError as DeployError
from camformation.deploy.cloud.errors import Refused as Refused
from camformation.deploy.cloud.errors import Throttled as Throttled
from camformation.deploy.cloud.errors import Unreachable as Unreachable
from camformation.deploy.cloud.network_protocols import Networks as Networks
from camformation.deploy.cloud.network_protocols import Targets as Targets
from camformation.deploy.cloud.services import (
    ContainerDefinition,
    DeniedCall,
    LogEvent,
    LogLine,
    ScalableTarget,
    ServiceState,
    TaskRequest,
    TaskState,
)
from camformation.deploy.cloud.stack_sets import Organization, StackSets
from camformation.deploy.cloud.stacks import (
    Caller,
    ChangeSetPage,
    ChangeSetRequest,
    ChangeSetSummary,
    DriftDetection,
    ResourceDrift,
    StackDescription,
    StackEvent,
    StackResource,
    ValidationFailure,
    Zone,
)
from camformation.frozen import frozen


class Clock(Protocol):
    """The clock, replaced in tests."""

    def now(self) -> datetime:
        """Return the time, with its zone."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Identity(Protocol):
    """STS and EC2: who and where we are."""

    def caller(self) -> Caller:
        """Return who calls. Without credentials, or with bad ones, raises DeployError."""

    def zones(self) -> tuple[Zone, ...]:
        """Return every zone of the region, in AWS's order."""

    def time(self) -> datetime | None:
        """Return AWS's time, if its answer has it."""


class Stacks(Protocol):
    """CloudFormation. A stack is named by its name, or by its ARN, which works after deletion too.

    What does not exist is None, never an error.
    """

    def describe_stack(self, stack: str) -> StackDescription | None:
        """Return a stack; a deleted one only if named by its ARN."""

    def list_stacks(self) -> tuple[StackDescription, ...]:
        """Return every stack of the region that is not deleted, nested ones included."""

    def template(self, stack: str) -> dict[str, Any] | None:
        """Return the template last deployed (or under review), as it was submitted."""

    def resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return the stack's own resources; those of nested stacks are theirs."""

    def events(self, stack: str) -> Iterator[StackEvent]:
        """Yield events, newest first, fetching pages only as they are asked for."""

    def operation_events(self, operation: str) -> Iterator[StackEvent]:
        """Yield the events of one operation, and the errors of hooks and validations in it."""

    def validation_failures(self, change_set: str) -> tuple[ValidationFailure, ...]:
        """Return what early validation and hooks found for a change set."""

    def create_change_set(self, request: ChangeSetRequest) -> tuple[str, str]:
        """Begin a change set; return its ARN and the stack's. Repeating it is safe."""

    def describe_change_set(
        self, change_set: str, stack: str, *, with_values: bool, token: str | None = None
    ) -> ChangeSetPage | None:
        """Return one page; `token` is the page before's `next_token`.

        `stack` may be empty if the change set is named by its ARN.
        """

    def change_sets(self, stack: str) -> tuple[ChangeSetSummary, ...]:
        """Return the change sets waiting at a stack."""

    def delete_change_set(self, change_set: str, stack: str) -> None:
        """Begin to delete a root change set and those of its nested stacks."""

    def execute_change_set(
        self, change_set: str, stack: str, *, client_token: str, disable_rollback: bool | None
    ) -> None:
        """Begin the operation. `disable_rollback` is None in mode EXPRESS, which implies it."""

    def cancel_update(self, stack: str) -> None:
        """Stop an update in progress and roll it back."""

    def rollback(self, stack: str, *, role_arn: str | None, client_token: str) -> None:
        """Return a stack that failed without rollback to its last good state."""

    def continue_update_rollback(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        skip: Sequence[str] = (),
    ) -> None:
        """Continue a rollback that failed. `skip`: `LogicalId` or `NestedStackName.LogicalId`."""

    def delete_stack(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        retain: Sequence[str] = (),
        force: bool = False,
    ) -> None:
        """Begin to delete. AWS accepts `retain` and `force` only in DELETE_FAILED; `force` leaves
        what cannot be deleted."""

    def set_termination_protection(self, stack: str, enabled: bool) -> None:
        """Switch it for a root stack; nested stacks follow."""

    def stack_policy(self, stack: str) -> dict[str, Any] | None:
        """Return a stack's own policy."""

    def set_stack_policy(self, stack: str, policy: Mapping[str, Any]) -> None:
        """Set a stack's own policy. It cannot be removed, only replaced."""

    def detect_drift(self, stack: str) -> str:
        """Begin to detect the drift of one stack, without its nested ones; return the id."""

    def drift_detection(self, detection: str) -> DriftDetection:
        """Return how far a detection has come."""

    def resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """Return what the last detection found modified, deleted or could not check."""


class Objects(Protocol):
    """S3."""

    def bucket_region(self, bucket: str) -> str | None:
        """Return where a bucket is, None if there is none; a stranger's raises AccessDenied."""

    def last_modified(self, bucket: str, key: str) -> datetime | None:
        """Return when the object of that key was written."""

    def newest(self, bucket: str, limit: int) -> datetime | None:
        """Return when the newest object was written, None if there is none; raises DeployError
        where the bucket has more than `limit` objects, which S3 lists by name only."""

    def encryption_key(self, bucket: str) -> str | None:
        """Return the KMS key of new objects, as the bucket names it; None of S3's own."""

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object of content type application/json."""

    def holds_objects(self, bucket: str) -> bool:
        """Whether the bucket holds anything: versions and delete markers count."""

    def empty(self, bucket: str) -> Iterator[int]:
        """Delete every object, version and delete marker; yield how many, batch by batch."""


class Services(Protocol):
    """ECS with what scales its services, and CloudWatch Logs for what its tasks write."""

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        """Return the services that exist, at most ten asked for at once."""

    def scalable_targets(self, cluster: str, names: Sequence[str]) -> Mapping[str, ScalableTarget]:
        """Return the ranges of the services that Application Auto Scaling scales, by name."""

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        """Return a service's running (or lately stopped) tasks, newest first."""

    def run_task(self, request: TaskRequest) -> str:
        """Start a task alone, and return its ARN. Repeating it is safe."""

    def task(self, cluster: str, task: str) -> TaskState | None:
        """Return a task; None of one that is not known yet, or no more."""

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """Stop a task."""

    def protect_tasks(self, cluster: str, tasks: Sequence[str], minutes: int) -> None:
        """Keep ECS from choosing these tasks when it scales in, for so many minutes; 0: no more."""

    def task_definition(self, arn: str) -> tuple[ContainerDefinition, ...]:
        """Return the containers of a task definition."""

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        """Scale a service."""

    def force_deployment(self, cluster: str, service: str) -> None:
        """Begin to replace a service's tasks by others of the same task definition."""

    def stop_deployment(self, deployment: str) -> None:
        """Roll back the service deployment of that ARN."""

    def log_lines(self, group: str, stream: str, limit: int) -> tuple[LogLine, ...]:
        """Return the last lines of a stream, oldest first; none where there is no such stream."""

    def log_streams(self, group: str, limit: int) -> tuple[str, ...]:
        """Return the streams last written to, newest first; none where there is no such group."""

    def log_events(
        self, group: str, since: datetime, *, prefix: str = "", pattern: str = ""
    ) -> Iterator[LogEvent]:
        """Yield a group's events since then, oldest first, page by page.

        `prefix`: of the streams' names; `pattern`: a filter pattern of CloudWatch Logs. Raises
        Refused where there is no such group.
        """

    def runtime_ids(self, cluster: str, task: str) -> Mapping[str, str]:
        """Return the runtime ids of a task's containers by their names; none of no such task."""


class Trail(Protocol):
    """CloudTrail."""

    def denied(self, began: datetime, ended: datetime) -> tuple[DeniedCall, ...]:
        """Return the calls in the region that were denied meanwhile, oldest first; at most those
        among the last five hundred calls. They arrive minutes late."""


@frozen
class Cloud:
    """One account and region. `local` is the target that runs in this process."""

    region: str
    local: bool
    identity: Identity
    stacks: Stacks
    objects: Objects
    services: Services
    databases: Databases
    networks: Networks
    secrets: Secrets
    stack_sets: StackSets
    organization: Organization
    targets: Targets
    trail: Trail
    file_systems: FileSystems
    account: Account
