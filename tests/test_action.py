"""The GitHub Action: its script, run as a runner would, with a stand-in for GitHub's command."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.cli.main import COMMANDS
from camformation.pipeline import compile_spec

ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
SCRIPTS = {file.name: file.read_text("utf-8") for file in sorted((ROOT / "action").iterdir())}
PAGE = "https://github.com/example/camunda/actions/runs/1/artifacts/2"
SOUND = "name: camunda\nprofile: development\naccess: {allowed_cidrs: [203.0.113.7/32]}\n"
GH = (
    f"#!{sys.executable}"
    + """
import json, os, sys
known = os.environ["COMMENTS"]
comments = json.load(open(known))
words = sys.argv[1:]
if "--jq" in words:
    for number, body in comments.items():
        if body.startswith(os.environ["MARKER"]):
            print(number)
    sys.exit()
if os.environ.get("REFUSED"):
    sys.exit("HTTP 403")
path = next(w for w in words if w.startswith("repos/"))
body = open(next(w for w in words if w.startswith("body=@"))[6:]).read()
number = path.rpartition("/")[2] if "PATCH" in words else str(len(comments) + 1)
comments[number] = body
json.dump(comments, open(known, "w"))
"""
)

pytestmark = pytest.mark.skipif(
    any(shutil.which(each) is None for each in ("bash", "git", "iconv")), reason="needs bash, git"
)


class Runner:
    def __init__(self, home: Path) -> None:
        self.home = home
        bin_folder = home / "temp/camformation/bin"
        bin_folder.mkdir(parents=True)
        self._script(
            bin_folder / "camformation", f'#!/bin/sh\nexec {sys.executable} -m camformation "$@"\n'
        )
        self.bin = home / "bin"
        self.bin.mkdir()
        self._script(self.bin / "gh", GH)
        (home / "comments.json").write_text("{}")

    def _script(self, file: Path, text: str) -> None:
        file.write_text(text)
        file.chmod(0o755)

    def __call__(self, command: str, spec: str = "camunda.yaml", **inputs: str) -> tuple[int, str]:
        """Run the steps of the action as its conditions say; ARTIFACT is what an upload returns."""
        for name in ("output", "summary"):
            (self.home / name).write_text("")
        given = {"COMMAND": command, "SPEC": spec, **inputs}
        code, text = self._run("run.sh", given)
        if report := self.outputs.get("report"):
            more, said = self._run("report.sh", {**given, "REPORT": report})
            code, text = code or more, text + said
        return code, text

    def _run(self, script: str, given: dict[str, str]) -> tuple[int, str]:
        optional = ("ARGUMENTS", "BASE", "PLAN_FILE", "PULL_REQUEST", "ARTIFACT")
        done = subprocess.run(
            ["bash", str(ROOT / "action" / script)],
            cwd=self.home,
            env={"PATH": os.pathsep.join((str(self.bin), os.environ["PATH"]))}
            | {"HOME": str(self.home), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            | dict.fromkeys(optional, "")
            | {"RUNNER_TEMP": str(self.home / "temp"), "COMMENT": "true"}
            | {"GITHUB_OUTPUT": str(self.home / "output"), "GITHUB_REPOSITORY": "example/camunda"}
            | {"GITHUB_STEP_SUMMARY": str(self.home / "summary")}
            | {"COMMENTS": str(self.home / "comments.json")}
            | given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.read("output").splitlines())

    def read(self, name: str) -> str:
        return (self.home / name).read_text()

    @property
    def comments(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.read("comments.json"))
        return found


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    (tmp_path / "camunda.yaml").write_text(SOUND)
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for words in (["init", "-q"], ["add", "camunda.yaml"], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], check=True, cwd=tmp_path)
    return Runner(tmp_path)


def test_inputs_reach_the_script_as_variables_alone() -> None:
    steps = ACTION["runs"]["steps"]
    assert not [step for step in steps if "${{" in step.get("run", "")]
    used = re.findall(r"inputs\.([a-z-]+)", json.dumps(steps))
    assert set(used) == set(ACTION["inputs"])
    given = {name for step in steps for name in step.get("env", ())}
    script = "".join(SCRIPTS.values())
    assert {name for name in given if not re.search(rf"\b{name}\b", script)} == {"GH_TOKEN"}
    files = re.findall(r"GITHUB_ACTION_PATH/(\S+?)\"", script + json.dumps(steps).replace("\\", ""))
    assert files and all((ROOT / file).exists() for file in files)
    written = set(re.findall(r'echo "(\w+)=\$', script))
    read = re.findall(r"steps\.run\.outputs\.(\w+)", json.dumps(ACTION))
    assert written - {"artifact"} == set(read) - {"artifact"} and "artifact" in read


def test_a_plan_is_uploaded_and_reported_even_if_it_is_blocked() -> None:
    run, upload, report = ACTION["runs"]["steps"][-3:]
    for step in (upload, report):
        assert step["if"].startswith("${{ !cancelled() && steps.run.outputs.report")
    assert "inputs.artifact == 'true'" in upload["if"] and upload["continue-on-error"] is True
    assert upload["with"]["path"].endswith("/review.html")
    assert report["env"]["ARTIFACT"] == ACTION["outputs"]["review"]["value"]
    assert "if" not in run and "continue-on-error" not in run


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_run_in_the_bash_of_macos(name: str) -> None:
    """Its bash is 3.2, which lacks what later ones have, and refuses empty arrays under -u."""
    script = SCRIPTS[name]
    later = r"mapfile|readarray|declare -A|local -n|\$\{\w+(,,|\^\^|@)|&>>|\|&|;&"
    assert not re.search(later, script)
    assert not re.findall(r'"\$\{(?!specs|words)\w+\[@\]\}"', script)  # these are never empty


def test_other_actions_are_pinned() -> None:
    used = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[\w-]+@v\d+", each) for each in used)


def test_findings_are_annotations(runner: Runner) -> None:
    (runner.home / "other.yaml").write_text("nmae: x\n")
    code, text = runner("validate", "camunda.yaml\n\nother.yaml\n", ARGUMENTS="--strict\n")
    assert code == 1 and "::error file=other.yaml,line=1,col=1,title=CAM011::" in text
    assert runner("validate")[0] == 0


def test_a_plan_is_annotations_a_summary_and_one_comment(runner: Runner) -> None:
    assert runner("plan", BASE="HEAD", PULL_REQUEST="7")[0] == 0
    assert (runner.outputs["changes"], runner.outputs["blocked"]) == ("false", "false")
    assert len(runner.comments) == 1
    spec = runner.home / "camunda.yaml"
    spec.write_text(SOUND + "orchestration: {memory_mib: 8192}\n")
    code, text = runner("plan", BASE="HEAD", PULL_REQUEST="7")
    assert code == 0 and "file=camunda.yaml,line=4" in text, text
    assert (runner.outputs["changes"], runner.outputs["blocked"]) == ("true", "false")
    (comment,) = runner.comments.values()
    assert comment.startswith("<!-- camformation camunda.yaml -->\n")
    assert runner.read("summary") in comment and "8192" in comment
    spec.write_text(SOUND + "database: {name: other}\n")
    code, text = runner("plan", BASE="HEAD", PULL_REQUEST="7")
    assert code == 3 and (runner.outputs["changes"], runner.outputs["blocked"]) == ("true", "true")
    assert len(runner.comments) == 1 and "CAM650" in runner.read("summary")


def test_a_plan_has_a_picture_and_a_page(runner: Runner) -> None:
    (runner.home / "camunda.yaml").write_text(SOUND + "orchestration: {memory_mib: 8192}\n")
    assert runner("plan", BASE="HEAD", PULL_REQUEST="7", ARTIFACT=PAGE)[0] == 0
    (comment,) = runner.comments.values()
    picture = re.search(r"```mermaid\n(flowchart .*?)```\n\n</details>\n", comment, re.S)
    assert picture and "Brokers (orchestration cluster) (update)" in picture[1]
    assert f"[Review page]({PAGE})" in comment
    page = (Path(runner.outputs["report"]) / "review.html").read_text("utf-8")
    assert "Plan for camunda" in page and "8192" in page
    assert runner.outputs["artifact"] == "camformation-camunda.yaml"
    (runner.home / "a b").mkdir()
    (runner.home / "a b/c:d.yaml").write_text(SOUND)
    assert runner("plan", "a b/c:d.yaml", ARGUMENTS="--offline")[0] == 0
    assert runner.outputs["artifact"] == "camformation-a_b_c_d.yaml"
    assert "Review page" not in runner.read("summary")


def test_a_plan_needs_no_comment(runner: Runner) -> None:
    assert runner("plan", BASE="HEAD", PULL_REQUEST="7", COMMENT="false")[0] == 0
    assert runner("plan", BASE="HEAD")[0] == 0
    assert not runner.comments
    code, text = runner("plan", BASE="HEAD", PULL_REQUEST="7", REFUSED="1")
    assert code == 0 and "::warning title=camformation::" in text


def test_an_error_of_a_plan_fails(runner: Runner) -> None:
    (runner.home / "camunda.yaml").write_text("nmae: x\n")
    code, text = runner("plan", BASE="HEAD", PULL_REQUEST="7")
    assert code == 1 and "CAM011" in text and not runner.comments
    assert runner.outputs == {"changes": "false", "blocked": "false"}


@pytest.mark.parametrize(
    ("command", "spec"), [("apply", "camunda.yaml"), ("plan", "a\nb"), ("validate", " \n")]
)
def test_wrong_inputs_are_told(runner: Runner, command: str, spec: str) -> None:
    code, text = runner(command, spec)
    assert code == 1 and "::error title=camformation::" in text


def test_inputs_run_no_commands(runner: Runner) -> None:
    runner("validate", "$(touch spec)\n`touch spec`", ARGUMENTS="--set=name=$(touch spec)\n")
    runner("$(touch spec)", "a;touch spec")
    assert not (runner.home / "spec").exists()


def test_a_long_plan_is_shortened_between_characters(runner: Runner) -> None:
    plan = "temp/camformation/bin/camformation"
    long = "import pathlib, sys; files = dict(w.split('=') for w in sys.argv if '=' in w)\n"
    long += "[pathlib.Path(f).write_text('\\u2192' * 99999, 'utf-8') for f in files.values()]"
    runner._script(runner.home / plan, f"#!{sys.executable}\n{long}\nsys.exit(2)\n")
    assert runner("plan", BASE="HEAD", PULL_REQUEST="7")[0] == 0
    (comment,) = runner.comments.values()
    assert 20_000 < len(comment) < 65_536 and "The plan is longer" in comment
    assert "mermaid" not in comment


# The example repository, and the hooks


EXAMPLE = ROOT / "docs/example-repository"


def test_the_examples_specs_are_sound() -> None:
    for spec in sorted(EXAMPLE.glob("camunda-*.yaml")):
        compiled = compile_spec(str(spec), lambda file: Path(file).read_bytes())
        assert not compiled.warnings, spec


def test_the_examples_workflows_fit_the_action() -> None:
    for file in sorted(EXAMPLE.glob(".github/workflows/*.yml")):
        workflow = yaml.safe_load(file.read_text())
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        own = [step for step in steps if "/camformation@" in step.get("uses", "")]
        assert own
        for step in own:
            assert set(step["with"]) <= set(ACTION["inputs"]), file
            for spec in ("camunda-test.yaml", "camunda-production.yaml"):
                named = step["with"]["spec"].replace("${{ matrix.spec }}", spec)
                assert (EXAMPLE / named).exists()
            of = rf"^\s+(\w+ \| )*{step['with']['command']}( \| \w+)*\)"
            assert re.search(of, SCRIPTS["run.sh"], re.M)


def test_hooks_run_commands_that_exist() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        name, command = hook["entry"].split()
        assert name == "camformation" and command in COMMANDS and hook["id"] == f"{name}-{command}"
        assert re.search(hook["files"], "environments/camunda-prod.yaml")
        assert not re.search(hook["files"], "docker-compose.yaml")
    example = yaml.safe_load((EXAMPLE / ".pre-commit-config.yaml").read_text())
    used = {hook["id"] for repository in example["repos"] for hook in repository["hooks"]}
    assert used <= {hook["id"] for hook in hooks}


def test_the_image_is_made_of_what_the_context_has() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    copied = [
        w for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.M) for w in line.split()
    ]
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M)
    assert {name for name in copied if name != "./"} == set(allowed)
    assert all((ROOT / name).exists() for name in allowed)
