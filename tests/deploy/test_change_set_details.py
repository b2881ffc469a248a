"""Change sets, call by call: what is asked for, how long is waited, and what is told."""

from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.change.change_set import Submission, create, discard, nested_change_sets
from camformation.deploy.change.package import Package
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import ChangeSetPage
from camformation.deploy.plan.merge import StackChanges
from camformation.frozen import replaced
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, REGION, STACK, Script, entry, nested_entry

FULL = Submission(
    "camunda",
    Package(None, "https://artifacts/root", (), nested=True),
    "camformation-anna-1",
    description="the second",
    tags={"team": "bpm"},
    parameters={"Size": "3"},
    service_role_arn="arn:aws:iam::111122223333:role/cfn",
    notification_topic_arns=("arn:aws:sns:eu-west-2:111122223333:ops",),
)


def test_a_request_holds_all_that_was_submitted() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script())
    made = create(fake.stacks, fake.clock, FULL)
    (request,) = fake.stacks.called("create_change_set")
    assert (request.stack, request.kind) == ("camunda", "CREATE")
    assert request.name == request.client_token == "camformation-anna-1"
    assert (request.description, request.url, request.body) == (
        "the second",
        "https://artifacts/root",
        None,
    )
    assert (request.parameters, request.tags) == ({"Size": "3"}, {"team": "bpm"})
    assert request.role_arn == FULL.service_role_arn and request.nested
    assert request.notification_topic_arns == FULL.notification_topic_arns
    assert (request.express, request.disable_rollback) == (False, False)
    assert (made.stack, made.id) == ("camunda", next(iter(fake.stacks.sets)))
    assert made.stack_id == next(iter(fake.stacks.known))
    fake.stacks.script.append(Script())
    create(fake.stacks, fake.clock, replace(FULL, token="b", parameters=None, tags=None))
    assert fake.stacks.called("create_change_set")[1].parameters == {}
    assert fake.stacks.called("create_change_set")[1].tags == {}


def test_it_is_asked_for_less_and_less_often() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script(seconds=30))
    create(fake.stacks, fake.clock, FULL)
    assert fake.clock.slept == [1, 1, 2, 2, 3, 5, 5, 5, 5, 5]


def test_it_is_read_without_and_with_values_page_by_page() -> None:
    fake = FakeCloud()
    nested = {"DatabaseSeed": Script([entry("C")])}
    script = Script([entry("A"), entry("B")], page_size=2, seconds=0, nested=nested)
    fake.stacks.script.append(script)
    made = create(fake.stacks, fake.clock, FULL)
    child = next(arn for arn in fake.stacks.sets if arn != made.id)
    root = made.id
    assert fake.stacks.called("describe_change_set") == [
        (root, False, None),  # whether it is made
        *((root, False, None), (root, False, "2")),
        *((root, True, None), (root, True, "2")),
        *[(child, False, None)] * 5,  # four looks until it is made, and its page
        (child, True, None),
    ]


class Vanishing:
    """Describes change sets until one is gone for so many looks."""

    def __init__(self, fake: FakeCloud, gone: int, *, after: int) -> None:
        self.real = fake.stacks.describe_change_set
        self.gone, self.after = gone, after
        fake.stacks.describe_change_set = self  # type: ignore[method-assign]

    def __call__(self, *args: Any, **more: Any) -> Any:
        self.after -= 1
        if self.after < 0 < self.gone:
            self.gone -= 1
            return None
        return self.real(*args, **more)


def test_it_may_be_unknown_for_a_while_again_and_again() -> None:
    for gone in range(1, 6):
        fake = FakeCloud()
        fake.stacks.script.append(Script(seconds=30))
        Vanishing(fake, gone, after=2)
        create(fake.stacks, fake.clock, FULL)


@pytest.mark.parametrize("after", [0, 1, 2, 3], ids=["unmade", "looks", "plain", "rich"])
def test_one_that_somebody_deleted_is_an_error(after: int) -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script(seconds=0 if after > 1 else 30))
    Vanishing(fake, 10_000, after=after if after < 2 else after - 1)
    with pytest.raises(DeployError) as raised:
        create(fake.stacks, fake.clock, FULL)
    assert raised.value.code == "CAM624"
    assert raised.value.message.startswith("the change set arn:aws:cloudformation:")
    assert raised.value.message.endswith(" no longer exists")
    assert raised.value.hint == "it was deleted: try again"
    assert sum(fake.clock.slept) < 300


def test_what_takes_too_long_says_where_to_look() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script(seconds=10**6))
    with pytest.raises(DeployError) as raised:
        create(fake.stacks, fake.clock, FULL)
    assert raised.value.message == "CloudFormation has not created the change set within 20 minutes"
    assert "AWS Health Dashboard" in str(raised.value.hint)


def test_a_nested_change_set_without_changes_has_been_read() -> None:
    fake = FakeCloud()
    nested = {
        "Network": Script(status="FAILED", reason=NO_CHANGES),
        "Database": Script([entry("A")]),
    }
    fake.stacks.script.append(Script(nested=nested))
    made = create(fake.stacks, fake.clock, FULL)
    assert made.changes.keys() == {"root", "network", "database"}
    assert made.changes["network"] == StackChanges((), ())
    assert len(made.changes["database"].with_values) == 1


@pytest.mark.parametrize("reason", ["", "Nested change set arn:x was not successfully created"])
def test_a_nested_change_set_that_failed_is_an_error_whatever_it_says(reason: str) -> None:
    fake = FakeCloud()
    nested = {"Network": Script(status="FAILED", reason=reason)}
    fake.stacks.script.append(Script(nested=nested))
    with pytest.raises(DeployError) as raised:
        create(fake.stacks, fake.clock, FULL)
    assert raised.value.code == "CAM620" and reason in raised.value.message


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (nested_entry("A", "set", "stack"), {"A": ("set", "stack")}),
        (nested_entry("A", "", "stack"), {}),
        (nested_entry("A", "set", ""), {}),
        (entry("A", ResourceType="AWS::EC2::VPC", ChangeSetId="set", PhysicalResourceId="s"), {}),
        (entry("A", ResourceType=STACK), {}),
        ({"Type": "Hook"}, {}),
    ],
)
def test_nested_change_sets_are_found_by_stack_and_change_set(
    change: dict[str, Any], found: dict[str, tuple[str, str]]
) -> None:
    assert nested_change_sets((change,)) == found


def test_a_change_set_that_cannot_be_deleted_is_not_waited_for_and_its_stack_stays() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script(seconds=0))
    made = create(fake.stacks, fake.clock, FULL)
    page = fake.stacks.describe_change_set(made.id, made.stack_id, with_values=False)
    assert page

    def stuck(*_: Any, **__: Any) -> ChangeSetPage:
        return replaced(page, status="DELETE_FAILED")

    fake.stacks.describe_change_set = stuck  # type: ignore[method-assign]
    discard(fake.stacks, fake.clock, made)
    assert fake.clock.slept == [] and fake.stacks.called("delete_stack") == []


def test_a_discarded_stack_is_deleted_by_a_token_of_its_own_and_waited_for() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script(seconds=0))
    made = create(fake.stacks, fake.clock, FULL)
    discard(fake.stacks, fake.clock, made)
    assert fake.stacks.called("delete_change_set") == [made.id]
    assert fake.stacks.called("delete_stack_as") == [(None, "discard-00000001")]
    assert sum(fake.clock.slept) >= 10  # how long the deletion takes here
    assert made.stack_id.startswith(f"arn:aws:cloudformation:{REGION}:")
    assert fake.stacks.list_stacks() == ()
