"""A simulated cluster over HTTP, with the management that commands use, for whoever asks."""

from collections.abc import Iterator

import pytest

from camformation.deploy.live_stack.camunda import Login
from camformation.deploy.live_stack.http_channel import HttpChannel
from camformation.deploy.live_stack.management import Management
from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.deploy.local.camunda_server import SimulatedCamunda

USER, PASSWORD = "cluster-admin", "a secret"


def managed(camunda: SimulatedCamunda, *, rest: bool, password: str = PASSWORD) -> Management:
    """Return the management of a simulated cluster, over port 9600 and, with `rest`, over 8080."""
    waits: list[float] = []
    actuator = HttpChannel(camunda.brokers(), sleep=waits.append)
    login = Login(USER, password)
    return Management(
        actuator, HttpChannel([camunda.rest], lambda: login, sleep=waits.append) if rest else None
    )


@pytest.fixture
def camunda() -> Iterator[SimulatedCamunda]:
    """Three brokers of 8.10 with three partitions, each replicated to all."""
    simulated = SimulatedCamunda(SimulatedCluster(), USER, PASSWORD)
    yield simulated
    simulated.close()
