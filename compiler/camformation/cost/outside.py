"""Existing things that a deployment uses: others pay for them, and no estimate counts them."""

from collections.abc import Iterator, Mapping

from camformation.cost.prices import Price
from camformation.cost.task_uses import AUTHORITY, encrypted
from camformation.cost.use import All

POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role")


def outside(every: All, known: Mapping[str, Price]) -> Iterator[str]:
    """Yield descriptions of the existing things in use."""
    kinds = {each.type for each in every}
    if AUTHORITY not in kinds and any(encrypted(each) for each in every):
        yield f"the private CA of Service Connect{_fees(known)}"
    if any("aps:RemoteWrite" in str(e.properties) for e in every if e.type in POLICIES):
        yield "the Prometheus workspace, with its samples and queries"
    if any(
        "ReplicationConfiguration" in e.properties for e in every if e.type == "AWS::S3::Bucket"
    ):
        yield "the buckets that data is replicated to"
    if "AWS::ECS::Service" in kinds and "AWS::ECS::Cluster" not in kinds:
        yield "the ECS cluster, with its Container Insights"
    if "AWS::ECS::Service" in kinds and "AWS::EC2::VPC" not in kinds:
        yield "the VPC, with what it has of its own, such as NAT gateways"


def _fees(known: Mapping[str, Price]) -> str:
    short, general = known.get("private_ca.short_lived"), known.get("private_ca")
    if not (short and general):
        return ""
    modes = f"${short.usd:g} a month in the short-lived mode, ${general.usd:g} in the"
    return f" ({modes} general-purpose one)"
