"""The management of a cluster, asked over HTTP of one that is simulated from Camunda's docs."""

from datetime import UTC, datetime, timedelta

import pytest

from camformation.deploy.cloud.channel import Answer, Call
from camformation.deploy.cloud.cluster import Scaling
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.live_stack.camunda import Login
from camformation.deploy.live_stack.http_channel import HttpChannel
from camformation.deploy.live_stack.management import Conflict, Management
from camformation.deploy.live_stack.management_answers import moment
from camformation.deploy.live_stack.topology import faults
from camformation.deploy.local.camunda_server import SimulatedCamunda
from deploy.simulated_camunda import camunda as camunda
from deploy.simulated_camunda import managed


def test_the_configuration_of_a_cluster(camunda: SimulatedCamunda) -> None:
    found = managed(camunda, rest=False).cluster()
    assert (found.size, found.partitions, found.replication_factor) == (3, 3, 3)
    assert found.pending is None and found.last is None
    assert found.exporters == {"rdbms": "ENABLED"}
    assert found.members[1].partitions == {1: "ACTIVE", 2: "ACTIVE", 3: "ACTIVE"}


@pytest.mark.parametrize("rest", [False, True])
def test_leaders_and_health_are_known_without_and_with_a_login(
    camunda: SimulatedCamunda, rest: bool
) -> None:
    management = managed(camunda, rest=rest)
    topology = management.topology()
    assert [each.id for each in topology.brokers] == [0, 1, 2]
    assert not list(faults(topology))
    camunda.cluster.tasks.remove(2)
    (said,) = {text for text in faults(management.topology()) if "missing" in text}
    assert said == "1 broker of 3 missing"


def test_a_dry_run_changes_nothing_and_a_change_goes_on(camunda: SimulatedCamunda) -> None:
    management = managed(camunda, rest=False)
    planned = management.scale(Scaling(add=(3, 4)), dry_run=True)
    assert [each.broker for each in planned.steps if each.operation == "BROKER_ADD"] == [3, 4]
    assert [each.id for each in planned.expected] == [0, 1, 2, 3, 4]
    assert management.cluster().pending is None

    camunda.cluster.set_tasks(5)
    begun = management.scale(Scaling(add=(3, 4)), dry_run=False)
    with pytest.raises(Conflict, match="is in progress"):
        management.scale(Scaling(add=(3, 4)), dry_run=False)
    ended = management.followed(600)
    assert ended.pending is None and ended.size == 5
    assert ended.last and (ended.last.id, ended.last.status) == (begun.id, "COMPLETED")
    assert management.change(begun.id).status == "COMPLETED"
    assert not camunda.cluster.harm


def test_a_change_is_followed_for_a_while_only(camunda: SimulatedCamunda) -> None:
    management = managed(camunda, rest=False)
    management.scale(Scaling(add=(3,)), dry_run=False)  # no task will ever be its broker
    found = management.followed(20)
    assert found.pending and found.pending.pending[0].operation == "BROKER_ADD"
    assert found.pending.completed[0].operation == "PRE_SCALING"


def test_what_a_cluster_refuses_is_said_in_its_words(camunda: SimulatedCamunda) -> None:
    management = managed(camunda, rest=False)
    with pytest.raises(DeployError, match="can only be increased"):
        management.scale(Scaling(partitions=2), dry_run=True)
    camunda.cluster.tasks.remove(2)
    with pytest.raises(DeployError, match=r"Brokers \[2\] are not available"):
        management.scale(Scaling(add=(3,)), dry_run=True)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_slow_broker_is_worth_another_try(camunda: SimulatedCamunda, status: int) -> None:
    camunda.failing = [status]
    management = managed(camunda, rest=False)
    with pytest.raises(Unreachable, match=str(status)):
        management.cluster()
    assert management.cluster().size == 3


def test_a_call_that_may_have_arrived_is_not_sent_to_another_broker(
    camunda: SimulatedCamunda,
) -> None:
    camunda.failing = [0]
    with pytest.raises(Unreachable):
        managed(camunda, rest=False).scale(Scaling(add=(3,)), dry_run=False)
    assert len(camunda.asked) == 1


def test_a_broker_that_is_away_is_passed_over(camunda: SimulatedCamunda) -> None:
    gone = "http://127.0.0.1:9"  # nobody listens
    assert Management(HttpChannel([gone, *camunda.brokers()])).cluster().size == 3
    with pytest.raises(DeployError, match="does not answer"):
        Management(HttpChannel([gone])).cluster()


@pytest.mark.parametrize("rest", [False, True])
def test_backups_from_their_beginning_to_their_end(camunda: SimulatedCamunda, rest: bool) -> None:
    camunda.cluster.now = lambda: datetime(2026, 11, 28, 12, tzinfo=UTC)
    management = managed(camunda, rest=rest)
    taken = management.take_backup()
    assert taken is not None
    first, second = management.backup(taken), management.backup(taken)
    assert first and first.state == "IN_PROGRESS" and second and second.state == "COMPLETED"
    assert second.taken == datetime(2026, 11, 28, 12, tzinfo=UTC) and second.version == "8.10.6"
    assert second.partitions == {1: "COMPLETED", 2: "COMPLETED", 3: "COMPLETED"}

    camunda.cluster.now = lambda: datetime(2026, 11, 28, 13, tzinfo=UTC)
    camunda.backups.gap = True
    again = management.take_backup()
    assert [each.id for each in management.backups()] == [again, taken]
    state = management.backup_state()
    assert state.newest[3] == datetime(2026, 11, 28, 13, tzinfo=UTC)
    assert state.gaps == (1, 2, 3) and len(state.ranges) == 6
    with pytest.raises(DeployError, match="must be omitted"):
        management.take_backup(1)
    management.delete_backup(taken)
    assert management.backup(taken) is None

    camunda.backups.generated = False
    with pytest.raises(Conflict, match="higher id"):
        management.take_backup(1)


@pytest.mark.parametrize("rest", [False, True])
def test_exporting_is_paused_and_resumed(camunda: SimulatedCamunda, rest: bool) -> None:
    management = managed(camunda, rest=rest)
    management.pause_exporting(soft=True)
    assert camunda.cluster.exporting == "SOFT_PAUSED"
    assert management.exporting() == "SOFT_PAUSED"  # on port 9600, brokers say it by partition
    management.resume_exporting()
    assert camunda.cluster.exporting == "EXPORTING"
    assert management.exporters() == {"rdbms": "ENABLED"}


def test_exporting_fails_with_200_on_port_9600(camunda: SimulatedCamunda) -> None:
    camunda.cluster.tasks.remove(1)
    with pytest.raises(Unreachable, match="Expected all members"):
        managed(camunda, rest=False).pause_exporting(soft=False)


def test_mode_and_restore_are_for_cluster_administrators(camunda: SimulatedCamunda) -> None:
    management = managed(camunda, rest=True)
    taken = management.take_backup()
    with pytest.raises(Conflict, match="recovery mode"):
        management.restore({"backupIds": [taken]})
    assert management.change_mode("RECOVERING", dry_run=True) == 2
    assert management.cluster().mode == "PROCESSING"
    management.change_mode("RECOVERING")
    while management.cluster().pending:
        pass
    assert management.cluster().mode == "RECOVERING"
    assert management.restore({"backupIds": [taken]}, dry_run=True) == 3
    assert management.restore({"backupIds": [taken]}) == 3
    while management.cluster().pending:
        pass
    assert management.cluster().mode == "PROCESSING"
    with pytest.raises(DeployError, match=r"/cluster/v2 cannot be reached"):
        managed(camunda, rest=False).change_mode("RECOVERING")


def test_a_wrong_password_and_an_old_version(camunda: SimulatedCamunda) -> None:
    with pytest.raises(DeployError, match="does not accept the cluster administrator"):
        managed(camunda, rest=True, password="other").topology()
    camunda.cluster.version = "8.9.26"
    with pytest.raises(DeployError, match="404"):
        managed(camunda, rest=True).topology()


def test_answers_of_somebody_else() -> None:
    class Other:
        name = "somebody"

        def ask(self, calls: list[Call]) -> tuple[tuple[Answer, ...], ...]:
            return ((Answer(200, "<html>"),),)

    with pytest.raises(DeployError, match="does not answer as Camunda does"):
        Management(Other()).cluster()  # type: ignore[arg-type]
    with pytest.raises(DeployError, match="port 9600 cannot be reached"):
        Management(None).cluster()


def test_times_as_brokers_write_them() -> None:
    assert moment("2023-12-22T13:37:43.405094261Z") == datetime(
        2023, 12, 22, 13, 37, 43, 405094, UTC
    )
    assert moment("2026-03-18T13:22:11.781+0000") == datetime(2026, 3, 18, 13, 22, 11, 781000, UTC)
    assert moment("-999999999-01-01T00:00:00+18:00") is None
    found = moment("2026-03-18T13:22:11+0100")
    assert found and found.utcoffset() == timedelta(hours=1)


def test_a_token_that_has_expired_is_renewed_once(camunda: SimulatedCamunda) -> None:
    tokens = ["first", "second", "third"]
    camunda.tokens = {"Bearer first"}
    channel = HttpChannel([camunda.rest], lambda: Login("", tokens.pop(0)))
    management = Management(None, channel)
    assert management.topology().size == 3
    camunda.tokens = {"Bearer second"}
    assert management.topology().size == 3 and tokens == ["third"]
    camunda.tokens = set()
    with pytest.raises(DeployError, match="does not accept the cluster administrator"):
        management.topology()
    assert tokens == []
