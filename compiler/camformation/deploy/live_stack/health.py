"""The health of a deployment, part by part. An unreadable part is unknown, with the reason."""

from collections.abc import Callable, Iterator
from datetime import datetime

from camformation.counting import counted
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.live_stack.broker_health import broker_parts
from camformation.deploy.live_stack.camunda import Camunda
from camformation.deploy.live_stack.data_health import backups, database, file_system, live
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.own_services import OwnService, own_services
from camformation.deploy.live_stack.part import Part, State
from camformation.deploy.live_stack.topology import Topology, faults
from camformation.frozen import frozen

TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"


@frozen
class Health:
    """A deployment at one time."""

    time: datetime
    stack: str
    parts: tuple[Part, ...]
    topology: Topology | None = None

    @property
    def healthy(self) -> bool:
        """Whether every readable part is healthy; required parts must be readable."""
        return all(
            each.state is State.HEALTHY or (each.state is State.UNKNOWN and not each.needed)
            for each in self.parts
        )


def read_health(
    cloud: Cloud,
    now: datetime,
    deployed: Deployed,
    camunda: Camunda | None,
    management: Management | None = None,
) -> Health:
    """Return the health of a deployment, with the brokers' own reports if requested; only expired
    credentials are an error."""
    topology: list[Topology] = []
    services = own_services(cloud, deployed)
    readers: list[tuple[str, bool, Callable[[], Iterator[Part]]]] = [
        (each.name, True, lambda each=each: _service(cloud, each))  # type: ignore[misc]
        for each in services
    ]
    if management:
        readers += broker_parts(management, now, topology, simulated=cloud.local)
    readers += [
        ("load balancers", False, lambda: _targets(cloud, deployed)),
        ("Camunda", bool(camunda and camunda.logged_in), lambda: _camunda(camunda, topology)),
        ("database", False, lambda: database(cloud, now, deployed)),
        ("file system", False, lambda: file_system(cloud, deployed)),
        ("backups", False, lambda: backups(cloud, now, deployed)),
    ]
    parts = [_stack(deployed)]
    if not services:
        parts.append(Part("services", State.UNHEALTHY, "there are none"))
    for name, needed, read in readers:
        try:
            parts += list(read())
        except CredentialsExpired:
            raise
        except DeployError as error:
            parts.append(Part(name, State.UNKNOWN, error.message, (), error.hint, needed))
    return Health(now, deployed.stack.name, tuple(parts), topology[0] if topology else None)


def _stack(deployed: Deployed) -> Part:
    stack = deployed.stack
    if stack.in_progress:
        return Part("stack", State.CHANGING, stack.status, (), "see `camformation watch`")
    if "FAILED" in stack.status or stack.status == "ROLLBACK_COMPLETE":
        hint = "see `camformation diagnose` and `camformation recover`"
        return Part("stack", State.UNHEALTHY, stack.status, (), hint)
    return Part("stack", State.HEALTHY, stack.status)


def _service(cloud: Cloud, own: OwnService) -> Iterator[Part]:
    found = cloud.services.services(own.cluster, [own.service])
    if not found or found[0].status != "ACTIVE":
        yield Part(own.name, State.UNHEALTHY, f"the ECS service {own.service} does not exist")
        return
    state = found[0]
    says = f"{state.running} of {counted(state.desired, 'task')} running"
    if state.pending:
        says += f", {state.pending} pending"
    details = tuple(_rollouts(state))
    hint = None
    if not state.desired and own.wanted != 0:
        kind, hint = State.STOPPED, "`camformation start` starts it"
    elif any(each.rollout_state == "FAILED" for each in state.deployments):
        kind, hint = State.UNHEALTHY, "see `camformation logs`"
    elif len(state.deployments) > 1 or any(
        each.rollout_state == "IN_PROGRESS" for each in state.deployments
    ):
        kind = State.CHANGING
    elif state.running != state.desired:
        kind, hint = State.UNHEALTHY, "see `camformation logs`"
    else:
        kind = State.HEALTHY
    if kind is not State.HEALTHY and state.events:
        details += (state.events[0][1],)
    if own.wanted is not None and state.desired not in (0, own.wanted):
        details += (f"the template has {counted(own.wanted, 'task')}",)
    yield Part(own.name, kind, says, details, hint)


def _rollouts(state: ServiceState) -> Iterator[str]:
    for each in state.deployments:
        if len(state.deployments) > 1 or each.rollout_state not in ("", "COMPLETED"):
            family = each.task_definition.rpartition("/")[2]
            failed = f", {each.failed} failed" if each.failed else ""
            yield (
                f"{each.status} {family}: {each.running} of {each.desired} running{failed}"
                f" ({each.rollout_state or 'unknown'})"
            )


def _targets(cloud: Cloud, deployed: Deployed) -> Iterator[Part]:
    if cloud.local:
        yield Part("load balancers", State.UNKNOWN, "the local target runs no containers")
        return
    bad: list[str] = []
    good = 0
    groups = live(deployed, TARGET_GROUP)
    empty = []
    for logical_id, arn in groups:
        targets = [each for each in cloud.targets.health(arn) if each.state != "draining"]
        well = [each for each in targets if each.state == "healthy"]
        good += len(well)
        if not well:
            empty.append(logical_id)
        for each in targets:
            if each.state != "healthy":
                why = each.description or each.reason
                bad.append(f"{logical_id}: {each.id}:{each.port} is {each.state} {why}".rstrip())
    if groups:
        bad += [f"{each}: no healthy target" for each in empty]
        says = f"{counted(good, 'healthy target')} in {counted(len(groups), 'target group')}"
        kind = State.UNHEALTHY if bad else State.HEALTHY
        yield Part("load balancers", kind, says, tuple(bad))


def _camunda(camunda: Camunda | None, found: list[Topology]) -> Iterator[Part]:
    if camunda is None:
        hint = "give --endpoint URL, for example of `camformation port-forward`"
        yield Part("Camunda", State.UNKNOWN, "not checked: there is no endpoint", (), hint)
        return
    if not camunda.logged_in:
        hint = "--as-admin, --user or --token-stdin shows brokers and partitions"
        if camunda.has_leader():
            says = "a partition has a healthy leader; reading the topology needs a login"
            yield Part("Camunda", State.HEALTHY, says, (), hint)
        else:
            yield Part("Camunda", State.UNHEALTHY, "no partition has a healthy leader", (), hint)
        return
    topology = camunda.topology()
    found.append(topology)
    wrong = tuple(faults(topology))
    says = (
        f"{len(topology.brokers)} of {counted(topology.size, 'broker')}, "
        f"{counted(topology.partitions, 'partition')}, replication factor "
        f"{topology.replication_factor}, version {', '.join(topology.versions) or 'unknown'}"
    )
    yield Part("Camunda", State.UNHEALTHY if wrong else State.HEALTHY, says, wrong)
