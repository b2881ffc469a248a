"""Arrows for permissions: the actions of tasks' roles on buckets, secrets, logs and metrics."""

import re
from collections.abc import Iterable, Iterator, Mapping

from camformation.audit.matrix import Access, Matrix
from camformation.audit.values import Template, named
from camformation.diagram.model import Edge, Node, Way
from camformation.shapes import resources

WRITES = re.compile(r":(Put|Delete|Create|Publish|Client(Write|RootAccess)|RemoteWrite)")
EXISTING = {
    "secretsmanager:GetSecretValue": "secrets",
    "ssm:GetParameters": "secrets",
    "aps:RemoteWrite": "metrics",
}
"""Actions on existing resources, and the box for them."""


def accesses(
    template: Template, matrix: Matrix, nodes: Iterable[Node], roles: Mapping[str, str]
) -> Iterator[Edge]:
    """Yield the permissions of the boxes' roles for buckets, secrets, log groups and a workspace of
    metrics. `roles`: role to box."""
    at = {member: node for node in nodes for member in node.members}
    found: dict[tuple[str, str], tuple[set[str], list[str], list[str]]] = {}
    for access in matrix.access:
        if access.effect != "Allow" or access.principal not in roles:
            continue
        for box, names in _touched(template, access, at).items():
            verbs, reasons, members = found.setdefault(
                (roles[access.principal], box), (set(), [], [])
            )
            writes = any(WRITES.search(each) for each in access.actions)
            reads = any(":Get" in each or ":List" in each for each in access.actions)
            verbs |= ({"write"} if writes else set()) | ({"read"} if reads else set())
            reasons.append(f"{access.principal}: {', '.join(access.actions)} on {', '.join(names)}")
            members.append(access.logical_id)
    for (source, target), (verbs, reasons, members) in found.items():
        if verbs:
            label = "read, write" if len(verbs) == 2 else next(iter(verbs))
            label = {"watch": "logs", "secrets": "read"}.get(target, label)
            own = tuple(dict.fromkeys(members))
            yield Edge(source, target, Way.ACCESS, label, tuple(dict.fromkeys(reasons)), own)


def _touched(template: Template, access: Access, at: Mapping[str, Node]) -> dict[str, list[str]]:
    """Return the boxes outside the VPC that a statement affects, and their contents."""
    found: dict[str, list[str]] = {}
    for resource in access.resources:
        for word in re.findall(r"\w+", resource):
            node = at.get(word)
            if node and node.kind in ("bucket", "secret", "watch"):
                found.setdefault(node.id, []).append(word)
        if resource not in at:
            for box in {EXISTING[each] for each in access.actions if each in EXISTING}:
                found.setdefault(box, []).append(resource.rpartition(":")[2])
    return found


def roles_of(template: Template, nodes: Iterable[Node]) -> dict[str, str]:
    """Return the box of each role that tasks and functions have."""
    at = {member: node.id for node in nodes for member in node.members}
    found = {}
    for kind, keys in (
        ("AWS::ECS::TaskDefinition", ("TaskRoleArn", "ExecutionRoleArn")),
        ("AWS::Lambda::Function", ("Role",)),
    ):
        for name, properties in resources(template, kind):
            for key in keys:
                if name in at and key in properties:
                    found[named(properties[key])] = at[name]
    return found
