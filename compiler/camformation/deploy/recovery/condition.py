"""The condition of a deployment: its stacks, their failures, and existing resources that hold
data."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud, Stacks
from camformation.deploy.cloud.stacks import ChangeSetSummary, StackDescription
from camformation.deploy.destruction.guards import Guard, guard, protects
from camformation.deploy.destruction.plan import ROLLED_BACK, protected
from camformation.deploy.live_stack.deployed import Deployed, read_deployed, stack_metadata
from camformation.deploy.live_stack.listing import DESCRIPTION
from camformation.deploy.live_stack.own_change_sets import left_by_us
from camformation.deploy.operation.causes import CANCELLED, plain
from camformation.deploy.operation.signatures import AWS, Said, advice_on
from camformation.deploy.operation.watch import root_stack
from camformation.deploy.plan.deletion import (
    SERVICE,
    Fate,
    ResourceDeletion,
    resource_deletions,
)
from camformation.deploy.plan.symbols import STACK, Address
from camformation.frozen import frozen
from camformation.shapes import properties

GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
"""The final statuses of resources after a deletion."""


@frozen
class FailedResource:
    """A resource in a status that ends in FAILED; `stack` is the generated name of its stack."""

    address: Address
    type: str
    status: str
    physical_id: str
    stack: str
    stack_id: str
    reason: str
    nested: bool  # a nested stack, in which something else failed
    hint: str | None = None  # the reason's meaning and the advice, if known

    @property
    def path(self) -> str:
        """Its path: `orchestration/OrchestrationService`."""
        return f"{self.address.template}/{self.address.logical_id}"


@frozen
class StoppedService:
    """An ECS service without tasks, and the number in its template."""

    address: Address
    cluster: str
    name: str
    wanted: int


@frozen
class Condition:
    """The facts that recovery depends on."""

    name: str  # the deployment's
    stack: StackDescription
    layout: str  # nested | flat, empty if not known
    failed: tuple[FailedResource, ...]
    alive: tuple[ResourceDeletion, ...]  # that hold data, with their fate in a deletion
    others: int  # the number of other existing resources
    stopped: tuple[StoppedService, ...]
    unprotected: tuple[Guard, ...]  # differing from their template
    change_sets: tuple[ChangeSetSummary, ...]
    deleted: tuple[
        str, ...
    ] = ()  # logical IDs of resources that are deleted, or were left by a deletion

    @property
    def status(self) -> str:
        """The root stack's status."""
        return self.stack.status

    @property
    def lost(self) -> tuple[ResourceDeletion, ...]:
        """The resources that hold data and would be deleted with the stack.

        None for a first deployment that was rolled back: it never had any data.
        """
        if self.status in ROLLED_BACK:
            return ()
        return tuple(each for each in self.alive if each.fate is Fate.DELETE)


def read_condition(cloud: Cloud, name: str) -> Condition:
    """Return the condition of the deployment whose root stack has that name; changes nothing.

    Raises DeployError if there is none, or it is not ours.
    """
    stack = root_stack(cloud.stacks, name)
    if stack.status == "REVIEW_IN_PROGRESS":
        metadata = stack_metadata(cloud.stacks.template(stack.id) or {})
        ours = metadata or stack.description.startswith(DESCRIPTION)
        if not ours and not left_by_us(cloud.stacks, stack):
            raise _not_ours(stack)
        sets = cloud.stacks.change_sets(stack.id)
        deployment = str(metadata.get("Deployment", name))
        return Condition(deployment, stack, "", (), (), 0, (), (), sets)
    deployed = read_deployed(cloud.stacks, stack.id)
    if deployed is None:  # deleted
        return Condition(name, stack, "", (), (), 0, (), (), ())
    if not deployed.metadata:
        raise _not_ours(stack)
    found = tuple(resource_deletions(deployed.templates, deployed.resources))
    data = tuple(each for each in found if each.what)
    return Condition(
        deployed.name,
        stack,
        deployed.layout,
        tuple(_failed(cloud.stacks, deployed)),
        data,
        len(found) - len(data),
        tuple(_stopped(cloud, deployed, found)),
        tuple(_unprotected(cloud, deployed, found)),
        (),
        tuple(
            each.logical_id
            for resources in deployed.resources.values()
            for each in resources
            if each.status in GONE
        ),
    )


def _not_ours(stack: StackDescription) -> DeployError:
    return DeployError(
        "CAM625",
        f"the stack {stack.name} was not created by camformation",
        "recover it with the tool that created it, or in the AWS console",
    )


def _failed(stacks: Stacks, deployed: Deployed) -> Iterator[FailedResource]:
    for component, resources in deployed.resources.items():
        arn = deployed.stacks[component]
        for each in resources:
            cancelled = CANCELLED.match(each.status_reason or "")
            reason = plain(each.status_reason)
            nested = each.type == STACK and each.physical_id in deployed.stacks.values()
            if each.status.endswith("_FAILED") and not cancelled:
                yield FailedResource(
                    Address(component, each.logical_id),
                    each.type,
                    each.status,
                    each.physical_id or "",
                    arn.split("/")[1],
                    arn,
                    reason,
                    nested,
                    None if nested else advice_on([Said(AWS, reason)]),
                )


def _stopped(
    cloud: Cloud, deployed: Deployed, found: tuple[ResourceDeletion, ...]
) -> Iterator[StoppedService]:
    for each in found:
        parts = each.physical_id.rpartition(":")[2].split("/")
        wanted = _properties(deployed, each).get("DesiredCount")
        if each.type != SERVICE or len(parts) != 3 or not isinstance(wanted, int) or not wanted:
            continue
        for state in cloud.services.services(parts[1], [parts[2]]):
            if state.status == "ACTIVE" and state.desired == 0:
                yield StoppedService(each.address, parts[1], parts[2], wanted)


def _unprotected(
    cloud: Cloud, deployed: Deployed, found: tuple[ResourceDeletion, ...]
) -> Iterator[Guard]:
    for each in found:
        if (
            (its := guard(each))
            and protected(_properties(deployed, each))
            and protects(cloud, its) is False
        ):
            yield its


def _properties(deployed: Deployed, each: ResourceDeletion) -> Mapping[str, Any]:
    template = deployed.templates.get(each.address.template, {})
    body = template.get("Resources", {}).get(each.address.logical_id, {})
    return properties(body)
