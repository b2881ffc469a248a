"""Types of CloudFormation's stacks and change sets. Times carry their zone."""

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from camformation.frozen import frozen


@frozen
class Caller:
    """The caller of AWS (GetCallerIdentity)."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov` or `aws-cn`."""
        return self.arn.split(":")[1]

    @property
    def name(self) -> str:
        """The caller's name in a form for tokens: the session's or user's name, or `root`."""
        return re.sub(r"[^A-Za-z0-9]+", "-", re.split("[/:]", self.arn)[-1]).strip("-")[:40]


@frozen
class Zone:
    """An Availability Zone, with its name in this account."""

    name: str  # eu-west-2a
    id: str  # euw2-az1
    state: str  # available | …
    kind: str  # availability-zone | local-zone | wavelength-zone
    opt_in: str  # opt-in-not-required | opted-in | not-opted-in


@frozen
class StackOperation:
    """One of the most recent operations on a stack (DescribeStacks, LastOperations)."""

    id: str
    type: str  # CREATE_STACK | UPDATE_STACK | DELETE_STACK | ROLLBACK | CONTINUE_ROLLBACK | ...


@frozen
class StackDescription:
    """A stack (DescribeStacks)."""

    id: str
    name: str
    status: str
    created: datetime
    updated: datetime | None = None
    status_reason: str | None = None
    description: str = ""
    parent_id: str | None = None
    root_id: str | None = None
    role_arn: str | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    notification_topic_arns: tuple[str, ...] = ()
    termination_protection: bool = False
    disable_rollback: bool = False
    express: bool = False  # last operated in deployment mode EXPRESS
    operations: tuple[StackOperation, ...] = ()

    @property
    def in_progress(self) -> bool:
        """Whether an operation is running. A stack under review has none."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


@frozen
class StackResource:
    """A resource of a stack (ListStackResources)."""

    logical_id: str
    physical_id: str | None
    type: str
    status: str
    status_reason: str | None = None
    updated: datetime | None = None


@frozen
class StackEvent:
    """One step of an operation on one stack (DescribeStackEvents, DescribeEvents)."""

    id: str
    stack_id: str
    stack_name: str
    logical_id: str
    physical_id: str | None
    type: str
    status: str
    time: datetime
    reason: str | None = None
    client_request_token: str | None = None
    detailed_status: str | None = None  # CONFIGURATION_COMPLETE | VALIDATION_FAILED
    hook: str | None = None  # hook type, status and reason, if a hook reported
    operation: str | None = None  # CloudFormation's own id of the operation

    @property
    def of_stack(self) -> bool:
        """Whether it is about the stack itself, not about a resource in it."""
        return self.physical_id == self.stack_id


@frozen
class ValidationFailure:
    """A finding of early validation or a hook before anything was created (DescribeEvents)."""

    stack_id: str
    logical_id: str
    type: str
    name: str  # PROPERTY_VALIDATION, NAME_CONFLICT_VALIDATION …
    reason: str
    path: str = ""  # JSON pointer into the resource's properties
    mode: str = "FAIL"  # FAIL | WARN


@frozen
class ChangeSetRequest:
    """The input of CreateChangeSet. Exactly one of `body` and `url` has the template, or neither to
    revert drift."""

    stack: str
    name: str
    kind: str  # CREATE | UPDATE
    description: str
    client_token: str
    body: str | None = None
    url: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    role_arn: str | None = None
    notification_topic_arns: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ("CAPABILITY_NAMED_IAM",)
    nested: bool = True  # IncludeNestedStacks
    express: bool = False  # deployment mode EXPRESS
    disable_rollback: bool = False  # set here only in mode EXPRESS, otherwise on execution
    previous_parameters: tuple[str, ...] = ()  # parameters that keep their values
    revert_drift: bool = False  # of a stack as it is: its template, no nested stacks


@frozen
class ChangeSetPage:
    """One page of DescribeChangeSet; `changes` in the form of AWS."""

    id: str
    name: str
    stack_id: str
    stack_name: str
    status: str
    execution_status: str
    created: datetime
    status_reason: str = ""
    description: str = ""
    changes: tuple[Mapping[str, Any], ...] = ()
    next_token: str | None = None
    parent_id: str | None = None
    root_id: str | None = None


@frozen
class ChangeSetSummary:
    """A change set of a stack (ListChangeSets)."""

    id: str
    name: str
    status: str
    execution_status: str
    created: datetime
    description: str = ""
    root_id: str | None = None


@frozen
class DriftDetection:
    """The progress and result of a stack's drift detection."""

    status: str  # DETECTION_IN_PROGRESS | DETECTION_COMPLETE | DETECTION_FAILED
    stack_status: str | None = None  # DRIFTED | IN_SYNC | NOT_CHECKED | UNKNOWN
    reason: str | None = None
    drifted: int = 0


@frozen
class ResourceDrift:
    """A resource that differs from its template, and the differences."""

    logical_id: str
    physical_id: str | None
    type: str
    status: str  # MODIFIED | DELETED | NOT_CHECKED | IN_SYNC | UNKNOWN
    differences: tuple[tuple[str, str, Any, Any], ...] = ()  # pointer, kind, expected, actual
    reason: str | None = None
