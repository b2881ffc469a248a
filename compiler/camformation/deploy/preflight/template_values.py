"""Literal values from templates."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.layout import Templates
from camformation.shapes import mapping, mappings, properties

RECORD, VALIDATION = "AWS::Route53::RecordSet", "DomainValidationOptions"


def resources(templates: Templates) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every resource with its logical ID."""
    for template in templates.values():
        yield from template["Resources"].items()


def bodies(templates: Templates, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the logical ID and the properties of every resource of these types."""
    for title, each in resources(templates):
        if each["Type"] in types:
            yield title, properties(each)


def literals(templates: Templates, kind: str, name: str) -> tuple[str, ...]:
    """Return the values of a property, `*` if one of them is known only to CloudFormation; none if
    a resource leaves the property out."""
    values = values_of(templates, kind, name)
    if any(value is None for value in values):
        return ()
    return tuple(dict.fromkeys(each if isinstance(each, str) else "*" for each in values))


def values_of(templates: Templates, kind: str, name: str) -> list[Any]:
    """Return a property of all resources of a type, None if they omit it."""
    return [each.get(name) for _, each in bodies(templates, kind)]


def service_of(endpoint: Mapping[str, Any]) -> str:
    """Return the name of the service of a VPC endpoint, with pseudo parameters in it."""
    name = endpoint.get("ServiceName")
    return str(name.get("Fn::Sub") if isinstance(name, dict) else name)


def zones(templates: Templates) -> tuple[str, ...]:
    """Return the hosted zones of records, including those that validate a certificate."""
    found: dict[str, None] = {}
    for _, each in resources(templates):
        body = properties(each)
        values = [
            *([body.get("HostedZoneId")] if each["Type"] == RECORD else []),
            *(option.get("HostedZoneId") for option in mappings(body.get(VALIDATION))),
        ]
        for value in filter(None, values):
            found[value if isinstance(value, str) else "*"] = None
    return tuple(found)


def foreign_keys(templates: Templates) -> tuple[str, ...]:
    """Return the keys that the spec names by ARN; those of another account are not in `key/*`."""
    found = {
        value
        for _, each in resources(templates)
        if each["Type"] not in ("AWS::IAM::Role", "AWS::S3::BucketPolicy", "AWS::KMS::Key")
        for value in _texts(properties(each))
        if re.fullmatch(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+", value)
    }
    return tuple(sorted(found))


def clusters(templates: Templates) -> tuple[str, ...]:
    """Return the names of the ECS clusters: the deployment's, or the one that it uses."""
    if own := literals(templates, "AWS::ECS::Cluster", "ClusterName"):
        return own
    values = [plain(each) for each in values_of(templates, "AWS::ECS::Service", "Cluster")]
    if not all(isinstance(each, str) for each in values):  # it is in another stack
        outputs = (mapping(each.get("Outputs")).get("ClusterArn") for each in templates.values())
        values = [plain(each.get("Value")) for each in map(mapping, outputs) if each] or values
    names = (each.rpartition("/")[2] if isinstance(each, str) else "*" for each in values)
    return tuple(dict.fromkeys(names))


def plain(value: Any) -> Any:
    """Return text, including that of `Fn::Sub` with only pseudo parameters."""
    match value:
        case {"Fn::Sub": str(text)} if re.fullmatch(r"([^$]|\$\{AWS::\w+\})*", text):
            return text
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
