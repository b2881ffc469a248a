"""A fleet file as spec objects: frozen dataclasses whose fields are the file's keys."""

from collections.abc import Mapping

from camformation.frozen import frozen

Scalar = str | int | float | bool


@frozen
class AccountFilterSpec:
    """`account_filter` of a target: the selected accounts of its units (CloudFormation's own
    names)."""

    type: str  # INTERSECTION | DIFFERENCE | UNION
    accounts: tuple[str, ...]


@frozen
class TargetSpec:
    """An entry of `waves[].targets`: accounts, or organizational units, in regions."""

    accounts: tuple[str, ...]
    organizational_units: tuple[str, ...]
    account_filter: AccountFilterSpec | None
    regions: tuple[str, ...]


@frozen
class OperationSpec:
    """`operation` of the fleet or of a wave: the preferences of a StackSet operation."""

    failure_tolerance_count: int | None
    failure_tolerance_percentage: int | None
    max_concurrent_count: int | None
    max_concurrent_percentage: int | None
    concurrency_mode: str  # STRICT_FAILURE_TOLERANCE | SOFT_FAILURE_TOLERANCE
    region_concurrency_type: str  # SEQUENTIAL | PARALLEL
    region_order: tuple[str, ...]


@frozen
class WaveSpec:
    """An entry of `waves`: targets that are deployed before the next wave starts."""

    name: str
    targets: tuple[TargetSpec, ...]
    operation: OperationSpec  # complete: missing values come from the fleet


@frozen
class OverrideSpec:
    """An entry of `overrides`: parameters for the targets that it matches."""

    organizational_unit: str | None
    account: str | None
    region: str | None
    parameters: Mapping[str, Scalar]


@frozen
class CidrPoolSpec:
    """An entry of `cidrs`: the pool of a parameter's blocks, one for each target."""

    pool: str
    prefix_length: int


@frozen
class AutoDeploymentSpec:
    """`auto_deployment`: whether StackSets follows accounts that join or leave units."""

    enabled: bool
    retain_stacks_on_account_removal: bool
    depends_on: tuple[str, ...]


@frozen
class FleetSpec:
    """A fleet: one spec as a StackSet, and the targets of its stacks."""

    name: str
    spec: str
    description: str | None
    region: str  # region of the StackSet itself
    account: str | None  # the administrator account
    artifact_bucket: str | None
    permission_model: str  # SELF_MANAGED | SERVICE_MANAGED
    call_as: str  # SELF | DELEGATED_ADMIN
    administration_role_arn: str | None
    execution_role_name: str | None
    managed_execution: bool
    auto_deployment: AutoDeploymentSpec
    tags: Mapping[str, str]
    parameters: Mapping[str, Scalar]
    overrides: tuple[OverrideSpec, ...]
    cidrs: Mapping[str, CidrPoolSpec]
    operation: OperationSpec
    waves: tuple[WaveSpec, ...]
