"""The AWS services that the deployer uses, a Protocol for each.

`aws` implements them with boto3, tests with a script. Paged answers are read completely inside the
implementation; only a change set's description is read page by page, because parts missing from a
page matter there. Every method may raise `DeployError`; throttling and lost connections are first
retried inside.
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
    """STS and EC2: our identity and place."""

    def caller(self) -> Caller:
        """Return the caller. Raises DeployError without credentials, or with invalid ones."""

    def zones(self) -> tuple[Zone, ...]:
        """Return every zone of the region, in AWS's order."""

    def time(self) -> datetime | None:
        """Return AWS's time, if its answer contains it."""


class Stacks(Protocol):
    """CloudFormation. A stack is named by its name, or by its ARN, which works after deletion too.

    Missing things are None, never an error.
    """

    def describe_stack(self, stack: str) -> StackDescription | None:
        """Return a stack; a deleted one only if named by its ARN."""

    def list_stacks(self) -> tuple[StackDescription, ...]:
        """Return every stack of the region that is not deleted, nested ones included."""

    def template(self, stack: str) -> dict[str, Any] | None:
        """Return the template last deployed (or under review), as it was submitted."""

    def resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return the stack's own resources, without those of nested stacks."""

    def events(self, stack: str) -> Iterator[StackEvent]:
        """Yield events, newest first, fetching pages only as they are asked for."""

    def operation_events(self, operation: str) -> Iterator[StackEvent]:
        """Yield the events of one operation, and the errors of hooks and validations in it."""

    def validation_failures(self, change_set: str) -> tuple[ValidationFailure, ...]:
        """Return the findings of early validation and hooks for a change set."""

    def create_change_set(self, request: ChangeSetRequest) -> tuple[str, str]:
        """Start creating a change set; return its ARN and the stack's. Repeating it is safe."""

    def describe_change_set(
        self, change_set: str, stack: str, *, with_values: bool, token: str | None = None
    ) -> ChangeSetPage | None:
        """Return one page; `token` is the page before's `next_token`.

        `stack` may be empty if the change set is named by its ARN.
        """

    def change_sets(self, stack: str) -> tuple[ChangeSetSummary, ...]:
        """Return the change sets waiting at a stack."""

    def delete_change_set(self, change_set: str, stack: str) -> None:
        """Start deleting a root change set and those of its nested stacks."""

    def execute_change_set(
        self, change_set: str, stack: str, *, client_token: str, disable_rollback: bool | None
    ) -> None:
        """Start the operation. `disable_rollback` is None in mode EXPRESS, which implies it."""

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
        """Start the deletion. AWS accepts `retain` and `force` only in DELETE_FAILED; `force`
        leaves what cannot be deleted."""

    def set_termination_protection(self, stack: str, enabled: bool) -> None:
        """Switch it for a root stack; nested stacks follow."""

    def stack_policy(self, stack: str) -> dict[str, Any] | None:
        """Return a stack's own policy."""

    def set_stack_policy(self, stack: str, policy: Mapping[str, Any]) -> None:
        """Set a stack's own policy. It cannot be removed, only replaced."""

    def detect_drift(self, stack: str) -> str:
        """Start detecting the drift of one stack, without its nested ones; return the id."""

    def drift_detection(self, detection: str) -> DriftDetection:
        """Return the progress of a detection."""

    def resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """Return the resources that the last detection found modified or deleted, or could not
        check."""


class Objects(Protocol):
    """S3."""

    def bucket_region(self, bucket: str) -> str | None:
        """Return a bucket's region, None if it does not exist; another account's raises
        AccessDenied."""

    def last_modified(self, bucket: str, key: str) -> datetime | None:
        """Return the time at which an object was written."""

    def newest(self, bucket: str, limit: int) -> datetime | None:
        """Return the time of the newest object, None if there is none; raises DeployError if the
        bucket has more than `limit` objects, which S3 lists only by name."""

    def encryption_key(self, bucket: str) -> str | None:
        """Return the KMS key of new objects, as named by the bucket; None for S3's own."""

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object of content type application/json."""

    def holds_objects(self, bucket: str) -> bool:
        """Whether the bucket is not empty: versions and delete markers count."""

    def empty(self, bucket: str) -> Iterator[int]:
        """Delete every object, version and delete marker; yield the number of each batch."""


class Services(Protocol):
    """ECS with Application Auto Scaling, and CloudWatch Logs for its tasks' logs."""

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        """Return the existing ones of up to ten services."""

    def scalable_targets(self, cluster: str, names: Sequence[str]) -> Mapping[str, ScalableTarget]:
        """Return the ranges of the services that Application Auto Scaling scales, by name."""

    def tasks(self, cluster: str, service: str, *, stopped: bool) -> tuple[TaskState, ...]:
        """Return a service's running (or lately stopped) tasks, newest first."""

    def run_task(self, request: TaskRequest) -> str:
        """Start a one-off task, and return its ARN. Repeating it is safe."""

    def task(self, cluster: str, task: str) -> TaskState | None:
        """Return a task; None for one that is not known yet, or no longer."""

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """Stop a task."""

    def protect_tasks(self, cluster: str, tasks: Sequence[str], minutes: int) -> None:
        """Protect these tasks from scale-in for that many minutes; 0 ends the protection."""

    def task_definition(self, arn: str) -> tuple[ContainerDefinition, ...]:
        """Return the containers of a task definition."""

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        """Scale a service."""

    def force_deployment(self, cluster: str, service: str) -> None:
        """Start replacing a service's tasks with new ones of the same task definition."""

    def stop_deployment(self, deployment: str) -> None:
        """Roll back the service deployment of that ARN."""

    def log_lines(self, group: str, stream: str, limit: int) -> tuple[LogLine, ...]:
        """Return the last lines of a stream, oldest first; none if the stream does not exist."""

    def log_streams(self, group: str, limit: int) -> tuple[str, ...]:
        """Return the streams last written to, newest first; none if the group does not exist."""

    def log_events(
        self, group: str, since: datetime, *, prefix: str = "", pattern: str = ""
    ) -> Iterator[LogEvent]:
        """Yield a group's events since then, oldest first, page by page.

        `prefix`: of the streams' names; `pattern`: a filter pattern of CloudWatch Logs. Raises
        Refused if the group does not exist.
        """

    def runtime_ids(self, cluster: str, task: str) -> Mapping[str, str]:
        """Return the runtime ids of a task's containers by name; none if the task does not
        exist."""


class Trail(Protocol):
    """CloudTrail."""

    def denied(self, began: datetime, ended: datetime) -> tuple[DeniedCall, ...]:
        """Return the calls in the region that were denied in that time, oldest first; only the last
        five hundred calls are searched. They arrive minutes late."""


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
