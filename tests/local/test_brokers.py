"""A deployment on the local target whose simulated brokers are scaled, as somebody types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from camformation.deploy import local
from test_commands import SPEC, Output, Shell

pytest.importorskip("ministack")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Iterator[Shell]:
    """A shell on a local target where the deployment runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "never"))
    Path("camunda.yaml").write_text(SPEC + "\noperations:\n  task: {}\n")
    yield Shell(tmp_path / "state", capsys)


def test_a_cluster_grows_is_recorded_and_shrinks(shell: Shell, tmp_path: Path) -> None:
    with local.start(tmp_path / "state", region="eu-west-2"):
        assert shell("deploy camunda.yaml --yes --quiet") == 0, shell.out + shell.err
        brokers = int(json.loads(_status(shell))["topology"]["cluster_size"])
        more = brokers + 2
        assert shell(f"scale camunda.yaml orchestration {more} --yes") == 0, shell.out + shell.err
        assert f"the cluster has {more} brokers, and is healthy" in shell.out
        setting = f"--set orchestration.brokers={more}"
        assert shell(f"plan camunda.yaml {setting}") == 0, shell.out
        assert shell("plan camunda.yaml --set orchestration.brokers=7") == 3
        assert shell(f"deploy camunda.yaml {setting} --yes --quiet") == 0, shell.out + shell.err
    # Another process finds the cluster as it was left.
    with local.start(tmp_path / "state", region="eu-west-2"):
        assert json.loads(_status(shell))["topology"]["cluster_size"] == more
        assert shell(f"scale camunda orchestration {brokers} --yes") == 0, shell.out + shell.err
        assert json.loads(_status(shell))["topology"]["cluster_size"] == brokers
        assert shell("plan camunda.yaml") == 0, shell.out
        assert shell("status camunda --brokers") == 0, shell.out
        assert "the local target only simulates them" in shell.out


def test_a_backup_is_taken_with_and_without_a_schedule(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camformation.deploy.operation.backup.POLL_S", 0.0)
    with local.start(tmp_path / "state", region="eu-west-2"):
        for setting in ("", "--set storage.backup.schedule=PT1H"):
            assert shell(f"deploy camunda.yaml {setting} --yes --quiet") == 0, shell.out + shell.err
            assert shell("backup create camunda --yes") == 0, shell.out + shell.err
        assert len(shell.data("backup list camunda --json")["backups"]) == 2


def _status(shell: Shell) -> str:
    assert shell("status camunda --brokers --json") == 0, shell.out + shell.err
    return shell.out
