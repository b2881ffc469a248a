"""The `access` section of a spec."""

from camformation.frozen import frozen


@frozen
class TlsSpec:
    """`access.tls`: the certificate and the public hostnames."""

    hostname: str
    grpc_hostname: str | None  # grpc.<hostname> where absent
    certificate_arn: str | None  # made and validated in hosted_zone_id where absent
    hosted_zone_id: str | None
    policy: str


@frozen
class AccessSpec:
    """The `access` section of a spec."""

    allowed_cidrs: tuple[str, ...]
    allowed_prefix_list_ids: tuple[str, ...]
    scheme: str  # internet-facing | internal
    tls: TlsSpec | None
    management_port: str  # closed | vpc | public
    vpc_clients: bool  # may everything in the VPC reach REST and gRPC of the brokers directly
    alb_security_group_ids: tuple[str, ...]
    nlb_security_group_ids: tuple[str, ...]
