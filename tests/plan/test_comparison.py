"""What changes, and what follows from it, is the same in both layouts and as CloudFormation sees
it."""

import json
from itertools import permutations
from typing import Any

import pytest

from camformation.deploy.plan.model import Action, Plan, Replacement, ResourceChange
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.provider_schemas import schema_of
from camformation.deploy.plan.symbols import Resolver, shown
from camformation.deploy.plan.template_diff import resolved_resources
from camformation.deploy.plan.values import ABSENT, Item, differences, same
from camformation.layout import Layout
from deployments import templates as compiled
from plan.sample import DEFAULTS, LAYOUTS, sample

CHANGES: list[dict[str, Any]] = [
    {"cidr": "10.190.32.0/19"},
    {"brokers": 5},
    {"image": "camunda/camunda:8.10.1"},
    {"environment": {"CAMUNDA_LOG_LEVEL": "INFO"}},
    {"engine_version": "17.10"},
    {"master_username": "root"},
    {"managed_password": False},
    {"database_name": "other"},
    {"instances": 2},
    {"performance_mode": "maxIO"},
    {"throughput_mode": "bursting"},
    {"root_directory": "/elsewhere"},
    {"service_name": "brokers"},
    {"bucket_name": "another-bucket"},
    {"policy": "Delete"},
    {"password_length": 40},
    {"parameter_url": "jdbc:postgresql://${Host}/camunda"},
    {"seed_version": "2"},
    {"restore": True},
    {"tags": {"team": "bpm"}},
]


def by_id(plan: Plan) -> dict[str, ResourceChange]:
    return {change.logical_id: change for change in plan.changes()}


def essence(plan: Plan) -> Any:
    changes = sorted(
        (
            change.logical_id,
            change.action,
            change.replacement,
            change.chain,
            change.old_resource,
            sorted(
                (p.path, str(p.before), str(p.after), p.requires_recreation, p.certain)
                for p in change.properties
            ),
        )
        for change in plan.changes()
    )
    gate = sorted((block.code, block.message, block.allow) for block in plan.gate)
    return changes, gate, plan.outputs, plan.exit_code


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_both_layouts_give_the_same_plan(change: dict[str, Any]) -> None:
    nested, flat = (make_plan(sample(layout), sample(layout, **change)) for layout in LAYOUTS)
    assert essence(nested) == essence(flat)
    assert nested.exit_code in (2, 3)
    assert next(iter(nested.changes()))


def test_every_setting_of_the_sample_is_compared() -> None:
    tried = {name for change in CHANGES for name in change}
    assert tried | {"partitions", "replication"} == set(DEFAULTS)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", [{}, *CHANGES], ids=lambda c: next(iter(c), "as it is"))
def test_the_same_templates_have_no_changes(layout: Layout, change: dict[str, Any]) -> None:
    plan = make_plan(sample(layout, **change), json.loads(json.dumps(sample(layout, **change))))
    assert not plan.has_changes
    assert (plan.exit_code, plan.gate) == (0, ())


def test_both_layouts_resolve_to_the_same_resources() -> None:
    nested, flat = (
        {
            address.logical_id: shown(resource.get("Properties", {}))
            for address, resource in resolved_resources(Resolver(sample(layout))).items()
            if resource["Type"] != "AWS::CloudFormation::Stack"
        }
        for layout in LAYOUTS
    )
    assert nested == flat


def test_content_addressed_template_urls_are_no_change() -> None:
    deployed = json.loads(json.dumps(sample()))
    for name, resource in deployed["root"]["Resources"].items():
        url = f"https://artifacts.s3.eu-west-2.amazonaws.com/{name}0123.template.json"
        resource["Properties"]["TemplateURL"] = url
    assert not make_plan(deployed, sample()).has_changes


def test_a_renamed_export_is_no_change() -> None:
    renamed = json.loads(json.dumps(sample()).replace("NodeIdBucketName", "LeaseBucketName"))
    assert renamed != sample()
    assert not make_plan(sample(), renamed).has_changes


def test_the_chain_leads_from_the_changed_resource_through_its_dependents() -> None:
    changes = by_id(make_plan(sample(), sample(performance_mode="maxIO")))
    assert changes["FileSystem"].chain == ("FileSystem",)
    assert changes["OrchestrationService"].chain == (
        "FileSystem",
        "OrchestrationTask",
        "OrchestrationService",
    )
    assert changes["AccessPoint"].action is Action.REPLACE
    assert changes["OrchestrationService"].replacement is Replacement.FALSE


def test_an_update_in_place_moves_nothing_else() -> None:
    assert list(by_id(make_plan(sample(), sample(throughput_mode="bursting")))) == ["FileSystem"]


def test_what_may_be_replaced_only_perhaps_moves_its_dependents() -> None:
    changes = by_id(make_plan(sample(), sample(master_username="root")))
    assert changes["DatabaseCluster"].replacement is Replacement.CONDITIONAL
    task = changes["OrchestrationTask"]
    assert task.replacement is Replacement.CONDITIONAL
    assert [leaf.certain for leaf in task.properties] == [False]


def test_a_replaced_output_is_known_after_apply() -> None:
    plan = make_plan(sample(), sample(performance_mode="maxIO"))
    assert [(o.name, o.after) for o in plan.outputs] == [("FileSystemId", "(known after apply)")]


def test_an_output_alone_is_a_change() -> None:
    new = json.loads(json.dumps(sample()))
    new["root"]["Outputs"]["Extra"] = {"Value": "x"}
    plan = make_plan(sample(), new)
    assert (plan.has_changes, plan.exit_code, list(plan.changes())) == (True, 2, [])


def test_a_first_deployment_adds_everything_and_is_not_gated() -> None:
    plan = make_plan(None, sample())
    assert {change.action for change in plan.changes()} == {Action.ADD}
    assert (plan.summary.add, plan.exit_code) == (14, 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_database_that_had_no_port_gets_it_in_place(layout: Layout) -> None:
    """Templates used to leave the port out, to spell the zones' region as an empty text, and a
    number as text: for CloudFormation only the port is a change."""
    new = compiled(layout)
    text = json.dumps(new).replace('"Fn::GetAZs": {"Ref": "AWS::Region"}', '"Fn::GetAZs": ""')
    old = json.loads(text.replace('"TTL": 10', '"TTL": "10"').replace('"Port": 5432, ', ""))
    assert old != new
    plan = make_plan(old, new)
    changed = by_id(plan)
    assert (changed["AuroraCluster"].action, changed["AuroraCluster"].replacement) == (
        Action.CHANGE,
        Replacement.FALSE,
    )
    assert [p.path for p in changed["AuroraCluster"].properties] == ["Port"]
    assert list(changed) == ["AuroraCluster"] and not plan.gate


def test_create_only_comes_from_the_bundled_schemas() -> None:
    assert schema_of("AWS::EFS::AccessPoint").requires_recreation(("PosixUser",)) == "Always"
    assert schema_of("AWS::EFS::FileSystem").requires_recreation(("ThroughputMode",)) == "Never"
    cluster = schema_of("AWS::RDS::DBCluster")
    assert cluster.requires_recreation(("DatabaseName",)) == "Always"
    assert cluster.requires_recreation(("MasterUsername",)) == "Conditionally"


@pytest.mark.parametrize("name", ["Acme::Made::Up", "AWS::Not::There"])
def test_of_an_unknown_type_nothing_is_certain(name: str) -> None:
    assert not schema_of(name).known
    assert schema_of(name).requires_recreation(("Anything",)) == "Conditionally"


def test_a_custom_resource_is_replaced_by_its_token_and_perhaps_by_the_rest() -> None:
    schema = schema_of("Custom::Seed")
    assert schema.requires_recreation(("ServiceToken",)) == "Always"
    assert schema.requires_recreation(("Version",)) == "Conditionally"


ITEMS = [{"Name": name, "Value": name.lower()} for name in "ABC"]


@pytest.mark.parametrize("order", list(permutations(ITEMS)))
@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_named_items_are_paired_whatever_their_order(order: list[Any], kept: int) -> None:
    found = list(differences(ITEMS, list(order[:kept])))
    steps = [leaf.path[0] for leaf in found if leaf.path and leaf.after is ABSENT]
    removed = {step.label for step in steps if isinstance(step, Item)}
    assert removed == {item["Name"] for item in order[kept:]}
    assert all(leaf.after is ABSENT for leaf in found if leaf.path)


def test_numbers_and_their_text_are_one_value() -> None:
    assert same({"Port": 5432, "On": True}, {"Port": "5432", "On": "true"})
    assert not same({"Port": 5432}, {"Port": 5433})


def test_json_in_a_string_differs_in_its_leaves() -> None:
    found = list(differences('{"a": 1, "b": [1, 2]}', '{"a": 1, "b": [1, 3]}'))
    assert [(leaf.before, leaf.after) for leaf in found] == [(2, 3)]


def test_sub_and_join_of_the_same_parts_are_the_same() -> None:
    def template(value: Any) -> dict[str, Any]:
        return {"root": {"Resources": {"R": {"Type": "T", "Properties": {"P": value}}}}}

    spellings = [
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/*"},
        {"Fn::Sub": ["arn:${AWS::Partition}:s3:::${B}/*", {"B": {"Ref": "Bucket"}}]},
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "Bucket"}, "/*"]]},
        {
            "Fn::Join": [
                ":",
                [
                    "arn",
                    {"Ref": "AWS::Partition"},
                    "s3",
                    "",
                    {"Fn::Join": ["", ["", ":", {"Ref": "Bucket"}, "/*"]]},
                ],
            ]
        },
    ]
    for one in spellings:
        for other in spellings:
            assert not make_plan(template(one), template(other)).has_changes
