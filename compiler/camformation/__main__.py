"""The `camformation` command, and `python -m camformation`: a process that ends with it."""

import gc
import sys
from io import TextIOWrapper


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
    try:
        from camformation.cli.main import main

        code = main()
    except KeyboardInterrupt:  # before there is a command
        code = 130
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    run()
