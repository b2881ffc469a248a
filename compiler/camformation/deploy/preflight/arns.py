"""The ARNs of a deployment's resources, as far as they are known before it exists.

CloudFormation names a resource after its stack, so names start with the root stack's name, those in
nested stacks, too. For services that number their resources, only account and region are known.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.change.bootstrap import STACK_NAME
from camformation.deploy.preflight.place import SURE_OF_32, UNDER_STACK, Place
from camformation.deploy.preflight.template_values import (
    bodies,
    clusters,
    foreign_keys,
    literals,
    plain,
    resources,
    values_of,
    zones,
)
from camformation.layout import Templates
from camformation.shapes import mapping, mappings, properties, texts

SECRET = "AWS::SecretsManager::Secret"


def arns(place: Place, templates: Templates) -> dict[str, tuple[str, ...]]:
    """Return the patterns of the ARNs of a deployment's resources in each service.

    Actions that can be limited to resources are limited to those of their service.
    """
    stack, arn = place.stack, place.arn
    generated, lower = place.named(), place.named(lower=True)
    short = place.named(SURE_OF_32)
    running = clusters(templates) or (generated,)
    families = literals(templates, "AWS::ECS::TaskDefinition", "Family") or (generated,)
    groups = _log_groups(templates, lower) or (generated,)
    # A secret without a name gets its logical ID and random characters, without the stack's name.
    secrets = sorted(f"{title}-*" for title, _ in bodies(templates, SECRET))
    hosted = zones(templates)
    balanced = ("loadbalancer/app", "loadbalancer/net", "listener/app", "listener/net",
                "listener-rule/app", "listener-rule/net", "targetgroup")  # fmt: skip
    names = {
        "acm": (arn("acm", "certificate/*"),),
        "aps": tuple(_workspaces(templates)),
        "application-autoscaling": (arn("application-autoscaling", "scalable-target/*"),),
        "backup": (*_vaults(place, templates), arn("backup", "backup-plan:*")),
        "cloudwatch": (
            *(arn("cloudwatch", f"alarm:TargetTracking-service/{name}/*") for name in running),
            *_watching(place, templates),
        ),
        "cloudformation": (
            arn("cloudformation", f"stack/{stack}/*"),
            arn("cloudformation", f"stack/{place.named(UNDER_STACK)}/*"),
            arn("cloudformation", "changeSet/*"),
        ),
        "ec2": (arn("ec2", "*"),),
        "ecs": (
            *(arn("ecs", f"cluster/{name}") for name in running),
            *(
                arn("ecs", f"{kind}/{name}/*")
                for name in running
                for kind in ("service", "service-deployment", "service-revision", "task")
            ),
            *(arn("ecs", f"task-definition/{family}:*") for family in families),
        ),
        "elasticfilesystem": (
            arn("elasticfilesystem", "access-point/*"),
            arn("elasticfilesystem", "file-system/*"),
        ),
        "elasticloadbalancing": tuple(
            arn("elasticloadbalancing", f"{kind}/{short}/*") for kind in balanced
        ),
        "events": (arn("events", f"rule/{generated}"),),
        "iam": (place.global_arn("iam", f"role/{generated}", place.account),),
        "kms": (arn("kms", "key/*"), *foreign_keys(templates)),
        "lambda": (arn("lambda", f"function:{generated}"),),
        "logs": tuple(
            each
            for group in groups
            for each in (arn("logs", f"log-group:{group}"), arn("logs", f"log-group:{group}:*"))
        ),
        "rds": (
            *(
                arn("rds", f"{kind}:{lower}")
                for kind in ("cluster", "db", "subgrp", "cluster-snapshot", "cluster-pg", "pg")
            ),
            *(arn("rds", f"{kind}:default*") for kind in ("cluster-pg", "pg", "og")),
            *_snapshots(place, templates),
        ),
        "route53": (
            *(place.global_arn("route53", f"hostedzone/{zone}") for zone in hosted or ("*",)),
            place.global_arn("route53", "change/*"),
        ),
        "s3": (
            place.global_arn("s3", lower),  # buckets, and objects in them
        ),
        "secretsmanager": tuple(
            arn("secretsmanager", f"secret:{each}") for each in (generated, *secrets)
        ),
        "sns": (arn("sns", generated),),
        "servicediscovery": (
            arn("servicediscovery", "namespace/*"),
            arn("servicediscovery", "service/*"),
        ),
        "wafv2": (
            arn("wafv2", f"regional/webacl/{generated}/*"),
            arn("wafv2", "regional/managedruleset/*"),
            arn("elasticloadbalancing", f"loadbalancer/app/{short}/*"),
        ),
    }  # fmt: skip
    for service, named in _named(place, templates):
        names[service] = (*names[service], named)
    return {service: tuple(dict.fromkeys(each)) for service, each in names.items()}


DATABASE_LOGS = "/aws/rds/cluster/"


def _log_groups(templates: Templates, cluster: str) -> tuple[str, ...]:
    """Return the names of log groups; those of a database's logs contain the cluster's name."""
    found: dict[str, None] = {}
    for name in values_of(templates, "AWS::Logs::LogGroup", "LogGroupName"):
        if name is None:
            return ()
        text = name.get("Fn::Sub") if isinstance(name, Mapping) else name
        if isinstance(text, str) and text.startswith(DATABASE_LOGS):
            text = f"{DATABASE_LOGS}{cluster}/*"
        elif not isinstance(name, str):
            text = "*"
        found[str(text)] = None
    return tuple(found)


def _workspaces(templates: Templates) -> Iterator[str]:
    """Yield the workspaces for Prometheus with rules of the deployment, and these rules."""
    kind = "AWS::APS::RuleGroupsNamespace"
    for workspace in literals(templates, kind, "Workspace"):
        yield workspace
        for name in literals(templates, kind, "Name"):
            yield f"{workspace.replace(':workspace/', ':rulegroupsnamespace/')}/{name}"


def _vaults(place: Place, templates: Templates) -> Iterator[str]:
    """Yield the vaults of AWS Backup; a composed name starts with its known part."""
    for name in values_of(templates, "AWS::Backup::BackupVault", "BackupVaultName"):
        match name:
            case str():
                yield place.arn("backup", f"backup-vault:{name}")
            case {"Fn::Join": [str(separator), [str(first), *_]]}:
                yield place.arn("backup", f"backup-vault:{first}{separator}*")
            case _:
                yield place.arn("backup", "backup-vault:*")


def _watching(place: Place, templates: Templates) -> Iterator[str]:
    """Yield the alarms and dashboards of a deployment, if any."""
    kinds = {each["Type"] for _, each in resources(templates)}
    if "AWS::CloudWatch::Alarm" in kinds:
        yield place.arn("cloudwatch", f"alarm:{place.named()}")
    if "AWS::CloudWatch::Dashboard" in kinds:
        yield place.global_arn("cloudwatch", f"dashboard/{place.named()}", place.account)


NAMED: Mapping[str, tuple[str, str, str]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", "elasticloadbalancing", "*/*/{}/*"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "Name",
        "elasticloadbalancing",
        "targetgroup/{}/*",
    ),
    "AWS::IAM::Role": ("RoleName", "iam", "role/{}"),
    "AWS::Lambda::Function": ("FunctionName", "lambda", "function:{}"),
    "AWS::RDS::DBCluster": ("DBClusterIdentifier", "rds", "cluster:{}"),
    "AWS::RDS::DBClusterParameterGroup": (
        "DBClusterParameterGroupName",
        "rds",
        "cluster-pg:{}",
    ),
    "AWS::RDS::DBInstance": ("DBInstanceIdentifier", "rds", "db:{}"),
    "AWS::RDS::DBSubnetGroup": ("DBSubnetGroupName", "rds", "subgrp:{}"),
    "AWS::S3::Bucket": ("BucketName", "s3", "{}"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager", "secret:{}-*"),
}
"""Properties with a name that replaces CloudFormation's generated one; patches set them."""


def _named(place: Place, templates: Templates) -> Iterator[tuple[str, str]]:
    """Yield the ARNs of resources that have a name of their own, by service."""
    for _, each in resources(templates):
        if each["Type"] == "AWS::IAM::Policy":
            for role in texts(properties(each).get("Roles")):
                for pattern in ("role/{}", "role/*/{}"):
                    yield "iam", place.global_arn("iam", pattern.format(role), place.account)
        if each["Type"] in NAMED:
            field, service, pattern = NAMED[each["Type"]]
            body = properties(each)
            path = str(body.get("Path", "/")).strip("/")
            if name := body.get(field) or (path and place.named()):
                resource = pattern.format(_pattern(place, name))
                if service == "iam":
                    resource = resource.replace("/", f"/{path}/" if path else "/", 1)
                    yield service, place.global_arn(service, resource, place.account)
                elif service == "s3":
                    yield service, place.global_arn(service, resource)
                else:
                    yield service, place.arn(service, resource)


def cluster_arns(place: Place, templates: Templates) -> tuple[str, ...]:
    """Return the ARNs of the ECS clusters."""
    names = clusters(templates) or (place.named(),)
    return tuple(place.arn("ecs", f"cluster/{name}") for name in names)


def artifacts(place: Place) -> str:
    """Return the ARN of the bucket with the templates: the bootstrap's, unless one is named."""
    generated = f"{STACK_NAME}-artifactbucket-*"
    return place.global_arn("s3", place.artifact_bucket or generated)


def passed_roles(place: Place, templates: Templates) -> dict[str, tuple[str, ...]]:
    """Return the passed roles, by the service that assumes them."""
    generated = place.global_arn("iam", f"role/{place.named()}", place.account)
    given = [arn for service, arn in _named(place, templates) if service == "iam"]
    found: dict[str, set[str]] = {}
    for _, resource in resources(templates):
        if resource["Type"] == "AWS::IAM::Role":
            document = mapping(properties(resource).get("AssumeRolePolicyDocument"))
            for statement in mappings(document.get("Statement")):
                for service in texts(mapping(statement.get("Principal")).get("Service")):
                    found.setdefault(service, set()).update((generated, *given))
        for name, service in PASSED.get(resource["Type"], {}).items():
            value = plain(properties(resource).get(name))
            if isinstance(value, str):
                found.setdefault(service, set()).add(place.filled(value))
    return {service: tuple(sorted(roles)) for service, roles in sorted(found.items())}


PASSED: Mapping[str, Mapping[str, str]] = {
    "AWS::ECS::TaskDefinition": {
        "ExecutionRoleArn": "ecs-tasks.amazonaws.com",
        "TaskRoleArn": "ecs-tasks.amazonaws.com",
    },
    "AWS::Lambda::Function": {"Role": "lambda.amazonaws.com"},
    "AWS::RDS::DBCluster": {"MonitoringRoleArn": "monitoring.rds.amazonaws.com"},
    "AWS::RDS::DBInstance": {"MonitoringRoleArn": "monitoring.rds.amazonaws.com"},
}
"""Properties with a role, and the service that it is passed to."""


def _snapshots(place: Place, templates: Templates) -> tuple[str, ...]:
    """Return the snapshots and clusters that a cluster is restored from."""
    return tuple(
        name if name.startswith("arn:") else place.arn("rds", f"{kind}:{name}")
        for field, kind in (
            ("SnapshotIdentifier", "cluster-snapshot"),
            ("SourceDBClusterIdentifier", "cluster"),
        )
        for name in literals(templates, "AWS::RDS::DBCluster", field)
    )


def _pattern(place: Place, name: Any) -> str:
    """Return the pattern of a name: up to the part that CloudFormation fills in, so that one
    pattern covers all roles of a deployment."""
    match name:
        case str():
            return name
        case {"Fn::Sub": str(text)}:
            beginning = place.filled(text[: text.rfind("}") + 1])
            return re.sub(r"\$\{(?!AWS::AccountId\})[^}]*\}", "*", f"{beginning}-*")
    return "*"
