"""The rule for load balancers that are off, and what still counts on them."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule


@rule("CAM135", "Setting of a load balancer that is off", Severity.WARNING)
def sides(d: Deployment) -> Iterator[Violation]:
    """With `http: false` or `grpc: false` there is no such load balancer, and its settings have no
    effect. The management port has its listener on the HTTP load balancer: without that, it cannot
    be opened. If both are off, only clients in the VPC reach the brokers, directly, and only with
    `vpc_clients: true`.

    Source: Camunda docs, Amazon ECS reference architecture.
    """
    access, tls = d.access, d.access.tls
    if not access.http and access.management_port != "closed":
        yield Violation(
            ("access", "management_port"),
            "there is no HTTP load balancer to open port 9600 on",
            "set access.management_port to closed, or access.http to true",
            Severity.ERROR,
        )
    if not (access.http or access.grpc or access.vpc_clients):
        yield Violation(
            ("access", "vpc_clients"),
            "without load balancers and clients in the VPC, only connectors reach the brokers",
            "set access.vpc_clients, access.http or access.grpc to true",
        )
    if tls is None or access.grpc:
        return
    idle = {
        "grpc_hostname": tls.grpc_hostname,
        "grpc_certificate_arn": tls.grpc_certificate_arn,
        "grpc_hosted_zone_id": tls.grpc_hosted_zone_id,
        "grpc_private_hosted_zone_id": tls.grpc_private_hosted_zone_id,
    }
    if not access.http:
        idle |= {
            "certificate_arn": tls.certificate_arn,
            "hosted_zone_id": tls.hosted_zone_id,
            "private_hosted_zone_id": tls.private_hosted_zone_id,
        }
    for name, value in idle.items():
        if value:
            path: Path = ("access", "tls", name)
            off = "gRPC load balancer" if access.http else "load balancer"
            yield Violation(path, f"nothing uses {name}: there is no {off}", "remove it")
