"""The outbound rules of security groups that patches of a spec add."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def patched_rules(patches: Iterable[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the outbound rules that patches add: where, and their properties."""
    for entry in patches:
        for operation in entry.patch:
            for properties in _rules(operation.get("value")):
                yield str(operation.get("path")), properties


def patched_ports(patches: Iterable[Any]) -> frozenset[int]:
    """Return the ports that patches open, each with its own rule."""
    return frozenset(
        int(str(rule.get("FromPort")))
        for _, rule in patched_rules(patches)
        if str(rule.get("FromPort")).isdigit() and rule.get("FromPort") == rule.get("ToPort")
    )


def _rules(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        properties = value.get("Properties")
        if value.get("Type") == "AWS::EC2::SecurityGroupEgress" and isinstance(properties, Mapping):
            yield properties
        elif "IpProtocol" in value and ("CidrIp" in value or "DestinationPrefixListId" in value):
            yield value
        else:
            for inner in value.values():
                yield from _rules(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _rules(inner)
