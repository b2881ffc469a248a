"""How findings are shown: text with a caret, JSON, GitHub annotations, SARIF."""

import json
from collections.abc import Sequence

import pytest

from camformation import __version__
from camformation.diagnostics import Diagnostic, Location, Severity, SpecError, in_order
from camformation.report.spec.diagnostics import FORMATS, render, summary, text

ERROR = Diagnostic(Location("a.yaml", 2, 8, 11), "CAM010", "wrong", "do right")
WARNING = Diagnostic(Location("a.yaml", 1, 1), "CAM150", "odd", None, Severity.WARNING)
LINES = ["name: camunda", "region: xyz # no"]


def lines(file: str) -> Sequence[str]:
    return LINES if file == "a.yaml" else []


def test_text_shows_line_caret_and_hint() -> None:
    assert text(ERROR, LINES) == (
        "a.yaml:2:8: CAM010 wrong\n"
        "    2 | region: xyz # no\n"
        "      |        ^^^\n"
        "      hint: do right\n"
    )


def test_text_of_a_warning_says_so() -> None:
    shown = text(WARNING, LINES)
    assert shown.startswith("a.yaml:1:1: CAM150 warning: odd\n")
    assert "      | ^\n" in shown and "hint" not in shown


@pytest.mark.parametrize("line", [0, 3, 99])
def test_text_without_a_source_line(line: int) -> None:
    found = Diagnostic(Location("a.yaml", line, 1), "CAM003", "not there")
    assert text(found, LINES) == f"a.yaml:{line}:1: CAM003 not there\n"


def test_caret_keeps_its_place_behind_tabs_and_other_scripts() -> None:
    line = "\tä: 'ö', x: 1"
    found = Diagnostic(Location("a", 1, line.index("x") + 1, 0), "C", "m")
    shown = text(found, [line]).splitlines()
    assert shown[2] == "      | \t" + " " * (line.index("x") - 1) + "^"


@pytest.mark.parametrize(
    ("before", "columns"),
    [("名前", 4), ("e\u0301", 1), ("\x1b[31m", 8), ("\u202e", 6), ("\U000e0041", 10), ("\x9b", 4)],
    ids=ascii,
)
def test_caret_stands_below_what_a_terminal_shows(before: str, columns: int) -> None:
    line = f"a: '{before}', x: 1"
    found = Diagnostic(Location("a", 1, line.index("x: 1") + 1, 0), "C", "m")
    _, source, caret = text(found, [line]).splitlines()
    assert caret.index("^") == len("      | a: '") + columns + len("', ")
    assert all(each.isprintable() for each in source)


@pytest.mark.parametrize("column", [1, 50, 119, 500, 2000])
def test_long_line_is_cut_around_the_place(column: int) -> None:
    line = "".join(chr(ord("a") + n % 26) for n in range(2000))
    found = Diagnostic(Location("a", 1, column, column + 1500), "C", "m")
    _, source, caret = text(found, [line]).splitlines()
    assert len(source) <= 128 and len(caret) <= 128
    assert source[caret.index("^")] == line[column - 1]


def test_colour_paints_and_changes_no_word() -> None:
    shown = text(ERROR, LINES, colour=True)
    assert "\x1b[31mCAM010\x1b[0m" in shown
    plain = shown
    for code in ("31", "33", "36", "1", "0"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == text(ERROR, LINES)
    assert "\x1b[33mwarning: " in text(WARNING, LINES, colour=True)
    assert "\x1b" not in render([ERROR], "json", lines, colour=True)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([], ""),
        ([ERROR], "1 error"),
        ([WARNING, WARNING], "2 warnings"),
        ([ERROR, WARNING, ERROR], "2 errors, 1 warning"),
    ],
)
def test_summary(found: list[Diagnostic], words: str) -> None:
    assert summary(found) == words


def test_json() -> None:
    assert json.loads(render([ERROR, WARNING], "json", lines)) == {
        "diagnostics": [
            {
                "file": "a.yaml",
                "line": 2,
                "column": 8,
                "code": "CAM010",
                "severity": "error",
                "message": "wrong",
                "hint": "do right",
            },
            {
                "file": "a.yaml",
                "line": 1,
                "column": 1,
                "code": "CAM150",
                "severity": "warning",
                "message": "odd",
                "hint": None,
            },
        ]
    }


def test_github_escapes_what_ends_a_command() -> None:
    where = Location("a,b:c%.yaml", 2, 8)
    found = Diagnostic(where, "CAM010", "50% of\r\nit: a,b", "one\ntwo")
    assert render([found, WARNING], "github", lines) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=2,col=8,title=CAM010::"
        "50%25 of%0D%0Ait: a,b%0Aone%0Atwo\n"
        "::warning file=a.yaml,line=1,col=1,title=CAM150::odd\n"
    )


def test_sarif_has_what_code_scanning_needs() -> None:
    """SARIF 2.1.0: 3.13 sarifLog, 3.27 result, 3.30 region; artifact URIs are URI references."""
    odd = Diagnostic(Location("a folder/ä#.yaml", 0, 0), "CAM150", "odd")
    log = json.loads(render([ERROR, WARNING, odd], "sarif", lines))
    assert log["version"] == "2.1.0" and log["$schema"].startswith("https://")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("camformation", __version__)
    assert [rule["id"] for rule in driver["rules"]] == ["CAM010", "CAM150"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["region"]["startLine"] >= 1 and physical["region"]["startColumn"] >= 1
    places = [r["locations"][0]["physicalLocation"] for r in run["results"]]
    assert places[0]["region"] == {"startLine": 2, "startColumn": 8, "endColumn": 11}
    assert places[2]["artifactLocation"]["uri"] == "a%20folder/%C3%A4%23.yaml"


@pytest.mark.parametrize("style", FORMATS)
def test_nothing_to_say(style: str) -> None:
    shown = render([], style, lines)
    assert shown == "" if style in ("text", "github") else json.loads(shown)


def test_findings_are_in_the_order_of_files_and_lines_each_once() -> None:
    late, other = Diagnostic(Location("a", 10), "C", "m"), Diagnostic(Location("b", 1), "C", "m")
    early = Diagnostic(Location("a", 9, 5), "C", "m")
    assert in_order([other, late, early, late]) == [early, late, other]
    assert SpecError([late, early]).diagnostics == [early, late]
    assert str(SpecError([late, early])) == "a:9:5: C m\na:10:1: C m"
