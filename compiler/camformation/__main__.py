"""The `camformation` command, and `python -m camformation`: a process that ends with it."""

import _signal as signal  # type: ignore[import-not-found]  # `signal` takes a while to import

INTERRUPTIBLE = signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""Whether Ctrl-C is heard: a shell starts what runs in the background without."""

if INTERRUPTIBLE:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends a start-up at once, without a traceback

import gc  # noqa: E402
import sys  # noqa: E402
from io import TextIOWrapper  # noqa: E402
from typing import Any  # noqa: E402


def run() -> None:
    """Run the command and exit with its code.

    Python searches for reference cycles during imports and compilation, and again at the end. The
    few that exist need no cleaning up, since the process ends: this saves a fourth of its time.
    The imports and one compilation stay below the threshold; many compilations do not.
    """
    gc.set_threshold(200_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may have fewer characters than we write
            stream.reconfigure(errors="backslashreplace")
    from camformation.cli.main import main

    try:
        _hear(signal.default_int_handler)
        code = main()
    except KeyboardInterrupt:
        code = 130
    _hear(signal.SIG_IGN)  # all is done, and the interpreter would end with a traceback
    gc.freeze()
    sys.exit(code)


def _hear(handler: Any) -> None:
    if INTERRUPTIBLE:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":
    run()
