"""Links into the AWS consoles."""

from collections.abc import Iterator
from urllib.parse import quote

from camformation.deploy.operation.record import Header
from camformation.frozen import frozen

CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@frozen
class Link:
    """A page of a console."""

    title: str
    url: str


def stack_link(header: Header) -> Link:
    """Return the page of the stack's events."""
    stack = quote(header.stack_id, safe="")
    return Link(
        "stack events", f"{_console(header, 'cloudformation')}#/stacks/events?stackId={stack}"
    )


def service_links(header: Header, arn: str | None, task: str | None) -> Iterator[Link]:
    """Yield the pages of an ECS service and of one of its tasks."""
    parts = (arn or "").rpartition(":")[2].split("/")
    if len(parts) != 3 or parts[0] != "service":  # service/CLUSTER/NAME; once without a cluster
        return
    cluster = f"https://{_host(header)}/ecs/v2/clusters/{parts[1]}"
    region = f"?region={header.region}"
    yield Link("service", f"{cluster}/services/{parts[2]}/health{region}")
    if task:
        yield Link("task", f"{cluster}/tasks/{task}/configuration{region}")


def log_link(header: Header, group: str, stream: str) -> Link:
    """Return the page of a log stream. CloudWatch escapes its parts twice, with a dollar sign."""

    def escaped(part: str) -> str:
        return quote(quote(part, safe=""), safe="").replace("%", "$")

    path = f"log-groups/log-group/{escaped(group)}/log-events/{escaped(stream)}"
    return Link("log", f"{_console(header, 'cloudwatch')}#logsV2:{path}")


def _host(header: Header) -> str:
    domain = CONSOLES.get(header.partition, CONSOLES["aws"])
    return domain if header.partition == "aws-us-gov" else f"{header.region}.{domain}"


def _console(header: Header, service: str) -> str:
    return f"https://{_host(header)}/{service}/home?region={header.region}"
