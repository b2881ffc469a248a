"""`python -m release notes VERSION`, `manual FOLDER`, `check FOLDER` and `prices REGION...`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from camformation import __version__
from camformation.deploy.cloud.errors import DeployError
from release.distributions import ROOT, check_installed, check_sdist, check_wheel
from release.notes import notes
from release.prices import renew


def main(action: str, argument: str, *more: str) -> None:
    """Print a version's notes, write manual pages, check distributions, or renew prices."""
    if action == "prices":
        renew([argument, *more], datetime.now(UTC).date().isoformat())
        return
    if action == "notes":
        changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
        print(notes(changelog, argument, __version__), end="")
        return
    if action == "manual":
        from release.manual import write_manual

        write_manual(Path(argument), __version__, datetime.now(UTC).date().isoformat())
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
    except (ValueError, DeployError) as error:
        sys.exit(f"error: {error}")
