"""The rule for TLS behind load balancers that have none themselves."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule


@rule("CAM240", "TLS behind load balancers alone", Severity.WARNING)
def target_tls(d: Deployment) -> Iterator[Violation]:
    """With `access.target_tls`, brokers and connectors serve TLS. Without `access.tls` too, people
    and clients still send passwords and tokens to the HTTP load balancer as plain text, and the
    gRPC load balancer passes connections on as they are: its clients get the brokers' certificate,
    which neither covers the load balancer's name nor comes from an authority that they trust.

    Source: User Guide for Network Load Balancers, Listeners (TCP); Camunda docs, Configure
    Orchestration REST and gRPC TLS modes (trust).
    """
    if d.access.target_tls and not d.access.tls and (d.access.http or d.access.grpc):
        yield Violation(
            ("access", "target_tls"),
            "load balancers have no TLS themselves",
            "set access.tls, with a certificate for the names that clients use",
        )
