"""Fleets that have little to do, one target or no parameters, and previews: as they are typed."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from click.testing import CliRunner

from camformation.cli.main import main, root
from camformation.deploy.operation.interrupt import InterruptibleClock
from deploy.moto_server import ACCOUNT
from fleet.inert import CANARY, FINANCE, FLEET, NAME, OTHER, REGION, SPEC, changed, inert, written

__all__ = ["inert"]
ONE = [{"name": "only", "targets": [{"accounts": [CANARY], "regions": [REGION]}]}]
BARE = {key: value for key, value in SPEC.items() if key != "parameters"}


@pytest.fixture(autouse=True)
def at_once(inert: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InterruptibleClock, "sleep", lambda self, seconds: None)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return written(tmp_path)


def run(*words: str | Path) -> int:
    return main(["fleet", *map(str, words)])


def locked(fleet: Path) -> dict[str, str]:
    read = json.loads(fleet.with_name("fleet.lock.json").read_text("utf-8"))
    found: dict[str, str] = read["cidrs"]["VpcCidr"]
    return found


def stack_sets() -> Any:
    return boto3.client("cloudformation", region_name=REGION)


def test_the_lock_file_alone_is_written_without_an_operation(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("deploy", fleet, "--yes") == 0
    gone = f"{FINANCE}/{OTHER}"
    named = ("--yes", "--name", NAME)
    assert run("remove", fleet, "--target", gone, "--retain-stacks", *named) == 0
    fewer = {"name": "rest", "targets": [
        {"accounts": [CANARY], "regions": [OTHER]}, {"accounts": [FINANCE], "regions": [REGION]},
    ]}  # fmt: skip
    changed(fleet, waves=[FLEET["waves"][0], fewer])
    before = stack_sets().list_stack_set_operations(StackSetName=NAME)["Summaries"]
    assert run("deploy", fleet, "--yes") == 0
    assert gone in locked(fleet), "a block stays until it is given back"
    capsys.readouterr()
    assert run("deploy", fleet, "--yes", "--release", gone) == 0
    said = capsys.readouterr()
    assert "No changes" in said.out and "commit it" in said.err
    assert gone not in locked(fleet) and len(locked(fleet)) == 3
    after = stack_sets().list_stack_set_operations(StackSetName=NAME)["Summaries"]
    assert len(after) == len(before)


@pytest.mark.parametrize("target", [f"{CANARY}/{REGION}", f"{FINANCE}/{OTHER}"])
def test_a_block_that_a_stack_uses_is_not_given_back(
    fleet: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("deploy", fleet, "--yes") == 0
    changed(fleet, waves=FLEET["waves"][:1], overrides=[])  # the second one is left over
    before = fleet.with_name("fleet.lock.json").read_text("utf-8")
    capsys.readouterr()
    assert run("deploy", fleet, "--yes", "--release", target) == 1
    said = capsys.readouterr()
    assert "CAM756" in said.err and target in said.err
    assert fleet.with_name("fleet.lock.json").read_text("utf-8") == before


def test_a_block_of_a_target_that_was_never_deployed_may_be_given_back(fleet: Path) -> None:
    assert run("deploy", changed(fleet, waves=ONE, overrides=[]), "--yes") == 0
    lock = fleet.with_name("fleet.lock.json")
    held = json.loads(lock.read_text("utf-8"))
    held["cidrs"]["VpcCidr"][f"{FINANCE}/{REGION}"] = "10.79.0.0/16"
    lock.write_text(json.dumps(held), "utf-8")
    assert run("deploy", fleet, "--yes", "--release", f"{FINANCE}/{REGION}") == 0
    assert set(locked(fleet)) == {f"{CANARY}/{REGION}"}


def test_whoever_says_no_has_no_lock_file_written(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camformation.cli.target.interactive", lambda: True)
    outcome = CliRunner().invoke(
        root, ["fleet", "deploy", str(fleet)], input="n\n", standalone_mode=False
    )
    assert outcome.return_value == 1 and "nothing was deployed" in outcome.output
    assert not fleet.with_name("fleet.lock.json").exists()
    assert not stack_sets().list_stack_sets()["Summaries"]


def test_a_fleet_of_one_target_and_no_parameters(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.with_name("camunda.yaml").write_text(yaml.safe_dump(BARE), "utf-8")
    changed(fleet, waves=ONE, overrides=[], parameters={}, cidrs={})
    assert run("plan", fleet) == 2
    shown = capsys.readouterr().out
    assert f"each new stack  {CANARY}/{REGION}" in shown or "each new stack  1 target" in shown
    assert "1 to create, 0 to update" in shown and "parameters." not in shown
    assert run("deploy", fleet, "--yes") == 0
    said = capsys.readouterr()
    assert "1 stacks" not in said.out and "1 targets" not in said.out
    assert not fleet.with_name("fleet.lock.json").exists()
    assert run("plan", fleet) == 0
    assert run("status", fleet) == 0

    spec = {**BARE, "observability": {"log_retention_days": 60}}
    fleet.with_name("camunda.yaml").write_text(yaml.safe_dump(spec), "utf-8")
    assert run("plan", fleet) == 2
    assert run("deploy", fleet, "--yes") == 0
    assert run("plan", fleet) == 0


def test_an_import_reads_what_it_needs_and_no_overrides(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from moto.cloudformation.models import CloudFormationBackend

    assert run("deploy", fleet, "--yes") == 0
    asked: list[str] = []
    describe = CloudFormationBackend.describe_stack_instance

    def counted(self: Any, name: str, account: str, region: str) -> Any:
        asked.append(account)
        return describe(self, name, account, region)

    monkeypatch.setattr(CloudFormationBackend, "describe_stack_instance", counted)
    capsys.readouterr()
    arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/other/1a2b3c4d"
    assert run("import", fleet, arn, "--yes") == 1
    assert f"there is no stack {arn}" in capsys.readouterr().out and not asked


@pytest.fixture
def own(fleet: Path) -> Path:
    """A fleet whose only target is in the caller's own account, deployed, and then changed."""
    wave = {"name": "canary", "targets": [{"accounts": [ACCOUNT], "regions": [REGION]}]}
    assert run("deploy", changed(fleet, waves=[wave], overrides=[]), "--yes") == 0
    return changed(fleet, waves=[wave], overrides=[], parameters={"LogDays": 60})


def test_a_preview_asks_the_stacks_account_and_leaves_nothing(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run("plan", own, "--preview") == 2
    shown = capsys.readouterr().out
    assert f"preview of {ACCOUNT}/{REGION}  with a change set on its stack, now deleted" in shown
    assert "no preview" not in shown and "note:" not in shown
    stack = stack_sets().list_stack_instances(StackSetName=NAME)["Summaries"][0]["StackId"]
    assert not stack_sets().list_change_sets(StackName=stack)["Summaries"]
    assert run("plan", own, "--preview", "--format", "json") == 2
    (preview,) = json.loads(capsys.readouterr().out)["previews"]
    assert preview["account"] == ACCOUNT and preview["plan"] and not preview["note"]


def test_a_preview_that_is_not_allowed_is_a_note(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from moto.cloudformation.responses import CloudFormationResponse
    from moto.core.exceptions import AccessDeniedError

    def refuses(self: Any) -> Any:
        raise AccessDeniedError(ACCOUNT, "cloudformation:CreateChangeSet")

    monkeypatch.setattr(CloudFormationResponse, "create_change_set", refuses)
    capsys.readouterr()
    assert run("plan", own, "--preview") == 2
    shown = capsys.readouterr().out
    assert "note: not allowed" in shown and "cloudformation:CreateChangeSet" in shown
    assert "no preview: it is optional for a deployment" in shown
    assert "1 to update" in shown, "the plan itself is shown"


def test_a_preview_passes_over_a_target_whose_creation_failed(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from moto.cloudformation.models import StackInstance

    waves = [*ONE, {"name": "own", "targets": [{"accounts": [ACCOUNT], "regions": [REGION]}]}]
    assert run("deploy", changed(own, waves=waves, overrides=[]), "--yes") == 0
    told = StackInstance.to_dict

    def without_stack(self: Any) -> Any:
        failed = {"StackId": None, "Status": "OUTDATED"} if self.account_id == CANARY else {}
        return {**told(self), **failed}

    monkeypatch.setattr(StackInstance, "to_dict", without_stack)
    changed(own, waves=waves, overrides=[], parameters={"LogDays": 90})
    capsys.readouterr()
    assert run("plan", own, "--preview") == 2
    assert f"preview of {ACCOUNT}/{REGION}" in capsys.readouterr().out
