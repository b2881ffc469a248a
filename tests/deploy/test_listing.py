"""Deployments are found among all stacks of a region."""

from camformation.deploy.live_stack.listing import deployments
from deploy.fake_cloud import FakeCloud
from deploy.live import live


def test_only_root_stacks_that_we_made_are_listed() -> None:
    fake = FakeCloud()
    root, _ = live(fake)
    root.protected = True
    fake.stacks.add("billing", template={"Description": "Somebody else's"})
    fake.stacks.add("copy", template={"Description": "Camunda 8 on Amazon ECS: by hand"})
    found = deployments(fake.stacks)
    assert [(each.name, each.stack, each.layout) for each in found] == [
        ("camunda", "camunda", "nested")
    ]
    assert found[0].termination_protection and found[0].updated == found[0].created


def test_a_stack_under_review_is_listed_as_such() -> None:
    fake = FakeCloud()
    root, _ = live(fake)
    root.status = "REVIEW_IN_PROGRESS"
    root.template = {"Description": "Camunda 8 on Amazon ECS: camunda"}
    assert [(each.name, each.status) for each in deployments(fake.stacks)] == [
        ("camunda", "REVIEW_IN_PROGRESS")
    ]


def test_there_may_be_none() -> None:
    assert deployments(FakeCloud().stacks) == ()
