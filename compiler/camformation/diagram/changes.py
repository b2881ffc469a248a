"""The changes of a plan, as marks in a picture."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.audit.values import Template
from camformation.diagram.model import GRAVITY, Line, Mark, Marks, Node, Picture
from camformation.frozen import replaced

STACK, TASK_DEFINITION = "AWS::CloudFormation::Stack", "AWS::ECS::TaskDefinition"
MARKS = {
    "add": Mark.CREATE,
    "import": Mark.CREATE,
    "change": Mark.UPDATE,
    "replace": Mark.REPLACE,
    "delete": Mark.DELETE,
}
GONE = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("", "balancer", "public", "Load balancer"),
    "AWS::ECS::Service": ("", "service", "tasks", "ECS service"),
    "AWS::RDS::DBCluster": ("", "database", "private", "Aurora PostgreSQL"),
    "AWS::EFS::FileSystem": ("", "files", "private", "EFS file system"),
    "AWS::EC2::NatGateway": ("nat", "nat", "public", "NAT gateways"),
    "AWS::S3::Bucket": ("s3", "bucket", "services", "S3"),
    "AWS::Backup::BackupVault": ("vaults", "bucket", "services", "AWS Backup"),
    "AWS::SecretsManager::Secret": ("secrets", "secret", "services", "Secrets Manager"),
    "AWS::KMS::Key": ("keys", "key", "services", "KMS keys"),
    "AWS::Logs::LogGroup": ("watch", "watch", "services", "CloudWatch"),
}
"""Types that have a box even when they go: the box that lists them, or a new one for each."""


def with_plan(picture: Picture, template: Template, plan: Mapping[str, Any]) -> Picture:
    """Return the picture with the marks of a plan, as `plan --format json` writes it.

    Raises ValueError, with a sentence.
    """
    try:
        marks = _marks(plan)
        changes = list(_changes(plan))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is not as `plan --out` and `plan --format json` write it") from error
    known = template["Resources"]
    for name, kind, action in changes:
        if action == "delete" and name not in known and kind in GONE:
            picture = _with_gone(picture, name, GONE[kind])
    drawn = {member for each in picture.nodes for member in each.members}
    drawn |= {member for each in picture.edges for member in each.members}
    drawn |= {member for group in picture.groups for member in group.members}
    drawn |= {m for group in picture.groups for cell in group.cells for m in cell.members}
    others = tuple(f"{name} ({marks[name]})" for name in sorted(marks.keys() - drawn))
    return replaced(picture, marks=tuple(sorted(marks.items())), others=others)


def _changes(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for component in plan["components"]:
        for change in component["changes"]:
            if change["type"] != STACK:
                yield str(change["logical_id"]), str(change["type"]), str(change["action"])


def _marks(plan: Mapping[str, Any]) -> Marks:
    """Return the mark of each resource. A new revision of a task definition replaces nothing that
    lasts, so it is an update."""
    found: dict[str, Mark] = {}
    for component in plan["components"]:
        for change in component["changes"]:
            mark = MARKS[change["action"]]
            if change["type"] == TASK_DEFINITION and mark is Mark.REPLACE:
                mark = Mark.UPDATE
            elif change["replacement"] == "Conditional":
                mark = Mark.REPLACE
            if change["type"] != STACK:  # and what moves from one nested stack to another goes
                name = str(change["logical_id"])
                moves = {mark, found.get(name)} == {Mark.CREATE, Mark.DELETE}
                found[name] = Mark.REPLACE if moves else mark
    for block in plan["gate"]:
        name = block["logical_id"]
        if name and block["severity"] == "block" and not block["allowed"]:
            found[str(name)] = max(found.get(name, Mark.BLOCKED), Mark.BLOCKED, key=GRAVITY.index)
    return found


def _with_gone(picture: Picture, name: str, box: tuple[str, str, str, str]) -> Picture:
    """Return the picture with a resource that the plan deletes."""
    node_id, kind, group, title = box
    groups = {each.id: each.parent for each in picture.groups}
    while group and group not in groups:
        group = {
            "public": "private",
            "tasks": "private",
            "private": "vpc",
            "services": "region",
        }.get(group, "")
    line = Line(name, (name,))
    nodes = [
        replaced(each, lines=(*each.lines, line), members=(*each.members, name))
        if each.id == node_id
        else each
        for each in picture.nodes
    ]
    if node_id not in {each.id for each in picture.nodes}:
        nodes.append(Node(node_id or name, kind, group, title, (line,), (name,)))
    return replaced(picture, nodes=tuple(nodes))
