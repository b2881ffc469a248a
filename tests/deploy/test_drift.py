"""Drift is looked for in every nested stack, bounded, located in the spec, and without secrets."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import DriftDetection, ResourceDrift
from camformation.deploy.live_stack.drift import Drift, LocatePointer, detect_drift
from camformation.diagnostics import Location
from camformation.layout import Layout
from camformation.report.deployment.drift_text import drift_json, drift_text
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStacks
from deploy.live import live

CHANGED = ResourceDrift(
    "AuroraCluster",
    "auroracluster",
    "AWS::RDS::DBCluster",
    "MODIFIED",
    (("/BackupRetentionPeriod", "NOT_EQUAL", "7", "1"),),
)


def drift(fake: FakeCloud, locate: LocatePointer = lambda template, pointer: None) -> Drift:
    return detect_drift(fake.stacks, fake.clock, "camunda", locate)


def drifted(change: ResourceDrift = CHANGED, stack: str = "Database") -> FakeCloud:
    fake = FakeCloud()
    root, _ = live(fake)
    fake.stacks.child(root, stack).drifts = (change,)
    return fake


def test_every_stack_is_examined_and_what_changed_is_located() -> None:
    fake = drifted()
    asked = []

    def locate(template: str, pointer: str) -> Location | None:
        asked.append((template, pointer))
        return Location("camunda.yaml", 12, 3)

    found = drift(fake, locate)
    assert len(fake.stacks.called("detect_drift")) == len(found.components) == 13
    (resource,) = [r for c in found.components for r in c.resources]
    assert (resource.component, resource.logical_id) == ("database", "AuroraCluster")
    pointer = "/Resources/AuroraCluster/Properties/BackupRetentionPeriod"
    assert ("database", pointer) in asked
    text = drift_text(found)
    assert "BackupRetentionPeriod: 7 → 1  (camunda.yaml:12:3)" in text
    assert "1 changed and 0 deleted" in text and "network" not in text
    assert json.loads(drift_json(found))["drifted"] is True


def test_no_drift_is_said_so() -> None:
    fake = FakeCloud()
    live(fake, Layout.FLAT)
    found = drift(fake)
    assert not found.drifted and found.complete
    assert drift_text(found) == "camunda: no drift found.\n"


def test_secret_values_are_masked() -> None:
    change = ResourceDrift(
        "ConnectorsTaskDefinition",
        None,
        "AWS::ECS::TaskDefinition",
        "MODIFIED",
        (("/ContainerDefinitions/0/Environment/0/DB_PASSWORD", "ADD", None, "hunter2"),),
    )
    found = drift(drifted(change, "Connectors"))
    assert "hunter2" not in drift_text(found) + drift_json(found)


def test_a_deleted_resource_is_drift_and_one_that_cannot_be_checked_is_not() -> None:
    gone = ResourceDrift("Vpc", None, "AWS::EC2::VPC", "DELETED")
    assert drift(drifted(gone, "Network")).drifted
    unknown = ResourceDrift("Vpc", None, "AWS::EC2::VPC", "UNKNOWN", reason="access denied")
    found = drift(drifted(unknown, "Network"))
    assert not found.drifted and "could not be checked: access denied" in drift_text(found)
    assert not found.complete


def replies(states: list[DriftDetection]) -> Callable[[FakeStacks, str], DriftDetection]:
    return lambda self, detection: states.pop(0) if len(states) > 1 else states[0]


def test_a_detection_that_failed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloud()
    live(fake, Layout.FLAT)
    failed = DriftDetection("DETECTION_FAILED", reason="no permission to read")
    going = DriftDetection("DETECTION_IN_PROGRESS")
    monkeypatch.setattr(FakeStacks, "drift_detection", replies([going, going, failed]))
    found = drift(fake)
    assert not found.complete and len(fake.clock.slept) == 2
    assert "could not be checked: no permission to read" in drift_text(found)


def test_looking_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloud()
    live(fake, Layout.FLAT)
    going = DriftDetection("DETECTION_IN_PROGRESS")
    monkeypatch.setattr(FakeStacks, "drift_detection", replies([going]))
    with pytest.raises(DeployError, match="did not finish within 900 s: root"):
        drift(fake)
    assert sum(fake.clock.slept) == 900


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_a_stack_in_another_state_is_refused(status: str) -> None:
    fake = FakeCloud()
    root, _ = live(fake, Layout.FLAT)
    root.status = status
    with pytest.raises(DeployError, match=status):
        drift(fake)
    assert not fake.stacks.called("detect_drift")


@pytest.mark.parametrize("layout", Layout)
def test_the_command_shows_the_line_of_the_spec_in_either_layout(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = "name: camunda\nprofile: development\ndatabase:\n  backup_retention_days: 7\n"
    Path("camunda.yaml").write_text(spec)
    fake = FakeCloud()
    root, _ = live(fake, layout)
    holder = root if layout is Layout.FLAT else fake.stacks.child(root, "Database")
    holder.drifts = (CHANGED,)

    @contextmanager
    def connected(*_: Any) -> Iterator[Any]:
        yield SimpleNamespace(cloud=fake.cloud)

    monkeypatch.setattr("camformation.cli.target.connected", connected)
    assert main(["drift", "camunda.yaml"]) == 2
    assert "BackupRetentionPeriod: 7 → 1  (camunda.yaml:4:26)" in capsys.readouterr().out
