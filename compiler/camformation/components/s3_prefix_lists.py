"""The prefix lists of Amazon S3, and the outbound rules that follow from the routes.

CloudFormation has no way to look up a list that AWS manages: `AWS::EC2::PrefixList` creates
customer-managed lists, and a gateway endpoint does not return its list. The IDs differ by region
and never change. These are those of the regions that every account has, as `aws ec2
describe-managed-prefix-lists` shows them (Amazon VPC User Guide, Available AWS-managed prefix
lists).
"""

from collections.abc import Mapping
from typing import Any, Protocol

from troposphere import FindInMap, Region

from camformation.components.egress_spec import EgressSpec
from camformation.frozen import replaced

MAPPING = "S3PrefixLists"
S3_PREFIX_LISTS: Mapping[str, str] = {
    "ap-northeast-1": "pl-61a54008",
    "ap-northeast-2": "pl-78a54011",
    "ap-northeast-3": "pl-a4a540cd",
    "ap-south-1": "pl-78a54011",
    "ap-southeast-1": "pl-6fa54006",
    "ap-southeast-2": "pl-6ca54005",
    "ca-central-1": "pl-7da54014",
    "eu-central-1": "pl-6ea54007",
    "eu-north-1": "pl-c3aa4faa",
    "eu-west-1": "pl-6da54004",
    "eu-west-2": "pl-7ca54015",
    "eu-west-3": "pl-23ad484a",
    "sa-east-1": "pl-6aa54003",
    "us-east-1": "pl-63a5400a",
    "us-east-2": "pl-7ba54012",
    "us-west-1": "pl-6ba54002",
    "us-west-2": "pl-68a54001",
}


class Routes(Protocol):
    """The parts of a network that decide about the routes of its private subnets."""

    @property
    def nat_gateways(self) -> str:
        """The NAT gateways: none, single or per_zone."""

    @property
    def existing(self) -> object | None:
        """The existing VPC, whose routes are not in the spec."""

    @property
    def egress(self) -> EgressSpec:
        """The outbound rules of tasks."""


def by_routes(network: Routes, region: str | None) -> EgressSpec:
    """Return the outbound rules with `routed` resolved: open if a route leads out, else closed with
    a rule for Amazon S3; also open in a region whose list is not known."""
    spec = network.egress
    if spec.default != "routed":
        return spec
    known = spec.s3_prefix_list_id or _list_of(region)
    if network.existing or network.nat_gateways != "none" or known is None:
        return replaced(spec, default="open")
    return replaced(spec, default="closed", s3_prefix_list_id=known)


def _list_of(region: str | None) -> Any:
    """Return the list of a region, or a look-up at deployment if the spec has no region."""
    if region is None:
        return FindInMap(MAPPING, Region, "Id")
    return S3_PREFIX_LISTS.get(region)


def looked_up(spec: EgressSpec) -> bool:
    """Return whether the list is looked up at deployment."""
    return isinstance(spec.s3_prefix_list_id, FindInMap)
