"""Rules for what tasks call, and security groups or routes do not let them reach."""

import re
from collections.abc import Iterator, Set
from ipaddress import ip_address

from camformation.components.egress import ENDPOINTS
from camformation.components.patched_rules import patched_rules
from camformation.components.s3_prefix_lists import by_routes
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.addresses import addresses, inside, url_addresses
from camformation.rules.containers import given
from camformation.rules.egress import by_proxy, services
from camformation.rules.generated import broker_variables, connectors_variables
from camformation.rules.images import all_images
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, broker_settings, connectors_settings, settings
from camformation.rules.unknown_settings import UNREAD
from camformation.spelling import bound

LET_OUT = (80, 443)  # by every task's security group, unless outbound rules are closed
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")  # which a JVM does not read
FIELDS = {  # that open the security group of a task
    "Orchestration": "orchestration.egress",
    "Connectors": "connectors.egress",
    "Seed": "network.egress.destinations",
    "Ops": "network.egress.destinations",
}
GROUPS = {
    "orchestration": "Orchestration",
    "connectors": "Connectors",
    "database": "Seed",
    "operations": "Ops",
}
_LOGIN = r"^CAMUNDASECURITYAUTHENTICATIONOIDC(?:TOKEN|JWKSET|ISSUER|USERINFO)UR[IL]$"
_MAIL = "SPRINGMAILHOST"
_GROUP = r"(Connectors|Seed|Ops|Orchestration)SecurityGroup"


@rule("CAM157", "Blocked outbound port", Severity.WARNING)
def ports(d: Deployment) -> Iterator[Violation]:
    """The security groups of tasks allow outbound HTTP and HTTPS, on ports 80 and 443, unless
    `network.egress.default` restricts them, and traffic between the deployment's tasks, its
    database and its file system. The spec's proxy and identity provider get their own rules.
    Everything else is dropped, and requests end in a timeout: mail on 587, Kafka, another database.
    It is an error if nobody could log in or no image could be pulled, otherwise a warning.

    Allow it with `orchestration.egress`, `connectors.egress` or, for all tasks,
    `network.egress.destinations`: [Reaching other ports](security.md#reaching-other-ports). The
    rule knows these, requests that go through `network.proxy`, and patches that add an
    `AWS::EC2::SecurityGroupEgress`. It looks at URLs, at lists of `host:port` and at ports next to
    hosts in variables, and at URLs in commands of init containers and sidecars; it cannot see
    secrets and processes.

    Source: Amazon VPC User Guide, Security group rules; Camunda docs, Amazon ECS reference
    architecture.
    """
    opened = [*_opened(d), *_patched(d)]

    def dropped(path: Path, port: int) -> bool:
        groups = (None, _group(d, path))
        return not any(group in groups and first <= port <= last for group, first, last in opened)

    for path, url in _needed(d):
        for host, port in url_addresses(url):
            if dropped(path, port) and not inside(host) and not _through_proxy(d, host, url):
                yield _dropped(d, path, host, port, Severity.ERROR)
    for path, host, port, text in _commands(d):
        if dropped(path, port) and not _through_proxy(d, host, text):
            yield _dropped(d, path, host, port)
    for variables, generated in _variables(d):
        hosts: dict[tuple[Path, int], list[str]] = {}
        for each in addresses(variables):
            if (
                dropped(each.setting.path, each.port)
                and each.setting.key not in generated  # or CAM172
                and not _through_proxy(d, each.host, each.setting.value or "")
            ):
                hosts.setdefault((each.setting.path, each.port), []).append(each.host)
        for (path, port), named in hosts.items():
            login = re.search(_LOGIN, bound(str(path[-1]))) and d.authentication.mode == "oidc"
            yield _dropped(d, path, " and ".join(named), port, Severity.ERROR if login else None)
        names = {each.key for each in variables}
        for setting in variables:
            mail = setting.key == _MAIL and "SPRINGMAILPORT" not in names
            if mail and setting.value and dropped(setting.path, 25) and not inside(setting.value):
                yield _dropped(d, setting.path, setting.value, 25)


@rule("CAM113", "Address to which no route leads", Severity.WARNING)
def routes(d: Deployment) -> Iterator[Violation]:
    """Without NAT gateways, tasks in a new VPC reach the VPC, Amazon S3 and the services in
    `network.vpc_endpoints`, and nothing else: they cannot reach a webhook, a mail server or an AI
    model that a variable or a command names. The rule lists each such address, once for each place.

    It does not know routes that others add to the VPC, by peering or a transit gateway: it assumes
    that private IPv4 addresses are reached this way; for such a hostname, ignore the rule.
    [CAM156](#cam156) is about what tasks need to start.

    Source: Amazon VPC User Guide, NAT gateways; AWS PrivateLink Guide, Access AWS services.
    """
    if d.network.nat_gateways != "none" or d.network.existing:
        return
    found: dict[tuple[Path, str], None] = {}
    for path, host, _, text in _commands(d):
        if not _through_proxy(d, host, text):
            found[path, host] = None
    for variables, generated in _variables(d):
        for each in addresses(variables):
            passed = _through_proxy(d, each.host, each.setting.value or "")
            if each.setting.key not in generated and not passed:
                found[each.setting.path, each.host] = None
    for path, host in found:
        if not inside(host) and not _private(host) and not _by_endpoint(d, host):
            yield Violation(
                path,
                f"without NAT gateways, no route leads to {host}",
                "set network.nat_gateways to single, use network.proxy, or ignore CAM113 if the "
                "VPC has another route to it",
            )


def _private(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return "." not in host


def _by_endpoint(d: Deployment, host: str) -> bool:
    """Return whether an AWS service answers at an endpoint inside the VPC."""
    if not host.lower().endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return False
    given = d.network.vpc_endpoints
    services = ("s3", *(ENDPOINTS if "all" in given else given))
    names = (".".join(reversed(each.split("."))) for each in services)  # ecr.api: api.ecr.…
    return any(f".{name}." in f".{host.lower()}" for name in names)


def _commands(d: Deployment) -> Iterator[tuple[Path, str, int, str]]:
    """Yield the targets of URLs in commands, and of log routers."""
    for each in given(d):
        for kind, words in (("entry_point", each.entry_point), ("command", each.command)):
            for index, word in enumerate(words):
                for host, port in dict.fromkeys(url_addresses(word)):
                    if 0 < port < 65536 and not inside(host):
                        yield (*each.path, kind, index), host, port, word
    for section, service in (("orchestration", d.orchestration), ("connectors", d.connectors)):
        output = service.log_router.output if service.log_router else {}
        options = {name.lower(): name for name in output}
        host, port_ = (output.get(options.get(each, ""), "") for each in ("host", "port"))
        if host and re.fullmatch(r"\d{1,5}", port_) and 0 < int(port_) < 65536 and not inside(host):
            yield (section, "log_router", "output", options["port"]), host, int(port_), ""


def _dropped(
    d: Deployment, path: Path, host: str, port: int, severity: Severity | None = None
) -> Violation:
    hint = f"add the network that it is in to {FIELDS[_group(d, path)]}, with ports: [{port}]"
    if str(path[-1]).upper() in PROXIES and path[0] in ("orchestration", "connectors"):
        hint = "set network.proxy.address instead: it opens the port, and sets the JVM's options"
    return Violation(
        path,
        f"tasks cannot reach {host} on port {port}: no outbound rule opens it",
        hint,
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


def _variables(d: Deployment) -> Iterator[tuple[tuple[Setting, ...], Set[str]]]:
    """Yield settings, and the keys of those that are refused or not read anyway."""
    brokers = tuple(each for each in broker_settings(d).all if not each.key.startswith(UNREAD))
    yield brokers, set(map(bound, broker_variables(d)))
    for each in given(d):
        yield settings(each.path, each.environment, {}, client=False).all, set()
    if d.connectors.enabled:
        runtime = (each for each in connectors_settings(d).all if each.replaced_by != "")
        taken = set(map(bound, connectors_variables(d)))
        left = (each for each in runtime if bound(each.replaced_by or "") not in taken)
        yield tuple(left), taken


def _group(d: Deployment, path: Path) -> str:
    """Return whose security group lets out what the spec says at a path."""
    if path[0] == "connectors" or path[:3] == ("authentication", "oidc", "connectors"):
        return "Connectors"
    if path[0] == "operations":
        return "Ops"
    return "Seed" if path[0] == "database" and d.database.seed == "task" else "Orchestration"


def _patched(d: Deployment) -> Iterator[tuple[str | None, int, int]]:
    """Yield ranges of ports that patches let out, and of which group; None if that is not seen."""
    for path, properties in patched_rules(d.patches):
        first, last = properties.get("FromPort"), properties.get("ToPort")
        named = re.search(_GROUP, f"{path} {properties.get('GroupId')}")
        group = named[1] if named else None
        if str(properties.get("IpProtocol")) == "-1":
            yield group, 0, 65535
        elif str(first).isdigit() and str(last).isdigit():
            yield group, int(str(first)), int(str(last))


def _opened(d: Deployment) -> Iterator[tuple[str | None, int, int]]:
    """Yield ranges of ports that the spec lets out, and of which group."""
    if by_routes(d.network, d.region).default == "open":
        yield from ((None, port, port) for port in LET_OUT)
    for service, flows in services(d).items():
        for flow in flows:
            if flow.protocol != "udp":
                yield GROUPS[service], flow.first, flow.last


def _through_proxy(d: Deployment, host: str, text: str) -> bool:
    """Return whether a text has an HTTP URL of a host, and requests to it go through the proxy."""
    url = rf"(?i)\bhttps?://(?:[^/?#\s@]*@)?{re.escape(host)}(?![\w.-])"
    return by_proxy(d, host) and re.search(url, text) is not None
