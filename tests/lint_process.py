"""Linters in processes of their own: they hold 170 and 230 MB, and never give them back.

cfn-lint's is for all tests; AWS's own linter has another, for its tests.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from camformation import lint
from camformation.linting import Match, Question

Answer = TypeVar("Answer")
_answers = lint._answers


def answers(asked: Sequence[Question]) -> list[list[Match]]:
    """Return what `camformation.lint` is told by cfn-lint."""
    return [lint._run(each) for each in asked]


def aws_answers(asked: Sequence[Question]) -> list[list[Match]]:
    """Return what AWS's own linter tells."""
    from camformation import aws_lint

    return aws_lint.answers(asked)


def api_matches(text: str, regions: Sequence[str]) -> list[str]:
    """Return what cfn-lint says of a template to those who call it as its documentation says."""
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    return [str(found) for found in lint(text, config=ManualArgs(regions=list(regions)))]


class LintProcess:
    """Calls functions of this module in a process that is started by the first call."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._of = 0

    def __call__(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        if self._process is None or self._of != os.getpid():  # a fork has one of its own
            self._process, self._of = _started(), os.getpid()
        assert self._process.stdin and self._process.stdout
        pickle.dump((function, arguments), self._process.stdin)
        self._process.stdin.flush()
        raised, answer = pickle.load(self._process.stdout)
        if raised:
            raise answer
        found: Answer = answer
        return found

    def end(self) -> None:
        if self._process is not None and self._of == os.getpid():
            self._process.communicate()


elsewhere = LintProcess()


@contextmanager
def linting_elsewhere() -> Iterator[None]:
    """Let `camformation.lint` call cfn-lint there."""
    lint._answers = lambda asked: elsewhere(answers, asked) if asked else []
    try:
        yield
    finally:
        lint._answers = _answers
        elsewhere.end()


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "import lint_process; lint_process.serve()"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def serve() -> None:
    """Answer calls until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    while True:
        try:
            function, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = (False, function(*arguments))
        except Exception as error:
            answer = (True, error)
        pickle.dump(answer, answers)
        answers.flush()
