"""Change sets as the deployer relies on them: nested, honest, cleaned up, refused when busy."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.templates import data, flat, nested, service

STACK = "demo"
UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


def root(cloud: Cloud, first: Any, second: Any) -> Any:
    return nested({"data": cloud.upload("data", first), "service": cloud.upload("service", second)})


def changes(change_set: Any) -> dict[str, Any]:
    return {
        c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in change_set["Changes"]
    }


def child(cloud: Cloud, change_set: Any, logical_id: str) -> Any:
    return cloud.cloudformation.describe_change_set(
        ChangeSetName=changes(change_set)[logical_id]["ChangeSetId"], IncludePropertyValues=True
    )


def test_a_new_deployment_has_change_sets_for_its_children(cloud: Cloud) -> None:
    plan = cloud.review(STACK, root(cloud, data(), service()), "CREATE")
    assert {name: entry["Action"] for name, entry in changes(plan).items()} == {
        "Data": "Add",
        "Service": "Add",
    }
    made = child(cloud, plan, "Data")
    assert made["ExecutionStatus"] == "UNAVAILABLE"
    assert made["StatusReason"] == "Executable from root change set"
    assert made["ParentChangeSetId"] == made["RootChangeSetId"] == plan["ChangeSetId"]
    assert made["StackId"] == changes(plan)["Data"]["PhysicalResourceId"]
    assert set(changes(made)) == set(data()["Resources"])
    parameters = child(cloud, plan, "Service")["Parameters"]
    assert {p["ParameterValue"] for p in parameters} == {UNKNOWN}


def test_the_children_under_review_become_the_children(cloud: Cloud) -> None:
    plan = cloud.review(STACK, root(cloud, data(), service()), "CREATE")
    cloud.cloudformation.execute_change_set(ChangeSetName=plan["ChangeSetId"])
    assert cloud.settled(STACK) == "CREATE_COMPLETE"
    found = cloud.resources(STACK)
    for name, entry in changes(plan).items():
        assert found[name]["PhysicalResourceId"] == entry["PhysicalResourceId"]


def test_a_discarded_plan_leaves_nothing(cloud: Cloud) -> None:
    plan = cloud.review(STACK, root(cloud, data(), service()), "CREATE")
    cloud.cloudformation.delete_change_set(ChangeSetName=plan["ChangeSetId"])
    assert [s["StackName"] for s in cloud.cloudformation.describe_stacks()["Stacks"]] == [STACK]
    assert cloud.status(STACK) == "REVIEW_IN_PROGRESS"
    assert cloud.delete(STACK) == "DELETE_COMPLETE"
    assert cloud.cloudformation.describe_stacks()["Stacks"] == []


def test_a_stack_under_review_keeps_its_id(cloud: Cloud) -> None:
    template = root(cloud, data(), service())
    first = cloud.review(STACK, template, "CREATE")
    second = cloud.review(STACK, template, "CREATE")
    assert first["StackId"] == second["StackId"]
    cloud.cloudformation.execute_change_set(ChangeSetName=second["ChangeSetId"])
    assert cloud.settled(STACK) == "CREATE_COMPLETE"
    described = cloud.cloudformation.describe_stacks(StackName=second["StackId"])["Stacks"]
    assert [s["StackName"] for s in described] == [STACK]


def test_only_the_children_that_change_are_in_the_plan(cloud: Cloud) -> None:
    cloud.deploy(STACK, root(cloud, data(), service()))
    plan = cloud.review(STACK, root(cloud, data(), service("camunda/camunda:8.9")), "UPDATE")
    assert set(changes(plan)) == {"Service"}
    inner = changes(child(cloud, plan, "Service"))
    assert set(inner) == {"Task", "Service"}
    detail = next(d for d in inner["Task"]["Details"] if d["Target"].get("Name"))
    assert detail["Target"]["Path"] == "/Properties/ContainerDefinitions"
    assert "8.8" in detail["Target"]["BeforeValue"]
    assert "8.9" in detail["Target"]["AfterValue"]
    after = json.loads(inner["Task"]["AfterContext"])["Properties"]
    assert after["ContainerDefinitions"][0]["Image"] == "camunda/camunda:8.9"


def test_what_a_changing_sibling_will_output_is_unknown(cloud: Cloud) -> None:
    cloud.deploy(STACK, root(cloud, data(), service()))
    plan = cloud.review(STACK, root(cloud, data(retention=14), service()), "UPDATE")
    assert set(changes(plan)) == {"Data", "Service"}
    details = changes(child(cloud, plan, "Service"))["Seed"]["Details"]
    assert {d["Evaluation"] for d in details} == {"Dynamic"}
    cloud.cloudformation.execute_change_set(ChangeSetName=plan["ChangeSetId"])
    assert cloud.settled(STACK) == "UPDATE_COMPLETE"
    # Nothing came of it: the outputs stayed what they were.
    assert cloud.status(str(cloud.resources(STACK)["Service"]["PhysicalResourceId"])) == (
        "CREATE_COMPLETE"
    )


def test_a_nested_change_set_is_executed_and_deleted_by_its_root_only(cloud: Cloud) -> None:
    plan = cloud.review(STACK, root(cloud, data(), service()), "CREATE")
    inner = changes(plan)["Data"]["ChangeSetId"]
    for call in (cloud.cloudformation.execute_change_set, cloud.cloudformation.delete_change_set):
        with pytest.raises(ClientError, match="root"):
            call(ChangeSetName=inner)


def test_an_output_alone_is_a_change(cloud: Cloud) -> None:
    template = flat(data(), service())
    cloud.deploy(STACK, template)
    template["Outputs"]["Greeting"] = {"Value": "hello"}
    plan = cloud.review(STACK, template, "UPDATE")
    assert (plan["Status"], plan["ExecutionStatus"], plan["Changes"]) == (
        "CREATE_COMPLETE",
        "AVAILABLE",
        [],
    )
    cloud.cloudformation.execute_change_set(ChangeSetName=plan["ChangeSetId"])
    assert cloud.settled(STACK) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK)["Greeting"] == "hello"


def test_a_stack_that_failed_to_be_created_must_go_first(cloud: Cloud) -> None:
    cloud.deploy(STACK, flat(data(), service("camunda/fail:1")))
    assert cloud.status(STACK) == "ROLLBACK_COMPLETE"
    template = flat(data(), service())
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        cloud.review(STACK, template, "UPDATE")
    with pytest.raises(ClientError, match="already exists and cannot be created again"):
        cloud.review(STACK, template, "CREATE")
    assert cloud.delete(STACK) == "DELETE_COMPLETE"
    assert cloud.deploy(STACK, template) == "CREATE_COMPLETE"


def test_a_busy_stack_takes_no_change_set(cloud: Cloud) -> None:
    slow = service()
    code = slow["Resources"]["SeedFunction"]["Properties"]["Code"]
    code["ZipFile"] = code["ZipFile"].replace(
        "import json", "import time\ntime.sleep(1)\nimport json"
    )
    plan = cloud.review(STACK, flat(data(), slow), "CREATE")
    cloud.cloudformation.execute_change_set(ChangeSetName=plan["ChangeSetId"])
    with pytest.raises(ClientError, match="CREATE_IN_PROGRESS state and can not be updated"):
        cloud.review(STACK, flat(data(), service()), "UPDATE")
    assert cloud.settled(STACK) == "CREATE_COMPLETE"


def test_templates_are_also_found_by_bucket_host(cloud: Cloud) -> None:
    path = cloud.upload("data", data()).removeprefix(f"{cloud.target.endpoint_url}/artifacts/")
    for host in ("artifacts.s3.eu-west-2.amazonaws.com", "artifacts.s3.amazonaws.com"):
        summary = cloud.cloudformation.get_template_summary(TemplateURL=f"https://{host}/{path}")
        assert "AWS::RDS::DBCluster" in summary["ResourceTypes"]


def test_the_deployed_template_is_what_was_sent(cloud: Cloud) -> None:
    template = root(cloud, data(), service())
    cloud.deploy(STACK, template)
    found = cloud.cloudformation.get_template(StackName=STACK, TemplateStage="Original")
    assert found["TemplateBody"] == template
    inner = cloud.resources(STACK)["Data"]["PhysicalResourceId"]
    assert cloud.cloudformation.get_template(StackName=inner)["TemplateBody"] == data()
