"""Parallel calls of AWS in threads that need not be waited for.

The standard library's pool waits for its threads, at the latest when Python ends: a hanging call
would then delay the end after Ctrl-C.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(call: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Yield the result of each call, in the order of the items; raise the first one's error.

    If the caller stops reading, because of an error or Ctrl-C, running calls are abandoned, and no
    others start.
    """
    todo: SimpleQueue[tuple[int, T]] = SimpleQueue()
    done: SimpleQueue[tuple[int, R | BaseException, bool]] = SimpleQueue()
    stopped = Event()
    number = 0
    for number, item in zip(count(1), items, strict=False):
        todo.put((number, item))

    def work() -> None:
        while not stopped.is_set():
            try:
                place, item = todo.get_nowait()
            except Empty:
                return
            try:
                done.put((place, call(item), True))
            except BaseException as error:
                done.put((place, error, False))

    for _ in range(min(threads, number)):
        Thread(target=work, daemon=True).start()
    early: dict[int, tuple[R | BaseException, bool]] = {}
    try:
        for place in range(1, number + 1):
            while place not in early:
                found, result, answered = done.get()
                early[found] = result, answered
            result, answered = early.pop(place)
            if not answered:
                assert isinstance(result, BaseException)
                raise result
            yield result  # type: ignore[misc]
    finally:
        stopped.set()
