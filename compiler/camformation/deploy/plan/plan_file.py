"""The plan file: a plan that is deployed exactly as it was reviewed, or not at all.

Besides the plan, the file has fingerprints of the templates to deploy, and of the stack they were
compared with. `moved` returns the changes since then; any change refuses the plan.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from camformation.cost.estimate import CostChange
from camformation.deploy.plan.model import Block, Plan, PropertyChange, ResourceChange
from camformation.deploy.plan.symbols import Templates

VERSION = 1
T = TypeVar("T")


@dataclass(frozen=True)
class Fingerprint:
    """The inputs of a plan: hashes of the templates, and the state of the stack.

    `last_updated` is the stack's last change as AWS writes it; None if there is no stack.
    `settings` are the spec's settings of the stack outside its templates, such as tags.
    """

    account: str | None
    region: str | None
    stack: str | None
    templates: Mapping[str, str]
    deployed: Mapping[str, str]
    last_updated: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanFile:
    """A plan read from a file: its inputs, and whether it may be deployed."""

    fingerprint: Fingerprint
    summary: str
    exit_code: int
    allow: tuple[str, ...]


def hashes(templates: Templates | None) -> dict[str, str]:
    """Return the SHA-256 of every template, independent of its JSON formatting."""
    return {
        name: hashlib.sha256(
            json.dumps(template, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()
        for name, template in sorted((templates or {}).items())
    }


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON data, as `schemas/plan.schema.json` describes it."""
    summary = {**asdict(plan.summary), "text": str(plan.summary)}
    return {
        "version": VERSION,
        "target": asdict(plan.target),
        "summary": summary,
        "exit_code": plan.exit_code,
        "components": [
            {
                "name": component.name,
                "changes": [_change(change) for change in component.changes],
                "phantoms": [asdict(phantom) for phantom in component.phantoms],
            }
            for component in plan.components
        ],
        "outputs": [asdict(output) for output in plan.outputs],
        "gate": [block_data(block) for block in plan.gate],
        "cost": _cost(plan.cost),
    }


def _cost(cost: CostChange | None) -> dict[str, Any] | None:
    if cost is None or not cost.after.known:
        return None
    after = cost.after
    return {
        "region": after.region,
        "currency": "USD",
        "before": round(cost.before.total, 2) if cost.before else 0.0,
        "after": round(after.total, 2),
        "components": [
            {"name": name, "before": round(before, 2), "after": round(later, 2)}
            for name, (before, later) in cost.components().items()
        ],
        "unpriced": sorted({line.key for line in after.unpriced}),
        "unknown_types": sorted({each.type for each in after.unknown}),
        "prices_read": [after.oldest, after.newest],
    }


def plan_file_text(plan: Plan, fingerprint: Fingerprint) -> str:
    """Return the text of a plan file."""
    data = {**plan_data(plan), "fingerprint": asdict(fingerprint)}
    return json.dumps(data, indent=2, default=str) + "\n"


def read_plan(data: Any) -> PlanFile:
    """Return the plan in the JSON data of a plan file. Raises ValueError, with a sentence."""
    if not isinstance(data, dict):
        raise ValueError("the plan file is not a mapping; write it again with `plan --out`")
    version = data.get("version")
    if version != VERSION:
        other = f"has version {version}" if isinstance(version, int) else "has no version"
        raise ValueError(f"the plan file {other}; this camformation reads {VERSION}")
    try:
        found = _typed(dict, data["fingerprint"])
        return PlanFile(
            Fingerprint(
                _text(found["account"]),
                _text(found["region"]),
                _text(found["stack"]),
                _mapping(found["templates"]),
                _mapping(found["deployed"]),
                _text(found["last_updated"]),
                _mapping(found["settings"]),
            ),
            _typed(str, data["summary"]["text"]),
            _typed(int, data["exit_code"]),
            tuple(_typed(str, block["allow"]) for block in data["gate"] if block["allowed"]),
        )
    except KeyError as error:
        raise ValueError(
            f"the plan file lacks {error}; write it again with `plan --out`"
        ) from error
    except TypeError as error:
        raise ValueError("the plan file does not have the form that `plan --out` writes") from error


def _text(value: Any) -> str | None:
    return None if value is None else _typed(str, value)


def _mapping(value: Any) -> dict[str, str]:
    return {key: _typed(str, text) for key, text in _typed(dict, value).items()}


def _typed(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError
    return value


def moved(planned: Fingerprint, now: Fingerprint) -> tuple[str, ...]:
    """Return the changes since the plan was made, as sentences; empty if there are none."""
    found = [
        f"the plan is for {what} {before}, this is {what} {after}"
        for what, before, after in (
            ("account", planned.account, now.account),
            ("region", planned.region, now.region),
            ("stack", planned.stack, now.stack),
        )
        if before != after
    ]
    if changed := _changed(planned.templates, now.templates):
        found.append(f"the spec now compiles to other templates: {changed}")
    if changed := _changed(planned.settings, now.settings):
        found.append(f"the spec now has other settings: {changed}")
    if changed := _changed(planned.deployed, now.deployed):
        found.append(f"different templates were deployed in the meantime: {changed}")
    elif planned.last_updated != now.last_updated:
        found.append(
            f"the stack was last changed {now.last_updated or 'never'}; when the plan was made, "
            f"that was {planned.last_updated or 'never'}"
        )
    return tuple(found)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return ", ".join(sorted(names))


def _change(change: ResourceChange) -> dict[str, Any]:
    data = asdict(change)
    data["properties"] = [_property(leaf) for leaf in change.properties]
    data["chain"] = list(change.chain)
    return data


def block_data(block: Block) -> dict[str, Any]:
    """Return a reason or warning as JSON data."""
    data = asdict(block)
    del data["field"]  # its line is the location
    return data


def _property(leaf: PropertyChange) -> dict[str, Any]:
    return {**asdict(leaf), "forces_replacement": leaf.requires_recreation == "Always"}
