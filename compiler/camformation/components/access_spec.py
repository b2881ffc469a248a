"""The `access` section of a spec."""

from camformation.frozen import frozen


@frozen
class TlsSpec:
    """`access.tls`: the certificate and the public hostnames."""

    hostname: str
    grpc_hostname: str | None  # grpc.<hostname> where absent
    certificate_arn: str | None  # made and validated in hosted_zone_id where absent
    grpc_certificate_arn: str | None  # the same certificate for both hostnames where absent
    hosted_zone_id: str | None
    private_hosted_zone_id: str | None  # of the DNS records, instead of hosted_zone_id
    grpc_hosted_zone_id: str | None  # hosted_zone_id where absent
    grpc_private_hosted_zone_id: str | None  # private_hosted_zone_id where absent
    policy: str

    @property
    def zone_of_record(self) -> str | None:
        """The hosted zone for the hostname's record; None if the record is created elsewhere."""
        return self.private_hosted_zone_id or self.hosted_zone_id

    @property
    def grpc_zone_of_record(self) -> str | None:
        """The hosted zone for the gRPC hostname's record; None if the record is created
        elsewhere."""
        private = self.grpc_private_hosted_zone_id or self.private_hosted_zone_id
        return private or self.grpc_zone_of_validation

    @property
    def grpc_zone_of_validation(self) -> str | None:
        """The public hosted zone that validates a certificate for the gRPC hostname."""
        return self.grpc_hosted_zone_id or self.hosted_zone_id


@frozen
class WafSpec:
    """`access.waf`: AWS WAF in front of the HTTP load balancer."""

    rate_limit: int | None  # requests from one address in five minutes
    counted_rules: tuple[str, ...]  # of the managed groups, besides those that Camunda's use breaks
    log_retention_days: int


@frozen
class TargetTlsSpec:
    """`access.target_tls`: the certificate with which brokers and connectors serve TLS."""

    secret_arn: str  # {"certificate", "private_key", "ca_certificate"}, each in PEM


@frozen
class AccessSpec:
    """The `access` section of a spec."""

    allowed_cidrs: tuple[str, ...]
    allowed_prefix_list_ids: tuple[str, ...]
    scheme: str  # internet-facing | internal
    ip_address_type: str  # ipv4 | dualstack
    http: bool  # whether there is an application load balancer
    grpc: bool  # whether there is a network load balancer
    tls: TlsSpec | None
    target_tls: TargetTlsSpec | None
    waf: WafSpec | None
    desync_mitigation: str  # monitor | defensive | strictest
    deletion_protection: bool  # of both load balancers
    management_port: str  # closed | vpc | public
    vpc_clients: bool  # whether the whole VPC may reach REST and gRPC of the brokers directly
    alb_security_group_ids: tuple[str, ...]
    nlb_security_group_ids: tuple[str, ...]
