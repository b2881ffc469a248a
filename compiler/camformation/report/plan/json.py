"""A plan as JSON: `schemas/plan.schema.json` describes it."""

import json

from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.plan_file import plan_data


def plan_json(plan: Plan) -> str:
    """Return the plan as JSON text, ending with a newline."""
    return json.dumps(plan_data(plan), indent=2, ensure_ascii=False) + "\n"


def blocked_json(plan: Plan) -> str:
    """Return a blocked plan as a line of JSON: the only event of a deployment that never
    started."""
    return json.dumps({"event": "blocked", "plan": plan_data(plan)}, ensure_ascii=False) + "\n"
