"""The canary preview: a change set on one stack of the fleet, read and discarded."""

from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.protocols import AccessDenied
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.fleet.preview import Preview, preview
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, NO_CHANGES, REGION, Script, entry
from fleet.simulated import NEWER, TEMPLATE, request


def previewed(fake: FakeCloud) -> Preview:
    stack = fake.stacks.find("StackSet-camunda-1") or fake.stacks.add(
        "StackSet-camunda-1", template=TEMPLATE
    )
    return preview(
        fake.cloud,
        fake.clock,
        (ACCOUNT, REGION),
        stack.id,
        request(NEWER),
        NEWER,
        {"Owner": "claims"},
    )


def test_it_says_what_cloudformation_would_do_and_leaves_nothing_behind() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(
        Script([entry("OrchestrationTask", ResourceType="AWS::ECS::TaskDefinition")])
    )
    found = previewed(fake)
    assert found.plan and "OrchestrationTask" in {c.logical_id for c in found.plan.changes()}
    (asked,) = fake.stacks.called("create_change_set")
    assert (asked.kind, asked.parameters, asked.nested) == ("UPDATE", {"Owner": "claims"}, False)
    assert not found.note and not fake.stacks.sets
    assert not fake.stacks.called("execute_change_set")


def test_nothing_to_change_is_a_plan_too() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script(status="FAILED", reason=NO_CHANGES))
    assert previewed(fake).plan


def test_what_the_account_does_not_allow_is_a_note() -> None:
    fake = FakeCloud()
    fake.stacks.add("StackSet-camunda-1", template=TEMPLATE)
    fake.stacks.fail("describe_stack", AccessDenied("CAM603", "not allowed: x", "ask"))
    found = previewed(fake)
    assert found.plan is None and "not allowed" in found.note


def test_a_refusal_is_a_note() -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script())
    fake.stacks.fail(
        "create_change_set", Refused("CAM606", "belongs to a StackSet", None, "ValidationError")
    )
    found = previewed(fake)
    assert found.plan is None and "StackSet" in found.note


def test_what_runs_in_that_account_is_looked_at() -> None:
    fake = FakeCloud()
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/prod/brokers"
    service = StackResource("OrchestrationService", arn, "AWS::ECS::Service", "CREATE_COMPLETE")
    fake.stacks.add("StackSet-camunda-1", template=TEMPLATE, resources=(service,))
    fake.services.states["brokers"] = ServiceState(arn, "brokers", "ACTIVE", 5, 5, 0)
    fake.stacks.script.append(Script())
    found = previewed(fake)
    assert found.plan and "CAM660" in {block.code for block in found.plan.blocks}
    fake.stacks.script.append(Script())
    fake.stacks.fail("resources", AccessDenied("CAM603", "not allowed: x", "ask"))
    blind = previewed(fake)
    assert blind.plan and "CAM647" in {block.code for block in blind.plan.gate}
