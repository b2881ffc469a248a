"""A fleet is deployed wave by wave, failures are the wave's, and what stops can go on."""

import itertools
from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

from camformation.deploy.cloud.errors import (
    CredentialsExpired,
    DeployError,
    Refused,
    Throttled,
    Unreachable,
)
from camformation.deploy.cloud.stack_sets import AutoDeployment, Places, Preferences
from camformation.deploy.fleet.deployment import deploy
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    InstanceFailed,
    OperationStarted,
    StackSetChanged,
    Stopped,
    WaveEnded,
    WaveProgress,
    WaveStarted,
)
from camformation.deploy.fleet.model import Action
from camformation.deploy.fleet.waves import settle
from camformation.deploy.operation.events import Delayed, Notice
from camformation.deploy.operation.interrupt import Choice
from camformation.fleet.targets import Target
from fleet.simulated import (
    DUBLIN,
    LONDON,
    NAME,
    NEWER,
    Fleet,
    account,
    operation,
    request,
    target,
    template,
    wave,
)

T = TypeVar("T")


def of(kind: type[T], events: Iterable[FleetEvent]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def last(kind: type[T], events: list[FleetEvent]) -> T:
    assert isinstance(events[-1], kind), events[-1]
    return events[-1]


def two_waves(**rest: Any) -> Fleet:
    targets = [target(1), *(target(n, in_wave="rest") for n in range(2, 6))]
    return Fleet(targets, [wave("canary"), wave("rest", operation(**rest))])


def test_a_first_deployment_goes_wave_by_wave() -> None:
    fleet = two_waves()
    events = fleet.deploy()
    assert of(StackSetChanged, events)[0].action == "CREATE"
    assert [(w.wave, w.number, w.waves, w.instances) for w in of(WaveStarted, events)] == [
        ("canary", 1, 2, 1),
        ("rest", 2, 2, 4),
    ]
    assert fleet.called() == ["create", "create_instances", "create_instances"]
    end = last(FleetFinished, events)
    assert (end.counts, end.changed, end.causes) == ({"SUCCEEDED": 5}, True, ())
    assert not fleet.plan().has_changes
    assert last(FleetFinished, fleet.deploy()).changed is False


def test_later_waves_leave_earlier_ones_current() -> None:
    fleet = two_waves()
    fleet.deploy()
    fleet.sets.calls.clear()
    fleet.wants(NEWER).deploy()
    updates = fleet.sets.called("update")
    assert [(u["places"].accounts, bool(u["request"].body)) for u in updates] == [
        ((account(1),), True),
        (tuple(map(account, range(2, 6))), False),
    ]
    assert {i.status for i in fleet.sets.instances(NAME)} == {"CURRENT"}
    assert not fleet.plan().has_changes


def test_targets_with_equal_overrides_are_created_together() -> None:
    same = [target(n, region, Owner="a") for n in (1, 2) for region in (LONDON, DUBLIN)]
    fleet = Fleet([*same, target(3, Owner="b"), target(4, DUBLIN)])
    fleet.deploy()
    made = fleet.sets.called("create_instances")
    assert [(c["places"].accounts, c["places"].regions, c["overrides"]) for c in made] == [
        ((account(1), account(2)), (LONDON, DUBLIN), {"Owner": "a"}),
        ((account(3),), (LONDON,), {"Owner": "b"}),
        ((account(4),), (DUBLIN,), {}),
    ]
    assert fleet.deployed((account(2), DUBLIN)) == {"Owner": "a"}


def test_a_wave_whose_failures_exceed_its_tolerance_stops_the_fleet() -> None:
    fleet = two_waves()
    fleet.sets.failing = {account(1): "The maximum number of addresses has been reached."}
    events = fleet.deploy()
    (failed,) = of(InstanceFailed, events)
    assert (failed.account, failed.cause.key) == (account(1), "eip-quota")
    end = last(Stopped, events)
    assert (end.wave, end.remaining) == ("canary", ("rest",))
    assert end.why == f"1 account failed in {LONDON}, where none may" and "fleet deploy" in end.hint
    assert [group.cause.key for group in end.causes] == ["eip-quota"]
    assert fleet.called() == ["create", "create_instances"]


def test_failures_within_the_tolerance_are_told_at_the_end() -> None:
    fleet = two_waves(failure_tolerance_percentage=25)
    fleet.sets.failing = {account(3): "VpcLimitExceeded"}
    end = last(FleetFinished, fleet.deploy())
    assert end.counts == {"SUCCEEDED": 4, "FAILED": 1}
    assert [(g.cause.key, g.places) for g in end.causes] == [("vpc-quota", ((account(3), LONDON),))]


def test_many_small_operations_share_one_tolerance() -> None:
    fleet = Fleet(
        [target(n, VpcCidr=f"10.{n}.0.0/16") for n in range(1, 21)],
        [wave("canary", operation(failure_tolerance_count=2, max_concurrent_count=2))],
    )
    fleet.sets.failing = {account(n): "VpcLimitExceeded" for n in range(1, 21)}
    events = fleet.deploy()
    assert len(of(InstanceFailed, events)) in (3, 4)
    assert last(Stopped, events).counts["PENDING"] >= 16


def test_small_operations_run_together_only_as_far_as_the_wave_allows() -> None:
    most = 0
    fleet = Fleet(
        [target(n, VpcCidr=f"10.{n}.0.0/16") for n in range(1, 10)],
        [wave("canary", operation(max_concurrent_count=3))],
    )
    for event in of(WaveProgress, fleet.deploy()):
        most = max(most, len(event.running))
    assert most == 3
    careful = operation(max_concurrent_count=3, concurrency_mode="STRICT_FAILURE_TOLERANCE")
    strict = Fleet(fleet.targets, [wave("canary", careful)])
    assert {len(e.running) for e in of(WaveProgress, strict.deploy())} <= {0, 1}


def test_without_managed_execution_operations_go_one_by_one() -> None:
    fleet = Fleet([target(1, Owner="a"), target(2, Owner="b")]).wants(managed_execution=False)
    events = fleet.deploy()
    assert last(FleetFinished, events).counts == {"SUCCEEDED": 2}
    assert all(len(e.running) <= 1 for e in of(WaveProgress, events))


def test_an_operation_is_given_what_is_left_of_the_waves_tolerance() -> None:
    spec = operation(failure_tolerance_percentage=50, max_concurrent_percentage=100)
    strict = {**vars(spec), "concurrency_mode": "STRICT_FAILURE_TOLERANCE"}
    fleet = Fleet([target(n) for n in range(1, 9)], [wave("canary", operation(**strict))])
    fleet.deploy()
    (made,) = fleet.sets.called("create_instances")
    asked = made["preferences"]
    assert (asked.failure_tolerance_count, asked.max_concurrent_count) == (4, 5)
    assert (asked.failure_tolerance_percentage, asked.max_concurrent_percentage) == (None, None)


def test_sequential_regions_hold_across_operations() -> None:
    spec = operation(region_concurrency_type="SEQUENTIAL", region_order=(DUBLIN, LONDON))
    targets = [target(n, r, VpcCidr=f"10.{n}.0.0/16") for n in (1, 2) for r in (LONDON, DUBLIN)]
    fleet = Fleet(targets, [wave("canary", spec)])
    fleet.sets.failing = {(account(2), DUBLIN): "VpcLimitExceeded"}
    events = fleet.deploy()
    assert {r for e in of(OperationStarted, events) for r in e.regions} == {DUBLIN}
    last(Stopped, events)


def test_the_content_comes_once_and_before_new_stacks_where_regions_are_apart() -> None:
    spec = operation(region_concurrency_type="SEQUENTIAL", region_order=(DUBLIN, LONDON))
    fleet = Fleet([target(1), target(1, "us-east-1"), target(2)], [wave("canary", spec)])
    fleet.deploy()
    fleet.targets = (target(3, DUBLIN), *fleet.targets)
    fleet.sets.calls.clear()
    last(FleetFinished, fleet.wants(NEWER).deploy())
    assert fleet.called() == ["update", "create_instances", "update"]
    updates = fleet.sets.called("update")
    assert [(u["places"].regions, bool(u["request"].body)) for u in updates] == [
        ((LONDON,), True),
        (("us-east-1",), False),
    ]


def test_a_target_of_which_template_and_overrides_change_gets_the_template_first() -> None:
    fleet = two_waves()
    fleet.deploy()
    fleet.sets.calls.clear()
    body = template(image="camunda/camunda:8.9.4")
    body["Parameters"]["Memory"] = {"Type": "String", "Default": "4096"}
    fleet.targets = tuple(
        Target(t.account, t.region, t.wave, None, {"Memory": "8192"}) if t.account == account(3)
        else t
        for t in fleet.targets
    )  # fmt: skip
    fleet.wants(body).deploy()
    assert fleet.called() == ["update", "update", "update_instances"]
    assert fleet.deployed((account(3), LONDON)) == {"Memory": "8192"}
    assert not fleet.plan().has_changes


def test_the_last_override_is_taken_away_by_the_stack_sets_own_value() -> None:
    fleet = Fleet([target(1, Owner="claims")])
    fleet.deploy()
    fleet.targets = (target(1),)
    fleet.deploy()
    (call,) = fleet.sets.called("update_instances")
    assert call["overrides"] == {"Owner": "platform"}
    assert not fleet.plan().has_changes


def test_a_deployment_killed_between_waves_is_taken_up_where_it_was() -> None:
    fleet = two_waves()
    fleet.deploy()
    fleet.wants(NEWER)
    killed: Any = deploy(fleet.sets, fleet.clock, fleet.plan())
    for event in killed:
        if isinstance(event, WaveEnded):
            killed.close()
            break
    plan = fleet.plan()
    assert plan.counts == {Action.UNCHANGED: 1, Action.REPAIR: 4}
    assert "CAM674" in {b.block.code for b in plan.gate} and plan.exit_code == 2
    events = list(deploy(fleet.sets, fleet.clock, plan))
    assert [w.wave for w in of(WaveStarted, events)] == ["rest"]
    assert not fleet.plan().has_changes


def test_a_deployment_killed_during_a_wave_first_waits_for_what_runs() -> None:
    fleet = two_waves()
    killed: Any = deploy(fleet.sets, fleet.clock, fleet.plan())
    for event in killed:
        if isinstance(event, OperationStarted) and event.wave == "rest":
            killed.close()
            break
    told = list(settle(fleet.sets, fleet.clock, NAME))
    assert of(OperationStarted, told)[0].resumed
    assert not fleet.plan().has_changes


def test_a_plan_made_while_something_runs_is_refused_after_it() -> None:
    fleet = two_waves()
    fleet.deploy()
    fleet.sets.update_instances(
        NAME, Places((LONDON,), (account(1),)), {"Owner": "x"}, Preferences(), "other"
    )
    plan = fleet.wants(NEWER).plan()
    fleet.sets.calls.clear()
    with pytest.raises(DeployError, match="changed its instances") as raised:
        list(deploy(fleet.sets, fleet.clock, plan))
    assert raised.value.code == "CAM670" and fleet.called() == []


def test_a_stale_plan_is_refused_before_anything_is_sent() -> None:
    fleet = two_waves()
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    fleet.sets.update(request(template(cidr="10.190.32.0/19")), None, Preferences(), "other")
    fleet.clock.sleep(1000)
    fleet.sets.calls.clear()
    with pytest.raises(DeployError, match="changed the StackSet") as raised:
        list(deploy(fleet.sets, fleet.clock, plan))
    assert raised.value.code == "CAM670" and fleet.called() == []


def test_later_waves_are_not_begun_on_a_stack_set_that_somebody_changed() -> None:
    fleet = two_waves()
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    events = deploy(fleet.sets, fleet.clock, plan)
    with pytest.raises(DeployError, match="remaining waves were not begun"):
        for event in events:
            if isinstance(event, WaveEnded):
                fleet.sets.update(request(), None, Preferences(), "other")


def test_somebody_elses_operation_is_waited_for() -> None:
    fleet = two_waves().wants(managed_execution=False)
    fleet.deploy()
    plan = fleet.wants(description="New").plan()
    events = deploy(fleet.sets, fleet.clock, plan)
    told = []
    busy = Refused("CAM641", "busy", None, "OperationInProgressException")
    fleet.sets.fail("update", busy, busy)
    told = list(events)
    assert len(of(Delayed, told)) == 2
    last(FleetFinished, told)


def test_an_operation_that_comes_in_between_is_named_and_waited_for() -> None:
    fleet = two_waves().wants(managed_execution=False)
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    events: list[FleetEvent] = []
    for event in deploy(fleet.sets, fleet.clock, plan):
        events.append(event)
        if isinstance(event, WaveStarted) and event.wave == "rest":
            fleet.sets.detect_drift(NAME, Preferences(), "drift")
    assert any("drift" in e.message for e in of(Notice, events))
    last(FleetFinished, events)
    assert not fleet.plan().has_changes


def test_what_somebody_else_changed_while_we_waited_is_not_overwritten() -> None:
    fleet = two_waves().wants(managed_execution=False)
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    other = request(template(cidr="10.190.32.0/19"), managed_execution=False)
    with pytest.raises(DeployError, match="changed the StackSet"):
        for event in deploy(fleet.sets, fleet.clock, plan):
            if isinstance(event, WaveStarted) and event.wave == "rest":
                fleet.sets.update(other, None, Preferences(), "other")
    found = fleet.sets.describe(NAME)
    assert found and found.template != NEWER


def test_throttling_slows_down_and_loses_nothing() -> None:
    fleet = two_waves()
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    slow = Throttled("CAM604", "slower", None)
    fleet.sets.fail("update", slow)
    fleet.sets.fail("operation", slow, slow)
    fleet.sets.fail("results", Unreachable("CAM605", "gone", None))
    events = list(deploy(fleet.sets, fleet.clock, plan))
    assert len(of(Delayed, events)) == 4
    tokens = [u["token"] for u in fleet.sets.called("update")]
    assert last(FleetFinished, events).counts == {"SUCCEEDED": 5}
    assert len(tokens) == 3 and tokens[0] == tokens[1]  # repeated, not begun twice


@pytest.mark.parametrize("method", ["update", "operation", "results"])
def test_throttling_without_end_ends_and_says_how_to_go_on(method: str) -> None:
    fleet = two_waves()
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    fleet.sets.fail(method, *[Throttled("CAM604", "slower", "wait")] * 100)
    with pytest.raises(Throttled, match="slower") as raised:
        list(deploy(fleet.sets, fleet.clock, plan))
    assert raised.value.hint and "wait" in raised.value.hint


@pytest.mark.parametrize("method", ["describe", "operations", "instances", "create"])
def test_before_anything_is_begun_a_refusal_is_told_and_waited_out_for_three_minutes(
    method: str,
) -> None:
    fleet = two_waves()
    if method != "create":
        fleet.deploy()
        fleet.wants(NEWER)
    plan, began = fleet.plan(), fleet.clock.now()
    fleet.sets.fail(method, *[Unreachable("CAM605", "AWS fails", "try again")] * 100)
    events = []
    with pytest.raises(Unreachable, match="AWS fails"):
        for event in deploy(fleet.sets, fleet.clock, plan):
            events.append(event)
    assert 100 < (fleet.clock.now() - began).total_seconds() <= 180
    assert [event.reason for event in of(Delayed, events)] == ["AWS fails"] * len(events) != []


def test_the_first_operation_is_given_up_sooner_than_what_runs_is_followed() -> None:
    def seconds(method: str, after: type[FleetEvent] | None) -> float:
        fleet = two_waves()
        fleet.deploy()
        plan = fleet.wants(NEWER).plan()
        began, told = fleet.clock.now(), after is None
        slow = [Throttled("CAM604", "slower", None)] * 100
        if told:
            fleet.sets.fail(method, *slow)
        with pytest.raises(Throttled):
            for event in deploy(fleet.sets, fleet.clock, plan):
                if not told and isinstance(event, after or ()):
                    began, told = event.time, True
                    fleet.sets.fail(method, *slow)
        return (fleet.clock.now() - began).total_seconds()

    assert seconds("update", None) <= 200
    assert seconds("update", WaveEnded) > 600
    assert seconds("operation", OperationStarted) > 600


def test_a_plan_waits_three_minutes_for_aws_and_no_longer() -> None:
    fleet = Fleet([target(n, Owner="x") for n in range(1, 5)])
    fleet.deploy()
    for method in ("describe", "instances", "overrides", "operations"):
        began = fleet.clock.now()
        fleet.sets.fail(method, *[Throttled("CAM604", "slower", None)] * 100)
        with pytest.raises(Throttled):
            fleet.plan()
        assert 100 < (fleet.clock.now() - began).total_seconds() <= 180
        fleet.sets.faults.clear()


def test_a_plan_of_which_some_calls_are_throttled_goes_on_as_long_as_others_are_answered() -> None:
    fleet = Fleet([target(n, Owner="x") for n in range(1, 301)])
    fleet.deploy()
    slow: list[Exception | None] = [Throttled("CAM604", "slower", None), *[None] * 4]
    fleet.sets.fail("overrides", *slow * 200)
    assert not fleet.plan().has_changes


def test_throttling_while_somebody_elses_operation_is_looked_for_is_waited_out() -> None:
    fleet = two_waves().wants(managed_execution=False)
    fleet.deploy()
    plan = fleet.wants(NEWER).plan()
    fleet.sets.fail("update", Refused("CAM641", "busy", None, "OperationInProgressException"))
    fleet.sets.fail("operations", None, Throttled("CAM604", "slower", None))
    events = list(deploy(fleet.sets, fleet.clock, plan))
    assert [event.reason for event in of(Delayed, events)] == ["slower"]
    last(FleetFinished, events)


def test_expired_credentials_say_how_to_go_on() -> None:
    fleet = two_waves()
    events = deploy(fleet.sets, fleet.clock, fleet.plan())
    with pytest.raises(CredentialsExpired) as raised:
        for event in events:
            if isinstance(event, OperationStarted):
                fleet.sets.fail("operation", CredentialsExpired("CAM602", "expired", "sign in"))
    assert raised.value.hint and "sign in" in raised.value.hint
    assert "fleet deploy` again" in raised.value.hint
    last(FleetFinished, [*settle(fleet.sets, fleet.clock, NAME), *fleet.deploy()])


def test_ctrl_c_can_stop_what_runs() -> None:
    fleet = Fleet(
        [target(n) for n in range(1, 9)], [wave("canary", operation(max_concurrent_count=2))]
    )
    presses = itertools.chain([None, Choice.CANCEL], itertools.repeat(None))
    events = fleet.deploy(control=lambda kind: next(presses))
    end = last(Stopped, events)
    assert end.why == "you stopped it" and end.counts["CANCELLED"] >= 4
    assert fleet.called()[-1] == "stop"
    assert last(FleetFinished, fleet.deploy()).counts["SUCCEEDED"] >= 4


def test_ctrl_c_can_leave() -> None:
    fleet = two_waves()
    events = fleet.deploy(control=lambda kind: Choice.DETACH)
    end = last(FleetDetached, events)
    assert len(end.operations) == 1 and end.remaining == ("rest",)


def test_a_blocked_plan_is_not_deployed() -> None:
    fleet = Fleet([target(1)])
    fleet.deploy()
    fleet.targets = (target(1, DatabaseName="orders"),)
    with pytest.raises(DeployError, match="DatabaseCluster") as raised:
        fleet.deploy()
    assert raised.value.code == "CAM671"
    names = {b.block.allow for b in fleet.plan().blocks}
    last(FleetFinished, fleet.deploy(*(name for name in names if name)))


def by_unit() -> Fleet:
    targets = [Target(account(n), LONDON, "canary", "ou-a", {}) for n in (1, 2, 3)]
    fleet = Fleet(targets).wants(
        permission_model="SERVICE_MANAGED", auto_deployment=AutoDeployment(False, False)
    )
    fleet.fake.organization.add("ou-a", *map(account, (1, 2, 3)))
    fleet.units = {"ou-a": frozenset(map(account, (1, 2, 3)))}
    return fleet


def test_a_whole_unit_is_named_as_one_and_parts_of_it_by_account() -> None:
    fleet = by_unit()
    fleet.deploy()
    (made,) = fleet.sets.called("create_instances")
    assert made["places"] == Places((LONDON,), (), ("ou-a",), None)
    fleet.targets = tuple(
        Target(
            t.account, LONDON, "canary", "ou-a", {"Owner": "x"} if t.account == account(2) else {}
        )
        for t in fleet.targets
    )
    fleet.deploy()
    (changed,) = fleet.sets.called("update_instances")
    assert changed["places"] == Places((LONDON,), (account(2),), ("ou-a",), "INTERSECTION")


def test_a_new_target_in_no_unit_is_refused_beforehand() -> None:
    fleet = by_unit()
    fleet.targets = (*fleet.targets, target(9))
    with pytest.raises(DeployError, match=f"a new target, {account(9)}, is in none") as raised:
        fleet.deploy()
    assert raised.value.code == "CAM671" and not fleet.called()


def test_a_unit_that_has_more_accounts_than_the_fleet_is_not_named_as_a_whole() -> None:
    fleet = by_unit()
    fleet.fake.organization.add("ou-a", account(4))
    fleet.units = {"ou-a": frozenset(map(account, (1, 2, 3, 4)))}
    fleet.deploy()
    assert {i.account for i in fleet.sets.instances(NAME)} == set(map(account, (1, 2, 3)))


def test_auto_deployment_changes_without_places_and_without_changing_a_stack() -> None:
    fleet = by_unit()
    fleet.deploy()
    fleet.sets.calls.clear()
    fleet.wants(NEWER, auto_deployment=AutoDeployment(True, True)).deploy()
    alone, content = fleet.sets.called("update")
    assert alone["places"] is None and alone["request"].body is None
    assert content["places"] and content["request"].auto_deployment is None
    assert not fleet.plan().has_changes


def test_auto_deployment_waits_until_an_update_of_every_instance_changes_none() -> None:
    fleet = by_unit()
    fleet.deploy()
    fleet.wants(NEWER)
    killed: Any = deploy(fleet.sets, fleet.clock, fleet.plan())
    fleet.sets.failing = {account(2): "VpcLimitExceeded"}
    list(killed)
    fleet.targets = fleet.targets[:1]
    fleet.wants(auto_deployment=AutoDeployment(True, True))
    events = fleet.deploy()
    assert "CAM678" in {n.code for n in of(Notice, events)}
    assert all(u["places"] for u in fleet.sets.called("update"))


def test_ten_thousand_instances_are_deployed_with_few_calls() -> None:
    places = [(n, region) for n in range(1, 5001) for region in (LONDON, DUBLIN)]
    fleet = Fleet(
        [target(n, r, "canary" if n < 10 else "rest") for n, r in places],
        [wave("canary"), wave("rest", operation(failure_tolerance_percentage=1))],
    )
    fleet.sets.failing = {account(n): "VpcLimitExceeded" for n in range(100, 110)}
    events = fleet.deploy()
    end = last(FleetFinished, events)
    assert end.counts == {"SUCCEEDED": 9980, "FAILED": 20}
    assert len(fleet.called("create_instances")) <= 8
    assert len(fleet.sets.calls) < 3000
    fleet.sets.failing = {}
    plan = fleet.plan()
    assert plan.counts == {Action.UNCHANGED: 9980, Action.REPAIR: 20}
    last(FleetFinished, fleet.deploy())
    assert not fleet.plan().has_changes


@pytest.mark.parametrize("waiting", [False, True])
def test_a_call_that_hangs_is_left_by_pressing_twice(
    monkeypatch: pytest.MonkeyPatch, waiting: bool
) -> None:
    """The second press comes as a KeyboardInterrupt; what runs is named, and goes on."""
    fleet = two_waves()
    if waiting:  # for what an earlier deployment has begun
        killed: Any = deploy(fleet.sets, fleet.clock, fleet.plan())
        for event in killed:
            if isinstance(event, OperationStarted):
                killed.close()
                break
    looks: list[str] = []
    operation = fleet.sets.operation

    def hangs(name: str, id: str) -> Any:
        looks.append(id)
        if len(looks) > 1:
            raise KeyboardInterrupt
        return operation(name, id)

    plan = fleet.plan()
    monkeypatch.setattr(fleet.sets, "operation", hangs)
    events = settle(fleet.sets, fleet.clock, NAME) if waiting else deploy(
        fleet.sets, fleet.clock, plan
    )  # fmt: skip
    end = last(FleetDetached, list(events))
    assert end.operations == (looks[0],) and "stop" not in fleet.called()
