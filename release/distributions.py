"""What is handed out: what is in it, what it says of itself, and that it works where it is put."""

import os
import subprocess
import tarfile
import tempfile
import venv
import zipfile
from email.parser import BytesParser
from pathlib import Path

from packaging.metadata import Metadata

ROOT = Path(__file__).parents[1]
FOLDERS = {  # where it is in the wheel
    "compiler/camformation": "camformation",
    "schemas": "camformation/schemas",
    "spec": "camformation/spec",
}
PAGES = ("README.md", "LICENSE", "CHANGELOG.md", "hatch_build.py", "pyproject.toml")
MANUAL = "build/man"
"""Manual pages, in the repository and the sdist; in the wheel they are data of the environment."""


def sources() -> dict[str, str]:
    """Return each file that is handed out: its path in the repository, and that in the wheel."""
    return {
        path.relative_to(ROOT).as_posix(): f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, inside in FOLDERS.items()
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def manual_pages() -> list[str]:
    """Return the names of the manual pages that `make dist` has written."""
    return sorted(path.name for path in (ROOT / MANUAL).glob("*.1"))


def check_wheel(wheel: Path, version: str) -> None:
    """Raise ValueError unless the wheel holds exactly the package and its data."""
    about = f"camformation-{version}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith(f"{about}/")}
        data = f"camformation-{version}.data/data/share/man/man1"
        manual = {f"{data}/{page}" for page in manual_pages()}
        _compare(wheel, names, {*sources().values(), *manual})
        _check_metadata(archive.read(f"{about}/METADATA"), version)


def check_sdist(sdist: Path, version: str) -> None:
    """Raise ValueError unless the sdist holds exactly what builds the wheel, and the pages."""
    top = f"camformation-{version}/"
    with tarfile.open(sdist) as archive:
        names = {each.name.removeprefix(top) for each in archive.getmembers() if each.isfile()}
        manual = {f"{MANUAL}/{page}" for page in manual_pages()}
        _compare(sdist, names - {"PKG-INFO", ".gitignore"}, {*sources(), *PAGES, *manual})
        about = archive.extractfile(f"{top}PKG-INFO")
        assert about is not None
        _check_metadata(about.read(), version)


def _compare(file: Path, found: set[str], expected: set[str]) -> None:
    if found != expected:
        missing, extra = sorted(expected - found), sorted(found - expected)
        raise ValueError(f"{file.name} lacks {missing}, and should not have {extra}")


def _check_metadata(raw: bytes, version: str) -> None:
    """Raise an exception group of what an index would refuse (core metadata specification)."""
    metadata = Metadata.from_email(raw, validate=True)
    if str(metadata.version) != version:
        raise ValueError(f"the metadata says {metadata.version}, not {version}")
    if BytesParser().parsebytes(raw)["Description-Content-Type"] != "text/markdown":
        raise ValueError("the metadata does not say that the README is Markdown")


def check_installed(wheel: Path, sdist: Path, version: str) -> None:
    """Install both, one after the other, into an empty environment, and compile what they bring."""
    with tempfile.TemporaryDirectory() as folder:
        away = Path(folder)
        venv.create(away / "venv", with_pip=True)
        python = away / "venv" / "bin" / "python"
        command = python.with_name("camformation")
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        installs: tuple[list[str | Path], ...] = (
            ["--constraint", ROOT / "constraints.txt", wheel],
            ["--force-reinstall", "--no-deps", sdist],
        )
        for install in installs:
            _run([*pip, *install], away)
            said = _run([command, "--version"], away)
            if said.strip() != f"camformation, version {version}":
                raise ValueError(f"camformation --version says {said}")
            pages = [page.name for page in (away / "venv/share/man/man1").glob("camformation*")]
            if sorted(pages) != manual_pages():
                raise ValueError(f"the manual pages are {sorted(pages)}")
            where = "from camformation.assets import asset; print(asset('spec', 'reference.yaml'))"
            shipped = Path(_run([python, "-c", where], away).strip()).parent
            if not shipped.is_relative_to(away):
                raise ValueError(f"the specs are those of {shipped}")
            for spec in sorted(shipped.glob("*.yaml")):
                _run([command, "compile", spec], away)


def _run(command: list[str | Path], folder: Path) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout
