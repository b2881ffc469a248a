"""The two readings of a change set, with and without values, merged into one list of changes.

DescribeChangeSet with `IncludePropertyValues` silently drops changes that it has no room or no
rendering for, and without it there are no values (not documented; seen in practice). So a change
set is read both ways: items of only one reading are kept, those of both take their values from the
richer one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RawChange = Mapping[str, Any]
"""One item of `Changes`, as DescribeChangeSet returns it."""

STRENGTH = {"False": 0, "Conditional": 1, "True": 2}


@dataclass(frozen=True)
class StackChanges:
    """DescribeChangeSet's description of one stack: all pages, with property values and without."""

    with_values: tuple[RawChange, ...]
    without_values: tuple[RawChange, ...] = ()


ChangeSetDescription = Mapping[str, StackChanges]
"""By template name: `root` and every nested stack's component."""


@dataclass(frozen=True)
class Detail:
    """CloudFormation's reason for the change of a property or attribute (ResourceChangeDetail)."""

    attribute: str
    name: str
    path: str
    requires_recreation: str
    evaluation: str
    source: str
    causing_entity: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Entry:
    """CloudFormation's description of one resource's change (ResourceChange)."""

    action: str
    logical_id: str
    type: str
    physical_id: str | None
    replacement: str  # True | False | Conditional; "" if it does not apply
    policy_action: str | None
    scope: tuple[str, ...]
    details: tuple[Detail, ...]


def merged(changes: StackChanges) -> dict[str, Entry]:
    """Return the changes of one stack by logical ID, in CloudFormation's order."""
    complete = _by_id(changes.without_values)
    rich = _by_id(changes.with_values)
    order = [*complete, *(logical_id for logical_id in rich if logical_id not in complete)]
    found: dict[str, Entry] = {}
    for logical_id in order:
        entries = [*rich.get(logical_id, ()), *complete.get(logical_id, ())]
        found[logical_id] = _one(entries)
    return found


def _by_id(changes: Iterable[RawChange]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for change in changes:
        resource = change.get("ResourceChange")
        if resource is not None:
            found.setdefault(str(resource["LogicalResourceId"]), []).append(resource)
    return found


def _one(entries: list[Mapping[str, Any]]) -> Entry:
    """Merge the entries of one resource, the richest first."""

    def first(key: str) -> Any:
        return next((entry[key] for entry in entries if entry.get(key)), None)

    details: list[Detail] = []
    for entry in entries:
        known = {(detail.attribute, detail.name, detail.source) for detail in details}
        for raw in entry.get("Details", ()):
            detail = _detail(raw)
            if (detail.attribute, detail.name, detail.source) not in known:
                details.append(detail)
    return Entry(
        action=str(first("Action") or "Modify"),
        logical_id=str(first("LogicalResourceId")),
        type=str(first("ResourceType") or ""),
        physical_id=first("PhysicalResourceId"),
        replacement=max(
            (str(entry.get("Replacement") or "") for entry in entries),
            key=lambda replacement: STRENGTH.get(replacement, -1),
        ),
        policy_action=first("PolicyAction"),
        scope=tuple(dict.fromkeys(scope for entry in entries for scope in entry.get("Scope", ()))),
        details=tuple(details),
    )


def _detail(raw: Mapping[str, Any]) -> Detail:
    target = raw.get("Target", {})
    return Detail(
        attribute=str(target.get("Attribute") or ""),
        name=str(target.get("Name") or ""),
        path=str(target.get("Path") or ""),
        requires_recreation=str(target.get("RequiresRecreation") or "Never"),
        evaluation=str(raw.get("Evaluation") or ""),
        source=str(raw.get("ChangeSource") or ""),
        causing_entity=str(raw.get("CausingEntity") or ""),
        before=target.get("BeforeValue"),
        after=target.get("AfterValue"),
    )
