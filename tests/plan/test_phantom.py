"""CloudFormation's "might change" is folded exactly where our own comparison knows better."""

import json
from itertools import product
from typing import Any

import pytest

from camformation.deploy.plan.merge import StackChanges, merged
from camformation.deploy.plan.model import Action, Origin, Plan, Replacement
from camformation.deploy.plan.pipeline import make_plan
from plan.readings import readings
from plan.sample import sample

KNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


def planned(case: str, with_values: bool = True, **changed: Any) -> Plan:
    return make_plan(
        sample(), sample(**changed), change_set=readings(case, with_values=with_values)
    )


def detail(
    name: str,
    source: str,
    evaluation: str,
    recreation: str = "Never",
    cause: str = "",
    before: str | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
    if before is not None:
        target |= {"BeforeValue": before}
    if after is not None:
        target |= {"AfterValue": after}
    return {
        "Target": target,
        "Evaluation": evaluation,
        "ChangeSource": source,
        "CausingEntity": cause,
    }


def change(logical_id: str, kind: str, *details: dict[str, Any], **more: Any) -> StackChanges:
    resource = {
        "Action": "Modify",
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": "physical",
        "ResourceType": kind,
        "Replacement": "True",
        "Scope": ["Properties"],
        "Details": list(details),
        **more,
    }
    return StackChanges(({"Type": "Resource", "ResourceChange": resource},))


def of_file_system(*details: dict[str, Any], **more: Any) -> Plan:
    described = change("FileSystem", "AWS::EFS::FileSystem", *details, **more)
    return make_plan(sample(), sample(), change_set={"storage": described})


@pytest.mark.parametrize("with_values", [True, False])
def test_what_only_might_change_is_folded(with_values: bool) -> None:
    plan = planned("throughput", with_values=with_values, throughput_mode="bursting")
    assert [(c.logical_id, c.action) for c in plan.changes()] == [("FileSystem", Action.CHANGE)]
    folded = {p.logical_id: p.replacement for c in plan.components for p in c.phantoms}
    assert folded == {
        "AccessPoint": Replacement.CONDITIONAL,
        "MountTarget1": Replacement.TRUE,
        "OrchestrationTask": Replacement.TRUE,
        "OrchestrationService": Replacement.FALSE,
    }
    assert (plan.exit_code, plan.summary.phantom) == (2, 4)


def test_entries_dropped_with_values_are_read_without_them() -> None:
    for case in ("throughput", "performance"):
        for changes in readings(case).values():
            rich = {c["ResourceChange"]["LogicalResourceId"] for c in changes.with_values}
            plain = {c["ResourceChange"]["LogicalResourceId"] for c in changes.without_values}
            assert set(merged(changes)) == rich | plain
    storage = readings("throughput")["storage"]
    assert "MountTarget1" not in {
        c["ResourceChange"]["LogicalResourceId"] for c in storage.with_values
    }
    assert merged(storage)["FileSystem"].details[0].after == "bursting"


def test_the_same_entries_are_real_when_the_cause_is() -> None:
    plan = planned("performance", performance_mode="maxIO")
    replaced = {c.logical_id for c in plan.changes() if c.action is Action.REPLACE}
    assert replaced == {"FileSystem", "AccessPoint", "MountTarget1", "OrchestrationTask"}
    assert plan.summary.phantom == 0
    assert {c.origin for c in plan.changes()} == {Origin.BOTH}
    assert next(iter(plan.changes())).physical_id == "fs-0abc"


def test_our_own_findings_stay_when_cloudformation_says_nothing() -> None:
    plan = make_plan(sample(), sample(performance_mode="maxIO"), change_set={})
    assert {c.logical_id for c in plan.changes() if c.action is Action.REPLACE} >= {"FileSystem"}
    assert {c.origin for c in plan.changes()} == {Origin.TEMPLATES}


@pytest.mark.parametrize(
    ("recreation", "values"),
    list(product(["Never", "Conditionally", "Always"], [True, False])),
)
def test_a_static_direct_modification_is_never_folded(recreation: str, values: bool) -> None:
    told = {"before": "a", "after": "b"} if values else {}
    plan = of_file_system(detail("KmsKeyId", "DirectModification", "Static", recreation, **told))
    assert [c.logical_id for c in plan.changes()] == ["FileSystem"]
    assert plan.summary.phantom == 0


@pytest.mark.parametrize(
    "source",
    [
        "Automatic",
        "ParameterReference",
        "ResourceReference",
        "ResourceAttribute",
        "DirectModification",
    ],
)
@pytest.mark.parametrize("recreation", ["Never", "Conditionally", "Always"])
def test_a_dynamic_detail_without_counterpart_is_folded(source: str, recreation: str) -> None:
    plan = of_file_system(detail("KmsKeyId", source, "Dynamic", recreation, after=KNOWN))
    assert (list(plan.changes()), plan.summary.phantom, plan.exit_code) == ([], 1, 0)


def test_a_known_changed_value_is_real_whatever_its_source() -> None:
    plan = of_file_system(
        detail("KmsKeyId", "ParameterReference", "Dynamic", "Always", "X", before="a", after="b")
    )
    assert [c.logical_id for c in plan.changes()] == ["FileSystem"]
    assert plan.exit_code == 3


@pytest.mark.parametrize("evaluation", ["Static", "Dynamic"])
def test_an_unknown_types_replacement_is_never_folded(evaluation: str) -> None:
    old = json.loads(json.dumps(sample()))
    old["storage"]["Resources"]["Odd"] = {"Type": "Acme::Odd::Thing", "Properties": {"A": "1"}}
    described = change(
        "Odd",
        "Acme::Odd::Thing",
        detail("A", "ParameterReference", evaluation, "Always", "P", before="x", after=KNOWN),
    )
    plan = make_plan(old, old, change_set={"storage": described})
    assert [c.logical_id for c in plan.changes()] == ["Odd"]


def test_a_parameter_that_feeds_a_changed_sibling_is_real() -> None:
    described = change(
        "MountTarget1",
        "AWS::EFS::MountTarget",
        detail("SubnetId", "ParameterReference", "Static", "Always", "NetworkPrivateSubnet1Id"),
    )
    same_subnet = make_plan(sample(), sample(), change_set={"storage": described})
    assert same_subnet.summary.phantom == 1
    moved = make_plan(sample(), sample(cidr="10.190.32.0/19"), change_set={"storage": described})
    assert moved.summary.phantom == 0
    assert "MountTarget1" in {c.logical_id for c in moved.changes()}


def test_what_follows_from_a_replacement_only_cloudformation_knows_is_real() -> None:
    described = {
        "storage": StackChanges(
            (
                *change(
                    "FileSystem",
                    "AWS::EFS::FileSystem",
                    detail("KmsKeyId", "DirectModification", "Static", "Always"),
                ).with_values,
                *change(
                    "MountTarget1",
                    "AWS::EFS::MountTarget",
                    detail("FileSystemId", "ResourceReference", "Static", "Always", "FileSystem"),
                ).with_values,
            )
        )
    }
    plan = make_plan(sample(), sample(), change_set=described)
    assert {c.logical_id for c in plan.changes()} == {"FileSystem", "MountTarget1"}


@pytest.mark.parametrize(
    ("action", "expected"),
    [("Remove", Action.DELETE), ("Import", Action.IMPORT), ("Dynamic", Action.CHANGE)],
)
def test_other_actions_are_cloudformations_word(action: str, expected: Action) -> None:
    plan = of_file_system(Action=action, Replacement="")
    assert [c.action for c in plan.changes()] == [expected]


def test_an_uncertain_action_on_data_is_gated() -> None:
    assert of_file_system(Action="Dynamic", Replacement="").exit_code == 3


def test_cloudformation_settles_what_the_schema_leaves_open() -> None:
    described = change(
        "DatabaseCluster",
        "AWS::RDS::DBCluster",
        detail("MasterUsername", "DirectModification", "Static", "Never", before="a", after="b"),
        Replacement="False",
    )
    plan = make_plan(sample(), sample(master_username="root"), change_set={"database": described})
    cluster = next(c for c in plan.changes() if c.logical_id == "DatabaseCluster")
    assert cluster.replacement is Replacement.FALSE
    assert {b.code for b in plan.blocks} == {"CAM654"}


def test_cloudformation_cannot_talk_down_a_replacement_of_ours() -> None:
    described = change(
        "FileSystem",
        "AWS::EFS::FileSystem",
        detail("PerformanceMode", "DirectModification", "Static", "Never"),
        Replacement="False",
    )
    plan = make_plan(sample(), sample(performance_mode="maxIO"), change_set={"storage": described})
    assert "CAM650" in {b.code for b in plan.blocks}
