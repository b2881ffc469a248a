"""The two IAM roles of an ECS task: execution role and task role."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from awacs.aws import Statement, StringEquals
from troposphere import Join, Region, Select, Split, Sub
from troposphere.iam import Role

from camformation.components.ecr import ecr_repository
from camformation.components.fargate import RegistrySpec
from camformation.components.iam import StatementSpec, own_policy
from camformation.components.keys import Keys
from camformation.components.logs import LogGroup
from camformation.components.policies import (
    assumed_by_tasks,
    inline,
    managed_policy_arn,
    statement,
    via,
)
from camformation.specs import Open
from camformation.units import Unit, Value

# Every region has its own account for it (Amazon GuardDuty User Guide, ECR repository for
# GuardDuty agent on AWS Fargate).
AGENT = "arn:${AWS::Partition}:ecr:${AWS::Region}:*:repository/aws-guardduty-agent-fargate"


def execution_role(
    unit: Unit,
    title: str,
    *,
    images: Iterable[str],
    log_group: LogGroup,
    secrets: Iterable[Value],
    keys: Keys,
    registry: RegistrySpec,
    monitored: bool,
) -> Role:
    """Add the role with which ECS itself starts a task: pulls, logs, and reads its secrets.

    `secrets` are ARNs of Secrets Manager secrets or SSM parameters, `keys` their KMS keys, and
    `monitored` allows GuardDuty's agent. The awslogs driver uses this role, so task roles need no
    logs permission (Amazon ECS Developer Guide, Task execution IAM role).
    """
    images = tuple(images)
    logins = [login for image in images if (login := registry.credentials(image))]
    named = dict.fromkeys(  # open ARNs may differ, although their defaults do not
        arn if isinstance(arn, Open) else secret_arn(arn) for arn in (*secrets, *logins)
    )
    arns = [each for arn in named for each in _readable(secret_arn(arn))]
    parameters = [arn for arn in arns if isinstance(arn, str) and ":ssm:" in arn]
    stored = [arn for arn in arns if arn not in parameters]
    decrypting = [keys.secrets, *keys.brought]
    decrypting += [*([registry.kms_key_arn] if logins and registry.kms_key_arn else [])]
    services = [
        *(["secretsmanager"] if stored else []),
        *(["ssm"] if parameters else []),
    ]
    group_streams = Sub("${LogGroupArn}:*", LogGroupArn=log_group.arn)
    grants = [
        *_pull(images, registry.pull_through_cache_prefixes, monitored=monitored),
        statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [group_streams]),
    ]
    if stored:
        grants.append(statement("ReadSecrets", ["secretsmanager:GetSecretValue"], stored))
    if parameters:
        grants.append(statement("ReadParameters", ["ssm:GetParameters"], parameters))
    if services:
        grants.append(
            statement("DecryptSecrets", ["kms:Decrypt"], decrypting, [StringEquals(via(services))])
        )
    return unit.add(
        Role(
            title,
            AssumeRolePolicyDocument=assumed_by_tasks(),
            Policies=[inline("start-task", grants)],
        )
    )


def secret_arn(value: Value | Join) -> Value | Join:
    """Return the secret's own ARN, without the JSON key and version that ECS accepts after it."""
    if isinstance(value, str) and ":secretsmanager:" in value:
        if isinstance(value, Open):  # with or without a key: another deployment's may have one
            parts = Split(":", value)
            return Join(":", [Select(index, parts) for index in range(7)])
        return ":".join(value.split(":")[:7]) if value.count(":") > 6 else value
    return value


def is_complete(name: str) -> bool:
    """Return whether a secret's name in its ARN ends with the six random characters.

    Six letters of one case are probably the last word of a name: only one of 200 random endings
    looks like that.
    """
    if not (found := re.search("-([A-Za-z0-9]{6})$", name)):
        return False
    end = found[1]
    return not (end.isalpha() and (end.islower() or end.isupper()))


def _readable(arn: Value | Join) -> Iterator[Value | Join]:
    """Yield the permitted ARNs for a secret's ARN: if it lacks the random end, any end of six
    characters.

    IAM compares with the complete ARN, even if the secret was requested without its end (AWS
    Secrets Manager User Guide, Identity-based policies).
    """
    yield arn
    if (
        isinstance(arn, str)
        and not isinstance(arn, Open)
        and ":secretsmanager:" in arn
        and not is_complete(arn.rpartition(":")[2])
    ):
        yield f"{arn}-??????"


def _pull(images: Iterable[str], prefixes: Collection[str], *, monitored: bool) -> list[Statement]:
    """Grant the permissions for private ECR repositories; public images and logins need no IAM.

    The first pull through a cache creates the repository and imports the image with the permissions
    of the caller, on ECS the execution role; so do the tags of a repository creation template
    (Amazon ECR User Guide, IAM permissions required to sync an upstream registry).
    """
    found = {each.arn: each for image in images if (each := ecr_repository(image))}
    pulled = [*sorted(found), *([AGENT] if monitored else [])]
    if not pulled:
        return []
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    grants = [
        # GetAuthorizationToken has no resources (Service Authorization Reference, Amazon ECR).
        statement("LoginToEcr", ["ecr:GetAuthorizationToken"], ["*"]),
        statement("PullImages", actions, [Sub(arn) for arn in pulled]),
    ]
    if cached := [arn for arn, each in sorted(found.items()) if each.cached_by(prefixes)]:
        imports = ["ecr:CreateRepository", "ecr:BatchImportUpstreamImage", "ecr:TagResource"]
        grants.append(statement("ImportImages", imports, [Sub(arn) for arn in cached]))
    return grants


def task_role(
    unit: Unit,
    title: str,
    statements: Iterable[Statement],
    *,
    execute_command: bool,
    managed_policies: Iterable[str],
    own_statements: Sequence[StatementSpec] = (),
) -> Role:
    """Add the role of the code inside a task; `managed_policies` are ARNs."""
    grants = list(statements)
    if execute_command:
        grants.append(_exec_statement())
    given: dict[str, Any] = {}
    policies = [inline("run-task", grants)] if grants else []
    if own_statements:
        policies.append(own_policy(own_statements))
    if policies:
        given["Policies"] = policies
    if arns := list(map(managed_policy_arn, managed_policies)):
        given["ManagedPolicyArns"] = arns
    return unit.add(Role(title, AssumeRolePolicyDocument=assumed_by_tasks(), **given))


def _exec_statement() -> Statement:
    """Allow ECS Exec's channels, which have no resources (Amazon ECS docs, ECS Exec)."""
    channels = [
        "CreateControlChannel",
        "CreateDataChannel",
        "OpenControlChannel",
        "OpenDataChannel",
    ]
    here = [StringEquals("aws:RequestedRegion", Region)]
    return statement("ExecuteCommand", [f"ssmmessages:{name}" for name in channels], ["*"], here)
