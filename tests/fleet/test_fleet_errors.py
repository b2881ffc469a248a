"""Every fleet file in tests/errors_fleet says exactly what its golden text says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from camformation.codes import CODES
from camformation.diagnostics import Diagnostic, SpecError
from camformation.fleet.binding import bind
from camformation.fleet.reading import load_fleet
from camformation.report.spec.diagnostics import render, summary
from fleet.fleets import DEFINITIONS, accounts_of, required

ERRORS = Path(__file__).parents[1] / "errors_fleet"
FLEETS = sorted(ERRORS.glob("*.yaml"))
GOLDEN = Path(__file__).parents[1] / "golden" / "errors_fleet"
ELSEWHERE = {
    *("CAM737", "CAM738", "CAM740"),  # about the lock file: test_cidrs
    *("CAM716", "CAM717"),  # of a plan
    *(f"CAM{number}" for number in (*range(724, 730), *range(741, 750))),  # of running clusters
}


def read(file: str) -> bytes:
    return (ERRORS / file).read_bytes()


def lines(file: str) -> list[str]:
    return read(file).decode().splitlines()


def found_in(fleet: Path) -> list[Diagnostic]:
    definitions = required(CertificateArn="String") if "722" in fleet.stem else DEFINITIONS
    try:
        loaded = load_fleet(fleet.name, read)
        return [*loaded.warnings, *bind(loaded, definitions, accounts_of).warnings]
    except SpecError as error:
        return error.diagnostics


@pytest.mark.parametrize("fleet", FLEETS, ids=lambda path: path.stem)
def test_diagnostics_are_golden(fleet: Path, golden: Callable[[str, Any], None]) -> None:
    found = found_in(fleet)
    assert found, "nothing is wrong with it"
    golden(f"errors_fleet/{fleet.stem}.txt", render(found, "text", lines) + summary(found) + "\n")
    named = re.match("cam[0-9]{3}", fleet.stem)
    assert named and named[0].upper() in {each.code for each in found}


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {fleet.stem for fleet in FLEETS}


def test_every_code_has_a_bad_fleet() -> None:
    told = {found.code for fleet in FLEETS for found in found_in(fleet)}
    assert {code for code in CODES if "CAM7" < code < "CAM75"} - ELSEWHERE - told == set()


def test_no_secret_is_shown() -> None:
    for fleet in FLEETS:
        assert "hunter2" not in render(found_in(fleet), "text", lines)


def test_a_file_that_is_not_there() -> None:
    def nothing(file: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", file)

    with pytest.raises(SpecError) as error:
        load_fleet("fleet.yaml", nothing)
    assert str(error.value) == (
        "fleet.yaml:1:1: CAM003 cannot read fleet.yaml: no such file or directory"
    )


@pytest.mark.parametrize(
    "spec",
    [
        "name: a",
        "name: a\nregion: eu-west-1",
        "name: a\nextends: b.yaml",
        "name: a\nregion: eu-west-1\nparameters: {Cidr: network.cidr}\nversion: '8.9'",
        "name: a\nnetwork: {cidr: 3}\nunknown: 1",
    ],
)
def test_a_spec_gets_one_sentence(spec: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_fleet("a.yaml", lambda _: spec.encode())
    assert [found.code for found in caught.value.diagnostics] == ["CAM015"]


@pytest.mark.parametrize("fleet", ["name: a\nwaves: []", "spec: a.yaml", "waves: []\nwave: 1"])
def test_an_unfinished_fleet_file_is_no_spec(fleet: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_fleet("a.yaml", lambda _: fleet.encode())
    assert "CAM015" not in {found.code for found in caught.value.diagnostics}
