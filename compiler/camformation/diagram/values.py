"""Values of a template in words for a picture, and the references between its resources."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import islice
from typing import Any

from camformation.audit.values import Template, known, named
from camformation.shapes import mappings

_PART = r"(?:\$\{[^}]*\}|[^:])*:"  # a pseudo parameter has colons of its own
ARN_NAME = re.compile(rf"^arn:{_PART}{_PART}{_PART}{_PART}(?:[a-z-]+[:/])?(.+)$")
UNKNOWN = ("", "None")


def said(template: Template, value: Any) -> str:
    """Return a value as text: that of a parameter's default, the logical ID behind a reference."""
    return "" if value is None else named(known(template, value))


def number(text: str) -> str:
    """Return a count without a fraction of zero."""
    return text.removesuffix(".0")


def arn_name(template: Template, value: Any) -> str:
    """Return the name in an ARN: `camunda-license` of a secret's, without its random suffix."""
    text = said(template, value)
    found = ARN_NAME.match(text)
    if not found:
        return text
    name = found[1].split(":")[0]
    return re.sub(r"-[A-Za-z0-9]{6}$", "", name) if ":secretsmanager:" in text else name


def key_name(template: Template, value: Any) -> str:
    """Return the name of the key that a value refers to: its logical ID, or the end of its ARN."""
    name = arn_name(template, value).rpartition("/")[2]
    return f"{name[:8]}…" if re.fullmatch(r"[0-9a-f-]{36}", name) else name


def cidr(template: Template, value: Any) -> str:
    """Return the block of a subnet, computed if `Fn::Cidr` divides a known one."""
    match value:
        case {"Fn::Select": [index, {"Fn::Cidr": [block, _, bits]}]}:
            try:
                network = ip_network(said(template, block))
                prefix = network.max_prefixlen - int(bits)
                return str(next(islice(network.subnets(new_prefix=prefix), int(index), None)))
            except (ValueError, TypeError, OverflowError, StopIteration):
                return ""
        case _:
            return said(template, value)


def zone(template: Template, value: Any) -> str:
    """Return the name of a subnet's zone, or its number if AWS has yet to name it."""
    match value:
        case {"Fn::Select": [index, {"Fn::GetAZs": _}]} if str(index).isdecimal():
            return f"zone {int(index) + 1}"
        case _:
            return said(template, value)


def references(value: Any) -> Iterator[str]:
    """Yield the logical ID of every resource or parameter that a value refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref" and isinstance(inner, str):
                yield inner
            elif key == "Fn::GetAtt":
                parts = inner[:1] if isinstance(inner, list) else [inner]
                yield from (str(each).partition(".")[0] for each in parts)
            elif key == "Fn::Sub":
                parts = inner if isinstance(inner, list) else [inner]
                for text in parts[:1]:
                    yield from re.findall(r"\$\{(\w+)", str(text))
                yield from references(parts[1:])
            else:
                yield from references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references(inner)


def counted(template: Template, value: Any) -> int:
    """Return a whole number, 0 if it is not known."""
    text = said(template, value)
    return int(text) if text.isdecimal() else 0


def attribute(properties: Any, key: str) -> Any:
    """Return a load balancer's attribute."""
    found = mappings(properties.get("LoadBalancerAttributes"))
    return next((each.get("Value") for each in found if each.get("Key") == key), None)
