"""The last operation as it was: what took how long, what decided it, and what was expected."""

from datetime import timedelta

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.operation.events import Finished, ResourceEvent, Started
from camformation.deploy.operation.schedule import schedule
from camformation.deploy.operation.timeline import Timeline, compare, last_operation
from camformation.deploy.operation.watch import watch
from camformation.deploy.plan.symbols import Address, Templates
from camformation.report.deployment.timeline_html import timeline_html
from camformation.report.deployment.timeline_rows import actual_chart
from camformation.report.deployment.timeline_text import actual_text
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import STACK, FakeStack, Step

TEMPLATES: Templates = {
    "root": {
        "Resources": {
            "Network": {"Type": STACK, "Properties": {"TemplateURL": "network.template.json"}},
            "Keys": {
                "Type": STACK,
                "DependsOn": "Network",
                "Properties": {"TemplateURL": "keys.template.json"},
            },
        }
    },
    "network": {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "Nat": {"Type": "AWS::EC2::NatGateway", "DependsOn": "Vpc"},
            "Role": {"Type": "AWS::IAM::Role"},
        }
    },
    "keys": {"Resources": {"Key": {"Type": "AWS::KMS::Key"}}},
}


def span(
    start: float, end: float, name: str, kind: str, stack: str = "", action: str = "CREATE"
) -> list[Step]:
    return [
        Step(start, f"{action}_IN_PROGRESS", name, kind, stack=stack),
        Step(end, f"{action}_COMPLETE", name, kind, stack=stack),
    ]


def created(fake: FakeCloud) -> FakeStack:
    """A creation of 200 s: Vpc, then a NAT gateway of 150 s, then a key."""
    root = fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    network, keys = fake.stacks.child(root, "Network"), fake.stacks.child(root, "Keys")
    steps = [Step(0, "CREATE_IN_PROGRESS")]
    for name, child, start, end in (("Network", network, 1, 175), ("Keys", keys, 175, 198)):
        steps.append(Step(start, "CREATE_IN_PROGRESS", name, STACK, physical_id=child.id))
        steps.append(Step(start, "CREATE_IN_PROGRESS", stack=name))
        steps.append(Step(end - 1, "CREATE_COMPLETE", stack=name))
        steps.append(Step(end, "CREATE_COMPLETE", name, STACK, physical_id=child.id))
    steps += span(2, 20, "Vpc", "AWS::EC2::VPC", "Network")
    steps += span(2, 18, "Role", "AWS::IAM::Role", "Network")
    steps += span(20, 170, "Nat", "AWS::EC2::NatGateway", "Network")
    steps += span(177, 195, "Key", "AWS::KMS::Key", "Keys")
    fake.stacks.play(root, [*steps, Step(200, "CREATE_COMPLETE")])
    return root


def look(fake: FakeCloud, name: str = "camunda") -> Timeline:
    return last_operation(fake.stacks, fake.clock, name, TEMPLATES)


def test_a_creation_is_read_with_all_its_nested_stacks() -> None:
    fake = FakeCloud()
    created(fake)
    fake.clock.sleep(1000)
    found = look(fake)
    assert (found.action, found.status, found.total) == ("CREATE", "CREATE_COMPLETE", 200)
    bars = {bar.address: bar for bar in found.bars}
    assert bars[Address("network", "Nat")].seconds == 150
    assert bars[Address("root", "Keys")].nested == "keys"
    assert found.critical == (
        Address("network", "Vpc"),
        Address("network", "Nat"),
        Address("keys", "Key"),
    )


def test_expected_and_actual_are_compared_with_the_furthest_first() -> None:
    fake = FakeCloud()
    created(fake)
    fake.clock.sleep(1000)
    expected = schedule(TEMPLATES)
    comparison = compare(expected, look(fake))
    assert comparison.rows[0].address == Address("network", "Nat")
    assert comparison.rows[0].excess == 150 - 125
    assert (comparison.expected_total, comparison.actual_total) == (expected.total, 200)
    text = actual_text(look(fake), comparison)
    assert "took 3m20s" in text and "network/Nat  2m30s, usually 1m25s-2m05s" in text


def test_while_it_runs_bars_reach_to_now() -> None:
    fake = FakeCloud()
    created(fake)
    fake.clock.sleep(60)
    found = look(fake)
    nat = next(bar for bar in found.bars if bar.address.logical_id == "Nat")
    assert found.running and found.total == 60
    assert nat.running and nat.seconds == 40
    assert compare(schedule(TEMPLATES), found).expected_total is None
    assert "running for 1m00s" in actual_text(found)


def updated(fake: FakeCloud, root: FakeStack, kind: str) -> None:
    key = fake.stacks.child(root, "Keys").id
    steps = [
        Step(0, "UPDATE_IN_PROGRESS"),
        Step(1, "UPDATE_IN_PROGRESS", "Keys", STACK, physical_id=key),
        Step(1, "UPDATE_IN_PROGRESS", stack="Keys"),
        *span(2, 3, "Key", kind, "Keys", "UPDATE"),
        Step(4, "UPDATE_COMPLETE", stack="Keys"),
        Step(5, "UPDATE_COMPLETE", "Keys", STACK, physical_id=key),
        Step(6, "UPDATE_COMPLETE"),
    ]
    fake.stacks.play(root, steps)
    fake.clock.sleep(100)


def test_the_second_step_of_a_first_deployment_does_not_hide_the_first() -> None:
    fake = FakeCloud()
    root = created(fake)
    fake.clock.sleep(230)
    before = look(fake)
    updated(fake, root, "AWS::KMS::Key")
    found = look(fake)
    assert (found.action, found.status, found.total) == ("CREATE", "CREATE_COMPLETE", 200)
    assert found.bars == before.bars and found.critical == before.critical
    assert compare(schedule(TEMPLATES), found).expected_total

    events = list(watch(fake.cloud, fake.clock, "camunda"))
    assert isinstance(events[0], Started) and events[0].kind == "CREATE"
    assert isinstance(events[-1], Finished) and events[-1].elapsed == 200
    shown = [each.status for each in events if isinstance(each, ResourceEvent)]
    assert "CREATE_COMPLETE" in shown and "UPDATE_COMPLETE" not in shown


def test_a_second_step_that_failed_is_shown_itself() -> None:
    fake = FakeCloud()
    root = created(fake)
    fake.clock.sleep(230)
    failed = Step(2, "UPDATE_FAILED", "Key", "AWS::KMS::Key", reason="no")
    steps = [Step(0, "UPDATE_IN_PROGRESS"), failed, Step(3, "UPDATE_ROLLBACK_IN_PROGRESS")]
    fake.stacks.play(root, [*steps, Step(4, "UPDATE_ROLLBACK_COMPLETE")])
    fake.clock.sleep(100)
    assert look(fake).action == "UPDATE"
    assert not list(watch(fake.cloud, fake.clock, "camunda"))[-1].succeeded  # type: ignore[union-attr]


@pytest.mark.parametrize(("kind", "pause"), [("AWS::ECS::Service", 230), ("AWS::KMS::Key", 5000)])
def test_another_update_is_an_operation_of_its_own(kind: str, pause: int) -> None:
    fake = FakeCloud()
    root = created(fake)
    fake.clock.sleep(pause)
    updated(fake, root, kind)
    assert (look(fake).action, look(fake).total) == ("UPDATE", 6)


def test_only_the_last_operation_counts_and_its_rollback_belongs_to_it() -> None:
    fake = FakeCloud()
    root = created(fake)
    fake.clock.sleep(1000)
    failed = Step(9, "UPDATE_FAILED", "Vpc", reason="no more addresses")
    fake.stacks.play(
        root,
        [
            Step(0, "UPDATE_IN_PROGRESS"),
            Step(1, "UPDATE_IN_PROGRESS", "Vpc"),
            failed,
            Step(10, "UPDATE_ROLLBACK_IN_PROGRESS"),
            *span(11, 15, "Vpc", "AWS::EC2::VPC", action="UPDATE"),
            Step(20, "UPDATE_ROLLBACK_COMPLETE"),
        ],
    )
    fake.clock.sleep(100)
    found = look(fake)
    assert (found.action, found.status, found.total) == ("UPDATE", "UPDATE_ROLLBACK_COMPLETE", 20)
    assert [(bar.status, bar.start, bar.finish) for bar in found.bars] == [
        ("UPDATE_FAILED", 1, 9),
        ("UPDATE_COMPLETE", 11, 15),
    ]
    assert "no more addresses" in actual_text(found)
    assert 'class="failed"' in timeline_html("camunda", [actual_chart(found)])


def test_a_deletion_is_read_by_the_arn() -> None:
    fake = FakeCloud()
    root = created(fake)
    fake.clock.sleep(1000)
    steps = span(1, 30, "Vpc", "AWS::EC2::VPC", action="DELETE")
    fake.stacks.play(root, [Step(0, "DELETE_IN_PROGRESS"), *steps, Step(40, "DELETE_COMPLETE")])
    fake.clock.sleep(100)
    found = look(fake, root.id)
    assert (found.action, found.total, len(found.bars)) == ("DELETE", 40, 1)
    assert found.critical == ()


def test_without_templates_no_path_is_claimed() -> None:
    fake = FakeCloud()
    created(fake)
    fake.clock.sleep(1000)
    assert last_operation(fake.stacks, fake.clock, "camunda").critical == ()


def test_what_never_was_is_an_error() -> None:
    fake = FakeCloud()
    fake.stacks.add("empty", "REVIEW_IN_PROGRESS")
    for name in ("empty", "other"):
        with pytest.raises(DeployError, match=name):
            look(fake, name)


def test_times_begin_with_the_operation() -> None:
    fake = FakeCloud()
    begun = fake.clock.now() + timedelta(seconds=30)
    fake.clock.sleep(30)
    created(fake)
    fake.clock.sleep(1000)
    assert look(fake).began == begun
