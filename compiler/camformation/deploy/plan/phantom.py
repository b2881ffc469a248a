"""Phantom changes: those that CloudFormation reports as possible but that cannot happen.

A nested stack's change set is created before its siblings have run, so every parameter fed by a
sibling's output is unknown, and everything that reads it is reported as changed or replaced. Such a
report is folded if our own comparison finds the same meaning before and after. A detail stays real
if

- our comparison, with its consequences, has a difference in the same property;
- it is a Static direct modification;
- both of its values are known and differ;
- it is Static, and neither the parameter it names nor the resource it refers to is known to stay;
- the type has no schema and the detail would replace the resource.

Without the deployed templates nothing is folded, because there is no comparison.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from camformation.deploy.plan.merge import Detail, Entry
from camformation.deploy.plan.provider_schemas import NEVER
from camformation.deploy.plan.replacement import Predictions, Schemas, moves
from camformation.deploy.plan.symbols import STACK, Address, Resolver, Symbol, symbols
from camformation.deploy.plan.values import same

UNKNOWN = ("{{changeSet:", "{{IntrinsicFunction:")
"""CloudFormation's placeholder for a value that it knows only during the execution."""


@dataclass(frozen=True)
class Judged:
    """An entry of a change set with its real details; `phantom` is set if there are none."""

    entry: Entry
    details: tuple[Detail, ...]
    folded: tuple[Detail, ...]
    phantom: bool


@dataclass(frozen=True)
class Comparison:
    """The facts from our own comparison: both template sets, and the predictions from them.

    `replaced` are resources whose replacement only CloudFormation reports, so their dependents
    follow.
    """

    old: Resolver
    new: Resolver
    predictions: Predictions
    schemas: Schemas
    replaced: frozenset[Address] = frozenset()


def judged_stacks(
    stacks: Mapping[str, Mapping[str, Entry]], ours: Comparison
) -> dict[Address, Judged]:
    """Judge every entry of every stack; a real change in one may make another real."""
    while True:
        found = {
            Address(template, logical_id): judge(template, entry, ours)
            for template, entries in stacks.items()
            for logical_id, entry in entries.items()
        }
        replaced = frozenset(
            address
            for address, judged in found.items()
            if not judged.phantom
            and judged.entry.action == "Modify"
            and address not in ours.predictions
            and replacement(judged) != "False"
        )
        if replaced == ours.replaced:
            return found
        ours = replace(ours, replaced=replaced)


def judge(template: str, entry: Entry, ours: Comparison) -> Judged:
    """Separate an entry's real details from its phantom ones."""
    if entry.action != "Modify" or not entry.details:
        is_stack = entry.type == STACK and Address(template, entry.logical_id) in ours.new.nested
        return Judged(entry, entry.details, (), phantom=is_stack and entry.action == "Modify")
    real = tuple(detail for detail in entry.details if _is_real(template, entry, detail, ours))
    folded = tuple(detail for detail in entry.details if detail not in real)
    return Judged(entry, real, folded, phantom=not real)


def replacement(judged: Judged) -> str:
    """Return CloudFormation's Replacement, from the real details alone if some were folded."""
    if not judged.folded:
        return judged.entry.replacement or "False"
    found = "False"
    for detail in judged.details:
        if detail.requires_recreation == "Always" and detail.evaluation == "Static":
            return "True"
        if detail.requires_recreation != NEVER:
            found = "Conditional"
    return found


def _is_real(template: str, entry: Entry, detail: Detail, ours: Comparison) -> bool:
    address = Address(template, entry.logical_id)
    if _counterpart(address, detail, ours):
        return True
    if address in ours.new.nested and detail.source in ("Automatic", "ParameterReference"):
        return False
    if address in ours.new.nested and detail.name in ("TemplateURL", "Parameters"):
        return False
    if detail.evaluation == "Static" and detail.source == "DirectModification":
        return True
    if detail.requires_recreation != NEVER and not ours.schemas(entry.type).known:
        return True
    if detail.before is not None and detail.after is not None and not _unknown(detail):
        return detail.before != detail.after
    if detail.source == "DirectModification":  # paired with the entry that names its source
        return False
    if detail.evaluation == "Dynamic" and not ours.replaced:
        return False
    return not _stays(template, detail, ours)


def _counterpart(address: Address, detail: Detail, ours: Comparison) -> bool:
    prediction = ours.predictions.get(address)
    if prediction is None:
        return False
    return any(
        leaf.attribute == detail.attribute
        and (leaf.attribute != "Properties" or not leaf.path or leaf.path[0] == detail.name)
        for leaf in prediction.diff.differences
    ) or (detail.attribute == "Tags" and _names_tags(ours.predictions, address))


def _names_tags(predictions: Predictions, address: Address) -> bool:
    return any(
        leaf.path and leaf.path[0] == "Tags" for leaf in predictions[address].diff.differences
    )


def _unknown(detail: Detail) -> bool:
    return any(mark in (detail.after or "") for mark in UNKNOWN)


def _stays(template: str, detail: Detail, ours: Comparison) -> bool:
    """Whether the detail's source is known to keep its value."""
    if detail.source == "ParameterReference":
        old = ours.old.parameter(template, detail.causing_entity)
        new = ours.new.parameter(template, detail.causing_entity)
        fed = list(symbols(new))
        return bool(fed) and same(old, new) and not any(_moved(symbol, ours) for symbol in fed)
    if detail.source in ("ResourceReference", "ResourceAttribute"):
        source = Address(template, detail.causing_entity.split(".", 1)[0])
        return source not in ours.predictions and source not in ours.replaced
    return detail.evaluation == "Dynamic" or detail.source in ("Automatic", "NoModification")


def _moved(symbol: Symbol, ours: Comparison) -> bool:
    if symbol.resource in ours.replaced:
        return True
    prediction = ours.predictions.get(symbol.resource)
    return prediction is not None and moves(prediction, symbol, ours.schemas) != NEVER
