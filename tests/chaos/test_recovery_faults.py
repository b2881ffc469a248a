"""Every way to recover, cut at every call: nothing is deleted that was not named, and it ends the
same when it is taken again.

`make chaos` runs all cases; `make test` a sample, which CHAOS_SEED changes.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.recovery.condition import read_condition
from camformation.deploy.recovery.ways import ways
from camformation.layout import Layout
from chaos.world import KINDS, Fault, Shell, World, difference
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import STACK, FakeClock, FakeStack, FakeStacks, Script, Step
from deploy.live import live
from deploy.test_recovery import GONE

ALL = os.environ.get("CHAOS") == "all"
SEED = int(os.environ.get("CHAOS_SEED", "1"))
SAMPLE = 5  # faults of each case
CUTS = tuple(kind for kind in KINDS if kind not in ("throttled", "malformed"))

FAILED = ("OrchestrationService", "NodeIdBucket", "Vpc")
CASES = {
    "continue-rollback": ("UPDATE_ROLLBACK_FAILED", ""),
    "continue-rollback-skipping": ("UPDATE_ROLLBACK_FAILED", "--skip"),
    "rollback": ("UPDATE_FAILED", ""),
    "clear": ("REVIEW_IN_PROGRESS", ""),
    "delete-retaining": ("DELETE_FAILED", "--retain"),
    "force-delete": ("DELETE_FAILED", ""),
    "undo-destroy": ("UPDATE_COMPLETE", ""),
    "revert-drift": ("UPDATE_COMPLETE", ""),
}


class StuckStacks(FakeStacks):
    """CloudFormation that recovers as it is told, and keeps what became of each resource."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.forced = False

    def execute_change_set(self, change_set: str, stack: str, **more: Any) -> None:
        found = self.find(stack)
        template = found.template if found else {}
        super().execute_change_set(change_set, stack, **more)
        if found:  # a change set that reverts drift brings no template of its own
            found.template = template

    def continue_update_rollback(self, stack: str, **more: Any) -> None:
        back = [Step(0, "UPDATE_ROLLBACK_IN_PROGRESS"), Step(9, "UPDATE_ROLLBACK_COMPLETE")]
        self._order(stack, ("UPDATE_ROLLBACK_FAILED",), back)
        super().continue_update_rollback(stack, **more)
        self._become("UPDATE_COMPLETE")

    def rollback(self, stack: str, **more: Any) -> None:
        back = [Step(0, "UPDATE_ROLLBACK_IN_PROGRESS"), Step(9, "UPDATE_ROLLBACK_COMPLETE")]
        self._order(stack, ("UPDATE_FAILED", "CREATE_FAILED"), back)
        super().rollback(stack, **more)
        self._become("UPDATE_COMPLETE")

    def delete_stack(
        self, stack: str, *, retain: Sequence[str] = (), force: bool = False, **more: Any
    ) -> None:
        found = self.find(stack)
        if found is None:
            return
        if retain or force:
            states: tuple[str, ...] = ("DELETE_FAILED",)
        else:
            states = ("DELETE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
        gone = [Step(0, "DELETE_IN_PROGRESS"), Step(9, "DELETE_COMPLETE")]
        self._order(stack, states, gone)
        super().delete_stack(stack, retain=retain, force=force, **more)
        self.forced = self.forced or force
        stuck = {each.logical_id for each in found.resources if _stuck(each)} if force else set()
        self._remove(found, {*retain, *stuck})

    def _order(self, stack: str, states: tuple[str, ...], steps: Sequence[Step]) -> None:
        found = self.find(stack)
        assert found
        if self._status(found) not in states:
            text = f"Stack {found.name} is in {self._status(found)} state"
            raise Refused("CAM604", text, None, "ValidationError")
        self.operations.append(steps)

    def _become(self, status: str) -> None:
        for stack in self.known.values():
            stack.resources = tuple(replace(each, status=status) for each in stack.resources)

    def _remove(self, stack: FakeStack, kept: set[str]) -> None:
        for each in stack.resources:
            child = self.known.get(each.physical_id or "") if each.type == STACK else None
            if child and self._status(child) != "DELETE_COMPLETE":
                inner = {r.logical_id for r in child.resources if _stuck(r)}
                self._remove(child, inner if self.forced else set())
                child.status, child.events = "DELETE_COMPLETE", []
        stack.resources = tuple(
            each
            if each.status in ("DELETE_COMPLETE", "DELETE_SKIPPED")
            else replace(
                each,
                status="DELETE_SKIPPED" if each.logical_id in kept else "DELETE_COMPLETE",
            )
            for each in stack.resources
        )


def _stuck(resource: StackResource) -> bool:
    return resource.status.endswith("_FAILED")


def prepared(way: str, layout: Layout) -> World:
    """Return a deployment that needs that way."""
    status, _ = CASES[way]
    world = World()
    fake = FakeCloud()
    fake.stacks = StuckStacks(fake.clock)
    root, _ = live(fake, layout, **GONE)
    root.status = status
    if way == "clear":
        root.resources, root.template = (), {"Metadata": root.template.get("Metadata", {})}
        fake.stacks.known = {root.id: root}
    elif way == "undo-destroy":
        for name, service in fake.services.states.items():
            fake.services.states[name] = replace(service, desired=0)
        for name in list(fake.databases.clusters):
            fake.databases.set_deletion_protection(name, False)
    elif way == "revert-drift":
        change = {"LogicalResourceId": "Vpc", "ResourceType": "AWS::EC2::VPC"}
        body = {"Action": "Modify", "Replacement": "False", **change}
        for _ in range(4):
            fake.stacks.script.append(Script(changes=[{"ResourceChange": body}]))
    kind = "DELETE_FAILED" if status == "DELETE_FAILED" else "UPDATE_FAILED"
    if status.endswith("_FAILED"):
        for stack in fake.stacks.known.values():
            if kind == "DELETE_FAILED" and any(r.logical_id in FAILED for r in stack.resources):
                stack.status = kind
            stack.resources = tuple(
                replace(each, status=kind) if each.logical_id in FAILED else each
                for each in stack.resources
            )
    fake.clock.sleep(60)
    world.fake, world.stacks = fake, fake.stacks  # type: ignore[assignment]
    return world


def command(world: World, way: str) -> tuple[str, ...]:
    """Return the command that takes a way, with all the names that it needs."""
    found = read_condition(world.cloud(), "camunda")
    offered = next(each for each in ways(found) if each.id == way)
    option = CASES[way][1]
    named = [word for name in offered.names for word in (option, name)] if option else []
    deleted = [word for name in offered.deletes for word in ("--delete", name)]
    return ("recover", "camunda", "--way", way, "--yes", "--name", "camunda", *named, *deleted)


def outcome(world: World) -> dict[str, Any]:
    """Return what stands, and what became of each resource."""
    state = world.state()
    fates = {
        f"{stack.name}/{each.logical_id}": each.status
        for stack in world.stacks.known.values()
        for each in stack.resources
    }
    protected = {k: v.deletion_protection for k, v in world.fake.databases.clusters.items()}
    return {**state, "fates": fates, "protected": protected}


def cases() -> list[tuple[str, Layout]]:
    """Return each way in each layout that has it."""
    return [(w, e) for w in CASES for e in Layout if w != "revert-drift" or e is Layout.FLAT]


@pytest.mark.parametrize(("way", "layout"), cases())
def test_a_cut_at_any_call(
    way: str,
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ready = prepared(way, layout)
    words = command(ready, way)
    named = {each for before, each in pairwise(words) if before == "--delete"}
    holding = {each.address.logical_id for each in read_condition(ready.cloud(), "camunda").alive}
    calm = Shell(ready.copied(), monkeypatch, capsys)
    first = calm(*words)
    assert first.code == 0, first
    wanted = outcome(calm.world)
    faults = [
        Fault(kind, call, number)
        for call, count in sorted(calm.world.calls.items())
        for number in range(count)
        for kind in CUTS
    ]
    if not ALL:
        faults = random.Random(f"{SEED} {way} {layout}").sample(faults, SAMPLE)
    wrong = []
    for fault in faults:
        with monkeypatch.context() as patched:
            shell = Shell(ready.copied(), patched, capsys)
            found = list(_wrong(shell, words, fault, wanted, holding - named))
        wrong += [f"{fault}: {each}" for each in found]
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:40])


def _wrong(
    shell: Shell, words: tuple[str, ...], fault: Fault, wanted: dict[str, Any], kept: set[str]
) -> Any:
    """Yield what is wrong about a recovery that is cut, and about taking it again."""
    world = shell.world
    world.fault = fault
    try:
        run = shell(*words)
    except Exception as error:  # what a user would see as a traceback
        yield f"traceback: {type(error).__name__}: {error}"
        return
    text = run.out + run.err
    if "Traceback" in text:
        yield f"a traceback is printed: {text[-800:]}"
    if not world.met:
        yield "nothing has met the fault"
    yield from _lost(world, kept)
    world.mended()
    again = shell(*words)
    gone = "CAM622" in again.err or "no stack" in again.err
    if again.code != 0 and not gone:
        yield f"taken again, it exits with {again.code}: {(again.out + again.err)[-500:]}"
    yield from _lost(world, kept)
    if outcome(world) != wanted:
        yield f"taken again, it ends otherwise: {difference(outcome(world), wanted)}"
    if world.left():
        yield f"taken again, it leaves {world.left()} behind"


def _lost(world: World, kept: set[str]) -> Any:
    """Yield what held data and is deleted, though nobody named it."""
    for stack in world.stacks.known.values():
        for each in stack.resources:
            if each.status == "DELETE_COMPLETE" and each.logical_id in kept:
                yield f"{each.logical_id} is deleted, and nobody named it"
