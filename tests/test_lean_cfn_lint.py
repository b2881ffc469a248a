"""cfn-lint finds the same whether or not it repeats its work, and repeats less of it."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from camformation.assets import asset
from camformation.layout import Layout
from camformation.pipeline import compile_spec

SCRIPT = """
import json, sys
from camformation import lean_cfn_lint, lint
if sys.argv[1] == "plain":
    lean_cfn_lint._remember = lambda: None
    lean_cfn_lint._ask_those_that_answer = lambda rule: None
lint.rules()
from cfnlint.jsonschema import validators
made = validators.dataclass
count = 0
def counted(cls):
    global count
    count += 1
    return made(cls)
validators.dataclass = counted
found = [
    [[m.rule, m.severity, m.message, m.path] for m in lint._run(lint.Question(text, region, ()))]
    for text, region in json.load(sys.stdin)
]
print(json.dumps([found, count]))
"""


def found(how: str, asked: list[tuple[str, str]]) -> tuple[list[list[Any]], int]:
    """Return what is found in each template, and how many classes were made for it."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, how],
        input=json.dumps(asked),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    matches, count = json.loads(done.stdout)
    return matches, count


def faulty(template: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a template with faults of many kinds, other ones for each number."""
    broken = copy.deepcopy(template)
    for index, (name, resource) in enumerate(sorted(broken["Resources"].items())):
        properties = resource.get("Properties") or {}
        if not properties:
            continue
        key = sorted(properties)[index % len(properties)]
        match (index + number) % 6:
            case 0:
                properties[f"{key}x"] = properties.pop(key)
            case 1:
                properties[key] = {"Fn::GetAtt": [name, "NoSuchAttribute"]}
            case 2:
                properties[key] = {"Fn::If": ["Planted", {"Ref": "Nowhere"}, "x"]}
            case 3:
                properties[key] = [["a"]]
            case 4:
                properties[key] = {"Fn::Sub": "${Nowhere}-${AWS::Region}"}
            case _:
                resource["DependsOn"] = name
    broken["Conditions"] = {"Planted": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}}
    return broken


def test_the_same_is_found_with_less_work() -> None:
    spec = str(asset("spec", "reference.yaml"))
    whole = compile_spec(spec, lambda name: Path(name).read_bytes(), Layout.NESTED)
    names = ("network", "orchestration", "database", "storage", "root")
    asked = [
        (json.dumps(faulty(whole.templates[name], number)), region)
        for number, name in enumerate(names)
        for region in ("us-east-1", "eu-west-2,ap-south-1")
    ]
    asked.append((json.dumps(whole.templates["keys"]), "eu-west-2"))
    plain, many = found("plain", asked)
    lean, few = found("lean", asked)
    assert lean == plain
    assert sum(len(each) for each in plain) > 100 and plain[-1] == []
    assert few < 30 < many / 10
