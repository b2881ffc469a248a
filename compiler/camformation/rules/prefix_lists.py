"""AWS's own prefix lists in a spec, and how many rules a security group has."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from camformation.components.s3_prefix_lists import S3_PREFIX_LISTS
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

INBOUND_RULES = 60  # of a security group, unless the quota is raised (L-0EA8095F)
CLOUDFRONT: Mapping[str, str] = {
    "ap-northeast-1": "pl-58a04531",
    "ap-northeast-2": "pl-22a6434b",
    "ap-northeast-3": "pl-31a14458",
    "ap-south-1": "pl-9aa247f3",
    "ap-southeast-1": "pl-31a34658",
    "ap-southeast-2": "pl-b8a742d1",
    "ca-central-1": "pl-38a64351",
    "eu-central-1": "pl-a3a144ca",
    "eu-north-1": "pl-fab65393",
    "eu-west-1": "pl-4fa04526",
    "eu-west-2": "pl-93a247fa",
    "eu-west-3": "pl-75b1541c",
    "sa-east-1": "pl-5da64334",
    "us-east-1": "pl-3b927c52",
    "us-east-2": "pl-b6a144df",
    "us-west-1": "pl-4ea04527",
    "us-west-2": "pl-82a045eb",
}
"""The list of CloudFront's addresses, com.amazonaws.global.cloudfront.origin-facing."""
ENTRIES = 55  # as which CloudFront's list counts (Available AWS-managed prefix lists)
OF_AWS = {"CloudFront": CLOUDFRONT, "Amazon S3": S3_PREFIX_LISTS}


def of_other_regions(d: Deployment) -> Iterator[Violation]:
    """Yield AWS's own prefix lists of another region: each region has its own IDs."""
    for path, text in _lists(d):
        for whose, lists in OF_AWS.items():
            own = lists.get(str(d.region))
            regions = [region for region, each in lists.items() if each == text]
            if own and regions and text != own:
                yield Violation(
                    path,
                    f"this is the list of {whose} in {' and '.join(regions)}, the deployment is in "
                    f"{d.region}",
                    f"write {own}",
                )
                break


def _lists(d: Deployment) -> Iterator[tuple[Path, str | None]]:
    for index, each in enumerate(d.access.allowed_prefix_list_ids):
        yield ("access", "allowed_prefix_list_ids", index), each
    egress: Path = ("network", "egress")
    yield (*egress, "s3_prefix_list_id"), d.network.egress.s3_prefix_list_id
    for section, destinations in (
        ((*egress, "destinations"), d.network.egress.destinations),
        (("orchestration", "egress"), d.orchestration.egress),
        (("connectors", "egress"), d.connectors.egress),
    ):
        for index, destination in enumerate(destinations):
            yield (*section, index, "prefix_list_id"), destination.prefix_list_id


@rule("CAM158", "More rules than a security group allows", Severity.WARNING)
def inbound_rules(d: Deployment) -> Iterator[Violation]:
    """Each allowed network is one rule for each port of the HTTP load balancer's security group:
    80, with TLS also 443, with `management_port: public` also 9600. A prefix list counts as its
    maximum number of entries. A security group can have 60 inbound rules unless the quota
    L-0EA8095F is raised (the quota times the security groups of a network interface is at most
    1,000); with more the deployment fails. IPv4 and IPv6 networks are counted separately.

    CloudFront's list counts as 55 rules for each port. The spec does not show the size of other
    prefix lists: each is counted as one.

    Source: Amazon VPC User Guide, Amazon VPC quotas (security groups), and Available AWS-managed
    prefix lists; terraform-aws-modules/terraform-aws-alb issue 400.
    """
    access = d.access
    ports = 1 + access.http * ((access.tls is not None) + (access.management_port == "public"))
    lists = set(access.allowed_prefix_list_ids)
    large = lists & set(CLOUDFRONT.values())
    for version in (4, 6):
        of: list[Any] = [
            n for b in set(access.allowed_cidrs) if (n := _network(b)).version == version
        ]
        others = int(access.management_port == "vpc" and (version == 4 or of != []))
        listed = len(lists) + len(large) * (ENTRIES - 1) * (version == 4)
        count = (len(of) + listed) * ports + others
        if not (access.http or access.grpc) or count <= INBOUND_RULES or (version == 6 and not of):
            continue
        merged = len(list(collapse_addresses(of)))
        fits = (merged + listed) * ports + others <= INBOUND_RULES
        yield Violation(
            ("access", "allowed_cidrs" if of and not large else "allowed_prefix_list_ids"),
            f"this makes {count} inbound rules in one security group; the default quota is "
            f"{INBOUND_RULES}"
            + f"; CloudFront's list counts as {ENTRIES} for each port"
            * bool(large),
            f"merge adjacent networks, from {len(of)} to {merged}"
            if fits
            else f"name fewer, larger networks (each makes {ports} of the rules), or raise the "
            "quota L-0EA8095F, `aws service-quotas request-service-quota-increase`, and ignore "
            "CAM158",
        )


def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)
