"""`camformation scale`, as somebody types it, on a scripted cloud with a simulated cluster."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from camformation.cli import scaling, task_run
from camformation.cli.main import main
from camformation.cli.target import Connection
from camformation.deploy.live_stack.management import Management
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.frozen import replaced
from deploy.fake_cloud import FakeCloud
from deploy.live import live
from deploy.test_scaling import World

SPEC = """\
name: camunda
region: eu-west-2
orchestration:
  brokers: 3
operations:
  task: {}
"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    """A deployment whose brokers are simulated."""
    monkeypatch.chdir(tmp_path)
    Path("camunda.yaml").write_text(SPEC)
    fake = FakeCloud()
    live(fake, operations={"task": {}})
    world = World(SimulatedCluster())
    cloud = replaced(fake.cloud, services=world)

    @contextmanager
    def connected(*_: Any) -> Iterator[Connection]:
        yield Connection(cloud, fake.identity.who)

    monkeypatch.setattr(scaling, "connected", connected)
    monkeypatch.setattr(scaling, "management_of", lambda *_: Management(world))
    monkeypatch.setattr("time.sleep", lambda _: None)
    yield world


def test_a_dry_run_shows_the_steps(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", "camunda.yaml", "orchestration", "5", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1. ECS runs 5 tasks instead of 3; new ones wait for a node id"
    assert lines[1].startswith("2. change the cluster: add 2 brokers, copy ")
    assert lines[2].startswith("3. wait until every partition has its leader")
    assert lines[-1] == "nothing was changed"
    assert len(world.cluster.members) == 3


def test_it_asks_and_ends_with_the_line_of_the_spec(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scale", "camunda.yaml", "orchestration", "5"]) == 1
    assert "CAM616" in capsys.readouterr().err
    assert main(["scale", "camunda.yaml", "orchestration", "5", "--yes"]) == 0
    out = capsys.readouterr().out
    assert "the cluster has 5 brokers, and is healthy" in out
    assert "set `orchestration.brokers: 5` at camunda.yaml:4" in out
    assert main(["scale", "camunda.yaml", "orchestration", "3", "--yes", "--json"]) == 0
    assert '"succeeded": true' in capsys.readouterr().out
    assert len(world.cluster.members) == 3 and not world.cluster.harm
    assert main(["scale", "camunda.yaml", "orchestration", "3"]) == 0
    assert "already has this size" in capsys.readouterr().out


def test_what_cannot_be_undone_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", "camunda.yaml", "partitions", "2", "--yes"]) == 1
    assert "none can ever be removed" in capsys.readouterr().err
    assert main(["scale", "camunda", "partitions", "4", "--yes"]) == 0
    assert "partitions: 4` in the spec" in capsys.readouterr().out
    assert main(["scale", "camunda.yaml", "connectors", "4"]) == 1


def test_the_number_is_written_into_the_spec(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scale", "camunda.yaml", "orchestration", "5", "--yes", "--write"]) == 0
    out = capsys.readouterr().out
    assert "wrote `orchestration.brokers: 5` into camunda.yaml" in out
    assert "hint: deploy camunda.yaml, with `orchestration.brokers: 5`: the plan" in out
    assert main(["scale", "camunda.yaml", "orchestration", "5"]) == 0  # needs no question
    assert "nothing to do" in (out := capsys.readouterr().out) and "backup" not in out
    assert Path("camunda.yaml").read_text() == SPEC.replace("brokers: 3", "brokers: 5")
    assert main(["scale", "camunda", "orchestration", "3", "--yes", "--write"]) == 1
    assert "CAM788" in capsys.readouterr().err and len(world.cluster.members) == 5


def test_replicas(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", "camunda.yaml", "replicas", "4", "--yes"]) == 1
    assert "camformation scale SPEC orchestration 4" in capsys.readouterr().err
    assert main(["scale", "camunda.yaml", "replicas", "1", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "change the cluster: give up 6 replicas" in out
    assert "lost with its broker's disk" in out and "deploy the spec at once" in out
    assert main(["scale", "camunda.yaml", "replicas", "2", "--yes"]) == 0
    out = capsys.readouterr().out
    assert "every partition has 2 replicas, and is healthy" in out
    assert "set `orchestration.replication_factor: 2`" in out and "one by one" in out
    assert main(["scale", "camunda.yaml", "replicas", "3", "--yes"]) == 0
    assert "already has `orchestration.replication_factor: 3`" in capsys.readouterr().out


def test_any_call_by_the_ops_task(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_run, "connected", vars(scaling)["connected"])
    monkeypatch.setattr(task_run, "management_of", lambda *_: Management(world))

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["task", "run", "camunda.yaml", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    code, out, _ = run("GET", "/actuator/exporters")
    assert code == 0 and json.loads(out) == [{"exporterId": "rdbms", "status": "ENABLED"}]
    code, out, _ = run("GET", "/actuator/partitions", "--everywhere")
    assert [each["host"] for each in json.loads(out)] == ["10.0.0.0", "10.0.0.1", "10.0.0.2"]
    code, out, err = run("GET", "/actuator/nothing")
    assert code == 1 and "There is no" in out and "404" in err
    code, out, err = run("POST", "/actuator/exporting/pause")
    assert code == 1 and "CAM616" in err
    assert run("POST", "/actuator/exporting/pause", "--dry-run")[0] == 0
    assert world.cluster.exporting == "EXPORTING"
    assert run("POST", "/actuator/exporting/pause", "--yes")[0] == 0
    assert world.cluster.exporting == "PAUSED"
    change = json.dumps({"partitions": {"count": 4}})
    dry = "/actuator/cluster?dryRun=true"
    assert run("PATCH", dry, "--body", change, "--yes")[0] == 0
    level = json.dumps({"configuredLevel": "DEBUG"})
    assert run("POST", "/actuator/loggers/io.camunda", "--body", level, "--yes")[0] == 0
    code, out, _ = run("GET", "/actuator/loggers/io.camunda")
    assert code == 0 and json.loads(out)["effectiveLevel"] == "DEBUG"
    asked = len(world.camunda.asked)
    for words in (
        ("POST", "/actuator/cluster/purge", "--yes"),
        ("GET", "/actuator/cluster", "--body", "{}"),
        ("PATCH", "/actuator/cluster?force=true", "--yes"),
        ("PATCH", "/actuator/cluster?for%63e=true", "--yes"),
        ("GET", "/v2/topology"),
        ("GET", "/actuator/../v2/topology"),
        ("PATCH", "/actuator/cluster", "--body", "{", "--yes"),
    ):
        code, _, err = run(*words)
        assert code == 1 and "CAM747" in err, words
    assert len(world.camunda.asked) == asked
