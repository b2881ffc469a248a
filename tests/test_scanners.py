"""Findings of other scanners: each has a reason, the page shows them, versions are fixed."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from camformation.layout import ROOT, Layout
from camformation.pipeline import compile_spec
from scanners.findings import (
    FOUND,
    HERE,
    PAGE,
    REASONS,
    by_rule,
    differences,
    idle,
    page,
    read,
    reason,
    text,
    unexplained,
)
from scanners.tools import TOOLS, of_checkov, of_guard

RULES = read(FOUND)
WHY = read(REASONS)
SPEC = HERE.parent / "spec"


@cache
def names(spec: str) -> frozenset[str]:
    file = str(SPEC / f"{spec}.yaml")
    compiled = compile_spec(file, lambda path: Path(path).read_bytes(), Layout.FLAT, ())
    return frozenset(compiled.templates[ROOT]["Resources"])


def test_every_finding_has_a_reason_and_every_reason_a_finding() -> None:
    assert not list(unexplained(RULES, WHY))
    assert not list(idle(RULES, WHY))
    assert {rule.split()[0] for rule in RULES} == set(TOOLS)


def test_reasons_for_nothing_and_findings_without_a_reason_are_seen() -> None:
    rules = {"x A": {"production": ["One", "Two"]}}
    why = {"x A": [{"resources": ["O*"], "why": "one"}], "x B": [{"why": "none"}]}
    assert list(unexplained(rules, why)) == ["x A: production: Two"]
    assert list(idle(rules, why)) == ["x B: none"]
    assert reason({"x A": [{"specs": ["dev*"], "why": "y"}]}, "x A", "production", "One") is None
    now = {"x A": {"production": ["Two", "Three"]}}
    assert list(differences(rules, now)) == [
        "new: x A: production: Three",
        "gone: x A: production: One",
    ]


def test_the_page_shows_what_is_known() -> None:
    current = PAGE.read_text("utf-8")
    assert page(current, RULES, WHY) == current, "run make audit ARGS=--update"
    assert text(RULES) == FOUND.read_text("utf-8")


@pytest.mark.parametrize("spec", sorted(path.stem for path in SPEC.glob("*.yaml")))
def test_findings_are_about_resources_that_exist(spec: str) -> None:
    """A template that changed much has to be scanned again."""
    found = {name for specs in RULES.values() for name in specs.get(spec, ())}
    assert found
    assert found <= names(spec), "run make audit ARGS=--update"


def test_versions_are_exact_and_no_registry_is_named() -> None:
    wanted = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = (HERE / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert all(each.get("integrity") or name == "" or each.get("inBundle")
               for name, each in packages.items())  # fmt: skip
    pins = (HERE / "constraints.txt").read_text("utf-8").split()
    assert all("==" in pin for pin in pins) and any(p.startswith("checkov==") for p in pins)


def templates(folder: Path) -> dict[str, Path]:
    for name in ("one", "two"):
        (folder / f"{name}.json").write_text("{}")
    return {name: folder / f"{name}.json" for name in ("one", "two")}


def _checkov(file: Path, **summary: int) -> dict[str, Any]:
    check = {
        "check_id": "CKV_1",
        "resource": "AWS::S3::Bucket.Data",
        "file_abs_path": str(file),
    }
    return {
        "summary": {"parsing_errors": 0, "resource_count": 3, **summary},
        "results": {"failed_checks": [check]},
    }


def test_reports_of_checkov(tmp_path: Path) -> None:
    files = templates(tmp_path)
    report = [_checkov(files["two"])]
    assert list(of_checkov(report, files)) == [("two", "CKV_1", "Data")]
    assert by_rule("checkov", {("two", "CKV_1", "Data")}) == {"checkov CKV_1": {"two": ["Data"]}}
    for broken in ({"parsing_errors": 1}, {"resource_count": 0}):
        with pytest.raises(ValueError, match="could not read"):
            list(of_checkov(_checkov(files["one"], **broken), files))


def test_reports_of_guard() -> None:
    clause = {"check": {"Resolved": {"from": {"path": "/Resources/Data/Properties/X", "value": 1}}}}
    rule = {
        "Rule": {
            "messages": {"custom_message": "\n [CT.S3.PR.2]: Require …"},
            "checks": [{"Clause": clause}, {"Clause": {"check": {"to": {"path": ""}}}}],
        }
    }
    assert list(of_guard([rule], "")) == [("CT.S3.PR.2", "Data")]
