"""A small AWS that keeps what is deployed to it, and one fault at one of its calls.

Change sets, stacks, nested stacks and what they hold come and go as CloudFormation would have it;
time passes only while somebody waits. `Fault` says which call fails, and how.
"""

import copy
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.cli.target import Connection
from camformation.deploy.cloud.errors import (
    AccessDenied,
    CredentialsExpired,
    DeployError,
    Throttled,
    Unreachable,
)
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stacks import ChangeSetRequest, StackDescription, StackResource
from camformation.deploy.operation.interrupt import InterruptibleClock
from camformation.frozen import replaced
from chaos.shared import share
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, STACK, FakeClock, FakeStack, FakeStacks, Script, Step
from deploy.fake_stacks import entry as change
from deploy.live import _physical

BUCKET = "artifacts"
KINDS = ("throttled", "denied", "expired", "lost", "malformed", "interrupted", "killed")
PATCHED = ("deployment", "plans", "destruction", "recovery", "target")


FAILING = (
    Step(0, "UPDATE_IN_PROGRESS"),
    Step(3, "UPDATE_FAILED", "CoreService", "AWS::ECS::Service", "Circuit breaker was triggered"),
    Step(4, "UPDATE_ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to update"),
    Step(10, "UPDATE_ROLLBACK_COMPLETE"),
)
"""How an update fails, where that is what the world is about."""


class Killed(BaseException):
    """The process ends here; nothing it would still do is done."""


@dataclass(frozen=True)
class Fault:
    """The `number`-th call (from 0) of `call`, as in `stacks.events`, fails."""

    kind: str
    call: str
    number: int


class LivingStacks(FakeStacks):
    """CloudFormation that deploys what change sets say, and deletes what is to go."""

    def __init__(self, clock: FakeClock, world: "World") -> None:
        super().__init__(clock)
        self.world = world
        self.new_outputs = {"ArtifactBucketName": BUCKET}

    def create_change_set(self, request: ChangeSetRequest) -> tuple[str, str]:
        known = self._find_named(request)
        if known is not None:
            return known
        template = self.world.template(request)
        before = self.find(request.stack)
        empty = before is None or self._status(before) == "REVIEW_IN_PROGRESS"
        same = not empty and before is not None and before.template == template
        titles = [t for t, body in template["Resources"].items() if body["Type"] == STACK]
        if same:
            script = Script(status="FAILED", reason=NO_CHANGES)
        else:
            nested = {title: Script([change("Inner")]) for title in titles}
            script = Script([change("Vpc")], nested=nested)
        self.script.append(script)
        made = super().create_change_set(request)
        if empty:
            self.known[made[1]].template = {"Description": template.get("Description", "")}
        return made

    def _find_named(self, request: ChangeSetRequest) -> tuple[str, str] | None:
        found = self._find_set(request.name, request.stack)
        return (found.id, found.stack_id) if found else None

    def _description(self, stack: FakeStack) -> StackDescription:
        return replaced(super()._description(stack), outputs=dict(stack.outputs))

    def execute_change_set(
        self, change_set: str, stack: str, *, client_token: str, disable_rollback: bool | None
    ) -> None:
        found = self._find_set(change_set, stack)
        assert found, f"no change set {change_set}"
        owner = self.known[found.stack_id]
        template = self.world.template(found.request)
        body = json.dumps(template)
        kind = found.request.kind
        children = {title: self.known[below[1]] for title, below in found.nested.items()}
        deployed = owner.template
        self.operations.append(FAILING if self.world.failing else _steps(kind, children))
        self.read_url = {found.request.url or "": body}
        self.sets = {arn: each for arn, each in self.sets.items() if each.root != found.id}
        super().execute_change_set(
            change_set, stack, client_token=client_token, disable_rollback=disable_rollback
        )
        if self.world.failing:
            owner.template = deployed
        else:
            self._fill(owner, owner, template)

    def _fill(self, root: FakeStack, stack: FakeStack, template: dict[str, Any]) -> None:
        cloud = self.world.fake
        known = set(cloud.objects.buckets), dict(cloud.databases.clusters)
        stack.template = template
        stack.resources = tuple(
            StackResource(
                title, _physical(cloud, root, title, body), body["Type"], "CREATE_COMPLETE"
            )
            for title, body in template["Resources"].items()
        )
        for name in cloud.databases.clusters.keys() & known[1].keys():
            if known[1][name].deletion_protection:  # somebody's word, and ours to keep
                cloud.databases.clusters[name] = known[1][name]
        for title, body in template["Resources"].items():
            if body["Type"] == STACK:
                child = self.child(root, title)
                child.status = "CREATE_COMPLETE"
                self._fill(root, child, self.world.read(body["Properties"]["TemplateURL"]))

    def delete_stack(
        self,
        stack: str,
        *,
        role_arn: str | None,
        client_token: str,
        retain: Sequence[str] = (),
        force: bool = False,
    ) -> None:
        found = self.find(stack)
        assert found
        if found.protected:
            raise DeployError("CAM606", "it is protected against deletion")
        self._call("delete_stack", found.name)
        now = self.clock.now()
        found.events = [event for event in found.events if event.time <= now]
        self.play(found, [Step(0, "DELETE_IN_PROGRESS"), Step(10, "DELETE_COMPLETE")], client_token)
        self.sets = {arn: each for arn, each in self.sets.items() if each.stack_id != found.id}
        for each in self.known.values():
            if each.root == found.id:
                each.status, each.events = "DELETE_COMPLETE", []


def _steps(kind: str, children: Mapping[str, FakeStack]) -> list[Step]:
    steps = [Step(0, f"{kind}_IN_PROGRESS")]
    for title, child in children.items():
        about = {"logical_id": title, "type": STACK, "physical_id": child.id}
        steps += [
            Step(1, f"{kind}_IN_PROGRESS", **about),
            Step(2, f"{kind}_IN_PROGRESS", stack=title),
            Step(7, f"{kind}_COMPLETE", stack=title),
            Step(8, f"{kind}_COMPLETE", **about),
        ]
    return [*steps, Step(10, f"{kind}_COMPLETE")]


class World:
    """The account, who calls it, and the fault that is due."""

    def __init__(self) -> None:
        self.fake = FakeCloud()
        self.stacks = LivingStacks(self.fake.clock, self)
        self.fake.stacks = self.stacks
        self.fake.objects.buckets[BUCKET] = {}
        self.fault: Fault | None = None
        self.calls: Counter[str] = Counter()
        self.met = self.dead = self.expired = self.failing = False
        self._guard = threading.Lock()
        self.over = threading.Event()  # the fault of a thread

    def copied(self) -> "World":
        """Return a world that is where this one is, and goes its own way."""
        own = {id(self._guard): threading.Lock(), id(self.over): threading.Event()}
        return copy.deepcopy(self, own)

    def read(self, url: str) -> dict[str, Any]:
        """Return a template that was uploaded."""
        key = url.partition(".template")[0].rpartition("/")[2]
        objects = self.fake.objects.buckets[BUCKET]
        found: dict[str, Any] = next(
            json.loads(content) for name, (content, _) in objects.items() if key in name
        )
        return found

    def template(self, request: ChangeSetRequest) -> dict[str, Any]:
        """Return the root template of a change set."""
        if request.body:
            found: dict[str, Any] = json.loads(request.body)
            return found
        return self.read(request.url or "")

    def cloud(self) -> Cloud:
        """Return the cloud as a command sees it."""
        real = replaced(self.fake.cloud, stacks=self.stacks)
        names = ("identity", "stacks", "objects", "services", "databases", "networks", "secrets")
        return replaced(real, **{n: _Faulty(self, n, getattr(real, n)) for n in names})

    def mended(self) -> None:
        """Let the fault be over, whoever runs next be signed in, and all operations end."""
        self.over.set()
        self.fault, self.met, self.dead, self.expired = None, False, False, False
        self.fake.clock.sleep(2 * 3600)

    def left(self) -> list[str]:
        """Return the change sets and empty stacks that nobody needs."""
        found = [each.request.name for each in self.stacks.sets.values()]
        for stack in self.stacks.known.values():
            if self.stacks._status(stack) == "REVIEW_IN_PROGRESS":
                found.append(stack.name)
        return found

    def state(self) -> dict[str, Any]:
        """Return what stands, as far as people rely on it."""
        stacks = {
            each.name: (
                self.stacks._status(each),
                json.dumps(each.template, sort_keys=True),
                each.protected,
                each.policy,
            )
            for each in self.stacks.known.values()
            if self.stacks._status(each) not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
        }
        objects = {name: len(held) for name, held in self.fake.objects.buckets.items()}
        return {"stacks": stacks, "buckets": objects, "services": self._services()}

    def _services(self) -> dict[str, int]:
        return {name: each.desired for name, each in self.fake.services.states.items()}

    def meet(self, call: str) -> str | None:
        """Count a call; return the kind of fault that it meets."""
        with self._guard:
            number, self.calls[call] = self.calls[call], self.calls[call] + 1
            if self.dead:
                raise Killed
            if self.expired:
                raise CredentialsExpired("CAM602", "the AWS credentials have expired", "sign in")
            fault = self.fault
            if self.met or fault is None or (fault.call, fault.number) != (call, number):
                return None
            self.met = True
            return fault.kind


class _Faulty:
    """A service, at one of whose calls the fault waits."""

    def __init__(self, world: World, name: str, service: Any) -> None:
        self._world, self._name, self._service = world, name, service

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            kind = self._world.meet(f"{self._name}.{method}")
            self._before(kind)
            answer = getattr(self._service, method)(*args, **kwargs)
            if isinstance(answer, Iterator):
                answer = iter(list(answer))
            if kind in ("lost", "malformed"):
                raise Unreachable("CAM605", "AWS does not answer", "try again")
            return answer

        return call

    def _before(self, kind: str | None) -> None:
        match kind:
            case "throttled":
                raise Throttled("CAM604", "AWS throttles", "wait, and try again")
            case "denied":
                raise AccessDenied("CAM603", "not allowed: some action", "the role needs it")
            case "expired":
                self._world.expired = True
                raise CredentialsExpired("CAM602", "the AWS credentials have expired", "sign in")
            case "killed":
                self._world.dead = True
                raise Killed
            case "interrupted" if threading.current_thread() is threading.main_thread():
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
            case "interrupted":  # in a thread, the call hangs, and somebody presses once
                os.kill(os.getpid(), signal.SIGINT)
                self._world.over.wait(60)
                raise Killed


@dataclass
class Run:
    """What came of a command; without a code where it was killed."""

    code: int | None
    out: str
    err: str


class Shell:
    """Runs commands in a world, as somebody types them."""

    def __init__(
        self, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.world, self._capsys = world, capsys
        clock = world.fake.clock

        class Clock(InterruptibleClock):
            now = staticmethod(clock.now)
            sleep = staticmethod(clock.sleep)

        @contextmanager
        def connected(*_: Any, **__: Any) -> Iterator[Connection]:
            cloud = world.cloud()
            yield Connection(cloud, cloud.identity.caller())

        for name in PATCHED:
            monkeypatch.setattr(f"camformation.cli.{name}.connected", connected)
        monkeypatch.setattr("camformation.cli.plans.SystemClock", Clock)
        monkeypatch.setattr("camformation.cli.target.SystemClock", Clock)
        monkeypatch.setattr("camformation.cli.operation_view.InterruptibleClock", Clock)
        share(monkeypatch)

    def __call__(self, *command: str) -> Run:
        self.world.calls.clear()
        self._capsys.readouterr()
        code: int | None
        try:
            code = main(command)
        except Killed:
            code = None
        out, err = self._capsys.readouterr()
        return Run(code, out, err)


def difference(found: Any, wanted: Any, path: str = "") -> str:
    """Return the first difference between two states, in words."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            if found.get(key) != wanted.get(key):
                return difference(found.get(key), wanted.get(key), f"{path}/{key}")
    return f"{path}: {str(found)[:160]} instead of {str(wanted)[:160]}"
