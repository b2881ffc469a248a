"""Calls several at once: in order, with their errors, and left behind by Ctrl-C."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from camformation.deploy.cloud.parallel import in_parallel


@pytest.mark.parametrize("threads", [1, 3, 50])
@pytest.mark.parametrize("number", [0, 1, 2, 20])
def test_results_come_in_the_order_of_the_items(threads: int, number: int) -> None:
    def call(item: int) -> int:
        time.sleep(0.002 * (number - item))  # later ones are faster
        return item * 2

    assert list(in_parallel(call, range(number), threads)) == [2 * n for n in range(number)]


def test_no_more_calls_are_made_at_once_than_threads() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def call(item: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1

    list(in_parallel(call, range(20), 4))
    assert 1 < most[0] <= 4


def test_the_first_error_is_raised_and_nothing_else_begins() -> None:
    called = []

    def call(item: int) -> int:
        called.append(item)
        if item == 1:
            raise ValueError(item)
        return item

    results = in_parallel(call, range(1000), 1)
    assert next(results) == 0
    with pytest.raises(ValueError, match="1"):
        next(results)
    time.sleep(0.05)
    known = len(called)
    time.sleep(0.05)
    assert len(called) == known


HANGS = """
import os, signal, threading
from camformation.deploy.cloud.parallel import in_parallel
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    list(in_parallel(lambda item: threading.Event().wait(), range(3), 2))
except KeyboardInterrupt:
    print("broken off")
"""


def test_a_call_that_hangs_keeps_nobody_who_presses_ctrl_c() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.stdout, done.returncode, done.stderr) == ("broken off\n", 0, "")


def test_whoever_looks_after_presses_alone_is_asked_first() -> None:
    """A handler that raises at the second press only, as that of a running operation does."""
    presses = []

    def pressed(signum: int, frame: object) -> None:
        presses.append(signum)
        if len(presses) > 1:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, pressed)
    hangs = threading.Event()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with pytest.raises(KeyboardInterrupt):
            list(in_parallel(lambda item: hangs.wait(), range(3), 2))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        hangs.set()
    assert len(presses) == 2
