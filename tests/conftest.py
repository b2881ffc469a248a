"""What the tests share: golden files, which `pytest --update-golden` rewrites."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Compare text or data with a file below tests/golden."""

    def check(name: str, actual: Any) -> None:
        path = GOLDEN / name
        text = (
            actual
            if isinstance(actual, str)
            else json.dumps(actual, indent=1, sort_keys=True) + "\n"
        )
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.is_file(), f"{path} is missing: run pytest --update-golden"
        assert text == path.read_text("utf-8"), f"{path} is stale: run pytest --update-golden"

    return check
