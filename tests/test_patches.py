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


WRONG = [
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
    whole = {"op": "replace", "path": "/Resources", "value": {"X": made["value"]}}
    assert ("database", "AuroraCluster") in patched(whole).patched


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
