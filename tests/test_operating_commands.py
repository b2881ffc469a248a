"""The commands that operate a deployment, as somebody types them, against the local target."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from camformation.cli.options import Where
from camformation.cli.target import SystemClock, connected
from camformation.deploy import local
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.own_services import own_services
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.deploy.local.camunda_server import SimulatedCamunda
from camformation.rules.releases import newest_image
from deploy.simulated_users import SimulatedUsers
from deploy.test_camunda_api import Simulated
from deploy.test_camunda_api import gateway as gateway
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
    assert shell("stop camunda --yes") == 0
    assert "orchestration and connectors are stopped already: nothing to do" in shell.out
    assert shell("status camunda") == 1 and "stopped" in shell.out
    assert shell("restart camunda --yes") == 1 and "start it with" in shell.err

    assert shell("start camunda --yes --json") == 0, shell.out + shell.err
    events = [json.loads(line) for line in shell.out.splitlines()]
    assert [each["subject"] for each in events if "starting" in each["message"]] == [
        "orchestration",
        "connectors",
    ]
    assert events[-1]["succeeded"] is True
    assert shell("start camunda connectors --json") == 0  # needs no question
    assert json.loads(shell.out)["message"] == "connectors is running already: nothing to do"
    assert shell("status camunda") == 0
    assert shell("plan camunda.yaml") == 0  # the template's own counts


def test_a_restart_in_the_safe_order(shell: Shell) -> None:
    assert shell("restart camunda orchestrtion --yes") == 1
    assert "did you mean orchestration?" in shell.err
    for words in ("restart connectors", "rotate admin", "exec orchestration"):
        assert shell(f"{words} camunda.yaml") == 1
        assert "camunda.yaml is a spec, which comes first" in shell.err
    assert shell("restart camunda --dry-run") == 0 and "orchestration.restart" in shell.out
    assert shell("restart camunda --yes") == 0, shell.out + shell.err
    assert shell.out.index("orchestration: replacing") < shell.out.index("connectors: replacing")
    assert "restarted orchestration and connectors" in shell.out
    assert shell("plan camunda.yaml") == 0


def test_logs(shell: Shell) -> None:
    assert shell("logs camunda --since 1d") == 0
    assert shell("logs camunda --service orchestration --since 1h --json") == 0
    assert not [line for line in shell.out.splitlines() if '"stream": "db-seed' in line]
    for since in ("yesterday", "999999d"):
        assert shell(f"logs camunda --since {since}") == 1 and f"--since {since}" in shell.err
    assert shell("logs camunda --since 2099-01-01T00:00:00Z") == 1 and "future" in shell.err
    assert shell("logs camunda --since 0s --filter nothing") == 0 and not shell.out
    assert "note: no lines that the filter matches since 20" in shell.err
    assert "--since 1d looks further back" in shell.err
    assert shell("logs camunda --since 2d --filter nothing") == 0
    assert "note: no lines" in shell.err and "--since" not in shell.err
    assert shell("logs camunda --service nothing") == 1 and "CAM724" in shell.err


def test_a_failover_of_the_database(shell: Shell) -> None:
    assert shell("failover camunda") == 1 and "CAM767" in shell.err  # one instance
    assert shell("deploy camunda.yaml --yes --quiet --set database.instances=2") == 0
    assert shell("failover camunda --dry-run") == 0, shell.out + shell.err
    assert shell.out.startswith("1. fail over the database camunda-") and "connection" in shell.out
    assert shell("failover camunda") == 1 and "CAM616" in shell.err
    assert shell("failover camunda --to nobody --yes") == 1 and "replicas that could" in shell.err
    assert shell("failover camunda --yes --json") == 0, shell.out + shell.err
    events = [json.loads(line) for line in shell.out.splitlines()]
    assert events[0]["message"].startswith("failing over from") and events[-1]["succeeded"]
    assert shell("status camunda") == 0
    assert shell("deploy camunda.yaml --yes --quiet") == 0


def test_secrets_are_listed_and_changed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("rotate camunda.yaml") == 0, shell.out + shell.err
    found = {each["kind"]: each for each in shell.data("rotate camunda --json")["secrets"]}
    assert found["connectors"]["readers"] == ["connectors"] and found["admin"]["rotates"]
    assert "IAM tokens" in found["database-user"]["why_not"]

    assert shell("rotate camunda database-user --yes") == 1 and "CAM769" in shell.err
    assert shell("rotate camunda conectors") == 1 and "did you mean connectors?" in shell.err
    assert shell("rotate camunda connectors --yes") == 1 and "runs no containers" in shell.err
    assert shell("rotate camunda database-admin --dry-run") == 0
    assert shell.out.startswith("1. let RDS change the password of camunda-")
    assert shell("rotate camunda database-admin --yes") == 0, shell.out + shell.err

    shell("password camunda")
    before = shell.out.strip()
    users = SimulatedUsers(admin=before, connectors="whatever it is")
    try:
        there = f"camunda --endpoint {users.url}"
        assert shell(f"rotate {there} connectors") == 1 and "CAM616" in shell.err
        assert not users.changes
        assert shell(f"rotate {there} connectors --yes --json") == 0, shell.out + shell.err
        events = [json.loads(line) for line in shell.out.splitlines()]
        assert events[-1]["succeeded"] and events[-1]["message"] == "connectors is changed"
        monkeypatch.setattr("sys.stdin", StringIO("chosen by me\n"))
        assert shell(f"rotate {there} admin --value-stdin --yes") == 0, shell.out + shell.err
        said = shell.printed
        assert users.passwords["admin"] == "chosen by me"
        assert "chosen by me" not in said and users.passwords["connectors"] not in said
        assert shell("password camunda") == 0 and shell.out == "chosen by me\n"
        monkeypatch.setattr("sys.stdin", StringIO("\n"))
        assert shell(f"rotate {there} admin --value-stdin --yes") == 1 and "no value" in shell.err
        with connected(Where(None, "eu-west-2", None, True, shell.state)) as at:
            name = at.cloud.stacks.describe_stack("camunda")
            assert name is not None
            at.cloud.secrets.put(
                name.outputs["AdminPasswordSecretArn"], before, "b" * 36, pending=False
            )
    finally:
        users.close()
    assert shell("plan camunda.yaml") == 0  # nothing of it is a change of the deployment


@pytest.fixture
def camunda() -> Iterator[SimulatedCamunda]:
    simulated = SimulatedCamunda(SimulatedCluster())
    yield simulated
    simulated.close()


def test_backups_from_the_first_to_the_last(shell: Shell, camunda: SimulatedCamunda) -> None:
    there = "camunda " + " ".join(f"--endpoint {each}" for each in camunda.brokers())
    assert shell("backup create camunda --yes") == 1 and "CAM745" in shell.err  # no way to brokers
    assert shell(f"backup verify {there}") == 1 and "no completed backup" in shell.out
    assert shell.out.splitlines()[-1] == "hint: `camformation backup create` takes one"
    assert shell(f"backup create {there} --snapshot --dry-run") == 0
    assert shell.out.startswith("1. take the snapshot camunda-backup-")
    assert shell(f"backup create {there}") == 1 and "CAM616" in shell.err
    assert not camunda.backups.taken
    camunda.backups.generated = False  # the spec has no schedule
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("camformation.deploy.operation.backup.POLL_S", 0.0)
        assert shell(f"backup create {there} --snapshot --yes --json") == 0, shell.out + shell.err
    events = [json.loads(line) for line in shell.out.splitlines()]
    assert events[-1]["succeeded"] and "of 3 partitions" in events[-1]["message"]
    assert shell(f"backup list {there}") == 0 and "snapshot camunda-backup-" in shell.out
    [found] = shell.data(f"backup list {there} --json")["backups"]
    assert shell(f"backup verify {there} {found['id']}") == 0, shell.out + shell.err
    assert shell.data(f"backup verify {there} --json")["usable"] is True
    assert shell(f"backup verify {there} --within 2h") == 0
    assert shell(f"backup verify {there} --within soon") == 1 and "2h or PT2H" in shell.err
    assert shell(f"backup verify {there} 5") == 1 and "`camformation backup list`" in shell.out
    assert shell(f"backup delete {there} 5 --yes") == 1 and "no backup 5" in shell.err
    assert shell(f"backup delete {there} {found['id']} --yes") == 1
    assert "only complete backup" in shell.err and camunda.backups.taken
    assert shell(f"backup delete {there} {found['id']} --the-last-one --yes") == 0
    assert not camunda.backups.taken


def test_exporting_is_paused_and_resumed(shell: Shell, camunda: SimulatedCamunda) -> None:
    there = "camunda " + " ".join(f"--endpoint {each}" for each in camunda.brokers())
    assert shell("exporting pause camunda --yes") == 1 and "CAM745" in shell.err
    assert shell(f"exporting pause {there} --dry-run") == 0 and "disks fill" in shell.out
    assert camunda.cluster.exporting == "EXPORTING"
    assert shell(f"exporting pause {there} --soft --yes") == 0, shell.out + shell.err
    assert camunda.cluster.exporting == "SOFT_PAUSED" and "is SOFT_PAUSED" in shell.out
    assert shell(f"exporting resume {there} --yes") == 0, shell.out + shell.err
    assert camunda.cluster.exporting == "EXPORTING"


def test_leaders_are_spread_over_brokers(shell: Shell, camunda: SimulatedCamunda) -> None:
    there = "camunda " + " ".join(f"--endpoint {each}" for each in camunda.brokers())
    assert shell(f"rebalance {there} --json") == 0
    assert "nothing to do" in json.loads(shell.out)["message"]
    camunda.cluster.leaders = {1: 0, 2: 0, 3: 0}
    assert shell(f"rebalance {there} --dry-run") == 0
    assert "broker 0 leads 3 partitions, broker 1 leads 0" in shell.out
    assert camunda.cluster.leaders == {1: 0, 2: 0, 3: 0}
    assert shell(f"rebalance {there} --yes") == 0, shell.out + shell.err
    assert sorted(camunda.cluster.leaders.values()) == [0, 1, 2]
    camunda.cluster.tasks.remove(2)
    assert shell(f"rebalance {there} --yes") == 1 and "CAM725" in shell.err


def test_there_is_nothing_to_open_in_the_local_target(shell: Shell) -> None:
    assert shell("exec camunda orchestration") == 1 and "CAM728" in shell.err
    assert shell("port-forward camunda orchestration 9600") == 1 and "CAM728" in shell.err
    assert shell("port-forward camunda orchestration 0:99") == 1 and "LOCAL:REMOTE" in shell.err


def test_brokers_and_partitions_through_any_endpoint(
    shell: Shell, gateway: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("password camunda")
    password = shell.out.strip()
    gateway.wanted = "Basic " + b64encode(f"admin:{password}".encode()).decode()
    there = f"camunda --endpoint {gateway.url}"
    assert shell(f"status {there}") == 0 and "a partition has a healthy leader" in shell.out
    before = shell.printed
    assert shell(f"status {there} --as-admin") == 0, shell.out + shell.err
    assert "broker 2  8.10.9" in shell.out
    monkeypatch.setattr("sys.stdin", StringIO(f"{password}\n"))
    found = shell.data(f"status {there} --user admin --password-stdin --json")
    assert found["topology"]["replication_factor"] == 3
    monkeypatch.setattr("sys.stdin", StringIO("wrong\n"))
    assert shell(f"status {there} --user admin --password-stdin") == 1
    assert "refuses the login" in shell.out
    gateway.data["brokers"].pop()
    assert shell(f"status {there} --as-admin") == 1 and "1 broker of 3 missing" in shell.out
    assert password not in shell.printed[len(before) :]

    assert shell("status camunda --user admin") == 1 and "given together" in shell.err
    assert shell("status camunda --as-admin --token-stdin") == 1 and "exclude" in shell.err
    assert shell("status camunda --as-admin") == 1 and "CAM741" in shell.err  # local target
    clear = "status camunda --endpoint http://camunda.example --as-admin"
    assert shell(clear) == 1 and "CAM742" in shell.err
    assert shell("status nobody") == 1 and "CAM682" in shell.err


def test_watching_goes_on_until_somebody_leaves(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([None, KeyboardInterrupt])
    waits = time.sleep

    def sleep(seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            waits(seconds)  # the local target's own threads sleep, too
        elif leaves := next(looks):
            raise leaves

    with monkeypatch.context() as patch:
        patch.setattr(SystemClock, "sleep", lambda _, seconds: sleep(seconds))
        assert shell("status camunda --watch --json") == 0
    assert [json.loads(line)["healthy"] for line in shell.out.splitlines()] == [True, True]


def test_what_would_do_harm_is_refused(shell: Shell) -> None:
    assert shell("stop camunda orchestration --yes") == 1
    assert "connectors would run without brokers" in shell.err
    assert shell("stop camunda connectors --database --yes") == 1
    assert "cannot be stopped alone" in shell.err
    with connected(Where(None, "eu-west-2", None, True, shell.state)) as at:
        deployed = require_deployed(at.cloud.stacks, "camunda")
        brokers, _ = own_services(at.cloud, deployed)
        at.cloud.services.set_desired_count(brokers.cluster, brokers.service, 2)
        try:
            for command in ("stop", "start"):  # one broker was added since the deployment
                assert shell(f"{command} camunda --yes") == 1
                assert "has 2 tasks, but 1 in its template" in shell.err
        finally:
            at.cloud.services.set_desired_count(brokers.cluster, brokers.service, 1)
    assert shell("stop camunda --yes") == 0
    assert shell("start camunda connectors --yes") == 1 and "start orchestration first" in shell.err
    assert shell("start camunda --yes") == 0


def test_a_night_with_the_database(shell: Shell) -> None:
    assert shell("stop camunda --database --yes") == 0, shell.out + shell.err
    assert "database: stopped" in shell.out and "after seven days" in shell.out
    assert shell("status camunda") == 1 and "is stopped" in shell.out
    assert shell("start camunda --dry-run") == 0 and shell.out.startswith("1. start the database")
    assert shell("start camunda --yes") == 0, shell.out + shell.err
    assert shell("status camunda") == 0


def test_an_upgrade_from_a_healthy_cluster_to_a_healthy_cluster(shell: Shell) -> None:
    """Comes last: no deployment goes back to the release before."""
    now = newest_image("8.10", "orchestration").rpartition(":")[2]
    to = "8.10.99"
    camunda = SimulatedCamunda(SimulatedCluster(1, 1, 1))
    try:
        there = f"upgrade camunda.yaml --endpoint {camunda.broker(0)}"
        for other, why in (
            ("8.10.4", "cannot go back"),
            ("8.10.7-alpha1", "is not a release"),
            ("8.12.0", "camformation knows"),
        ):
            assert shell(f"{there} --to {other} --yes") == 1 and why in shell.err
            assert "CAM771" in shell.err
        sick = SimulatedCamunda(SimulatedCluster())
        asked = f"upgrade camunda.yaml --endpoint {sick.broker(0)} --to {to}"
        assert shell(f"{asked} --yes --without-backup camunda") == 1  # the others are silent
        assert "the cluster is not healthy" in shell.err and "CAM772" in shell.err
        sick.close()
        assert shell(f"{there} --to {to} --yes") == 1
        assert "no recent backup" in shell.err and "backup create --snapshot" in shell.err
        assert shell(f"{there} --to {to} --yes --without-backup camumda") == 1
        assert "not the name of the stack" in shell.err
        camunda.backups.take(None, [1], now)
        camunda.backups.slow = 0

        assert shell(f"{there} --to {to} --dry-run") == 0, shell.out + shell.err
        assert (
            f"brokers are upgraded from {now} to {to}" in shell.out
            and "newest backup is" in shell.out
        )
        assert f"orchestration.image: camunda/camunda:{to}" in shell.out
        assert "OrchestrationTaskDefinition" in shell.out and "nothing was changed" in shell.out
        planned = shell.data(f"{there} --to {to} --dry-run --json")
        assert planned["fields"] == [
            {"field": "orchestration.image", "value": f"camunda/camunda:{to}"}
        ]
        assert planned["event"] == "steps" and planned["plan"]["exit_code"] == 2
        assert shell(f"{there} --to {to}") == 1 and "CAM616" in shell.err
        assert shell(f"{there} --to {to} --yes --no-preflight") == 0, shell.out + shell.err
        assert f"brokers run {to}, and every partition is healthy" in shell.out
        assert "write this into camunda.yaml" in shell.out
        before = Path("camunda.yaml").read_text()
        assert shell(f"{there} --to {to} --yes --write") == 0 and f"brokers run {to}" in shell.out
        assert f"orchestration.image: camunda/camunda:{to}" in shell.out
        assert f"image: camunda/camunda:{to}\n" in Path("camunda.yaml").read_text()
        assert shell("plan camunda.yaml") == 0
        Path("camunda.yaml").write_text(before)
        new = f"--set orchestration.image=camunda/camunda:{to}"
        assert shell(f"plan camunda.yaml {new}") == 0
        assert shell("deploy camunda.yaml --yes") == 3  # as the spec has it
    finally:
        camunda.close()
