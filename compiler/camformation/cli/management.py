"""The management of a deployment's brokers, through the available channel."""

from collections.abc import Callable, Sequence

import click

from camformation.cli.target import Connection, Subject
from camformation.deploy.cloud.channel import Channel
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.camunda import Login
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
    login = administrator_of(at, about, deployed)
    rest = None
    if login and url.startswith("https://") and not at.cloud.local:
        rest = HttpChannel([url], login, sleep=clock.sleep)
    return Management(actuator, rest)


def administrator_of(
    at: Connection, about: Subject, deployed: Deployed
) -> Callable[[], Login] | None:
    """Return the function that logs the cluster administrator in; None if there is none."""
    oidc = about.deployment.authentication.oidc if about.deployment else None
    return cluster_admin(at.cloud, deployed, oidc.cluster_admin if oidc else None)


def no_restore_api(at: Connection, about: Subject, deployed: Deployed, instead: str) -> DeployError:
    """Return the error that says why the Restore API cannot be reached, and what is missing."""
    if at.cloud.local:
        message = "the local target has no load balancer, through which brokers are restored"
        return DeployError("CAM775", message, f"rehearse how to {instead}")
    lacks = []
    if about.deployment and str(about.deployment.version) == "8.9":
        lacks.append("Camunda 8.10")
    if not str(deployed.stack.outputs.get("Url", "")).startswith("https://"):
        lacks.append("access.tls")
    if not administrator_of(at, about, deployed):
        lacks.append("authentication.cluster_admin or authentication.oidc.cluster_admin")
    return DeployError(
        "CAM775",
        "the brokers' Restore API cannot be reached",
        f"it needs {' and '.join(lacks)}: deploy that first; or {instead}",
    )


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
