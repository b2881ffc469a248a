"""Policies of resources: their principals, as far as they can be judged without IAM."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from camformation.shapes import listed, mappings


def lets_in(policy: Mapping[str, Any], action: str, principals: Iterable[str]) -> bool:
    """Whether a statement allows an action to one of the services, or leaves it to IAM of an
    account. In doubt it does: conditions are not evaluated, and exceptions (NotAction) count as
    allowed.
    """
    wanted = {"*", *principals}
    return any(
        _covers(each, action) and not wanted.isdisjoint(_principals(each))
        for each in _statements(policy)
        if each.get("Effect") == "Allow"
    )


def _statements(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from mappings(policy.get("Statement"))


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return True
    patterns = listed(statement.get("Action", ()))
    return any(fnmatchcase(action.lower(), str(each).lower()) for each in patterns)


def _principals(statement: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the services, and the accounts whose IAM decides: `*` means everybody."""
    if "NotPrincipal" in statement:
        return ("*",)
    given = statement.get("Principal", {})
    if not isinstance(given, Mapping):
        return ("*",) if given == "*" else ()
    found = [str(each) for each in listed(given.get("Service", ()))]
    for each in map(str, listed(given.get("AWS", ()))):
        found.append(
            each.split(":")[4] if re.fullmatch(r"arn:[\w-]+:iam::\d+:root", each) else each
        )
    return tuple(found)
