"""Builders for IAM and resource policies."""

import re
from collections.abc import Iterable
from typing import Any

from awacs.aws import (
    Action,
    Allow,
    Condition,
    ConditionElement,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import AccountId, AWSHelperFn, Sub
from troposphere.iam import Policy

from camformation.specs import Open
from camformation.units import Value

Resource = Value | AWSHelperFn


def statement(
    sid: str,
    actions: Iterable[str],
    resources: Iterable[Resource],
    conditions: Iterable[ConditionElement] = (),
) -> Statement:
    """Allow actions (`s3:GetObject`) on resources (ARNs); `sid` states the purpose."""
    given = list(conditions)
    return Statement(
        Sid=sid,
        Effect=Allow,
        Action=[Action(*action.split(":")) for action in actions],
        Resource=list(resources),
        **({"Condition": Condition(given)} if given else {}),
    )


def document(statements: Iterable[Statement]) -> PolicyDocument:
    """Return a policy document of the statements."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))


def inline(name: str, statements: Iterable[Statement]) -> Policy:
    """Return an inline policy of a role, deleted together with the role."""
    return Policy(PolicyName=name, PolicyDocument=document(statements))


def assumed_by(service: str, *, conditions: Iterable[ConditionElement] = ()) -> PolicyDocument:
    """Allow an AWS service (`lambda`) to assume a role."""
    given = list(conditions)
    trust = Statement(
        Effect=Allow,
        Principal=Principal("Service", f"{service}.amazonaws.com"),
        Action=[Action("sts", "AssumeRole")],
        **({"Condition": Condition(given)} if given else {}),
    )
    return document([trust])


def assumed_by_tasks() -> PolicyDocument:
    """Allow only ECS tasks of this account to assume a role.

    The condition is the ECS Developer Guide's, against confused deputies (Amazon ECS task IAM
    role).
    """
    return assumed_by("ecs-tasks", conditions=[StringEquals("aws:SourceAccount", AccountId)])


def via(services: Iterable[str], *, region: str = "${AWS::Region}") -> dict[str, Any]:
    """Return the value of a `kms:ViaService` condition for one region, or `*` for any."""
    names = [Sub(f"{service}.{region}.${{AWS::URLSuffix}}") for service in services]
    return {"kms:ViaService": names[0] if len(names) == 1 else names}


def arn(service: str, resource: str, **values: Resource) -> Sub:
    """Return the ARN of a resource of this account and region; `values` fill its `${Names}`."""
    head = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:"
    return Sub(head + resource, dict(values))


def managed_policy_arn(arn: str) -> Value | Sub:
    """Return a managed policy's ARN; AWS managed policies exist in every partition."""
    if isinstance(arn, Open) or not (match := re.fullmatch(r"arn:aws[a-z-]*:(iam::aws:.+)", arn)):
        return arn
    return Sub(f"arn:${{AWS::Partition}}:{match[1]}")
