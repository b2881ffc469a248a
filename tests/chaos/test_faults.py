"""Every command under every fault at every call: no traceback, no wrong word, nothing left, and the
same end when it is run again.

`make chaos` runs all cases; `make test` a sample, which CHAOS_SEED changes.
"""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from chaos.world import KINDS, Fault, Run, Shell, World, difference

SPEC = """\
name: camunda
profile: development
access: {allowed_cidrs: [203.0.113.7/32]}
stack: {artifact_bucket: artifacts, termination_protection: true, protect_data: true}
database: {deletion_protection: true, on_delete: snapshot}
storage: {on_delete: delete, backup: {on_delete: delete}}
"""
CHANGED = SPEC.replace("203.0.113.7", "203.0.113.8")
DEPLOY = ("deploy", "camunda.yaml", "--yes")
COMMANDS: dict[str, tuple[str, ...]] = {
    "bootstrap": ("bootstrap",),
    "plan": ("plan", "camunda.yaml"),
    "plan of an update": ("plan", "camunda.yaml"),
    "deploy": DEPLOY,
    "update": DEPLOY,
    "failing update": DEPLOY,
    "destroy": ("destroy", "camunda", "--yes", "--name", "camunda", "--disable-protection"),
}
DEPLOYED = ("plan of an update", "update", "failing update", "destroy")
"""Commands that begin with a deployment that stands."""

HAVE_FAILED = {"bootstrap": Fault("interrupted", "stacks.execute_change_set", 0)}
"""Faults that once went wrong: each is in every sample."""

SAMPLE = 60
ALL = os.environ.get("CHAOS") == "all"
SEED = int(os.environ.get("CHAOS_SEED", "1"))


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(World(), monkeypatch, capsys)


def prepared(shell: Shell, name: str, layout: str) -> tuple[str, ...]:
    """Bring the world to where a command begins; return the command."""
    more = () if name in ("bootstrap", "destroy") else ("--layout", layout)
    Path("camunda.yaml").write_text(SPEC)
    if name in DEPLOYED:
        done = shell(*DEPLOY, "--layout", layout)
        assert done.code == 0, done
        if name != "destroy":
            Path("camunda.yaml").write_text(CHANGED)
        shell.world.failing = name == "failing update"
        shell.world.fake.clock.sleep(3600)
    return (*COMMANDS[name], *more)


def cases() -> list[tuple[str, str, int]]:
    """Return the commands to try, with a seed for each: the calls are known once they have run."""
    layouts = [(n, layout) for n in COMMANDS for layout in ("nested", "flat")]
    return [(n, layout, SEED) for n, layout in layouts if n != "bootstrap" or layout == "flat"]


@pytest.mark.parametrize(("name", "layout", "seed"), cases())
def test_a_fault_at_any_call(
    name: str,
    layout: str,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    ready = World()
    command = prepared(Shell(ready, monkeypatch, capsys), name, layout)
    before = ready.state()
    calm = Shell(ready.copied(), monkeypatch, capsys)
    first = calm(*command)
    assert first.code == (2 if "plan" in name else int("failing" in name)), first
    assert not calm.world.left()
    wanted = calm.world.state()
    faults = [
        Fault(kind, call, number)
        for call, count in sorted(calm.world.calls.items())
        for number in range(count)
        for kind in KINDS
    ]
    if not ALL:
        share = max(6, SAMPLE // len(cases()))
        faults = random.Random(f"{seed} {name} {layout}").sample(faults, share)
        faults += [HAVE_FAILED[name]] if name in HAVE_FAILED else []
    wrong = []
    for fault in faults:
        with monkeypatch.context() as patched:  # which would keep every world there was
            shell = Shell(ready.copied(), patched, capsys)
            found = list(_wrong(shell, command, fault, first, wanted))
        wrong += [f"{fault}: {each}" for each in found]
    assert ready.state() == before, "every run has a world of its own"
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:40])


def _wrong(
    shell: Shell, command: tuple[str, ...], fault: Fault, calm: Run, wanted: dict[str, Any]
) -> Any:
    """Yield what is wrong about a command under a fault, and about its repetition."""
    world = shell.world
    before = world.state()
    world.fault = fault
    try:
        run = shell(*command)
    except Exception as error:  # what a user would see as a traceback
        yield f"traceback: {type(error).__name__}: {error}"
        return
    if not world.met:
        yield "nothing has met the fault"
    text = run.out + run.err
    if "Traceback" in text:
        yield f"a traceback is printed: {text[-800:]}"
    killed = run.code is None
    failing = calm.code == 1
    said = run.code == calm.code and not failing and "detached" not in text and "CAM648" not in text
    if said and world.state() != wanted:
        yield f"it says that it is done, and it is not: {difference(world.state(), wanted)}"
    if failing and run.code == 0 and "detached" not in text:
        yield "it says that it is done, and it failed"
    if run.code not in (None, calm.code) and " failed after " in text:
        yield f"it says that CloudFormation failed: {text[-300:]}"
    excused = killed or world.expired or "CAM648" in text or "may be working" in text
    running = any(s[0].endswith("_IN_PROGRESS") for s in world.state()["stacks"].values())
    if world.left() and not excused and not running:
        yield f"it leaves {world.left()} behind, exit {run.code}: {text[-400:]}"
    if command[0] != "destroy":
        for name, held in before["buckets"].items():
            if world.state()["buckets"].get(name, 0) < held:
                yield f"{name} has lost objects"
    world.mended()
    again = shell(*command)
    gone = command[0] == "destroy" and "CAM682" in again.err
    done = command[0] == "deploy" and again.code == 0
    if again.code != calm.code and not gone and not done:
        yield f"run again, it exits with {again.code}: {again.err[-500:]}"
    if world.state() != wanted:
        yield f"run again, it ends otherwise: {difference(world.state(), wanted)}"
    if world.left():
        yield f"run again, it leaves {world.left()} behind"
