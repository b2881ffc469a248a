"""docs/variables.md names every variable that any spec sets."""

from pathlib import Path

import pytest

from camformation.rules.generated import FIELDS
from test_parameters import EVERYTHING
from variables_page import TITLES, documented, everything, page, variables

PAGE = Path(__file__).parents[1] / "docs" / "variables.md"


def test_page(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page(), "utf-8")
    assert page() == PAGE.read_text("utf-8"), "docs/variables.md is stale: pytest --update-golden"


def test_no_spec_sets_another_variable() -> None:
    for spec in EVERYTHING:
        own = {
            name
            for section in ("orchestration", "connectors")
            for kind in ("environment", "secrets")
            for name in spec.get(section, {}).get(kind, {})
        }
        for container, found in variables(**{k: v for k, v in spec.items() if k != "name"}).items():
            if container in TITLES:
                assert found.keys() - own <= everything()[container].keys(), spec


def test_every_field_that_decides_a_variable_is_on_the_page() -> None:
    known = {name for own in everything().values() for name in own}
    missing = {
        name
        for name in FIELDS
        if not any(each == name or (name.endswith("_") and each.startswith(name)) for each in known)
    }
    assert not missing


def test_every_variable_of_camunda_is_documented_somewhere() -> None:
    for own in everything().values():
        for name in own:
            assert (
                name.startswith(("SEED_", "OPS_", "DATABASE_", "TLS_")) or documented(name) != "-"
            ), name
