"""The rule for the subnets of an existing VPC."""

from collections.abc import Iterator

from camformation.components.network import ExistingNetworkSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.rules.registry import Violation, rule


@rule("CAM152", "Unsuitable subnets")
def subnets(d: Deployment) -> Iterator[Violation]:
    """An existing VPC needs one private subnet for each zone: they hold the tasks and the
    database, and EFS allows one mount target for each zone. Public subnets hold internet-facing
    load balancers, which send nothing to zones where they have no subnet: tasks there never become
    healthy. There must be at least as many public subnets as private ones, and no subnet may be
    both. A load balancer needs at least two subnets; fewer cannot be ignored. Internal load
    balancers use the private subnets. `load_balancer_subnet_ids` replaces either kind, and needs as
    many subnets. The database's subnets, with `database_subnet_ids`, must be in at least two zones.

    The VPC needs DNS support and DNS hostnames, or tasks cannot mount the file system. The spec
    shows neither these settings nor a subnet's zone.

    Source: Amazon EFS User Guide, Managing mount targets; Elastic Load Balancing User Guide,
    Availability Zones for your Application Load Balancer (Target.NotInUse); Amazon Aurora User
    Guide, Working with a DB cluster in a VPC.
    """
    existing = d.network.existing
    if existing is None:
        return
    for index, subnet in enumerate(existing.public_subnet_ids):
        if subnet in existing.private_subnet_ids:
            yield Violation(
                ("network", "existing", "public_subnet_ids", index),
                f"{subnet} is already in private_subnet_ids",
                "list each subnet once: a subnet is public if its route table has a route to an "
                "internet gateway",
            )
    yield from _apart(existing)
    private, public = len(existing.private_subnet_ids), len(existing.public_subnet_ids)
    if existing.load_balancer_subnet_ids:
        return
    balanced = d.access.http or d.access.grpc
    if balanced and d.access.scheme == "internet-facing" and public < private:
        yield Violation(
            ("network", "existing", "public_subnet_ids"),
            f"{public} public subnet{'s' * (public != 1)} for {private} private ones: the load "
            "balancers do not reach every zone that has tasks",
            "list the public subnet of each zone, or set access.scheme to internal",
            required=public < 2,
        )


def _apart(existing: ExistingNetworkSpec) -> Iterator[Violation]:
    """Yield the problems only of the subnets for the database or the load balancers."""
    private = len(existing.private_subnet_ids)
    section: Path = ("network", "existing")
    database = len(existing.database_subnet_ids)
    if database == 1:
        yield Violation(
            (*section, "database_subnet_ids"),
            "1 subnet for the database: a subnet group needs subnets in at least two zones",
            "list a subnet in each zone, or leave it empty to use the private subnets",
            required=True,
        )
    balancers = len(existing.load_balancer_subnet_ids)
    if 0 < balancers < private:
        yield Violation(
            (*section, "load_balancer_subnet_ids"),
            f"{balancers} subnet{'s' * (balancers != 1)} for the load balancers, {private} private "
            "ones: the load balancers do not reach every zone that has tasks",
            "list a subnet for them in each zone, or leave it empty",
            required=balancers < 2,
        )
