"""The commands that operate a deployment, as somebody types them, against the local target."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from camformation.deploy import local
from test_commands import SPEC, Output, Shell

pytest.importorskip("ministack")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operating") / "state"


@pytest.fixture
def shell(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> Iterator[Shell]:
    """A shell on a local target where the deployment runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "never"))
    Path("camunda.yaml").write_text(SPEC)
    shell = Shell(state, capsys)
    with local.start(state, region="eu-west-2"):
        if shell("outputs camunda") != 0:
            assert shell("deploy camunda.yaml --yes --quiet") == 0
        yield shell


def test_a_deployment_that_is_healthy(shell: Shell) -> None:
    assert shell("status camunda.yaml") == 0, shell.out + shell.err
    assert "camunda is healthy" in shell.out
    found = shell.data("status camunda --json")
    assert found["healthy"] is True
    parts = {each["name"]: each["state"] for each in found["parts"]}
    assert parts["orchestration"] == parts["connectors"] == parts["stack"] == "healthy"
    assert parts["database"] == parts["file system"] == "healthy"
    assert parts["Camunda"] == "unknown"  # the local target runs no containers


def test_a_night_from_stop_to_start(shell: Shell) -> None:
    assert shell("stop camunda --dry-run") == 0
    lines = shell.out.splitlines()
    assert lines[0].startswith("1. stop connectors") and lines[1].startswith(
        "2. stop orchestration"
    )
    assert "the database (--database stops it, too)" in shell.out
    assert lines[-1] == "nothing was changed"
    assert shell("status camunda") == 0

    assert shell("stop camunda") == 1 and "CAM616" in shell.err
    assert shell("stop camunda orchestration --yes") == 1 and "CAM725" in shell.err
    assert shell("stop camunda --yes") == 0, shell.out + shell.err
    assert "stopped orchestration and connectors" in shell.out
    assert shell("status camunda") == 1 and "stopped" in shell.out
    assert shell("restart camunda --yes") == 1 and "start it with" in shell.err

    assert shell("start camunda --yes --json") == 0, shell.out + shell.err
    events = [json.loads(line) for line in shell.out.splitlines()]
    assert [each["subject"] for each in events if "starting" in each["message"]] == [
        "orchestration",
        "connectors",
    ]
    assert events[-1]["succeeded"] is True
    assert shell("status camunda") == 0
    assert shell("plan camunda.yaml") == 0  # the template's own counts


def test_a_restart_in_the_safe_order(shell: Shell) -> None:
    assert shell("restart camunda orchestrtion --yes") == 1
    assert "did you mean orchestration?" in shell.err
    assert shell("restart camunda --dry-run") == 0 and "orchestration.restart" in shell.out
    assert shell("restart camunda --yes") == 0, shell.out + shell.err
    assert shell.out.index("orchestration: replacing") < shell.out.index("connectors: replacing")
    assert "restarted orchestration and connectors" in shell.out
    assert shell("plan camunda.yaml") == 0


def test_logs(shell: Shell) -> None:
    assert shell("logs camunda --since 1d") == 0
    assert shell("logs camunda --service orchestration --since 1h --json") == 0
    assert shell("logs camunda --since yesterday") == 1 and "--since yesterday" in shell.err
    assert shell("logs camunda --service nothing") == 1 and "CAM724" in shell.err


def test_there_is_nothing_to_open_in_the_local_target(shell: Shell) -> None:
    assert shell("exec camunda orchestration") == 1 and "CAM728" in shell.err
    assert shell("port-forward camunda orchestration 9600") == 1 and "CAM728" in shell.err
    assert shell("port-forward camunda orchestration 0:99") == 1 and "LOCAL:REMOTE" in shell.err
