"""The health of a deployment: what counts, and what is said where something cannot be read."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError
from camformation.deploy.cloud.services import (
    DatabaseInstance,
    FileSystem,
    ServiceDeployment,
    TargetState,
)
from camformation.deploy.live_stack.camunda import Camunda
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.health import Health, read_health
from camformation.deploy.live_stack.topology import Topology, topology_of
from camformation.layout import Layout
from camformation.report.deployment.health_text import health_json, health_text
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStack
from deploy.live import live
from deploy.test_camunda_api import topology

BUCKET = "backupbucket"


class Gateway(Camunda):
    """Camunda without a network."""

    def __init__(self, data: dict[str, Any] | None, leader: bool = True) -> None:
        self.data, self.leader = data, leader

    @property
    def logged_in(self) -> bool:
        return self.data is not None

    def topology(self) -> Topology:
        found = topology_of(self.data)
        assert found
        return found

    def has_leader(self) -> bool:
        return self.leader


def sound(layout: Layout = Layout.NESTED, **sections: Any) -> tuple[FakeCloud, FakeStack]:
    """A deployment where everything is well."""
    fake = FakeCloud()
    root, _ = live(fake, layout, **sections)
    root.status = "UPDATE_COMPLETE"
    for stack in fake.stacks.known.values():
        for each in stack.resources:
            if each.type == "AWS::ElasticLoadBalancingV2::TargetGroup" and each.physical_id:
                fake.targets.groups[each.physical_id] = (TargetState("10.0.0.1", 8080, "healthy"),)
            if each.type == "AWS::EFS::FileSystem" and each.physical_id:
                found = FileSystem(each.physical_id, "available", 5 * 10**9, ("available",) * 2)
                fake.file_systems.found[each.physical_id] = found
    fake.databases.members = (
        DatabaseInstance("one", "available", True),
        DatabaseInstance("two", "available", False),
    )
    fake.databases.lags["two"] = 21.0
    return fake, root


def health(fake: FakeCloud, camunda: Camunda | None = None) -> Health:
    deployed = require_deployed(fake.stacks, "camunda")
    return read_health(fake.cloud, fake.clock.now(), deployed, camunda or Gateway(topology()))


def states(found: Health) -> dict[str, str]:
    return {each.name: each.state.value for each in found.parts}


@pytest.mark.parametrize("layout", list(Layout))
def test_all_is_well(layout: Layout) -> None:
    fake, _ = sound(layout)
    found = health(fake)
    assert found.healthy, health_text(found, False)
    assert set(states(found).values()) == {"healthy"}
    text = health_text(found, False)
    assert "reader two: available, 21 ms behind" in text
    assert "broker 0  8.10.9  1:leader 2:follower 3:follower" in text
    assert text.endswith("camunda is healthy\n")
    data = json.loads(health_json(found))
    assert data["healthy"] and data["topology"]["cluster_size"] == 3


def test_each_part_counts() -> None:
    rollout = ServiceDeployment(
        *("2", "PRIMARY", "arn:task:8", 3, 1, 1, 0),
        *(FakeCloud().clock.now(), FakeCloud().clock.now()),
        rollout_state="IN_PROGRESS",
    )

    def service(fake: FakeCloud, **changes: Any) -> None:
        states = fake.services.states
        states["orchestrationservice"] = replace(states["orchestrationservice"], **changes)

    def database(fake: FakeCloud, status: str) -> None:
        for name, each in fake.databases.clusters.items():
            fake.databases.clusters[name] = replace(each, status=status)

    changes: list[tuple[str, str, Any]] = [
        ("stack", "changing", lambda fake, root: setattr(root, "status", "UPDATE_IN_PROGRESS")),
        ("stack", "unhealthy", lambda fake, root: setattr(root, "status", "UPDATE_FAILED")),
        ("orchestration", "unhealthy", lambda fake, root: service(fake, running=2)),
        ("orchestration", "stopped", lambda fake, root: service(fake, running=0, desired=0)),
        ("orchestration", "changing", lambda fake, root: service(fake, deployments=(rollout,))),
        (
            "orchestration",
            "unhealthy",
            lambda fake, root: service(
                fake, deployments=(replace(rollout, rollout_state="FAILED"),)
            ),
        ),
        (
            "connectors",
            "unhealthy",
            lambda fake, root: fake.services.states.pop("connectorsservice"),
        ),
        ("load balancers", "unhealthy", lambda fake, root: fake.targets.groups.clear()),
        ("database", "unhealthy", lambda fake, root: database(fake, "failing-over")),
        ("database", "stopped", lambda fake, root: database(fake, "stopped")),
        ("database", "unhealthy", lambda fake, root: fake.databases.lags.update(two=30_000.0)),
        ("file system", "unhealthy", lambda fake, root: fake.file_systems.found.clear()),
    ]
    for name, state, change in changes:
        fake, root = sound()
        change(fake, root)
        found = health(fake)
        assert states(found)[name] == state and not found.healthy, (name, state)
        others = {key: each for key, each in states(found).items() if key != name}
        assert set(others.values()) == {"healthy"}, (name, others)


def test_the_cluster_counts() -> None:
    fake, _ = sound()
    data = topology()
    data["brokers"].pop()
    found = health(fake, Gateway(data))
    assert states(found)["Camunda"] == "unhealthy" and not found.healthy
    assert "1 broker of 3 missing" in health_text(found, False)
    assert health(fake, Gateway(None)).healthy
    assert not health(fake, Gateway(None, leader=False)).healthy


def test_backups_that_are_late() -> None:
    fake, root = sound(storage={"backup": {"continuous": True, "schedule": "PT1H"}})
    root.outputs = {"BackupBucketName": BUCKET}
    for hours, state in ((1, "healthy"), (2, "healthy"), (3, "unhealthy")):
        written = fake.clock.now() - timedelta(hours=hours)
        fake.objects.buckets[BUCKET] = {"manifest.json": (b"", written)}
        assert states(health(fake))["backups"] == state, hours
    fake.objects.buckets[BUCKET] = {}
    assert states(health(fake))["backups"] == "unhealthy"


def test_what_may_not_be_read_is_unknown_and_names_the_permission() -> None:
    def denied(action: str) -> DeployError:
        return AccessDenied("CAM603", f"not allowed: {action}", f"allow {action}")

    for parts, method, part, needed in (
        ("targets", "health", "load balancers", False),
        ("databases", "cluster", "database", False),
        ("file_systems", "file_system", "file system", False),
        ("services", "services", "orchestration", True),
    ):
        fake, _ = sound()
        getattr(fake, parts).fail(method, denied(f"x:{method}"))
        found = health(fake)
        assert states(found)[part] == "unknown"
        assert found.healthy is not needed
        assert f"allow x:{method}" in health_text(found, False)
    fake, _ = sound()
    fake.databases.fail("replica_lag", denied("cloudwatch:GetMetricStatistics"))
    found = health(fake)
    assert found.healthy and "lag unknown" in health_text(found, False)


def test_expired_credentials_are_an_error() -> None:
    fake, _ = sound()
    fake.targets.fail("health", CredentialsExpired("CAM602", "expired"))
    with pytest.raises(CredentialsExpired):
        health(fake)
