"""The management of a deployment's brokers, through the available channel."""

from collections.abc import Callable, Sequence

import click

from camformation.cli.target import Connection, Subject
from camformation.deploy.cloud.channel import Channel
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.cluster_admin import cluster_admin
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.http_channel import HttpChannel
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.ops_task import OpsTask, ops_place
from camformation.deploy.plan.running import ClusterSize


def management_of(
    at: Connection,
    about: Subject,
    deployed: Deployed,
    endpoints: Sequence[str],
    clock: Clock,
    leaving: Callable[[], bool] = lambda: False,
) -> Management:
    """Return the management of a deployment: port 9600 by `endpoints` or the ops task, and
    `/cluster/v2` through the load balancer, as cluster administrator, if that is encrypted.

    If there is no channel, DeployError is raised at the first call. `leaving` tells whether the
    user wants to leave: a running ops task is then stopped.
    """
    actuator: Channel | None = None
    if endpoints:
        actuator = HttpChannel(endpoints, sleep=clock.sleep)
    elif place := ops_place(at.cloud, deployed):
        actuator = OpsTask(at.cloud, place, clock, leaving)
    url = deployed.stack.outputs.get("Url", "")
    oidc = about.deployment.authentication.oidc if about.deployment else None
    login = cluster_admin(at.cloud, deployed, oidc.cluster_admin if oidc else None)
    rest = None
    if login and url.startswith("https://") and not at.cloud.local:
        rest = HttpChannel([url], login, sleep=clock.sleep)
    return Management(actuator, rest)


def asking_cluster(
    at: Connection, about: Subject, clock: Clock
) -> Callable[[Deployed], ClusterSize]:
    """Return the function that asks the brokers of a deployment for their number, for the gate of a
    plan."""

    def ask(deployed: Deployed) -> ClusterSize:
        management = management_of(at, about, deployed, (), clock)
        if management.scales:
            click.echo(
                f"asking brokers for the size of the cluster, through {management.name} ...",
                err=True,
            )
        found = management.cluster()
        changing = found.pending is not None
        return ClusterSize(found.size, found.partitions, found.replication_factor, changing)

    return ask
