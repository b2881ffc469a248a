"""The small checker and jsonschema agree: on what fits, and that what does not is explained."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from camformation.assets import asset
from camformation.resolve import resolve
from camformation.schema import FLEET, SPEC, fits, is_valid, matches, schema
from camformation.schema_errors import explain
from camformation.source import parse
from generated_data import generated, near_misses, parts

SPECS = sorted(Path(asset("spec", "reference.yaml")).parent.glob("*.yaml"))
MUTATIONS = 1_000  # of each spec
GENERATED = 6  # for each part of a schema
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 7, 15, 30, 255, 1024, 4096, 10**9, 0.5, 0.3, 3.0, 1e99),
    *("", "x", "none", "camunda", "closed", "vpc", "1024", "10.0.0.0/16", "10.0.0.256/16", "8.10"),
    *("PT1H", "P", "P7D", "yes", "a\n", "camunda\n", "arn:aws:s3:::x", "x" * 300, "ä", "🚀"),
    *([], ["a"], ["a", "a"], [1], [None], ["eu-west-2a", "eu-west-2b"], ["10.0.0.0/8"], [{}]),
    *({}, {"a": "b"}, {"A": 1}, {"": "x"}, {"hostname": "camunda.example.com"}, {"vpc_id": "vpc"}),
    *({"min_acu": 0.5, "max_acu": 3}, {"min_acu": 0.3, "max_acu": 1e99}),
    [{"rule": "CAM101", "reason": "known and accepted"}],
    [{"component": "keys", "patch": [{"op": "remove", "path": "/Resources"}]}],
]
FLEET_FILE = """
name: camunda
spec: camunda.yaml
region: eu-west-2
permission_model: SERVICE_MANAGED
auto_deployment: {enabled: true, depends_on: []}
tags: {team: bpm}
parameters: {LogRetentionDays: 30, Backup: true, ImageTag: "8.10"}
overrides:
  - {organizational_unit: ou-ab12-11111111, region: eu-west-2, parameters: {Brokers: 5}}
  - {account: "222233334444", parameters: {Brokers: 0.5}}
cidrs:
  VpcCidr: {pool: 10.64.0.0/10, prefix_length: 16}
operation: {failure_tolerance_count: 1, max_concurrent_percentage: 20, region_order: [eu-west-2]}
waves:
  - name: canary
    targets: [{accounts: ["222233334444"], regions: [eu-west-2]}]
    operation: {failure_tolerance_count: null, concurrency_mode: SOFT_FAILURE_TOLERANCE}
  - name: others
    targets:
      - organizational_units: [ou-ab12-11111111, r-ab12]
        account_filter: {type: DIFFERENCE, accounts: ["222233334444"]}
        regions: [eu-west-2, us-gov-west-1]
"""
KEYS = ["a", "A", "", "name", "tls", "brokers", "cpu", "existing", "from", "1", "extends"]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container of a spec with each of its keys."""
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield data, key
            yield from places(data[key])


def mutated(spec: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return a copy with up to three things replaced, removed, added or exchanged."""
    spec = copy.deepcopy(spec)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        found = list(places(spec))
        if not found:
            break
        container, key = random.choice(found)
        match random.randrange(6):
            case 0 | 1:
                container[key] = copy.deepcopy(random.choice(VALUES))
            case 2:
                del container[key]
            case 3 if isinstance(container, dict):
                container[random.choice(KEYS)] = copy.deepcopy(random.choice(VALUES))
            case 3:
                container.append(copy.deepcopy(random.choice([*VALUES, *container])))
            case 4:
                other, place = random.choice(found)
                container[key] = copy.deepcopy(other[place])
            case _:
                container[key] = nudged(container[key], random)
    return spec


def nudged(value: Any, random: Random) -> Any:
    """Return a value that differs by little: the bounds are where readers disagree."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return random.choice([value + 1, value - 1, float(value), value / 2, -value, str(value)])
    if isinstance(value, str):
        cut = random.randrange(len(value) + 1)
        return random.choice([value + "\n", value[:cut], value[:cut] + "-" + value[cut:], [value]])
    if isinstance(value, list):
        return value + value
    return value


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_both_readers_give_the_same_verdict(spec: Path) -> None:
    random = Random(0)
    written = yaml.safe_load(spec.read_text("utf-8"))
    complete = resolve([parse(spec.read_bytes(), spec.name)]).data
    verdicts = {True: 0, False: 0}
    for number in range(MUTATIONS):
        data = mutated(complete if number % 4 == 0 else written, random)
        findings = list(explain(data, {}))
        verdict = is_valid(data)
        assert verdict is (not findings), (data, findings)
        verdicts[verdict] += 1
        for finding in findings:
            assert finding.code in {"CAM010", "CAM011", "CAM012", "CAM014"}
            assert finding.message and "\n" not in finding.message
    assert min(verdicts.values()) > MUTATIONS / 20, "the mutations are all alike"


def test_both_readers_give_the_same_verdict_on_fleets() -> None:
    random = Random(0)
    written = yaml.safe_load(FLEET_FILE)
    plain = Draft202012Validator(schema(FLEET))
    assert is_valid(written, FLEET)
    verdicts = {True: 0, False: 0}
    for _ in range(2 * MUTATIONS):
        data = mutated(written, random)
        findings = list(explain(data, {}, FLEET))
        verdict = is_valid(data, FLEET)
        assert verdict is (not findings), (data, findings)
        if "\\n" not in repr(data):
            assert verdict is plain.is_valid(data), data
        verdicts[verdict] += 1
        assert {finding.code for finding in findings} <= {"CAM010", "CAM011", "CAM012"}
        assert all(each.message and "\n" not in each.message for each in findings)
    assert min(verdicts.values()) > MUTATIONS / 20, "the mutations are all alike"


def pattern(_: Any, value: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Match as ECMA-262 does: Python's `$` also matches before a last line break."""
    if isinstance(instance, str) and not matches(value, instance):
        yield ValidationError("no match")


extend: Any = validators.extend
Reader = extend(Draft202012Validator, {"pattern": pattern})


@pytest.mark.parametrize("language", [SPEC, FLEET])
def test_both_readers_agree_on_data_made_from_every_part_of_the_schema(language: str) -> None:
    """What fits a part, what is at each of its limits, and what is just beyond."""
    random = Random(0)
    verdicts = {True: 0, False: 0}
    distinct = {json.dumps(part, sort_keys=True): part for part in parts(schema(language))}
    for part in distinct.values():
        reader = Reader({**part, "$defs": schema(language).get("$defs", {})})
        seen: set[bool] = set()
        for _ in range(GENERATED):
            tries = (generated(part, language, random) for _ in range(30))
            fitting = next((each for each in tries if reader.is_valid(each)), None)
            for value in (fitting, *near_misses(part, fitting, language, random)):
                verdict = fits(value, part, language)
                assert verdict is reader.is_valid(value), (part, value)
                seen.add(verdict)
                verdicts[verdict] += 1
        assert True in seen, f"nothing was made that fits {part}"
    assert min(verdicts.values()) > len(distinct)


@pytest.mark.parametrize("seed", range(3))
def test_the_explainer_is_jsonschema_but_for_the_end_of_a_text(seed: int) -> None:
    """Python's `$` also matches before a last line break; ECMA-262's, as prescribed, does not."""
    random = Random(seed)
    written = yaml.safe_load(SPECS[-1].read_text("utf-8"))
    plain = Draft202012Validator(schema())
    compared = 0
    for _ in range(200):
        data = mutated(written, random)
        if "\\n" not in repr(data):
            assert is_valid(data) is plain.is_valid(data), data
            compared += 1
    assert compared > 100
