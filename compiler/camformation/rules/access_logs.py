"""The rule for logs of access and traffic."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.rules.registry import Violation, rule


@rule("CAM226", "Flow logs without a bucket")
def flow_logs(d: Deployment) -> Iterator[Violation]:
    """A flow log goes to the bucket of `observability.access_logs`. Without the bucket, there would
    be no flow log.

    Source: Amazon VPC User Guide, Publish flow logs to Amazon S3.
    """
    if d.network.flow_logs and not d.network.existing and not d.observability.access_logs:
        yield Violation(
            ("network", "flow_logs"),
            "the flow log has no bucket: observability.access_logs is null",
            "set `observability.access_logs: {}`, or network.flow_logs to null",
        )
