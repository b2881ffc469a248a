"""Comparison of a stack's own settings, outside its templates, with the spec."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.deploy.plan.model import Block, Severity
from camformation.deployment import Deployment
from camformation.diagnostics import Location, Path
from camformation.frozen import frozen

CODE = "CAM649"


@frozen
class StackSettings:
    """Settings of a stack outside its templates; None for an unknown one."""

    tags: Mapping[str, str] | None = None
    notification_topic_arns: tuple[str, ...] | None = None
    termination_protection: bool | None = None
    region: str | None = None
    data_protection: bool | None = None
    data_protection_unknown: str = ""  # why it could not be read


def wanted_settings(deployment: Deployment) -> StackSettings:
    """Return the settings in a spec."""
    return StackSettings(
        {str(name): str(value) for name, value in deployment.tags.items()},
        tuple(map(str, deployment.stack.notification_topic_arns)),
        bool(deployment.stack.termination_protection),
        None if deployment.region is None else str(deployment.region),
        bool(deployment.stack.protect_data),
    )


def settings_of_manifest(manifest: Mapping[str, Any]) -> StackSettings:
    """Return the settings in a compiled folder's manifest."""
    tags, region = manifest.get("tags"), manifest.get("region")
    return StackSettings(
        tags={str(n): str(v) for n, v in tags.items()} if isinstance(tags, dict) else None,
        region=region if isinstance(region, str) else None,
    )


def stack_settings_gate(
    before: StackSettings, after: StackSettings, line: Callable[[Path], Location | None]
) -> Iterator[Block]:
    """Warn of each setting that differs (CAM649), and note whether deploying changes it; `line`
    returns the spec's line of a field.

    A change set with only other tags has changes, because CloudFormation passes a stack's tags on
    to its resources (User Guide, Resource tags). For other topics alone, AWS does not say.
    Termination protection has a separate API call.
    """

    def differs(path: Path, message: str, hint: str, *, kept: bool = False) -> Block:
        return Block(CODE, Severity.WARNING, message, hint, location=line(path), setting=not kept)

    if before.tags is not None and after.tags is not None:
        for change in _tag_changes(before.tags, after.tags):
            yield differs(("tags",), f"a tag of the stack changes: {change}", "deploy to set it")
    topics = before.notification_topic_arns, after.notification_topic_arns
    if topics[0] is not None and topics[1] is not None and set(topics[0]) != set(topics[1]):
        yield differs(
            ("stack", "notification_topic_arns"),
            f"the stack's notification topics change from {_listed(topics[0])} to "
            f"{_listed(topics[1])}",
            "deploy to set them; if CloudFormation sets them only together with another change, "
            "the deployment says so",
        )
    if (before.termination_protection, after.termination_protection) == (False, True):
        yield differs(
            ("stack", "termination_protection"),
            "the stack's termination protection is off, and the spec turns it on",
            "deploy to turn it on",
        )
    if (before.termination_protection, after.termination_protection) == (True, False):
        yield differs(
            ("stack", "termination_protection"),
            "the stack's termination protection is on, and the spec turns it off: it stays on",
            "set stack.termination_protection to true; only `camformation destroy "
            "--disable-protection` turns it off",
            kept=True,
        )
    if (before.data_protection, after.data_protection) == (True, False):
        yield differs(
            ("stack", "protect_data"),
            "the spec turns the stack policies off, which keep everybody from replacing and "
            "deleting what holds data: those that are there stay",
            "set stack.protect_data to true; --allow-data-loss overrides them for one resource and "
            "one deployment",
            kept=True,
        )
    elif before.data_protection_unknown and after.data_protection is False:
        yield differs(
            ("stack", "protect_data"),
            "the spec turns the stack policies off, and whether any protect data is unknown: "
            f"{before.data_protection_unknown}",
            "those that are there stay; --allow-data-loss overrides them for one resource and one "
            "deployment",
            kept=True,
        )
    if before.region and after.region and before.region != after.region:
        yield differs(
            ("region",),
            f"the region changes from {before.region} to {after.region}: this creates another "
            "deployment there, and the present one remains",
            "keep the region, or move the data by backup and restore",
        )


def service_role_gate(
    before: str | None, after: str | None, line: Callable[[Path], Location | None]
) -> Iterator[Block]:
    """Warn of a role that the spec no longer has, but that CloudFormation still uses
    (CloudFormation User Guide, CloudFormation service role)."""
    if before and not after:
        yield Block(
            CODE,
            Severity.WARNING,
            f"the spec names no service role, and CloudFormation keeps the stack's: {before}",
            "name the role to use; a stack that has a service role always keeps using one",
            location=line(("stack", "service_role_arn")),
        )


def _tag_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if name.startswith("aws:"):  # set by AWS (AWS CloudFormation User Guide, resource tags)
            continue
        old, new = before.get(name), after.get(name)
        if old != new:
            yield f"{name}: {'unset' if old is None else old} → {'unset' if new is None else new}"


def _listed(arns: tuple[str, ...]) -> str:
    return ", ".join(sorted(arns)) or "none"
