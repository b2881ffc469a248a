"""What `status --brokers` shows, of a simulated cluster in every state."""

from datetime import UTC, datetime, timedelta

from camformation.deploy.live_stack.broker_health import broker_parts
from camformation.deploy.live_stack.management import Management
from camformation.deploy.live_stack.management_answers import phase_of
from camformation.deploy.live_stack.part import Part
from camformation.deploy.local.camunda_server import SimulatedCamunda
from deploy.simulated_camunda import camunda as camunda
from deploy.simulated_camunda import managed

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def parts(management: Management) -> dict[str, Part]:
    found = broker_parts(management, NOW, [], simulated=False)
    return {part.name: part for _, _, read in found for part in read()}


def test_a_cluster_that_is_well(camunda: SimulatedCamunda) -> None:
    for hours in (5, 3, 1):
        camunda.cluster.now = lambda hours=hours: NOW - timedelta(hours=hours)  # type: ignore[misc]
        camunda.backups.take(None, [1, 2, 3], "8.10.6")
    found = parts(managed(camunda, rest=True))
    assert {each.state for each in found.values()} == {"healthy"}
    assert found["brokers"].says == "3 brokers of 3, 3 partitions, 3 replicas each"
    assert found["exporters"].says == "rdbms ENABLED"
    assert found["restorable"].says == "the last backup of all partitions is 60 minutes old"
    assert found["restorable"].details == (
        "any time from 2026-11-28 07:00:00 UTC to 2026-11-28 11:00:00 UTC",
    )
    camunda.backups.gap = True
    told = parts(managed(camunda, rest=False))["restorable"].details
    assert told[0].startswith("any time from 2026-11-28 11:00:00")
    assert told[1] == "before that, partitions 1, 2, 3 have a gap"


def test_exporting_that_is_paused_is_not_well(camunda: SimulatedCamunda) -> None:
    camunda.cluster.exporting = "PAUSED"
    for rest in (True, False):
        found = parts(managed(camunda, rest=rest))["exporters"]
        assert found.state == "unhealthy" and found.says == "rdbms ENABLED; exporting is PAUSED"
        assert "exporting resume" in str(found.hint)


def test_phases_of_exporting() -> None:
    """What leaders say counts; CLOSED is how one ends."""
    leads, follows = {"role": "LEADER"}, {"role": "FOLLOWER"}
    for told, phase in (
        ([], None),
        ([None, "x", {"1": None}], None),
        ([{"1": {**leads, "exporterPhase": "CLOSED"}}], None),
        ([{"1": {**leads, "exporterPhase": "EXPORTING"}, "2": follows}], "EXPORTING"),
        ([{"1": {**follows, "exporterPhase": "PAUSED"}, "2": leads}], None),
        (
            [
                {"1": {**leads, "exporterPhase": "PAUSED"}},
                {"2": {**leads, "exporterPhase": "CLOSED"}},
            ],
            "PAUSED",
        ),
        (
            [{"1": {**leads, "exporterPhase": name}} for name in ("PAUSED", "EXPORTING")],
            "MIXED",
        ),
    ):
        assert phase_of(told) == phase, told


def test_a_restore_that_is_not_finished(camunda: SimulatedCamunda) -> None:
    management = managed(camunda, rest=True)
    management.change_mode("RECOVERING")
    while management.cluster().pending:
        pass
    found = parts(management)["brokers"]
    assert found.state == "unhealthy" and "brokers are RECOVERING" in found.details[-1]
    assert "--give-up" in str(found.hint)


def test_leaders_that_are_uneven_are_no_fault(camunda: SimulatedCamunda) -> None:
    camunda.cluster.leaders = {1: 2, 2: 2, 3: 2}
    found = parts(managed(camunda, rest=True))["brokers"]
    assert found.state == "healthy" and "rebalance" in str(found.hint)
    assert found.details == (
        "leaders are uneven: broker 0 leads 0 partitions, broker 1 leads 0 partitions, "
        "broker 2 leads 3 partitions",
    )
    camunda.cluster.leaders = {1: 0, 2: 1, 3: 2}
    assert parts(managed(camunda, rest=True))["brokers"].details == ()


def test_a_cluster_that_changes_or_is_not_well(camunda: SimulatedCamunda) -> None:
    camunda.cluster.pace = 0
    camunda.cluster.request({"partitions": {"count": 4}}, dry_run=False)
    camunda.cluster.exporting = "SOFT_PAUSED"
    found = parts(managed(camunda, rest=True))
    assert found["brokers"].state == "changing"
    assert found["brokers"].details[0].startswith("change 2: 0 of ")
    assert found["exporters"].says == "rdbms ENABLED; exporting is SOFT_PAUSED"
    assert found["exporters"].state == "unhealthy" and found["restorable"].state == "unknown"
    camunda.cluster.exporters = {"rdbms": "DISABLED"}
    camunda.cluster.tasks.remove(1)
    found = parts(managed(camunda, rest=True))
    assert found["brokers"].state == found["exporters"].state == "unhealthy"
    assert "1 broker of 3 missing" in found["brokers"].details
