"""The checks of policies, roles and secrets. Each yields what fails, and where."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.audit.matrix import RESOURCE_POLICIES
from camformation.audit.values import Template, identity_policies, listed, named, resources
from camformation.audit.values import statements as statements_of
from camformation.diagnostics import Path

Failure = tuple[str, Path, str]
"""A logical ID, the path inside its resource, and what is wrong."""

Check = Callable[[Template, str], Iterator[Failure]]
"""Yields the failures of resources of a type."""

SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|PRIVATE_KEY|ACCESS_KEY)(_\d+)?$")
SOURCES = ("ecs-tasks.amazonaws.com",)
"""Services that say on whose behalf they assume a role; Lambda does not."""


def plain_secrets(template: Template, kind: str) -> Iterator[Failure]:
    """Yield environment variables that are named like secrets. Their values are not shown."""
    for name, task in resources(template, kind):
        for number, container in enumerate(listed(task.get("ContainerDefinitions"))):
            for index, variable in enumerate(listed(container.get("Environment"))):
                if SECRET_NAME.search(str(variable["Name"]).upper()) and variable.get("Value"):
                    path = ("Properties", "ContainerDefinitions", number, "Environment", index)
                    yield name, path, str(variable["Name"])


def public_key_policy(template: Template, kind: str) -> Iterator[Failure]:
    """Yield keys whose policy admits everyone without a condition."""
    for name, statement in _resource_statements(template, kind):
        principal = statement.get("Principal")
        everyone = principal == "*" or "*" in listed((principal or {}).get("AWS"))
        if statement["Effect"] == "Allow" and everyone and not statement.get("Condition"):
            yield name, ("Properties", "KeyPolicy"), "everyone, without condition"


def grants(template: Template, kind: str) -> Iterator[Failure]:
    """Yield keys whose policy allows grants without `kms:GrantIsForAWSResource` (KMS, Grants)."""
    for name, statement in _resource_statements(template, kind):
        granting = {"kms:*", "kms:CreateGrant", "kms:Create*", "*"}
        limited = "kms:GrantIsForAWSResource" in str(statement.get("Condition", {}))
        if (
            statement["Effect"] == "Allow"
            and granting & set(listed(statement.get("Action")))
            and not limited
            and not _denies_grants(template, name)
        ):
            yield name, ("Properties", "KeyPolicy"), "grants for anything"


def _denies_grants(template: Template, key: str) -> bool:
    return any(
        name == key
        and each["Effect"] == "Deny"
        and "kms:CreateGrant" in listed(each.get("Action"))
        and "kms:GrantIsForAWSResource" in str(each.get("Condition", {}))
        for name, each in _resource_statements(template, "AWS::KMS::Key")
    )


def _resource_statements(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, properties in resources(template, kind):
        for statement in statements_of(properties.get(RESOURCE_POLICIES[kind][0])):
            yield name, statement


def _allowed(template: Template) -> Iterator[tuple[str, Path, list[str], Mapping[str, Any]]]:
    for name, _, statement, path in identity_policies(template):
        if statement["Effect"] == "Allow":
            yield name, path, listed(statement.get("Action")), statement


def admin_policies(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that allow everything, AWS's own administrator policy too."""
    for name, path, actions, statement in _allowed(template):
        if "*" in actions or "*:*" in actions or "NotAction" in statement:
            yield name, path, "every action"
    for name, role in resources(template, kind):
        for arn in map(named, listed(role.get("ManagedPolicyArns"))):
            if arn.endswith("/AdministratorAccess"):
                yield name, ("Properties", "ManagedPolicyArns"), arn


def service_wildcards(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that allow every action of a service."""
    for name, path, actions, _ in _allowed(template):
        for action in actions:
            if action.endswith(":*") and action != "*:*":
                yield name, path, action


def decrypt_all(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that decrypt with any key."""
    for name, path, actions, statement in _allowed(template):
        decrypting = {"kms:Decrypt", "kms:ReEncryptFrom", "kms:*", "*"} & set(actions)
        if decrypting and "*" in listed(statement.get("Resource")):
            yield name, path, "kms:Decrypt on every key"


def pass_role(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that pass any role."""
    for name, path, actions, statement in _allowed(template):
        if "iam:PassRole" in actions and "*" in listed(statement.get("Resource")):
            yield name, path, "iam:PassRole of every role"


def trust(template: Template, kind: str) -> Iterator[Failure]:
    """Yield roles that others than services assume, or services for another account."""
    for name, role in resources(template, kind):
        for statement in statements_of(role.get("AssumeRolePolicyDocument")):
            principal = statement.get("Principal", "*")
            services = listed(principal.get("Service")) if isinstance(principal, dict) else []
            path = ("Properties", "AssumeRolePolicyDocument")
            if not services or set(principal) != {"Service"}:
                yield name, path, "a principal that is not a service"
            elif set(services) & set(SOURCES) and "aws:Source" not in str(
                statement.get("Condition", {})
            ):
                yield name, path, f"{services[0]} without aws:SourceAccount"


PERMISSION_CHECKS: tuple[Check, ...] = (
    plain_secrets,
    public_key_policy,
    grants,
    admin_policies,
    service_wildcards,
    decrypt_all,
    pass_role,
    trust,
)
