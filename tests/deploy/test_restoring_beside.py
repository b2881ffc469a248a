"""A restore into a new deployment, cut before and after every step: it always ends the same.

What deploys is replaced by what it leaves behind; the rest is the command as it is typed.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from camformation.cli import restore_finding, restoring_beside
from camformation.cli.main import main
from camformation.cli.target import Connection, Subject
from camformation.deploy.cloud.services import DatabaseCluster, ServiceState
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.live_stack.management import Management
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.frozen import replaced
from camformation.pipeline import Compiled
from deploy.fake_cloud import FakeCloud, FakeServices
from deploy.fake_stacks import FakeClock
from deploy.live import live
from deploy.test_restore_command import Brokers
from deploy.test_rotation import BROKER, CONNECTORS
from deploy.test_scaling import Cut

SPEC = "name: other\nregion: eu-west-2\norchestration: {brokers: 3}\n"
COMMAND = ["restore", "other.yaml", "--from", "camunda", "--stop-source", "--layout", "flat"]


class Two(FakeServices):
    """ECS with the services of two deployments, whose tasks are told by the name of the service."""

    def __init__(self, clock: FakeClock, step: Callable[[Callable[[], Any]], Any]) -> None:
        super().__init__(clock)
        self.counts: dict[str, int] = {}
        self.step = step
        self.definitions = {"task:1": (BROKER,), "task:2": (CONNECTORS,)}

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        count = self.counts.get(names[0], 3)
        return (ServiceState("arn", names[0], "ACTIVE", count, count, 0),)

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        self.step(lambda: self.counts.update({service: count}))


class Restoring:
    """A source with its brokers, and what there is of the new deployment."""

    def __init__(self) -> None:
        self.fake = FakeCloud()
        root, _ = live(self.fake, operations={"task": {}})
        root.outputs["BackupBucketName"] = "backupbucket"
        [name] = self.fake.databases.clusters
        self.fake.databases.clusters[name] = DatabaseCluster(name, "available", True, "18.4")
        self.source = Brokers(SimulatedCluster())
        self.new = Brokers(SimulatedCluster())
        for each in (self.source, self.new):
            each.camunda.backups.slow = 0
        self.services = Two(self.fake.clock, self.step)
        self.cloud = replaced(self.fake.cloud, services=self.services)
        self.cut: tuple[int, bool] | None = None
        self.steps = 0
        self.deployed: list[tuple[str, bool]] = []

    def step(self, act: Callable[[], Any]) -> Any:
        """Take a step, or let the process end before or after it."""
        self.steps += 1
        if self.cut == (self.steps, False):
            raise Cut
        done = act()
        if self.cut == (self.steps, True):
            raise Cut
        return done

    def deploy(self, compiled: Compiled, *_: Any, **__: Any) -> int:
        """Leave behind what a deployment does."""

        def act() -> None:
            template = json.loads(json.dumps(compiled.templates["root"]))
            stack = self.fake.stacks.find("other") or self.fake.stacks.add("other")
            stack.template = template
            stack.resources = tuple(
                StackResource(title, f"other-{title.lower()}", body["Type"], "CREATE_COMPLETE")
                for title, body in template["Resources"].items()
            )
            containers = [
                each["Name"]
                for body in template["Resources"].values()
                for each in body.get("Properties", {}).get("ContainerDefinitions", ())
            ]
            [cluster] = [
                each["Properties"]
                for each in template["Resources"].values()
                if each["Type"] == "AWS::RDS::DBCluster"
            ]
            restores = any("restore" in name for name in containers)
            self.deployed.append((cluster["RestoreToTime"], restores))

        self.step(act)
        return 0

    def managed(self, _: Any, about: Subject, *__: Any) -> Management:
        """Reach brokers, but not those that are stopped."""
        world = self.new if about.stack == "other" else self.source
        stopped = about.stack != "other" and self.services.counts.get("orchestrationservice") == 0
        if stopped:
            return Management(None, None)
        return Management(world, world)


@pytest.fixture
def restoring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Restoring]:
    monkeypatch.chdir(tmp_path)
    Path("other.yaml").write_text(SPEC)
    found = Restoring()

    @contextmanager
    def connected(*_: Any) -> Iterator[Connection]:
        yield Connection(found.cloud, found.fake.identity.who)

    monkeypatch.setattr(restoring_beside, "connected", connected)
    monkeypatch.setattr(restoring_beside, "deploy_spec", found.deploy)
    for module in (restore_finding, restoring_beside):
        monkeypatch.setattr(module, "management_of", found.managed)
    monkeypatch.setattr("time.sleep", lambda _: None)
    found.source.processed()
    found.source.camunda.backups.take(None, [1, 2, 3], found.source.cluster.version)
    yield found


def test_the_steps_in_their_order(restoring: Restoring, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--yes"]) == 0
    moment = "2026-01-05T12:00:00Z"
    assert restoring.deployed == [(moment, True), (moment, False)]
    assert restoring.services.counts == {"orchestrationservice": 0, "connectorsservice": 0}
    assert len(restoring.new.camunda.backups.taken) == 1
    out = capsys.readouterr().out
    assert "write this into other.yaml, and keep it" in out and "  database:\n" in out
    again = len(restoring.deployed)
    assert main([*COMMAND, "--yes"]) == 0  # nothing is left to do
    assert len(restoring.deployed) == again and len(restoring.new.camunda.backups.taken) == 1


def test_a_deployment_that_fails_says_how_to_go_on(
    restoring: Restoring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(restoring_beside, "deploy_spec", lambda *_, **__: 1)
    assert main([*COMMAND, "--yes"]) == 1
    [cluster] = restoring.fake.databases.clusters
    given = (
        f"--set database.source.cluster_identifier={cluster} "
        "--set database.source.restore_to_time=2026-01-05T12:00:00Z"
    )
    assert f"run the same command again to continue with {given}" in capsys.readouterr().out
    assert main([*COMMAND, "--yes"]) == 1  # stopped brokers do not tell
    assert "camformation start camunda" in capsys.readouterr().err
    monkeypatch.setattr(restoring_beside, "deploy_spec", restoring.deploy)
    assert main([*COMMAND, "--yes", *given.split()]) == 0
    assert restoring.deployed[0] == ("2026-01-05T12:00:00Z", True)
    other = "--set database.source.cluster_identifier=another"
    restoring.fake.stacks.known = {
        arn: each for arn, each in restoring.fake.stacks.known.items() if each.name != "other"
    }
    assert main([*COMMAND, "--yes", *given.split(), *other.split()]) == 1
    assert "database.source names another" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(40))
def test_any_cut_ends_the_same(
    restoring: Restoring, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    kept = dict(restoring.source.camunda.backups.taken)
    database = dict(restoring.fake.databases.clusters)
    for _ in range(chance.randint(1, 4)):
        restoring.steps, restoring.cut = 0, (chance.randint(1, 5), chance.random() < 0.5)
        restoring.source.cut = restoring.new.cut = None
        if chance.random() < 0.3:  # while brokers are asked, or back up
            restoring.new.made, restoring.new.cut = 0, (chance.randint(1, 5), chance.random() < 0.5)
        with suppress(Cut):
            main([*COMMAND, "--yes"])
        if "camformation start camunda" in capsys.readouterr().err:
            restoring.services.counts.clear()
    restoring.cut = restoring.new.cut = None
    code = main([*COMMAND, "--yes"])
    if code:
        assert "camformation start camunda" in capsys.readouterr().err
        restoring.services.counts.clear()
        code = main([*COMMAND, "--yes"])
    assert code == 0
    assert {time for time, _ in restoring.deployed} == {"2026-01-05T12:00:00Z"}
    restores = [restores for _, restores in restoring.deployed]
    assert restores == sorted(restores, reverse=True) and restores[0] and not restores[-1]
    assert restores.count(False) <= 2 and len(restoring.new.camunda.backups.taken) >= 1
    assert restoring.source.camunda.backups.taken == kept  # the source keeps all that it has
    assert restoring.fake.databases.clusters == database and not restoring.fake.databases.taken
    assert not restoring.fake.stacks.called("delete_stack")
