"""The `camformation` command, and `python -m camformation`: a process for one run."""

import _signal as signal  # type: ignore[import-not-found]  # `signal` takes a while to import

INTERRUPTIBLE = signal.getsignal(signal.SIGINT) is signal.default_int_handler
"""Whether Ctrl-C has an effect: shells start background processes with it ignored."""

if INTERRUPTIBLE:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends a start-up at once, without a traceback

import atexit  # noqa: E402
import gc  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402
from io import TextIOWrapper  # noqa: E402
from typing import Any, NoReturn  # noqa: E402


def run() -> None:
    """Run the command and exit with its code.

    Python searches for reference cycles during imports and compilation. The few that exist need no
    cleaning up, since the process ends: this saves a tenth of its time. The imports and one
    compilation stay below the threshold; many compilations do not.
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
    _end(code)


def _end(code: int) -> NoReturn:
    """End the process at once: nothing has to be freed, and a thread that hangs is not waited for.

    `main` has written all output.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(code)


def _hear(handler: Any) -> None:
    if INTERRUPTIBLE:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":
    run()
