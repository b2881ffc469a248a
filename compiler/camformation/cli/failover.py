"""The failover of the database from the command line: look-ups, checks and questions."""

from collections.abc import Iterator

from camformation.cli.operating import followed
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.steps import Steps, agreed
from camformation.cli.target import Subject, connected
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed, require_deployed
from camformation.deploy.live_stack.variables import variable
from camformation.deploy.operation.failover import FAILING_OVER, fail_over, successor

URL = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"


def failover(
    about: Subject,
    where: Where,
    wanted: str | None,
    view: OperationView,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Make another instance the writer, and return the exit code. Raises DeployError."""
    with connected(where, about.deployment) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        cluster = _cluster(deployed)
        found = at.cloud.databases.cluster(cluster)
        status = found.status if found else "gone"
        if status not in ("available", FAILING_OVER):
            raise DeployError(
                "CAM725",
                f"the database {cluster} is {status}",
                "start it with `camformation start`" if status == "stopped" else None,
            )
        instances = at.cloud.databases.instances(cluster)
        writer = target = None
        said = f"follow the failover of {cluster} that is in progress"
        if status == "available":
            chosen = successor(cluster, instances, wanted)
            target = chosen.id if chosen else None
            writer = next((each.id for each in instances if each.writer), "no instance")
            to = target or "one of its replicas"
            said = f"fail over the database {cluster} from {writer} to {to}"
        steps = Steps((said,), tuple(_notes(deployed)), dry_run=dry_run, yes=yes)
        if not agreed(about.stack, steps, view):
            return 0
        return followed(
            view, fail_over(at.cloud, view.clock, cluster, writer, target, view.control)
        )


def _cluster(deployed: Deployed) -> str:
    for _, identifier in live(deployed, CLUSTER):
        return identifier
    raise DeployError(
        "CAM767",
        f"{deployed.stack.name} has no database of its own",
        "fail over the existing database where it is managed",
    )


def _notes(deployed: Deployed) -> Iterator[str]:
    yield (
        "note: every connection breaks, usually for less than a minute. Brokers continue and "
        "retry their exports, while searches and logins fail"
    )
    if not _follows(deployed):
        yield (
            "note: the brokers' JDBC URL has no plugin `failover`: they reach the new writer only "
            "after they resolve the cluster's DNS name again. If they do not, restart them"
        )


def _follows(deployed: Deployed) -> bool:
    """Whether the brokers' driver finds the new writer: with its default plugins, or those in the
    URL (AWS Advanced JDBC Wrapper docs, Failover Plugin)."""
    url = str(variable(deployed, URL))
    return "wrapperPlugins" not in url or "failover" in url
