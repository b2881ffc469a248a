"""Checks of existing resources that a deployment uses, and of those that conflict with its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.cloud.account_networks import Endpoint
from camformation.deploy.preflight.account_checks import place_of
from camformation.deploy.preflight.facts import literal
from camformation.deploy.preflight.model import Result, Situation, no, ok
from camformation.deploy.preflight.template_values import RECORD, bodies, service_of
from camformation.shapes import listed, mappings

Named = Sequence[tuple[tuple[str | int, ...], str]]
"""Fields of the spec, each with an id."""


def cluster(s: Situation) -> Iterator[Result]:
    """Whether the existing ECS cluster is found."""
    name, given = s.deployment.cluster.existing_name, s.deployment.cluster.existing
    if not name:
        return
    found = s.account.names.clusters([str(name)])
    if not found:
        yield no(
            f"there is no active ECS cluster {name} in {s.cloud.region}",
            "correct the name, or leave it out: the deployment then creates a cluster",
            given,
        )
        return
    missing = _providers(s) - {each for providers in found.values() for each in providers}
    if missing:
        yield no(
            f"the ECS cluster {name} has no capacity provider {' and '.join(sorted(missing))}",
            f"`aws ecs put-cluster-capacity-providers --cluster {name} --capacity-providers` with "
            "FARGATE, FARGATE_SPOT and those that it has",
            ("connectors", "capacity_provider_strategy"),
        )
    else:
        yield ok(f"{name} is active", given)


def _providers(s: Situation) -> set[str]:
    """Return the capacity providers that services name."""
    return {
        each["CapacityProvider"]
        for _, one in bodies(s.templates, "AWS::ECS::Service")
        for each in mappings(one.get("CapacityProviderStrategy"))
        if isinstance(each.get("CapacityProvider"), str)
    }


def security_groups(s: Situation) -> Iterator[Result]:
    """Whether existing security groups are in the VPC: a group can be used only in its own VPC
    (Amazon VPC User Guide, Security groups)."""
    existing, others = s.deployment.network.existing, list(_foreign_groups(s))
    given = list(_groups(s)) if existing else []
    if not given and not others:
        return
    found = s.account.vpcs.security_groups(sorted({name for _, name in (*given, *others)}))
    problems = 0
    for path, name in others:
        if name not in found:
            problems += 1
            fix = "correct it: the deployment adds a rule to it"
            yield no(f"there is no security group {name} in this account and region", fix, path)
    for path, name in given:
        vpc = str(existing.vpc_id) if existing else ""
        if name in found and found[name] == vpc:
            continue
        problems += 1
        where = f"is in {found[name]}" if name in found else "does not exist"
        yield no(f"the security group {name} {where}", f"name one of {vpc}", path)
    if not problems:
        yield ok(f"all are in {existing.vpc_id}" if existing and given else "all exist")


def _foreign_groups(s: Situation) -> Named:
    """Return existing groups that may be in a peered VPC: those of a server, and of mount
    targets.
    """
    database, shared = s.deployment.database.existing, s.deployment.storage.efs.existing
    server = database.security_group_id if database else None
    targets = shared.security_group_id if shared else None
    fields = {
        ("database", "existing", "security_group_id"): server,
        ("storage", "efs", "existing", "security_group_id"): targets,
    }
    return [(path, str(name)) for path, name in fields.items() if name]


def _groups(s: Situation) -> Named:
    spec = s.deployment
    fields = {
        ("access", "alb_security_group_ids"): spec.access.alb_security_group_ids,
        ("access", "nlb_security_group_ids"): spec.access.nlb_security_group_ids,
        ("orchestration", "security_group_ids"): spec.orchestration.security_group_ids,
        ("connectors", "security_group_ids"): spec.connectors.security_group_ids,
        ("database", "security_group_ids"): spec.database.security_group_ids,
        ("storage", "efs", "security_group_ids"): spec.storage.efs.security_group_ids,
    }
    return [
        ((*path, index), str(name))
        for path, names in fields.items()
        for index, name in enumerate(names)
    ]


def endpoints(s: Situation) -> Iterator[Result]:
    """Whether an existing VPC has no endpoint that conflicts with one of a first deployment: a VPC
    has one private name, and a route table one route, for a service (AWS PrivateLink Guide)."""
    existing = s.deployment.network.existing
    if not existing or not s.first:
        return
    wanted = [each for _, each in bodies(s.templates, "AWS::EC2::VPCEndpoint")]
    if not wanted:
        return
    there = s.account.vpcs.endpoints(str(existing.vpc_id))
    problems = [each for one in wanted for each in _clashes(s, one, there)]
    yield from problems
    if not problems:
        yield ok(f"{len(wanted)} can be created in {existing.vpc_id}")


def _clashes(
    s: Situation, wanted: Mapping[str, Any], there: Sequence[Endpoint]
) -> Iterator[Result]:
    service = place_of(s).filled(service_of(wanted))
    given = (literal(s.templates, each) for each in listed(wanted.get("RouteTableIds")))
    tables = set(map(str, given))
    for each in there:
        if each.service != service:
            continue
        if each.private_dns and wanted.get("PrivateDnsEnabled"):
            yield no(
                f"{each.id} already has the private DNS names of {service}",
                "leave it out of `vpc_endpoints`: tasks use the existing one, if its security "
                "groups allow them",
                ("network", "vpc_endpoints"),
            )
        for table in sorted(tables & set(each.route_tables)):
            yield no(
                f"{table} has a route to {each.id}, the endpoint of {service}",
                "leave it out of `private_route_table_ids`: the route already exists",
                ("network", "existing", "private_route_table_ids"),
            )


def managed_policies(s: Situation) -> Iterator[Result]:
    """Whether the roles' policies and permissions boundary exist."""
    place = place_of(s)
    found: dict[str, None] = {}
    for _, role in bodies(s.templates, "AWS::IAM::Role"):
        for value in (role.get("PermissionsBoundary"), *listed(role.get("ManagedPolicyArns"))):
            text = value.get("Fn::Sub") if isinstance(value, dict) else value
            if isinstance(text, str) and "${" not in (arn := place.filled(text)):
                found[arn] = None
    missing = [arn for arn in found if not s.account.permissions.policy_exists(arn)]
    for arn in missing:
        yield no(f"there is no policy {arn}", "correct the ARN, or create the policy")
    if found and not missing:
        yield ok("all exist")


def records(s: Situation) -> Iterator[Result]:
    """Whether the names of a first deployment have no records: CloudFormation does not replace
    any."""
    if not s.first:
        return
    wanted = {
        (each["HostedZoneId"], str(name), str(each.get("Type")))
        for _, each in bodies(s.templates, RECORD)
        for name in [literal(s.templates, each.get("Name"))]
        if isinstance(each.get("HostedZoneId"), str) and name
    }
    wanted |= {(zone, name, "CNAME") for zone, name, _ in wanted}  # excludes others (RFC 1034)
    taken = [each for each in sorted(wanted) if s.account.domains.record(*each)]
    for zone, name, kind in taken:
        yield no(
            f"{name} has a record of type {kind} in {zone}",
            "delete it, or choose another hostname: the deployment creates its own record",
            ("access", "tls"),
        )
    if wanted and not taken:
        yield ok(f"{' and '.join(sorted({name for _, name, _ in wanted}))} have no records yet")
