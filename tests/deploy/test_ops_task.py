"""The ops task as a way to brokers: started on a scripted ECS, which runs its real code."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from camformation.cli.management import management_of
from camformation.cli.target import Connection, Subject
from camformation.components.authentication import OidcClusterAdminSpec
from camformation.deploy.cloud.channel import NoWay
from camformation.deploy.cloud.cluster import Scaling
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.services import ContainerState, LogLine, TaskRequest, TaskState
from camformation.deploy.live_stack.cluster_admin import cluster_admin, token
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.ops_task import Left, OpsTask, ops_place
from camformation.deploy.local.camunda_server import SimulatedCamunda
from deploy.fake_cloud import FakeCloud
from deploy.live import live
from deploy.simulated_camunda import camunda as camunda
from test_operations import OIDC, run

TLS = {
    "tls": {
        "hostname": "c.example.com",
        "certificate_arn": "arn:aws:acm:eu-west-2:111122223333:certificate/1234abcd",
    }
}


class Tasks:
    """Brokers' tasks on ECS, each with a port of a simulated broker, and ops tasks that run."""

    def __init__(self, fake: FakeCloud, camunda: SimulatedCamunda) -> None:
        self.fake, self.camunda = fake, camunda
        self.requests: list[TaskRequest] = []
        self.exit_code: int | None = 0
        self.late = 1  # looks at the log that find nothing
        deployed = require_deployed(fake.stacks, "camunda")
        place = ops_place(fake.cloud, deployed)
        assert place
        self.service = place.brokers.service
        state = fake.services.states[self.service]
        fake.services.states[self.service] = replace(state, subnets=("subnet-1", "subnet-2"))
        fake.services.running[self.service] = tuple(
            TaskState(f"arn:aws:ecs:task/{n}", "RUNNING", "", (), address=f"10.0.0.{n}")
            for n in reversed(range(len(camunda.cluster.members)))
        )
        fake.services.started = self.start

    def start(self, request: TaskRequest) -> str:
        self.requests.append(request)
        arn = f"arn:aws:ecs:task/ops{len(self.requests)}"
        own = ContainerState("ops", "", "STOPPED", self.exit_code, "CannotPullContainerError")
        self.fake.services.alone[arn] = TaskState(arn, "STOPPED", "", (own,))
        if self.exit_code == 0:
            hosts = [each.partition(":")[0] for each in request.environment["BROKERS"].split()]
            brokers = [self.camunda.broker(int(each.rpartition(".")[2])) for each in hosts]
            done = run(json.loads(request.environment["CALLS"]), brokers)
            lines = tuple(
                LogLine(self.fake.clock.now(), "", each) for each in done.stdout.splitlines()
            )
            self.fake.services.logs[f"ops/ops/ops{len(self.requests)}"] = lines
        return arn


@pytest.fixture
def tasks(camunda: SimulatedCamunda) -> Iterator[Tasks]:
    fake = FakeCloud()
    live(fake, operations={"task": {}})
    yield Tasks(fake, camunda)


def managed(tasks: Tasks, leaving: bool = False) -> Management:
    place = ops_place(tasks.fake.cloud, require_deployed(tasks.fake.stacks, "camunda"))
    assert place
    return Management(OpsTask(tasks.fake.cloud, place, tasks.fake.clock, lambda: leaving))


def test_one_task_makes_several_calls_in_the_brokers_network(tasks: Tasks) -> None:
    topology = managed(tasks).topology()
    assert [each.id for each in topology.brokers] == [0, 1, 2]
    (request,) = tasks.requests
    assert request.subnets == ("subnet-1", "subnet-2")
    assert request.environment["BROKERS"] == "10.0.0.0:9600 10.0.0.1:9600 10.0.0.2:9600"
    assert request.container == "ops" and len(request.token) == 32
    assert len(json.loads(request.environment["CALLS"])) == 2


def test_a_change_is_asked_for_and_refused_in_camundas_words(tasks: Tasks) -> None:
    management = managed(tasks)
    assert management.scale(Scaling(partitions=4), dry_run=True).steps
    with pytest.raises(DeployError, match="can only be increased"):
        management.scale(Scaling(partitions=1), dry_run=False)


def test_a_task_that_cannot_start_says_why(tasks: Tasks) -> None:
    tasks.exit_code = None
    with pytest.raises(DeployError, match="CannotPullContainerError") as found:
        managed(tasks).cluster()
    assert found.value.code == "CAM749" and "operations.task.image" in str(found.value.hint)
    tasks.exit_code = 2
    with pytest.raises(DeployError, match="ended with 2: it printed nothing"):
        managed(tasks).cluster()


def test_a_log_that_is_never_complete(tasks: Tasks) -> None:
    tasks.fake.services.log_lines = lambda *_: ()  # type: ignore[method-assign]
    with pytest.raises(Unreachable, match="does not have all answers"):
        managed(tasks).cluster()


def test_a_task_that_never_ends_is_stopped(tasks: Tasks) -> None:
    tasks.fake.services.task = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(Unreachable, match="has not ended"):
        managed(tasks).cluster()
    assert tasks.fake.services.called("stop_task")


def test_whoever_leaves_stops_the_task(tasks: Tasks) -> None:
    with pytest.raises(Left):
        managed(tasks, leaving=True).cluster()
    assert tasks.fake.services.called("stop_task")


def test_without_brokers_no_task_is_started(tasks: Tasks) -> None:
    tasks.fake.services.running[tasks.service] = ()
    with pytest.raises(NoWay, match="no broker runs"):
        managed(tasks).cluster()
    assert not tasks.requests


def test_a_broker_that_breaks_off(tasks: Tasks) -> None:
    tasks.camunda.cluster.tasks = []
    with pytest.raises(Unreachable, match="no answer"):
        managed(tasks).cluster()


def test_the_way_is_the_specs() -> None:
    fake = FakeCloud()
    live(fake)
    deployed = require_deployed(fake.stacks, "camunda")
    at = Connection(fake.cloud, fake.identity.who)
    about = Subject("camunda", None)
    assert ops_place(fake.cloud, deployed) is None
    nowhere = management_of(at, about, deployed, (), fake.clock)
    assert not nowhere.scales and not nowhere.restores
    given = management_of(at, about, deployed, ("http://localhost:9600",), fake.clock)
    assert given.name == "http://localhost:9600"


def test_the_cluster_administrator_logs_in_with_the_secret() -> None:
    fake = FakeCloud()
    root, _ = live(fake, authentication={"cluster_admin": {"username": "operator"}}, access=TLS)
    root.outputs = {"ClusterAdminPasswordSecretArn": "arn:x", "Url": "https://c.example.com"}
    fake.secrets.values["arn:x"] = "pass word"
    deployed = require_deployed(fake.stacks, "camunda")
    login = cluster_admin(fake.cloud, deployed, None)
    assert login and not fake.secrets.called("value")
    found = login()
    assert (found.user, found.secret) == ("operator", "pass word")
    at = Connection(fake.cloud, fake.identity.who)
    management = management_of(at, Subject("camunda", None), deployed, (), fake.clock)
    assert management.restores and management.name == "https://c.example.com"
    root.outputs = {**root.outputs, "Url": "http://c.example.com"}
    deployed = require_deployed(fake.stacks, "camunda")
    plain = management_of(at, Subject("camunda", None), deployed, (), fake.clock)
    assert not plain.restores  # a password is never sent without TLS


def test_a_client_gets_a_token_of_the_provider() -> None:
    asked: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> tuple[int, object]:
        asked.append((url, body))
        return (200, {"access_token": "t"}) if b"good" in body else (401, {"error": "bad_client"})

    client = OidcClusterAdminSpec("operator", "arn", "https://idp.example.com/token", "api", None)
    assert token(client, "good", post) == "t"
    assert b"audience=api" in asked[0][1] and b"scope" not in asked[0][1]
    with pytest.raises(DeployError, match="bad_client") as found:
        token(client, "wrong", post)
    assert "wrong" not in str(found.value)


def test_the_client_is_the_specs() -> None:
    fake = FakeCloud()
    live(fake, authentication=OIDC, access=TLS)
    deployed = require_deployed(fake.stacks, "camunda")
    client = OidcClusterAdminSpec("operator", "arn:a:b:c:d:secret:n:key::", "https://i", None, None)
    assert cluster_admin(fake.cloud, deployed, None) is None
    login = cluster_admin(fake.cloud, deployed, client)
    assert login
    fake.secrets.values["arn:a:b:c:d:secret:n"] = '{"other": "x"}'
    with pytest.raises(DeployError, match="has no key key"):
        login()
