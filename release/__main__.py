"""`python -m release notes VERSION` and `python -m release check FOLDER`."""

import sys
from pathlib import Path

from camformation import __version__
from release.distributions import ROOT, check_installed, check_sdist, check_wheel
from release.notes import notes


def main(action: str, argument: str) -> None:
    """Print the notes of a version, or check the distributions in a folder."""
    if action == "notes":
        changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
        print(notes(changelog, argument, __version__), end="")
        return
    (wheel,) = Path(argument).resolve().glob("*.whl")
    (sdist,) = Path(argument).resolve().glob("*.tar.gz")
    check_wheel(wheel, __version__)
    check_sdist(sdist, __version__)
    check_installed(wheel, sdist, __version__)
    print(f"{wheel.name} and {sdist.name} are whole, and work")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
