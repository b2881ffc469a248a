"""The formats of reports: one habit in every command."""

import json
from collections.abc import Iterator

import click
import pytest

from camformation.cli.command_groups import Commands
from camformation.cli.main import main, root
from camformation.cli.operation_view import OperationView
from camformation.cli.steps import Steps, agreed
from camformation.diagnostics import Diagnostic, Location
from camformation.reading import is_regular_file
from camformation.report.plan.values import WIDTH, sides
from camformation.report.spec.diagnostics import annotation

WITHOUT = {
    "init": "writes a file",
    "schema": "is JSON",
    "completion": "is a script",
    "password": "is one value",
    "exec": "is a session",
    "diagram": "is a picture",
    "review": "is a page",
    "task run": "is Camunda's JSON",
    "port-forward": "is a session",
}


def commands(group: Commands = root) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name, those in groups too."""
    for name in group.entries:
        command = group.get_command(click.Context(group), name)
        if isinstance(command, Commands):
            yield from ((f"{name} {inner}", each) for inner, each in commands(command))
        elif command:
            yield name, command


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_report_has_format_and_json(name: str) -> None:
    options = {each.opts[0]: each for each in ALL[name].params if isinstance(each, click.Option)}
    if name in WITHOUT:
        kinds = options["--format"].type if "--format" in options else None  # of the picture
        assert "--json" not in options and "text" not in getattr(kinds, "choices", ())
        return
    kinds = options["--format"].type
    assert isinstance(kinds, click.Choice) and list(kinds.choices)[:2] == ["text", "json"]
    assert options["--json"].help == "Short for --format json."


def test_two_formats_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "x.yaml", "--json", "--format", "github"]) == 1
    assert "--json and --format github exclude each other" in capsys.readouterr().err


LONG = "x" * 300
CHANGES = [
    (f"{LONG}a{LONG}", f"{LONG}b{LONG}"),
    (f"{LONG}", f"{LONG}, and more"),
    (f"a{LONG}", f"b{LONG}"),
    ("1", 1),
    ("true", True),
    ("a\nb", "a⏎b"),
    (f"{'y' * 90}{LONG}", f"{'y' * 90}z{LONG}"),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_both_sides_of_a_change_differ(before: object, after: object) -> None:
    old, new = sides(before, after)
    assert old != new and max(len(old), len(new)) <= WIDTH


def test_short_values_and_absent_ones_are_shown_as_they_are() -> None:
    assert sides("a", "b") == ("a", "b") and sides(None, 3) == ("(none)", "3")


@pytest.mark.parametrize("file", ["--set a=b", "/dev/stdin", "/proc/self/fd/0", "none.yaml", "-"])
def test_annotations_name_no_file_that_is_none(file: str) -> None:
    found = annotation(Diagnostic(Location(file, 1, 7), "CAM011", "unknown key"), is_regular_file)
    assert found.startswith("::error title=CAM011::") and file in found


def test_the_steps_of_a_dry_run_are_data_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Steps(("restart brokers",), ("connections break",), dry_run=True)
    assert not agreed("camunda", steps, OperationView(as_json=True))
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {
        "event": "steps",
        "steps": ["restart brokers"],
        "notes": ["connections break"],
    }
    assert shown.err == ""
    assert not agreed("camunda", steps, OperationView(as_json=False))
    assert capsys.readouterr().out.splitlines()[-1] == "nothing was changed"
