"""Ctrl-C while a fleet is deployed, on a terminal of its own, over HTTP."""

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.inert import inert, written

__all__ = ["inert"]
QUICK = (
    "from camformation.deploy.fleet import execution; execution.POLL_S = 0.2; "
    "from camformation.cli.main import main; raise SystemExit(main())"
)


class Terminal:
    """The command, with somebody who types."""

    def __init__(self, *arguments: str | Path, term: str = "xterm") -> None:
        self.shown = ""
        self.ended = False
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            path = os.pathsep.join(filter(None, sys.path))
            variables = {**os.environ, "PYTHONPATH": path, "TERM": term, "COLUMNS": "200"}
            words = [sys.executable, "-c", QUICK, *map(str, arguments)]
            os.execve(sys.executable, words, variables)

    def until(self, text: str, seconds: float = 30) -> None:
        """Read on until the text is shown."""
        since, limit = len(self.shown), time.monotonic() + seconds
        while text not in self.shown[since:]:
            assert time.monotonic() < limit and self._read(1), self.shown

    def types(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def presses(self) -> None:
        os.kill(self.pid, signal.SIGINT)

    def ends(self) -> int:
        """Read to the end; return the exit code."""
        limit = time.monotonic() + 60
        while self._read(1):
            assert time.monotonic() < limit, self.shown
        os.close(self._terminal)
        self.ended = True
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode(errors="replace"))
        return bool(data)


class Operations(list[dict[str, Any]]):
    """Those that were begun. They run until a test ends them."""

    status = "RUNNING"

    def end(self, status: str) -> None:
        self.status = status
        for each in self:
            each["Status"] = status


@pytest.fixture
def operations(moto: str, monkeypatch: pytest.MonkeyPatch) -> Operations:
    from moto.cloudformation import models

    create, begun = models.StackSet._create_operation, Operations()

    def create_operation(self: Any, *arguments: Any, **named: Any) -> Any:
        operation = create(self, *arguments, **named)
        operation["Status"] = begun.status
        begun.append(operation)
        return operation

    monkeypatch.setattr(models.StackSet, "_create_operation", create_operation)
    return begun


@pytest.fixture
def term() -> str:
    return "xterm"


@pytest.fixture
def terminal(inert: None, operations: Any, tmp_path: Path, term: str) -> Iterator[Terminal]:
    shown = Terminal("fleet", "deploy", written(tmp_path), "--yes", term=term)
    shown.until("creating stacks" if term == "dumb" else "running")
    yield shown
    if not shown.ended:  # a test has failed
        os.kill(shown.pid, signal.SIGKILL)
        os.waitpid(shown.pid, 0)


def statuses(operations: Operations) -> list[str]:
    return [each["Status"] for each in operations]


def test_once_asks_and_leaving_lets_what_runs_go_on(
    terminal: Terminal, operations: Operations
) -> None:
    terminal.presses()
    terminal.until("Choose")
    terminal.types("detach\n")
    assert terminal.ends() == 0, terminal.shown
    assert "not started: rest" in terminal.shown and statuses(operations) == ["RUNNING"]
    assert f"operation {operations[0]['OperationId']}" in terminal.shown


def test_once_asks_and_stopping_stops_what_runs(terminal: Terminal, operations: Operations) -> None:
    terminal.presses()
    terminal.until("Choose")
    terminal.types("cancel\n")
    assert terminal.ends() == 1
    assert "you stopped it" in terminal.shown and statuses(operations) == ["STOPPED"]


def test_once_asks_and_going_on_ends_well(terminal: Terminal, operations: Operations) -> None:
    terminal.presses()
    terminal.until("Choose")
    terminal.types("continue\n")
    operations.end("SUCCEEDED")
    terminal.until("done in")
    assert terminal.ends() == 0


def test_twice_leaves_at_once(terminal: Terminal, operations: Operations) -> None:
    terminal.presses()
    terminal.until("Choose")
    time.sleep(0.5)  # no person presses between the question and the reading of the answer
    terminal.presses()
    assert terminal.ends() == 130, terminal.shown
    assert "detached" in terminal.shown and statuses(operations) == ["RUNNING"]


@pytest.mark.parametrize("term", ["dumb"])
def test_a_terminal_that_cannot_redraw_gets_lines(
    terminal: Terminal, operations: Operations
) -> None:
    assert "wave canary: creating stacks in eu-west-2" in terminal.shown
    terminal.presses()
    terminal.until("Choose")
    terminal.types("detach\n")
    assert terminal.ends() == 0 and statuses(operations) == ["RUNNING"]
