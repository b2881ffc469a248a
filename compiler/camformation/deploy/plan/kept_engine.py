"""The engine version of a live database, kept until the spec names another.

A spec without one gets that of its Camunda `version`. Another `version` would therefore also
upgrade the database, irreversibly, in the same change set and before the brokers. So the deployed
version is kept, like zones.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from camformation.deploy.plan.model import Block, Severity
from camformation.deploy.plan.symbols import Address, Resolver, shown
from camformation.diagnostics import Location, Path
from camformation.frozen import frozen
from camformation.layout import Templates
from camformation.resolve import Resolved
from camformation.units import Parameter

CLUSTER = "AWS::RDS::DBCluster"
GROUP = "AWS::RDS::DBClusterParameterGroup"
FIELD: Path = ("database", "engine_version")


@frozen
class Engine:
    """A deployment's templates and parameters with the engine version kept, and the notice about
    it."""

    templates: Templates
    parameters: Mapping[str, str]
    notices: tuple[Block, ...] = ()


def keep_engine(
    templates: Templates,
    parameters: Iterable[Parameter],
    given: Mapping[str, str],
    deployed: Mapping[str, Mapping[str, Any]] | None,
    deployed_values: Mapping[str, str],
    resolved: Resolved,
) -> Engine:
    """Return the templates with the deployed engine version, unless the spec itself names one.

    `given` are the values of the root stack's `parameters`, `deployed_values` its current ones.
    """
    if deployed is None or isinstance(resolved.origin(FIELD), Location):
        return Engine(templates, given)
    before, after = Resolver(deployed, deployed_values), Resolver(templates, given)
    changed: dict[Address, tuple[str, str]] = {}
    for name, template in templates.items():
        for logical_id, body in template.get("Resources", {}).items():
            if body["Type"] == CLUSTER:
                address = Address(name, logical_id)
                old, new = _version(before, address), _version(after, address)
                if old and new and old != new:
                    changed[address] = old, new
    opened = next((each.name for each in parameters if each.path == FIELD), None)
    values = dict(given)
    pinned = dict(templates)
    for address, (old, _) in changed.items():
        pinned[address.template] = _with_family(pinned[address.template], old)
        if opened:
            values[opened] = old
        else:
            pinned[address.template] = _with(pinned[address.template], address.logical_id, old)
    notices = tuple(_kept(at, *versions, resolved) for at, versions in changed.items())
    return Engine(pinned, values, notices)


def _version(resolver: Resolver, address: Address) -> str:
    body = resolver.templates.get(address.template, {}).get("Resources", {}).get(address.logical_id)
    found = (body or {}).get("Properties", {}).get("EngineVersion", "")
    value = resolver.value(address.template, found)
    return shown(value) if isinstance(value, str) else ""


def _with(template: Mapping[str, Any], logical_id: str, version: str) -> dict[str, Any]:
    body = template["Resources"][logical_id]
    body = {**body, "Properties": {**body["Properties"], "EngineVersion": version}}
    return {**template, "Resources": {**template["Resources"], logical_id: body}}


def _with_family(template: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the template with parameter groups of the version: each is of one major version."""
    family = f"aurora-postgresql{version.partition('.')[0]}"
    groups = {
        name: {**each, "Properties": {**each["Properties"], "Family": family}}
        for name, each in template["Resources"].items()
        if each["Type"] == GROUP
    }
    return {**template, "Resources": {**template["Resources"], **groups}} if groups else template


def _kept(address: Address, old: str, new: str, resolved: Resolved) -> Block:
    return Block(
        "CAM667",
        Severity.WARNING,
        f"{address.logical_id}: stays at engine version {old}, although a new deployment of this "
        f"spec gets {new}",
        f'to pin it, write `engine_version: "{old}"` under `database`; to upgrade it, '
        f'write "{new}", and deploy that by itself',
        address.template,
        address.logical_id,
        resolved.written(("version",)),
    )
