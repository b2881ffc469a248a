"""AWS's own linter agrees with cfn-lint, on sound templates and on faults planted in them."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from camformation import aws_lint
from camformation.assets import asset
from camformation.cli.main import main
from camformation.diagnostics import Severity
from camformation.layout import ROOT, Layout
from camformation.lint import NOT_PACKAGED, lint
from camformation.linting import CFN_LINT, CLOUDFORMATION_VALIDATE, Match, Question
from camformation.output import write
from camformation.pipeline import compile_spec
from lint_process import LintProcess, answers, aws_answers, elsewhere
from test_lint import FAULTY, compiled

SHIPPED = sorted(path.name for path in asset("spec", "").glob("*.yaml"))
EVERYTHING = Path(__file__).parents[1] / "bench" / "everything.yaml"


OWN_ANSWERS = aws_lint.answers


@pytest.fixture(autouse=True, scope="module")
def engine() -> Iterator[None]:
    """Let the engine answer from a process of its own."""
    if find_spec("cloudformation_validate") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the extra aws-lint is missing")
    process = LintProcess()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(aws_lint, "answers", lambda asked: process(aws_answers, asked))
        yield
    process.end()


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_lint, "answers", OWN_ANSWERS)
    monkeypatch.setitem(sys.modules, "cloudformation_validate", None)
    aws_lint._engine.cache_clear()


def templates(spec: Path, layout: Layout = Layout.NESTED) -> dict[str, Any]:
    return dict(compile_spec(str(spec), lambda name: Path(name).read_bytes(), layout).templates)


def question(name: str, template: Any, regions: str = "us-east-1") -> Question:
    return Question(json.dumps(template), regions, (NOT_PACKAGED,) if name == ROOT else ())


def found(template: Any, regions: str = "us-east-1") -> list[Match]:
    (matches,) = aws_lint.answers([question("", template, regions)])
    return matches


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("spec", [*SHIPPED, "everything"])
def test_it_finds_nothing_in_sound_templates(spec: str, layout: Layout) -> None:
    path = EVERYTHING if spec == "everything" else asset("spec", spec)
    asked = [question(*each) for each in templates(path, layout).items()]
    assert [each for matches in aws_lint.answers(asked) for each in matches] == []


def test_a_finding_stands_at_the_line_of_the_spec(tmp_path: Path) -> None:
    (match,) = lint(compiled(), tmp_path, CLOUDFORMATION_VALIDATE)
    assert (match.location.line, match.location.column) == (7, 9)
    assert match.code == "CAM301" and match.severity is Severity.ERROR
    assert "Tpic" in match.message and "cloudformation-validate F3002]" in match.message


def test_verdicts_of_linters_are_kept_apart(tmp_path: Path) -> None:
    (mine,) = lint(compiled(), tmp_path, CLOUDFORMATION_VALIDATE)
    kept = set(tmp_path.iterdir())
    assert [mine] == list(lint(compiled(), tmp_path, CLOUDFORMATION_VALIDATE))
    assert kept == set(tmp_path.iterdir())
    (other,) = lint(compiled(), tmp_path, CFN_LINT)
    assert other.message != mine.message and kept < set(tmp_path.iterdir())


def test_the_command_does_not_import_cfn_lint(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(FAULTY)
    script = (
        "import sys; from camformation.cli.main import main; "
        "code = main(['lint', '--engine', 'cloudformation-validate', sys.argv[1]]); "
        "print(code, 'cfnlint' in sys.modules)"
    )
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", script, str(spec)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split()[-2:] == ["1", "False"]
    assert f"{spec}:7:9: CAM301" in done.stderr


def test_a_compiled_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(compiled(), tmp_path / "out")
    assert main(["lint", "--engine", "cloudformation-validate", str(tmp_path / "out")]) == 1
    assert "spec.yaml:7:9: CAM301" in capsys.readouterr().err
    write(compiled("name: camunda\nprofile: development\n"), tmp_path / "out")
    assert main(["lint", "--engine", "cloudformation-validate", str(tmp_path / "out")]) == 0
    assert "out: cloudformation-validate found no problems" in capsys.readouterr().out


def test_a_package_that_is_missing_is_said_plainly(
    without_engine: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    spec = tmp_path / "spec.yaml"
    spec.write_text("name: camunda\n")
    assert main(["lint", "--engine", "cloudformation-validate", str(spec)]) == 1
    said = capsys.readouterr().err
    assert "CAM304" in said and "pipx install --force '.[aws-lint]'" in said


def test_regions_are_asked_one_by_one_and_findings_said_once() -> None:
    instance = {"DBInstanceClass": "db.x2g.large", "Engine": "aurora-postgresql"}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Tpic": "x"}}
    database = {"Type": "AWS::RDS::DBInstance", "Properties": instance}
    template = {"Resources": {"Topic": topic, "Database": database}}
    both = [(each.rule, each.path[1]) for each in found(template, "us-east-1,eu-west-2")]
    assert sorted(both) == [("E3025", "Database"), ("F3002", "Topic")]
    assert [each.rule for each in found(template, "us-east-1")] == ["F3002"]
    assert [each.rule for each in found(template, "xx-new-1")] == ["F3002"]  # not known yet


def test_paths_lead_into_the_template() -> None:
    template = {
        "Parameters": {"P": {"Type": "Strin"}},
        "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"Tags": [{"Ky": "x"}]}}},
        "Outputs": {"O": {"Value": {"Ref": "Nowhere"}}},
    }
    assert {each.path for each in found(template) if each.severity is Severity.ERROR} == {
        ("Parameters", "P", "Type"),
        ("Resources", "A", "Properties", "Tags", 0, "Ky"),
        ("Resources", "A", "Properties", "Tags", 0),
        ("Outputs", "O", "Value", "Ref"),
    }


@pytest.mark.parametrize("text", ["{", "[]", "", '{"Resources": 5}', '{"Resources": {}}'])
def test_what_is_no_template_is_an_error(text: str) -> None:
    (matches,) = aws_lint.answers([Question(text, "us-east-1", ())])
    assert matches and {each.severity for each in matches} == {Severity.ERROR}


def test_advice_about_names_and_accounts_is_left_out() -> None:
    vault: dict[str, Any] = {"EncryptionKeyArn": "arn:aws:kms:us-east-1:111122223333:key/mrk-1"}
    vault |= {"BackupVaultName": {"Ref": "SecretArn"}}
    template = {
        "Parameters": {"SecretArn": {"Type": "String"}},
        "Resources": {"Vault": {"Type": "AWS::Backup::BackupVault", "Properties": vault}},
    }
    assert found(template) == []


Fault = Callable[[dict[str, Any], dict[str, Any], str], None]


def _rename(place: dict[str, Any], key: str) -> None:
    place[f"{key}x"] = place.pop(key)


FAULTS: dict[str, Fault] = {
    "no such type": lambda _, r, __: r.update(Type=f"{r['Type']}s"),
    "no such property": lambda _, r, __: _rename(r["Properties"], next(iter(r["Properties"]))),
    "no such attribute": lambda _, r, name: r.update(
        Properties=r["Properties"]
        | {next(iter(r["Properties"])): {"Fn::GetAtt": [name, "NoSuchAttribute"]}}
    ),
    "no such name": lambda _, r, __: r["Properties"].update(
        {next(iter(r["Properties"])): {"Ref": "Nowhere"}}
    ),
    "no such name in text": lambda _, r, __: r["Properties"].update(
        {next(iter(r["Properties"])): {"Fn::Sub": "${Nowhere}-x"}}
    ),
    "no such function": lambda _, r, __: r["Properties"].update(
        {next(iter(r["Properties"])): {"Fn::Joyn": ["", ["a"]]}}
    ),
    "waits for nobody": lambda _, r, __: r.update(DependsOn="Nowhere"),
    "waits for itself": lambda _, r, name: r.update(DependsOn=name),
    "no such policy": lambda _, r, __: r.update(DeletionPolicy="Keep"),
    "no such part of a resource": lambda _, r, __: _rename(r, "Properties"),
    "no such section": lambda t, _, __: t.update(Resorces={}),
    "an output of nothing": lambda t, _, __: t.update(
        Outputs={"Planted": {"Value": {"Ref": "Nowhere"}}}
    ),
    "no such type of parameter": lambda t, _, name: t.update(
        Parameters={**t.get("Parameters", {}), "Planted": {"Type": "Strin"}}
    ),
    "a list for text": lambda _, r, __: r["Properties"].update(
        {next(iter(r["Properties"])): [["a"]]}
    ),
}
BLIND: dict[str, Fault] = {  # what only cfn-lint finds: `docs/diagnostics.md` says so
    "an output without value": lambda t, _, __: t.update(
        Outputs={"Planted": {"Description": "Nothing"}}
    ),
}
PLACES = ("cluster", "logs", "keys", "network", "storage", "database", "orchestration", ROOT)


@cache
def _reference() -> dict[str, Any]:
    return templates(asset("spec", "reference.yaml"))


@pytest.mark.parametrize("fault", [*FAULTS, *BLIND])
def test_both_linters_find_the_same_faults(fault: str) -> None:
    asked = []
    for place in PLACES:
        template = copy.deepcopy(_reference()[place])
        name = max(template["Resources"], key=lambda each: each)
        (FAULTS | BLIND)[fault](template, template["Resources"][name], name)
        asked.append(question(place, template))

    def wrong(matches: list[Match]) -> bool:
        return any(each.severity is Severity.ERROR for each in matches)

    mine = dict(zip(PLACES, map(wrong, aws_lint.answers(asked)), strict=True))
    theirs = dict(zip(PLACES, map(wrong, elsewhere(answers, asked)), strict=True))
    assert theirs == dict.fromkeys(PLACES, True)
    assert mine == dict.fromkeys(PLACES, fault in FAULTS)
