"""What the rules know of Aurora PostgreSQL is what cfn-lint's data say of all regions."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from camformation.rules.aurora import CLASSES, DEPRECATED, RELEASES
from camformation.rules.everything import findings
from deployments import deployment

PACKAGE = find_spec("cfnlint")  # not imported: it is large
assert PACKAGE is not None and PACKAGE.origin is not None
DATA = Path(PACKAGE.origin).parent / "data" / "schemas" / "extensions"


def conditions(file: str) -> list[Any]:
    """Return what cfn-lint's data say of Aurora PostgreSQL."""
    data = json.loads((DATA / file).read_text("utf-8"))
    parts = data.values() if "allOf" not in data and "if" not in data else [data]
    every = [each for part in parts for each in part.get("allOf", [part])]
    return [each for each in every if "aurora-postgresql" in json.dumps(each["if"])]


def releases(text: str) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {major: set() for major in RELEASES}
    for major, minor in re.findall(r'"(\d+)\.(\d+)"', text):
        if int(major) in found:
            found[int(major)].add(int(minor))
    return found


def test_the_classes_are_those_that_regions_have() -> None:
    text = json.dumps(
        [each["then"] for each in conditions("aws_rds_dbinstance/dbinstanceclass_enum.json")]
    )
    listed = set(re.findall(r"db\.([a-z0-9]+)\.(\w+)", text))
    # Only for releases of PostgreSQL that Camunda does not support, or in GovCloud alone.
    old = {(family, size) for family, size in listed if family == "r4"}
    old |= {(family, size) for family in ("t3", "t4g") for size in ("small", "xlarge", "2xlarge")}
    known = {(family, size) for family, sizes in CLASSES.items() for size in sizes}
    assert known == listed - old


def test_the_releases_are_those_that_aws_lists() -> None:
    [known] = conditions("aws_rds_dbcluster/engine_version.json")
    assert {major: set(minors) for major, minors in RELEASES.items()} == releases(
        json.dumps(known["then"])
    )
    [old] = conditions("aws_rds_dbcluster/engine_version_deprecated.json")
    gone = releases(json.dumps(old["if"]))
    assert {major: set(DEPRECATED.get(major, ())) for major in RELEASES} == gone


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ({"instance_class": "db.r8g.large"}, []),
        ({"instance_class": "db.t4g.medium"}, []),
        ({"instance_class": "db.x2g.16xlarge"}, []),
        ({"instance_class": "db.r6gd.large"}, ["CAM148"]),
        ({"instance_class": "db.m6i.large", "serverless": {"min_acu": 1, "max_acu": 4}}, []),
        ({"engine_version": "18.4"}, []),
        ({"engine_version": "17.9"}, []),
        ({"engine_version": "18.99"}, []),
        ({"engine_version": "18.5"}, ["CAM149"]),
    ],
)
def test_what_may_be_made(database: dict[str, Any], expected: list[str]) -> None:
    assert [each.code for each in findings(deployment(database=database))] == expected
