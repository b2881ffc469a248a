"""The plan of a destruction: deleted and remaining resources, and the protections against it.

Read from the deployment, never from the spec: CloudFormation follows the deployed template's
`DeletionPolicy`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.cost.estimate import Estimate, Line, estimate
from camformation.cost.prices import BUNDLED, PriceTable
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.destruction.guards import Guard, guard, protects
from camformation.deploy.destruction.vpc_guests import guests
from camformation.deploy.live_stack.deployed import (
    Deployed,
    not_deployed,
    read_deployed,
    stack_metadata,
)
from camformation.deploy.live_stack.first_step import unfinished
from camformation.deploy.live_stack.listing import DESCRIPTION
from camformation.deploy.live_stack.own_change_sets import left_by_us
from camformation.deploy.operation.watch import busy
from camformation.deploy.plan.deletion import (
    BUCKET,
    CLUSTER,
    KEY,
    SERVICE,
    Fate,
    ResourceDeletion,
    resource_deletions,
)
from camformation.deploy.plan.symbols import Address
from camformation.frozen import frozen
from camformation.layout import ROOT
from camformation.shapes import listed, mappings, properties

ROLLED_BACK = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""Statuses of a stack whose creation failed."""


@frozen
class Protection:
    """A protection against deletion. `switch` is its owner, if it can be switched off here."""

    what: str
    address: Address | None  # None: the stack itself
    physical_id: str
    guard: Guard | None = None
    removable: bool = True


@frozen
class Destruction:
    """The plan of `destroy`."""

    name: str
    stack: StackDescription
    resources: tuple[ResourceDeletion, ...]
    protections: tuple[Protection, ...]
    warnings: tuple[str, ...]
    obstacles: tuple[str, ...]  # manual steps before it
    cost: Estimate | None = None  # of what is deployed

    def of(self, fate: Fate) -> tuple[ResourceDeletion, ...]:
        """Return the resources of one fate."""
        return tuple(each for each in self.resources if each.fate is fate)

    @property
    def kept_costs(self) -> tuple[Line, ...]:
        """The cost of the remaining resources."""
        kept = {
            (each.address.template, each.address.logical_id)
            for each in self.resources
            if each.fate is not Fate.DELETE
        }
        lines = self.cost.lines if self.cost else ()
        return tuple(each for each in lines if (each.component, each.logical_id) in kept)

    @property
    def services(self) -> tuple[ResourceDeletion, ...]:
        """The ECS services, first those that no others need."""
        found = [d for d in self.of(Fate.DELETE) if d.type == SERVICE]
        return tuple(sorted(found, key=lambda d: d.address.logical_id != "ConnectorsService"))

    @property
    def emptied(self) -> tuple[ResourceDeletion, ...]:
        """The buckets to empty: only those whose template says `Delete`."""
        found = self.of(Fate.DELETE)
        return tuple(each for each in found if each.type == BUCKET and each.explicit)

    @property
    def unsaved_clusters(self) -> tuple[ResourceDeletion, ...]:
        """The Aurora clusters that CloudFormation deletes without a snapshot.

        None for a first deployment that was rolled back: it never had any data.
        """
        if self.stack.status in ROLLED_BACK:
            return ()
        return tuple(each for each in self.of(Fate.DELETE) if each.type == CLUSTER)


def plan_destruction(cloud: Cloud, name: str, prices: PriceTable = BUNDLED) -> Destruction:
    """Return the plan of destroying the deployment with that stack name; changes nothing.

    Raises DeployError if there is none, or if the stack is not ours, is nested, or is busy with
    anything but its own deletion.
    """
    stack = cloud.stacks.describe_stack(name)
    if stack is None or stack.status == "DELETE_COMPLETE":
        raise not_deployed(name)
    if stack.in_progress and stack.status != "DELETE_IN_PROGRESS":
        raise busy(cloud.stacks, stack)
    if stack.status == "REVIEW_IN_PROGRESS":
        metadata = stack_metadata(cloud.stacks.template(stack.id) or {})
        if not left_by_us(cloud.stacks, stack):
            _check_ours(stack, metadata)
        return Destruction(str(metadata.get("Deployment", name)), stack, (), (), (), ())
    deployed = read_deployed(cloud.stacks, stack.id)
    if deployed is None:
        raise not_deployed(name)
    _check_ours(stack, deployed.metadata)
    found = tuple(resource_deletions(deployed.templates, deployed.resources))
    return Destruction(
        deployed.name,
        stack,
        found,
        tuple(_protections(cloud, deployed, found)),
        (*_warnings(deployed, found), *_in_the_way(cloud, found)),
        tuple(_obstacles(cloud, found)),
        estimate(deployed.templates, stack.id.split(":")[3], stack.parameters, prices=prices),
    )


def _check_ours(stack: StackDescription, metadata: Mapping[str, Any]) -> None:
    if metadata or (
        stack.status == "REVIEW_IN_PROGRESS" and stack.description.startswith(DESCRIPTION)
    ):
        return
    raise DeployError(
        "CAM625",
        f"the stack {stack.name} was not created by camformation",
        "delete it with the tool that created it, or in the AWS console",
    )


def _protections(
    cloud: Cloud, deployed: Deployed, found: tuple[ResourceDeletion, ...]
) -> Iterator[Protection]:
    if deployed.stack.termination_protection:
        yield Protection("termination protection of the stack", None, deployed.stack.id)
    for each in found:
        if each.fate is Fate.RETAIN:
            continue
        if found_guard := guard(each):
            if protects(cloud, found_guard):
                what = f"deletion protection of {found_guard.what}"
                yield Protection(what, each.address, each.physical_id, found_guard)
            continue
        template = deployed.templates[each.address.template]
        body = template.get("Resources", {}).get(each.address.logical_id, {})
        if protected(properties(body)):
            what = f"deletion protection of {each.address.logical_id} ({each.type})"
            yield Protection(what, each.address, each.physical_id, removable=False)


def protected(body: Mapping[str, Any]) -> bool:
    """Whether a resource's properties switch deletion protection on, in any case."""
    values = [
        *listed(body.get("DeletionProtection")),
        *listed(body.get("DeletionProtectionEnabled")),
        *(
            value
            for each in mappings(body.get("LoadBalancerAttributes"))
            if each.get("Key") == "deletion_protection.enabled"
            for value in listed(each.get("Value"))
        ),
    ]
    return any(str(value).lower() == "true" for value in values)


def _warnings(deployed: Deployed, found: tuple[ResourceDeletion, ...]) -> Iterator[str]:
    if unfinished(deployed.templates[ROOT]) and deployed.stack.status not in ROLLED_BACK:
        yield (
            "the second step of the first deployment never ran, so all resources that hold data "
            "are deleted, even those that the spec retains; to keep those, deploy once more first"
        )
    for each in found:
        if each.type == CLUSTER and each.fate is Fate.RETAIN:
            yield (
                f"the Aurora cluster {each.physical_id} is kept, without its instances; while it "
                "exists, AWS does not delete its subnet group, its security group and their VPC, "
                "so the stack may end in DELETE_FAILED"
            )
        if each.type == KEY and each.fate is Fate.DELETE:
            yield (
                f"the KMS key {each.address.logical_id} ({each.physical_id}) is deleted after "
                f"{each.pending_days} days; after that, nothing encrypted with it can be read, "
                "including snapshots and copies"
            )
        if each.type == "AWS::EFS::FileSystem" and each.fate is Fate.RETAIN:
            yield (
                f"the EFS file system {each.physical_id} is usable only with the node-id bucket "
                "and the database's data of the same time"
            )
    if any(_insights(template) for template in deployed.templates.values()):
        yield (
            "the log group of Container Insights, below /aws/ecs/containerinsights, belongs to "
            "AWS and is kept"
        )


def _in_the_way(cloud: Cloud, found: tuple[ResourceDeletion, ...]) -> Iterator[str]:
    for each in guests(cloud, found):
        yield f"{each.what}; {each.remove}"


def _insights(template: Mapping[str, Any]) -> bool:
    return any(
        setting.get("Name") == "containerInsights" and setting.get("Value") != "disabled"
        for body in template.get("Resources", {}).values()
        for setting in mappings(properties(body).get("ClusterSettings"))
    )


def _obstacles(cloud: Cloud, found: tuple[ResourceDeletion, ...]) -> Iterator[str]:
    for each in found:
        implicit = each.type == BUCKET and each.fate is Fate.DELETE and not each.explicit
        if implicit and filled(cloud, each):
            yield (
                f"the bucket {each.physical_id} ({each.address.logical_id}) holds objects, and "
                "its template does not say whether to keep them: empty it yourself, or give it a "
                "DeletionPolicy and deploy"
            )


def filled(cloud: Cloud, bucket: ResourceDeletion) -> bool:
    """Whether a bucket still exists and is not empty."""
    name = bucket.physical_id
    return cloud.objects.bucket_region(name) is not None and cloud.objects.holds_objects(name)
