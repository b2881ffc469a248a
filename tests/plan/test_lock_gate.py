"""S3 never switches Object Lock off (CAM717); a vault is not lost or weakened unseen."""

from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates
from plan.sample import LAYOUTS

each_layout = pytest.mark.parametrize("layout", LAYOUTS)
KEY = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def plan(layout: Layout, before: dict[str, Any], after: dict[str, Any], *allow: str) -> Plan:
    old, new = templates(layout, **before), templates(layout, **after)
    return make_plan(old, new, allow=allow)


def found(made: Plan) -> list[tuple[str, str, str | None]]:
    return [(b.code, b.severity, b.allow) for b in made.gate]


def locked(lock: Any) -> dict[str, Any]:
    return {"storage": {"backup": {"object_lock": lock}}}


@each_layout
def test_object_lock_begins_and_changes_in_place(layout: Layout) -> None:
    [(code, severity, _)] = found(plan(layout, locked(None), locked({})))
    assert (code, severity) == ("CAM798", Severity.WARNING)  # for good
    stronger = {"mode": "compliance", "days": 365}
    assert found(plan(layout, locked({}), locked(stronger))) == []
    warned = {("CAM668", Severity.WARNING, None)}  # of objects that are written later
    assert {*found(plan(layout, locked({}), locked({**stronger, "days": 3})))} == warned


@each_layout
def test_object_lock_never_ends(layout: Layout) -> None:
    [(code, severity, allow)] = found(plan(layout, locked({}), locked(None)))
    assert (code, severity, allow) == ("CAM717", Severity.BLOCK, None)


@each_layout
def test_a_plan_of_aws_backup_begins_without_loss(layout: Layout) -> None:
    assert found(plan(layout, {}, {"aws_backup": {}})) == []


@each_layout
def test_a_vault_that_is_given_up_is_kept(layout: Layout) -> None:
    codes = {(c, s) for c, s, _ in found(plan(layout, {"aws_backup": {}}, {}))}
    assert codes == {("CAM652", Severity.WARNING), ("CAM668", Severity.WARNING)}


@each_layout
def test_another_key_would_replace_the_vault(layout: Layout) -> None:
    made = plan(layout, {"aws_backup": {}}, {"aws_backup": {"kms_key_arn": KEY}})
    assert ("CAM650", Severity.BLOCK, "CAM650:BackupVault") in found(made)


@each_layout
def test_a_lock_taken_away_is_said(layout: Layout) -> None:
    made = plan(layout, {"aws_backup": {"lock": {}}}, {"aws_backup": {}})
    assert found(made) == [("CAM668", Severity.WARNING, None)]
