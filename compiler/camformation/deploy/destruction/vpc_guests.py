"""Resources of others in a deployment's own VPC, without whose deletion AWS deletes neither subnets
nor VPC.

GuardDuty Runtime Monitoring leaves its endpoint and security group behind when the last task is
gone (GuardDuty User Guide, How Runtime Monitoring works with Fargate).
"""

from collections.abc import Collection, Iterable, Iterator

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.services import Interface
from camformation.deploy.plan.deletion import Fate, ResourceDeletion
from camformation.frozen import frozen

VPC = "AWS::EC2::VPC"
GUARDDUTY_SERVICE = ".guardduty-data"
GUARDDUTY_GROUP = "GuardDutyManagedSecurityGroup-"
SHOWN = 5  # interfaces that are named one by one


@frozen
class Guest:
    """An obstacle, and the way to remove it."""

    what: str
    remove: str


def guests(cloud: Cloud, found: Collection[ResourceDeletion]) -> Iterator[Guest]:
    """Yield resources in the VPCs to be deleted that do not belong to the deployment, endpoints
    first.

    Missing permissions are reported.
    """
    if cloud.local:
        return
    ours = {each.physical_id for each in found}
    for each in found:
        if each.type == VPC and each.fate is Fate.DELETE:
            try:
                yield from _guests(cloud, each.physical_id, ours)
            except DeployError as error:
                yield Guest(
                    f"cannot check the VPC {each.physical_id} for other resources that would "
                    f"block its deletion: {error.message}",
                    error.hint or "check the VPC yourself",
                )


def _guests(cloud: Cloud, vpc: str, ours: Collection[str]) -> Iterator[Guest]:
    region = f"--region {cloud.region}"
    named = set(ours)
    for endpoint in cloud.networks.endpoints(vpc):
        named.add(endpoint.id)
        if endpoint.id in ours:
            continue
        remove = f"`aws ec2 delete-vpc-endpoints {region} --vpc-endpoint-ids {endpoint.id}`"
        if endpoint.service.endswith(GUARDDUTY_SERVICE):
            yield Guest(
                f"GuardDuty Runtime Monitoring has the endpoint {endpoint.id} in the VPC {vpc}",
                f"{remove}, after all tasks there have stopped: GuardDuty creates it again for a "
                "running task",
            )
        else:
            yield Guest(f"the endpoint {endpoint.id} ({endpoint.service}) is in {vpc}", remove)
    for group in cloud.networks.security_groups(vpc):
        if group.id in ours or group.name == "default":  # that one goes with its VPC
            continue
        whose = "GuardDuty's" if group.name.startswith(GUARDDUTY_GROUP) else "the"
        yield Guest(
            f"{whose} security group {group.id} ({group.name}) is in {vpc}",
            f"`aws ec2 delete-security-group {region} --group-id {group.id}`, after the "
            "resources that use it",
        )
    yield from _interfaces(
        [each for each in cloud.networks.interfaces(vpc) if not _known(each, named)], vpc
    )


def _known(interface: Interface, named: Collection[str]) -> bool:
    """Whether an interface belongs to something of ours, or to an endpoint that is named already.

    Interfaces of load balancers say `ELB` and the end of its ARN.
    """
    balancer = interface.description.removeprefix("ELB ")
    return (
        interface.id in named
        or any(group in named for group in interface.groups)
        or any(word in named for word in _words(interface.description))
        or (balancer != interface.description and any(n.endswith(f"/{balancer}") for n in named))
    )


def _words(description: str) -> Iterable[str]:
    return description.replace("(", " ").replace(")", " ").split()


def _interfaces(found: Collection[Interface], vpc: str) -> Iterator[Guest]:
    for each in list(found)[:SHOWN]:
        belongs = f" ({each.description})" if each.description else ""
        yield Guest(f"the network interface {each.id}{belongs} is in {vpc}", _owner(each))
    if len(found) > SHOWN:
        yield Guest(
            f"{len(found) - SHOWN} more network interfaces are in {vpc}",
            f"`aws ec2 describe-network-interfaces --filters Name=vpc-id,Values={vpc}` lists them",
        )


def _owner(interface: Interface) -> str:
    if interface.kind == "lambda" or interface.description.startswith("AWS Lambda VPC ENI"):
        return (
            "remove the function from the VPC or delete it; Lambda removes the interface "
            "minutes later"
        )
    if interface.description.startswith("ELB "):
        return "delete that load balancer"
    return "delete the resource that uses it"
