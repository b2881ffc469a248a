"""Changes of the StackSet itself. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.cloud.stack_sets import AutoDeployment, StackSet, StackSetRequest
from camformation.deploy.fleet.model import StackSetPlan, ValueChange
from camformation.deploy.plan.plan_file import hashes
from camformation.fleet.documents import EXECUTION_ROLE
from camformation.layout import ROOT


def stack_set_plan(
    request: StackSetRequest, template: Mapping[str, Any], live: StackSet | None
) -> StackSetPlan:
    """Return the changes that bring the StackSet to the wanted state."""
    if live is None:
        return StackSetPlan("create")
    changed = hashes({ROOT: live.template}) != hashes({ROOT: template})
    content = (
        *_changes(
            "parameters.",
            effective(live.template, live.parameters),
            effective(template, request.parameters),
        ),
        *_changes("tags.", live.tags, request.tags),
    )
    settings = tuple(_changes("", *_settings(live, request)))
    auto = tuple(
        _changes(
            "",
            {"auto_deployment": _auto(live.auto_deployment)},
            {"auto_deployment": _auto(request.auto_deployment)},
        )
    )
    managed = request.permission_model == "SERVICE_MANAGED"
    alone = auto[0] if managed and auto else None
    anything = changed or content or settings or alone
    return StackSetPlan("update" if anything else "none", changed, content, settings, alone)


def effective(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every parameter of a template, or its default; parameters with neither
    are left out."""
    found = {}
    for name, declared in template.get("Parameters", {}).items():
        if name in parameters:
            found[name] = parameters[name]
        elif "Default" in declared:
            found[name] = str(declared["Default"])
    return found


def _settings(
    live: StackSet, request: StackSetRequest
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    before: dict[str, str | None] = {
        "description": live.description or None,
        "permission_model": live.permission_model,
        "managed_execution": _switch(live.managed_execution),
        "capabilities": ", ".join(sorted(live.capabilities)) or None,
    }
    after: dict[str, str | None] = {
        "description": request.description[:1024] or None,
        "permission_model": request.permission_model,
        "managed_execution": _switch(request.managed_execution),
        "capabilities": ", ".join(sorted(request.capabilities)) or None,
    }
    if request.permission_model == "SELF_MANAGED":
        before["execution_role_name"] = live.execution_role_name or EXECUTION_ROLE
        after["execution_role_name"] = request.execution_role_name or EXECUTION_ROLE
        if request.administration_role_arn:  # without one, the role stays the same
            before["administration_role_arn"] = live.administration_role_arn
            after["administration_role_arn"] = request.administration_role_arn
    return before, after


def _changes(
    prefix: str, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> Iterator[ValueChange]:
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield ValueChange(f"{prefix}{name}", before.get(name), after.get(name))


def _auto(wanted: AutoDeployment | None) -> str:
    if wanted is None or not wanted.enabled:
        return "off"
    leaving = "retained" if wanted.retain_stacks else "deleted"
    after = f", after {', '.join(wanted.depends_on)}" if wanted.depends_on else ""
    return f"on, stacks of accounts that leave are {leaving}{after}"


def _switch(on: bool) -> str:
    return "on" if on else "off"
