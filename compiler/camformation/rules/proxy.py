"""Rules for the HTTP proxy: what contradicts it, and what it cannot do."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from camformation.components.outbound import address, excepted
from camformation.components.proxy import OPTIONS, java_patterns, reaches_s3
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules import jvm
from camformation.rules.existing_database import in_the_task
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, broker_settings, connectors_settings

MOST_PATTERNS = 32  # that one network may become
HIGHEST = 65535
_PROPERTY = r"https?\.(?:proxy(?:Host|Port|User|Password)|nonProxyHosts)"
PROPERTIES = ("http.nonProxyHosts", "ftp.nonProxyHosts")
OF_PATTERNS = ("CONNECTORHTTPPROXYNONPROXYHOSTS", "CONNECTORHTTPNONPROXYHOSTS")
_NUMBERS = r"[0-9.]+"
_IPV4 = r"(?:(?:25[0-5]|2[0-4]\d|1\d{2}|[1-9]?\d)(?:\.(?!$)|$)){4}"


@rule("CAM122", "JVM options that contradict the proxy")
def options(d: Deployment) -> Iterator[Violation]:
    """`network.proxy` sets the JVM's proxy with `-D` options in `JAVA_TOOL_OPTIONS`, before the
    options that `environment` sets there. Other options for the proxy, such as
    `-Dhttp.nonProxyHosts`, would replace these: requests to the deployment itself and to Amazon S3
    could go through the proxy, and fail. Put hosts that are reached without the proxy into
    `network.proxy.exceptions`.

    Options in a secret cannot be combined with others. Use `JDK_JAVA_OPTIONS` for them, which
    the JVM reads in addition.

    Source: Oracle, Java Networking and Proxies; JVM Tool Interface, JAVA_TOOL_OPTIONS; The java
    command, Using the JDK_JAVA_OPTIONS launcher environment variable.
    """
    if d.network.proxy is None:
        return
    told = [broker_settings(d)]
    if d.connectors.enabled:
        told.append(connectors_settings(d))
    for settings in told:
        for name in jvm.OPTIONS:
            given = jvm.properties(settings.environment.get(name, ""))
            found = dict.fromkeys(f"-D{key}" for key, _ in given if re.fullmatch(_PROPERTY, key))
            if found:
                yield Violation(
                    (*settings.section, "environment", name),
                    f"{', '.join(found)} would replace options of network.proxy",
                    "remove it, and use network.proxy.address and network.proxy.exceptions",
                )
        if OPTIONS in settings.secrets:
            yield Violation(
                (*settings.section, "secrets", OPTIONS),
                f"{OPTIONS} is a secret, to which the options of network.proxy cannot be added",
                "rename it to JDK_JAVA_OPTIONS, which the JVM reads as well",
            )


@rule("CAM123", "Amazon S3 through the proxy", Severity.WARNING)
def storage(d: Deployment) -> Iterator[Violation]:
    """Brokers renew their leases in Amazon S3 every few seconds, and stop when they cannot. In an
    existing VPC without `private_route_table_ids`, camformation does not know whether there is an
    S3 endpoint, so these requests go through the proxy: if the proxy is down for the length of a
    lease, all brokers stop, and backups use up its connections. If the VPC has an S3 gateway
    endpoint, list the route tables, or put `.s3.REGION.amazonaws.com` into
    `network.proxy.exceptions`. If the proxy is the only way to S3, ignore the rule.

    Source: Camunda docs, Amazon ECS reference architecture (node ID provider); Amazon VPC User
    Guide, Gateway endpoints for Amazon S3.
    """
    proxy = d.network.proxy
    if proxy is None or reaches_s3(d.network):
        return
    region = d.region or "us-east-1"
    if not excepted(proxy, f"bucket.s3.{region}.amazonaws.com"):
        yield Violation(
            ("network", "proxy"),
            "brokers reach their leases in Amazon S3 through the proxy, and stop when it is down",
            "list network.existing.private_route_table_ids, or add "
            f".s3.{d.region or 'REGION'}.amazonaws.com to network.proxy.exceptions if the VPC has "
            "an S3 endpoint",
        )


@rule("CAM126", "Unsuitable proxy or exception")
def exceptions(d: Deployment) -> Iterator[Violation]:
    """The proxy needs a port from 1 to 65535, and its host a name or a whole IPv4 address. The JVM
    knows no networks, only names and addresses with `*` at one end, so a network in `exceptions` is
    written as such patterns: `10.20.0.0/15` becomes `10.20.*` and `10.21.*`. Replace a network that
    would become more than 32 patterns with the relevant parts of it. An exception that covers every
    address leaves nothing for the proxy. A proxy at `localhost` is a sidecar.

    In the JVM's `-Dhttp.nonProxyHosts` and the connectors' `CONNECTOR_HTTP_PROXY_NON_PROXY_HOSTS`,
    `|` separates patterns: with commas, all are one pattern, which no host has. This is a warning,
    and so is the connectors' own proxy, `CONNECTOR_HTTPS_PROXY_HOST`, without its port.

    Source: Java API, java.base/java/net/doc-files/net-properties (http.nonProxyHosts); Camunda
    docs, Connectors configuration (proxy); camunda/connectors, EnvironmentProxyConfiguration.
    """
    yield from _patterns(broker_settings(d))
    if d.connectors.enabled:
        yield from _patterns(connectors_settings(d))
        yield from _of_connectors(connectors_settings(d))
    proxy = d.network.proxy
    if proxy is None:
        return
    host, port = address(proxy.address)
    path: Path = ("network", "proxy", "address")
    if port > HIGHEST:
        yield Violation(path, f"{port} is not a port", f"ports end at {HIGHEST}", required=True)
    if re.fullmatch(_NUMBERS, host) and not re.fullmatch(_IPV4, host):
        message = f"{host} is neither a hostname nor an IPv4 address"
        yield Violation(path, message, "for example http://10.20.0.7:3128")
    sidecars = (*d.orchestration.sidecars, *d.connectors.sidecars)
    if in_the_task(host) and not sidecars:
        message = f"{host} is each task itself, in which no proxy runs"
        yield Violation(path, message, "name the proxy's host, or add a sidecar that is one")
    for index, each in enumerate(proxy.exceptions):
        path = ("network", "proxy", "exceptions", index)
        if re.fullmatch(_NUMBERS, each) and not re.fullmatch(_IPV4, each):
            hint = "for a network write, for example, 10.20.0.0/16"
            yield Violation(path, f"{each} is neither a hostname nor an IPv4 address", hint)
        if "/" not in each:
            continue
        network = IPv4Network(each, strict=False)
        if str(network) != each:
            message = f"{each} is an address, not the start of a block"
            yield Violation(path, message, f"did you mean {network}?")
        elif network.prefixlen == 0:
            yield Violation(path, "this excepts every address from the proxy", "remove it")
        elif len(patterns := java_patterns(each)) > MOST_PATTERNS:
            yield Violation(
                path,
                f"the JVM would need {len(patterns)} patterns for {each}",
                f"name networks of at most {MOST_PATTERNS} patterns, or a /8, /16 or /24",
            )


def _patterns(settings: Settings) -> Iterator[Violation]:
    for each in settings.all:
        named = each.key in OF_PATTERNS if each.source is None else each.name in PROPERTIES
        value = each.value or ""
        if named and not each.in_json and re.search("[,;]", value):
            parted = "|".join(part.strip() for part in re.split("[,;]", value) if part.strip())
            yield Violation(
                each.path,
                f"{each.said} has commas, which separate nothing: no host has such a name",
                f"write {parted}",
                Severity.WARNING,
            )


def _of_connectors(settings: Settings) -> Iterator[Violation]:
    """Yield proxies of connectors alone that these do not use."""
    for scheme in ("HTTP", "HTTPS"):
        start = f"CONNECTOR_{scheme}_PROXY_"
        host, port = settings.find(f"{start}HOST"), settings.find(f"{start}PORT")
        if host and host.value and not port:
            yield Violation(
                host.path,
                f"connectors ignore {host.said} without its port",
                f"set {start}PORT too",
                Severity.WARNING,
            )
        text = (port.value or "").strip() if port else ""
        number = int(text) if re.fullmatch(r"\d{1,9}", text) else 0
        if port and text and not 0 < number <= HIGHEST:
            yield Violation(
                port.path,
                f"{text[:40]} is no port: connectors that send requests fail",
                f"write a number from 1 to {HIGHEST}",
            )
