"""Values and waits that cross a component's border, in both layouts."""

from typing import Any

import pytest
from troposphere import GetAtt, Join, Ref, Sub, Tags, sns, sqs

from camformation.layout import Layout, Template, link, logical_id, template_file
from camformation.linker import json_pointer
from camformation.specs import Number, Text
from camformation.units import Assembly


def three_units() -> Assembly:
    """Return units of which each uses what the one before exports."""
    assembly = Assembly("demo")
    a, b, c = (assembly.unit(name, "sections", name) for name in ("a_one", "b", "c"))
    topic = a.add(sns.Topic("Topic"))
    arn = a.export("Arn", Ref(topic))
    a.export("Unused", GetAtt(topic, "TopicName"))
    url = b.export("Url", Join("", ["sns://", arn]))  # an export made of an import
    b.add(sns.Topic("Second", TopicName=Sub("x-${Arn}", Arn=arn), DisplayName=arn))
    c.add(sns.Topic("Third", TopicName=url))
    assembly.output("Url", url, "Where it is")
    assembly.output("None", None, "Not there")
    return assembly


def properties(template: Template, name: str) -> Any:
    return template["Resources"][name]["Properties"]


def test_flat_replaces_imports_by_their_values() -> None:
    templates = link(three_units(), Layout.FLAT).templates
    assert templates.keys() == {"root"}
    root = templates["root"]
    assert not root["Parameters"]
    assert properties(root, "Second") == {
        "TopicName": {"Fn::Sub": ["x-${Arn}", {"Arn": {"Ref": "Topic"}}]},
        "DisplayName": {"Ref": "Topic"},
    }
    joined = {"Fn::Join": ["", ["sns://", {"Ref": "Topic"}]]}
    assert properties(root, "Third")["TopicName"] == joined
    assert root["Outputs"] == {"Url": {"Description": "Where it is", "Value": joined}}


def test_nested_passes_imports_through_outputs_and_parameters() -> None:
    templates = link(three_units(), Layout.NESTED).templates
    assert templates.keys() == {"root", "a_one", "b", "c"}
    assert templates["a_one"]["Outputs"] == {"Arn": {"Value": {"Ref": "Topic"}}}
    assert templates["b"]["Parameters"] == {"AOneArn": {"Type": "String"}}
    assert properties(templates["b"], "Second")["DisplayName"] == {"Ref": "AOneArn"}
    assert templates["b"]["Outputs"]["Url"]["Value"] == {
        "Fn::Join": ["", ["sns://", {"Ref": "AOneArn"}]]
    }
    root = templates["root"]
    assert properties(root, "AOne") == {"TemplateURL": "a_one.template.json"}
    assert properties(root, "B")["Parameters"] == {
        "AOneArn": {"Fn::GetAtt": ["AOne", "Outputs.Arn"]}
    }
    assert root["Outputs"]["Url"]["Value"] == {"Fn::GetAtt": ["B", "Outputs.Url"]}
    assert "Outputs" not in templates["c"] and "Parameters" not in templates["a_one"]


def waiting(refers: bool) -> Assembly:
    """Return a unit whose second resource waits for another unit and for its own first one."""
    assembly = Assembly("demo")
    a, b = assembly.unit("a"), assembly.unit("b")
    one, two = a.add(sns.Topic("One")), a.add(sns.Topic("Two"))
    arn = a.export("Arn", Ref(one))
    first = b.add(sns.Topic("First"))
    second = sns.Topic("Second", DependsOn="First")
    if refers:
        second.DisplayName = arn
    b.add(
        second,
        after=[a.ready(one, two), b.ready(first)],
    )
    return assembly


def test_flat_waits_for_the_resources() -> None:
    root = link(waiting(refers=False), Layout.FLAT).templates["root"]
    assert root["Resources"]["Second"]["DependsOn"] == ["First", "One", "Two"]


def test_flat_says_no_wait_twice() -> None:
    root = link(waiting(refers=True), Layout.FLAT).templates["root"]
    assert root["Resources"]["Second"]["DependsOn"] == ["First", "Two"]


def test_nested_waits_for_the_stack_and_at_home_for_the_resource() -> None:
    templates = link(waiting(refers=False), Layout.NESTED).templates
    assert templates["root"]["Resources"]["B"]["DependsOn"] == "A"
    assert templates["b"]["Resources"]["Second"]["DependsOn"] == "First"


def test_nested_says_no_wait_twice() -> None:
    root = link(waiting(refers=True), Layout.NESTED).templates["root"]
    assert "DependsOn" not in root["Resources"]["B"]
    assert root["Resources"]["B"]["Properties"]["Parameters"]


def test_a_wait_inside_one_unit_counts_in_both_layouts() -> None:
    assembly = Assembly("demo")
    unit = assembly.unit("a")
    first = unit.add(sns.Topic("First"))
    unit.add(sns.Topic("Second"), after=[unit.ready(first)])
    for layout, name in ((Layout.FLAT, "root"), (Layout.NESTED, "a")):
        template = link(assembly, layout).templates[name]
        assert template["Resources"]["Second"].get("DependsOn") == "First", layout


def test_an_empty_wait_is_none() -> None:
    assembly = Assembly("demo")
    a, b = assembly.unit("a"), assembly.unit("b")
    b.add(sns.Topic("Second"), after=[a.ready()])
    assert b.after == {}


def test_an_empty_unit_makes_no_stack() -> None:
    assembly = Assembly("demo")
    assembly.unit("empty")
    assembly.unit("full").add(sns.Topic("Topic"))
    assert link(assembly, Layout.NESTED).templates.keys() == {"root", "full"}


def test_logical_ids_are_unique_in_a_unit_and_in_the_flat_layout() -> None:
    assembly = Assembly("demo")
    a, b = assembly.unit("a"), assembly.unit("b")
    a.add(sns.Topic("Topic"))
    with pytest.raises(ValueError, match="two resources Topic"):
        a.add(sns.Topic("Topic"))
    b.add(sns.Topic("Topic"))
    with pytest.raises(ValueError, match="Topic"):
        link(assembly, Layout.FLAT)


def test_a_resource_needs_a_logical_id() -> None:
    with pytest.raises(ValueError, match="logical ID"):
        Assembly("demo").unit("a").add(sns.Topic(None))


@pytest.mark.parametrize("layout", list(Layout))
def test_what_nobody_exports_cannot_be_imported(layout: Layout) -> None:
    assembly, other = Assembly("demo"), Assembly("other")
    stranger = other.unit("stranger").export("Arn", "x")
    assembly.unit("a").add(sns.Topic("Topic", DisplayName=stranger))
    with pytest.raises(KeyError):
        link(assembly, layout)


def test_the_source_map_knows_sections_and_exact_fields() -> None:
    assembly = Assembly("demo")
    unit = assembly.unit("a", "section")
    text, number = Text("a/b"), Number(5)
    text.path, number.path = ("section", "name"), ("section", "seconds")
    tags = Tags({"x~/": text})
    unit.add(sns.Topic("Topic", DisplayName=text, Tags=tags), section=("other",))
    unit.add(sqs.Queue("Queue", DelaySeconds=number, QueueName=str(text) + "c"))
    linked = link(assembly, Layout.NESTED)
    assert linked.source_map["a"] == {
        "/Resources/Topic": ("other",),
        "/Resources/Topic/Properties/DisplayName": ("section", "name"),
        "/Resources/Topic/Properties/Tags/0/Value": ("section", "name"),
        "/Resources/Queue": ("section",),
        "/Resources/Queue/Properties/DelaySeconds": ("section", "seconds"),
    }
    assert linked.source_map["root"] == {"/Resources/A": ("section",)}
    name = linked.templates["a"]["Resources"]["Topic"]["Properties"]["DisplayName"]
    assert name == "a/b" and type(name) is str


@pytest.mark.parametrize("layout", list(Layout))
def test_templates_record_deployment_and_layout(layout: Layout) -> None:
    root = link(three_units(), layout).templates["root"]
    assert root["Metadata"] == {"Camformation": {"Deployment": "demo", "Layout": layout.value}}


def test_names() -> None:
    assert logical_id("load_balancers") == "LoadBalancers"
    assert template_file("load_balancers") == "load_balancers.template.json"
    assert json_pointer(["a/b", "c~d", 0]) == "/a~1b/c~0d/0"


def test_what_troposphere_would_refuse_is_refused() -> None:
    assembly = Assembly("demo")
    assembly.unit("a").add(sns.TopicPolicy("Nobody", Topics=[]))
    with pytest.raises(ValueError, match="PolicyDocument required"):
        link(assembly, Layout.FLAT)
