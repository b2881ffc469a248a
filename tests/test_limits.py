"""AWS's limits are found before AWS finds them; one below each is fine."""

from typing import Any

import pytest

from camformation import limits
from camformation.diagnostics import Finding, SpecError
from camformation.layout import Layout, Template
from camformation.limits import check_limits
from camformation.linker import SourceMap
from camformation.pipeline import compile_spec
from camformation.rendering import render


def template(**parts: Any) -> Template:
    return {"Resources": {}, **parts}


def check(made: Template, sections: SourceMap) -> list[Finding]:
    return list(check_limits({"a": made}, {"a": render(made)}, sections))


def found(made: Template) -> list[str]:
    return [each.code for each in check(made, {"root": {"/Resources/A": ("s",)}})]


def resources(count: int) -> Template:
    return template(Resources={f"R{n}": {"Type": "AWS::SNS::Topic"} for n in range(count)})


def entries(kind: str, count: int) -> Template:
    return template(**{kind: {f"E{n}": {} for n in range(count)}})


def role(inline: int = 0, trust: int = 0, managed: int = 0) -> Template:
    """Return a role whose policies have these many characters, without white space."""
    document = '{"a":""}'
    properties = {
        "AssumeRolePolicyDocument": {"a": "x" * (trust - len(document))},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"a": "x" * (inline - len(document))}}],
        "ManagedPolicyArns": ["arn"] * managed,
    }
    return template(Resources={"Role": {"Type": "AWS::IAM::Role", "Properties": properties}})


def task(size: int) -> Template:
    properties = {"Family": "x" * (size - len('{"Family":""}'))}
    resource = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
    return template(Resources={"Task": resource})


BOUNDS = [
    ("CAM202", 500, resources),
    ("CAM203", 200, lambda n: entries("Parameters", n)),
    ("CAM203", 200, lambda n: entries("Outputs", n)),
    ("CAM204", 60, lambda n: template(Metadata=["{{resolve:ssm:x}}"] * n)),
    ("CAM205", 10_240, lambda n: role(inline=n)),
    ("CAM205", 2_048, lambda n: role(trust=n)),
    ("CAM205", 10, lambda n: role(managed=n)),
    ("CAM206", 65_536, task),
]


@pytest.mark.parametrize(("code", "limit", "make"), BOUNDS, ids=[f"{c} {n}" for c, n, _ in BOUNDS])
def test_bound(code: str, limit: int, make: Any) -> None:
    assert found(make(limit)) == []
    assert found(make(limit + 1)) == [code]


def test_template_size_is_that_of_the_file_written() -> None:
    small = template(Description="ä")
    free = limits.MAX_TEMPLATE_BYTES - len(render(small).encode())
    assert found(template(Description="ä" + "x" * free)) == []
    assert found(template(Description="ä" + "x" * (free + 1))) == ["CAM201"]


def test_finding_names_the_template_and_the_spec_section() -> None:
    (finding,) = check(resources(501), {"root": {"/Resources/A": ("s",)}})
    assert isinstance(finding, Finding)
    assert finding.path == ("s",)
    assert "a has 501 resources" in finding.message and "500" in finding.message


def test_finding_of_a_resource_points_at_its_section() -> None:
    (finding,) = check(task(70_000), {"a": {"/Resources/Task": ("x", "y")}})
    assert finding.path == ("x", "y") and "Task has 70,000 bytes" in finding.message


@pytest.mark.parametrize("layout", list(Layout))
def test_a_spec_beyond_a_limit_does_not_compile(layout: Layout) -> None:
    lines = "".join(f"    V{n}: {'x' * 4000}\n" for n in range(20))
    text = f"name: camunda\norchestration:\n  environment:\n{lines}".encode()
    with pytest.raises(SpecError) as caught:
        compile_spec("spec.yaml", lambda _: text, layout)
    assert [d.code for d in caught.value.diagnostics] == ["CAM206"]
