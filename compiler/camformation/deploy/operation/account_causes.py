"""Causes that lie in a fresh account, in AWS's own words, with advice. The first match counts.

Quota codes: AWS General Reference, Service endpoints and quotas; `aws service-quotas
list-service-quotas` prints them.
"""

import re
from collections.abc import Iterable

from camformation.deploy.cloud.errors import SERVICE_ROLE_GONE, SERVICE_ROLE_HINT

Known = tuple[str, str, str, str]
"""A key, a pattern, what it means, and what to do, with the pattern's named groups in braces."""

INCREASE = "aws service-quotas request-service-quota-increase --service-code {} --quota-code {}"
ALLOWED = r"(?!.*explicit deny)"  # an organization's refusal is another matter
ROLE = "`aws iam create-service-linked-role --aws-service-name {service}`"
SERVICES = "ecs, elasticloadbalancing, rds and elasticfilesystem, each with .amazonaws.com"


def raised(quota: str, service: str, code: str) -> str:
    """Return how a quota is raised."""
    request = f"{INCREASE.format(service, code)} --desired-value N"
    return f"raise the quota `{quota}` of that account and region: `{request}`"


ACCOUNT: tuple[Known, ...] = (
    (
        "vpc-in-use",
        r"[Tt]he (?:subnet|vpc|VPC) '?\S+ has dependencies and cannot be deleted|"
        r"resource sg-\S+ has a dependent object|DependencyViolation",
        "something is in the VPC that is not of the deployment, or not gone yet: an endpoint of "
        "GuardDuty Runtime Monitoring, a Lambda function, a load balancer, another endpoint",
        "`camformation destroy` names it for a stack of its own; elsewhere `aws ec2 "
        "describe-vpc-endpoints` and `describe-network-interfaces` list it",
    ),
    (
        "service-role",
        SERVICE_ROLE_GONE,
        "CloudFormation cannot act as the service role",
        SERVICE_ROLE_HINT,
    ),
    (
        "fargate-quota",
        r"limit on the number of (?:vCPUs|tasks) you can run concurrently",
        "the account's quota of Fargate vCPUs is used up; that of a new account is low",
        raised("Fargate On-Demand vCPU resource count", "fargate", "L-3032A538")
        + ", or run fewer or smaller tasks",
    ),
    (
        "eip-quota",
        r"AddressLimitExceeded|maximum number of addresses|EIP.*(?:limit|quota)",
        "the account's quota of Elastic IP addresses is used up",
        raised("EC2-VPC Elastic IPs", "ec2", "L-0263D0A3") + ", or use one NAT gateway",
    ),
    (
        "vpc-quota",
        r"VpcLimitExceeded|maximum number of VPCs",
        "the account's quota of VPCs is used up",
        raised("VPCs per Region", "vpc", "L-F678F1CE") + ", or delete one that nobody needs",
    ),
    (
        "igw-quota",
        r"InternetGatewayLimitExceeded|maximum number of internet gateways",
        "the account's quota of internet gateways is used up",
        raised("Internet gateways per Region", "vpc", "L-A4707A72"),
    ),
    (
        "nat-quota",
        r"NatGatewayLimitExceeded|maximum number of NAT [Gg]ateways",
        "the zone's quota of NAT gateways is used up",
        raised("NAT gateways per Availability Zone", "vpc", "L-FE5A380F"),
    ),
    (
        "rules-quota",
        r"RulesPerSecurityGroupLimitExceeded|maximum number of rules per security group",
        "a security group has no room for another rule",
        raised("Inbound or outbound rules per security group", "vpc", "L-0EA8095F")
        + ", or gather addresses in a prefix list",
    ),
    (
        "service-linked-role",
        rf"{ALLOWED}not authorized to perform: iam:CreateServiceLinkedRole on resource: "
        r"\S*:role/aws-service-role/(?P<service>[\w.-]+)/",
        "a service-linked role is missing in the account, and may not be made",
        f"have somebody make it once: {ROLE}; or allow iam:CreateServiceLinkedRole",
    ),
    (
        "service-linked-role",
        rf"{ALLOWED}not authorized to perform: iam:CreateServiceLinkedRole",
        "a service-linked role is missing in the account, and may not be made",
        f"have somebody make them once: {ROLE.format(service='SERVICE')} for {SERVICES}; or allow "
        "iam:CreateServiceLinkedRole",
    ),
    (
        "service-linked-role",
        r"Unable to assume the service linked role",
        "ECS's service-linked role is missing in the account, or was only just created",
        f"create it: {ROLE.format(service='ecs.amazonaws.com')}; if it exists, it is there by now",
    ),
    (
        "service-linked-role",
        r"[Vv]erify that you have permission to create service linked role|"
        r"UsingWithRDS\.IAM\.ServiceLinkedRoles",
        "RDS's service-linked role is missing in the account, or was only just created",
        f"create it: {ROLE.format(service='rds.amazonaws.com')}; if it exists, it is there by now",
    ),
    (
        "service-linked-role",
        r"service.linked role",
        "a service-linked role is missing in the account, or was only just created",
        f"create it: {ROLE.format(service='SERVICE')} for {SERVICES}",
    ),
    (
        "kms-grant",
        rf"{ALLOWED}not authorized to perform: kms:CreateGrant",
        "whoever creates the resource may not grant its service the use of the KMS key",
        "allow kms:CreateGrant on the key to the service role, else to the caller: in the role's "
        "policy, and for a key of your own in the key's (condition kms:GrantIsForAWSResource)",
    ),
    (
        "kms-access",
        r"KMSKeyNotAccessible|"
        r"KMS key \[?\S+\]? does not exist, is not enabled or you do not have permissions",
        "the KMS key cannot be used by whoever creates the resource",
        "see that the key is enabled and in this region, and allow kms:CreateGrant and "
        "kms:DescribeKey on it to the service role, or else to the caller",
    ),
    (
        "region-disabled",
        r"OptInRequired|[Rr]egion .* (?:is not enabled|is disabled|not opted)|"
        r"(?:not|isn't) (?:enabled|opted.?in).*region|"
        r"You are not subscribed to this service|"
        r"security token included in the request is invalid",
        "the region is not enabled in the account",
        "enable the opt-in region in that account (`aws account enable-region --region-name "
        "REGION`; it takes minutes to hours), or take another one",
    ),
)  # fmt: skip

_COMPILED = tuple((re.compile(what), text, advice) for _, what, text, advice in ACCOUNT)


def advice_on(texts: Iterable[str]) -> str | None:
    """Return what AWS's words mean and what to do, where they are known."""
    said = " ".join(" ".join(texts).split())
    for pattern, text, advice in _COMPILED:
        if found := pattern.search(said):
            return f"{text}: {worded(advice, found)}"
    return None


def worded(advice: str, found: re.Match[str]) -> str:
    """Return an advice with what a reason names."""
    return advice.format(**found.groupdict()) if found.groupdict() else advice
