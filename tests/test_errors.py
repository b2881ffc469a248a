"""Every spec in tests/errors says exactly what its golden text says, positions included."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.codes import CODES
from camformation.diagnostics import Diagnostic, SpecError
from camformation.pipeline import compile_spec
from camformation.report.spec.diagnostics import render, summary
from camformation.rules.everything import RULES

ERRORS = Path(__file__).with_name("errors")
SPECS = sorted(ERRORS.glob("*.yaml"))
GOLDEN = Path(__file__).with_name("golden") / "errors"
# Their causes are outside the spec: the file itself, the command line, the folder, cfn-lint's
# verdict, or a template larger than any spec makes; they have tests of their own.
ELSEWHERE = {
    *("CAM003", "CAM013", "CAM030", "CAM031", "CAM032", "CAM301", "CAM302", "CAM303"),
    *("CAM304", "CAM201", "CAM202", "CAM203", "CAM204"),
}


def read(file: str) -> bytes:
    return (ERRORS / file).read_bytes()


def lines(file: str) -> list[str]:
    return read(file).decode("utf-8", "replace").splitlines()


@cache
def found_in(spec: Path) -> tuple[Diagnostic, ...]:
    try:
        return compile_spec(spec.name, read).warnings
    except SpecError as error:
        return tuple(error.diagnostics)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_diagnostics_are_golden(spec: Path, golden: Callable[[str, Any], None]) -> None:
    found = found_in(spec)
    assert found, "nothing is wrong with it"
    golden(f"errors/{spec.stem}.txt", render(found, "text", lines) + summary(found) + "\n")
    if named := re.match("cam[0-9]{3}", spec.stem):
        assert named[0].upper() in {each.code for each in found}


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {spec.stem for spec in SPECS}


def test_every_code_has_a_bad_spec() -> None:
    told = {found.code for spec in SPECS for found in found_in(spec)}
    documented = {code for code in CODES if code < "CAM4"} | set(RULES)
    assert documented - ELSEWHERE - told == set()


def test_the_command_says_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ERRORS)
    assert main(["compile", "cam010_types.yaml"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (GOLDEN / "cam010_types.txt").read_text("utf-8")
