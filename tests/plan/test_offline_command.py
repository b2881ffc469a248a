"""`plan --offline`, as on a pull request: no credentials, against a folder or a git revision."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from camformation.cli.main import main

SPEC = "name: camunda\nprofile: development\naccess: {allowed_cidrs: [203.0.113.7/32]}\n"
OTHER_DATABASE = SPEC + "database: {name: other}\n"
Output = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    Path("camunda.yaml").write_text(SPEC)
    return tmp_path


@pytest.fixture
def committed(home: Path) -> Path:
    """The same, in a git repository, with a spec that extends another."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    Path("base.yaml").write_text(SPEC)
    Path("camunda.yaml").write_text("extends: base.yaml\nname: camunda\n")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], check=True, cwd=home)
    return home


@pytest.mark.parametrize("layout", ["nested", "flat"])
def test_a_compiled_folder_is_a_base(home: Path, layout: str, capsys: Output) -> None:
    there = ["camunda.yaml", "--layout", layout]
    assert main(["compile", *there, "--out", "old"]) == 0
    plan = ["plan", *there, "--offline", "--base", "old"]
    assert main(plan) == 0
    assert main([*plan, "--set", "orchestration.partitions=9"]) == 3
    other = "flat" if layout == "nested" else "nested"
    capsys.readouterr()
    assert main([*plan, "--layout", other]) == 3
    shown = capsys.readouterr().out
    assert "CAM666" in shown and f"pass --layout {layout}" in shown
    assert len(shown.splitlines()) < 10  # every resource would go and come
    assert main([*plan, "--layout", other, "--format", "markdown"]) == 3
    shown = capsys.readouterr().out
    assert f"pass --layout {layout}" in shown and len(shown.splitlines()) < 14
    assert main([*plan, "--set", "name=other"]) == 3 and "CAM665" in capsys.readouterr().out


@pytest.mark.parametrize("layout", ["nested", "flat"])
def test_a_git_revision_is_a_base_with_what_it_extends(
    committed: Path, layout: str, capsys: Output
) -> None:
    plan = ["plan", "camunda.yaml", "--layout", layout, "--offline", "--base", "HEAD"]
    assert main(plan) == 0
    Path("base.yaml").write_text(OTHER_DATABASE)
    capsys.readouterr()
    assert main([*plan, "--format", "json"]) == 3
    blocked = {b["logical_id"] for b in json.loads(capsys.readouterr().out)["gate"]}
    assert "AuroraCluster" in blocked
    assert main([*plan, "--format", "github"]) == 3
    assert "::error file=base.yaml,line=4" in capsys.readouterr().out


@pytest.mark.parametrize("base", ["", "  "])
def test_an_empty_base_is_no_first_deployment(home: Path, base: str, capsys: Output) -> None:
    assert main(["plan", "camunda.yaml", "--offline", "--base", base]) == 1
    assert "--base is empty" in capsys.readouterr().err


def test_a_base_that_is_none_is_told(committed: Path, capsys: Output) -> None:
    Path("folder").mkdir()
    assert main(["plan", "camunda.yaml", "--offline", "--base", "nothing"]) == 1
    said = capsys.readouterr().err
    assert "CAM619 --base nothing is no folder, and git has no camunda.yaml at nothing" in said
    assert " | " not in said  # no line of the present spec
    before = Path("camunda.yaml").read_text()
    Path("camunda.yaml").write_text("name: Wrong\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, "commit", "-qam", "wrong"], check=True)
    Path("camunda.yaml").write_text(before)
    assert main(["plan", "camunda.yaml", "--offline", "--base", "HEAD"]) == 1
    said = capsys.readouterr().err
    assert "at HEAD: 'Wrong' is not a valid deployment name" in said and " | " not in said
    assert main(["plan", "camunda.yaml", "--offline", "--base", "folder"]) == 1
    assert "not a compiled folder" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["nested", "flat"])
def test_another_version_keeps_the_engine_and_nothing_that_runs_was_asked(
    home: Path, layout: str, capsys: Output
) -> None:
    there = ["camunda.yaml", "--layout", layout]
    assert main(["compile", *there, "--out", "old", "--set", 'version="8.9"']) == 0
    plan = ["plan", *there, "--offline", "--base", "old", "--set", 'version="8.10"']
    capsys.readouterr()
    assert main(plan) == 2
    said = capsys.readouterr().out
    assert "AuroraCluster: stays at engine version 17.9" in said and "EngineVersion" not in said
    assert "CAM647 warning: the running system is unknown: no account was read" in said
    assert main([*plan, "--set", 'database.engine_version="18.4"']) == 3
    assert main([*plan, "--set", 'database.engine_version="17.9"']) == 2


EXISTING = """
name: camunda
network:
  existing:
    vpc_id: vpc-0a1b2c3d4e5f60718
    cidr: 10.20.0.0/16
    private_subnet_ids: [subnet-{}, subnet-{}]
access: {{scheme: internal, allowed_cidrs: [10.0.0.0/8]}}
"""
OPEN = """
parameters:
  Subnet1: network.existing.private_subnet_ids.0
  Subnet2: network.existing.private_subnet_ids.1
"""


@pytest.mark.parametrize("parameters", ["", OPEN])
def test_subnets_in_another_order_are_no_change(
    home: Path, parameters: str, capsys: Output
) -> None:
    def written(*subnets: str) -> None:
        Path("camunda.yaml").write_text(EXISTING.format(*subnets) + parameters)

    plan = ["plan", "camunda.yaml", "--offline", "--base", "old"]
    written("00000001", "00000002")
    assert main(["compile", "camunda.yaml", "--out", "old"]) == 0
    written("00000002", "00000001")
    assert main(plan) == 0
    written("00000001", "00000003")
    capsys.readouterr()
    assert main(plan) == 3 and "CAM656" in capsys.readouterr().out


def test_a_block_is_located_at_the_line_that_changed(home: Path, capsys: Output) -> None:
    text = SPEC + "orchestration:\n  brokers: BROKERS\n  memory_mib: 8192\n"
    Path("camunda.yaml").write_text(text.replace("BROKERS", "1"))
    assert main(["compile", "camunda.yaml", "--out", "old"]) == 0
    Path("camunda.yaml").write_text(text.replace("BROKERS", "3"))
    capsys.readouterr()
    assert main(["plan", "camunda.yaml", "--offline", "--base", "old", "--format", "json"]) == 3
    gate = json.loads(capsys.readouterr().out)["gate"]
    assert {block["location"]["line"] for block in gate if block["code"] == "CAM660"} == {5}


@pytest.mark.parametrize("parameters", ["", "parameters: {Engine: database.engine_version}\n"])
def test_what_a_version_changes_is_located_at_it_while_the_engine_is_kept(
    home: Path, parameters: str, capsys: Output
) -> None:
    text = SPEC + parameters + "version: VERSION\n"
    Path("camunda.yaml").write_text(text.replace("VERSION", '"8.9"'))
    assert main(["compile", "camunda.yaml", "--out", "old"]) == 0
    Path("camunda.yaml").write_text(text.replace("VERSION", '"8.10"'))
    capsys.readouterr()
    assert main(["plan", "camunda.yaml", "--offline", "--base", "old", "--format", "json"]) == 2
    plan = json.loads(capsys.readouterr().out)
    changes = [each for part in plan["components"] for each in part["changes"]]
    images = [
        leaf["location"]["line"]
        for each in changes
        for leaf in each["properties"]
        if leaf["path"].endswith(".Image")
    ]
    assert images and set(images) == {len(text.splitlines())}
    assert "AuroraCluster" not in {each["logical_id"] for each in changes}
