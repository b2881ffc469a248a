"""The ARNs of a deployment's resources, as far as they are known before it exists.

CloudFormation names a resource after its stack, so names begin with the root stack's name: those of
nested stacks do, too. Services that number their resources leave only account and region.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.change.bootstrap import STACK_NAME
from camformation.frozen import frozen
from camformation.layout import Templates

SURE = 20
"""Characters of the stack's name that a generated name keeps: CloudFormation shortens both parts of
a name of at most 63 characters to no less than 24 (cloudformation-cli, IdentifierUtils)."""

SURE_OF_32 = 5
"""The same for names of at most 32 characters, those of load balancers and target groups."""

UNDER_STACK = 60  # of a nested stack's name, whose limit is 128
SECRET = "AWS::SecretsManager::Secret"


@frozen
class Place:
    """A deployment's place: whatever is not known is a pseudo parameter of CloudFormation."""

    stack: str
    partition: str = "${AWS::Partition}"
    region: str = "*"
    account: str = "${AWS::AccountId}"
    artifact_bucket: str | None = None

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str, account: str = "") -> str:
        """Return an ARN of a service without regions."""
        return f"arn:{self.partition}:{service}::{account}:{resource}"

    def filled(self, text: str) -> str:
        """Return text with what is known in place of pseudo parameters."""
        for name, value in (
            ("Partition", self.partition),
            ("Region", self.region),
            ("AccountId", self.account),
        ):
            text = text.replace(f"${{AWS::{name}}}", value)
        return text

    def named(self, sure: int = SURE, *, lower: bool = False) -> str:
        """Return the pattern of names that CloudFormation generates in these stacks."""
        name = self.stack.lower() if lower else self.stack
        whole, cut, _ = name.partition("--")  # generated names have no double hyphen
        if cut or len(whole) >= sure:
            return f"{whole[:sure]}*"
        return f"{whole}-*"


def arns(place: Place, templates: Templates) -> dict[str, tuple[str, ...]]:
    """Return the patterns of the ARNs of a deployment's resources in each service.

    An action that can be limited to resources is limited to those of its service.
    """
    stack, arn = place.stack, place.arn
    generated, lower = place.named(), place.named(lower=True)
    short = place.named(SURE_OF_32)
    clusters = _clusters(templates) or (generated,)
    families = _literals(templates, "AWS::ECS::TaskDefinition", "Family") or (generated,)
    groups = _literals(templates, "AWS::Logs::LogGroup", "LogGroupName") or (generated,)
    # A secret without a name gets its logical ID and random characters, without the stack's name.
    secrets = sorted(f"{title}-*" for title, each in resources(templates) if each["Type"] == SECRET)
    zones = _zones(templates)
    balanced = ("loadbalancer/app", "loadbalancer/net", "listener/app", "listener/net",
                "listener-rule/app", "listener-rule/net", "targetgroup")  # fmt: skip
    names = {
        "acm": (arn("acm", "certificate/*"),),
        "application-autoscaling": (arn("application-autoscaling", "scalable-target/*"),),
        "cloudwatch": tuple(
            arn("cloudwatch", f"alarm:TargetTracking-service/{name}/*") for name in clusters
        ),
        "cloudformation": (
            arn("cloudformation", f"stack/{stack}/*"),
            arn("cloudformation", f"stack/{place.named(UNDER_STACK)}/*"),
            arn("cloudformation", "changeSet/*"),
        ),
        "ec2": (arn("ec2", "*"),),
        "ecs": (
            *(arn("ecs", f"cluster/{name}") for name in clusters),
            *(
                arn("ecs", f"{kind}/{name}/*")
                for name in clusters
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
        "iam": (place.global_arn("iam", f"role/{generated}", place.account),),
        "kms": (arn("kms", "key/*"), *_foreign_keys(templates)),
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
            *(place.global_arn("route53", f"hostedzone/{zone}") for zone in zones or ("*",)),
            place.global_arn("route53", "change/*"),
        ),
        "s3": (
            place.global_arn("s3", lower),  # buckets, and objects in them
        ),
        "secretsmanager": tuple(
            arn("secretsmanager", f"secret:{each}") for each in (generated, *secrets)
        ),
        "servicediscovery": (
            arn("servicediscovery", "namespace/*"),
            arn("servicediscovery", "service/*"),
        ),
    }  # fmt: skip
    for service, named in _named(place, templates):
        names[service] = (*names[service], named)
    return {service: tuple(dict.fromkeys(each)) for service, each in names.items()}


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
"""Properties with a name that CloudFormation takes instead of generating one; patches set them."""


def _named(place: Place, templates: Templates) -> Iterator[tuple[str, str]]:
    """Yield the ARNs of resources that have a name of their own, by service."""
    for _, each in resources(templates):
        if each["Type"] == "AWS::IAM::Policy":
            for role in filter(_is_text, each["Properties"].get("Roles", ())):
                for pattern in ("role/{}", "role/*/{}"):
                    yield "iam", place.global_arn("iam", pattern.format(role), place.account)
        if each["Type"] in NAMED:
            field, service, pattern = NAMED[each["Type"]]
            if name := each.get("Properties", {}).get(field):
                resource = pattern.format(name if isinstance(name, str) else "*")
                if service == "iam":
                    yield service, place.global_arn(service, resource, place.account)
                elif service == "s3":
                    yield service, place.global_arn(service, resource)
                else:
                    yield service, place.arn(service, resource)


def artifacts(place: Place) -> str:
    """Return the ARN of the bucket with the templates: the bootstrap's, unless one is named."""
    generated = f"{STACK_NAME}-artifactbucket-*"
    return place.global_arn("s3", place.artifact_bucket or generated)


def passed_roles(place: Place, templates: Templates) -> dict[str, tuple[str, ...]]:
    """Return the roles that are passed on, by the service that assumes them."""
    generated = place.global_arn("iam", f"role/{place.named()}", place.account)
    given = [arn for service, arn in _named(place, templates) if service == "iam"]
    found: dict[str, set[str]] = {}
    for _, resource in resources(templates):
        if resource["Type"] == "AWS::IAM::Role":
            document = resource["Properties"].get("AssumeRolePolicyDocument", {})
            for statement in document.get("Statement", ()):
                for service in _listed(statement.get("Principal", {}).get("Service")):
                    found.setdefault(service, set()).update((generated, *given))
        for name, service in PASSED.get(resource["Type"], {}).items():
            value = plain(resource.get("Properties", {}).get(name))
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


def resources(templates: Templates) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every resource with its logical ID."""
    for template in templates.values():
        yield from template["Resources"].items()


def _literals(templates: Templates, kind: str, name: str) -> tuple[str, ...]:
    """Return the values of a property, `*` if one of them is known only to CloudFormation; none if
    a resource leaves the property out."""
    values = [
        each.get("Properties", {}).get(name)
        for _, each in resources(templates)
        if each["Type"] == kind
    ]
    if any(value is None for value in values):
        return ()
    return tuple(dict.fromkeys(each if isinstance(each, str) else "*" for each in values))


def _zones(templates: Templates) -> tuple[str, ...]:
    """Return the hosted zones of records, also of those that validate a certificate."""
    found: dict[str, None] = {}
    for _, each in resources(templates):
        properties = each.get("Properties", {})
        values = [
            *([properties.get("HostedZoneId")] if each["Type"] == RECORD else []),
            *(option.get("HostedZoneId") for option in properties.get(VALIDATION, ())),
        ]
        for value in filter(None, values):
            found[value if isinstance(value, str) else "*"] = None
    return tuple(found)


RECORD, VALIDATION = "AWS::Route53::RecordSet", "DomainValidationOptions"


def _foreign_keys(templates: Templates) -> tuple[str, ...]:
    """Return the keys that the spec names by ARN; those of another account are no `key/*`."""
    found = {
        value
        for _, each in resources(templates)
        if each["Type"] not in ("AWS::IAM::Role", "AWS::S3::BucketPolicy", "AWS::KMS::Key")
        for value in _texts(each.get("Properties", {}))
        if re.fullmatch(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+", value)
    }
    return tuple(sorted(found))


def _snapshots(place: Place, templates: Templates) -> tuple[str, ...]:
    """Return the snapshots and clusters that a cluster is restored from."""
    return tuple(
        name if name.startswith("arn:") else place.arn("rds", f"{kind}:{name}")
        for field, kind in (
            ("SnapshotIdentifier", "cluster-snapshot"),
            ("SourceDBClusterIdentifier", "cluster"),
        )
        for name in _literals(templates, "AWS::RDS::DBCluster", field)
    )


def _clusters(templates: Templates) -> tuple[str, ...]:
    """Return the names of the ECS clusters: the deployment's, or the one that it uses."""
    if own := _literals(templates, "AWS::ECS::Cluster", "ClusterName"):
        return own
    values = [
        plain(each["Properties"].get("Cluster"))
        for _, each in resources(templates)
        if each["Type"] == "AWS::ECS::Service"
    ]
    names = (each.rpartition("/")[2] if isinstance(each, str) else "*" for each in values)
    return tuple(dict.fromkeys(names))


def plain(value: Any) -> Any:
    """Return text, also that of `Fn::Sub` with nothing but pseudo parameters in it."""
    match value:
        case {"Fn::Sub": str(text)} if re.fullmatch(r"([^$]|\$\{AWS::\w+\})*", text):
            return text
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
