"""What users reported of StackSets in public is found in a fleet file, and what is right passes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.diagnostics import Diagnostic, SpecError
from camformation.fleet.reading import load_fleet

REPORTS = yaml.safe_load(Path(__file__).with_name("public_fleets.yaml").read_text("utf-8"))
BASE = {"name": "camunda", "spec": "camunda.yaml", "region": "eu-west-2"}


def text(report: dict[str, Any]) -> str:
    own = yaml.safe_load(report["fleet"])
    missing = (f"{key}: {value}\n" for key, value in BASE.items() if key not in own)
    return "".join(missing) + str(report["fleet"])


def found_in(fleet: str) -> list[Diagnostic]:
    try:
        return list(load_fleet("fleet.yaml", lambda _: fleet.encode()).warnings)
    except SpecError as error:
        return error.diagnostics


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: str(report["what"]))
def test_the_verdict_is_that_of_the_report(report: dict[str, Any]) -> None:
    lines = text(report).splitlines()
    found = found_in(text(report))
    said = [
        f"{each.severity} {each.code} {lines[each.location.line - 1][each.location.column - 1 :]}"
        for each in found
    ]
    expected = report.get("verdict", [])
    assert [got[: len(each)] for each, got in zip(expected, said, strict=True)] == expected
    hints = [f"{each.message}: {each.hint}" for each in found]
    assert [w for w in report.get("words", []) if not any(w in each for each in hints)] == []
