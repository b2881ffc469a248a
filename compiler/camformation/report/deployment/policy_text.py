"""The policies of a deployment, as text and as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from camformation.counting import counted
from camformation.deploy.preflight.policy import MAX_CHARACTERS, Policy
from camformation.report.terminal_text import readable

FOR = {
    "caller": "the role that runs camformation",
    "CloudFormation": "the service role, or the caller if there is none",
}


@readable
def policy_text(name: str, policies: Sequence[Policy]) -> str:
    """Return an overview: the policies, and the services and resources of their statements."""
    lines = [f"{name}: the permissions that its deployment needs"]
    for part, who in FOR.items():
        lines += ["", f"For {who}:"]
        for policy in policies:
            if policy.part == part:
                size = f"{policy.characters:,} of {MAX_CHARACTERS:,} characters"
                lines += ["", f"  {policy.name}  ({size})"]
                lines += (
                    f"    {line}" for each in policy.document["Statement"] for line in _rows(each)
                )
    return "\n".join(lines) + "\n"


def policy_json(name: str, policies: Sequence[Policy]) -> str:
    """Return the policies as JSON, each with its document."""
    data = [
        {
            "name": each.name,
            "for": each.part,
            "characters": each.characters,
            "document": each.document,
        }
        for each in policies
    ]
    return json.dumps({"deployment": name, "policies": data}, indent=2) + "\n"


def _rows(statement: dict[str, Any]) -> Iterator[str]:
    actions = statement["Action"]
    services: dict[str, list[str]] = {}
    for action in actions:
        service, _, action_name = action.partition(":")
        services.setdefault(service, []).append(action_name)
    for service, names in services.items():
        yield f"{service}: {', '.join(names) if len(names) < 3 else counted(len(names), 'action')}"
    resources = statement["Resource"]
    more = f" and {len(resources) - 1} more" if resources[1:] else ""
    yield f"  on {resources[0]}{more}{_condition(statement)}"


def _condition(statement: dict[str, Any]) -> str:
    """Return a condition in words."""
    tests = [
        f"{key} is {values if isinstance(values, str) else ' or '.join(values)}"
        for test in statement.get("Condition", {}).values()
        for key, values in test.items()
    ]
    return f", if {' and '.join(tests)}" if tests else ""
