"""Plans are made whatever stands in a template: patches, and others' hands, put anything there."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout, Templates
from camformation.report.plan.text import plan_text
from deployments import templates

TIMES = 25
SECTIONS: dict[str, Any] = {
    "aws_backup": {},
    "observability": {"alarms": {}},
    "operations": {"task": {}},
    "storage": {"documents": {"enabled": True}},
}
ANYTHING: list[Any] = [
    *(None, True, 0, -1, 1.5, "", "x", "a:b:c", "{a}", "{1}", [], {}, [None], [{}], [[1]], 10**20),
    *({"Ref": "X"}, {"Ref": "AWS::NoValue"}, {"Fn::GetAtt": ["A", "B"]}, {"Fn::Sub": "${A}"}),
    *({"Fn::If": ["A", 1, 2]}, {"a": {"b": []}}),
]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container of a template's data, with every key in it."""
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield data, key
            yield from places(data[key])


def changed(known: Templates, random: Random) -> Templates:
    """Return templates some of whose values are anything."""
    found = copy.deepcopy(known)
    attributes = [
        resource[name]
        for template in found.values()
        for resource in template["Resources"].values()
        for name in ("Properties", "Metadata")
        if name in resource
    ]
    for place, key in random.choices([each for a in attributes for each in places(a)], k=25):
        if (isinstance(place, list) and key < len(place)) or key in place:
            place[key] = copy.deepcopy(random.choice(ANYTHING))
    return found


@pytest.mark.parametrize("layout", Layout)
def test_a_plan_is_made_of_any_templates(layout: Layout) -> None:
    random = Random(str(layout))
    sound = templates(layout, **SECTIONS)
    for _ in range(TIMES):
        before, after = changed(sound, random), changed(sound, random)
        assert plan_text(make_plan(before, random.choice([sound, after])))
