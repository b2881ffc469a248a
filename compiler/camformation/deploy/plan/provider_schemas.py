"""CloudFormation's provider schemas: properties that cannot be changed in place, and the IAM
actions of the handlers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from camformation.resource_schemas import cfn_lint_data, resource_schema

Pointer = tuple[str, ...]
"""A property's path by names alone, without list positions: `("PosixUser", "Uid")`."""

NEVER, CONDITIONALLY, ALWAYS = "Never", "Conditionally", "Always"
"""RequiresRecreation of DescribeChangeSet (AWS API reference: ResourceTargetDefinition)."""

CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"
SEED = "Custom::DatabaseSeed"
"""Our own custom resource, whose handler always returns the same physical id
(`components/seed_lambda`); another one would mean a replacement: CloudFormation User Guide, Custom
resources."""


IN_PLACE: Mapping[str, frozenset[Pointer]] = {
    "AWS::RDS::DBInstance": frozenset(
        (each,)
        for each in (
            *("AutoMinorVersionUpgrade", "BackupRetentionPeriod", "DBParameterGroupName"),
            *("MultiAZ", "PreferredMaintenanceWindow"),
        )
    ),
}
"""Properties that schemas call conditionally create-only, but that never cause a replacement
(Amazon RDS API Reference, ModifyDBInstance; CloudFormation Template Reference: some interruptions).
"""


@dataclass(frozen=True)
class ResourceSchema:
    """The part of a provider schema that planning needs. An unknown type has `known` false."""

    type: str
    known: bool = False
    properties: frozenset[str] = frozenset()
    create_only: frozenset[Pointer] = frozenset()
    conditional_create_only: frozenset[Pointer] = frozenset()
    read_only: frozenset[Pointer] = frozenset()
    identifier: tuple[Pointer, ...] = ()

    def requires_recreation(self, pointer: Pointer) -> str:
        """Return whether changing the property at `pointer` replaces the resource.

        A property counts as create-only if it lies inside a create-only one or contains one. For a
        type without a schema, and for a custom resource (its handler decides), nothing is certain.
        """
        if _covers(self.create_only, pointer):
            return ALWAYS
        if not self.known or self.type == CUSTOM_RESOURCE:
            return CONDITIONALLY
        return CONDITIONALLY if _covers(self.conditional_create_only, pointer) else NEVER


@cache
def schema_of(resource_type: str) -> ResourceSchema:
    """Return the schema of a type, such as `AWS::EFS::FileSystem`; `Custom::…` is a custom
    resource."""
    if resource_type == SEED:
        return ResourceSchema(resource_type, known=True)
    if resource_type.startswith("Custom::"):
        resource_type = CUSTOM_RESOURCE
    schema = resource_schema(resource_type)
    if schema is None:
        return ResourceSchema(resource_type)
    return ResourceSchema(
        resource_type,
        known=True,
        properties=frozenset(schema.get("properties", ())),
        create_only=_pointers(schema, "createOnlyProperties"),
        conditional_create_only=_pointers(schema, "conditionalCreateOnlyProperties")
        - IN_PLACE.get(resource_type, frozenset()),
        read_only=_pointers(schema, "readOnlyProperties"),
        identifier=tuple(
            tuple(pointer.split("/")[2:]) for pointer in schema.get("primaryIdentifier", ())
        ),
    )


@cache
def handlers_of(resource_type: str) -> Mapping[str, frozenset[str]]:
    """Return the IAM actions that each handler of a type calls: `create`, `read`, `update` …"""
    handlers = (resource_schema(resource_type) or {}).get("handlers", {})
    return {
        name: frozenset(handler.get("permissions", ()))
        for name, handler in handlers.items()
        if name != "list"  # CloudFormation does not list resources to deploy them
    }


@cache
def iam_services() -> Mapping[str, Any]:
    """Return IAM's actions of each service, in lower case, and their resources."""
    folder = cfn_lint_data()
    path = folder / "AdditionalSpecs" / "Policies.json" if folder else None
    return dict(json.loads(path.read_text("utf-8"))) if path and path.is_file() else {}


def _pointers(schema: dict[str, Any], key: str) -> frozenset[Pointer]:
    return frozenset(
        tuple(step for step in pointer.split("/")[2:] if step != "*")
        for pointer in schema.get(key, ())
    )


def _covers(pointers: Iterable[Pointer], pointer: Pointer) -> bool:
    return any(
        pointer[: len(known)] == known or known[: len(pointer)] == pointer for known in pointers
    )
