"""Attributes of load balancers, listeners and target groups in patches: lists of keys and values.

Attributes that are newer than this list are let through. Source: Elastic Load Balancing API
Reference, LoadBalancerAttribute, ListenerAttribute and TargetGroupAttribute.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.closeness import closest
from camformation.frozen import frozen
from camformation.patches.property_kinds import Misfit
from camformation.shapes import entries, mapping, whole

BALANCERS = {
    "application": "Application Load Balancers",
    "network": "Network Load Balancers",
}
SWITCH = ("true", "false")
WITH_HTTP = ("HTTP", "HTTPS")


@frozen
class Attribute:
    """Values of an attribute: some words, or numbers in ranges. `of` is the only kind of load
    balancer that has it."""

    of: str | None = None
    words: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()


def _numbers(least: int, most: int, of: str | None = None) -> Attribute:
    return Attribute(of, ranges=((least, most),))


_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_WEB = "application"
_NET = "network"
OF_LOAD_BALANCERS: Mapping[str, Attribute] = {
    "idle_timeout.timeout_seconds": _numbers(1, 4000, _WEB),
    "client_keep_alive.seconds": _numbers(60, 604800, _WEB),
    "routing.http.desync_mitigation_mode": Attribute(_WEB, ("monitor", "defensive", "strictest")),
    "routing.http.xff_header_processing.mode": Attribute(_WEB, ("append", "preserve", "remove")),
    **dict.fromkeys(
        (
            *("routing.http.drop_invalid_header_fields.enabled", "routing.http2.enabled"),
            *("routing.http.preserve_host_header.enabled", "waf.fail_open.enabled"),
            *("routing.http.xff_client_port.enabled", "connection_logs.s3.enabled"),
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        ),
        Attribute(_WEB, SWITCH),
    ),
    **dict.fromkeys(("connection_logs.s3.bucket", "connection_logs.s3.prefix"), Attribute(_WEB)),
    "dns_record.client_routing_policy": Attribute(
        _NET,
        (
            *("any_availability_zone", "availability_zone_affinity"),
            "partial_availability_zone_affinity",
        ),
    ),
    "secondary_ips.auto_assigned.per_subnet": _numbers(0, 7, _NET),
    **dict.fromkeys(
        (
            *(
                "deletion_protection.enabled",
                "access_logs.s3.enabled",
                "zonal_shift.config.enabled",
            ),
            *("load_balancing.cross_zone.enabled", "ipv6.deny_all_igw_traffic"),
        ),
        Attribute(words=SWITCH),
    ),
    **dict.fromkeys(("access_logs.s3.bucket", "access_logs.s3.prefix"), Attribute()),
}
OF_TARGET_GROUPS: Mapping[str, Attribute] = {
    "deregistration_delay.timeout_seconds": _numbers(0, 3600),
    "stickiness.enabled": Attribute(words=SWITCH),
    "load_balancing.cross_zone.enabled": Attribute(
        words=(*SWITCH, "use_load_balancer_configuration")
    ),
    "load_balancing.algorithm.type": Attribute(
        _WEB, ("round_robin", "least_outstanding_requests", "weighted_random")
    ),
    "load_balancing.algorithm.anomaly_mitigation": Attribute(_WEB, ("on", "off")),
    "slow_start.duration_seconds": Attribute(_WEB, ranges=((0, 0), (30, 900))),
    "stickiness.app_cookie.cookie_name": Attribute(_WEB),
    "stickiness.app_cookie.duration_seconds": _numbers(1, 604800, _WEB),
    "stickiness.lb_cookie.duration_seconds": _numbers(1, 604800, _WEB),
    **dict.fromkeys(
        (
            *("deregistration_delay.connection_termination.enabled", "preserve_client_ip.enabled"),
            *("proxy_protocol_v2.enabled",),
            "target_health_state.unhealthy.connection_termination.enabled",
        ),
        Attribute(_NET, SWITCH),
    ),
    "target_health_state.unhealthy.draining_interval_seconds": _numbers(0, 360000, _NET),
}
STICKINESS = {_WEB: ("lb_cookie", "app_cookie"), _NET: ("source_ip",)}
OF_LISTENERS: Mapping[str, Attribute] = {"tcp.idle_timeout.seconds": _numbers(60, 6000, _NET)}


def load_balancer(properties: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Elastic Load Balancing refuses of a load balancer."""
    kind = properties.get("Type", _WEB)
    yield from _attributes("LoadBalancerAttributes", properties, kind, OF_LOAD_BALANCERS)
    if kind == _NET and properties.get("IpAddressType") == "dualstack-without-public-ipv4":
        message = f"only {BALANCERS[_WEB]} have IpAddressType dualstack-without-public-ipv4"
        yield ("IpAddressType",), message, "write ipv4 or dualstack"


def target_group(properties: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Elastic Load Balancing refuses of a target group."""
    protocol = properties.get("Protocol")
    if isinstance(protocol, str) and protocol != "GENEVE":
        kind = _WEB if protocol in WITH_HTTP else _NET
        types = Attribute(words=STICKINESS[kind])
        known = {**OF_TARGET_GROUPS, "stickiness.type": types}
        yield from _attributes("TargetGroupAttributes", properties, kind, known)
    waits, every = (
        whole(properties.get(f"HealthCheck{name}Seconds")) for name in ("Timeout", "Interval")
    )
    if waits is not None and every is not None and waits >= every:
        message = (
            f"health checks time out after {waits} seconds, which must be less than their "
            f"interval of {every}"
        )
        hint = "lower HealthCheckTimeoutSeconds, or raise HealthCheckIntervalSeconds"
        yield ("HealthCheckTimeoutSeconds",), message, hint


def listener(properties: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Elastic Load Balancing refuses of a listener."""
    protocol = properties.get("Protocol")
    if isinstance(protocol, str):
        kind = _WEB if protocol in WITH_HTTP else _NET
        yield from _attributes("ListenerAttributes", properties, kind, OF_LISTENERS)
        for name in ("SslPolicy", "Certificates", "AlpnPolicy"):
            those = ("TLS",) if name == "AlpnPolicy" else ("HTTPS", "TLS")
            if properties.get(name) and protocol not in those:
                message = f"a listener with Protocol {protocol} has no {name}"
                yield (name,), message, f"remove it, or set Protocol to {' or '.join(those)}"
    given = properties.get("Certificates")
    if isinstance(given, list) and len(given) > 1:
        message = "a listener has one certificate in Certificates"
        hint = "add an AWS::ElasticLoadBalancingV2::ListenerCertificate for each of the others"
        yield ("Certificates", 1), message, hint


def listeners(resources: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield listeners on a port that another listener of their load balancer has."""
    taken: dict[tuple[str, str], str] = {}
    for title, resource in resources.items():
        own = mapping(mapping(resource).get("Properties"))
        port, balancer = own.get("Port"), own.get("LoadBalancerArn")
        if resource.get("Type") != _LISTENER or "Condition" in resource or whole(port) is None:
            continue
        if own.get("Protocol") not in (*WITH_HTTP, "TCP", "TLS") or not balancer:
            continue
        first = taken.setdefault((repr(balancer), str(port)), title)
        if first != title:
            message = f"{title}: {first} already listens on port {port} of this load balancer"
            hint = f"take another port, or add a rule to {first}"
            yield ("Resources", title, "Properties", "Port"), message, hint


def _attributes(
    name: str, properties: Mapping[str, Any], kind: Any, known: Mapping[str, Attribute]
) -> Iterator[Misfit]:
    seen: set[str] = set()
    for index, entry in entries(properties.get(name)):
        key, value = entry.get("Key"), entry.get("Value")
        if not isinstance(key, str):
            continue
        if key in seen:
            yield (
                (name, index),
                f"the attribute {key} is set twice",
                "replace the value of the first",
            )
        seen.add(key)
        attribute = known.get(key)
        if attribute is None:
            near = closest(key, known)
            longer = [each for each in known if each.startswith(key) and len(key) > 8]
            if near := near or (longer[0] if len(longer) == 1 else None):
                message = f"Elastic Load Balancing knows no attribute {key}"
                yield (name, index, "Key"), message, f"did you mean {near}?"
        elif attribute.of not in (None, kind) and isinstance(kind, str) and kind in BALANCERS:
            message = f"{key} is an attribute of {BALANCERS[str(attribute.of)]} alone"
            yield (name, index, "Key"), message, "remove it"
        elif isinstance(value, bool | int | str) and not _takes(attribute, value):
            yield (name, index, "Value"), f"{key} takes {_said(attribute)}, not {value}", None


def _takes(attribute: Attribute, value: bool | int | str) -> bool:
    if attribute.words:
        return str(value).lower() in attribute.words
    given = whole(value)
    ranges = attribute.ranges
    return not ranges or (given is not None and any(a <= given <= b for a, b in ranges))


def _said(attribute: Attribute) -> str:
    ranges = (
        f"{least} to {most}" if least < most else f"{least}" for least, most in attribute.ranges
    )
    return " or ".join(attribute.words or ranges)
