"""The task that sets the password of Camunda's database user, run again outside a deployment.

It is the one that the deployment's custom resource runs (`components/database_seed`), with the same
network and roles. It gets the password from its secret through ECS, and may run any number of
times.
"""

from collections.abc import Iterator
from uuid import uuid4

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.services import TaskRequest, TaskState
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.own_services import BROKERS, OwnService, own_services, state_of
from camformation.frozen import frozen

TASK, GROUP, LOGS = "SeedTaskDefinition", "SeedSecurityGroup", "SeedLogGroup"
CONTAINER = "db-seed"
POLL_S = 3.0
LIMIT_S = 600.0
LINES = 20


@frozen
class SeedPlace:
    """The place of the task."""

    task_definition: str
    group: str
    log_group: str
    brokers: OwnService  # with the same cluster and subnets


def seed_place(cloud: Cloud, deployed: Deployed) -> SeedPlace | None:
    """Return the place of a deployment's seed task; None if it has none."""
    found = {
        each.logical_id: str(each.physical_id)
        for resources in deployed.resources.values()
        for each in resources
        if each.logical_id in (TASK, GROUP, LOGS) and each.physical_id
    }
    brokers = next((e for e in own_services(cloud, deployed) if e.name == BROKERS), None)
    if brokers is None or len(found) < 3:
        return None
    return SeedPlace(found[TASK], found[GROUP], found[LOGS], brokers)


def run_seed(cloud: Cloud, clock: Clock, place: SeedPlace) -> Iterator[str]:
    """Run the task, and yield its state when that changes. Raises DeployError unless it ends with
    0; it is short, so it cannot be left."""
    services, cluster = cloud.services, place.brokers.cluster
    request = TaskRequest(
        cluster,
        place.task_definition,
        CONTAINER,
        {},
        state_of(services, place.brokers).subnets,
        (place.group,),
        uuid4().hex,
    )
    arn = services.run_task(request)
    said, began = "", clock.now()
    while True:
        task = services.task(cluster, arn)
        status = task.status if task else "not known yet"
        if status != said:
            said = status
            yield f"the seed task is {status}"
        if task and status == "STOPPED":
            _check(cloud, place, task)
            return
        if (clock.now() - began).total_seconds() > LIMIT_S:
            services.stop_task(cluster, arn, "It takes too long")
            raise _failed(f"the seed task has not ended; it is {status}")
        clock.sleep(POLL_S)


def _check(cloud: Cloud, place: SeedPlace, task: TaskState) -> None:
    own = next((each for each in task.containers if each.name == CONTAINER), None)
    code = own.exit_code if own else None
    if code == 0:
        return
    if code is None:
        why = (own.reason if own else None) or task.stopped_reason or "ECS gives no reason"
        raise _failed(f"the seed task did not start: {why}")
    stream = f"{CONTAINER}/{CONTAINER}/{task.id}"
    lines = [each.text for each in cloud.services.log_lines(place.log_group, stream, LINES)]
    raise _failed(f"the seed task ended with {code}: {'; '.join(lines[-3:]) or 'no output'}")


def _failed(why: str) -> DeployError:
    return DeployError(
        "CAM770",
        why,
        "see `camformation logs`; the secret has the new password, but the database may not have "
        "it: fix the cause soon, and run the same command again to continue",
    )
