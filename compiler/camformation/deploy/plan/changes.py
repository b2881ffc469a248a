"""The change of one resource, merged from our comparison and from CloudFormation's change set."""

import json
from collections.abc import Iterable

from camformation.deploy.plan.merge import Detail, Entry
from camformation.deploy.plan.model import (
    Action,
    Origin,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from camformation.deploy.plan.origins import Origins
from camformation.deploy.plan.phantom import Judged, replacement
from camformation.deploy.plan.provider_schemas import ALWAYS, CONDITIONALLY, NEVER
from camformation.deploy.plan.replacement import Prediction, Predictions, chain
from camformation.deploy.plan.secrecy import masked
from camformation.deploy.plan.symbols import Address
from camformation.deploy.plan.template_diff import AttributeDifference, Kind
from camformation.deploy.plan.values import ABSENT, Item, Step, Steps
from camformation.diagnostics import Location

CHANGED_AFTER_APPLY = "(known after apply)"
PREDICTED = {
    NEVER: Replacement.FALSE,
    CONDITIONALLY: Replacement.CONDITIONAL,
    ALWAYS: Replacement.TRUE,
}
GRAVITY = (Replacement.FALSE, Replacement.CONDITIONAL, Replacement.TRUE)


def resource_change(
    address: Address,
    predictions: Predictions,
    judged: Judged | None,
    origins: Origins,
) -> ResourceChange:
    """Return the change of a resource from our comparison, CloudFormation's change set, or both."""
    prediction = predictions.get(address)
    entry = judged.entry if judged else None
    if prediction and prediction.diff.kind is Kind.ADDED and entry and entry.action == "Modify":
        prediction = None  # it exists after all: the deployed templates are incomplete
    replaced = _replacement(prediction, judged)
    action = _action(prediction, entry, replaced)
    properties = [
        *(_own(address, leaf, needed, origins) for leaf, needed in _leaves(prediction)),
        *(_theirs(address, detail, origins) for detail in _only_theirs(prediction, judged)),
    ]
    if action in (Action.CHANGE, Action.REPLACE):
        steps = tuple(step.logical_id for step in chain(predictions, address))
    else:
        properties, steps = [], (address.logical_id,)
    return ResourceChange(
        component=address.template,
        logical_id=address.logical_id,
        type=prediction.diff.type if prediction else entry.type if entry else "",
        action=action,
        replacement=replaced,
        properties=tuple(properties),
        chain=steps,
        physical_id=entry.physical_id if entry else None,
        old_resource=_old_resource(prediction, entry, action, replaced),
        location=_origin(address, predictions, action, origins),
        origin=Origin.CHANGE_SET
        if prediction is None
        else Origin.BOTH
        if entry
        else Origin.TEMPLATES,
    )


def _replacement(prediction: Prediction | None, judged: Judged | None) -> Replacement:
    """Return the more serious replacement of both; CloudFormation may settle our `Conditional`."""
    ours = PREDICTED[prediction.replacement] if prediction else None
    if judged is not None and judged.entry.action == "Dynamic":
        return max(ours or Replacement.FALSE, Replacement.CONDITIONAL, key=GRAVITY.index)
    if judged is None or judged.entry.action != "Modify":
        return ours or Replacement.FALSE
    theirs = Replacement(replacement(judged))
    if ours is None:
        return theirs
    settled = bool(judged.details) and all(d.evaluation == "Static" for d in judged.details)
    if ours is Replacement.CONDITIONAL and theirs is Replacement.FALSE and settled:
        return theirs
    return max(ours, theirs, key=GRAVITY.index)


def _action(prediction: Prediction | None, entry: Entry | None, replaced: Replacement) -> Action:
    if entry is not None and entry.action in ("Add", "Remove", "Import"):
        return {"Add": Action.ADD, "Remove": Action.DELETE, "Import": Action.IMPORT}[entry.action]
    if prediction is not None and prediction.diff.kind is not Kind.MODIFIED:
        return Action.ADD if prediction.diff.kind is Kind.ADDED else Action.DELETE
    return Action.REPLACE if replaced is Replacement.TRUE else Action.CHANGE


def _old_resource(
    prediction: Prediction | None, entry: Entry | None, action: Action, replaced: Replacement
) -> str | None:
    """The fate of the current resource: CloudFormation's PolicyAction, else the template's
    policy."""
    if action is not Action.DELETE and replaced is Replacement.FALSE:
        return None
    if entry is not None and entry.policy_action:
        return entry.policy_action.removeprefix("ReplaceAnd")
    if prediction is None:
        return "Delete"
    return prediction.diff.on_delete if action is Action.DELETE else prediction.diff.on_replace


def _leaves(prediction: Prediction | None) -> Iterable[tuple[AttributeDifference, str]]:
    if prediction is None or prediction.diff.kind is not Kind.MODIFIED:
        return ()
    return zip(prediction.diff.differences, prediction.required, strict=True)


def _own(
    address: Address, leaf: AttributeDifference, needed: str, origins: Origins
) -> PropertyChange:
    before, hidden = masked((leaf.attribute, *leaf.path), leaf.before)
    after, hides = masked((leaf.attribute, *leaf.path), leaf.after)
    if leaf.cause is not None:
        after = CHANGED_AFTER_APPLY
    return PropertyChange(
        attribute=leaf.attribute,
        path=_path(leaf.path),
        before=before,
        after=after,
        requires_recreation=needed,
        location=origins.of_value(address, leaf),
        cause=leaf.cause.logical_id if leaf.cause else None,
        certain=leaf.certain,
        sensitive=hidden or hides,
    )


def _only_theirs(prediction: Prediction | None, judged: Judged | None) -> list[Detail]:
    """Return CloudFormation's real details that are not in our comparison, each once."""
    known = {
        (leaf.attribute, str(leaf.path[0]) if leaf.path else "") for leaf, _ in _leaves(prediction)
    }
    found: dict[tuple[str, str], Detail] = {}
    for detail in judged.details if judged else ():
        if (detail.attribute, detail.name) not in known:
            found.setdefault((detail.attribute, detail.path or detail.name), detail)
    return list(found.values())


def _theirs(address: Address, detail: Detail, origins: Origins) -> PropertyChange:
    names = detail.path.strip("/").split("/")[1:] if detail.path else [detail.name]
    steps: Steps = tuple(_step(name) for name in names if name)
    before, hidden = masked((detail.attribute, *steps), _decoded(detail.before))
    after, hides = masked((detail.attribute, *steps), _decoded(detail.after))
    return PropertyChange(
        attribute=detail.attribute,
        path=_path(steps),
        before=before,
        after=after,
        requires_recreation=detail.requires_recreation,
        location=origins.of_value(
            address, AttributeDifference(detail.attribute, steps, before, after)
        ),
        cause=None if detail.source == "DirectModification" else detail.causing_entity or None,
        certain=detail.evaluation == "Static",
        sensitive=hidden or hides,
    )


def _step(name: str) -> Step:
    return Item(name, int(name)) if name.isdigit() else name


def _decoded(value: str | None) -> object:
    if value is None:
        return ABSENT
    try:
        return json.loads(value)
    except ValueError:
        return value


def _path(steps: Steps) -> str:
    text = ""
    for step in steps:
        text += f"[{step.label}]" if isinstance(step, Item) else f".{step}" if text else step
    return text


def _origin(
    address: Address, predictions: Predictions, action: Action, origins: Origins
) -> Location | None:
    """Return the line of the chain's start: of the deciding property, or of the resource."""
    first = chain(predictions, address)[0]
    prediction = predictions.get(first)
    if action not in (Action.CHANGE, Action.REPLACE) or prediction is None:
        return origins.of_resource(address)
    located = (origins.of_value(first, leaf) for leaf in prediction.drivers)
    return next((location for location in located if location), None)
