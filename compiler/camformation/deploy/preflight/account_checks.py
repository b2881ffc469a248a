"""Checks of the caller, the clock, the stack, permissions, and names in use."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.status import change_set_type
from camformation.deploy.preflight.grants import (
    SERVICE_LINKED,
    Grant,
    caller_grants,
    resource_grants,
)
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.deploy.preflight.place import Place
from camformation.deploy.preflight.policy_documents import lets_in
from camformation.deploy.preflight.template_values import bodies, resources

SKEW_S = 300
"""Seconds by which a request's time may differ from AWS's (IAM User Guide, SigV4)."""

ROLES = {
    "backup.amazonaws.com": "AWSServiceRoleForBackup",
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "ecs.application-autoscaling.amazonaws.com": (
        "AWSServiceRoleForApplicationAutoScaling_ECSService"
    ),
    "elasticfilesystem.amazonaws.com": "AWSServiceRoleForAmazonElasticFileSystem",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "wafv2.amazonaws.com": "AWSServiceRoleForWAFV2Logging",
}
MOST_NAMED = 5
MOST_EXAMPLES = 10


def caller(s: Situation) -> Iterator[Result]:
    """Whether the caller is in the spec's account."""
    named = f"{s.caller.arn} in {s.caller.account}, {s.cloud.region}"
    if s.caller.arn.endswith(":root"):
        yield no(
            f"{named} is the account's root user",
            "deploy with a role (IAM User Guide, Root user best practices)",
            certain=False,
        )
    else:
        yield ok(named)


def clock(s: Situation) -> Iterator[Result]:
    """Whether AWS would accept this machine's time."""
    theirs = s.cloud.identity.time()
    if theirs is None:
        yield skipped("the answer has no time")
        return
    ahead = (s.now - theirs).total_seconds()
    if abs(ahead) > SKEW_S:
        side = "ahead of" if ahead > 0 else "behind"
        yield no(
            f"this machine's clock is {abs(ahead):.0f} s {side} AWS's",
            "set the clock: AWS refuses requests that differ by more than five minutes",
            certain=False,
        )
    else:
        yield ok(f"within {max(1, round(abs(ahead)))} s of AWS's")


def stack(s: Situation) -> Iterator[Result]:
    """Whether the stack can take a change set."""
    try:
        kind = change_set_type(s.stack)
    except DeployError as error:
        yield no(error.message, error.hint or "")
        return
    if kind == "CREATE" or s.stack is None:
        yield ok("does not exist yet" if s.stack is None else f"empty: {s.stack.status}")
    else:
        yield ok(s.stack.status)


def permissions(s: Situation) -> Iterator[Result]:
    """Whether the policies of caller and service role allow the calls of the deployment."""
    place = place_of(s)
    own = caller_grants(place, s.templates, s.service_role_arn)
    needed = resource_grants(place, s.templates)
    principal = _principal(s)
    if principal is None:
        yield skipped(f"the permissions of {s.caller.arn} cannot be simulated")
    elif s.service_role_arn:
        yield _simulated(s, principal, own)
        yield _simulated(s, s.service_role_arn, needed)
    else:
        yield _simulated(s, principal, (*own, *needed))


def place_of(s: Situation) -> Place:
    """Return the deployment's place, completely known."""
    partition = s.caller.arn.split(":")[1] if s.caller.arn.startswith("arn:") else "aws"
    name = str(s.deployment.stack.name or s.deployment.name)
    given = s.artifact_bucket or s.deployment.stack.artifact_bucket
    return Place(name, partition, s.cloud.region, s.caller.account, str(given) if given else None)


def _principal(s: Situation) -> str | None:
    """Return the ARN of the role or user whose policies decide, not that of its session."""
    found = re.fullmatch(r"arn:[\w-]+:sts::\d+:assumed-role/([^/]+)/.*", s.caller.arn)
    if found:
        return s.account.permissions.role_arn(found[1])
    return s.caller.arn if ":user/" in s.caller.arn else None


def _simulated(s: Situation, principal: str, grants: tuple[Grant, ...]) -> Result:
    missing: dict[str, bool] = {}
    for grant in grants:
        statement = grant.statement(grant.actions)
        context = {
            **_context(statement.get("Condition", {})),
            "aws:RequestedRegion": [s.cloud.region],
        }
        examples = [
            each if each == "*" else each.replace("*", "preflight")
            for each in statement["Resource"][:MOST_EXAMPLES]
        ]
        denials = s.account.permissions.denied(principal, statement["Action"], examples, context)
        for each in denials:
            missing[each.action] = missing.get(each.action, False) or each.explicit
    name = principal.rpartition("/")[2]
    if not missing:
        total = len(set(chain.from_iterable(grant.actions for grant in grants)))
        return ok(f"the policies of {name} allow all {total} actions")
    first = ", ".join(sorted(missing)[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    denied = "; a policy denies some of them" if any(missing.values()) else ""
    return no(
        f"the policies of {name} do not allow {first}{more}{denied}",
        "attach the policies of `camformation policy`; a policy with conditions of your own may "
        "allow more than a simulation knows",
        certain=False,
    )


def _context(condition: Mapping[str, Mapping[str, str | list[str]]]) -> dict[str, list[str]]:
    """Return values that meet a condition."""
    found: dict[str, list[str]] = {}
    for keys in condition.values():
        for key, values in keys.items():
            first = values if isinstance(values, str) else values[0]
            found[key] = [first.replace("*", "")]
    return found


def service_role(s: Situation) -> Iterator[Result]:
    """Whether CloudFormation may assume the service role."""
    arn = s.service_role_arn
    if not arn:
        return
    path = ("stack", "service_role_arn")
    if arn.split(":")[4] != s.caller.account:
        fix = f"name a role of {s.caller.account}, in which CloudFormation acts"
        yield no(f"the service role {arn} is another account's", fix, path)
        return
    service, region = "cloudformation.amazonaws.com", s.cloud.region
    trust = s.account.permissions.trust(arn.rpartition("/")[2])
    if trust is None:
        yield no(f"there is no role {arn}", "correct the ARN, or make the role", path)
    elif not lets_in(trust, "sts:AssumeRole", [service, service.replace(".", f".{region}.", 1)]):
        yield no(
            f"the role {arn} does not trust cloudformation.amazonaws.com",
            "let it assume the role: `camformation policy SPEC --format template` makes one",
            path,
        )
    else:
        yield ok(f"{arn} trusts CloudFormation", path)


def service_linked_roles(s: Situation) -> Iterator[Result]:
    """Whether the service-linked roles exist, or are created with the first resource."""
    kinds = {each["Type"] for _, each in resources(s.templates)}
    wanted = {
        who for start, who in SERVICE_LINKED.items() if any(k.startswith(start) for k in kinds)
    }
    missing = [who for who in sorted(wanted) if s.account.permissions.role_arn(ROLES[who]) is None]
    if missing:
        roles = ", ".join(ROLES[who] for who in missing)
        yield ok(f"{roles} will be created with iam:CreateServiceLinkedRole")
    else:
        yield ok("all exist")


def names(s: Situation) -> Iterator[Result]:
    """Whether names of a first deployment are free."""
    if not s.first:
        return
    taken: list[str] = []
    kinds: dict[str, list[str]] = {}
    for kind, field in FIXED.items():
        for _, each in bodies(s.templates, kind):
            if isinstance(name := each.get(field), str):
                kinds.setdefault(kind, []).append(name)
    if clusters := kinds.get("AWS::ECS::Cluster"):
        taken += (f"the ECS cluster {each}" for each in s.account.names.clusters(clusters))
    for group in kinds.get("AWS::Logs::LogGroup", ()):
        if group in s.account.names.log_groups(group):
            taken.append(f"the log group {group}")
    if namespaces := kinds.get("AWS::ServiceDiscovery::HttpNamespace"):
        existing = {name for kind, name in s.account.names.namespaces() if kind == "HTTP"}
        taken += (f"the Cloud Map namespace {each}" for each in namespaces if each in existing)
    vpc = s.deployment.network.existing
    if not vpc:
        kinds.pop(PRIVATE_NAMESPACE, None)
    if vpc and (zones := kinds.get(PRIVATE_NAMESPACE)):
        there = s.account.domains.private_zones(str(vpc.vpc_id), s.cloud.region)
        taken += (f"the private zone {each} of {vpc.vpc_id}" for each in zones if each in there)
    if vaults := kinds.get("AWS::Backup::BackupVault"):
        there = s.account.names.backup_vaults()
        taken += (f"the backup vault {each}" for each in vaults if each in there)
    roles = sorted(_given_roles(s))
    taken += (f"the role {each}" for each in roles if s.account.permissions.role_arn(each))
    kinds["AWS::IAM::Role"] = roles
    for thing in taken:
        yield no(
            f"{thing} exists, and does not belong to this deployment",
            "delete it if nothing uses it, or give the deployment another `name`",
            ("name",),
        )
    if not taken:
        yield ok(f"{sum(map(len, kinds.values()))} names are free")


def _given_roles(s: Situation) -> set[str]:
    """Return the names of roles that are not generated: they may remain from a half-deleted stack,
    or belong to other regions and deployments."""
    place = place_of(s)
    names = set()
    for _, role in bodies(s.templates, "AWS::IAM::Role"):
        name = role.get("RoleName")
        text = name.get("Fn::Sub") if isinstance(name, Mapping) else name
        if isinstance(text, str) and "${" not in place.filled(text):
            names.add(place.filled(text))
    return names


PRIVATE_NAMESPACE = "AWS::ServiceDiscovery::PrivateDnsNamespace"
FIXED = {
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::ServiceDiscovery::HttpNamespace": "Name",
    PRIVATE_NAMESPACE: "Name",
}
"""Properties with names that are unique in an account's region, or in a VPC: its private zones
(Route 53 API Reference, AssociateVPCWithHostedZone)."""
