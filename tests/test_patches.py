"""`patches:` change templates as RFC 6902 says, in both layouts, or stop the build."""

import json
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.diagnostics import Diagnostic, SpecError
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec

CLUSTER = "/Resources/AuroraCluster/Properties"
Operation = dict[str, Any]


def patched(
    *operations: Operation, layout: Layout = Layout.NESTED, of: str = "database"
) -> Compiled:
    spec = {"name": "camunda", "patches": [{"component": of, "patch": list(operations)}]}
    text = json.dumps(spec).encode()  # JSON is YAML
    return compile_spec("spec.yaml", lambda _: text, layout)


def refused(*operations: Operation, of: str = "database") -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        patched(*operations, of=of)
    (found,) = caught.value.diagnostics
    assert found.location.file == "spec.yaml"
    return found


@pytest.mark.parametrize("layout", list(Layout))
def test_patch_changes_the_component_s_template(layout: Layout) -> None:
    one = patched(
        {"op": "test", "path": f"{CLUSTER}/Engine", "value": "aurora-postgresql"},
        {"op": "add", "path": f"{CLUSTER}/CopyTagsToSnapshot", "value": True},
        {"op": "replace", "path": f"{CLUSTER}/DatabaseName", "value": "other"},
        {"op": "copy", "from": f"{CLUSTER}/Engine", "path": "/Resources/AuroraCluster/Metadata"},
        {"op": "remove", "path": f"{CLUSTER}/StorageEncrypted"},
        layout=layout,
    )
    name = "database" if layout is Layout.NESTED else "root"
    properties = one.templates[name]["Resources"]["AuroraCluster"]["Properties"]
    assert properties["CopyTagsToSnapshot"] is True
    assert properties["DatabaseName"] == "other"
    assert "StorageEncrypted" not in properties
    assert one.templates[name]["Resources"]["AuroraCluster"]["Metadata"] == "aurora-postgresql"
    assert one.patched == ((name, "AuroraCluster"),)


def test_patched_values_come_from_the_patch() -> None:
    one = patched({"op": "add", "path": f"{CLUSTER}/CopyTagsToSnapshot", "value": True})
    assert one.spec_path("database", f"{CLUSTER}/CopyTagsToSnapshot") == ("patches", 0, "patch", 0)
    assert one.spec_path("database", f"{CLUSTER}/Engine") == ("database",)


def test_removed_values_are_no_longer_in_the_source_map() -> None:
    one = patched({"op": "remove", "path": f"{CLUSTER}/DatabaseName"})
    assert f"{CLUSTER}/DatabaseName" not in one.source_map["database"]
    assert f"{CLUSTER}/EngineVersion" in one.source_map["database"]
    one = patched({"op": "remove", "path": "/Resources/AuroraCluster/Properties"})
    assert f"{CLUSTER}/EngineVersion" not in one.source_map["database"]


def test_root_can_be_patched() -> None:
    one = patched({"op": "add", "path": "/Metadata/Owner", "value": "bpm"}, of="root")
    assert one.templates["root"]["Metadata"]["Owner"] == "bpm"
    assert one.patched == ()


def test_test_that_fails_shows_both_values() -> None:
    found = refused({"op": "test", "path": f"{CLUSTER}/Engine", "value": "aurora-mysql"})
    assert found.code == "CAM212"
    assert '"aurora-mysql"' in found.message and '"aurora-postgresql"' in (found.hint or "")


@pytest.mark.parametrize(("one", "other"), [(True, 1), (1, True), (1, "1"), ({}, [])])
def test_test_tells_json_types_apart(one: object, other: object) -> None:
    add = {"op": "add", "path": "/Metadata/X", "value": one}
    assert refused(add, {"op": "test", "path": "/Metadata/X", "value": other}).code == "CAM212"
    patched(add, {"op": "test", "path": "/Metadata/X", "value": one})


WRONG: list[tuple[Operation, str]] = [
    ({"op": "replace", "path": "/Resources/AuroraCluser/Type", "value": 1}, "'AuroraCluster'"),
    ({"op": "remove", "path": f"{CLUSTER}/None"}, f"there is no 'None' in {CLUSTER}"),
    ({"op": "test", "path": f"{CLUSTER}/None", "value": 1}, f"there is no 'None' in {CLUSTER}"),
    ({"op": "move", "path": "/X", "from": "/Nowhere"}, "there is no 'Nowhere' in the template"),
    ({"op": "copy", "path": "/X"}, "RFC 6902"),
    ({"op": "add", "path": "/X"}, "RFC 6902"),
    ({"op": "test", "path": "/Description"}, "RFC 6902"),
    ({"op": "add", "path": "/Description/x", "value": 1}, "/Description"),
    (
        {"op": "add", "path": "/Resources/DatabaseSubnetGroup/Properties/SubnetIds/9", "value": 1},
        "'9'",
    ),
]


@pytest.mark.parametrize(
    ("operation", "hint"), WRONG, ids=[f"{op['op']} {op['path']}" for op, _ in WRONG]
)
def test_operation_that_does_not_apply_says_why(operation: Operation, hint: str) -> None:
    sound = {"op": "test", "path": "/AWSTemplateFormatVersion", "value": "2010-09-09"}
    found = refused(sound, operation)
    assert found.code == "CAM211"
    assert hint in (found.hint or "") and len(found.message) < 200


def test_every_patch_that_does_not_apply_is_reported() -> None:
    bad = {"component": "database", "patch": [{"op": "remove", "path": "/None"}]}
    text = json.dumps({"name": "camunda", "patches": [bad, bad]}, indent=1).encode()
    with pytest.raises(SpecError) as caught:
        compile_spec("spec.yaml", lambda _: text)
    assert [found.code for found in caught.value.diagnostics] == ["CAM211", "CAM211"]


def test_resource_without_properties_stops_nothing(tmp_path: Path) -> None:
    one = patched({"op": "add", "path": "/Resources/Extra", "value": {"Type": "AWS::SNS::Topic"}})
    assert one.patched == (("database", "Extra"),)


def test_every_resource_that_a_patch_changes_is_marked() -> None:
    moved = {"op": "move", "from": f"{CLUSTER}/DatabaseName", "path": "/Resources/X"}
    made = {"op": "add", "path": "/Resources/X", "value": {"Type": "AWS::SNS::Topic"}}
    under = {**moved, "path": "/Resources/X/Description"}
    assert patched(made, under).patched == (("database", "AuroraCluster"), ("database", "X"))
    resources = patched(made).templates["database"]["Resources"]
    resources["AuroraCluster"]["Properties"]["DatabaseName"] = "other"
    whole = {"op": "replace", "path": "/Resources", "value": resources}
    assert patched(whole).patched == (("database", "AuroraCluster"), ("database", "X"))


def test_logical_id_that_cloudformation_refuses_is_refused() -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    found = refused({"op": "add", "path": "/Resources/my-topic", "value": topic})
    assert found.code == "CAM211"
    assert "'my-topic'" in found.message


def test_whole_template_cannot_be_removed() -> None:
    found = refused({"op": "remove", "path": ""})
    assert (found.code, found.message) == ("CAM211", "remove (all of it) does not apply")


@pytest.mark.parametrize("path", ["", "/Resources", "/Resources/AuroraCluster", CLUSTER])
def test_what_would_break_the_template_is_refused(path: str) -> None:
    assert refused({"op": "replace", "path": path, "value": "x"}).code == "CAM211"


def test_element_removed_from_a_list_moves_the_others() -> None:
    """Positions behind it would name the wrong field, so they are forgotten."""
    at = "/Resources/OrchestrationTaskDefinition/Properties/ContainerDefinitions/0"
    one = patched({"op": "remove", "path": f"{at}/Environment/0"}, of="orchestration")
    template = one.templates["orchestration"]
    for pointer, path in one.source_map["orchestration"].items():
        node: Any = template
        for step in pointer.split("/")[1:]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        said: Any = one.resolved.data
        for key in path:
            said = said[key]
        assert pointer.count("/") == 2 or str(node) == str(said)


def test_summary_marks_patched_resources(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yaml"
    operation = f"{{op: replace, path: {CLUSTER}/CopyTagsToSnapshot, value: false}}"
    spec.write_text(f"name: camunda\npatches:\n- component: database\n  patch: [{operation}]\n")
    assert main(["compile", str(spec), "--out", str(tmp_path / "out")]) == 0
    assert "patched: database/AuroraCluster" in capsys.readouterr().out
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["patched"] == ["database/AuroraCluster"]


# What patches leave behind

TOPIC = {"Type": "AWS::SNS::Topic"}
SERVICE = "/Resources/ConnectorsService/Properties"
BOTH = pytest.mark.parametrize("layout", list(Layout))


def added(path: str, value: object) -> Operation:
    return {"op": "add", "path": path, "value": value}


def topic(title: str, name: object = None, **attributes: object) -> Operation:
    properties = {"Properties": {"TopicName": name}} if name else {}
    return added(f"/Resources/{title}", {**TOPIC, **properties, **attributes})


def found_in(layout: Layout, *patches: tuple[str, list[Operation]]) -> list[Diagnostic]:
    spec = {"name": "camunda", "patches": [{"component": c, "patch": ops} for c, ops in patches]}
    text = json.dumps(spec, indent=1).encode()
    try:
        compile_spec("spec.yaml", lambda _: text, layout)
    except SpecError as error:
        return error.diagnostics
    return []


def codes(layout: Layout, *patches: tuple[str, list[Operation]]) -> list[str]:
    return [each.code for each in found_in(layout, *patches)]


NOWHERE = [
    topic("T", {"Ref": "Nowhere"}),
    topic("T", {"Ref": "AWS::Nowhere"}),
    topic("T", {"Fn::GetAtt": ["Nowhere", "Arn"]}),
    topic("T", {"Fn::GetAtt": "Nowhere.Arn"}),
    topic("T", {"Fn::Sub": "a-${Nowhere}"}),
    topic("T", {"Fn::Sub": ["${a}-${Nowhere.Arn}", {"a": "b"}]}),
    topic("T", {"Fn::Sub": ["${a}", {"a": {"Ref": "Nowhere"}}]}),
    topic("T", {"Fn::Join": ["-", ["a", {"Fn::Select": [0, {"Ref": "Nowhere"}]}]]}),
    topic("T", {"Fn::FindInMap": ["Nowhere", "a", "b"]}),
    topic("T", {"Fn::If": ["Nowhere", "a", "b"]}),
    topic("T", DependsOn="Nowhere"),
    topic("T", DependsOn=["ConnectorsService", "Nowhere"]),
    topic("T", Condition="Nowhere"),
    added("/Outputs/T", {"Value": {"Ref": "Nowhere"}}),
    added("/Outputs/T", {"Value": "a", "Condition": "Nowhere"}),
    added("/Conditions", {"C": {"Fn::Not": [{"Condition": "Nowhere"}]}}),
    added("/Conditions", {"C": {"Fn::Equals": [{"Ref": "Nowhere"}, "a"]}}),
    added(f"{SERVICE}/TaskDefinition/Ref", "Nowhere"),
]


@BOTH
@pytest.mark.parametrize("operation", NOWHERE, ids=json.dumps)
def test_references_to_nothing_are_placed_at_the_operation(
    operation: Operation, layout: Layout
) -> None:
    sound = topic("Sound")
    found = found_in(layout, ("connectors", [sound, operation]))
    assert [each.code for each in found] == ["CAM213"]
    assert "Nowhere" in found[0].message and found[0].hint
    alone = found_in(layout, ("connectors", [operation]))
    assert found[0].location.line > alone[0].location.line


@BOTH
def test_what_a_template_has_may_be_named(layout: Layout) -> None:
    name = {
        "Fn::Join": [
            "-",
            [
                {"Ref": "AWS::StackName"},
                {"Fn::GetAtt": ["ConnectorsService", "Name"]},
                {"Fn::Sub": ["${a}-${!Literal}-${AWS::Region}", {"a": {"Ref": "Stage"}}]},
                {"Fn::If": ["C", {"Ref": "Other"}, {"Ref": "AWS::NoValue"}]},
                {"Fn::FindInMap": ["M", "a", "b"]},
                {"Fn::ImportValue": "shared"},
                "{{resolve:ssm:/camunda/name}}",
                {"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]},
            ],
        ]
    }
    patch = [
        added("/Conditions", {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}}),
        added("/Conditions/D", {"Fn::Not": [{"Condition": "C"}]}),
        added("/Mappings", {"M": {"a": {"b": "c"}}}),
        added("/Parameters/Stage", {"Type": "String", "Default": "a"}),
        topic("Other", Condition="D"),
        topic("T", name, DependsOn=["Other", "ConnectorsService"]),
        added("/Outputs/TopicArn", {"Value": {"Ref": "T"}, "Condition": "C"}),
        added("/Resources/Other/Metadata", {"Note": {"Ref": "T"}, "Own": {"Ref": "Other"}}),
    ]
    assert codes(layout, ("connectors", patch)) == []


@BOTH
def test_a_macro_may_make_names(layout: Layout) -> None:
    macro = added("/Transform", "AWS::LanguageExtensions")
    assert codes(layout, ("connectors", [macro, topic("T", {"Ref": "Nowhere"})])) == []


@BOTH
def test_what_is_named_cannot_be_taken_away(layout: Layout) -> None:
    removed = {"op": "remove", "path": "/Resources/EcsCluster"}
    (found,) = found_in(layout, ("cluster", [topic("T"), removed]))
    assert found.code == "CAM213" and "EcsCluster" in found.message
    again = added("/Resources/EcsCluster", {"Type": "AWS::ECS::Cluster"})
    assert codes(layout, ("cluster", [removed, again])) == []


def test_outputs_and_parameters_agree_between_stacks() -> None:
    nested = Layout.NESTED
    (found,) = found_in(nested, ("network", [{"op": "remove", "path": "/Outputs/VpcId"}]))
    assert found.code == "CAM213" and "Connectors" in found.message and "Cluster" in found.message
    gone = [{"op": "remove", "path": "/Parameters/NetworkVpcId"}]
    assert set(codes(nested, ("connectors", gone))) == {"CAM213"}
    needed = added("/Parameters/Stage", {"Type": "String"})
    assert codes(nested, ("connectors", [needed])) == ["CAM213"]
    assert codes(Layout.FLAT, ("connectors", [needed])) == ["CAM213"]
    place = "/Resources/Connectors/Properties/Parameters"
    assert codes(nested, ("root", [added(f"{place}/Stage", "a")])) == ["CAM213"]
    assert codes(nested, ("root", [added(f"{place}/Stage", "a")]), ("connectors", [needed])) == []
    output = added("/Outputs/Extra", {"Value": {"Ref": "Vpc"}})
    reads = added(f"{place}/Stage", {"Fn::GetAtt": ["Network", "Outputs.Extra"]})
    assert codes(nested, ("root", [reads]), ("connectors", [needed])) == ["CAM213"]
    through = (("network", [output]), ("root", [reads]), ("connectors", [needed]))
    assert codes(nested, *through) == []


@BOTH
@pytest.mark.parametrize(
    "operation",
    [
        topic("T", {"Ref": "Vpc"}),
        topic("T", {"Fn::Sub": "${AuroraCluster.Endpoint.Address}"}),
        topic("T", DependsOn=["AuroraCluster"]),
        added(f"{SERVICE}/Cluster", {"Ref": "EcsCluster"}),
        added("/Resources/ConnectorsService/DependsOn", "EcsCluster"),
        added("/Resources/ConnectorsService/Properties/Role", {"Fn::GetAtt": ["Vpc", "Arn"]}),
        topic("Vpc"),
        {"op": "replace", "path": f"{CLUSTER}/CopyTagsToSnapshot", "value": False},
        {"op": "copy", "from": CLUSTER, "path": "/Resources/ConnectorsService/Metadata"},
    ],
    ids=json.dumps,
)
def test_a_component_s_patch_means_the_same_in_both_layouts(
    operation: Operation, layout: Layout
) -> None:
    found = found_in(layout, ("connectors", [operation]))
    assert [each.code for each in found] == ["CAM214"]
    assert found[0].hint


def test_what_the_linker_has_put_there_may_be_pinned() -> None:
    for layout, name in ((Layout.FLAT, "EcsCluster"), (Layout.NESTED, None)):
        template = patched(topic("T"), layout=layout, of="connectors").templates
        found = template["root" if name else "connectors"]["Resources"]["ConnectorsService"]
        cluster = found["Properties"]["Cluster"]
        assert name is None or name in json.dumps(cluster)
        pin = {"op": "test", "path": f"{SERVICE}/Cluster", "value": cluster}
        assert codes(layout, ("connectors", [pin])) == []


@BOTH
def test_two_patches_do_not_make_one_resource(layout: Layout) -> None:
    both = (("connectors", [topic("T")]), ("database", [topic("T")]))
    assert codes(layout, *both) == ["CAM214", "CAM214"]
    later = [topic("U", DependsOn="T"), added("/Resources/T/Properties", {})]
    assert codes(layout, ("connectors", [topic("T")]), ("connectors", later)) == []


@BOTH
def test_circles_are_named(layout: Layout) -> None:
    (found,) = found_in(
        layout, ("connectors", [topic("A", DependsOn="B"), topic("B", {"Ref": "A"})])
    )
    assert found.code == "CAM215" and "A → B → A" in found.message
    assert codes(layout, ("connectors", [topic("A", {"Ref": "A"})])) == ["CAM215"]
    two = [topic(a, DependsOn=b) for a, b in ("AB", "BA", "CD", "DC")]
    assert codes(layout, ("connectors", two)) == ["CAM215", "CAM215"]


@pytest.mark.parametrize("name", [{"Ref": "Days"}, {"Fn::Sub": "topic-${Days}"}])
def test_fields_left_open_may_be_named_in_both_layouts(name: object) -> None:
    spec = {
        "name": "camunda",
        "parameters": {"Days": "observability.log_retention_days"},
        "patches": [{"component": "connectors", "patch": [topic("T", name)]}],
    }
    text = json.dumps(spec).encode()
    flat = compile_spec("spec.yaml", lambda _: text, Layout.FLAT).templates["root"]
    nested = compile_spec("spec.yaml", lambda _: text, Layout.NESTED).templates
    made = flat["Resources"]["T"]
    assert nested["connectors"]["Resources"]["T"] == made
    passed = nested["root"]["Resources"]["Connectors"]["Properties"]["Parameters"]
    assert passed["Days"] == {"Ref": "Days"}
    assert nested["connectors"]["Parameters"]["Days"] == {"Type": "Number"}


VPC = {"Ref": "Vpc"}
ENDPOINT = {"Fn::GetAtt": ["AuroraCluster", "Endpoint.Address"]}
EXPORTED = [
    ({"Ref": "NetworkVpcId"}, VPC),
    ({"Ref": "DatabaseEndpoint"}, ENDPOINT),
    ({"Fn::Join": ["-", ["a", {"Ref": "NetworkVpcId"}]]}, {"Fn::Join": ["-", ["a", VPC]]}),
    (
        {"Fn::Sub": "${NetworkVpcId}-${AWS::Region}"},
        {"Fn::Sub": ["${NetworkVpcId}-${AWS::Region}", {"NetworkVpcId": VPC}]},
    ),
    (
        {"Fn::Sub": ["${a}-${DatabaseEndpoint}", {"a": {"Ref": "NetworkVpcId"}}]},
        {"Fn::Sub": ["${a}-${DatabaseEndpoint}", {"a": VPC, "DatabaseEndpoint": ENDPOINT}]},
    ),
]


@pytest.mark.parametrize(("name", "flat"), EXPORTED, ids=json.dumps)
def test_what_others_export_is_read_in_both_layouts(name: Any, flat: Any) -> None:
    operation = topic("T", name)
    one = patched(operation, layout=Layout.FLAT, of="connectors").templates["root"]
    assert one["Resources"]["T"]["Properties"]["TopicName"] == flat
    nested = patched(operation, of="connectors").templates
    assert nested["connectors"]["Resources"]["T"]["Properties"]["TopicName"] == name
    stack = nested["root"]["Resources"]["Connectors"]["Properties"]["Parameters"]
    for read in ("NetworkVpcId", "DatabaseEndpoint"):
        if read in json.dumps(name):
            assert stack[read]["Fn::GetAtt"][1].startswith("Outputs.")
            assert nested["connectors"]["Parameters"][read] == {"Type": "String"}


@BOTH
def test_nothing_is_read_of_what_comes_later(layout: Layout) -> None:
    patch = ("network", [topic("T", {"Ref": "DatabaseEndpoint"})])
    assert codes(layout, patch) == ["CAM213"]
    (found,) = found_in(layout, ("network", [topic("T", {"Ref": "AuroraCluster"})]))
    assert found.code == "CAM214" and "{Ref:" not in (found.hint or "")
    (found,) = found_in(layout, ("connectors", [topic("T", VPC)]))
    assert "{Ref: NetworkVpcId}" in (found.hint or "")


def test_circles_of_nested_stacks_are_named() -> None:
    circle = added("/Resources/Network/DependsOn", ["Connectors"])
    (found,) = found_in(Layout.NESTED, ("root", [circle]))
    assert found.code == "CAM215" and "Network → Connectors" in found.message


# How large patches grow


@BOTH
@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "copy", "from": "/Resources", "path": f"/Metadata/C{n}"} for n in range(2000)],
        [{"op": "copy", "from": "", "path": f"/Metadata/C{n}"} for n in range(18)],
        [
            added("/Metadata/Text", "x" * 300_000),
            *({"op": "copy", "from": "/Metadata", "path": f"/Metadata/C{n}"} for n in range(40)),
        ],
        [added("/Metadata" + "/a" * (n + 1), {}) for n in range(150)],
        [
            added("/Metadata/a", {"b": {"c": {}}}),
            *({"op": "copy", "from": "/Metadata/a", "path": "/Metadata/a/b/c"} for _ in range(60)),
        ],
    ],
    ids=["copies", "of itself", "text", "deep", "into itself"],
)
def test_what_grows_is_stopped_before_it_is_large(
    operations: list[Operation], layout: Layout
) -> None:
    assert codes(layout, ("database", operations)) == ["CAM216"]


@BOTH
def test_what_is_taken_away_again_makes_room(layout: Layout) -> None:
    pair = [
        {"op": "copy", "from": "/Resources", "path": "/Metadata/Copy"},
        {"op": "remove", "path": "/Metadata/Copy"},
    ]
    assert codes(layout, ("network", pair * 60)) == []


def test_nothing_moves_into_itself() -> None:
    found = refused({"op": "move", "from": CLUSTER, "path": f"{CLUSTER}/Tags"})
    assert found.code == "CAM211" and "into itself" in (found.hint or "")
