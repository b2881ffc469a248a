"""An HTTP proxy for the tasks: environment variables and JVM options.

The JVM and its HTTP clients, gRPC's and the AWS SDK's among them, read system properties; the SDK
looks at variables only where no property is set (AWS SDK for Java 2.x Developer Guide, Configure
HTTP proxies; Java Networking and Proxies; Camunda docs, HTTP proxy configuration). Other programs
read variables.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from troposphere import Select, Split, Sub

from camformation.components.access_spec import AccessSpec
from camformation.components.egress import ENDPOINTS
from camformation.components.fargate import Variables
from camformation.components.network import NetworkSpec
from camformation.frozen import frozen
from camformation.specs import Open

OPTIONS = "JAVA_TOOL_OPTIONS"  # read by the JVM itself: no shell sees `|` and `*`
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
HOSTS = {  # of services whose endpoint's private name is not <service>.<region>
    "ecr.api": ("api.ecr",),
    "ecr.dkr": (".dkr.ecr",),
}
INSIDE = (
    "localhost",
    "127.0.0.1",
    "169.254.169.254",  # metadata, and below credentials, of tasks (Amazon ECS Developer Guide,
    "169.254.170.2",  # Using an HTTP proxy for Amazon ECS)
    "orchestration-cluster-grpc",
    "orchestration-cluster-rest",
    "orchestration-cluster-sc",
)


@frozen
class Proxy:
    """The variables of a proxy; without an address, there are none."""

    plain: Mapping[str, Any]
    options: str  # of the JVM, as a template of Fn::Sub
    values: Mapping[str, Any]  # of the template

    def around(self, own: Variables) -> Variables:
        """Return a service's own variables, and the proxy's: the JVM gets both kinds of options.

        Its own come last, so that they win (JVM TI, JAVA_TOOL_OPTIONS).
        """
        if not self.plain:
            return own
        given = own.plain.get(OPTIONS)
        options = _sub(f"{self.options} ${{Own}}", {**self.values, "Own": given}) if given else None
        generated = Variables(
            {**self.plain, OPTIONS: options or _sub(self.options, self.values)}, {}
        )
        rest = {name: value for name, value in own.plain.items() if name != OPTIONS}
        return generated | Variables(rest, own.secret)

    def before(self, own: Variables) -> Variables:
        """Return the variables of an init container: its programs may read names in lower case, and
        it may have another proxy."""
        lower = {name.lower(): value for name, value in self.plain.items()}
        return Variables({**self.plain, **lower}, {}) | own


NONE = Proxy({}, "", {})


def build_proxy(network: NetworkSpec, access: AccessSpec, deployment: str) -> Proxy:
    """Return the settings of a spec's proxy.

    Names are only in upper case: `wget` of BusyBox, which checks the health of containers, reads
    `http_proxy` but no exceptions (BusyBox, networking/wget.c).
    """
    proxy = network.proxy
    if proxy is None:
        return NONE
    values: dict[str, Any] = {}
    host, _, port = proxy.address.removeprefix("http://").rpartition(":")
    url: Any = proxy.address
    if isinstance(url, Open):
        host = "${Host}"
        values["Host"] = Select(0, Split(":", Select(1, Split("//", url))))
    names = dict.fromkeys([*INSIDE, *_deployment(network, access, deployment)])
    without = [*names, *proxy.exceptions]
    options = " ".join(
        f"-D{scheme}.proxyHost={host} -D{scheme}.proxyPort={port}" for scheme in ("http", "https")
    )
    patterns = dict.fromkeys(pattern for each in without for pattern in java_patterns(each))
    addresses = _open_names(access)
    return Proxy(
        {
            "HTTP_PROXY": url,
            "HTTPS_PROXY": url,
            "NO_PROXY": _sub(",".join(dict.fromkeys(without)), addresses),
        },
        f"{options} -Dhttp.nonProxyHosts={'|'.join(patterns)}",
        {**values, **addresses},
    )


def _deployment(network: NetworkSpec, access: AccessSpec, deployment: str) -> Iterator[str]:
    """Yield the hosts that belong to the deployment or have an endpoint in its VPC."""
    region, suffix = "${AWS::Region}", "${AWS::URLSuffix}"
    yield f".{deployment}-oc1.service.local"
    yield f".{region}.rds.{suffix}"
    if reaches_s3(network):
        yield f"s3.{region}.{suffix}"
        yield f".s3.{region}.{suffix}"
    for service in ENDPOINTS:
        if service in network.vpc_endpoints or "all" in network.vpc_endpoints:
            for name in HOSTS.get(service, (service,)):
                yield f"{name}.{region}.{suffix}"
    if access.scheme == "internal":
        yield f".{region}.elb.{suffix}"  # application load balancers
        yield f".elb.{region}.{suffix}"  # network load balancers
        if access.tls:
            yield "${Hostname}"
            yield "${GrpcHostname}"


def _open_names(access: AccessSpec) -> dict[str, Any]:
    if access.scheme != "internal" or not access.tls:
        return {}
    from camformation.components.hostnames import grpc_hostname

    return {"Hostname": access.tls.hostname, "GrpcHostname": grpc_hostname(access.tls)}


def reaches_s3(network: NetworkSpec) -> bool:
    """Return whether the VPC surely has an S3 gateway endpoint: the deployment's own."""
    return network.existing is None or bool(network.existing.private_route_table_ids)


def java_patterns(name: str) -> list[str]:
    """Return an exception as the JVM reads it: names with `*` at an end, no networks
    (java.net.ProxySelector, http.nonProxyHosts)."""
    if name == "127.0.0.1":
        return ["127.*", "[::1]"]
    if name.startswith("."):
        return [f"*{name}"]
    if "/" not in name:
        return [name]
    from ipaddress import IPv4Network

    network = IPv4Network(name, strict=False)
    octets = -(-network.prefixlen // 8)
    return [
        ".".join(str(block.network_address).split(".")[:octets]) + (".*" if octets < 4 else "")
        for block in network.subnets(new_prefix=octets * 8)
    ]


def _sub(template: str, values: Mapping[str, Any]) -> Any:
    used = {name: value for name, value in values.items() if f"${{{name}}}" in template}
    return Sub(template, used) if used else Sub(template)
