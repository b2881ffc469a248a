"""The pictures, each as a function that returns its text."""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from camformation.cli.main import main
from pictures.dashboard import dashboard
from pictures.terminal import terminal

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "docs" / "pictures"


def printed(*arguments: str) -> str:
    """Return what the command prints."""
    output = io.StringIO()
    with redirect_stdout(output):
        code = main(arguments)
    if code:
        sys.exit(code)
    return output.getvalue()


def reference() -> str:
    """Return the architecture of the reference."""
    return printed("diagram", str(REPOSITORY / "spec" / "reference.yaml"))


def production() -> str:
    """Return the architecture of a production deployment."""
    return printed("diagram", str(REPOSITORY / "spec" / "production.yaml"))


PICTURES: dict[str, Callable[[], str]] = {
    "reference.svg": reference,
    "production.svg": production,
    "terminal.svg": terminal,
    "dashboard.svg": dashboard,
}
