"""Mutants against the tests: each in a fork of a process that has collected the tests once."""

import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from coverage import Coverage

from mutants.mutations import Mutant

SPARE_SECONDS = 10
KILLED, SURVIVED, TIMED_OUT, NOT_RUN = "killed", "survived", "timed out", "run by no test"


class MutantTests:
    """A plugin for pytest that runs the tests once as they are, and then against each mutant.

    Only the tests that pass over a mutant's line run against it, the quickest first.
    """

    def __init__(self, mutants: Sequence[Mutant], workers: int) -> None:
        self.mutants = mutants
        self.workers = workers
        self.verdicts: dict[Mutant, str] = {}
        self._seconds: dict[str, float] = {}
        self._tests: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._items: dict[str, pytest.Item] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave out the tracebacks, which nobody would see."""
        config.option.tbstyle = "no"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Stand in for pytest's own loop over the tests."""
        self._items = {item.nodeid: item for item in session.items}
        self._observe()
        if session.testsfailed:
            raise session.Failed("tests fail without any mutant")
        running: dict[int, tuple[Mutant, float]] = {}
        for mutant in self.mutants:
            tests = self._relevant(mutant)
            if not tests:
                self.verdicts[mutant] = NOT_RUN
                continue
            if len(running) == self.workers:
                self._wait(running)
            running[self._fork(session, mutant, tests)] = (mutant, time.monotonic())
        while running:
            self._wait(running)
        return True

    def _observe(self) -> None:
        """Run every test; remember its time and the lines it passes over."""
        paths = {str(mutant.path) for mutant in self.mutants}
        coverage = Coverage(data_file=None, include=sorted(paths), config_file=False)
        coverage.start()
        for nodeid, item in self._items.items():
            coverage.switch_context(nodeid)
            started = time.monotonic()
            run(item, None)
            self._seconds[nodeid] = time.monotonic() - started
        coverage.stop()
        data = coverage.get_data()
        for path in paths:
            for line, contexts in data.contexts_by_lineno(path).items():
                self._tests[path, line] |= set(contexts) & self._items.keys()

    def _relevant(self, mutant: Mutant) -> list[str]:
        """Return the tests to run, the quickest first.

        A line amid a statement has no tests of its own: it has those of the nearest line above it.
        """
        path = str(mutant.path)
        for line in range(mutant.line, mutant.first, -1):
            if tests := self._tests.get((path, line)):
                return sorted(tests, key=self._seconds.__getitem__)
        everywhere = {test for (file, _), found in self._tests.items() if file == path
                      for test in found}  # fmt: skip
        return sorted(everywhere, key=self._seconds.__getitem__)

    def _fork(self, session: pytest.Session, mutant: Mutant, tests: Sequence[str]) -> int:
        sys.stdout.flush()
        if child := os.fork():
            return child
        self._judge(session, mutant, tests)

    def _judge(self, session: pytest.Session, mutant: Mutant, tests: Sequence[str]) -> NoReturn:
        """Leave this fork with 1 if a test fails, with 0 if none does."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SPARE_SECONDS + int(10 * sum(self._seconds[test] for test in tests)))
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        try:
            mutant.install()
            for test in tests:
                run(self._items[test], None)
                if session.testsfailed:
                    os._exit(1)
        except BaseException:
            os._exit(1)
        os._exit(0)

    def _wait(self, running: dict[int, tuple[Mutant, float]]) -> None:
        child, status = os.wait()
        mutant, _ = running.pop(child)
        if os.WIFSIGNALED(status):
            late = os.WTERMSIG(status) == signal.SIGALRM
            self.verdicts[mutant] = TIMED_OUT if late else KILLED
        else:
            self.verdicts[mutant] = KILLED if os.WEXITSTATUS(status) else SURVIVED


def run(item: pytest.Item, following: pytest.Item | None) -> None:
    """Run a test with its fixtures."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def test(mutants: Sequence[Mutant], files: Sequence[Path], workers: int) -> dict[Mutant, str]:
    """Return the verdict on each mutant."""
    plugin = MutantTests(mutants, workers)
    options = ["--assert=plain", "-p", "no:cacheprovider", "-p", "no:terminal"]
    code = pytest.main([*options, *map(str, files)], plugins=[plugin])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not plugin.verdicts:
        raise SystemExit(f"pytest ended with {code!r}")
    return plugin.verdicts
