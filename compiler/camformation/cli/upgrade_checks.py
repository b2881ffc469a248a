"""Checks of a deployment before an upgrade of Camunda, and after it."""

from collections.abc import Iterator
from datetime import datetime

from camformation.cli.target import Connection, Subject
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.live_stack.backups import faults as backup_faults
from camformation.deploy.live_stack.backups import newest, read_restorable
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.own_services import (
    BROKERS,
    OwnService,
    chosen_services,
    own_services,
    state_of,
)
from camformation.deploy.live_stack.topology import faults
from camformation.deploy.operation.retries import retried_silently
from camformation.diagnostics import quoted
from camformation.rules.images import image
from camformation.rules.releases import Release
from camformation.rules.upgrades import named

FRESH_S = 7200.0


def quiet_brokers(at: Connection, about: Subject, deployed: Deployed) -> OwnService:
    """Return the brokers' service of a deployment without a running change."""
    if deployed.stack.in_progress:
        raise DeployError(
            "CAM725",
            f"the stack {about.stack} is busy: {deployed.stack.status}",
            "follow it with `camformation watch`, and run the command again when it has ended",
        )
    services = own_services(at.cloud, deployed)
    (brokers,) = chosen_services(services, [BROKERS], about.stack)
    state = state_of(at.cloud.services, brokers)
    if not state.desired:
        raise DeployError("CAM725", "brokers are stopped", "start them: `camformation start`")
    if len(state.deployments) > 1:
        raise DeployError(
            "CAM725",
            "brokers are being replaced",
            "wait until that is done: `camformation status --watch` shows it",
        )
    return brokers


def running_release(at: Connection, brokers: OwnService) -> Release:
    """Return the release that brokers run, by the image of their task definition."""
    state = state_of(at.cloud.services, brokers)
    primary = next((each for each in state.deployments if each.status == "PRIMARY"), None)
    containers = at.cloud.services.task_definition(primary.task_definition) if primary else ()
    reference = next((each.image for each in containers if each.name == brokers.container), "")
    release = image(reference).release
    if release is None:
        raise DeployError(
            "CAM771",
            f"the brokers' image {quoted(reference)} does not say which release it is",
            "change the image in the spec and deploy it: camformation cannot tell which of the "
            "two is newer",
        )
    return release


def check_health(management: Management) -> None:
    """Raise DeployError unless every partition has its leader and its replicas."""
    if wrong := list(faults(management.topology())):
        raise DeployError(
            "CAM772",
            f"the cluster is not healthy: {'; '.join(wrong)}",
            "an upgrade replaces brokers one after the other: fix the cluster first; see "
            "`camformation status` and `camformation logs`",
        )


def check_backup(
    at: Connection,
    now: datetime,
    about: Subject,
    deployed: Deployed,
    management: Management,
    without: str | None,
) -> str:
    """Return the backup to go back to, in words. Raises DeployError if there is no fresh backup and
    no option accepts that."""
    if without == about.stack:
        return "no backup is required, as you asked"
    if without is not None:
        raise DeployError(
            "CAM772",
            f"--without-backup {without} is not the name of the stack",
            f"give {about.stack}, if you mean it",
        )
    found = read_restorable(at.cloud, management, deployed)
    if wrong := list(backup_faults(found, None, now, FRESH_S)):
        raise DeployError(
            "CAM772",
            f"there is no recent backup to return to: {'; '.join(wrong)}",
            "take one: `camformation backup create --snapshot`; or give --without-backup "
            f"{about.stack}",
        )
    best = newest(found)
    at_time = f" of {best.taken:%Y-%m-%dT%H:%M:%SZ}" if best and best.taken else ""
    return f"the newest backup is {best.id if best else ''}{at_time}"


def not_upgraded(
    at: Connection,
    clock: Clock,
    brokers: OwnService,
    management: Management,
    wanted: Release,
) -> Iterator[str]:
    """Yield the conditions that are not yet met after an upgrade."""
    tasks = retried_silently(
        clock,
        lambda: at.cloud.services.tasks(brokers.cluster, brokers.service, stopped=False),
    )
    others = {
        container.image
        for task in tasks
        for container in task.containers
        if container.name == brokers.container and image(container.image).release != wanted
    }
    if others:
        yield f"tasks with another image: {', '.join(sorted(others))}"
    topology = retried_silently(clock, management.topology)
    yield from faults(topology)
    told = [each for each in topology.versions if each != named(wanted)]
    if told:
        yield f"brokers of {', '.join(told)}"
