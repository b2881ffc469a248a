"""Gate checks for old and new tasks that cannot reach each other while they are replaced. Tasks
reach names of their own Service Connect namespace, in its state at their start, and verify each
other with its certificate authority (Amazon ECS Developer Guide, Service Connect components).
Security groups allow the members of the group in a rule.
"""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.containers import SERVICE, broker_services
from camformation.deploy.plan.model import Action, Block, PropertyChange, ResourceChange
from camformation.deploy.plan.situation import Properties, Situation
from camformation.deploy.plan.symbols import Address, shown, symbols
from camformation.deploy.plan.template_diff import properties_of
from camformation.shapes import mappings

CONNECT = "ServiceConnectConfiguration"
GROUP = "AWS::EC2::SecurityGroup"
AUTHORITY = "IssuerCertificateAuthority"
WHILE = "while tasks are replaced"
REPEAT = "connectors retry what failed, and continue when they are replaced themselves"
HUNG = (
    "brokers that cannot find the others take part in no partition, and the rollout may hang: undo "
    "the change, or deploy it while the services are stopped (`camformation stop SPEC`)"
)


def peers_gate(situation: Situation) -> Iterator[Block]:
    """Warn of tasks that are cut off from each other for a time (CAM799)."""
    moved = {change.address for change in situation.changes if change.action is Action.REPLACE}
    for change, before, after in situation.updated():
        if change.type != SERVICE:
            continue
        if leaf := _tls(change):
            yield _encrypted(change, leaf)
        elif gone := _gone(before.get(CONNECT), after.get(CONNECT), moved):
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: new tasks no longer have the name{'s' if gone[1:] else ''} "
                f"{', '.join(gone)} in Service Connect, which brokers and connectors use to find "
                f"brokers: old and new tasks cannot reach each other {WHILE}",
                HUNG,
                change.line_of(CONNECT) or change.location,
            )
    yield from _groups(situation)


def _tls(change: ResourceChange) -> PropertyChange | None:
    """Return the change of encryption, or of its certificate authority."""
    return next(
        (
            leaf
            for leaf in change.properties
            if leaf.path.startswith(f"{CONNECT}.Services")
            and ".Tls." in leaf.path
            and (leaf.before is None or leaf.after is None or AUTHORITY in leaf.path)
        ),
        None,
    )


def _encrypted(change: ResourceChange, leaf: PropertyChange) -> Block:
    same = leaf.before is not None and leaf.after is not None
    does = "gets another certificate authority" if same else "starts or stops encrypting"
    return warned(
        change,
        "CAM799",
        f"{change.logical_id}: Service Connect {does}: old and new connectors and brokers "
        f"cannot reach each other {WHILE}",
        REPEAT,
        leaf.location,
    )


def _gone(before: Any, after: Any, moved: set[Address]) -> list[str]:
    """Return the names that a service no longer has, or has only in another namespace."""
    old, new = _names(before), _names(after)
    if not old:
        return []
    spaces = [each.get("Namespace") if isinstance(each, dict) else None for each in (before, after)]
    another = shown(spaces[0]) != shown(spaces[1]) if all(spaces) else False
    if another or any(symbol.resource in moved for symbol in symbols(spaces[0] or "")):
        return sorted(old)
    return sorted(old - new)


def _names(configuration: Any) -> set[str]:
    if not isinstance(configuration, dict) or configuration.get("Enabled") is False:
        return set()
    aliases = [each.get("ClientAliases") for each in mappings(configuration.get("Services"))]
    return {shown(each.get("DnsName", "")) for many in aliases for each in mappings(many)}


def _groups(situation: Situation) -> Iterator[Block]:
    """Warn of brokers with another security group in the same VPC: its rules refer to itself."""
    for service in broker_services(situation.before):
        for group in _members(properties_of(situation.before, service)):
            change = situation.change(group)
            if change is None or change.type != GROUP or change.change_of("VpcId"):
                continue
            if change.action is Action.REPLACE:
                yield warned(
                    change,
                    "CAM799",
                    f"{change.logical_id}: another security group: brokers in the old and in the "
                    f"new one cannot connect to each other {WHILE}",
                    HUNG,
                    change.location,
                )


def _members(service: Properties) -> set[Address]:
    network = service.get("NetworkConfiguration", {})
    return {symbol.resource for symbol in symbols(network)}
