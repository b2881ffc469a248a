"""Gate checks for AWS Backup: fewer recovery points are allowed, but reported."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.protection_gate import LATER
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import shown, symbols
from camformation.deploy.plan.template_diff import properties_of
from camformation.deploy.plan.values import number
from camformation.rules.cron import yearly
from camformation.shapes import mappings

PLAN, SELECTION = "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection"
ABOUT_AS_OFTEN = 0.95
"""The share of recovery points that still counts as the same number: months differ."""

BACKED_UP = {
    "Database": "the database",
    "Backups": "the backup bucket",
    "Documents": "the documents bucket",
    "FileSystem": "the file system",
}


def backup_gate(situation: Situation) -> Iterator[Block]:
    """Warn of fewer recovery points, copies of them, and resources that have some (CAM668)."""
    for change in situation.changes:
        if change.type == SELECTION and change.action is Action.DELETE:
            yield from _selection(situation, change)
        elif change.type == PLAN and change.action is Action.CHANGE:
            yield from _plan(situation, change)


def _selection(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    selection = properties_of(situation.before, change.address)
    chosen: Any = selection.get("BackupSelection", {})
    resources = {symbol.resource for symbol in symbols(chosen.get("Resources", []))}
    gone = {each.address for each in situation.changes if each.action is Action.DELETE}
    if resources and resources <= gone:
        return  # with the backed-up resource, which is reported
    what = BACKED_UP.get(change.logical_id.removeprefix("BackupSelection"), "what it names")
    yield warned(
        change,
        "CAM668",
        f"{change.logical_id}: AWS Backup makes no more recovery points of {what}",
        "existing recovery points stay in the vault for their retention period; " + LATER,
        change.location,
    )


def _plan(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of fewer recovery points, and of fewer copies of them in other vaults, at any place in
    the plan.
    """
    plans = [properties_of(each, change.address) for each in (situation.before, situation.after)]
    yield from _rarer(change, *map(_schedules, plans))
    old, new = map(_recovery_points, plans)
    for place, before in old.items():
        after = new.get(place)
        copies = place.startswith("arn:")
        what, at = "recovery points", change.line_of("BackupPlan") or change.location
        if copies and place not in new:
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: {what} are no longer copied to {place}",
                "existing copies stay; " + LATER,
                at,
            )
        elif after is not None and (before is None or after < before):
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: {f'copies in {place}' if copies else what} are kept for "
                f"{after:g} days instead of {'forever' if before is None else f'{before:g}'}",
                "this applies to those made from now on; " + LATER,
                at,
            )


def _rarer(
    change: ResourceChange, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Block]:
    """Warn of recovery points that are made less often."""
    for name, expression in before.items():
        old, new = (yearly(each) for each in (expression, after.get(name, "")))
        if old and new and new < old * ABOUT_AS_OFTEN:
            yield warned(
                change,
                "CAM668",
                f"{change.logical_id}: recovery points are made {_a_year(new)} instead of "
                f"{_a_year(old)} ({expression} → {after[name]}): a restore loses more of the "
                "latest data",
                LATER,
                change.line_of("BackupPlan") or change.location,
            )


def _a_year(times: float) -> str:
    return "once a year" if round(times) == 1 else f"about {times:.0f} times a year"


def _schedules(plan: Any) -> dict[str, str]:
    """Return the schedules of a backup plan, by rule."""
    return {
        shown(rule.get("RuleName")): shown(rule.get("ScheduleExpression")) for rule in _rules(plan)
    }


def _rules(plan: Any) -> list[Mapping[str, Any]]:
    rules = mappings(plan.get("BackupPlan"))[:1]
    return mappings(rules[0].get("BackupPlanRule")) if rules else []


def _recovery_points(plan: Any) -> dict[str, float | None]:
    """Return the days for which a backup plan keeps recovery points, by rule, and copies, by vault;
    None means forever.
    """
    found: dict[str, float | None] = {}
    for rule in _rules(plan):
        found[shown(rule.get("RuleName"))] = _days(rule)
        for copy in mappings(rule.get("CopyActions")):
            found[shown(copy.get("DestinationBackupVaultArn"))] = _days(copy)
    return found


def _days(kept: Any) -> float | None:
    lifecycle = kept.get("Lifecycle")
    return number(lifecycle.get("DeleteAfterDays")) if isinstance(lifecycle, dict) else None
