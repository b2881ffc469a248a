"""Rules for the statements that a spec adds to task roles, and for the names of roles."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from camformation.closeness import closest
from camformation.components.iam import StatementSpec, role_name_length
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

ROLE_NAME = 64  # characters
LONGEST_REGION = "us-isof-south-1"
NEEDED = ("elasticfilesystem", "s3", "kms", "rds-db")
"""The services in which brokers have permissions of their own."""

TAKING_OVER = ("iam:passrole", "sts:assumerole")


def statements(d: Deployment) -> Iterator[tuple[Path, StatementSpec]]:
    """Yield the statements that a spec adds to task roles, with their paths."""
    services = [("orchestration", d.orchestration.task_statements)]
    if d.connectors.enabled:
        services.append(("connectors", d.connectors.task_statements))
    for section, statements in services:
        for number, each in enumerate(statements):
            yield (section, "task_statements", number), each


@rule("CAM163", "Unknown service or action in a policy statement", Severity.WARNING)
def unknown(d: Deployment) -> Iterator[Violation]:
    """IAM accepts services and actions that do not exist, and such a statement permits nothing.
    The names are compared with those that AWS has published; newer ones are unknown.

    Source: Service Authorization Reference; IAM User Guide, IAM JSON policy elements (Action).
    """
    for path, each in statements(d):
        for number, action in enumerate(each.actions):
            service, _, name = action.partition(":")
            if not name:
                continue
            actions = _actions(service)
            place = (*path, "actions", number)
            if actions is None:
                near = closest(service, _services_like(service))
                yield Violation(
                    place,
                    f"no AWS service has the prefix {service!r}",
                    f"did you mean {near}:{name}?"
                    if near
                    else "see the Service Authorization Reference for the prefixes",
                )
            elif actions and not any(fnmatchcase(known.lower(), name.lower()) for known in actions):
                near = closest(name, actions)
                yield Violation(
                    place,
                    f"{service} has no action {name!r}",
                    f"did you mean {service}:{near}?"
                    if near
                    else "see the Service Authorization Reference for the actions",
                )


@cache
def _actions(service: str) -> tuple[str, ...] | None:
    """Return the names of a service's actions, or None for a service that is not known."""
    module = "awacs." + ("awslambda" if service == "lambda" else service.replace("-", "_"))
    if not find_spec(module):
        return None
    loaded = vars(import_module(module))
    if loaded.get("prefix") != service:
        return None
    found = (getattr(value, "action", None) for value in loaded.values())
    return tuple(sorted(each for each in found if isinstance(each, str)))


def _services_like(service: str) -> list[str]:
    """Return the prefixes that begin or end as a misspelt one does; there are hundreds."""
    from pkgutil import iter_modules  # only for a misspelt one

    found = find_spec("awacs")
    places = found.submodule_search_locations if found else None
    names = [each.name for each in iter_modules(places)] if places else []
    prefixes = ["lambda" if name == "awslambda" else name.replace("_", "-") for name in names]
    return [each for each in prefixes if each[:1] == service[:1] or each[-2:] == service[-2:]]


@rule("CAM165", "Policy statement without limits", Severity.WARNING)
def unlimited(d: Deployment) -> Iterator[Violation]:
    """Anyone who controls a task has the permissions of its role. `*` for all actions makes the
    task an administrator of the account; all actions of a service on all resources include deleting
    everything in it, and `iam:*` or `sts:*` include taking over every role, as do `iam:PassRole` or
    `sts:AssumeRole` on all resources. Name the actions and the resources.

    A Deny wins over every Allow. A Deny of all actions, or of all actions of a service that brokers
    use for their storage, on all resources and without a condition, stops the brokers: this is an
    error.

    Source: IAM User Guide, Security best practices (least privilege); IAM User Guide, Policy
    evaluation logic.
    """
    for path, each in statements(d):
        everywhere = "*" in each.resources
        for number, action in enumerate(each.actions):
            service, _, name = action.partition(":")
            all_actions = name in ("", "*")
            place = (*path, "actions", number)
            if each.effect == "Deny":
                needed = service == "*" or (path[0] == "orchestration" and service in NEEDED)
                if all_actions and everywhere and needed and not each.conditions:
                    yield Violation(
                        place,
                        f"this denies {_said(action)}, the tasks' own permissions included",
                        "deny particular actions, or name the resources",
                        Severity.ERROR,
                    )
            elif everywhere and action.lower() in TAKING_OVER and not each.conditions:
                yield Violation(
                    place,
                    f"{action} on every resource lets the task take over every role that allows it",
                    "name the roles in resources",
                )
            elif service == "*" or (all_actions and everywhere):
                yield Violation(
                    place,
                    f"this allows {_said(action)}" + (" on every resource" * everywhere),
                    "name the actions that are used, and the resources",
                )


def _said(action: str) -> str:
    service = action.partition(":")[0]
    return "every action of every service" if service == "*" else f"every action of {service}"


@rule("CAM166", "Name of a role that is too long")
def name_length(d: Deployment) -> Iterator[Violation]:
    """The name of a role has at most 64 characters. It consists of `iam.role_name_prefix`, the
    deployment's name, the region, the purpose and, if there is a path, its digest. Without
    `region` in the spec, the longest region's name counts.

    Source: IAM User Guide, IAM and AWS STS quotas (name requirements).
    """
    if not d.iam.role_name_prefix:
        return
    length = role_name_length(d.iam, d.name, d.region or LONGEST_REGION)
    if length > ROLE_NAME:
        longest = len(d.iam.role_name_prefix) - (length - ROLE_NAME)
        yield Violation(
            ("iam", "role_name_prefix"),
            f"names of roles would have {length} characters; IAM allows {ROLE_NAME}",
            f"use a prefix of at most {longest} characters, or a shorter name"
            if longest > 0
            else "use a shorter name for the deployment",
        )
