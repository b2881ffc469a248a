"""Processor time that a call takes, also while coverage is measured."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return what a call returns, and the seconds of processor time it takes when not traced."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        began = time.process_time()
        answer = call()
        return answer, time.process_time() - began
    finally:
        sys.settrace(tracer)
