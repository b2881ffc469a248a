"""Boundary, path and names of all IAM roles, and a spec's own statements for task roles."""

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from troposphere import Sub
from troposphere.iam import Policy, Role

from camformation.components.policies import managed_policy_arn
from camformation.frozen import frozen
from camformation.units import Assembly

OWN_POLICY = "own-statements"
WORD = 4  # letters: so many of a purpose's first and of its last word are in a role's name
PURPOSE = 2 * WORD


@frozen
class IamSpec:
    """The `iam` section of a spec."""

    permissions_boundary_arn: str | None
    role_path: str
    role_name_prefix: str | None
    limit_kms_grants: bool = False  # only AWS services make grants for the deployment's keys


@frozen
class StatementSpec:
    """An entry of `task_statements`: a statement of an IAM policy."""

    sid: str | None
    effect: str  # Allow | Deny
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, str | tuple[str, ...]]]  # operator -> key -> values


def own_policy(statements: Iterable[StatementSpec]) -> Policy:
    """Return the inline policy of a spec's statements, apart from camformation's own."""
    document = {"Version": "2012-10-17", "Statement": [as_written(each) for each in statements]}
    return Policy(PolicyName=OWN_POLICY, PolicyDocument=document)


def as_written(spec: StatementSpec) -> dict[str, Any]:
    """Return a statement as a policy document has it."""
    statement: dict[str, Any] = {"Sid": spec.sid} if spec.sid else {}
    statement |= {
        "Effect": spec.effect,
        "Action": list(spec.actions),
        "Resource": list(spec.resources),
    }
    if spec.conditions:
        statement["Condition"] = {
            operator: {
                key: value if isinstance(value, str) else list(value)
                for key, value in sorted(keys.items())
            }
            for operator, keys in sorted(spec.conditions.items())
        }
    return statement


def set_role_properties(assembly: Assembly, spec: IamSpec) -> None:
    """Give every role of the deployment the spec's boundary, path and name."""
    given: dict[str, Any] = {}
    if spec.permissions_boundary_arn:
        given["PermissionsBoundary"] = managed_policy_arn(spec.permissions_boundary_arn)
    if spec.role_path != "/":
        given["Path"] = spec.role_path
    if not given and not spec.role_name_prefix:
        return
    names: set[str] = set()
    for unit in assembly.units:
        for title, resource in unit.resources.items():
            if not isinstance(resource, Role):
                continue
            for name, value in given.items():
                setattr(resource, name, value)
            if spec.role_name_prefix:
                name = role_name(spec, assembly.name, title)
                if name in names:
                    raise ValueError(f"two roles would be named {name}")
                names.add(name)
                # All regions of an account share its roles' names.
                resource.RoleName = Sub(name)


def role_name(spec: IamSpec, deployment: str, title: str) -> str:
    """Return a role's name, with `${AWS::Region}` for the region.

    The path is part of the name as a digest, because IAM can neither move a role nor have two with
    one name: another path means another name.
    """
    words = "".join(f" {each}" if each.isupper() else each for each in title).split()[:-1]
    purpose = "".join(word[:WORD] for word in dict.fromkeys((words[0], words[-1])))
    end = "" if spec.role_path == "/" else f"-{crc32(spec.role_path.encode()) & 0xFFFF:04x}"
    return f"{spec.role_name_prefix}{deployment}-${{AWS::Region}}-{purpose}{end}"


def role_name_length(spec: IamSpec, deployment: str, region: str) -> int:
    """Return the length of the longest name that a role of the deployment can have."""
    prefix, end = spec.role_name_prefix or "", "" if spec.role_path == "/" else "-0000"
    return len(f"{prefix}{deployment}-{region}-{end}") + PURPOSE
