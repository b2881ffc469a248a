"""The simulated accounts behave as AWS documents: the engine's tests stand on them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError, Refused, Throttled
from camformation.deploy.cloud.stack_sets import (
    AutoDeployment,
    InstanceDrift,
    Organization,
    Places,
    Preferences,
    StackSetRequest,
    StackSets,
)
from deploy.fake_cloud import FakeCloud
from deploy.fake_stack_sets import FakeStackSets
from deploy.fake_stacks import ACCOUNT

TEMPLATE = json.dumps({"Parameters": {"Cidr": {}, "Size": {}}, "Resources": {}})
REQUEST = StackSetRequest(
    name="camunda",
    description="",
    body=TEMPLATE,
    url=None,
    parameters={"Cidr": "10.0.0.0/16"},
    capabilities=("CAPABILITY_IAM",),
    tags={},
    permission_model="SELF_MANAGED",
    managed_execution=False,
)
ACCOUNTS = tuple(f"{n:012d}" for n in range(1, 6))
EU = Places(("eu-west-1",), ACCOUNTS)
BOTH = Places(("eu-west-1", "us-east-1"), ACCOUNTS)
AT_ONCE = Preferences(failure_tolerance_count=4, max_concurrent_count=5)


@pytest.fixture
def fake() -> FakeStackSets:
    cloud = FakeCloud()
    cloud.stack_sets.create(REQUEST, "t")
    return cloud.stack_sets


def created(fake: FakeStackSets, places: Places = EU) -> None:
    """Let there be instances, and nothing under way."""
    fake.create_instances("camunda", places, {}, AT_ONCE, "made")
    fake.clock.sleep(1000)
    assert told(fake, "made") == "SUCCEEDED"


def told(fake: FakeStackSets, operation: str) -> str:
    found = fake.operation("camunda", operation)
    assert found
    return found.status


def states(fake: FakeStackSets) -> list[tuple[str, str]]:
    return [(each.status, each.detailed_status) for each in fake.instances("camunda")]


def results(fake: FakeStackSets, operation: str) -> list[str]:
    return [each.status for each in fake.results("camunda", operation)]


def refused(call: Any, *arguments: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as raised:
        call(*arguments, **options)
    assert raised.value.hint
    return raised.value


def test_it_is_what_the_deployer_needs() -> None:
    cloud = FakeCloud().cloud
    sets: StackSets = cloud.stack_sets
    organization: Organization = cloud.organization
    assert sets.describe("camunda") is None and list(sets.instances("camunda")) == []
    assert sets.operation("camunda", "x") is None and list(sets.operations("camunda")) == []
    assert sets.overrides("camunda", "1", "eu-west-1") is None
    assert sets.drifts("camunda", "1", "eu-west-1", "x") == ()
    with pytest.raises(DeployError, match="organizational unit does not exist"):
        organization.accounts("ou-1")


def test_instances_come_one_after_the_other_as_time_passes(fake: FakeStackSets) -> None:
    fake.create_instances("camunda", EU, {}, Preferences(), "o")
    assert states(fake) == [("OUTDATED", "RUNNING"), *[("OUTDATED", "PENDING")] * 4]
    fake.clock.sleep(60)
    assert states(fake)[:2] == [("CURRENT", "SUCCEEDED"), ("OUTDATED", "RUNNING")]
    assert told(fake, "o") == "RUNNING"
    fake.clock.sleep(240)
    assert set(states(fake)) == {("CURRENT", "SUCCEEDED")}
    operation = fake.operation("camunda", "o")
    assert operation and operation.status == "SUCCEEDED" and operation.ended == fake.clock.now()
    assert all(each.stack_id and each.stack_id in fake.stacks for each in fake.instances("camunda"))


def test_concurrency_is_never_above_the_tolerance_in_strict_mode(fake: FakeStackSets) -> None:
    preferences = Preferences(failure_tolerance_count=1, max_concurrent_count=5)
    fake.create_instances("camunda", EU, {}, preferences, "o")
    assert results(fake, "o").count("RUNNING") == 2


def test_strict_mode_slows_down_with_each_failure(fake: FakeStackSets) -> None:
    fake.failing[ACCOUNTS[0]] = "no role"
    preferences = Preferences(failure_tolerance_count=1, max_concurrent_count=2)
    fake.create_instances("camunda", EU, {}, preferences, "o")
    fake.clock.sleep(60)
    assert results(fake, "o") == ["FAILED", "SUCCEEDED", "RUNNING", "PENDING", "PENDING"]


def test_soft_mode_keeps_its_pace_and_may_fail_more_than_tolerated(fake: FakeStackSets) -> None:
    fake.failing |= dict.fromkeys(ACCOUNTS[:3], "no role")
    preferences = Preferences(
        failure_tolerance_count=0, max_concurrent_count=3, concurrency_mode="SOFT_FAILURE_TOLERANCE"
    )
    fake.create_instances("camunda", EU, {}, preferences, "o")
    fake.clock.sleep(60)
    assert results(fake, "o") == [*["FAILED"] * 3, *["CANCELLED"] * 2]
    operation = fake.operation("camunda", "o")
    assert operation and (operation.status, operation.failed_instances) == ("FAILED", 3)


def test_more_failures_than_tolerated_cancel_the_rest_and_the_next_region(
    fake: FakeStackSets,
) -> None:
    fake.failing[ACCOUNTS[1], "us-east-1"] = "Resource handler returned message: no"
    preferences = Preferences(region_order=("us-east-1", "eu-west-1"))
    fake.create_instances("camunda", BOTH, {}, preferences, "o")
    fake.clock.sleep(120)
    assert told(fake, "o") == "FAILED"
    found = {(each.account, each.region): each for each in fake.instances("camunda")}
    failed = found[ACCOUNTS[1], "us-east-1"]
    assert (failed.status, failed.detailed_status) == ("OUTDATED", "FAILED")
    assert failed.stack_id is None and "no" in failed.reason
    assert found[ACCOUNTS[0], "us-east-1"].status == "CURRENT"
    for key in [(ACCOUNTS[2], "us-east-1"), (ACCOUNTS[0], "eu-west-1")]:
        assert (found[key].status, found[key].detailed_status) == ("OUTDATED", "CANCELLED")


def test_tolerance_is_per_region_and_a_percentage_is_rounded_down(fake: FakeStackSets) -> None:
    fake.failing[ACCOUNTS[0]] = "no role"
    tolerant = Preferences(failure_tolerance_percentage=20, max_concurrent_percentage=100)
    fake.create_instances("camunda", BOTH, {}, tolerant, "o")
    fake.clock.sleep(10_000)
    assert told(fake, "o") == "SUCCEEDED"
    assert results(fake, "o").count("FAILED") == 2
    strict = Preferences(failure_tolerance_percentage=19)
    fake.update_instances("camunda", BOTH, {}, strict, "p")
    fake.clock.sleep(10_000)
    assert told(fake, "p") == "FAILED"


def test_parallel_regions_begin_together(fake: FakeStackSets) -> None:
    parallel = replace(AT_ONCE, region_concurrency_type="PARALLEL")
    fake.create_instances("camunda", BOTH, {}, parallel, "o")
    assert set(results(fake, "o")) == {"RUNNING"}
    fake.clock.sleep(60)
    assert told(fake, "o") == "SUCCEEDED"


def test_one_operation_at_a_time_without_managed_execution(fake: FakeStackSets) -> None:
    fake.create_instances("camunda", EU, {}, AT_ONCE, "o")
    error = refused(fake.update, REQUEST, None, AT_ONCE, "p")
    assert error.aws_code == "OperationInProgressException"
    assert refused(fake.delete, "camunda").aws_code == "OperationInProgressException"
    fake.clock.sleep(60)
    fake.update(REQUEST, None, AT_ONCE, "p")


def test_managed_execution_queues_what_conflicts_and_runs_what_does_not(
    fake: FakeStackSets,
) -> None:
    fake.update(replace(REQUEST, managed_execution=True), None, Preferences(), "m")
    fake.create_instances("camunda", EU, {}, AT_ONCE, "a")
    fake.create_instances("camunda", EU, {}, AT_ONCE, "b")
    fake.create_instances("camunda", Places(("us-east-1",), ACCOUNTS), {}, AT_ONCE, "c")
    assert [told(fake, each) for each in "abc"] == ["RUNNING", "QUEUED", "QUEUED"]
    assert set(results(fake, "b")) == {"PENDING"}
    fake.clock.sleep(90)
    assert [told(fake, each) for each in "abc"] == ["SUCCEEDED", "RUNNING", "RUNNING"]
    fake.clock.sleep(30)  # b began when a ended, not when somebody looked
    assert [each.status for each in fake.operations("camunda")] == ["SUCCEEDED"] * 4


def test_what_is_queued_can_be_stopped(fake: FakeStackSets) -> None:
    fake.update(replace(REQUEST, managed_execution=True), None, Preferences(), "m")
    fake.create_instances("camunda", EU, {}, AT_ONCE, "a")
    fake.create_instances("camunda", EU, {}, AT_ONCE, "b")
    fake.stop("camunda", "b")
    fake.clock.sleep(1000)
    assert [told(fake, each) for each in "ab"] == ["SUCCEEDED", "STOPPED"]
    assert set(results(fake, "b")) == {"CANCELLED"}


def test_a_stopped_operation_finishes_what_is_under_way(fake: FakeStackSets) -> None:
    fake.create_instances("camunda", EU, {}, Preferences(), "o")
    fake.clock.sleep(70)
    fake.stop("camunda", "o")
    assert told(fake, "o") == "STOPPING"
    fake.clock.sleep(50)
    assert told(fake, "o") == "STOPPED"
    assert results(fake, "o") == ["SUCCEEDED", "SUCCEEDED", *["CANCELLED"] * 3]
    assert refused(fake.stop, "camunda", "o").aws_code == "InvalidOperationException"


def test_the_same_token_begins_nothing_again(fake: FakeStackSets) -> None:
    first = fake.create_instances("camunda", EU, {}, AT_ONCE, "o")
    assert fake.create_instances("camunda", EU, {}, AT_ONCE, "o") == first == "o"
    assert len(list(fake.operations("camunda"))) == 1
    found = fake.describe("camunda")
    assert found and fake.create(REQUEST, "t") == found.id
    assert refused(fake.create, REQUEST, "other").aws_code == "NameAlreadyExistsException"


def test_an_update_of_some_places_leaves_the_others_outdated(fake: FakeStackSets) -> None:
    created(fake, BOTH)
    changed = replace(REQUEST, parameters={"Cidr": "10.1.0.0/16"})
    fake.update(changed, EU, AT_ONCE, "u")
    fake.clock.sleep(60)
    assert {each.region: each.status for each in fake.instances("camunda")} == {
        "eu-west-1": "CURRENT",
        "us-east-1": "OUTDATED",
    }
    assert fake.deployed("camunda", ACCOUNTS[0], "eu-west-1") == {"Cidr": "10.1.0.0/16"}
    assert fake.deployed("camunda", ACCOUNTS[0], "us-east-1") == {"Cidr": "10.0.0.0/16"}


def test_an_update_without_a_template_keeps_parameters_and_the_status_of_others(
    fake: FakeStackSets,
) -> None:
    created(fake, BOTH)
    before = fake.describe("camunda")
    kept = replace(REQUEST, body=None, parameters={"Cidr": "10.9.0.0/16"})
    fake.update(replace(kept, tags={"team": "bpm"}), EU, AT_ONCE, "u")
    fake.clock.sleep(60)
    found = fake.describe("camunda")
    assert before and found and found == replace(before, tags={"team": "bpm"})
    assert {each.status for each in fake.instances("camunda")} == {"CURRENT"}
    fake.update(replace(kept, parameters={}), EU, AT_ONCE, "v")  # not even named: the default
    found = fake.describe("camunda")
    assert found and not found.parameters
    with pytest.raises(Refused, match="not in the previous template"):
        fake.update(replace(kept, parameters={"New": "1"}), EU, AT_ONCE, "w")


def test_an_update_that_fails_has_changed_the_stack_set(fake: FakeStackSets) -> None:
    created(fake)
    fake.failing["eu-west-1"] = "no"
    fake.update(replace(REQUEST, parameters={"Size": "2"}), None, Preferences(), "u")
    fake.clock.sleep(60)
    assert told(fake, "u") == "FAILED"
    found = fake.describe("camunda")
    assert found and found.parameters == {"Size": "2"}
    assert states(fake) == [("OUTDATED", "FAILED"), *[("OUTDATED", "CANCELLED")] * 4]
    assert all(each.stack_id for each in fake.instances("camunda"))
    assert fake.deployed("camunda", ACCOUNTS[0], "eu-west-1") == {"Cidr": "10.0.0.0/16"}


def test_overrides_survive_updates_and_are_exactly_what_was_given(fake: FakeStackSets) -> None:
    one = Places(("eu-west-1",), ACCOUNTS[:1])
    place = ("camunda", ACCOUNTS[0], "eu-west-1")
    fake.create_instances("camunda", one, {"Cidr": "10.9.0.0/16", "Size": "9"}, AT_ONCE, "o")
    fake.clock.sleep(60)
    fake.update(replace(REQUEST, parameters={"Cidr": "10.1.0.0/16"}), None, AT_ONCE, "u")
    fake.clock.sleep(60)
    assert fake.deployed(*place) == {"Cidr": "10.9.0.0/16", "Size": "9"}
    fake.create_instances("camunda", one, {}, AT_ONCE, "again")  # leaves them
    fake.clock.sleep(60)
    assert fake.overrides(*place) == {"Cidr": "10.9.0.0/16", "Size": "9"}
    fake.update_instances("camunda", one, {"Size": "3"}, AT_ONCE, "p")
    fake.clock.sleep(60)
    assert fake.overrides(*place) == {"Size": "3"}
    fake.update_instances("camunda", one, {}, AT_ONCE, "q")
    fake.clock.sleep(60)
    assert fake.overrides(*place) == {}
    assert fake.deployed(*place) == {"Cidr": "10.1.0.0/16"}
    error = refused_plainly(fake, one)
    assert "Typo" in error.message


def refused_plainly(fake: FakeStackSets, places: Places) -> Refused:
    with pytest.raises(Refused) as raised:
        fake.update_instances("camunda", places, {"Typo": "1"}, AT_ONCE, "r")
    assert raised.value.aws_code == "ValidationError"
    return raised.value


def test_only_instances_that_exist_are_updated(fake: FakeStackSets) -> None:
    error = refused(fake.update_instances, "camunda", EU, {}, AT_ONCE, "o")
    assert error.aws_code == "StackInstanceNotFoundException"
    error = refused(fake.update_instances, "other", EU, {}, AT_ONCE, "o")
    assert error.aws_code == "StackSetNotFoundException"


def test_deletion_takes_the_stacks_along_unless_they_are_retained(fake: FakeStackSets) -> None:
    created(fake)
    stacks = dict(fake.stacks)
    assert refused(fake.delete, "camunda").aws_code == "StackSetNotEmptyException"
    first = Places(("eu-west-1",), ACCOUNTS[:1])
    fake.delete_instances("camunda", first, retain=True, preferences=AT_ONCE, token="d")
    fake.clock.sleep(60)
    assert len(list(fake.instances("camunda"))) == 4 and fake.stacks == stacks
    fake.delete_instances("camunda", EU, retain=False, preferences=AT_ONCE, token="e")
    fake.clock.sleep(60)
    assert list(fake.instances("camunda")) == [] and len(fake.stacks) == 1
    fake.delete("camunda")
    fake.delete("camunda")
    assert fake.describe("camunda") is None


def test_a_deletion_that_fails_leaves_an_inoperable_instance(fake: FakeStackSets) -> None:
    created(fake)
    fake.failing[ACCOUNTS[0]] = "Cannot delete protected cluster"
    one = Places(("eu-west-1",), ACCOUNTS[:1])
    fake.delete_instances("camunda", one, retain=False, preferences=AT_ONCE, token="d")
    fake.clock.sleep(60)
    assert states(fake)[0] == ("INOPERABLE", "INOPERABLE")
    fake.update(replace(REQUEST, parameters={"Size": "2"}), None, AT_ONCE, "u")
    assert len(results(fake, "u")) == 4  # "excluded from further UpdateStackSet operations"
    fake.clock.sleep(60)
    fake.delete_instances("camunda", one, retain=True, preferences=AT_ONCE, token="e")
    fake.clock.sleep(60)
    assert len(states(fake)) == 4


def test_drift_is_found_as_scripted(fake: FakeStackSets) -> None:
    created(fake)
    drift = InstanceDrift("Vpc", "AWS::EC2::VPC", "MODIFIED", ("/EnableDnsSupport",))
    fake.drifted[ACCOUNTS[2], "eu-west-1"] = (drift,)
    fake.detect_drift("camunda", AT_ONCE, "d")
    assert {each.drift_status for each in fake.instances("camunda")} == {"NOT_CHECKED"}
    fake.clock.sleep(60)
    found = {each.account: each.drift_status for each in fake.instances("camunda")}
    assert found[ACCOUNTS[2]] == "DRIFTED" and found[ACCOUNTS[0]] == "IN_SYNC"
    assert fake.drifts("camunda", ACCOUNTS[2], "eu-west-1", "d") == (drift,)
    assert fake.drifts("camunda", ACCOUNTS[2], "eu-west-1", "made") == ()
    assert set(states(fake)) == {("CURRENT", "SUCCEEDED")}


def test_stacks_are_taken_over(fake: FakeStackSets) -> None:
    good = fake.add_stack("111111111111", "eu-west-1")
    bad = fake.add_stack("222222222222", "eu-west-1")
    fake.failing["222222222222"] = "template differs"
    fake.import_stacks("camunda", [good, bad], (), AT_ONCE, "i")
    fake.clock.sleep(60)
    assert states(fake) == [("CURRENT", "SUCCEEDED"), ("INOPERABLE", "FAILED_IMPORT")]
    assert next(fake.instances("camunda")).stack_id == good
    error = refused(fake.import_stacks, "camunda", [good], (), AT_ONCE, "j")
    assert error.aws_code == "InvalidOperationException"
    more = [fake.add_stack(f"{n:012d}", "eu-west-1") for n in range(11)]
    error = refused(fake.import_stacks, "camunda", more, (), AT_ONCE, "k")
    assert error.aws_code == "LimitExceededException"
    fake.read_url["https://b/stacks"] = "\n".join(more)
    fake.import_stacks("camunda", (), (), AT_ONCE, "l", stack_ids_url="https://b/stacks")
    assert len(states(fake)) == 13


def service_managed() -> FakeCloud:
    cloud = FakeCloud()
    cloud.organization.add("r-root", ACCOUNT)
    cloud.organization.add("ou-prod", "000000000003", "000000000001", parent="r-root")
    cloud.organization.add("ou-eu", "000000000002", "000000000009", parent="ou-prod")
    cloud.organization.inactive.add("000000000009")
    request = replace(
        REQUEST,
        permission_model="SERVICE_MANAGED",
        auto_deployment=AutoDeployment(enabled=True, retain_stacks=True),
    )
    cloud.stack_sets.create(request, "t")
    return cloud


def test_units_hold_the_active_accounts_below_them_but_the_management_account() -> None:
    organization = service_managed().organization
    expected = ("000000000001", "000000000002", "000000000003")
    assert organization.accounts("r-root") == organization.accounts("ou-prod") == expected
    assert organization.accounts("ou-eu") == ("000000000002",)


@pytest.mark.parametrize(
    ("account_filter", "accounts", "expected"),
    [
        (None, (), "1 2 3"),
        ("INTERSECTION", ("000000000001", "000000000007"), "1"),
        ("DIFFERENCE", ("000000000001",), "2 3"),
        ("UNION", ("000000000007",), "1 2 3 7"),
    ],
)
def test_account_filters(
    account_filter: str | None, accounts: tuple[str, ...], expected: str
) -> None:
    fake = service_managed().stack_sets
    places = Places(("eu-west-1",), accounts, ("ou-prod",), account_filter)
    fake.create_instances("camunda", places, {}, AT_ONCE, "o")
    found = [each.account.lstrip("0") for each in fake.instances("camunda")]
    assert found == expected.split()
    described = fake.describe("camunda")
    assert described and described.organizational_units == ("ou-prod",)


def test_each_permission_model_takes_its_own_targets(fake: FakeStackSets) -> None:
    managed = service_managed().stack_sets
    for each, places in [
        (fake, Places(("eu-west-1",), (), ("ou-prod",))),
        (managed, EU),
        (managed, Places(("eu-west-1",), ACCOUNTS, ("ou-prod",))),
    ]:
        each.organization.add("ou-prod", ACCOUNTS[0])
        with pytest.raises(Refused) as raised:
            each.create_instances("camunda", places, {}, AT_ONCE, "o")
        assert raised.value.aws_code == "ValidationError"


def test_calls_are_recorded_page_by_page_and_may_be_throttled(fake: FakeStackSets) -> None:
    accounts = tuple(f"{n:012d}" for n in range(250))
    fake.create_instances("camunda", Places(("eu-west-1",), accounts), {}, AT_ONCE, "o")
    assert fake.called("create_instances")[0]["preferences"] is AT_ONCE
    assert len(list(fake.instances("camunda"))) == 250
    assert fake.called("instances") == ["camunda"] * 3
    fake.fail("instances", None, Throttled("CAM604", "slow down"))
    found = fake.instances("camunda")
    assert [next(found) for _ in range(100)]
    with pytest.raises(Throttled):
        next(found)


def test_ten_thousand_instances_are_followed_poll_by_poll(fake: FakeStackSets) -> None:
    places = Places(
        tuple(f"region-{n}" for n in range(10)), tuple(f"{n:012d}" for n in range(1000))
    )
    wide = Preferences(failure_tolerance_percentage=10, max_concurrent_percentage=10)
    fake.create_instances("camunda", places, {}, wide, "o")
    while told(fake, "o") == "RUNNING":
        fake.clock.sleep(1)  # a poll costs nothing: the course is known
    assert len(set(fake.instances("camunda"))) == 10_000
    assert {status for status, _ in states(fake)} == {"CURRENT"}


def test_what_is_created_while_the_stack_set_changes_ends_outdated(fake: FakeStackSets) -> None:
    fake.update(replace(REQUEST, managed_execution=True), None, Preferences(), "m")
    fake.create_instances("camunda", BOTH, {}, AT_ONCE, "a")
    fake.clock.sleep(1000)
    fake.create_instances("camunda", Places(("us-west-2",), ACCOUNTS), {}, AT_ONCE, "b")
    changed = replace(REQUEST, managed_execution=True, parameters={"Size": "2"})
    fake.update(changed, EU, AT_ONCE, "u")
    fake.clock.sleep(60)
    found = {each.region: each.status for each in fake.instances("camunda")}
    assert found == {"eu-west-1": "CURRENT", "us-east-1": "OUTDATED", "us-west-2": "OUTDATED"}
