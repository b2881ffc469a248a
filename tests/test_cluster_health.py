"""The brokers' latching health check, really run, against simulated management endpoints."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from camformation.components.cluster_health import ALONE_CHECKS, LIVENESS, WHOLE_CLUSTER
from deployments import resources

SHELLS = [found for name in ("dash", "bash", "busybox") if (found := shutil.which(name))]
pytestmark = pytest.mark.skipif(
    not (SHELLS and shutil.which("wget")), reason="the health check needs a shell and wget"
)
NOISE = """\
# HELP zeebe_health Shows current health of the partition (1 = healthy, 0 = unhealthy, -1 = dead)
# TYPE zeebe_health gauge
jvm_info{runtime="OpenJDK Runtime Environment",vendor="x \\"y\\" $(exit 3)"} 1
zeebe_health_nodes{id="Broker-1",path="Broker-1/Partition-1"} 0.0
"""
LEADS, FOLLOWS = 3.0, 0.0


class Broker:
    """The endpoints of one broker, and of the others behind Service Connect."""

    def __init__(self) -> None:
        self.alive = True
        self.scraped = True
        self.health: dict[int, float] = {1: 1.0, 2: 1.0, 3: 1.0}
        self.roles: dict[tuple[int, int], float] = {}
        self.others = True  # know a leader
        self.asked: list[str] = []
        self.whole()

    def whole(self, partitions: int = 3) -> None:
        """Every partition has a leader and two followers."""
        for partition in range(1, partitions + 1):
            for broker in range(3):
                leads = broker == partition % 3
                self.roles[broker, partition] = LEADS if leads else FOLLOWS

    def answer(self, path: str) -> tuple[int, str]:
        self.asked.append(path)
        if path == "/actuator/health/liveness":
            return (200 if self.alive else 503), "{}"
        if path.startswith("/actuator/prometheus?includedNames="):
            return (200, NOISE + self._metrics()) if self.scraped else (404, "")
        if path.endswith("/v2/status"):
            return (204 if self.others else 503), ""
        return 404, ""

    def _metrics(self) -> str:
        lines = [
            f'zeebe_health{{partition="{partition}"}} {value}'
            for partition, value in self.health.items()
        ]
        lines += [
            f'zeebe_gateway_topology_partition_roles{{broker="{broker}",partition="{partition}"}}'
            f" {value}"
            for (broker, partition), value in self.roles.items()
        ]
        return "\n".join(lines) + "\n"


@pytest.fixture
def broker() -> Iterator[tuple[Broker, str]]:
    broker = Broker()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = broker.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command == "GET" and status != 204:
                self.wfile.write(text.encode())

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield broker, f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


class Check:
    """The health check of one task: each call is what ECS does every 30 seconds."""

    def __init__(self, shell: str, address: str, folder: Path, **environment: str) -> None:
        script = (
            WHOLE_CLUSTER.replace("localhost:9600", address)
            .replace("orchestration-cluster-rest:8080", address)
            .replace("/tmp/whole-cluster", str(folder / "state"))
            .replace("/proc/1/fd/1", str(folder / "log"))
        )
        assert "localhost" not in script and "/tmp/whole" not in script
        busy = shell.endswith("busybox")
        self._words: Sequence[str] = [shell, *(["sh"] if busy else []), "-c", script]
        self._environment = {
            "PATH": os.environ["PATH"],
            "CAMUNDA_CLUSTER_PARTITIONCOUNT": "3",
            "CAMUNDA_CLUSTER_REPLICATIONFACTOR": "3",
            **environment,
        }
        self.folder = folder
        self.said = ""

    def __call__(self) -> int:
        done = subprocess.run(
            self._words, env=self._environment, capture_output=True, text=True, timeout=20
        )
        assert all(line.startswith("wget: ") for line in done.stderr.splitlines())
        self.said = done.stdout
        return done.returncode


@pytest.fixture(params=SHELLS, ids=[Path(each).name for each in SHELLS])
def check(request: pytest.FixtureRequest, broker: tuple[Broker, str], tmp_path: Path) -> Check:
    return Check(request.param, broker[1], tmp_path)


def test_a_broker_is_healthy_once_all_was_well_twice(
    check: Check, broker: tuple[Broker, str]
) -> None:
    there, _ = broker
    assert check() == 1 and "once more" in check.said
    assert check() == 0 and check() == 0
    scrapes = [path for path in there.asked if "prometheus" in path]
    assert len(scrapes) == 2  # the latch asks for liveness alone
    there.roles.clear()
    there.health = {1: -1.0}
    assert check() == 0
    there.alive = False
    assert check() == 1
    there.alive = True
    assert check() == 0
    assert "once more" in (check.folder / "log").read_text()


def test_leaders_that_move_begin_the_count_again(check: Check, broker: tuple[Broker, str]) -> None:
    there, _ = broker
    assert check() == 1
    there.roles[2, 2] = FOLLOWS
    assert check() == 1 and "partition 2 has no leader" in check.said
    there.whole()
    assert check() == 1 and "once more" in check.said
    assert check() == 0


@pytest.mark.parametrize("what", ["replica", "sick", "dead", "more", "metrics", "down"])
def test_what_holds_a_broker_back(check: Check, broker: tuple[Broker, str], what: str) -> None:
    there, _ = broker
    said = {
        "replica": "partition 3 has 2 of 3 replicas",
        "sick": "of this broker is not healthy",
        "dead": "of this broker is not healthy",
        "more": "partition 4 has no leader",  # added since the deployment
        "metrics": "no metrics",
        "down": "",
    }
    match what:
        case "replica":
            del there.roles[1, 3]
        case "sick" | "dead":
            there.health[2] = 0.0 if what == "sick" else -1.0
        case "more":
            there.roles[0, 4] = FOLLOWS
        case "metrics":
            there.scraped = False
        case "down":
            there.alive = False
    for _ in range(3):
        assert check() == 1 and said[what] in check.said
    broker[0].__init__()  # type: ignore[misc]
    assert [check(), check()] == [1, 0]


def test_one_broker_alone_is_a_whole_cluster(broker: tuple[Broker, str], tmp_path: Path) -> None:
    there, address = broker
    there.roles, there.health = {(0, 1): LEADS}, {1: 1.0}
    one = {"CAMUNDA_CLUSTER_PARTITIONCOUNT": "1", "CAMUNDA_CLUSTER_REPLICATIONFACTOR": "1"}
    check = Check(SHELLS[0], address, tmp_path, **one)
    assert [check(), check()] == [1, 0]


def test_a_cluster_that_starts_as_a_whole_waits_for_nobody(
    check: Check, broker: tuple[Broker, str]
) -> None:
    there, _ = broker
    there.roles = {(0, 1): FOLLOWS}
    there.others = False
    assert [check() for _ in range(ALONE_CHECKS - 1)] == [1] * (ALONE_CHECKS - 1)
    assert "no partition has a leader" in check.said
    assert check() == 0 and check() == 0


def test_a_broker_cut_off_from_a_cluster_that_works_is_held_back(
    broker: tuple[Broker, str], tmp_path: Path
) -> None:
    there, address = broker
    there.roles = {}
    check = Check(SHELLS[0], address, tmp_path, SERVER_SERVLET_CONTEXT_PATH="/camunda")
    assert [check() for _ in range(ALONE_CHECKS + 2)] == [1] * (ALONE_CHECKS + 2)
    assert "this one knows none" in check.said
    assert there.asked[-1] == "/camunda/v2/status"
    there.whole()
    assert [check(), check()] == [1, 0]


def test_where_nothing_can_be_written_liveness_counts(
    broker: tuple[Broker, str], tmp_path: Path
) -> None:
    check = Check(SHELLS[0], broker[1], tmp_path / "missing")
    assert check() == 0
    broker[0].alive = False
    assert check() == 1


def test_the_template_has_it_where_it_is_wanted() -> None:
    def health(**orchestration: Any) -> dict[str, Any]:
        found = resources(orchestration=orchestration)["OrchestrationTaskDefinition"]
        [broker] = found["Properties"]["ContainerDefinitions"]
        checked: dict[str, Any] = broker["HealthCheck"]
        return checked

    assert health()["Command"] == ["CMD-SHELL", LIVENESS]
    whole = health(cluster_health_check=True)
    assert whole["Command"] == ["CMD-SHELL", WHOLE_CLUSTER]
    assert (whole["Timeout"], whole["Retries"], whole["Interval"]) == (15, 3, 30)
    assert ("'" not in WHOLE_CLUSTER) and "${AWS" not in WHOLE_CLUSTER
