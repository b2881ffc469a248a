"""Replacements of resources, and the replacements that follow from them.

A change of a create-only property replaces the resource (`ALWAYS`), of a conditionally create-only
one may (`CONDITIONALLY`), of any other does not (`NEVER`); the provider schemas define this. The
effect of a changed resource on its dependents:

- a replaced resource has a new `Ref` and new attributes; a resource that may be replaced, perhaps;
- a resource updated in place keeps its `Ref`;
- an attribute that is also a property (`Subnet.CidrBlock`) changes exactly if that property
  changes;
- an attribute that the schema lists as read-only comes from the service and the resource's
identity: it is assumed to stay, except inside a changed property and for the exceptions in
`MOVED_BY`;
- an attribute that the schema does not explain (custom resources, unknown types) may change.

A dependent with such a value counts as changed, and so on, until nothing more follows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from camformation.deploy.plan.provider_schemas import (
    ALWAYS,
    CONDITIONALLY,
    NEVER,
    ResourceSchema,
)
from camformation.deploy.plan.symbols import Address, Symbol, symbols
from camformation.deploy.plan.template_diff import (
    AttributeDifference,
    Kind,
    ResourceDiff,
    Resources,
)
from camformation.deploy.plan.values import Item, Steps, item_name, pointer
from camformation.shapes import is_function

Schemas = Callable[[str], ResourceSchema]

SEVERITY = {NEVER: 0, CONDITIONALLY: 1, ALWAYS: 2}

MOVED_BY: Mapping[tuple[str, str], frozenset[str]] = {
    ("AWS::RDS::DBCluster", "MasterUserSecret.SecretArn"): frozenset({"ManageMasterUserPassword"}),
    ("AWS::RDS::DBCluster", "Endpoint.Port"): frozenset({"Port"}),
    ("AWS::RDS::DBInstance", "Endpoint.Port"): frozenset({"Port"}),
    ("AWS::EC2::LaunchTemplate", "LatestVersionNumber"): frozenset({"LaunchTemplateData"}),
    ("AWS::EC2::LaunchTemplate", "DefaultVersionNumber"): frozenset({"LaunchTemplateData"}),
    ("AWS::SecretsManager::RotationSchedule", "RotationEnabled"): frozenset({"RotationRules"}),
}
"""Read-only attributes that an update in place changes, and the properties that cause it (AWS docs,
Return values of each type)."""

KNOWN_AFTER_APPLY = Symbol(Address("", "known after apply"))
"""The new value of a property that depends on a resource to be replaced."""


@dataclass(frozen=True)
class Prediction:
    """The predicted change of a resource: its differences, and whether it is replaced."""

    diff: ResourceDiff
    required: tuple[str, ...] = ()  # of each difference, in their order
    replacement: str = NEVER

    @property
    def driver(self) -> AttributeDifference | None:
        """The deciding difference: the most serious one, preferring the resource's own."""
        return next(iter(self.drivers), None)

    @property
    def drivers(self) -> tuple[AttributeDifference, ...]:
        """The differences that are as serious as the deciding one, which comes first."""
        worst = max((SEVERITY[needed] for needed in self.required), default=0)
        ranked = [
            leaf
            for leaf, needed in zip(self.diff.differences, self.required, strict=True)
            if SEVERITY[needed] == worst
        ]
        return tuple(sorted(ranked, key=lambda leaf: leaf.cause is not None))


Predictions = dict[Address, Prediction]


def predict(diffs: list[ResourceDiff], after: Resources, schemas: Schemas) -> Predictions:
    """Return a prediction for every different resource, and for those that follow from them."""
    predictions = {diff.address: _predicted(diff, schemas) for diff in diffs}
    readers = _readers(after)
    waiting = [address for address, prediction in predictions.items() if _modified(prediction)]
    while waiting:
        source = waiting.pop(0)
        for reader, leaves in readers.get(source, {}).items():
            earlier = predictions.get(reader)
            if earlier is not None and earlier.diff.kind is Kind.ADDED:
                continue
            following = _followed(
                earlier.diff if earlier else _unchanged(reader, after[reader]),
                [
                    (path, symbol, moved)
                    for path, symbol in leaves
                    if (moved := moves(predictions[source], symbol, schemas)) != NEVER
                ],
            )
            if following is None:
                continue
            predictions[reader] = _predicted(following, schemas)
            waiting.append(reader)
    return predictions


def moves(prediction: Prediction, symbol: Symbol, schemas: Schemas) -> str:
    """Return whether a `Ref` or attribute of a modified resource changes."""
    if prediction.replacement == ALWAYS or symbol.attribute is None:
        return prediction.replacement
    changed = {
        pointer(leaf.path)[:1]: leaf.certain
        for leaf in prediction.diff.differences
        if leaf.attribute == "Properties"
    }
    if not changed:
        return prediction.replacement
    schema = schemas(prediction.diff.type)
    attribute = tuple(symbol.attribute.split("."))
    if attribute in schema.read_only:
        movers = MOVED_BY.get((prediction.diff.type, symbol.attribute), frozenset())
        moved = attribute[:1] in changed or any((name,) in changed for name in movers)
        return CONDITIONALLY if moved else prediction.replacement
    if attribute[0] in schema.properties:
        if attribute[:1] not in changed:
            return prediction.replacement
        return ALWAYS if changed[attribute[:1]] else CONDITIONALLY
    return CONDITIONALLY


def chain(predictions: Predictions, address: Address) -> tuple[Address, ...]:
    """Return the resources that lead to a change, starting with the one that the spec changed."""
    found: list[Address] = []
    current: Address | None = address
    while current is not None and current not in found:
        found.insert(0, current)
        prediction = predictions.get(current)
        driver = prediction.driver if prediction else None
        current = driver.cause if driver else None
    return tuple(found)


def _predicted(diff: ResourceDiff, schemas: Schemas) -> Prediction:
    if diff.kind is not Kind.MODIFIED:
        return Prediction(diff)
    schema = schemas(diff.type)

    def required(leaf: AttributeDifference) -> str:
        if leaf.attribute != "Properties":
            return NEVER
        needed = schema.requires_recreation(pointer(leaf.path))
        return needed if leaf.certain else min(needed, CONDITIONALLY, key=_severity)

    needed = tuple(map(required, diff.differences))
    worst = max(needed, key=_severity, default=NEVER)
    return Prediction(diff, needed, ALWAYS if diff.retyped else worst)


def _severity(required: str) -> int:
    return SEVERITY[required]


def _modified(prediction: Prediction) -> bool:
    return prediction.diff.kind is Kind.MODIFIED


def _unchanged(address: Address, resource: Mapping[str, Any]) -> ResourceDiff:
    return ResourceDiff(
        address,
        Kind.MODIFIED,
        resource["Type"],
        resource,
        resource,
        on_replace=str(resource.get("UpdateReplacePolicy", "Delete")),
    )


def _followed(diff: ResourceDiff, moved: list[tuple[Steps, Symbol, str]]) -> ResourceDiff | None:
    """Add the changed values to which a dependent refers; None if none of them is new."""
    known = {(leaf.attribute, leaf.path): leaf for leaf in diff.differences}
    for path, symbol, how in moved:
        earlier = known.get(("Properties", path))
        certain = how == ALWAYS
        if earlier is None:
            known["Properties", path] = AttributeDifference(
                "Properties", path, symbol, KNOWN_AFTER_APPLY, symbol.resource, certain
            )
        elif certain and not earlier.certain:
            known["Properties", path] = replace(earlier, cause=symbol.resource, certain=True)
    leaves = tuple(known.values())
    return None if leaves == diff.differences else replace(diff, differences=leaves)


Reading = dict[Address, dict[Address, list[tuple[Steps, Symbol]]]]


def _readers(resources: Resources) -> Reading:
    """Return the readers of every resource, with the place and the value."""
    found: Reading = {}
    for reader, resource in resources.items():
        for path, symbol in _leaves(resource.get("Properties", {}), ()):
            if symbol.resource in resources and symbol.resource != reader:
                readings = found.setdefault(symbol.resource, {})
                readings.setdefault(reader, []).append((path, symbol))
    return found


def _leaves(value: Any, path: Steps) -> Iterator[tuple[Steps, Symbol]]:
    if isinstance(value, dict) and not is_function(value):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            step = Item(item_name(item) or str(index), index)
            inner = item["Value"] if _is_pair(item) else item
            yield from _leaves(inner, (*path, step))
    else:
        yield from ((path, symbol) for symbol in symbols(value))


def _is_pair(item: Any) -> bool:
    return isinstance(item, dict) and len(item) == 2 and "Value" in item and bool(item_name(item))
