"""Every shipped spec in both layouts: golden templates, cfn-lint, and what both layouts share."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from camformation.assets import asset
from camformation.layout import ROOT, Layout, Template, logical_id, template_file
from camformation.lint import lint
from camformation.output import files
from camformation.pipeline import Compiled, compile_spec

Golden = Callable[[str, Any], None]
SPECS = sorted(Path(asset("spec", "reference.yaml")).parent.glob("*.yaml"))
STACK = "AWS::CloudFormation::Stack"
each_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
each_layout = pytest.mark.parametrize("layout", list(Layout))


@cache
def compiled(spec: Path, layout: Layout) -> Compiled:
    """Compile a shipped spec under a short name, as from its own folder."""
    return compile_spec(spec.name, lambda name: (spec.parent / name).read_bytes(), layout)


def nodes(value: Any) -> Iterator[Any]:
    """Yield every value in a value."""
    yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from nodes(each)


def references(template: Template) -> set[str]:
    """Return what a template refers to: logical IDs, parameters, and attributes of stacks."""
    found: set[str] = set()
    for node in nodes({k: v for k, v in template.items() if k in ("Resources", "Outputs")}):
        if isinstance(node, dict) and len(node) == 1:
            if isinstance(ref := node.get("Ref"), str):
                found.add(ref)
            elif isinstance(att := node.get("Fn::GetAtt"), list):
                found |= {att[0], ".".join(att)}
    return found


def children(one: Compiled) -> dict[str, Template]:
    return {name: each for name, each in one.templates.items() if name != ROOT}


@each_spec
@each_layout
def test_templates_are_golden(spec: Path, layout: Layout, golden: Golden) -> None:
    contents = files(compiled(spec, layout))
    folder = Path(__file__).parent / "golden" / "templates" / spec.stem / layout
    for name, text in contents.items():
        if name != "manifest.json":  # it holds versions of libraries
            golden(f"templates/{spec.stem}/{layout}/{name}", text)
    left = {path.name for path in folder.iterdir()} - set(contents)
    assert not left, f"no longer compiled: {sorted(left)}"


@each_spec
def test_logical_ids_are_frozen(spec: Path, golden: Golden) -> None:
    """A logical ID is a promise: CloudFormation deletes what is renamed."""
    resources = compiled(spec, Layout.FLAT).templates[ROOT]["Resources"]
    golden(f"logical_ids/{spec.stem}.json", {name: r["Type"] for name, r in resources.items()})


@each_spec
@each_layout
def test_cfn_lint_finds_nothing(spec: Path, layout: Layout, lint_cache: Path) -> None:
    assert [str(found) for found in lint(compiled(spec, layout), lint_cache)] == []


@each_spec
@each_layout
def test_compiling_twice_gives_the_same_bytes(spec: Path, layout: Layout) -> None:
    assert files(compiled.__wrapped__(spec, layout)) == files(compiled(spec, layout))


def test_bytes_depend_on_neither_process_nor_hash_seed(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        script = (
            "import sys; from camformation.cli.main import main; "
            "sys.exit(main(['compile', *sys.argv[1:]]))"
        )
        arguments = [*map(str, SPECS), "--out", str(tmp_path / seed)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(
            [sys.executable, "-c", script, *arguments], env=environment, check=True, timeout=60
        )
    first, second = (
        {path.relative_to(tmp_path / seed): path.read_bytes() for path in written(tmp_path / seed)}
        for seed in ("1", "2")
    )
    assert len(first) > 40 and first == second


def written(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def with_parameters(template: Template, arguments: dict[str, Any]) -> Any:
    """Return a child's resources with its parameters replaced by what the root passes."""

    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            if len(node) == 1 and node.get("Ref") in arguments:
                return arguments[node["Ref"]]
            return {key: filled(value) for key, value in node.items()}
        return [filled(each) for each in node] if isinstance(node, list) else node

    return filled({key: template.get(key, {}) for key in ("Resources", "Outputs")})


def together(one: Compiled) -> dict[str, Any]:
    """Return all resources of the nested layout as they would stand in one template."""
    stacks = one.templates[ROOT]["Resources"]
    resources: dict[str, Any] = {}
    outputs: dict[tuple[str, str], Any] = {}

    def value(node: Any) -> Any:
        if isinstance(node, dict):
            att = node.get("Fn::GetAtt")
            if len(node) == 1 and isinstance(att, list) and att[1].startswith("Outputs."):
                return outputs[att[0], att[1].removeprefix("Outputs.")]
            return {key: value(each) for key, each in node.items()}
        return [value(each) for each in node] if isinstance(node, list) else node

    for name, template in children(one).items():  # in the order they depend on each other
        passed = stacks[logical_id(name)]["Properties"].get("Parameters", {})
        parts = with_parameters(template, {key: value(each) for key, each in passed.items()})
        resources |= parts["Resources"]
        for output, each in parts["Outputs"].items():
            outputs[logical_id(name), output] = each["Value"]
    return resources


@each_spec
def test_both_layouts_create_the_same_resources(spec: Path) -> None:
    nested = compiled(spec, Layout.NESTED)
    flat = compiled(spec, Layout.FLAT).templates[ROOT]["Resources"]
    count = sum(len(each["Resources"]) for each in children(nested).values())
    joined = together(nested)
    assert joined.keys() == flat.keys() and len(flat) == count
    for name, resource in flat.items():
        waits = ("DependsOn",)  # a nested stack waits as a whole
        assert {k: v for k, v in joined[name].items() if k not in waits} == {
            k: v for k, v in resource.items() if k not in waits
        }


@each_spec
def test_what_flat_waits_for_nested_waits_for_too(spec: Path) -> None:
    nested = compiled(spec, Layout.NESTED)
    home = {title: n for n, each in children(nested).items() for title in each["Resources"]}
    stacks = nested.templates[ROOT]["Resources"]
    compared = 0
    for title, resource in compiled(spec, Layout.FLAT).templates[ROOT]["Resources"].items():
        waits = resource.get("DependsOn", [])
        for other in [waits] if isinstance(waits, str) else waits:
            compared += 1
            if home[other] == home[title]:
                own = nested.templates[home[title]]["Resources"][title].get("DependsOn", [])
                assert other in ([own] if isinstance(own, str) else own), (title, other)
            else:
                stack = stacks[logical_id(home[title])]
                own = stack.get("DependsOn", [])
                passed = references({"Resources": stack["Properties"]})
                named = {own} if isinstance(own, str) else set(own)
                assert logical_id(home[other]) in named | passed, (title, other)
    assert compared


@each_spec
def test_nested_stacks_receive_exactly_their_parameters(spec: Path) -> None:
    one = compiled(spec, Layout.NESTED)
    stacks = one.templates[ROOT]["Resources"]
    assert stacks.keys() == {logical_id(name) for name in children(one)}
    for name, template in children(one).items():
        stack = stacks[logical_id(name)]
        assert stack["Type"] == STACK
        assert stack["Properties"]["TemplateURL"] == template_file(name)
        passed = stack["Properties"].get("Parameters", {})
        assert passed.keys() == template.get("Parameters", {}).keys()
        assert template.get("Parameters", {}).keys() <= references(template), "unused parameter"
        producers = {n: logical_id(n) for n in children(one)}
        own = one.templates[ROOT].get("Parameters", {})
        for title, value in passed.items():
            kind = template["Parameters"][title]
            if "Ref" in value:  # left open: the root's parameter of that name
                assert value == {"Ref": title} and kind == {"Type": own[title]["Type"]}
                continue
            assert kind == {"Type": "String"}
            producer, attribute = value["Fn::GetAtt"]
            (source,) = [n for n, title in producers.items() if title == producer]
            assert attribute.removeprefix("Outputs.") in one.templates[source]["Outputs"]


@each_spec
def test_every_output_of_a_nested_stack_is_used(spec: Path) -> None:
    one = compiled(spec, Layout.NESTED)
    used = references(one.templates[ROOT])
    for name, template in children(one).items():
        for output in template.get("Outputs", {}):
            assert f"{logical_id(name)}.Outputs.{output}" in used


@each_spec
def test_both_layouts_report_the_same_outputs(spec: Path) -> None:
    outputs = [compiled(spec, layout).templates[ROOT]["Outputs"] for layout in Layout]
    assert outputs[0].keys() == outputs[1].keys()
    assert all(each["Description"] for each in outputs[0].values())


@each_spec
@each_layout
def test_templates_decide_nothing_and_share_nothing(spec: Path, layout: Layout) -> None:
    for name, template in compiled(spec, layout).templates.items():
        assert set(template) <= {
            *("AWSTemplateFormatVersion", "Description", "Metadata"),
            *("Parameters", "Resources", "Outputs"),
        }
        text = json.dumps(template)
        for word in ("Camformation::", "AWS::StackName", "Fn::ImportValue", "Fn::Transform"):
            assert word not in text, name
        assert not any("Export" in each for each in template.get("Outputs", {}).values())
        assert not any("Condition" in each for each in template["Resources"].values())
        resources, parameters = template["Resources"], template.get("Parameters", {})
        for wanted in references(template):
            known = wanted.split(".")[0] in resources or wanted in parameters
            assert known or wanted.startswith("AWS::"), f"{name}: {wanted} does not exist"


def at(template: Template, pointer: str) -> Any:
    """Return the value at a JSON pointer; raises where there is none."""
    node: Any = template
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


@each_spec
@each_layout
def test_source_map_covers_every_resource_and_points_at_what_exists(
    spec: Path, layout: Layout
) -> None:
    one = compiled(spec, layout)
    left_open = {parameter.path: parameter.name for parameter in one.parameters}
    for name, template in one.templates.items():
        origins = one.source_map[name]
        for title in template["Resources"]:
            assert f"/Resources/{title}" in origins
        for pointer, path in origins.items():
            value = at(template, pointer)
            said: Any = one.resolved.data
            for step in path:
                said = said[step]
            if pointer.count("/") > 2:  # deeper than a resource: the very field, or its name
                field = {"Ref": left_open[path]} if path in left_open else str(said)
                assert value in (field, path[-1]) or str(value) == field


KNOWN = [
    ("AuroraCluster", "EngineVersion", "database.engine_version"),
    ("ConnectorsService", "DesiredCount", "connectors.tasks"),
    ("Vpc", "CidrBlock", "network.cidr"),
    ("OrchestrationTaskDefinition", "Cpu", "orchestration.cpu"),
    ("OrchestrationService", "DesiredCount", "orchestration.brokers"),
]


@pytest.mark.parametrize(("title", "name", "path"), KNOWN, ids=[path for *_, path in KNOWN])
@each_layout
def test_source_map_knows_the_very_field(layout: Layout, title: str, name: str, path: str) -> None:
    one = compiled(SPECS[-1], layout)
    (template,) = [n for n, each in one.templates.items() if title in each["Resources"]]
    pointer = f"/Resources/{title}/Properties/{name}"
    assert one.source_map[template][pointer] == tuple(path.split("."))
    where = one.locate(template, pointer)
    assert where is not None and where.file == "reference.yaml"
    line = SPECS[-1].read_text("utf-8").splitlines()[where.line - 1]
    assert line.strip().startswith(f"{path.split('.')[-1]}:")


@each_spec
def test_shipped_specs_warn_of_nothing_that_is_not_explained(spec: Path, golden: Golden) -> None:
    found = "".join(f"{each}\n" for each in compiled(spec, Layout.NESTED).warnings)
    golden(f"warnings/{spec.stem}.txt", found)
