"""The rule for what tasks call, and security groups do not let them reach."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.addresses import addresses, inside, url_addresses
from camformation.rules.images import all_images
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, broker_settings, connectors_settings, settings

LET_OUT = (80, 443)  # by every task's security group
EGRESS = "AWS::EC2::SecurityGroupEgress"
_MAIL = "SPRINGMAILHOST"


@rule("CAM157", "Blocked outbound port", Severity.WARNING)
def ports(d: Deployment) -> Iterator[Violation]:
    """The security groups of tasks let out HTTP and HTTPS, on ports 80 and 443, and what tasks of
    the deployment say to each other, to its database and its file system. Everything else is
    dropped, and what waits for an answer ends in a timeout: a proxy on 3128, mail on 587, Kafka,
    another database, a provider on 8443. That nobody can log in or no image can be pulled is an
    error, all else a warning.

    Let it out by a patch of `network` that adds an `AWS::EC2::SecurityGroupEgress`;
    [Reaching other ports](security.md#reaching-other-ports) has one to copy. The rule knows such
    patches. It looks at URLs, at lists of `host:port` and at ports beside hosts in variables; what
    is in secrets and in processes it cannot see.

    Source: Amazon VPC User Guide, Security group rules; Camunda docs, Amazon ECS reference
    architecture.
    """
    opened = [*((port, port) for port in LET_OUT), *_patched(d)]

    def dropped(port: int) -> bool:
        return not any(first <= port <= last for first, last in opened)

    for path, url in _needed(d):
        for host, port in url_addresses(url):
            if dropped(port) and not inside(host):
                yield _dropped(path, host, port, Severity.ERROR)
    for variables in _variables(d):
        hosts: dict[tuple[Path, int], list[str]] = {}
        for each in addresses(variables):
            if dropped(each.port):
                hosts.setdefault((each.setting.path, each.port), []).append(each.host)
        for (path, port), named in hosts.items():
            yield _dropped(path, " and ".join(named), port)
        names = {each.key for each in variables}
        for setting in variables:
            mail = setting.key == _MAIL and "SPRINGMAILPORT" not in names
            if mail and setting.value and dropped(25) and not inside(setting.value):
                yield _dropped(setting.path, setting.value, 25)


def _dropped(path: Path, host: str, port: int, severity: Severity | None = None) -> Violation:
    return Violation(
        path,
        f"tasks cannot reach {host} on port {port}: outbound rules open only ports 80 and 443",
        f"use port 443, or open {port} with a patch of network (security.md, Reaching other ports)",
        severity,
    )


def _needed(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield URLs required for tasks to start or for users to log in."""
    for use in all_images(d):
        registry, slash, _ = use.reference.partition("/")
        if slash and ":" in registry:
            yield use.path, f"https://{registry}"
    oidc = d.authentication.oidc
    if d.authentication.mode != "oidc" or oidc is None:
        return
    section: Path = ("authentication", "oidc")
    yield (*section, "issuer"), oidc.issuer
    if d.connectors.enabled and oidc.connectors:
        yield (*section, "connectors", "token_url"), oidc.connectors.token_url


def _variables(d: Deployment) -> Iterator[tuple[Setting, ...]]:
    o = d.orchestration
    yield broker_settings(d).all
    if init := o.init_container:
        section: Path = ("orchestration", "init_container")
        yield settings(section, init.environment, {}, client=False).all
    if d.connectors.enabled:
        yield connectors_settings(d).all


def _patched(d: Deployment) -> Iterator[tuple[int, int]]:
    """Yield the outbound port ranges that patches open."""
    for entry in d.patches:
        for operation in entry.patch:
            for properties in _egress(operation.get("value")):
                first, last = properties.get("FromPort"), properties.get("ToPort")
                if str(properties.get("IpProtocol")) == "-1":
                    yield 0, 65535
                elif str(first).isdigit() and str(last).isdigit():
                    yield int(str(first)), int(str(last))


def _egress(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the properties of egress rules in what a patch adds."""
    if isinstance(value, Mapping):
        properties = value.get("Properties")
        if value.get("Type") == EGRESS and isinstance(properties, Mapping):
            yield properties
        elif "IpProtocol" in value and ("CidrIp" in value or "DestinationPrefixListId" in value):
            yield value
        else:
            for inner in value.values():
                yield from _egress(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _egress(inner)
