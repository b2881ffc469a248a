"""The same over HTTP, on the local target: AWS's error documents, lost answers, strange ones.

A sample: CHAOS_SEED changes it, and CHAOS=all makes it larger.
"""

import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from camformation.cli.main import main
from camformation.deploy import local
from camformation.deploy.live_stack import own_change_sets
from chaos.world import KINDS, Killed
from deploy.test_connection import Raw

pytest.importorskip("ministack")

SPEC = """\
name: {name}
region: eu-west-2
profile: development
access: {{allowed_cidrs: [203.0.113.7/32]}}
database: {{on_delete: delete, deletion_protection: false}}
storage: {{on_delete: delete}}
secrets: {{on_delete: delete}}
"""
ALL = os.environ.get("CHAOS") == "all"
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PASSES = 12 if ALL else 1
LAYOUTS = ("nested", "flat") if ALL else (("flat", "nested")[SEED % 2],)
CODES = {
    "throttled": ("ThrottlingException", 400),
    "denied": ("AccessDenied", 403),
    "expired": ("ExpiredToken", 400),
}


@dataclass
class Wire:
    """All requests to AWS; those of one action may meet a fault.

    What threads of an earlier command still ask, which would have ended with its process, meets
    none: a fault that interrupts would reach the test itself, between two commands.
    """

    send: Any
    counts: Counter[str] = field(default_factory=Counter)
    fault: tuple[str, str, int] | None = None  # kind, action, number
    repeated: int = 0
    dead: bool = False
    earlier: frozenset[threading.Thread] = frozenset()

    def begin(self, fault: tuple[str, str, int] | None = None) -> None:
        self.fault, self.repeated, self.dead = fault, 0, False
        self.counts.clear()
        self.earlier = frozenset(threading.enumerate()) - {threading.main_thread()}

    def __call__(self, session: Any, request: Any) -> AWSResponse:
        if threading.current_thread() in self.earlier:
            return self.send(session, request)
        if self.dead:
            raise Killed
        action = _action(request)
        kind, wanted, at = self.fault or ("", "", 0)
        number, self.counts[action] = self.counts[action], self.counts[action] + 1
        first = action == wanted and number == at
        again = self.repeated > 0 and (kind == "expired" or action == wanted)
        if not first and not again:
            return self.send(session, request)
        if again and kind != "expired" and self.repeated > 1:  # botocore has given up by then
            return self.send(session, request)
        self.repeated += 1
        if kind in CODES:
            return _refusal(request, *CODES[kind])
        if kind == "malformed":
            return AWSResponse(request.url, 200, {}, Raw("" if request.method == "HEAD" else "hi"))
        if kind == "lost":
            if first:
                self.send(session, request)
            raise ConnectionClosedError(endpoint_url=request.url)
        if kind == "killed":
            self.dead = True
            raise Killed
        if first:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return self.send(session, request)


def _text(body: Any) -> str:
    if hasattr(body, "read"):
        return ""
    return body.decode("utf-8", "replace") if isinstance(body, bytes | bytearray) else str(body)


def _action(request: Any) -> str:
    target = request.headers.get("X-Amz-Target")
    if target:
        return str(target.decode() if isinstance(target, bytes) else target)
    named = parse_qs(_text(request.body)).get("Action") if request.method == "POST" else None
    return named[0] if named else f"s3 {request.method}"


def _refusal(request: Any, code: str, status: int) -> AWSResponse:
    said = "not authorized to perform: some:Action"
    if request.headers.get("X-Amz-Target"):
        text = json.dumps({"__type": code, "message": said})
    elif request.method == "HEAD":
        text = ""
    else:
        error = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>"
        query = f"<ErrorResponse>{error}</ErrorResponse>"
        ec2 = f"<Response><Errors>{error}</Errors></Response>"
        text = ec2 if "AvailabilityZones" in _action(request) else query
        text = error if _action(request).startswith("s3") else text
    return AWSResponse(request.url, status, {}, Raw(text))


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    from botocore.httpsession import URLLib3Session

    found = Wire(URLLib3Session.send)
    monkeypatch.setattr(
        "botocore.httpsession.URLLib3Session.send", lambda session, request: found(session, request)
    )
    return found


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local target that runs already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "never"))
    with local.start(tmp_path / "state", region="eu-west-2"):
        yield tmp_path / "state"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_faults_on_the_wire(
    layout: str,
    wire: Wire,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(name: str, command: str) -> tuple[int | None, str]:
        Path("camunda.yaml").write_text(SPEC.format(name=name))
        more = "" if command.startswith("destroy") else f" --layout {layout}"
        words = command.format(name=name) + more
        try:
            code: int | None = main([*words.split(), "--local-state", str(state)])
        except Killed:
            code = None
        wire.fault = None
        out, err = capsys.readouterr()
        return code, out + err

    commands = (
        "plan camunda.yaml",
        "deploy camunda.yaml --yes --quiet",
        "destroy camunda.yaml --yes --name {name}",
    )
    calls: dict[str, list[tuple[str, int]]] = {}
    for command in commands:
        wire.begin()
        code, text = run("calm", command)
        assert code == (2 if command.startswith("plan") else 0), text
        calls[command] = [(a, n) for a, count in sorted(wire.counts.items()) for n in range(count)]
    chosen = random.Random(f"{SEED} {layout}")
    wrong: list[str] = []
    for number in range(PASSES):
        name = f"camunda-{number}"
        for command in commands:
            fault = (chosen.choice(KINDS), *chosen.choice(calls[command]))
            wire.begin(fault)
            code, text = run(name, command)
            if "Traceback" in text:
                wrong.append(f"{command} {fault}: {text[-600:]}")
            wire.begin()
            with monkeypatch.context() as patched:
                patched.setattr(own_change_sets, "_ended", lambda description: True)
                again, said = run(name, command)
                if "CAM623" in said:  # what was begun goes on, for the target was not killed
                    main(["watch", name, "--local-state", str(state)])
                    again, said = run(name, command)
            gone = "CAM682" in said and command.startswith("destroy")
            if again != (2 if command.startswith("plan") else 0) and not gone:
                wrong.append(f"{command} {fault} ({code}), run again: {again}: {said[-600:]}")
            if command.startswith("plan"):
                main(["list", "--local-state", str(state)])
                if "no deployments" not in (listed := capsys.readouterr().out):
                    wrong.append(f"{command} {fault} leaves {listed}")
    assert not wrong, "\n".join(wrong)
    wire.begin()
    assert main(["list", "--local-state", str(state)]) == 0
    assert "no deployments" in capsys.readouterr().out
