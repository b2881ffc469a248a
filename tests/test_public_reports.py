"""What users reported of Camunda and AWS in public is found in a spec, and what is right passes."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from camformation.diagnostics import SpecError
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.rules.everything import RULES

REPORTS = yaml.safe_load(Path(__file__).with_name("public_reports.yaml").read_text("utf-8"))
BASES = {
    "plain": "name: camunda\nregion: eu-west-2\n",
    "oidc": """name: camunda
region: eu-west-2
access:
  tls: {hostname: camunda.example.com, hosted_zone_id: Z0123456789ABCDEFGHIJ}
""",
    "none": "",
}
UNIGNORABLE = {"CAM119", "CAM150"}  # where nothing could be compiled


def text(report: dict[str, Any]) -> str:
    return str(BASES[report.get("base", "plain")] + report["spec"])


class Found(NamedTuple):
    """What is kept of a finding, without the spec that it points into."""

    severity: str
    code: str
    text: str
    line: int
    column: int


@cache
def found_in(spec: str, layout: Layout) -> tuple[Found, ...]:
    try:
        found = compile_spec("camunda.yaml", lambda _: spec.encode(), layout).warnings
    except SpecError as error:
        found = tuple(error.diagnostics)
    return tuple(
        Found(
            str(each.severity),
            each.code,
            f"{each.message}: {each.hint}",
            each.location.line,
            each.location.column,
        )
        for each in found
    )


def verdict(spec: str, layout: Layout) -> list[str]:
    """Return severity, code and place of each finding, as the reports have them."""
    lines = spec.splitlines()
    return [
        f"{each.severity} {each.code} {lines[each.line - 1][each.column - 1 :]}"
        for each in found_in(spec, layout)
    ]


def named(report: dict[str, Any]) -> str:
    return str(report["what"])


def layouts(report: dict[str, Any]) -> list[Layout]:
    """Return both layouts for a spec that gets one: schema and rules come before, patches after."""
    errors = [each for each in report.get("verdict", ()) if each.startswith("error")]
    return [Layout.NESTED] if errors and "patches:" not in report["spec"] else list(Layout)


@pytest.mark.parametrize(
    ("report", "layout"),
    [pytest.param(r, each, id=f"{named(r)}-{each}") for r in REPORTS for each in layouts(r)],
)
def test_the_verdict_is_that_of_the_report(report: dict[str, Any], layout: Layout) -> None:
    said = verdict(text(report), layout)
    expected = report.get("verdict", [])
    assert [said[: len(each)] for each, said in zip(expected, said, strict=True)] == expected


@pytest.mark.parametrize("report", [each for each in REPORTS if "words" in each], ids=named)
def test_the_text_says_what_to_do(report: dict[str, Any]) -> None:
    said = [each.text for each in found_in(text(report), Layout.NESTED)]
    assert [word for word in report["words"] if not any(word in each for each in said)] == []


@pytest.mark.parametrize("report", [each for each in REPORTS if "verdict" in each], ids=named)
def test_who_knows_better_may_ignore_it(report: dict[str, Any]) -> None:
    codes = {each.split()[1] for each in report["verdict"]} & set(RULES) - UNIGNORABLE
    entries = "".join(f"  - {{rule: {code}, reason: known to be right}}\n" for code in codes)
    spec = f"{text(report)}ignore:\n{entries}" if codes else text(report)
    assert not codes & {each.code for each in found_in(spec, Layout.NESTED)}
