"""Checks of quotas: the account's values, the current use, and the deployment's additions."""

from collections.abc import Callable, Iterator
from math import ceil

from camformation.deploy.preflight.facts import counts, fargate, outbound_lists, rules_of_groups
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.frozen import frozen

Used = Callable[[Situation], float]


@frozen
class Limit:
    """A quota of Service Quotas, per region."""

    service: str
    code: str
    things: str
    region: str | None = None  # of the quotas of global services


ADDRESSES = Limit("ec2", "L-0263D0A3", "Elastic IP addresses")
VPCS = Limit("vpc", "L-F678F1CE", "VPCs")
NAT_GATEWAYS = Limit("vpc", "L-FE5A380F", "NAT gateways in a zone")
RULES = Limit("vpc", "L-0EA8095F", "inbound rules of a security group")
FARGATE = Limit("fargate", "L-3032A538", "Fargate vCPUs")
APPLICATION = Limit("elasticloadbalancing", "L-53DA6B97", "application load balancers")
NETWORK = Limit("elasticloadbalancing", "L-69A177A2", "network load balancers")
LOG_POLICIES = 10
DELIVERY = "AWSLogDeliveryWrite"
CLUSTERS = Limit("rds", "L-952B80B8", "database clusters")
SUBNET_GROUPS = Limit("rds", "L-48C6BF61", "subnet groups of databases")
CLUSTER_PARAMETERS = Limit("rds", "L-E4C808A8", "parameter groups of database clusters")
PARAMETERS = Limit("rds", "L-DE55804A", "parameter groups of database instances")
INSTANCES = Limit("rds", "L-7B6409FD", "database instances")
ROLES = Limit("iam", "L-FE177D64", "IAM roles of the account", "us-east-1")
NAMESPACES = Limit("AWSCloudMap", "L-0FE3F50E", "Cloud Map namespaces")
GATEWAYS = Limit("vpc", "L-1B52E74A", "gateway endpoints of the region")
INTERFACES = Limit("vpc", "L-29B6F2EB", "interface endpoints of a VPC")
FILE_SYSTEMS = Limit("elasticfilesystem", "L-848C634D", "EFS file systems")


def addresses(s: Situation) -> Iterator[Result]:
    """Whether there are enough Elastic IP addresses for the NAT gateways."""
    yield from _counted(s, ADDRESSES, "AWS::EC2::EIP", lambda s: s.account.quotas.addresses())


def vpcs(s: Situation) -> Iterator[Result]:
    """Whether another VPC can be created."""
    yield from _counted(s, VPCS, "AWS::EC2::VPC", _own_vpcs)


def _own_vpcs(s: Situation) -> int:
    """Return the number of VPCs, without those shared by other accounts."""
    return sum(vpc.owner in ("", s.caller.account) for vpc in s.account.vpcs.vpcs())


def load_balancers(s: Situation) -> Iterator[Result]:
    """Whether more load balancers can be created."""
    yield from _counted(s, APPLICATION, "application", _balancers("application"))
    yield from _counted(s, NETWORK, "network", _balancers("network"))


def _balancers(kind: str) -> Used:
    return lambda s: s.account.quotas.load_balancers().get(kind, 0)


def file_systems(s: Situation) -> Iterator[Result]:
    """Whether another file system can be created."""
    kind = "AWS::EFS::FileSystem"
    yield from _counted(s, FILE_SYSTEMS, kind, lambda s: s.account.quotas.file_systems())


def databases(s: Situation) -> Iterator[Result]:
    """Whether more database clusters, instances and their groups can be created, by RDS's own
    count."""
    kinds = (
        (CLUSTERS, "DBClusters", "AWS::RDS::DBCluster"),
        (INSTANCES, "DBInstances", "AWS::RDS::DBInstance"),
        (SUBNET_GROUPS, "DBSubnetGroups", "AWS::RDS::DBSubnetGroup"),
        (CLUSTER_PARAMETERS, "DBClusterParameterGroups", "AWS::RDS::DBClusterParameterGroup"),
        (PARAMETERS, "DBParameterGroups", "AWS::RDS::DBParameterGroup"),
    )
    added = [(limit, name, _added(s, kind)) for limit, name, kind in kinds]
    if any(more for _, _, more in added):
        quotas = s.account.quotas.databases()
        for limit, name, more in added:
            if name in quotas and more:
                used, most = quotas[name]
                yield _judged(limit, most, used, more)


def namespaces(s: Situation) -> Iterator[Result]:
    """Whether more Cloud Map namespaces can be created."""
    kinds = ("AWS::ServiceDiscovery::HttpNamespace", "AWS::ServiceDiscovery::PrivateDnsNamespace")
    if added := sum(_added(s, kind) for kind in kinds):
        quota = s.account.quotas.quota(NAMESPACES.service, NAMESPACES.code)
        used = len(s.account.names.namespaces())
        yield _judged(NAMESPACES, quota.value if quota else None, used, added)


def endpoints(s: Situation) -> Iterator[Result]:
    """Whether more VPC endpoints can be created: gateways in the region, interfaces in the VPC."""
    added = {kind: _added(s, kind) for kind in ("Gateway", "Interface")}
    if not any(added.values()):
        return
    there = s.account.quotas.endpoints()
    existing = s.deployment.network.existing
    vpc = str(existing.vpc_id) if existing else ""  # one of the deployment's own has none but its
    before = counts(s.deployed.templates).get("Interface", 0) if s.deployed else 0
    inside = sum(where == vpc and kind != "Gateway" for kind, where in there)
    for limit, kind, used in (
        (GATEWAYS, "Gateway", sum(each == "Gateway" for each, _ in there)),
        (INTERFACES, "Interface", inside if vpc else before),
    ):
        if added[kind]:
            quota = s.account.quotas.quota(limit.service, limit.code)
            yield _judged(limit, quota.value if quota else None, used, added[kind])


def roles(s: Situation) -> Iterator[Result]:
    """Whether more IAM roles can be created, by IAM's own count."""
    if added := _added(s, "AWS::IAM::Role"):
        used, most = s.account.quotas.roles()
        yield _judged(ROLES, most, used, added)


def log_policies(s: Situation) -> Iterator[Result]:
    """Whether AWS WAF may write its log: CloudWatch Logs allows ten resource policies in a region,
    and a service that writes logs needs a new one, or the one for all deliveries (CloudWatch Logs
    User Guide, Enabling logging from AWS services)."""
    if not _added(s, "AWS::WAFv2::LoggingConfiguration"):
        return
    names = s.account.quotas.log_policies()
    says = f"resource policies of CloudWatch Logs: {len(names)} of {LOG_POLICIES} are used"
    if len(names) < LOG_POLICIES or any(each.startswith(DELIVERY) for each in names):
        yield ok(says)
    else:
        yield no(
            says,
            "delete those of log groups that are gone: `aws logs describe-resource-policies`; no "
            "quota raises their number",
            ("access", "waf"),
            certain=False,
        )


def nat_gateways(s: Situation) -> Iterator[Result]:
    """Whether every zone can have another NAT gateway."""
    added = _added(s, "AWS::EC2::NatGateway")
    if not added:
        return
    quota = s.account.quotas.quota(NAT_GATEWAYS.service, NAT_GATEWAYS.code)
    used = s.account.quotas.nat_gateways()
    fullest = max(used, key=lambda zone: used[zone], default="")
    yield _judged(NAT_GATEWAYS, quota.value if quota else None, used.get(fullest, 0), 1)


def fargate_vcpus(s: Situation) -> Iterator[Result]:
    """Whether all tasks can run at once, including replacements."""
    wanted, running = fargate(s.templates), fargate(s.deployed.templates if s.deployed else None)
    quota = s.account.quotas.quota(FARGATE.service, FARGATE.code)
    if quota is None:
        yield skipped("Service Quotas does not know the quota of Fargate vCPUs")
        return
    used = s.account.quotas.used(quota.metric) if quota.metric else None
    added = ceil(max(0, wanted.steady - running.steady) + wanted.rollout)
    yield _judged(FARGATE, quota.value, used or 0, added, certain=False)


def rules(s: Situation) -> Iterator[Result]:
    """Whether no security group has too many inbound rules, and prefix lists exist."""
    groups = rules_of_groups(s.templates)
    lists = sorted({name for _, _, names in groups.values() for name in names})
    outbound = outbound_lists(s.templates)
    sizes = s.account.vpcs.prefix_lists([*lists, *outbound]) if lists or outbound else {}
    for name, path in (
        *((each, ("access", "allowed_prefix_list_ids")) for each in lists),
        *((each, ("network", "egress")) for each in outbound),
    ):
        if name not in sizes:
            yield no(
                f"the prefix list {name} does not exist in {s.cloud.region}",
                "name one of this region",
                path,
            )
    quota = s.account.quotas.quota(RULES.service, RULES.code)
    if quota is None:
        yield skipped("Service Quotas does not know the quota of rules")
        return
    most = max(
        (
            max(four + listed, six + listed)
            for four, six, names in groups.values()
            for listed in [sum(sizes.get(name, 0) for name in names)]
        ),
        default=0,
    )
    yield _judged(RULES, quota.value, 0, most)


def _counted(s: Situation, limit: Limit, kind: str, used: Used) -> Iterator[Result]:
    if added := _added(s, kind):
        quota = s.account.quotas.quota(limit.service, limit.code)
        yield _judged(limit, quota.value if quota else None, used(s), added)


def _added(s: Situation, kind: str) -> int:
    """Return the number of resources of a type that the deployment adds."""
    if s.deployed is None and not s.first:
        return 0  # it probably has them already
    before = counts(s.deployed.templates).get(kind, 0) if s.deployed else 0
    return max(0, counts(s.templates).get(kind, 0) - before)


def _judged(
    limit: Limit, quota: float | None, used: float, added: float, *, certain: bool = True
) -> Result:
    if quota is None:
        return skipped(f"Service Quotas does not know the quota of {limit.things}")
    says = f"{limit.things}: {added:g} more; {used:g} of {quota:g} are used"
    if limit is RULES:
        says = f"{limit.things}: {added:g} of {quota:g}"
    if used + added <= quota:
        return ok(says)
    return no(
        says,
        f"`aws service-quotas request-service-quota-increase --service-code {limit.service} "
        f"--quota-code {limit.code} --desired-value {ceil(used + added)}"
        f"{f' --region {limit.region}' if limit.region else ''}`",
        certain=certain,
    )
