"""Sections of a spec for the whole deployment: its stack, patches, ignored rules."""

from collections.abc import Mapping
from typing import Any

from camformation.frozen import frozen


@frozen
class StackSpec:
    """The `stack` section: CloudFormation's settings for the deployment's root stack."""

    name: str | None  # the deployment's name where absent
    artifact_bucket: str | None
    service_role_arn: str | None
    termination_protection: bool
    protect_data: bool  # a stack policy that denies replacing or deleting stateful resources
    notification_topic_arns: tuple[str, ...]
    wait_for_steady_state: bool
    timeout_minutes: int | None


@frozen
class IgnoreSpec:
    """An entry of `ignore`: a rule that does not apply here, with the reason."""

    rule: str
    reason: str


@frozen
class PatchSpec:
    """An entry of `patches`: an RFC 6902 patch of a component's template."""

    component: str
    patch: tuple[Mapping[str, Any], ...]
