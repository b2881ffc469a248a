"""The actions that a deployment needs, with resources and conditions.

There are two parts: the calls of camformation, and those of CloudFormation to create, change and
delete the resources, with its service role or as the caller.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from awacs.aws import (
    Action,
    Allow,
    ArnLike,
    Bool,
    Condition,
    Statement,
    StringEquals,
    StringLike,
)

from camformation.deploy.preflight.arns import arns, artifacts, cluster_arns, passed_roles
from camformation.deploy.preflight.handlers import (
    actions_of,
    is_covered,
    property_names,
    reads_of,
    takes_resources,
)
from camformation.deploy.preflight.own_calls import (
    ANYWHERE,
    ARTIFACTS,
    COMMANDS,
    EMPTYING,
    OPS_TASK,
)
from camformation.deploy.preflight.place import Place
from camformation.deploy.preflight.template_values import bodies, plain, resources
from camformation.frozen import frozen
from camformation.layout import Templates
from camformation.shapes import listed, mappings, texts
from camformation.shapes import properties as properties_of

SERVICE_LINKED: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::": "ecs.application-autoscaling.amazonaws.com",
    "AWS::Backup::BackupSelection": "backup.amazonaws.com",
    "AWS::ECS::": "ecs.amazonaws.com",
    "AWS::EFS::": "elasticfilesystem.amazonaws.com",
    "AWS::ElasticLoadBalancingV2::": "elasticloadbalancing.amazonaws.com",
    "AWS::RDS::": "rds.amazonaws.com",
    "AWS::WAFv2::LoggingConfiguration": "wafv2.amazonaws.com",
}
"""Services whose first resource in an account creates their service-linked role."""

USES_OF_KEYS = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
)
USERS_OF_KEYS = ("backup", "elasticfilesystem", "lambda", "rds", "secretsmanager")


@frozen
class Grant:
    """Actions on resources, under a condition."""

    actions: frozenset[str]
    resources: tuple[str, ...] = ("*",)
    condition: Condition | None = None

    def statement(self, actions: Iterable[str]) -> dict[str, Any]:
        """Return a grant of some of the actions, in a policy's form."""
        optional = {"Condition": self.condition} if self.condition else {}
        made = Statement(
            Effect=Allow,
            Action=[Action(*action.split(":", 1)) for action in sorted(actions)],
            Resource=list(self.resources),
            **optional,
        )
        return dict(json.loads(made.to_json()))


def resource_grants(place: Place, templates: Templates) -> tuple[Grant, ...]:
    """Return the permissions that CloudFormation needs for the resources."""
    names = properties(templates)
    actions = {
        action for kind, each in names.items() for action in actions_of(kind, frozenset(each))
    }
    boundaries = _boundaries(templates)
    bound = actions & set(BOUND) if boundaries else frozenset()
    if boundaries:
        actions -= {"iam:DeleteRolePermissionsBoundary"}
    separate = {*SPECIAL, *USES_OF_KEYS, *ATTACHING, *bound}
    grants = list(_scoped(actions - separate, place, templates))
    grants.extend(_attaching(actions, place, templates))
    if bound:
        within = StringEquals("iam:PermissionsBoundary", list(boundaries))
        grants.append(Grant(frozenset(bound), arns(place, templates)["iam"], Condition(within)))
    if uses := actions & set(USES_OF_KEYS):
        grants.extend(_keys(uses, place, templates))
    if "ManageMasterUserPassword" in names.get("AWS::RDS::DBCluster", ()):
        grants.append(Grant(MASTER_SECRET, (place.arn("secretsmanager", MASTER_SECRETS),)))
    if "iam:PassRole" in actions:
        for service, roles in passed_roles(place, templates).items():
            grants.append(_passing(roles, service))
    linked = sorted({who for start, who in SERVICE_LINKED.items() for kind in names
                     if kind.startswith(start)})  # fmt: skip
    if linked:
        grants.append(_service_linked(place, linked))
    if len(templates) > 1:
        grants.append(Grant(frozenset({"s3:GetObject"}), (f"{artifacts(place)}/*",)))
    return tuple(grants)


def uncovered(templates: Templates) -> tuple[str, ...]:
    """Return the types of resources, added by patches, whose permissions are not published."""
    kinds = {each["Type"] for _, each in resources(templates)}
    return tuple(sorted(kind for kind in kinds if not is_covered(kind)))


def properties(templates: Templates) -> dict[str, set[str]]:
    """Return the types of the resources, each with the names of the properties that are set."""
    names: dict[str, set[str]] = {}
    for _, each in resources(templates):
        names.setdefault(each["Type"], set()).update(property_names(properties_of(each)))
    return names


def caller_grants(
    place: Place, templates: Templates, service_role_arn: str | None
) -> tuple[Grant, ...]:
    """Return the permissions for camformation's own calls."""
    actions = {action for each in COMMANDS.values() for action in each}
    separate = {*ANYWHERE, *OF_CLUSTERS, *ROTATING}
    grants = list(_scoped(actions - separate, place, templates))
    grants.append(Grant(frozenset(ANYWHERE)))
    within = ArnLike("ecs:cluster", list(cluster_arns(place, templates)))
    grants.append(Grant(frozenset(OF_CLUSTERS), condition=Condition(within)))
    grants.extend(_rotating(place, templates))
    bucket = artifacts(place)
    grants.append(Grant(frozenset({"s3:ListBucket"}), (bucket,)))
    grants.append(Grant(frozenset(ARTIFACTS), (f"{bucket}/*",)))
    if any(each.get("DeletionPolicy") == "Delete" and each["Type"] == "AWS::S3::Bucket"
           for _, each in resources(templates)):  # fmt: skip
        grants.append(Grant(frozenset(EMPTYING), arns(place, templates)["s3"]))
    if any(_own_task(title, body) for title, body in resources(templates)):
        grants.append(Grant(frozenset(OPS_TASK), arns(place, templates)["ecs"]))
        if roles := passed_roles(place, templates).get("ecs-tasks.amazonaws.com"):
            grants.append(_passing(roles, "ecs-tasks.amazonaws.com"))
    if service_role_arn:
        grants.append(_passing((service_role_arn,), "cloudformation.amazonaws.com"))
        kinds = {each["Type"] for _, each in resources(templates)}
        reads = {action for kind in kinds for action in reads_of(kind)} - actions
        grants.extend(_scoped(reads, place, templates))
    return tuple(grants)


def _rotating(place: Place, templates: Templates) -> Iterator[Grant]:
    """Yield the permissions for new passwords: of the master user, and of secrets with their own
    key."""
    names = properties(templates)
    if "ManageMasterUserPassword" in names.get("AWS::RDS::DBCluster", ()):
        yield Grant(frozenset(ROTATING), (place.arn("secretsmanager", MASTER_SECRETS),))
    if "KmsKeyId" in names.get("AWS::SecretsManager::Secret", ()):
        uses = {"kms:Decrypt", "kms:GenerateDataKey"}
        yield from _keys(uses, place, templates, ("secretsmanager",))


def _own_task(title: str, body: Mapping[str, Any]) -> bool:
    """Whether a resource is a task that commands run: the ops task, or the seed if `rotate` uses it
    to set a password."""
    if title == "OpsTaskDefinition":
        return True
    containers = mappings(properties_of(body).get("ContainerDefinitions"))
    variables = [each.get("Name") for one in containers for each in mappings(one.get("Secrets"))]
    return title == "SeedTaskDefinition" and "DATABASE_USER_PASSWORD" in variables


SPECIAL = ("iam:PassRole", "iam:CreateServiceLinkedRole")
ATTACHING = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")
MASTER_SECRET = frozenset(
    {"secretsmanager:CreateSecret", "secretsmanager:DescribeSecret", "secretsmanager:TagResource"}
)
"""Actions on the secret that RDS creates for a cluster's master user (RDS User Guide, "Password
management with Secrets Manager"): not its value."""


MASTER_SECRETS = "secret:rds!cluster-*"
ROTATING = ("secretsmanager:RotateSecret",)
"""Of the caller that makes RDS change the master user's password (the same page)."""

OF_CLUSTERS = ("ecs:ListTasks",)
"""Actions that ECS checks on a container instance, or on `*` if none is named: a policy can limit
them only by their cluster (Service Authorization Reference, Amazon ECS)."""


def _scoped(actions: Iterable[str], place: Place, templates: Templates) -> Iterator[Grant]:
    """Yield a grant for each service, limited to the deployment's resources if possible, and one
    for all other actions."""
    known = arns(place, templates)
    scoped: dict[tuple[str, ...], set[str]] = {}
    for action in actions:
        scoped.setdefault(_scope(action, known, place), set()).add(action)
    for where in sorted(scoped, key=lambda where: min(scoped[where])):
        yield Grant(frozenset(scoped[where]), where)


def _scope(action: str, known: Mapping[str, tuple[str, ...]], place: Place) -> tuple[str, ...]:
    service, _, name = action.partition(":")
    if not takes_resources(action) or service not in known:
        return ("*",)
    if service in LISTED and name.startswith("Describe"):
        return (place.arn(service, LISTED[service]),)
    if action in OWN_ZONES:
        return (place.global_arn(service, "hostedzone/*"),)
    if action in EVERY_STACK:
        return (place.arn(service, "stack/*"),)
    return known[service]


OWN_ZONES = (
    "route53:AssociateVPCWithHostedZone",
    "route53:DeleteHostedZone",
    "route53:GetHostedZone",
)
"""Actions on the hosted zones that Cloud Map and VPC endpoints create, whose ids AWS chooses."""

EVERY_STACK = ("cloudformation:DescribeStacks",)
"""Actions that look for other stacks: the bootstrap's, and another of the same deployment."""

LISTED = {"rds": "*", "logs": "log-group:*"}
"""Services whose Describe actions read resources with any name."""


def _keys(
    uses: set[str], place: Place, templates: Templates, users: Iterable[str] = USERS_OF_KEYS
) -> Iterator[Grant]:
    """Yield the use of keys through the services that encrypt with them, never directly."""
    keys = arns(place, templates)["kms"]
    services = [f"{user}.{place.region}.amazonaws.com*" for user in users]
    through = StringLike("kms:ViaService", services)
    if plain := uses - {"kms:CreateGrant"}:
        yield Grant(frozenset(plain), keys, Condition(through))
    if "kms:CreateGrant" in uses:
        for_services = Bool("kms:GrantIsForAWSResource", "true")
        yield Grant(frozenset({"kms:CreateGrant"}), keys, Condition(for_services))


def _attaching(actions: Iterable[str], place: Place, templates: Templates) -> Iterator[Grant]:
    """Yield the attachment of managed policies to roles: only of those in the templates."""
    attached = sorted(
        {
            place.filled(arn) if isinstance(arn, str) else "*"
            for _, role in bodies(templates, "AWS::IAM::Role")
            for arn in map(plain, listed(role.get("ManagedPolicyArns")))
        }
    )
    if attached and (attaching := frozenset(actions) & set(ATTACHING)):
        which = ArnLike("iam:PolicyARN", attached)
        yield Grant(attaching, arns(place, templates)["iam"], Condition(which))


BOUND = ("iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
"""Actions that a permissions boundary can be required for (IAM User Guide, "Delegating
responsibility to others using permissions boundaries")."""


def _boundaries(templates: Templates) -> tuple[str, ...]:
    """Return the permissions boundaries, if every role has one and no other role is changed."""
    found = [each.get("PermissionsBoundary") for _, each in bodies(templates, "AWS::IAM::Role")]
    given = any(texts(each.get("Roles")) for _, each in bodies(templates, "AWS::IAM::Policy"))
    if given or not found or not all(isinstance(each, str) for each in found):
        return ()
    return tuple(sorted(set(map(str, found))))


def _passing(roles: tuple[str, ...], service: str) -> Grant:
    to = StringEquals("iam:PassedToService", service)
    return Grant(frozenset({"iam:PassRole"}), roles, Condition(to))


def _service_linked(place: Place, services: list[str]) -> Grant:
    roles = tuple(
        place.global_arn("iam", f"role/aws-service-role/{service}/*", place.account)
        for service in services
    )
    named = StringEquals("iam:AWSServiceName", services)
    return Grant(frozenset({"iam:CreateServiceLinkedRole"}), roles, Condition(named))
