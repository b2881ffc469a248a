"""Checks that a template works in any account and region."""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Any

from camformation.components.ecr import REGISTRY
from camformation.diagnostics import Finding, Path, Severity
from camformation.linker import json_pointer
from camformation.pipeline import Compiled
from camformation.schema import part_at
from camformation.shapes import mapping, properties

STACK = "AWS::CloudFormation::Stack"
_GEOGRAPHIES = "af|ap|ca|cn|eu|eusc|il|me|mx|sa|us|us-gov|us-iso[a-z]?|eu-isoe"
_DIRECTIONS = "north|south|east|west|central|northeast|northwest|southeast|southwest|de-east"
_REGION = rf"(?<![\w-])(?:{_GEOGRAPHIES})-(?:{_DIRECTIONS})-[0-9]"
# Texts that name one place, the most specific first (AWS General Reference, Regions and ARNs).
LITERALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("account", re.compile(r"(?<![\w.-])[0-9]{12}(?![\w-])")),
    (
        "availability zone",
        re.compile(rf"{_REGION}[a-z](?![\w-])|(?<![\w-])[a-z]{{2,6}}[0-9]-az[0-9]"),
    ),
    ("region", re.compile(rf"{_REGION}(?![\w-])")),
    (
        "resource of one account",
        re.compile(
            r"(?<![\w-])(?:(?:vpc|subnet|rtb|pl|sg|igw|nat|vpce|eni|fs|fsap)-[0-9a-f]{8,17}"
            r"|(?:cluster|db)-[A-Z0-9]{24,32})(?![\w-])"  # resource IDs of RDS
        ),
    ),
    ("hosted zone of one account", re.compile(r"(?<![\w-])Z[A-Z0-9]{12,31}(?![\w-])")),
    ("partition", re.compile(r"(?<![\w-])arn:aws[a-z-]*:")),
)
IMAGE = re.compile(REGISTRY)
"""A private registry of Amazon ECR, which targets in other accounts and regions can pull from."""

REPOSITORY = re.compile(r":ecr:[a-z0-9-]+:[0-9]{12}:repository/")
"""The repository ARN in a permission to pull from it."""

CODE = ("ZipFile",)
"""Properties that contain a program, which is the same everywhere."""

ZONES = ("network", "availability_zones")

NAMED: tuple[tuple[str, str], ...] = (
    ("database.existing.host", "database that every target would share"),
    ("database.source.cluster_identifier", "database cluster of one account"),
    ("database.source.snapshot_identifier", "snapshot of one account"),
    ("orchestration.restore.bucket.name", "bucket of one account"),
)
"""Fields that name one resource without showing its place."""

NAMES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::S3::Bucket": "BucketName",
}
"""Names that all regions of an account, or all accounts, share (StackSets best practices)."""


def literal_in(value: Any) -> tuple[str, str] | None:
    """Return the kind of place that a text names, and the text; None if it names none.

    A registry of images is the same for all targets, on purpose.
    """
    if isinstance(value, str):
        value = REPOSITORY.sub("", IMAGE.sub("", value))
        for kind, pattern in LITERALS:
            if match := pattern.search(value):
                return kind, match[0]
    return None


def check_portable(compiled: Compiled, *, nested: bool = False) -> list[Finding]:
    """Return the values of a compilation that fit only one account or region; with `nested`, nested
    stacks are allowed."""
    found: dict[tuple[Path, str], Finding] = {}
    for name, template in compiled.templates.items():
        for trail, value in _values({k: template.get(k, {}) for k in ("Resources", "Outputs")}):
            path = compiled.spec_path(name, json_pointer(trail)) or ()
            if image := IMAGE.match(value):
                found.setdefault((path, "registry"), _registry(path, image[0].rstrip("/")))
            if literal := literal_in(value):
                found.setdefault((path, literal[0]), _literal(compiled, path, trail, *literal))
        for finding in _unsupported(compiled, name, template, nested=nested):
            found.setdefault((finding.path, finding.message), finding)
    for finding in _named(compiled, {path for path, _ in found}):
        found[finding.path, finding.message] = finding
    return [each for each in found.values() if not _said_closer(each, found.values())]


def _named(compiled: Compiled, known: Container[Path]) -> Iterator[Finding]:
    """Yield fields that name resources of one account, unless they are open or already found."""
    left_open = {each.path for each in compiled.parameters}
    for field, kind in NAMED:
        path: Path = tuple(field.split("."))
        value: Any = compiled.resolved.data
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if value and path not in left_open and path not in known:
            yield _literal(compiled, path, ("", field), kind, value)


def _said_closer(finding: Finding, others: Iterable[Finding]) -> bool:
    """Return whether another finding is about the same text in a field of this one's section:
    computed values have lost their position."""
    text = finding.message.rpartition(", ")[2]
    inside = (each for each in others if each.path[: len(finding.path)] == finding.path)
    return any(each.path != finding.path and each.message.endswith(f", {text}") for each in inside)


def _values(node: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in CODE and not (key == "Description" and trail[:1] == ("Outputs",)):
                yield from _values(value, (*trail, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _values(value, (*trail, index))
    elif isinstance(node, str):
        yield trail, node


def _registry(path: Path, host: str) -> Finding:
    message = f"every target pulls the image from {host}"
    hint = (
        "allow the targets' accounts in the repository's policy, and make sure that every "
        "target can reach that region"
    )
    return Finding(path, "CAM757", message, hint, Severity.WARNING)


def _literal(
    compiled: Compiled, path: Path, trail: tuple[Any, ...], kind: str, text: str
) -> Finding:
    field = ".".join(map(str, path))
    article = "an" if kind[0] in "aeiou" else "a"
    openable = _is_openable(path)
    message = f"{field if openable else trail[1]} names {article} {kind}, {text}"
    if path[:2] == ZONES:
        hint = "give a number of zones, so that each region uses its own; or leave each zone open"
    elif openable:
        hint = f"leave it open: under `parameters`, {parameter_name(path)}: {field}"
    elif path:
        hint = f"change {field} so that it is valid in every account and region"
    else:
        hint = None
    return Finding(path, "CAM750", message, hint)


def _is_openable(path: Path) -> bool:
    return "x-open" in ((part_at(path) if path else None) or {})


def suggested_parameters(findings: Iterable[Finding]) -> dict[str, str]:
    """Return `parameters` that leave the fields of the findings open, if possible."""
    return {
        parameter_name(each.path): ".".join(map(str, each.path))
        for each in findings
        if each.code == "CAM750" and each.path[:2] != ZONES and _is_openable(each.path)
    }


def parameter_name(path: Path) -> str:
    """Return a parameter name for a field."""
    words = [word for step in path for word in re.split(r"[^A-Za-z0-9]+", str(step))]
    return "".join(word[:1].upper() + (word[1:] if not word.isupper() else word[1:].lower())
                   for word in words)  # fmt: skip


def _unsupported(
    compiled: Compiled, name: str, template: dict[str, Any], *, nested: bool
) -> Iterator[Finding]:
    def finding(pointer: str, message: str, hint: str) -> Finding:
        return Finding(compiled.spec_path(name, pointer) or (), "CAM751", message, hint)

    if "Transform" in template:
        yield finding("", f"{name} has a transform", "remove the patch that adds it")
    for title, parameter in template.get("Parameters", {}).items():
        if parameter.get("NoEcho"):
            yield finding("", f"the parameter {title} is NoEcho", "keep secrets in Secrets Manager")
    for title, resource in template["Resources"].items():
        pointer = json_pointer(["Resources", title])
        kind, own = resource["Type"], properties(resource)
        if kind == STACK and not nested:
            yield finding(pointer, f"{title} is a nested stack", "use the flat layout")
        if kind == "AWS::Lambda::Function" and "ZipFile" not in mapping(own.get("Code")):
            yield finding(pointer, f"the code of {title} is not inline", "give it as ZipFile")
        if isinstance(own.get(NAMES.get(kind, "")), str):
            message = f"{title} has a fixed name, which can exist only once"
            yield finding(pointer, message, "let CloudFormation generate the name")


def without_places(template: dict[str, Any]) -> dict[str, Any]:
    """Return the root template without defaults that name an account, region or zone.

    They must then be given at deployment; a wrong default would deploy, and fail late.
    """
    parameters = {
        name: {key: value for key, value in each.items() if key != "Default"}
        if literal_in(each.get("Default"))
        else dict(each)
        for name, each in template.get("Parameters", {}).items()
    }
    return {**template, "Parameters": parameters}
