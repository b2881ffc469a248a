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
SOUND = "name: camunda\nprofile: development\naccess: {allowed_cidrs: [203.0.113.7/32]}\n"
GH = """#!/usr/bin/env python3
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
        self._script(bin_folder / "gh", GH)
        (home / "comments.json").write_text("{}")

    def _script(self, file: Path, text: str) -> None:
        file.write_text(text)
        file.chmod(0o755)

    def __call__(self, command: str, spec: str = "camunda.yaml", **inputs: str) -> tuple[int, str]:
        for name in ("output", "summary"):
            (self.home / name).write_text("")
        done = subprocess.run(
            ["bash", str(ROOT / "action/run.sh")],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)}
            | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            | {name: "" for name in ("ARGUMENTS", "BASE", "PLAN_FILE", "PULL_REQUEST")}
            | {"RUNNER_TEMP": str(self.home / "temp"), "COMMENT": "true"}
            | {"GITHUB_OUTPUT": str(self.home / "output"), "GITHUB_REPOSITORY": "example/camunda"}
            | {"GITHUB_STEP_SUMMARY": str(self.home / "summary")}
            | {"COMMENTS": str(self.home / "comments.json")}
            | {"COMMAND": command, "SPEC": spec, **inputs},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

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
    script = (ROOT / "action/run.sh").read_text() + (ROOT / "action/install.sh").read_text()
    assert {name for name in given if not re.search(rf"\b{name}\b", script)} == {"GH_TOKEN"}
    files = re.findall(r"GITHUB_ACTION_PATH/(\S+?)\"", script + json.dumps(steps).replace("\\", ""))
    assert files and all((ROOT / file).exists() for file in files)
    written = set(re.findall(r'echo "(\w+)=\$\(', script))
    assert written == set(ACTION["outputs"])


def test_findings_are_annotations(runner: Runner) -> None:
    (runner.home / "other.yaml").write_text("nmae: x\n")
    code, text = runner("validate", "camunda.yaml\n\nother.yaml\n", ARGUMENTS="--strict\n")
    assert code == 1 and "::error file=other.yaml,line=1,col=1,title=CAM011::" in text
    assert runner("validate")[0] == 0


def test_a_plan_is_annotations_a_summary_and_one_comment(runner: Runner) -> None:
    assert runner("plan", BASE="HEAD", PULL_REQUEST="7")[0] == 0
    assert runner.read("output") == "changes=false\nblocked=false\n"
    assert len(runner.comments) == 1
    spec = runner.home / "camunda.yaml"
    spec.write_text(SOUND + "orchestration: {memory_mib: 8192}\n")
    code, text = runner("plan", BASE="HEAD", PULL_REQUEST="7")
    assert code == 0 and "file=camunda.yaml,line=4" in text, text
    assert runner.read("output") == "changes=true\nblocked=false\n"
    (comment,) = runner.comments.values()
    assert comment.startswith("<!-- camformation camunda.yaml -->\n")
    assert runner.read("summary") in comment and "8192" in comment
    spec.write_text(SOUND + "database: {name: other}\n")
    code, text = runner("plan", BASE="HEAD", PULL_REQUEST="7")
    assert code == 3 and runner.read("output") == "changes=true\nblocked=true\n"
    assert len(runner.comments) == 1 and "CAM650" in runner.read("summary")


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
    assert runner.read("output") == "changes=false\nblocked=false\n"


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
    long = "while [ $# -gt 1 ]; do shift; done; python3 -c 'print(chr(8594) * 99999)' > ${1#*=}"
    runner._script(runner.home / plan, f"#!/bin/sh\n{long}\nexit 2\n")
    assert runner("plan", BASE="HEAD", PULL_REQUEST="7")[0] == 0
    (comment,) = runner.comments.values()
    assert 20_000 < len(comment) < 65_536 and "The plan is longer" in comment


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
            run = (ROOT / "action/run.sh").read_text()
            assert re.search(rf"^\s+(\w+ \| )*{step['with']['command']}( \| \w+)*\)", run, re.M)


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
