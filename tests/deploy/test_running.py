"""What runs is read while planning; an engine stays until the spec names another."""

from typing import Any

import pytest
import yaml

from camformation.deploy.change.preparation import DeployOptions, Prepared, prepare
from camformation.deploy.change.wanted import wanted
from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError
from camformation.deploy.cloud.services import DatabaseCluster, ScalableTarget, ServiceState
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.deploy.live_stack.running import read_running
from camformation.deploy.live_stack.settings import policy
from camformation.deploy.plan.given import given_values
from camformation.deploy.plan.model import Severity
from camformation.deploy.plan.running import Tasks
from camformation.layout import Layout, Templates
from camformation.pipeline import Compiled, compile_spec
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import Script
from deploy.live import live

CALLER = Caller("111122223333", "arn:aws:iam::111122223333:user/anna")
ZONES = {"network": {"availability_zones": ["euw2-az1", "euw2-az2", "euw2-az3"]}}
LAYOUTS = [Layout.NESTED, Layout.FLAT]


def compiled(layout: Layout = Layout.FLAT, **sections: Any) -> Compiled:
    text = yaml.safe_dump({"name": "camunda", "region": "eu-west-2", **ZONES, **sections})
    return compile_spec("camunda.yaml", lambda file: text.encode(), layout)


def running(layout: Layout = Layout.FLAT, **sections: Any) -> FakeCloud:
    fake = FakeCloud()
    live(fake, layout, **{**ZONES, **sections})
    return fake


def planned(fake: FakeCloud, spec: Compiled) -> Prepared:
    fake.objects.buckets["b"] = {}
    fake.stacks.script.append(Script())
    options = DeployOptions(artifact_bucket="b")
    return prepare(fake.cloud, fake.clock, CALLER, spec, options)


def engine(templates: Templates) -> str:
    (found,) = (
        body["Properties"]["EngineVersion"]
        for template in templates.values()
        for body in template["Resources"].values()
        if body["Type"] == "AWS::RDS::DBCluster"
    )
    return str(found)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tasks_and_the_engine_are_read(layout: Layout) -> None:
    fake = running(layout)
    fake.databases.clusters["auroracluster"] = DatabaseCluster(
        "auroracluster", "available", True, "17.10"
    )
    found = read_running(
        fake.cloud.services, fake.cloud.databases, read_deployed(fake.stacks, "camunda")
    )
    assert set(found.tasks.values()) == {Tasks(3, 3)}
    assert {at.logical_id for at in found.tasks} == {"OrchestrationService", "ConnectorsService"}
    assert list(found.engines.values()) == ["17.10"]
    assert found.unknown == ""


def test_a_permission_that_is_missing_is_said_and_tolerated() -> None:
    fake = running()
    deployed = read_deployed(fake.stacks, "camunda")
    denied = AccessDenied(
        "CAM603", "not allowed: x", "the caller's role needs ecs:DescribeServices"
    )
    fake.services.fail("services", denied)
    found = read_running(fake.cloud.services, fake.cloud.databases, deployed)
    assert "ecs:DescribeServices" in found.unknown and not found.tasks
    fake.services.fail("services", CredentialsExpired("CAM602", "expired", None))
    with pytest.raises(CredentialsExpired):
        read_running(fake.cloud.services, fake.cloud.databases, deployed)


def test_what_scales_a_service_is_read_and_may_be_unknown() -> None:
    fake = running()
    deployed = read_deployed(fake.stacks, "camunda")
    fake.services.scaled["connectorsservice"] = ScalableTarget(1, 10)
    found = read_running(fake.cloud.services, fake.cloud.databases, deployed)
    assert {at.logical_id: tasks.scaled for at, tasks in found.tasks.items()} == {
        "OrchestrationService": None,
        "ConnectorsService": (1, 10),
    }
    permission = "application-autoscaling:DescribeScalableTargets"
    denied = AccessDenied("CAM603", "not allowed: x", f"the caller's role needs {permission}")
    fake.services.fail("scalable_targets", denied)
    found = read_running(fake.cloud.services, fake.cloud.databases, deployed)
    assert permission in found.scaling_unknown and not found.unknown and len(found.tasks) == 2
    fake.services.fail("scalable_targets", CredentialsExpired("CAM602", "expired", None))
    with pytest.raises(CredentialsExpired):
        read_running(fake.cloud.services, fake.cloud.databases, deployed)


def test_nothing_is_read_of_what_is_not_deployed() -> None:
    fake = FakeCloud()
    assert read_running(fake.cloud.services, fake.cloud.databases, None).tasks == {}
    assert not fake.services.called("services")


def test_a_plan_blocks_what_scales_live_brokers_back() -> None:
    spec: dict[str, Any] = {"orchestration": {"brokers": 3}}
    fake = running(**spec)
    name = "orchestrationservice"
    arn = fake.services.states[name].arn
    fake.services.states[name] = ServiceState(arn, name, "ACTIVE", 5, 5, 0)
    memory: dict[str, Any] = {"orchestration": {"brokers": 3, "memory_mib": 32768, "cpu": 8192}}
    plan = planned(fake, compiled(**memory)).plan
    assert [block.allow for block in plan.blocks] == ["CAM660:OrchestrationService"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_version_of_camunda_leaves_the_engine_alone(layout: Layout) -> None:
    fake = running(layout, version="8.9")
    spec = compiled(layout, version="8.10")
    assert engine(spec.templates) == "18.4"
    prepared = planned(fake, spec)
    assert engine(prepared.templates) == "17.9"
    assert not prepared.plan.blocks
    (notice,) = (block for block in prepared.plan.gate if block.code == "CAM667")
    assert notice.severity is Severity.WARNING and 'engine_version: "17.9"' in notice.hint
    assert all(
        leaf.path != "EngineVersion" for c in prepared.plan.changes() for leaf in c.properties
    )


def test_an_engine_that_the_spec_names_is_upgraded_after_the_brokers() -> None:
    named: dict[str, Any] = {"version": "8.10", "database": {"engine_version": "18.4"}}
    together = planned(running(version="8.9"), compiled(**named)).plan
    assert [(b.code, b.allow) for b in together.blocks] == [("CAM667", None)]
    kept: dict[str, Any] = {"version": "8.10", "database": {"engine_version": "17.9"}}
    alone = planned(running(**kept), compiled(**named)).plan
    assert [(b.code, b.allow) for b in alone.blocks] == [("CAM667", "CAM667:AuroraCluster")]


def test_an_engine_too_old_for_the_new_camunda_is_blocked_with_the_line_to_write() -> None:
    old: dict[str, Any] = {"version": "8.9", "database": {"engine_version": "14.9"}}
    plan = planned(running(**old), compiled(version="8.10")).plan
    (block,) = plan.blocks
    assert (block.code, block.allow) == ("CAM667", None)
    assert "`engine_version`" in block.hint and '"17.9"' in block.hint


def test_a_new_deployment_gets_the_engine_of_its_version() -> None:
    spec = compiled(version="8.10")
    assert engine(wanted(FakeCloud().cloud, spec, {}, None).templates) == "18.4"


def test_an_engine_that_is_a_parameter_keeps_its_deployed_value() -> None:
    opened: dict[str, Any] = {"parameters": {"Engine": "database.engine_version"}}
    fake = running(version="8.9", database={"engine_version": "17.9"})
    spec = compiled(version="8.10", **opened)
    given = given_values(spec.parameters, {})
    assert given["Engine"] == "18.4"
    found = wanted(fake.cloud, spec, given, read_deployed(fake.stacks, "camunda"))
    assert found.parameters["Engine"] == "17.9"
    assert len(found.notices) == 1


def test_a_changed_stack_name_is_no_second_deployment() -> None:
    fake = running()
    with pytest.raises(DeployError, match="deployed already, as the stack camunda") as raised:
        planned(fake, compiled(stack={"name": "other"}))
    assert raised.value.code == "CAM625"
    assert not fake.stacks.called("create_change_set")


def test_settings_that_no_template_has_are_compared_with_the_live_stack() -> None:
    def said(**spec: Any) -> list[str]:
        gate = planned(running(), compiled(**spec)).plan.gate
        return [block.message for block in gate if block.code == "CAM649"]

    assert said() == []
    assert said(tags={"team": "a"}) == ["a tag of the stack changes: team: unset → a"]
    (message,) = said(stack={"termination_protection": True})
    assert "the spec turns it on" in message


def test_a_stack_policy_that_the_spec_turns_off_is_told_before_it_stays() -> None:
    open_data: dict[str, Any] = {"stack": {"protect_data": False}}
    fake = running()

    def said(**spec: Any) -> list[str]:
        gate = planned(fake, compiled(**spec)).plan.gate
        return [block.message for block in gate if block.code == "CAM649"]

    assert said(**open_data) == []  # nothing protects
    root = fake.stacks.find("camunda")
    assert root
    root.policy = policy(["Storage"])
    assert said() == []
    [message] = said(**open_data)
    assert "those that are there stay" in message
