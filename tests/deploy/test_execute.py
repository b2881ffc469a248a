"""A change set is executed as asked, only on what was planned for, and protected afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.change.change_set import Submission, create
from camformation.deploy.change.execution import deploy
from camformation.deploy.change.package import Package
from camformation.deploy.change.request import (
    DeployRequest,
    accepted_losses,
    check_rollback,
    express_mode,
    refuse_moved,
)
from camformation.deploy.cloud.errors import Unreachable
from camformation.deploy.cloud.protocols import (
    AccessDenied,
    CredentialsExpired,
    DeployError,
    Refused,
    Throttled,
)
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.live_stack.settings import policy
from camformation.deploy.operation.events import Detached, Event, Notice, Started
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.plan.model import (
    Action,
    Block,
    ComponentPlan,
    Plan,
    ResourceChange,
    Severity,
    Target,
)
from camformation.deploy.plan.plan_file import Fingerprint
from camformation.deploy.plan.stack_settings import StackSettings
from camformation.deploy.plan.symbols import Address
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, STACK, FakeStack, Script, Step, entry
from deploy.following import end, of

TOKEN = "camformation-anna-20260105-120000-0123456789ab"
FLAT = Package("{}", None, (), nested=False)
PLANNED = Script([entry("Vpc")])
UNCHANGED = Script(status="FAILED", reason=NO_CHANGES)


def ordered(
    fake: FakeCloud, script: Script = PLANNED, token: str = TOKEN, **more: Any
) -> DeployRequest:
    """Make a change set, and the order to deploy it."""
    fake.stacks.script.append(script)
    before = fake.stacks.describe_stack("camunda")
    base = before if before and before.status != "REVIEW_IN_PROGRESS" else None
    express = more.get("express", False)
    submission = Submission("camunda", FLAT, token, express=express)
    return DeployRequest(create(fake.stacks, fake.clock, submission), base, **more)


def run(fake: FakeCloud, order: DeployRequest, **more: Any) -> list[Event]:
    return list(deploy(fake.cloud, fake.clock, order, **more))


def refused(fake: FakeCloud, order: DeployRequest) -> DeployError:
    with pytest.raises(DeployError) as raised:
        run(fake, order)
    return raised.value


# Execution.


def test_a_first_deployment_creates_and_ends_with_the_outputs() -> None:
    fake = FakeCloud()
    fake.stacks.new_outputs = {"Url": "https://camunda.example.com"}
    events = run(fake, ordered(fake))
    (started,) = of(Started, events)
    assert (started.kind, started.stack) == ("CREATE", "camunda")
    assert end(events).succeeded and end(events).changed
    assert end(events).outputs == {"Url": "https://camunda.example.com"}


@pytest.mark.parametrize("disable_rollback", [False, True])
def test_the_rollback_behaviour_is_always_said(disable_rollback: bool) -> None:
    fake = FakeCloud()
    run(fake, ordered(fake, disable_rollback=disable_rollback))
    ((_, token, said),) = fake.stacks.called("execute_change_set")
    assert said is disable_rollback
    assert token.startswith(TOKEN)


def test_mode_express_is_asked_for_with_the_change_set_and_not_on_execution() -> None:
    fake = FakeCloud()
    events = run(fake, ordered(fake, express=True))
    request = fake.stacks.called("create_change_set")[0]
    assert request.express and request.disable_rollback is False
    assert fake.stacks.called("execute_change_set")[0][2] is None
    assert of(Started, events)[0].express
    assert "CAM636" in {notice.code for notice in of(Notice, events)}


def test_the_spec_or_the_flag_asks_for_mode_express() -> None:
    assert not express_mode(wait_for_steady_state=True)
    assert express_mode(wait_for_steady_state=False)
    assert express_mode(wait_for_steady_state=True, flag=False)
    assert not express_mode(wait_for_steady_state=False, flag=True)


def test_no_changes_is_success_and_leaves_no_change_set() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", outputs={"Url": "u"})
    events = run(fake, ordered(fake, UNCHANGED))
    assert end(events).succeeded and not end(events).changed
    assert end(events).outputs == {"Url": "u"}
    assert not fake.stacks.sets and not fake.stacks.called("execute_change_set")


def test_settings_that_cloudformation_does_not_change_alone_are_told() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    wanted = StackSettings({}, ("arn:aws:sns:eu-west-2:111122223333:deployments",), True)
    events = run(fake, ordered(fake, UNCHANGED, settings=wanted, termination_protection=True))
    notices = [(notice.code, notice.message) for notice in of(Notice, events)]
    assert ("CAM633", "termination protection is on") in notices
    ((_, message),) = [notice for notice in notices if notice[0] == "CAM649"]
    assert "not done" in message and ":deployments" in message
    assert not end(events).changed and end(events).reason == "its settings differ from the spec"


def test_a_change_of_outputs_alone_is_executed() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", outputs={"Url": "old"})
    fake.stacks.new_outputs = {"Url": "new"}
    events = run(fake, ordered(fake, Script([])))
    assert end(events).changed and end(events).outputs == {"Url": "new"}


def test_a_failed_deployment_ends_with_its_cause() -> None:
    fake = FakeCloud()
    fake.stacks.operations.append(
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(5, "CREATE_FAILED", "Vpc", reason="limit exceeded"),
            Step(6, "ROLLBACK_IN_PROGRESS"),
            Step(9, "ROLLBACK_COMPLETE"),
        ]
    )
    finished = end(run(fake, ordered(fake)))
    assert not finished.succeeded
    assert finished.failures[0].reason == "limit exceeded"


# What is refused.


def test_a_stack_that_somebody_else_deploys_is_refused_with_who_and_what() -> None:
    fake = FakeCloud()
    stack = fake.stacks.add("camunda")
    first, second = ordered(fake), ordered(fake, token=TOKEN.replace("anna", "berta"))
    fake.stacks.operations.append([Step(0, "UPDATE_IN_PROGRESS"), Step(900, "UPDATE_COMPLETE")])
    running = deploy(fake.cloud, fake.clock, first)
    next(running)
    error = refused(fake, second)
    assert error.code == "CAM623"
    assert "UPDATE_IN_PROGRESS since 2026-01-05 12:00" in error.message
    assert "started by anna" in error.message
    assert error.hint and "camformation watch camunda" in error.hint
    assert len(fake.stacks.called("execute_change_set")) == 1 and stack.status


def test_a_plan_from_before_somebody_elses_change_is_refused() -> None:
    fake = FakeCloud()
    stack = fake.stacks.add("camunda")
    order = ordered(fake)
    stack.updated = fake.clock.now()
    error = refused(fake, order)
    assert error.code == "CAM627" and not fake.stacks.called("execute_change_set")


def test_a_plan_for_a_first_deployment_is_refused_once_somebody_made_it() -> None:
    fake = FakeCloud()
    order = ordered(fake)
    stack = fake.stacks.find("camunda")
    assert stack
    stack.status = "CREATE_COMPLETE"
    assert refused(fake, order).code == "CAM627"


def test_a_plan_file_is_refused_if_anything_moved() -> None:
    planned = Fingerprint("1", "eu-west-2", "camunda", {"root": "a"}, {"root": "b"}, "10:00")
    refuse_moved(planned, planned)
    with pytest.raises(DeployError, match=r"out of date.*last changed 11:00"):
        refuse_moved(planned, replace(planned, last_updated="11:00"))


def test_a_change_set_that_is_gone_is_refused() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    order = ordered(fake)
    fake.stacks.sets.clear()
    error = refused(fake, order)
    assert error.code == "CAM628" and error.hint and "plan and deploy again" in error.hint


def test_losing_the_race_for_the_execution_says_that_it_is_gone() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    late = Refused(
        "CAM606", "cannot be executed in status OBSOLETE", None, "InvalidChangeSetStatus"
    )
    fake.stacks.fail("execute_change_set", late)
    assert refused(fake, ordered(fake)).code == "CAM628"


def test_an_execution_whose_answer_was_lost_is_followed() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    order = ordered(fake)
    execute = fake.stacks.execute_change_set

    def twice(*args: Any, **kwargs: Any) -> None:
        execute(*args, **kwargs)
        raise Refused("CAM606", "status EXECUTE_IN_PROGRESS", None, "InvalidChangeSetStatus")

    fake.stacks.execute_change_set = twice  # type: ignore[method-assign]
    assert end(run(fake, order)).succeeded


def test_a_stack_that_stopped_without_rollback_goes_on_only_without() -> None:
    for status, other in (("CREATE_FAILED", "delete it"), ("UPDATE_FAILED", "roll it back")):
        fake = FakeCloud()
        fake.stacks.add("camunda", status)
        error = refused(fake, ordered(fake))
        assert error.code == "CAM637" and error.hint
        assert f"or {other} first: `camformation recover camunda`" in error.hint
    error = refused(fake, ordered(fake, UNCHANGED, TOKEN + "y"))  # nor is it as the spec says
    assert error.code == "CAM637" and not fake.stacks.change_sets("camunda")
    assert end(run(fake, ordered(fake, disable_rollback=True, token=TOKEN + "x"))).succeeded


def test_replacements_are_refused_without_rollback_but_not_at_the_first_deployment() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    stack = fake.stacks.describe_stack("camunda")
    with pytest.raises(DeployError, match="CoreTask") as raised:
        check_rollback(stack, disable_rollback=True, replaced=("CoreTask",))
    assert raised.value.code == "CAM630"
    check_rollback(None, disable_rollback=True, replaced=("CoreTask",))
    check_rollback(stack, disable_rollback=False, replaced=("CoreTask",))


@pytest.mark.parametrize("existing", [True, False])
def test_what_is_refused_leaves_no_change_set_and_no_empty_stack(existing: bool) -> None:
    fake = FakeCloud()
    if existing:
        fake.stacks.add("camunda")
    order = ordered(fake)
    denied = AccessDenied("CAM603", "not allowed", "needs cloudformation:ExecuteChangeSet")
    fake.stacks.fail("execute_change_set", denied)
    assert refused(fake, order) is denied
    assert not fake.stacks.sets
    assert (fake.stacks.describe_stack("camunda") is not None) == existing


def test_a_change_set_that_may_be_executing_is_left_alone() -> None:
    fake = FakeCloud()
    order = ordered(fake)
    fake.stacks.fail("execute_change_set", Unreachable("CAM605", "AWS does not answer"))
    assert refused(fake, order).code == "CAM605"
    assert fake.stacks.sets and not fake.stacks.called("delete_stack")


# Protection.


def live(fake: FakeCloud, **more: Any) -> FakeStack:
    """A deployed stack with data in a nested one."""
    root = fake.stacks.add("camunda", "CREATE_COMPLETE", **more)
    holding_data(fake, root)
    return root


def holding_data(fake: FakeCloud, root: FakeStack) -> FakeStack:
    child = fake.stacks.child(root, "Storage")
    network = fake.stacks.child(root, "Network")
    child.status = network.status = "CREATE_COMPLETE"
    child.resources = (
        StackResource("Efs", "fs-1", "AWS::EFS::FileSystem", "CREATE_COMPLETE"),
        StackResource("Target", "m-1", "AWS::EFS::MountTarget", "CREATE_COMPLETE"),
        StackResource("NodeIdBucket", "b", "AWS::S3::Bucket", "CREATE_COMPLETE"),
    )
    network.resources = (StackResource("Vpc", "v", "AWS::EC2::VPC", "CREATE_COMPLETE"),)
    root.resources = (
        StackResource("Storage", child.id, STACK, "CREATE_COMPLETE"),
        StackResource("Network", network.id, STACK, "CREATE_COMPLETE"),
    )
    return child


def protecting(fake: FakeCloud, script: Script = PLANNED, **more: Any) -> DeployRequest:
    return ordered(fake, script, termination_protection=True, protect_data=True, **more)


def denied(stack: FakeStack) -> list[str]:
    assert stack.policy
    return [name for s in stack.policy["Statement"][1:] for name in s["Resource"]]


def test_protection_comes_after_the_first_success_and_not_before() -> None:
    fake = FakeCloud()
    order = protecting(fake)
    root = fake.stacks.find("camunda")
    assert root
    storage = holding_data(fake, root)
    events: Iterator[Event] = deploy(fake.cloud, fake.clock, order)
    for event in events:
        if isinstance(event, Started):
            assert not root.protected and root.policy is None
    assert root.protected
    assert denied(root) == ["LogicalResourceId/Storage"]
    assert denied(storage) == ["LogicalResourceId/Efs", "LogicalResourceId/NodeIdBucket"]
    network = fake.stacks.child(root, "Network")
    assert network.policy is None, "nothing in it holds data"


def test_a_first_deployment_that_fails_is_not_protected() -> None:
    fake = FakeCloud()
    fake.stacks.operations.append(
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(1, "ROLLBACK_IN_PROGRESS"),
            Step(2, "ROLLBACK_COMPLETE"),
        ]
    )
    run(fake, protecting(fake))
    root = fake.stacks.find("camunda")
    assert root and not root.protected and root.policy is None


def test_no_changes_still_protects_what_an_earlier_deployment_could_not() -> None:
    fake = FakeCloud()
    root = live(fake)
    run(fake, protecting(fake, UNCHANGED))
    assert root.protected and denied(root)


def test_a_second_deployment_finds_everything_protected() -> None:
    fake = FakeCloud()
    live(fake)
    run(fake, protecting(fake))
    set_before = len(fake.stacks.called("set_stack_policy"))
    events = run(fake, protecting(fake, token=TOKEN + "2"))
    assert len(fake.stacks.called("set_stack_policy")) == set_before
    assert not of(Notice, events)


def test_somebody_elses_stack_policy_stays() -> None:
    fake = FakeCloud()
    theirs = {"Statement": [{"Effect": "Deny", "Action": "Update:*", "Resource": "*"}]}
    root = live(fake, policy=theirs)
    events = run(fake, protecting(fake))
    assert root.policy == theirs
    assert any("that camformation did not set" in notice.message for notice in of(Notice, events))


@pytest.mark.parametrize(
    "error", [AccessDenied("CAM603", "not allowed"), CredentialsExpired("CAM602", "expired")]
)
def test_a_deployment_that_cannot_be_protected_has_succeeded_all_the_same(
    error: DeployError,
) -> None:
    fake = FakeCloud()
    live(fake)
    fake.stacks.fail("set_stack_policy", error)
    events = run(fake, protecting(fake))
    assert end(events).succeeded
    assert "CAM639" in {notice.code for notice in of(Notice, events)}


def lifting(fake: FakeCloud, root: FakeStack) -> DeployRequest:
    """A deployed, protected stack, and an order that may lose its file system."""
    storage = fake.stacks.child(root, "Storage")
    storage.policy = policy(["Efs", "NodeIdBucket"])
    return protecting(
        fake,
        lost=frozenset({Address("storage", "Efs")}),
        arns={"root": root.id, "storage": storage.id},
    )


def test_allowed_losses_lift_the_policy_for_exactly_those_while_it_deploys() -> None:
    fake = FakeCloud()
    root = live(fake)
    storage = fake.stacks.child(root, "Storage")
    during = []
    for event in deploy(fake.cloud, fake.clock, lifting(fake, root)):
        if isinstance(event, Started):
            during = denied(storage)
    assert during == ["LogicalResourceId/NodeIdBucket"]
    assert denied(storage) == ["LogicalResourceId/Efs", "LogicalResourceId/NodeIdBucket"]


def test_a_lifted_policy_is_back_after_a_failure() -> None:
    fake = FakeCloud()
    root = live(fake)
    fake.stacks.operations.append(
        [
            Step(0, "UPDATE_IN_PROGRESS"),
            Step(1, "UPDATE_ROLLBACK_IN_PROGRESS"),
            Step(2, "UPDATE_ROLLBACK_COMPLETE"),
        ]
    )
    assert not end(run(fake, lifting(fake, root))).succeeded
    assert len(denied(fake.stacks.child(root, "Storage"))) == 2


def test_a_lifted_policy_is_back_when_the_execution_is_refused() -> None:
    fake = FakeCloud()
    root = live(fake)
    order = lifting(fake, root)
    fake.stacks.fail("execute_change_set", Throttled("CAM604", "slow down"))
    assert refused(fake, order).code == "CAM604"
    assert len(denied(fake.stacks.child(root, "Storage"))) == 2


def test_policies_are_lifted_together_or_not_at_all() -> None:
    fake = FakeCloud()
    root = live(fake)
    order = lifting(fake, root)
    keys = fake.stacks.child(root, "Keys")
    keys.policy = policy(["DatabaseKey"])
    order = replace(
        order,
        lost=order.lost | {Address("keys", "DatabaseKey")},
        arns={**order.arns, "keys": keys.id},
    )
    fake.stacks.fail("set_stack_policy", None, AccessDenied("CAM603", "not allowed"))
    assert refused(fake, order).code == "CAM603"
    assert len(denied(fake.stacks.child(root, "Storage"))) == 2
    assert denied(keys) == ["LogicalResourceId/DatabaseKey"]


def test_detaching_says_that_policies_stay_relaxed() -> None:
    fake = FakeCloud()
    root = live(fake)
    fake.stacks.operations.append([Step(0, "UPDATE_IN_PROGRESS"), Step(99, "UPDATE_COMPLETE")])
    events = run(fake, lifting(fake, root), control=lambda kind: Choice.DETACH)
    assert isinstance(events[-1], Detached)
    assert any("storage/Efs" in notice.message for notice in of(Notice, events))


@pytest.mark.parametrize("wish", ["protect_later", "protect_data", "termination_protection"])
def test_detaching_from_a_first_deployment_says_that_it_is_not_protected(wish: str) -> None:
    fake = FakeCloud()
    fake.stacks.operations.append([Step(0, "CREATE_IN_PROGRESS"), Step(99, "CREATE_COMPLETE")])
    wished: dict[str, Any] = {wish: True}
    order = ordered(fake, **wished)
    *_, notice, last = run(fake, order, control=lambda kind: Choice.DETACH)
    assert isinstance(notice, Notice) and notice.code == "CAM643"
    assert notice.hint and "deploy again" in notice.hint
    assert isinstance(last, Detached)


def test_only_losses_that_the_plan_allows_are_accepted() -> None:
    def gone(name: str) -> ResourceChange:
        return ResourceChange("storage", name, "AWS::S3::Bucket", Action.DELETE)

    def block(name: str, severity: Severity, allowed: bool) -> Block:
        return Block("CAM651", severity, "m", "h", "storage", name, None, name, allowed)

    plan = Plan(
        Target("prod", "nested"),
        (ComponentPlan("storage", tuple(map(gone, ("Named", "Kept", "Blocked", "Unsaid")))),),
        gate=(
            block("Named", Severity.BLOCK, True),
            block("Kept", Severity.WARNING, False),
            block("Blocked", Severity.BLOCK, False),
        ),
    )
    assert accepted_losses(plan) == {Address("storage", "Named"), Address("storage", "Kept")}
