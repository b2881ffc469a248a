"""A fleet plan as JSON: `schemas/fleet-plan.schema.json` describes it."""

import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from camformation.deploy.fleet.calls import begins
from camformation.deploy.fleet.model import (
    Action,
    FleetPlan,
    GateEntry,
    TargetPlan,
    ValueChange,
    Variant,
    WavePlan,
)
from camformation.deploy.fleet.preview import Preview
from camformation.deploy.plan.plan_file import block_data, plan_data
from camformation.report.fleet.plan_text import fleet_summary
from camformation.report.fleet.words import place_data

VERSION = 1


def fleet_plan_json(plan: FleetPlan, previews: Sequence[Preview] = ()) -> str:
    """Return the plan as JSON text, ending with a newline."""
    text = StringIO()  # `dumps` would hold every token of thousands of targets at once
    json.dump(fleet_plan_data(plan, previews), text, indent=2, ensure_ascii=False)
    text.write("\n")
    return text.getvalue()


def blocked_fleet_json(plan: FleetPlan) -> str:
    """Return a blocked plan as a line of JSON: the only event of a deployment that never
    started."""
    document = {"event": "blocked", "plan": fleet_plan_data(plan)}
    return json.dumps(document, ensure_ascii=False) + "\n"


def fleet_plan_data(plan: FleetPlan, previews: Sequence[Preview] = ()) -> dict[str, Any]:
    """Return the plan as JSON data."""
    counts = plan.counts
    return {
        "version": VERSION,
        "stack_set": _stack_set(plan),
        "summary": {
            **{action.value: counts[action] for action in Action},
            "blocked": len(plan.blocks),
            "text": fleet_summary(plan),
        },
        "exit_code": plan.exit_code,
        "waves": [_wave(plan, wave) for wave in plan.waves],
        "leftovers": [_target(plan, each) for each in plan.leftovers],
        "common": plan_data(plan.common) if plan.common else None,
        "variants": [_variant(each) for each in plan.variants],
        "gate": [_gate_entry(each) for each in plan.gate],
        "previews": [_preview(each) for each in previews],
        "base": {"stack_set": plan.base.stack_set, "instances": plan.base.instances},
    }


def _stack_set(plan: FleetPlan) -> dict[str, Any]:
    wanted = plan.stack_set
    return {
        "name": plan.name,
        "id": plan.live.id if plan.live else None,
        "region": plan.region,
        "permission_model": plan.request.permission_model,
        "action": wanted.action,
        "template_changed": wanted.template_changed,
        "content": [_change(each) for each in wanted.content],
        "settings": [_change(each) for each in wanted.settings],
        "auto_deployment": _change(wanted.auto_deployment) if wanted.auto_deployment else None,
    }


def _wave(plan: FleetPlan, wave: WavePlan) -> dict[str, Any]:
    spec = wave.operation
    operation: Mapping[str, Any] = {**vars(spec), "region_order": list(spec.region_order)}
    return {
        "name": str(wave.name),
        "operation": operation,
        "targets": [_target(plan, each) for each in wave.targets],
    }


def _target(plan: FleetPlan, target: TargetPlan) -> dict[str, Any]:
    wanted, instance = target.target, target.instance
    return {
        "account": target.account,
        "region": target.region,
        "organizational_unit": wanted.organizational_unit if wanted else None,
        "action": target.action.value,
        "content": target.content,
        "parameters": dict(wanted.parameters) if wanted else None,
        "overrides": [_change(each) for each in target.overrides],
        "protected_later": begins(plan, target),
        "status": instance.status if instance else None,
        "detailed_status": instance.detailed_status if instance else None,
        "stack_id": instance.stack_id if instance else None,
        "reason": target.reason,
    }


def _change(change: ValueChange) -> dict[str, Any]:
    return {"name": change.name, "before": change.before, "after": change.after}


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "step": variant.step,
        "overridden": list(variant.overridden),
        "changed": list(variant.changed),
        "targets": variant.targets,
        "example": place_data(variant.example),
        "plan": plan_data(variant.plan),
    }


def _gate_entry(entry: GateEntry) -> dict[str, Any]:
    return {
        **block_data(entry.block),
        "targets": entry.targets,
        "example": place_data(entry.example) if entry.example else None,
    }


def _preview(preview: Preview) -> dict[str, Any]:
    return {
        "account": preview.account,
        "region": preview.region,
        "stack_id": preview.stack_id,
        "note": preview.note,
        "plan": plan_data(preview.plan) if preview.plan else None,
    }
