"""Run commands side by side, and tell the CPU time and the memory of each."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Case:
    """A command, and what its runs took: CPU seconds (user and system), seconds, and peak memory.

    `first` runs before each run, unmeasured.
    """

    title: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    first: Sequence[str] = ()
    seconds: list[float] = field(default_factory=list)
    elapsed: list[float] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """The median CPU time in seconds."""
        return median(self.seconds)


def run(case: Case) -> None:
    """Run a case once and add to its figures; raises `SystemExit` where the command fails."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", **case.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # everything measured is compiled already
    if case.first:
        subprocess.run(case.first, env=environment, check=True)
    begin = time.perf_counter()
    with subprocess.Popen(
        case.command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{case.title}: exit code {process.returncode}\n{errors}")
    case.seconds.append(usage.ru_utime + usage.ru_stime)
    case.elapsed.append(elapsed)
    case.peak.append(usage.ru_maxrss * 1024)  # Linux counts in KiB (getrusage(2))


def interleave(cases: Sequence[Case], runs: int) -> None:
    """Run every case once per round, so that a machine that slows down slows all of them.

    One round more than `runs` is run, and forgotten: it fills the caches.
    """
    for round_ in range(runs + 1):
        for case in cases:
            run(case)
            if round_ == 0:
                case.seconds.clear()
                case.elapsed.clear()
                case.peak.clear()


def ratio(case: Case, base: Case) -> float:
    """Return how often the base's CPU time fits into the case's: the median of all rounds."""
    return median(a / b for a, b in zip(case.seconds, base.seconds, strict=True))


def ratio_elapsed(case: Case, base: Case) -> float:
    """Return how often the base's time fits into the case's, as on the clock on the wall."""
    return median(a / b for a, b in zip(case.elapsed, base.elapsed, strict=True))


def extra(case: Case, base: Case) -> float:
    """Return how many CPU seconds a case takes more than the base: the median of all rounds."""
    return median(a - b for a, b in zip(case.seconds, base.seconds, strict=True))
