"""The linker makes no reference that leads nowhere, and no circle; what is broken is found."""

from pathlib import Path
from typing import Any

import pytest

from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.references import Broken, Reference, broken_references, references

SPECS = sorted(Path(__file__).parents[1].joinpath("spec").glob("*.yaml"))
OPEN = b"""
name: camunda
parameters:
  Cpu: orchestration.cpu
  Memory: orchestration.memory_mib
  Days: observability.log_retention_days
"""


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_what_is_linked_is_whole(spec: Path, layout: Layout) -> None:
    compiled = compile_spec(str(spec), lambda file: Path(file).read_bytes(), layout)
    assert list(broken_references(compiled.templates, compiled.templates)) == []


@pytest.mark.parametrize("layout", list(Layout))
def test_what_is_left_open_is_whole(layout: Layout) -> None:
    templates = compile_spec("spec.yaml", lambda _: OPEN, layout).templates
    assert templates["root"]["Rules"]
    assert list(broken_references(templates, templates)) == []
    del templates["root"]["Parameters"]["Memory"]
    found = {(each.template, each.missing) for each in broken_references(templates, templates)}
    assert ("root", "Memory") in found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Ref": "A"}, [("Ref", "A", "")]),
        ({"Fn::GetAtt": ["A", "B.C"]}, [("Fn::GetAtt", "A", "B.C")]),
        ({"Fn::GetAtt": ["A", {"Ref": "P"}]}, [("Fn::GetAtt", "A", ""), ("Ref", "P", "")]),
        ({"Fn::Sub": "${A}-${!B}-${C.D.E}"}, [("Fn::Sub", "A", ""), ("Fn::Sub", "C", "D.E")]),
        ({"Fn::Sub": ["${A}${B}", {"A": {"Ref": "C"}}]}, [("Fn::Sub", "B", ""), ("Ref", "C", "")]),
        ({"Fn::If": ["C", {"Ref": "A"}, "b"]}, [("Fn::If", "C", ""), ("Ref", "A", "")]),
        ({"Condition": "C"}, []),  # in a policy, or a resource's own
        ({"Ref": "A", "Other": "B"}, []),
        ("${A}", []),
        ([[{"x": [{"Ref": "A"}]}]], [("Ref", "A", "")]),
    ],
)
def test_references_are_found(value: Any, found: list[tuple[str, str, str]]) -> None:
    assert list(references(value)) == [Reference(*each) for each in found]


def test_circles_are_found_each_once() -> None:
    waits = {"A": "B", "B": "C", "C": "B", "D": "A", "E": "E", "F": None}
    template = {
        "Resources": {
            title: {"Type": "AWS::SNS::Topic", **({"DependsOn": on} if on else {})}
            for title, on in waits.items()
        }
    }
    found = sorted(broken_references({"root": template}, {"root"}), key=lambda each: each.owner)
    assert found == [
        Broken("root", "B", "B → C → B", "circle"),
        Broken("root", "E", "E → E", "circle"),
    ]
