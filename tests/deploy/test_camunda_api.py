"""Camunda's REST API, simulated on 127.0.0.1: the topology, logins, and answers of others."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.camunda import Camunda, Login
from camformation.deploy.live_stack.topology import Topology, faults, topology_of


def topology(brokers: int = 3, partitions: int = 3, factor: int = 3) -> dict[str, Any]:
    """Return the answer of a healthy cluster, as the API's reference describes it."""
    return {
        "clusterSize": brokers,
        "partitionsCount": partitions,
        "replicationFactor": factor,
        "gatewayVersion": "8.10.9",
        "lastCompletedChangeId": "-1",
        "brokers": [
            {
                "nodeId": node,
                "host": f"10.0.0.{node}",
                "port": 26501,
                "version": "8.10.9",
                "partitions": [
                    {
                        "partitionId": number,
                        "role": "leader" if (number - 1) % brokers == node else "follower",
                        "health": "healthy",
                    }
                    for number in range(1, partitions + 1)
                    if (node - number + 1) % brokers < factor
                ],
            }
            for node in range(brokers)
        ],
    }


class Simulated:
    """A gateway with one user; a test changes what it answers."""

    def __init__(self) -> None:
        self.data: Any = topology()
        self.leader = True
        self.code = 200
        self.asked: list[tuple[str, str | None]] = []
        self.wanted = "Basic " + b64encode(b"admin:right").decode()
        simulated = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulated.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/camunda"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        login = handler.headers.get("Authorization")
        self.asked.append((handler.path, login))
        if self.code != 200:
            handler.send_response(self.code)
            handler.send_header("Location", "http://127.0.0.1:1/elsewhere")
        elif handler.path.endswith("/v2/status"):
            handler.send_response(204 if self.leader else 503)
        elif login != self.wanted:
            handler.send_response(401)
        else:
            body = self.data if isinstance(self.data, bytes) else json.dumps(self.data).encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Simulated()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def test_a_healthy_cluster(gateway: Simulated) -> None:
    found = Camunda(f"{gateway.url}/", Login("admin", "right")).topology()
    assert (found.size, len(found.brokers), found.versions) == (3, 3, ("8.10.9",))
    assert list(faults(found)) == []
    assert gateway.asked[0][0] == "/camunda/v2/topology"


def test_without_a_login_only_the_status_is_asked(gateway: Simulated) -> None:
    assert Camunda(gateway.url).has_leader() is True
    gateway.leader = False
    assert Camunda(gateway.url).has_leader() is False
    assert {login for _, login in gateway.asked} == {None}


def test_a_token(gateway: Simulated) -> None:
    gateway.wanted = "Bearer abc"
    assert Camunda(gateway.url, Login(secret="abc")).topology().size == 3


@pytest.mark.parametrize(
    ("code", "data", "said"),
    [
        (401, None, "refuses the login"),
        (403, None, "refuses the login"),
        (302, None, "it redirects"),
        (404, None, "it answers 404"),
        (502, None, "it answers 502"),
        (200, b"<html>", "the answer is not a topology"),
        (200, {"clusterSize": "many"}, "the answer is not a topology"),
        (200, [], "the answer is not a topology"),
    ],
)
def test_answers_of_others(gateway: Simulated, code: int, data: Any, said: str) -> None:
    gateway.code, gateway.data = code, data
    with pytest.raises(DeployError, match=said) as error:
        Camunda(gateway.url, Login("admin", "right")).topology()
    assert error.value.code == "CAM741" and "right" not in str(error.value)
    assert len(gateway.asked) == 1  # no redirect is followed


def test_nobody_answers() -> None:
    with pytest.raises(DeployError, match="does not answer"):
        Camunda("http://127.0.0.1:9", Login("admin", "right")).topology()


def test_a_password_is_not_sent_in_the_clear() -> None:
    with pytest.raises(DeployError) as error:
        Camunda("http://camunda.example", Login("admin", "right"))
    assert error.value.code == "CAM742"
    for endpoint in ("https://camunda.example", "http://localhost:8080", "http://[::1]:8080"):
        Camunda(endpoint, Login("admin", "right"))
    with pytest.raises(DeployError) as raised:
        Camunda("localhost:9600")
    assert raised.value.hint == "did you mean http://localhost:9600?"
    with pytest.raises(DeployError, match="is not an endpoint"):
        Camunda("camunda.example")


Change = Callable[[dict[str, Any]], object]


def replica(data: dict[str, Any], broker: int, number: int) -> dict[str, Any]:
    found = data["brokers"][broker]["partitions"]
    return next(each for each in found if each["partitionId"] == number)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda data: replica(data, 0, 1).update(role="follower"),
            ["partition 1 without a leader"],
        ),
        (
            lambda data: replica(data, 1, 1).update(role="leader"),
            ["partition 1 with more than one leader"],
        ),
        (lambda data: replica(data, 2, 2).update(health="unhealthy"), ["partition 2 unhealthy"]),
        (lambda data: replica(data, 2, 2).update(health="DEAD"), ["partition 2 dead"]),
        (
            lambda data: replica(data, 2, 2).update(role="inactive"),
            ["partition 2 with fewer than 3 replicas"],
        ),
        (
            lambda data: data["brokers"].pop(),
            [
                "partition 3 without a leader",
                "1 broker of 3 missing",
                "partitions 1, 2, 3 with fewer than 3 replicas",
            ],
        ),
        (
            lambda data: data["brokers"][0].update(version="8.10.2"),
            ["brokers of several versions: 8.10.2, 8.10.9"],
        ),
        (
            lambda data: data.update(brokers=None),
            [
                "partitions 1, 2, 3 without a leader",
                "3 brokers of 3 missing",
                "partitions 1, 2, 3 with fewer than 3 replicas",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_cluster(change: Change, said: list[str]) -> None:
    data = topology()
    change(data)
    found = topology_of(data)
    assert isinstance(found, Topology)
    assert list(faults(found)) == said


@pytest.mark.parametrize("brokers", [1, 3, 5, 7])
def test_healthy_clusters_of_any_size(brokers: int) -> None:
    found = topology_of(topology(brokers, 2 * brokers, min(3, brokers)))
    assert found and list(faults(found)) == []
