"""Types and Protocols of StackSets and Organizations."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from camformation.frozen import frozen


@frozen
class AutoDeployment:
    """Whether StackSets follows accounts that join or leave targeted organizational units."""

    enabled: bool
    retain_stacks: bool
    depends_on: tuple[str, ...] = ()  # ARNs of StackSets that go first


@frozen
class StackSetRequest:
    """The wanted state of a StackSet, for CreateStackSet and UpdateStackSet.

    An update with neither `body` nor `url` keeps the template, and the StackSet's values of the
    named parameters: see `brings_content`.
    """

    name: str
    description: str
    body: str | None  # the template, or
    url: str | None  # its address
    parameters: Mapping[str, str]
    capabilities: tuple[str, ...]
    tags: Mapping[str, str]
    permission_model: str  # SELF_MANAGED | SERVICE_MANAGED
    administration_role_arn: str | None = None
    execution_role_name: str | None = None
    managed_execution: bool = True
    auto_deployment: AutoDeployment | None = None

    @property
    def brings_content(self) -> bool:
        """Whether an update changes template and parameters, and so makes instances OUTDATED.

        That it "does not include changes to the template or parameters" (UpdateStackSet, Accounts)
        is not left to AWS's comparison of values: they are not sent.
        """
        return bool(self.body or self.url)


@frozen
class StackSet:
    """A live StackSet (DescribeStackSet); its template is as it was submitted."""

    name: str
    id: str
    arn: str
    status: str  # ACTIVE | DELETED
    description: str
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    capabilities: tuple[str, ...]
    tags: Mapping[str, str]
    permission_model: str
    administration_role_arn: str | None
    execution_role_name: str | None
    managed_execution: bool
    auto_deployment: AutoDeployment | None
    organizational_units: tuple[str, ...] = ()


@frozen
class StackInstance:
    """An instance from ListStackInstances. Its overrides have to be read one by one."""

    account: str
    region: str
    status: str  # CURRENT | OUTDATED | INOPERABLE
    detailed_status: str  # PENDING | RUNNING | SUCCEEDED | FAILED | CANCELLED | INOPERABLE | …
    reason: str
    stack_id: str | None
    organizational_unit: str | None = None
    drift_status: str = "NOT_CHECKED"
    last_operation_id: str | None = None


@frozen
class Places:
    """The instances of an operation: accounts, or organizational units with a filter.

    `account_filter` (INTERSECTION, DIFFERENCE, UNION) combines accounts with units; without a
    filter there are none. Service-managed StackSets always need units (or the root), 50 at most in
    one operation; self-managed ones never.
    """

    regions: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    organizational_units: tuple[str, ...] = ()
    account_filter: str | None = None


@frozen
class Preferences:
    """OperationPreferences. Counts and percentages exclude each other; None is AWS's default."""

    failure_tolerance_count: int | None = None
    failure_tolerance_percentage: int | None = None
    max_concurrent_count: int | None = None
    max_concurrent_percentage: int | None = None
    concurrency_mode: str | None = None  # STRICT_FAILURE_TOLERANCE | SOFT_FAILURE_TOLERANCE
    region_concurrency_type: str | None = None  # SEQUENTIAL | PARALLEL
    region_order: tuple[str, ...] = ()


@frozen
class Operation:
    """An operation of a StackSet (DescribeStackSetOperation, ListStackSetOperations)."""

    id: str
    action: str  # CREATE | UPDATE | DELETE | DETECT_DRIFT | IMPORT
    status: str  # QUEUED | RUNNING | SUCCEEDED | FAILED | STOPPING | STOPPED
    created: datetime
    ended: datetime | None = None
    reason: str = ""
    failed_instances: int = 0

    @property
    def in_progress(self) -> bool:
        """Whether it is still running."""
        return self.status in ("QUEUED", "RUNNING", "STOPPING")


@frozen
class OperationResult:
    """The result of an operation for one instance (ListStackSetOperationResults)."""

    account: str
    region: str
    status: str  # PENDING | RUNNING | SUCCEEDED | FAILED | CANCELLED
    reason: str
    organizational_unit: str | None = None


@frozen
class InstanceDrift:
    """A resource of an instance that drifted (ListStackInstanceResourceDrifts)."""

    logical_id: str
    type: str
    status: str  # MODIFIED | DELETED
    differences: tuple[str, ...] = ()  # property paths


class StackSets(Protocol):
    """StackSets of one administrator account and region, called as SELF or DELEGATED_ADMIN.

    Missing things are None, never an error. `token` is the operation's id (a UUID): repeating a
    call with the same one is safe.
    """

    def describe(self, name: str) -> StackSet | None:
        """Return a StackSet that is not deleted."""

    def create(self, request: StackSetRequest, token: str) -> str:
        """Create a StackSet without instances and return its id."""

    def update(
        self,
        request: StackSetRequest,
        places: Places | None,
        preferences: Preferences,
        token: str,
    ) -> str:
        """Start an update and return the operation's id; without places, of every instance.

        With places, other instances become OUTDATED if the request brings content, and
        auto-deployment does not change: AWS does not accept both at once.
        """

    def delete(self, name: str) -> None:
        """Delete a StackSet that has no instances."""

    def instances(self, name: str) -> Iterator[StackInstance]:
        """Yield every instance, fetching pages as they are asked for."""

    def instance(self, name: str, account: str, region: str) -> StackInstance | None:
        """Return one instance (DescribeStackInstance)."""

    def overrides(self, name: str, account: str, region: str) -> Mapping[str, str] | None:
        """Return the parameters that an instance overrides (DescribeStackInstance)."""

    def create_instances(
        self,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        """Start creating instances, and return the operation's id."""

    def update_instances(
        self,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        """Start giving instances exactly these overrides; return the operation's id.

        Other parameters return to the StackSet's own values.
        """

    def delete_instances(
        self, name: str, places: Places, *, retain: bool, preferences: Preferences, token: str
    ) -> str:
        """Start deleting instances, with their stacks unless retained; return its id."""

    def import_stacks(
        self,
        name: str,
        stack_ids: Sequence[str],
        organizational_units: Sequence[str],
        preferences: Preferences,
        token: str,
        *,
        stack_ids_url: str | None = None,
    ) -> str:
        """Start importing stacks, ten at most or a list at a URL; return the operation's id."""

    def detect_drift(self, name: str, preferences: Preferences, token: str) -> str:
        """Start detecting drift of every instance; return the operation's id."""

    def drifts(
        self, name: str, account: str, region: str, operation: str
    ) -> tuple[InstanceDrift, ...]:
        """Return an instance's drifted resources, as that operation found them."""

    def operation(self, name: str, operation: str) -> Operation | None:
        """Return an operation."""

    def operations(self, name: str) -> Iterator[Operation]:
        """Yield operations, newest first."""

    def results(self, name: str, operation: str) -> Iterator[OperationResult]:
        """Yield an operation's result for each instance."""

    def stop(self, name: str, operation: str) -> None:
        """Stop an operation; instances in progress are finished."""


class Organization(Protocol):
    """AWS Organizations, for a fleet's targets."""

    def accounts(self, organizational_unit: str) -> tuple[str, ...]:
        """Return the active accounts of a unit and of all units below it, in order of number.

        The management account is left out: StackSets with service-managed permissions never
        deploy to it.
        """
