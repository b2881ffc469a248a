"""The exposure matrix of a template: network access and permissions."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from camformation.audit.branches import branches
from camformation.audit.values import Template, allows, conditions, identity_policies, known, named
from camformation.audit.values import statements as statements_of
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.shapes import entries, listed, properties, resources

NOTHING = "127.0.0.1/32"
"""The traffic that a security group without outgoing rules allows: all of it (EC2)."""

EVERYWHERE = ("0.0.0.0/0", "::/0")

STARTED = {"OpsSecurityGroup": "OpsTaskDefinition"}
"""Groups of one-off tasks: their network is set only when they start."""

RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::KMS::Key": ("KeyPolicy", ""),
    "AWS::EFS::FileSystem": ("FileSystemPolicy", ""),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy", "SecretId"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::EC2::VPCEndpoint": ("PolicyDocument", ""),
    "AWS::Backup::BackupVault": ("AccessPolicy", ""),
}
"""Types with a policy of their own: the policy's property, and the one that names its subject."""


@frozen
class Flow:
    """Traffic that security groups allow; `way`: `in` to the target, or `out` of the source."""

    way: str
    source: str
    target: str
    protocol: str
    first: int
    last: int
    reason: str
    logical_id: str

    @property
    def ports(self) -> str:
        """Return the ports as people write them."""
        if self.protocol == "-1" or (self.first, self.last) == (0, 65535):
            return "all"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@frozen
class Access:
    """Actions that a principal may take on resources, or with `Deny` may not."""

    principal: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[str, ...]
    logical_id: str


@frozen
class Matrix:
    """Everything that a template exposes. `holders`: the resources in each security group."""

    flows: tuple[Flow, ...]
    access: tuple[Access, ...]
    holders: tuple[tuple[str, tuple[str, ...]], ...]


def matrix(template: Template) -> Matrix:
    """Return the exposure matrix of a flat template, with what any of its branches exposes."""
    ways = branches(template)
    found = list(dict.fromkeys(flow for each in ways for flow in flows(each)))
    granted = list(dict.fromkeys(access for each in ways for access in _access(each)))
    held: dict[str, dict[str, None]] = {}
    for each in ways:
        for group, members in _holders(each).items():
            held.setdefault(group, {}).update(dict.fromkeys(members))
    return Matrix(
        tuple(sorted(found, key=lambda f: (f.way, f.target, f.source, f.first, f.last))),
        tuple(sorted(granted, key=lambda a: (a.principal, a.resources, a.actions))),
        tuple(sorted((group, tuple(members)) for group, members in held.items())),
    )


def flows(template: Template) -> Iterator[Flow]:
    """Yield the traffic that each rule of a security group allows."""
    return (flow for flow, _ in placed_flows(template))


def placed_flows(template: Template) -> Iterator[tuple[Flow, Path]]:
    """Yield the traffic that each rule of a security group allows, and the rule's path in its
    resource: a rule of its own, one in the group's list, or the list that is not there."""
    for way in ("in", "out"):
        kind = f"SecurityGroup{'Ingress' if way == 'in' else 'Egress'}"
        for name, rule in resources(template, f"AWS::EC2::{kind}"):
            yield _flow(template, way, named(rule.get("GroupId")), rule, name), ("Properties",)
        for name, group in resources(template, "AWS::EC2::SecurityGroup"):
            rules, place = entries(group.get(kind)), ("Properties", kind)
            for number, rule in rules:
                if rule.get("CidrIp") != NOTHING:
                    yield _flow(template, way, name, rule, name), (*place, number)
            if way == "out" and not rules:
                everything = {"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}
                yield _flow(template, way, name, everything, name), place


def _flow(
    template: Template, way: str, group: str, rule: Mapping[str, Any], logical_id: str
) -> Flow:
    side = "Source" if way == "in" else "Destination"
    keys = ("CidrIp", "CidrIpv6", f"{side}SecurityGroupId", f"{side}PrefixListId")
    other = next((_plain(named(rule[key])) for key in keys if key in rule), "?")
    source, target = (other, group) if way == "in" else (group, other)
    reason = str(rule.get("Description", ""))
    protocol = str(known(template, rule.get("IpProtocol", "-1")))
    first, last = 0, 65535
    if protocol != "-1":
        first = _port(known(template, rule.get("FromPort")), first)
        last = _port(known(template, rule.get("ToPort")), last)
    return Flow(way, source, target, protocol, first, last, reason, logical_id)


def _port(value: Any, otherwise: int) -> int:
    """Return a port; one that cannot be read may be any."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _plain(source: str) -> str:
    """Return a block in canonical form: `0::/0` is `::/0`."""
    try:
        return str(ip_network(source, strict=False))
    except ValueError:
        return source


def _access(template: Template) -> Iterator[Access]:
    for name, role, statement, _ in identity_policies(template):
        yield _statement(role, statement, name)
    for name, body in resources(template, "AWS::IAM::Role"):
        for managed in listed(body.get("ManagedPolicyArns")):
            yield Access(name, "Allow", (named(managed),), ("managed policy",), (), name)
    for kind, (document, subject) in RESOURCE_POLICIES.items():
        for name, body in resources(template, kind):
            on = ",".join(map(named, listed(body.get(subject)))) if subject else name
            for _, statement in statements_of(body.get(document)):
                yield _statement(_principal(statement), statement, name, on)


def _statement(
    principal: str, statement: Mapping[str, Any], logical_id: str, on: str = ""
) -> Access:
    targets = tuple(named(each) for each in listed(statement.get("Resource")))
    if on:
        targets = (on,)
    under = tuple(
        f"{operator} {key}={','.join(map(named, listed(value)))}"
        for operator, key, value in conditions(statement)
    )
    actions = [named(each) for each in listed(statement.get("Action"))] or [
        f"all but {named(each)}" for each in listed(statement.get("NotAction"))
    ]
    effect = "Allow" if allows(statement) else "Deny"
    return Access(principal, effect, tuple(actions), targets, under, logical_id)


def _principal(statement: Mapping[str, Any]) -> str:
    principal = statement.get("Principal", "*")
    if isinstance(principal, dict):
        principal = [each for group in principal.values() for each in listed(group)]
    return ", ".join("everyone" if each == "*" else named(each) for each in listed(principal))


def _holders(template: Template) -> dict[str, tuple[str, ...]]:
    held: dict[str, tuple[str, ...]] = {
        name: () for name, _ in resources(template, "AWS::EC2::SecurityGroup")
    }
    for name, resource in template["Resources"].items():
        if not resource["Type"].startswith("AWS::EC2::SecurityGroup"):
            for group in _groups(properties(resource)):
                held[group] = (*held.get(group, ()), name)
    for group, task in STARTED.items():
        if group in held and task in template["Resources"]:
            held[group] = (*held[group], task)
    return held


def _groups(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict) and not key.endswith(("SecurityGroups", "SecurityGroupIds")):
        for inner, below in value.items():
            yield from _groups(below, inner)
    elif isinstance(value, list | tuple):
        for below in value:
            if key.endswith(("SecurityGroups", "SecurityGroupIds")):
                yield named(below)
            else:
                yield from _groups(below)


def unexplained(exposure: Matrix) -> list[str]:
    """Return flows between groups that only one side allows, and groups without members."""
    groups = dict(exposure.holders)
    alone = [
        f"{flow.logical_id}: {flow.source} to {flow.target} port {flow.ports}, {flow.way} only"
        for flow in exposure.flows
        if flow.source in groups
        and flow.target in groups
        and not any(_answers(flow, other) for other in exposure.flows)
    ]
    return alone + [f"{group}: nothing uses it" for group, held in groups.items() if not held]


def _answers(flow: Flow, other: Flow) -> bool:
    return (
        other.way != flow.way
        and other.source in (flow.source, *(EVERYWHERE if flow.way == "out" else ()))
        and other.target in (flow.target, *(EVERYWHERE if flow.way == "in" else ()))
        and other.protocol in (flow.protocol, "-1")
        and other.first <= flow.first
        and flow.last <= other.last
    )
