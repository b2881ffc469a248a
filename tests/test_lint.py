"""cfn-lint's findings stand at the line of the spec, and are remembered."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from camformation.cli.main import main
from camformation.diagnostics import Severity
from camformation.frozen import replaced
from camformation.layout import Layout
from camformation.lint import CACHE, cfn_lint_version, lint
from camformation.output import write
from camformation.pipeline import Compiled, compile_spec
from camformation.user_cache import cache_folder

# A spec that passes every check of ours, and holds what only cfn-lint knows to be wrong.
FAULTY = """\
name: camunda
region: eu-west-2
profile: development
patches:
  - component: logs
    patch:
      - {op: add, path: /Resources/Planted, value: {Type: "AWS::SNS::Topic", Properties: {Tpic: x}}}
"""


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder that every test of this file shares: each template is linted once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cache(warm: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(warm))
    return warm / "camformation" / "lint"


def compiled(text: str = FAULTY) -> Compiled:
    return compile_spec("spec.yaml", lambda _: text.encode(), Layout.NESTED)


def only(template: str, text: str = FAULTY) -> Compiled:
    """Return a compilation with one of its templates: of the others, cfn-lint has nothing to say
    here."""
    one = compiled(text)
    return replaced(one, texts={template: one.texts[template]})


def test_finding_stands_at_the_line_of_the_spec(cache: Path) -> None:
    (found,) = lint(compiled(), cache)
    assert (found.location.file, found.location.line, found.location.column) == ("spec.yaml", 7, 9)
    assert found.code == "CAM301" and found.severity is Severity.ERROR
    assert "Tpic" in found.message and "logs: " in found.message and "cfn-lint E" in found.message


def test_finding_in_a_passed_through_value_stands_at_that_field(cache: Path) -> None:
    text = "name: camunda\nprofile: development\ndatabase:\n  instance_class: db.t3.mediun\n"
    text += "ignore: [{rule: CAM148, reason: cfn-lint is asked here}]\n"
    found = list(lint(only("database", text), cache))
    assert {(each.location.line, each.location.column) for each in found} == {(4, 19)}


def test_command_lints_a_spec(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(FAULTY)
    assert main(["lint", str(spec)]) == 1
    said = capsys.readouterr().err
    assert f"{spec}:7:9: CAM301" in said and "    7 | " in said and said.endswith("1 error\n")
    assert main(["compile", "--lint", str(spec), "--out", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists(), "written although cfn-lint objects"


def test_command_lints_what_was_compiled(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(compiled(), tmp_path / "out")
    assert main(["lint", str(tmp_path / "out")]) == 1
    assert "spec.yaml:7:9: CAM301" in capsys.readouterr().err


@pytest.mark.parametrize(
    "manifest",
    [None, "{", "[]", '{"templates": {}}', '{"templates": 1, "root": 2, "sourceMap": 3}'],
)
def test_folder_that_was_not_compiled(
    tmp_path: Path, manifest: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if manifest:
        (tmp_path / "manifest.json").write_text(manifest)
    assert main(["lint", str(tmp_path)]) == 1
    assert "CAM303" in capsys.readouterr().err


def test_what_is_no_compiled_folder_is_said_in_words(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(tmp_path)]) == 1
    manifest = tmp_path / "manifest.json"
    assert f"of `compile`: no such file or directory: {manifest}\n" in capsys.readouterr().err
    write(compiled("name: camunda\nprofile: development\n"), tmp_path)
    (tmp_path / "logs.template.json").write_text('{"Resources": {}, "Resources": {}}')
    assert main(["lint", str(tmp_path)]) == 1
    assert "of `compile`: Duplicate found 'Resources'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[", "not JSON", '{"Resources": 5}'])
def test_compiled_folder_with_a_template_that_is_none(
    tmp_path: Path, text: str, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(compiled("name: camunda\nprofile: development\n"), tmp_path)
    (tmp_path / "root.template.json").write_text(text)
    for name in json.loads((tmp_path / "manifest.json").read_text())["templates"]:
        if name != "root.template.json":
            (tmp_path / name).write_text('{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}')
    assert main(["lint", str(tmp_path)]) == 1
    assert "CAM30" in capsys.readouterr().err


def run_lint(spec: Path, cache: Path) -> tuple[int, bool]:
    """Lint in a process of its own; return its exit code and whether cfn-lint was imported."""
    script = (
        "import sys; from camformation.cli.main import main; code = main(['lint', sys.argv[1]]); "
        "print(code, 'cfnlint' in sys.modules)"
    )
    environment = os.environ | {
        "XDG_CACHE_HOME": str(cache),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(spec)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    code, imported = done.stdout.split()[-2:]
    return int(code), imported == "True"


def test_what_is_remembered_needs_no_cfn_lint(tmp_path: Path, warm: Path, cache: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(FAULTY)
    list(lint(compiled(), cache))
    assert run_lint(spec, warm) == (1, False)


def test_verdicts_are_kept_apart_by_region_and_content(cache: Path) -> None:
    list(lint(compiled(), cache))
    before = {path.name for path in cache.iterdir()}
    list(lint(compiled(), cache))
    assert {path.name for path in cache.iterdir()} == before
    list(lint(only("logs", FAULTY.replace("eu-west-2", "eu-west-1")), cache))
    assert {path.name for path in cache.iterdir()} > before


@pytest.mark.parametrize(
    "junk", ["", "{", "null", "5", "[[1]]", '[["E1", "odd", "m", []]]', "[[]]"]
)
def test_damaged_cache_is_linted_again(junk: str, cache: Path) -> None:
    found = list(lint(compiled(), cache))
    damaged = [path for path in cache.iterdir() if "Tpic" in path.read_text("utf-8")]
    for path in damaged:
        path.write_text(junk)
    assert list(lint(compiled(), cache)) == found
    assert any("Tpic" in path.read_text("utf-8") for path in damaged)


def test_cache_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path, warm: Path) -> None:
    text = "name: camunda\nprofile: development\n"
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert list(lint(only("logs", text), blocked / "cache")) == []


def test_cache_is_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder(CACHE) == Path("/somewhere/camformation/lint")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder(CACHE) == Path("/home/me/.cache/camformation/lint")


def test_version_is_cfn_lint_s_own() -> None:
    assert cfn_lint_version() == version("cfn-lint")


def test_region_newer_than_cfn_lint_is_linted(cache: Path) -> None:
    text = "name: camunda\nprofile: development\nregion: xx-south-9\n"
    assert [str(found) for found in lint(only("network", text), cache)] == []


def test_processes_find_what_one_finds(tmp_path: Path) -> None:
    """In a process of its own, for cfn-lint's memory stays with whoever forks."""
    script = f"""
from camformation import lint
from camformation.pipeline import compile_spec
one = compile_spec("spec.yaml", lambda _: {FAULTY.encode()!r})
asked = [lint.Question(text, "eu-west-2", ()) for text in one.texts.values()]
asked = [each for each in asked if len(each.text) < 6000]
assert len(asked) > 3
lint._processors = lambda: 3
shared = lint._answers(asked)
lint._processors = lambda: 1
assert shared == lint._answers(asked) and any(shared), shared
lint._processors = lambda: 3
try:
    lint._answers([*asked, lint.Question('{{"A": 1, "A": 2}}', "eu-west-2", ())])
except ValueError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Duplicate found" in done.stdout, done.stderr
