"""`camformation restore`, as somebody types it: in place on simulated brokers, and what is refused.

`tests/test_tutorials.py` restores a deployment into a new one.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from camformation.cli import restore_finding, restoring, restoring_beside
from camformation.cli.main import main
from camformation.cli.target import Connection
from camformation.deploy.cloud.cluster import Backup, BackupRange
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.services import (
    DatabaseCluster,
    ServiceDeployment,
    ServiceState,
)
from camformation.deploy.live_stack.backups import Restorable
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.restore_source import (
    Moment,
    moment_of,
    origin_of,
    read_source,
    restored_fields,
)
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.frozen import replaced
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStack
from deploy.live import live
from deploy.test_restoring import Restores
from deploy.test_rotation import BROKER, SECRET

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
KEY = "arn:aws:kms:eu-west-2:111122223333:key"
MINUTE = timedelta(minutes=1)
SPEC = """\
name: camunda
region: eu-west-2
orchestration:
  brokers: 3
"""


class Brokers(Restores):
    """ECS with brokers of one image."""

    def services(self, cluster: str, names: Sequence[str]) -> tuple[ServiceState, ...]:
        tasks = len(self.cluster.tasks)
        one = ServiceDeployment("d", "PRIMARY", "task:1", tasks, tasks, 0, 0, AT, AT, "COMPLETED")
        found = ServiceState("arn", names[0], "ACTIVE", tasks, tasks, 0, (one,))
        return (found,)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Brokers]:
    """A deployment whose brokers are simulated, and its database."""
    monkeypatch.chdir(tmp_path)
    Path("camunda.yaml").write_text(SPEC)
    fake = FakeCloud()
    live(fake, operations={"task": {}}, storage={"backup": {"continuous": True}})
    world = Brokers(SimulatedCluster())
    world.fake = fake
    world.definitions["task:1"] = (BROKER,)
    cloud = replaced(fake.cloud, services=world)

    @contextmanager
    def connected(*_: Any) -> Iterator[Connection]:
        yield Connection(cloud, fake.identity.who)

    for module in (restoring, restoring_beside):
        monkeypatch.setattr(module, "connected", connected)
    for module in (restoring, restore_finding):
        monkeypatch.setattr(module, "management_of", lambda *_: Management(world, world))
    monkeypatch.setattr("time.sleep", lambda _: None)
    world.processed()
    yield world


def test_in_place_every_step_is_named_and_nothing_done_in_a_dry_run(
    world: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "camunda.yaml", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [each.partition(".")[0] for each in lines[:7]] == list("1234567")
    for number, words in enumerate(
        ("pause exporting", "take the snapshot camunda-before-restore-", "take a backup",
         "set all brokers to RECOVERING", "find the newest backup that fits the database",
         "delete and restore 9 replicas of 3 partitions", "resume exporting")
    ):  # fmt: skip
        assert words in lines[number]
    assert lines[-1] == "nothing was changed"
    assert not any(method != "GET" for _, method, _ in world.camunda.asked)


def test_in_place_what_is_replaced_has_to_be_named(
    world: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (
        ([], "CAM616"),
        (["--yes"], "--yes needs --name"),
        (["--name", "camumda", "--yes"], "is not the name of the stack"),
        (["--name", "camunda"], "CAM616"),
        (["--name", "camunda", "--yes", "--without-backup", "x"], "is not the name of the stack"),
        (["--to", "2h"], "give --database load"),
        (["--to", "soon", "--database", "load"], "is not a time"),
        (["--backup", "5", "--database", "load"], "there is no backup 5"),
        (["--from", "camunda-1", "--name", "camunda"], "--from excludes"),
        (["--stop-source"], "needs --from"),
    ):
        assert main(["restore", "camunda.yaml", *words]) != 0, words
        said_now = capsys.readouterr().err
        assert said in said_now, said_now
    assert not any(method != "GET" for _, method, _ in world.camunda.asked)


def test_in_place_with_the_database_as_it_is(
    world: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.cluster.position
    assert main(["restore", "camunda.yaml", "--name", "camunda", "--yes", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["succeeded"] and "brokers are restored" in events[-1]["message"]
    assert world.cluster.position >= before and not world.cluster.harm
    [snapshot] = world.fake.databases.taken
    assert snapshot.id.startswith("camunda-before-restore-")
    assert world.cluster.exporting == "EXPORTING"


def test_in_place_with_a_database_that_is_loaded(
    world: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    early = world.cluster.position
    number = world.camunda.backups.take(None, world.cluster.known(), world.cluster.version)
    world.processed()
    there = ["restore", "camunda.yaml", "--name", "camunda", "--yes", "--backup", str(number)]
    assert main([*there, "--database", "load"]) == 0
    out = capsys.readouterr().out
    assert "is to be loaded by you" in out and "--database loaded" in out
    assert world.cluster.mode == "RECOVERING"
    world.loaded(early)
    assert main([*there, "--database", "loaded"]) == 0
    assert "take a backup" not in capsys.readouterr().out.split("brokers:")[0]
    assert early <= world.cluster.position < early + 10 and not world.cluster.harm
    assert main([*there, "--database", "loaded"]) == 1  # it has ended
    assert "loaded in the meantime" in capsys.readouterr().err


def test_in_place_a_restore_is_given_up(world: Brokers, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["restore", "camunda.yaml", "--name", "camunda", "--yes"]
    assert main([*there, "--database", "load"]) == 0
    assert main([*there, "--give-up"]) == 0
    assert "with the data that they had" in capsys.readouterr().out
    assert world.cluster.mode == "PROCESSING"


def test_in_place_a_backup_of_another_version_or_size_is_refused(
    world: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["restore", "camunda.yaml", "--database", "load", "--dry-run", "--backup"]
    number = world.camunda.backups.take(None, [1, 2, 3], "8.10.5")
    assert main([*there, str(number)]) == 1
    assert "is of 8.10.5, and brokers run 8.10.6" in capsys.readouterr().err
    number = world.camunda.backups.take(None, [1, 2, 3, 4], world.cluster.version)
    assert main([*there, str(number)]) == 1
    assert "has partitions that the brokers do not have: [4]" in capsys.readouterr().err
    number = world.camunda.backups.take(None, [1, 2], world.cluster.version)
    assert main([*there, str(number)]) == 1
    assert "lacks partitions 3" in capsys.readouterr().err


def test_without_a_way_to_the_restore_api(
    world: Brokers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(restoring, "management_of", lambda *_: Management(world))
    monkeypatch.setattr(world, "local", False, raising=False)
    assert main(["restore", "camunda.yaml", "--dry-run"]) == 1
    assert "authentication.cluster_admin" in capsys.readouterr().err
    for time, why in (("2099-01-01T00:00:00Z", "in the future"), ("999999d", "is not a time")):
        assert main(["restore", "camunda.yaml", "--to", time, "--database", "load"]) == 1
        assert why in capsys.readouterr().err


# Into a new deployment.


def backup(number: int, minutes: float, state: str = "COMPLETED") -> Backup:
    parts = {each: state for each in (1, 2)}
    return Backup(number, state, parts, "", AT + minutes * MINUTE, "8.10.6")


def restorable(latest: float, *backups: Backup, earliest: float = -100) -> Restorable:
    done = [each.taken for each in backups if each.taken and each.state == "COMPLETED"]
    spans = tuple(BackupRange(each, min(done), max(done)) for each in (1, 2)) if done else ()
    return Restorable(
        backups, spans, 2, "db", AT + earliest * MINUTE, AT + latest * MINUTE
    )  # fmt: skip


ALL = (backup(1, -60), backup(2, -30), backup(3, 0), backup(4, 1, "FAILED"))


@pytest.mark.parametrize(
    ("found", "to", "database"),
    [
        (restorable(10, *ALL), None, 0),
        (restorable(-5, *ALL), None, -5),  # Aurora is minutes behind
        (restorable(10, *ALL), -20, -30),  # the last backup before it
        (restorable(10, *ALL), -30, -30),
        (restorable(10, ALL[2]), None, 0),
    ],
)
def test_the_moment_is_that_of_a_backup_or_just_before(
    found: Restorable, to: float | None, database: float
) -> None:
    limit = None if to is None else AT + to * MINUTE
    assert moment_of(found, limit, AT) == Moment(AT + database * MINUTE, limit, "8.10.6")


@pytest.mark.parametrize(
    ("found", "to", "why"),
    [
        (restorable(10), None, "there is no completed backup"),
        (restorable(10, *ALL), -70, "no completed backup up to that time"),
        (restorable(-61, *ALL), None, "together with backups from 2026-01-05T11:00:00Z on"),
        (restorable(10, *ALL, earliest=5), None, "before every time that the database can be"),
        (replaced(restorable(10, *ALL), partitions=3), None, "lacks partitions 3"),
    ],
)
def test_a_moment_that_there_is_not(found: Restorable, to: float | None, why: str) -> None:
    with pytest.raises(DeployError, match="CAM775") as raised:
        moment_of(found, None if to is None else AT + to * MINUTE, AT)
    assert why in str(raised.value)


def test_a_gap_between_backups_is_not_crossed() -> None:
    spans = [(1, -60, -50), (1, -30, 0), (2, -60, 0)]
    ranges = tuple(BackupRange(n, AT + a * MINUTE, AT + b * MINUTE) for n, a, b in spans)
    found = replaced(restorable(-40, *ALL), ranges=ranges)
    with pytest.raises(DeployError, match="from 2026-01-05T11:30:00Z on"):
        moment_of(found, None, AT)


def test_what_a_deployment_offers(world: Brokers) -> None:
    fake, cloud = world.fake, replaced(world.fake.cloud, services=world)
    root(world).outputs["BackupBucketName"] = "backupbucket"
    deployed = require_deployed(cloud.stacks, "camunda")
    [name] = fake.databases.clusters
    fake.databases.clusters[name] = DatabaseCluster(name, "available", True, "17.9")
    fake.objects.keys["backupbucket"] = "1234abcd"
    for kind in ("AdminPassword", "ConnectorsPassword"):
        fake.secrets.values[f"{SECRET}{kind}-a1"] = "x"
        fake.secrets.keys[f"{SECRET}{kind}-a1"] = "arn:aws:kms:eu-west-2:1:key/k"
    source = read_source(cloud, deployed)
    fields = dict(restored_fields(source, Moment(AT, AT + MINUTE), passwords=True))
    assert fields == {
        "database.engine_version": "17.9",
        "database.source.cluster_identifier": name,
        "database.source.restore_to_time": "2026-01-05T12:00:00Z",
        "orchestration.restore.bucket.name": "backupbucket",
        "orchestration.restore.bucket.kms_key_arn": f"{KEY}/1234abcd",
        "orchestration.restore.to": "2026-01-05T12:01:00Z",
        "authentication.users.admin.password_secret_arn": f"{SECRET}AdminPassword-a1",
        "authentication.users.connectors.password_secret_arn": f"{SECRET}ConnectorsPassword-a1",
        "secrets.kms_key_arn": "arn:aws:kms:eu-west-2:1:key/k",
    }
    assert not [
        each for each in restored_fields(source, Moment(AT, None), passwords=False)
        if "authentication" in each[0] or "secrets" in each[0] or each[0].endswith(".to")
    ]  # fmt: skip
    assert origin_of(deployed) is None
    fake.objects.keys["backupbucket"] = "arn:aws:kms:eu-west-2:1:alias/aws/s3"
    assert read_source(cloud, deployed).bucket_key is None
    root(world).outputs.clear()
    with pytest.raises(DeployError, match="has no backup bucket"):
        read_source(cloud, require_deployed(cloud.stacks, "camunda"))


def test_a_deployment_with_data_is_never_restored_into(
    world: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", "camunda.yaml", "--from", "camunda", "--yes"]) == 1
    assert "restored into itself" in capsys.readouterr().err
    Path("other.yaml").write_text(SPEC.replace("camunda", "other"))
    assert main(["restore", "other.yaml", "--from", "nothing", "--yes"]) == 1
    assert "no deployment named nothing" in capsys.readouterr().err
    root(world).outputs["BackupBucketName"] = "backupbucket"
    other = world.fake.stacks.add("other", template={"Resources": {}})
    assert main(["restore", "other.yaml", "--from", "camunda", "--yes"]) == 1
    assert "never writes over data" in capsys.readouterr().err
    [cluster] = world.fake.databases.clusters
    made = {"SourceDBClusterIdentifier": cluster, "RestoreToTime": "2026-01-05T12:00:00Z"}
    other.template = {"Resources": {"C": {"Type": "AWS::RDS::DBCluster", "Properties": made}}}
    assert main(["restore", "other.yaml", "--from", "camunda", "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("1. take a backup")  # all else is done
    earlier = ["--to", "2026-01-05T11:00:00Z", "--dry-run"]
    assert main(["restore", "other.yaml", "--from", "camunda", *earlier]) == 1
    assert "which is later" in capsys.readouterr().err
    made["SourceDBClusterIdentifier"] = "another"
    assert main(["restore", "other.yaml", "--from", "camunda", "--dry-run"]) == 1
    assert "never writes over data" in capsys.readouterr().err


def root(world: Brokers) -> FakeStack:
    found = world.fake.stacks.find("camunda")
    assert found is not None
    return found


def test_the_steps_into_a_new_deployment(
    world: Brokers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root(world).outputs["BackupBucketName"] = "backupbucket"
    Path("other.yaml").write_text(SPEC.replace("camunda", "other"))
    there = ["restore", "other.yaml", "--from", "camunda", "--dry-run"]
    names = ["--set", "database.name=x", "--set", "database.user=y", "--set"]
    assert main([*there, *names, "database.table_prefix=z_"]) == 1
    assert (
        "different database.user (camunda), database.table_prefix (none), database.name (camunda)"
        in capsys.readouterr().err
    )
    assert main(there) == 1 and "no completed backup" in capsys.readouterr().err
    world.camunda.backups.take(None, world.cluster.known(), world.cluster.version)
    assert main([*there, "--set", "orchestration.partitions=4"]) == 1
    assert "set orchestration.partitions to 3" in capsys.readouterr().err
    assert main([*there, "--set", "orchestration.image=camunda/camunda:8.10.5"]) == 1
    said = capsys.readouterr().err
    assert "cannot go back" in said and "set orchestration.image to camunda/camunda:8.10.6" in said
    assert main([*there, "--stop-source"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1. stop connectors and orchestration of camunda\n2. deploy other: RDS")
    assert "into a new cluster" in out and "camunda keeps its data" in out
    assert main(there) == 0
    assert "both would act on the same timers" in capsys.readouterr().out
    assert main([*there[:-1]]) == 1 and "CAM616" in capsys.readouterr().err

    world.camunda.failing += [404] * 3  # brokers that are gone, after a disaster
    assert main(there) == 1 and "give --to" in capsys.readouterr().err
    world.camunda.failing += [404] * 3
    assert main([*there, "--to", "2026-01-05T11:00:00Z"]) == 0
    assert "note: backups are not checked" in capsys.readouterr().out
