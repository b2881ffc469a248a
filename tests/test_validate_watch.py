"""`validate --watch`: a check after every save, by whatever way an editor saves."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from camformation.cli.main import main

SOUND = "name: camunda\nprofile: development\naccess: {allowed_cidrs: [203.0.113.7/32]}\n"
WRONG = SOUND.replace("name", "nmae")


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A check that runs in a folder with a spec, its base and the base's base."""
    (tmp_path / "camunda.yaml").write_text("extends: base.yaml\n")
    (tmp_path / "base.yaml").write_text(SOUND)
    process = subprocess.Popen(
        [sys.executable, "-m", "camformation", "validate", "--watch", "camunda.yaml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    patience = Timer(60, process.kill)
    patience.start()
    yield process
    patience.cancel()
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def check(process: subprocess.Popen[str]) -> str:
    """Return what the next check prints."""
    assert process.stdout
    shown = ""
    for line in process.stdout:
        shown += line
        if "checked in" in line:
            return shown
    raise AssertionError(f"it ended: {shown}")


def test_each_save_is_checked(watching: subprocess.Popen[str], tmp_path: Path) -> None:
    spec, base = tmp_path / "camunda.yaml", tmp_path / "base.yaml"
    found = check(watching)
    assert "camunda.yaml: sound" in found and "watching 2 files" in found
    base.write_text(WRONG)
    found = check(watching)
    assert "base.yaml:1:1: CAM011 unknown key 'nmae'" in found and "sound" not in found
    base.unlink()
    assert "CAM" in check(watching)
    (tmp_path / "saved").write_text(SOUND)
    (tmp_path / "saved").rename(base)
    assert "sound" in check(watching)
    spec.write_text(SOUND)
    assert "watching 1 file," in check(watching)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 0


def test_the_exit_code_is_that_of_the_last_check(
    watching: subprocess.Popen[str], tmp_path: Path
) -> None:
    check(watching)
    (tmp_path / "base.yaml").write_text(WRONG)
    check(watching)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 1


def test_what_cannot_be_read_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--watch", "/dev/null"]) == 1
    assert "--watch needs files that can be saved" in capsys.readouterr().err


def test_the_pages_problem_matcher_matches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parent.parent / "docs/spec.md").read_text()
    task = next(b for b in re.findall(r"```json\n(.*?)```", page, re.S) if "problemMatcher" in b)
    pattern = json.loads(task)["tasks"][0]["problemMatcher"]["pattern"]
    monkeypatch.chdir(tmp_path)
    Path("camunda.yaml").write_text(f"{SOUND}orchestration: {{brokers: 2, memory_mib: many}}\n")
    assert main(["validate", "camunda.yaml"]) == 1
    shown = capsys.readouterr().err.splitlines()
    found = [m for line in shown if (m := re.match(pattern["regexp"], line))]
    assert found
    assert found[0][pattern["file"]] == "camunda.yaml"
    assert found[0][pattern["code"]].startswith("CAM") and found[0][pattern["severity"]] is None
