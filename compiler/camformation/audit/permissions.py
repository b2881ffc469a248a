"""The checks of policies, roles and secrets. Each yields what fails, and where."""

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from camformation.audit.matrix import RESOURCE_POLICIES
from camformation.audit.values import Template, allows, conditions, identity_policies, named
from camformation.audit.values import statements as statements_of
from camformation.diagnostics import Path
from camformation.shapes import entries, listed, resources, texts

Failure = tuple[str, Path, str]
"""A logical ID, the path inside its resource, and what is wrong."""

Check = Callable[[Template, str], Iterator[Failure]]
"""Yields the failures of resources of a type."""

SECRET_NAME = re.compile(
    r"(PASSWORD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|ACCESS_KEY(_ID)?|ENGINE_AUTH_DATA)(_\d+)?$"
)
"""Names of secrets, including those of Security Hub's ECS.8."""
LIMITS_NOBODY = {"aws:securetransport"}
"""Condition keys that everyone can satisfy."""
ADMINISTRATORS = ("/AdministratorAccess", "/PowerUserAccess", "/IAMFullAccess")
"""AWS managed policies that allow everything, or allow granting oneself everything."""
READING = {"secretsmanager:GetSecretValue": ":secret:*", "ssm:GetParameters": ":parameter/*"}
"""Actions that read secrets, and the end of an ARN that stands for all of them."""
SOURCES = ("ecs-tasks.",)
"""Services that pass the source account when they assume a role; Lambda does not."""


def plain_secrets(template: Template, kind: str) -> Iterator[Failure]:
    """Yield environment variables that are named like secrets. Their values are not shown."""
    for name, task in resources(template, kind):
        for number, container in entries(task.get("ContainerDefinitions")):
            for index, variable in entries(container.get("Environment")):
                called = str(variable.get("Name"))
                if SECRET_NAME.search(called.upper()) and variable.get("Value"):
                    path = ("Properties", "ContainerDefinitions", number, "Environment", index)
                    yield name, path, called


def public_policy(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies of resources that allow everyone, without a limiting condition."""
    for name, path, statement in _resource_statements(template, kind):
        if _admits_everyone(statement):
            yield name, path, "everyone, without a condition that limits whom"


def _admits_everyone(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    everyone = principal == "*" or (
        isinstance(principal, Mapping) and "*" in map(named, listed(principal.get("AWS")))
    )
    keys = {key.lower() for _, key, _ in conditions(statement)}
    return allows(statement) and everyone and not keys - LIMITS_NOBODY


def endpoint_policies(template: Template, kind: str) -> Iterator[Failure]:
    """Yield endpoints without a policy, or with one that lets everyone reach everything through
    them, as the default does (AWS PrivateLink Guide, Endpoint policies)."""
    for name, properties in resources(template, kind):
        if not properties.get("PolicyDocument"):
            yield name, ("Properties", "PolicyDocument"), "PolicyDocument is not set"
    for name, path, statement in _resource_statements(template, kind):
        if _admits_everyone(statement) and _everywhere(statement, ":*"):
            yield name, path, "everyone, to everything, without a condition"


def grants(template: Template, kind: str) -> Iterator[Failure]:
    """Yield keys whose policy allows grants without `kms:GrantIsForAWSResource` (KMS, Grants)."""
    for name, path, statement in _resource_statements(template, kind):
        granting = {"kms:*", "kms:CreateGrant", "kms:Create*", "*"}
        limited = "kms:GrantIsForAWSResource" in str(statement.get("Condition"))
        if (
            allows(statement)
            and granting & set(texts(statement.get("Action")))
            and not limited
            and not _denies_grants(template, name)
        ):
            yield name, path, "grants for anything"


def _denies_grants(template: Template, key: str) -> bool:
    return any(
        name == key
        and not allows(each)
        and "kms:CreateGrant" in listed(each.get("Action"))
        and "kms:GrantIsForAWSResource" in str(each.get("Condition", {}))
        for name, _, each in _resource_statements(template, "AWS::KMS::Key")
    )


def _resource_statements(
    template: Template, kind: str
) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
    document = RESOURCE_POLICIES[kind][0]
    for name, properties in resources(template, kind):
        for number, statement in statements_of(properties.get(document)):
            yield name, ("Properties", document, "Statement", number), statement


def _allowed(template: Template) -> Iterator[tuple[str, Path, list[str], Mapping[str, Any]]]:
    for name, _, statement, path in identity_policies(template):
        if allows(statement):
            yield name, path, listed(statement.get("Action")), statement


def _covers(pattern: Any, action: str) -> bool:
    """Return whether a policy's action matches one: `*` and `?` are wildcards, cases are equal (IAM
    User Guide, JSON policy elements: Action)."""
    return fnmatchcase(action.lower(), str(pattern).lower().replace("[", "[[]"))


def _everywhere(statement: Mapping[str, Any], every: str) -> bool:
    """Return whether a statement is for every resource, or for all of a kind, such as `key/*`."""
    named_ones = [named(each) for each in listed(statement.get("Resource"))]
    anything = any(each == "*" or each.endswith(every) for each in named_ones)
    return anything or "NotResource" in statement


def admin_policies(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that allow everything, including AWS's own administrator policies."""
    for name, path, actions, statement in _allowed(template):
        everything = any(set(str(each)) <= {"*", ":"} for each in actions)
        if everything or "NotAction" in statement:
            yield name, path, "every action"
    for name, path, arn in _managed(template, kind):
        if arn.endswith(ADMINISTRATORS):
            yield name, path, arn


def service_wildcards(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that allow every action of a service, including those of AWS."""
    for name, path, actions, _ in _allowed(template):
        for number, action in enumerate(actions):
            service, _, what = str(action).partition(":")
            if what and not what.strip("*") and service != "*":
                yield name, (*path, "Action", number), action
    for name, path, arn in _managed(template, kind):
        if arn.endswith("FullAccess") and not arn.endswith(ADMINISTRATORS):
            yield name, path, arn


def _managed(template: Template, kind: str) -> Iterator[Failure]:
    for name, role in resources(template, kind):
        for index, arn in enumerate(map(named, listed(role.get("ManagedPolicyArns")))):
            if ":iam::aws:policy/" in arn:
                yield name, ("Properties", "ManagedPolicyArns", index), arn


def every_secret(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that read every secret or parameter of the account."""
    for name, path, actions, statement in _allowed(template):
        for action, every in READING.items():
            reading = any(_covers(each, action) for each in actions)
            if reading and _everywhere(statement, every):
                yield name, path, f"{action} on everything"


def decrypt_all(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that decrypt with any key."""
    for name, path, actions, statement in _allowed(template):
        decrypting = any(
            _covers(each, action)
            for each in actions
            for action in ("kms:Decrypt", "kms:ReEncryptFrom")
        )
        if decrypting and _everywhere(statement, ":key/*"):
            yield name, path, "kms:Decrypt on every key"


def pass_role(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that pass any role."""
    for name, path, actions, statement in _allowed(template):
        passing = any(_covers(each, "iam:PassRole") for each in actions)
        if passing and _everywhere(statement, ":role/*"):
            yield name, path, "iam:PassRole of every role"


def trust(template: Template, kind: str) -> Iterator[Failure]:
    """Yield roles that principals other than services can assume, or services for another
    account."""
    for name, role in resources(template, kind):
        for _, statement in statements_of(role.get("AssumeRolePolicyDocument")):
            principal = statement.get("Principal", "*")
            named_ones = principal.get("Service") if isinstance(principal, dict) else None
            services = [named(each) for each in listed(named_ones)]
            path = ("Properties", "AssumeRolePolicyDocument")
            if not services or set(principal) != {"Service"}:
                yield name, path, "a principal that is not a service"
            elif any(each.startswith(SOURCES) for each in services) and "aws:Source" not in str(
                statement.get("Condition", {})
            ):
                yield name, path, f"{services[0]} without aws:SourceAccount"


PERMISSION_CHECKS: tuple[Check, ...] = (
    plain_secrets,
    public_policy,
    endpoint_policies,
    grants,
    admin_policies,
    service_wildcards,
    every_secret,
    decrypt_all,
    pass_role,
    trust,
)
