"""The page of the reference architecture answers for each variable of its Terraform modules."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from camformation.schema import part_at
from every import every, named

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference.md").read_text("utf-8")
VARIABLES: dict[str, list[str]] = yaml.safe_load(
    (ROOT / "tests" / "terraform_variables.yaml").read_bytes()
)
TITLES = {
    "root": "### The root module\n",
    **{name: f"### The module `{name}`\n" for name in ("orchestration-cluster", "connectors")},
    "aurora": "### The module `aurora`\n",
}
NOT_A_FIELD = {
    "oidc",
    "delete",
    "init",
    "orchestration-cluster",
    "AssociatedRoles",
    "camformation destroy",
}


def rows(title: str) -> list[tuple[list[str], str]]:
    """Return the rows of the table below a heading: the variables, and what the page says."""
    body = PAGE.split(title)[1].split("\n#")[0]
    found = re.findall(r"^\| (`.+?) \| (.+) \|$", body, re.M)
    return [(re.findall(r"`([^`]+)`", left), right) for left, right in found]


def fields(answer: str) -> list[str]:
    return [name for name in re.findall(r"`([^`]+)`", answer) if name not in NOT_A_FIELD]


def test_every_module_has_its_table() -> None:
    assert set(TITLES) == set(VARIABLES)
    assert sum(map(len, VARIABLES.values())) == 142


@pytest.mark.parametrize("module", VARIABLES)
def test_each_variable_is_listed_once(module: str) -> None:
    listed = Counter(name for names, _ in rows(TITLES[module]) for name in names)
    assert listed == Counter(VARIABLES[module])


@pytest.mark.parametrize("module", VARIABLES)
def test_each_variable_has_a_field_or_a_reason(module: str) -> None:
    for names, answer in rows(TITLES[module]):
        assert answer.startswith(("none: ", "`")), f"{names}: {answer}"
        assert answer.startswith("none: ") or fields(answer), f"{names}: {answer}"


def named_fields() -> list[str]:
    """Return every field that the tables name, those of the values too."""
    values = PAGE.split("## Values")[1].split("## Departures")[0]
    found = [cell for line in values.splitlines() for cell in re.findall(r"`([^`]+)`", line)]
    found = [name for name in found if re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", name)]
    for title in TITLES.values():
        found += [name for _, answer in rows(title) for name in fields(answer)]
    return sorted(set(found) - {"orchestration-cluster.<name>-oc1.service.local"})


@every(named(named_fields()))
def test_each_field_exists(field: str) -> None:
    assert part_at(tuple(field.split("."))) is not None
