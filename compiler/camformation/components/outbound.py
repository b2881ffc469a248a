"""The outbound rules of each service's tasks to destinations outside the deployment.

Security groups do not filter traffic to Amazon's DNS, to link-local addresses and to the metadata
of tasks (Amazon VPC User Guide, Security groups), so no flow is needed for them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

from camformation.components.authentication import AuthenticationSpec
from camformation.components.egress_spec import DestinationSpec, EgressSpec, ProxySpec
from camformation.components.ports import WEB, WEB_TLS
from camformation.components.s3_prefix_lists import looked_up
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.specs import Open

EVERYWHERE = "0.0.0.0/0"
ALL_PORTS = (0, 65535)
_URL = r"(?i)(https?)://(?:[^/?#@]*@)?([^/?#:]+)(?::(\d{1,5}))?"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"


@frozen
class Flow:
    """One outbound rule of a security group."""

    peer: str  # names the destination in the rule's logical ID
    destination: Mapping[str, Any]  # as AWS::EC2::SecurityGroupEgress has it
    protocol: str  # tcp | udp | all
    first: int
    last: int
    description: str
    section: Path

    @property
    def title(self) -> str:
        """The end of the rule's logical ID."""
        if self.protocol == "all":
            return f"{self.peer}AllTraffic"
        kind = "" if self.protocol == "tcp" else self.protocol.capitalize()
        end = "" if self.first == self.last else f"To{self.last}"
        return f"{self.peer}{kind}Port{self.first}{end}"


@frozen
class Outbound:
    """The outbound rules of tasks, except those to the rest of the deployment."""

    open: bool = True  # ports 80 and 443 of every address
    orchestration: tuple[Flow, ...] = ()
    connectors: tuple[Flow, ...] = ()
    seed: tuple[Flow, ...] = ()
    ops: tuple[Flow, ...] = ()
    by_region: bool = False  # the prefix list of Amazon S3 is looked up at deployment


def outbound(
    egress: EgressSpec,
    proxy: ProxySpec | None,
    authentication: AuthenticationSpec,
    *,
    orchestration: tuple[DestinationSpec, ...],
    connectors: tuple[DestinationSpec, ...],
    patched: frozenset[int] = frozenset(),
) -> Outbound:
    """Return the rules that a spec lists, and those for its proxy and its identity provider.

    `patched` are ports that a patch opens: a second, identical rule would be refused.
    """
    common = egress.destinations
    storage = [] if egress.default == "open" else list(_storage(egress.s3_prefix_list_id))
    oidc = authentication.oidc if authentication.mode == "oidc" else None
    if not (storage or common or orchestration or connectors or proxy or oidc):
        return Outbound(egress.default == "open")
    listed: Path = ("network", "egress", "destinations")

    def flows(service: str, own: tuple[DestinationSpec, ...], urls: list[Any]) -> tuple[Flow, ...]:
        found = [
            *storage,
            *_listed(common, listed),
            *_listed(own, (service, "egress")),
        ]
        if service not in ("database", "operations"):
            found += _derived(egress, proxy, urls, found, patched)
        known: dict[Any, Flow] = {}
        for flow in found:
            if not (egress.default == "open" and _open_already(flow)):
                known.setdefault(flow.title, flow)
        return tuple(known.values())

    client = oidc.connectors if oidc else None
    return Outbound(
        egress.default == "open",
        flows("orchestration", orchestration, [oidc.issuer] if oidc else []),
        flows("connectors", connectors, [client.token_url] if client else []),
        flows("database", (), []),
        flows("operations", (), []),
        looked_up(egress),
    )


def _storage(prefix_list: Any) -> Iterator[Flow]:
    """Yield the flow to Amazon S3, which stores brokers' leases and the image layers of ECR."""
    if prefix_list is not None:
        to = {"DestinationPrefixListId": prefix_list}
        section: Path = ("network", "egress")
        yield Flow("S3", to, "tcp", WEB_TLS, WEB_TLS, "Amazon S3", section)


def _listed(destinations: tuple[DestinationSpec, ...], section: Path) -> Iterator[Flow]:
    for index, each in enumerate(destinations):
        peer, destination = _peer(each)
        spans = [ALL_PORTS] if each.protocol == "all" else [span(port) for port in each.ports]
        if not spans:
            raise ValueError("a destination without ports")  # CAM119
        for first, last in spans:
            yield Flow(
                peer,
                destination,
                each.protocol,
                first,
                last,
                each.description or "Listed destination",
                (*section, index),
            )


def span(port: int | str) -> tuple[int, int]:
    """Return the first and the last port of `9092` or `9092-9096`."""
    if isinstance(port, int):
        return port, port
    first, _, last = port.partition("-")
    return int(first), int(last)


def _peer(each: DestinationSpec) -> tuple[str, dict[str, Any]]:
    for kind, name, value in (
        ("Cidr", "CidrIp", each.cidr),
        ("Cidr", "CidrIpv6", each.ipv6_cidr),
        ("PrefixList", "DestinationPrefixListId", each.prefix_list_id),
        ("Group", "DestinationSecurityGroupId", each.security_group_id),
    ):
        if value is not None:
            return _name(kind, value), {name: value}
    raise ValueError("a destination without a place")  # CAM119


def _name(kind: str, value: str) -> str:
    if isinstance(value, Open):
        return f"{kind}{value.parameter}"
    return f"{kind}{crc32(value.lower().encode()):08x}"


def _derived(
    egress: EgressSpec,
    proxy: ProxySpec | None,
    urls: list[str],
    listed: list[Flow],
    patched: frozenset[int],
) -> Iterator[Flow]:
    """Yield the flows to the proxy or, without one, to the provider, if no rule allows them.

    A host name could have any address. Closed rules are not opened for it: their author lists the
    networks.
    """
    needed: list[tuple[str, str, str, Path]] = []
    if proxy:
        needed.append(("Proxy", "HTTP proxy", proxy.address, ("network", "proxy", "address")))
    for url in urls:
        if not proxy or excepted(proxy, address(url)[0]):
            path: Path = getattr(url, "path", ())
            needed.append(("Provider", "OpenID Connect provider", url, path))
    for peer, description, url, path in needed:
        host, port = address(url)
        literal = re.fullmatch(_IPV4, host) and not isinstance(url, Open)
        if port in patched or any(covers(flow, port) for flow in listed):
            continue
        if egress.default == "open":
            if port in (WEB, WEB_TLS):
                continue
        elif not literal:
            continue
        cidr: Any = f"{host}/32" if literal else EVERYWHERE
        yield Flow(
            peer if literal else "Internet",
            {"CidrIp": cidr},
            "tcp",
            port,
            port,
            description,
            path,
        )


def covers(flow: Flow, port: int) -> bool:
    """Return whether a flow is for a TCP port."""
    return flow.protocol != "udp" and flow.first <= port <= flow.last


def address(url: str) -> tuple[str, int]:
    """Return the host and the port of an HTTP URL."""
    found = re.match(_URL, url)
    if not found:
        return "", 0
    scheme, host, port = found.groups()
    return host, int(port or (WEB_TLS if scheme.lower() == "https" else WEB))


def excepted(proxy: ProxySpec, host: str) -> bool:
    """Return whether a host is reached without the proxy, by the spec's own exceptions."""
    host = host.lower()
    for each in map(str.lower, proxy.exceptions):
        if each == host or (each.startswith(".") and host.endswith(each)):
            return True
        if "/" in each and re.fullmatch(_IPV4, host):
            from ipaddress import IPv4Address, IPv4Network

            if IPv4Address(host) in IPv4Network(each, strict=False):
                return True
    return False


def _open_already(flow: Flow) -> bool:
    """Return whether the rules for ports 80 and 443 of all addresses already allow it."""
    everywhere = flow.destination == {"CidrIp": EVERYWHERE}
    return everywhere and flow.protocol == "tcp" and flow.first == flow.last in (WEB, WEB_TLS)
