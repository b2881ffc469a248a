"""The comparison of two sets of templates by meaning: resources added, removed and modified.

Nested stacks are transparent: their resources are compared, but not the stack resources' template
URLs and arguments, because every argument is followed to its use.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from camformation.deploy.plan.conditions import chosen, exists
from camformation.deploy.plan.symbols import Address, Resolver, shown
from camformation.deploy.plan.values import ABSENT, Difference, Steps, differences, identical

DELETE, RETAIN, SNAPSHOT = "Delete", "Retain", "Snapshot"
"""Effect on the physical resource: PolicyAction of DescribeChangeSet, without the prefix."""

ATTRIBUTES = (
    "Properties",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
)
"""Resource attributes that a change set reports (ResourceTargetDefinition.Attribute)."""


class Kind(StrEnum):
    """The kind of a resource's difference between the templates."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"


@dataclass(frozen=True)
class AttributeDifference:
    """A different leaf; `cause` is the resource whose changed value it uses, if that is the only
    reason."""

    attribute: str
    path: Steps
    before: Any
    after: Any
    cause: Address | None = None
    certain: bool = True


@dataclass(frozen=True)
class ResourceDiff:
    """A different resource, with both resolved definitions; None if there is none."""

    address: Address
    kind: Kind
    type: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    differences: tuple[AttributeDifference, ...] = ()
    on_delete: str = DELETE
    on_replace: str = DELETE

    @property
    def retyped(self) -> bool:
        """Whether the logical ID now has another type, which replaces the resource."""
        return bool(self.before and self.after and self.before["Type"] != self.after["Type"])


Resources = dict[Address, dict[str, Any]]


def properties_of(resources: Resources, address: Address) -> Mapping[str, Any]:
    """Return a resource's properties; none if it does not exist."""
    found: Mapping[str, Any] = resources.get(address, {}).get("Properties", {})
    return found


def resolved_resources(resolver: Resolver) -> Resources:
    """Return every resource, resolved; nested stacks without their URL and arguments."""
    if resolver.resources is None:
        resolver.resources = _resolved(resolver)
    return resolver.resources


def _resolved(resolver: Resolver) -> Resources:
    found: Resources = {}
    for name, template in resolver.templates.items():
        for logical_id, resource in template.get("Resources", {}).items():
            address = Address(name, logical_id)
            if not exists(resolver, address):
                continue
            resolved = {
                key: resolver.value(name, value) if key in ATTRIBUTES else value
                for key, value in resource.items()
            }
            if resolver.chooses:
                resolved = {
                    key: chosen(resolver, name, value) if key in ATTRIBUTES else value
                    for key, value in resolved.items()
                }
            if address in resolver.nested:
                properties = resolved.get("Properties", {})
                resolved["Properties"] = {
                    key: value
                    for key, value in properties.items()
                    if key not in ("TemplateURL", "Parameters")
                }
            found[address] = resolved
    return found


def diff(old: Resolver, new: Resolver) -> list[ResourceDiff]:
    """Return the resources that differ, in the order of the new templates, removed ones last."""
    before, after = resolved_resources(old), resolved_resources(new)
    found: list[ResourceDiff] = []
    for address, resource in after.items():
        earlier = before.get(address)
        if earlier is None:
            if address not in new.nested:
                found.append(ResourceDiff(address, Kind.ADDED, resource["Type"], None, resource))
            continue
        leaves = tuple(_attribute_differences(earlier, resource))
        if leaves or earlier["Type"] != resource["Type"]:
            found.append(
                ResourceDiff(
                    address,
                    Kind.MODIFIED,
                    resource["Type"],
                    earlier,
                    resource,
                    leaves,
                    on_replace=_on_replace(earlier, resource),
                )
            )
    found += [
        ResourceDiff(
            address,
            Kind.REMOVED,
            resource["Type"],
            resource,
            None,
            on_delete=_on_delete(old, address, resource),
        )
        for address, resource in before.items()
        if address not in after and address not in old.nested
    ]
    return found


def output_differences(old: Resolver, new: Resolver) -> list[tuple[str, Any, Any]]:
    """Return the root stack's outputs that differ: name, value before, value after; and the names
    of exports, which patches may give to an output of any stack."""

    def values(resolver: Resolver) -> dict[str, Any]:
        outputs = resolver.templates.get("root", {}).get("Outputs", {})
        found = {name: resolver.value("root", body.get("Value")) for name, body in outputs.items()}
        return found | {f"{each.output}.Export": each.name for each in exports(resolver)}

    before, after = values(old), values(new)
    return [
        (name, before.get(name, ABSENT), after.get(name, ABSENT))
        for name in [*after, *(name for name in before if name not in after)]
        if next(differences(before.get(name, ABSENT), after.get(name, ABSENT)), None)
    ]


@dataclass(frozen=True)
class Export:
    """An output that other stacks may import: its export name and value."""

    output: str
    name: str
    value: Any


def exports(resolver: Resolver) -> Iterator[Export]:
    """Yield the exports of all stacks."""
    for template, body in resolver.templates.items():
        for output, found in body.get("Outputs", {}).items():
            if isinstance(named := found.get("Export"), dict) and "Name" in named:
                name = shown(resolver.value(template, named["Name"]))
                yield Export(output, name, resolver.value(template, found.get("Value")))


def deletion_policy(resource: Mapping[str, Any]) -> str:
    """Return the effect of deletion: AWS docs, DeletionPolicy attribute (databases are saved as a
    snapshot by default)."""
    default = DELETE
    if resource["Type"] == "AWS::RDS::DBCluster" or (
        resource["Type"] == "AWS::RDS::DBInstance"
        and "DBClusterIdentifier" not in resource.get("Properties", {})
    ):
        default = SNAPSHOT
    policy = resource.get("DeletionPolicy", default)
    return RETAIN if policy == "RetainExceptOnCreate" else str(policy)


def _on_delete(old: Resolver, address: Address, resource: Mapping[str, Any]) -> str:
    """The resource's own policy, unless a nested stack around it is retained as a whole."""
    parent = old.parents.get(address.template)
    while parent is not None:
        stack = old.templates[parent.template]["Resources"][parent.logical_id]
        if stack.get("DeletionPolicy") == RETAIN:
            return RETAIN
        parent = old.parents.get(parent.template)
    return deletion_policy(resource)


def _on_replace(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The weaker of both UpdateReplacePolicies: it is not documented which one CloudFormation
    uses."""
    strength = (DELETE, SNAPSHOT, RETAIN)
    policies = [str(resource.get("UpdateReplacePolicy", DELETE)) for resource in (before, after)]
    return min(policies, key=lambda policy: strength.index(policy) if policy in strength else 0)


def _attribute_differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[AttributeDifference]:
    leaf: Difference
    for attribute in ATTRIBUTES:
        old, new = before.get(attribute, ABSENT), after.get(attribute, ABSENT)
        for leaf in () if identical(old, new) else differences(old, new):
            yield AttributeDifference(attribute, leaf.path, leaf.before, leaf.after)
