"""Outbound traffic of tasks: `network.egress`, `network.proxy` and the services' own `egress`."""

from camformation.frozen import frozen


@frozen
class DestinationSpec:
    """A destination outside the deployment: one of its four fields is set."""

    cidr: str | None
    ipv6_cidr: str | None
    prefix_list_id: str | None
    security_group_id: str | None
    ports: tuple[int | str, ...]  # a port, or a range: 9092-9096
    protocol: str  # tcp | udp | all
    description: str | None


@frozen
class EgressSpec:
    """`network.egress`: the outbound rules of all tasks."""

    default: str  # open: ports 80 and 443 of every address | closed | routed: as far as routes lead
    s3_prefix_list_id: str | None  # for a rule to Amazon S3, if they are not open
    destinations: tuple[DestinationSpec, ...]


@frozen
class ProxySpec:
    """`network.proxy`: the HTTP proxy of brokers and connectors."""

    address: str  # http://host:port
    exceptions: tuple[str, ...]
