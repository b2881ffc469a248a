"""Hints for invalid names chosen by the user, such as those of variables, tags and conditions."""

import json

from camformation.closeness import closest
from camformation.diagnostics import Path
from camformation.schema import SPEC, matches
from camformation.spelling import parameter_name, variable

OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
    *("StringNotEqualsIgnoreCase", "NumericEquals", "NumericNotEquals", "NumericLessThan"),
    *("NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals"),
    *("DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan"),
    *("DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals"),
    *("ArnLike", "ArnNotEquals", "ArnNotLike", "Null"),
)
"""Operators of conditions (IAM User Guide, IAM JSON policy elements: Condition operators)."""


def name_hint(value: str, pattern: str, path: Path, language: str) -> str | None:
    """Return the correct spelling of the name that was meant."""
    if path[-1:] in (("environment",), ("secrets",)):  # a property, as files have it
        dashes = "." not in value and ("_" not in value or value.startswith("SECRET_"))
        name = variable(value.replace("-", "_") if dashes else value)
        if matches(pattern, name):
            return f"its name as a variable is {name}"
    if path == ("tags",) and value.lower().startswith("aws:"):
        return "tags that begin with aws: are AWS's own"
    if path[-1:] == ("cluster_parameters",) and matches(pattern, value.lower()):
        return f"did you mean {value.lower()!r}?"
    if path == ("parameters",) and language == SPEC:
        return f"names have letters and digits, such as {parameter_name(value)}"
    if path[-1:] == ("conditions",):
        if close := _operator(value):
            return close
        if ":" in value:
            return f"write the operator first: StringEquals: {{{json.dumps(value)}: …}}"
    return None


def _operator(name: str) -> str | None:
    """Return the operator of a policy's condition that an invalid name was meant as."""
    first, colon, rest = name.rpartition(":")
    of_sets = closest(first, ("ForAllValues", "ForAnyValue")) if colon else ""
    exists = "IfExists" * rest.endswith("IfExists")
    close = closest(rest.removesuffix("IfExists"), OPERATORS)
    if close is None or of_sets is None:
        return None
    return f"did you mean {of_sets}{colon}{close}{exists}?"
