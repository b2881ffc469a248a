"""The commands about fleets as they are typed, over HTTP, on moto's StackSets.

moto makes none of our resources well; here it makes none at all, and StackSets are what is tried.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from camformation.assets import asset
from camformation.cli.main import main
from camformation.deploy.operation.interrupt import InterruptibleClock
from deploy.moto_server import ACCOUNT
from fleet.inert import (
    CANARY,
    FINANCE,
    FLEET,
    NAME,
    OTHER,
    REGION,
    RETAIL,
    SPEC,
    changed,
    inert,
    written,
)

__all__ = ["inert"]


@pytest.fixture(autouse=True)
def at_once(inert: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be no pauses."""
    monkeypatch.setattr(InterruptibleClock, "sleep", lambda self, seconds: None)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return written(tmp_path)


def run(*words: str | Path) -> int:
    return main(["fleet", *map(str, words)])


def cloudformation() -> Any:
    return boto3.client("cloudformation", region_name=REGION)


def overrides(account: str, region: str) -> dict[str, str]:
    found = cloudformation().describe_stack_instance(
        StackSetName=NAME, StackInstanceAccount=account, StackInstanceRegion=region
    )["StackInstance"]["ParameterOverrides"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in found}


def places() -> set[tuple[str, str]]:
    found = cloudformation().list_stack_instances(StackSetName=NAME)["Summaries"]
    return {(each["Account"], each["Region"]) for each in found}


def test_a_fleet_is_planned_deployed_left_alone_and_changed(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("plan", fleet) == 2
    shown = capsys.readouterr().out
    assert "Fleet: 4 to create, 0 to update" in shown and "wave canary  1 to create" in shown
    assert not fleet.with_name("fleet.lock.json").exists(), "a plan only reads"
    assert not cloudformation().list_stack_sets()["Summaries"]

    assert run("deploy", fleet, "--yes") == 0
    assert places() == {(CANARY, REGION), (CANARY, OTHER), (FINANCE, REGION), (FINANCE, OTHER)}
    assert overrides(CANARY, REGION).keys() == {"VpcCidr"}
    assert overrides(FINANCE, OTHER)["LogDays"] == "30"
    blocks = {overrides(*place)["VpcCidr"] for place in places()}
    locked = json.loads(fleet.with_name("fleet.lock.json").read_text("utf-8"))["cidrs"]["VpcCidr"]
    assert len(blocks) == 4 and blocks == set(locked.values())
    stack_set = cloudformation().describe_stack_set(StackSetName=NAME)["StackSet"]
    assert {each["Key"]: each["Value"] for each in stack_set["Tags"]} == {"team": "bpm"}
    assert stack_set["Capabilities"] == ["CAPABILITY_IAM"]
    assert json.loads(stack_set["TemplateBody"])["Parameters"]["VpcCidr"]["Type"] == "String"

    capsys.readouterr()
    assert run("plan", fleet) == 0
    assert run("deploy", fleet, "--yes") == 0
    assert "No changes" in capsys.readouterr().out

    changed(fleet, parameters={"LogDays": 60})
    assert run("plan", fleet) == 2
    assert "4 to update" in (text := capsys.readouterr().out) and "14 → 60" in text
    assert run("deploy", fleet, "--yes") == 0
    parameters = cloudformation().describe_stack_set(StackSetName=NAME)["StackSet"]["Parameters"]
    assert {"ParameterKey": "LogDays", "ParameterValue": "60"} in parameters
    assert run("plan", fleet) == 0


def test_another_target_moves_nobodys_block(fleet: Path) -> None:
    assert run("deploy", fleet, "--yes") == 0
    before = {place: overrides(*place) for place in places()}
    wave = {"name": "more", "targets": [{"accounts": ["111111111111"], "regions": [REGION]}]}
    changed(fleet, waves=[wave, *FLEET["waves"]])
    assert run("deploy", fleet, "--yes") == 0
    assert {place: overrides(*place) for place in before} == before
    assert overrides("111111111111", REGION)["VpcCidr"] not in {
        each["VpcCidr"] for each in before.values()
    }


def test_what_loses_data_in_any_target_is_blocked(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("deploy", fleet, "--yes") == 0
    spec = fleet.with_name("camunda.yaml")
    spec.write_text(yaml.safe_dump(SPEC | {"database": {"name": "other"}}), "utf-8")
    capsys.readouterr()
    assert run("plan", fleet) == 3
    assert "CAM650 blocked: AuroraCluster" in capsys.readouterr().out
    before = cloudformation().describe_stack_set(StackSetName=NAME)["StackSet"]["TemplateBody"]
    assert run("deploy", fleet, "--yes", "--json") == 3
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "blocked"
    after = cloudformation().describe_stack_set(StackSetName=NAME)["StackSet"]["TemplateBody"]
    assert after == before

    spec.write_text(yaml.safe_dump(SPEC), "utf-8")
    pool = {"VpcCidr": {"pool": "10.128.0.0/12", "prefix_length": 16}}
    fleet.with_name("fleet.lock.json").unlink()
    changed(fleet, cidrs=pool)  # as if somebody had lost the lock file
    assert run("plan", fleet) == 3
    assert "CAM656 blocked: Vpc" in capsys.readouterr().out


def test_targets_are_removed_by_name_alone(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("deploy", fleet, "--yes") == 0
    changed(fleet, waves=FLEET["waves"][:1], overrides=[])
    capsys.readouterr()
    assert run("plan", fleet) == 0
    assert "3 left over" in capsys.readouterr().out
    named = ("--yes", "--name", NAME)
    gone = ("--target", f"{FINANCE}/{OTHER}")
    assert run("remove", fleet, *gone, *named) == 1, "retain or delete has to be said"
    assert run("remove", fleet, *gone, "--retain-stacks", "--yes", "--name", "other") == 1
    assert run("remove", fleet, "--target", RETAIL, "--retain-stacks", *named) == 1
    assert len(places()) == 4

    assert run("remove", fleet, *gone, "--delete-stacks", *named) == 3
    assert "blocked" in capsys.readouterr().out and len(places()) == 4
    assert run("remove", fleet, *gone, "--delete-stacks", "--json", *named) == 3
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "removal" and json.loads(line)["blocked"]
    assert run("remove", fleet, *gone, "--retain-stacks", *named) == 0
    assert places() == {(CANARY, REGION), (CANARY, OTHER), (FINANCE, REGION)}
    assert "still has" not in capsys.readouterr().err
    assert run("remove", fleet, "--target", CANARY, "--retain-stacks", *named) == 0
    assert "fleet.yaml still lists 1 target of these: remove them" in capsys.readouterr().err
    assert places() == {(FINANCE, REGION)}

    assert run("remove", fleet, *gone, "--all", "--retain-stacks", *named) == 1
    everything = ("remove", NAME, "--region", REGION, "--all", "--retain-stacks", "--stack-set")
    assert run(*everything, *named) == 0
    left = cloudformation().list_stack_sets()["Summaries"]
    assert {each["Status"] for each in left} == {"DELETED"}  # moto lists these too


def test_status_tells_how_the_stacks_are(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", fleet) == 1
    assert "CAM679" in capsys.readouterr().err
    assert run("deploy", fleet, "--yes") == 0
    capsys.readouterr()
    assert run("status", fleet) == 0
    assert "Fleet: 4 stacks up to date." in capsys.readouterr().out
    assert run("status", NAME, "--region", REGION, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["instances"]) == 4


def test_plans_and_events_for_machines(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", fleet, "--format", "json") == 2
    plan = json.loads(capsys.readouterr().out)
    names = ("fleet-plan.schema.json", "plan.schema.json")
    read = {name: json.loads(asset("schemas", name).read_text("utf-8")) for name in names}
    registry: Any = Registry().with_resources(
        (each.get("$id", name), Resource.from_contents(each)) for name, each in read.items()
    )
    Draft202012Validator(read[names[0]], registry=registry).validate(plan)
    assert run("plan", fleet, "--format", "markdown") == 2
    assert capsys.readouterr().out.startswith("<!-- camformation fleet plan")

    assert run("deploy", fleet, "--yes", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["event"] for each in events if each["event"] == "wave_ended"] == ["wave_ended"] * 2
    assert events[-1]["event"] == "finished"


def test_a_stack_is_taken_over(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As far as moto goes: it cannot import, and the refusal is a sentence."""
    arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/other/1a2b3c4d"
    assert run("import", fleet, arn, "--yes") == 1
    said = capsys.readouterr()
    assert f"there is no stack {arn}" in said.out and "CAM695" in said.err
    listed = fleet.with_name("stacks.txt")
    listed.write_bytes(b"\xff\xfe not text")
    assert run("import", fleet, "--stacks", listed, "--yes") == 1
    assert "is not the ARN of a stack" in capsys.readouterr().out
    assert not cloudformation().list_stack_sets()["Summaries"]


@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_nothing_is_done_in_the_wrong_account(
    fleet: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(fleet, account="999999999999")
    assert run(command, fleet, *(["--yes"] if command == "deploy" else [])) == 1
    assert f"CAM610 you are in account {ACCOUNT}, but the fleet file sets 999999999999" in (
        capsys.readouterr().err
    )
    assert not cloudformation().list_stack_sets()["Summaries"]


def test_wrong_use_ends_in_one_sentence(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("deploy", fleet) == 1
    assert "CAM616" in capsys.readouterr().err
    assert run("plan", fleet, "--region", "eu-west-1") == 1
    assert "CAM611" in capsys.readouterr().err
    assert run("plan", fleet, "--local-state", tmp_path / "local") == 1
    assert "CAM754" in capsys.readouterr().err
    assert run("plan", tmp_path / "none.yaml") == 1
    assert "CAM003" in capsys.readouterr().err
    changed(fleet, artifact_bucket="missing")
    assert run("deploy", fleet, "--yes") == 1
    assert "CAM502" in capsys.readouterr().err
    changed(fleet, wavs=[])
    assert run("plan", fleet) == 1
    assert re.search(r"fleet\.yaml:\d+:1: CAM011 unknown key 'wavs'", capsys.readouterr().err)
    changed(fleet)
    fleet.with_name("fleet.lock.json").write_text("{", "utf-8")
    assert run("plan", fleet) == 1
    assert "fleet.lock.json" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["flat", "nested"])
def test_the_aws_cli_does_with_an_export_what_is_printed(
    fleet: Path, layout: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--fleet", str(fleet), "--layout", layout, "--out", str(tmp_path / "out")]
    if layout == "nested":
        options += ["--artifact-bucket", "acme"]
        boto3.client("s3", region_name=REGION).create_bucket(
            Bucket=f"acme-{REGION}",
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
    assert main(["stackset", "export", str(fleet.with_name("camunda.yaml")), *options]) == 0
    printed = capsys.readouterr().out
    commands = re.findall(r"^  (aws .+)$", printed, re.M)
    assert len(commands) == 3
    for command in commands:
        words = shlex.split(command.replace("BUCKET", "artifacts").replace("REGION", REGION))
        done = subprocess.run(
            [sys.executable, "-m", "awscli", *words[1:], "--region", REGION],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert places() == {(CANARY, REGION)}
    file = tmp_path / "out" / "overrides" / CANARY / f"{REGION}.json"
    pairs = json.loads(file.read_text("utf-8"))
    given = {each["ParameterKey"]: each["ParameterValue"] for each in pairs}
    assert overrides(CANARY, REGION) == given and "VpcCidr" in given
