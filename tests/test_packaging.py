"""What people install is whole: the wheel, the source distribution, and a checkout."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from sysconfig import get_path

import pytest

import camformation

ROOT = Path(__file__).parents[1]


def python(*arguments: str | Path, cwd: Path, **environment: str) -> str:
    """Run Python as a user would in `cwd`, and return what it prints."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=ours | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, to: Path, hook: str) -> Path:
    """Build a distribution as pip does (PEP 517), with what is installed already."""
    code = f"import sys; from hatchling import build; print(build.{hook}(sys.argv[1]))"
    return to / python("-c", code, to, cwd=source).splitlines()[-1]


def install(wheel: Path, to: Path) -> Path:
    """Install a wheel without its dependencies: they are there, and there is no network."""
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    python("-m", "pip", "install", *options, "--target", to, wheel, cwd=wheel.parent)
    return to


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "build_wheel")


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    package = {
        path.relative_to(ROOT / "compiler").as_posix()
        for path in (ROOT / "compiler" / "camformation").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    data = {
        f"camformation/{path.relative_to(ROOT).as_posix()}"
        for folder in ("schemas", "spec")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert "camformation/py.typed" in package
    assert "camformation/schemas/deployment.schema.json" in data
    files = {name for name in content(wheel) if not name.split("/")[0].endswith(".dist-info")}
    manual = {name for name in files if "/share/man/man1/camformation" in name}  # after `make dist`
    assert files - manual == package | data


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    folder = f"camformation-{camformation.__version__}.dist-info"
    files = content(wheel)
    assert b"\ncamformation = camformation.__main__:run\n" in files[f"{folder}/entry_points.txt"]
    assert files[f"{folder}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    metadata = files[f"{folder}/METADATA"].decode()
    assert f"\nVersion: {camformation.__version__}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert (ROOT / "README.md").read_text("utf-8") in metadata


def test_an_installed_wheel_compiles_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = install(wheel, tmp_path / "site")
    away = tmp_path / "away"
    away.mkdir()

    def installed(*arguments: str | Path) -> str:
        return python(*arguments, cwd=away, PYTHONPATH=str(site))

    where = installed("-c", "import camformation; print(camformation.__file__)")
    assert Path(where.strip()) == site / "camformation" / "__init__.py"
    command = site / "bin" / "camformation"
    spec = site / "camformation" / "spec" / "reference.yaml"
    installed(command, "compile", spec)
    manifest = json.loads((away / "out" / "camunda" / "manifest.json").read_bytes())
    assert manifest["versions"]["camformation"] == camformation.__version__
    assert {file.name for file in (away / "out" / "camunda").iterdir()} == {
        "manifest.json",
        *manifest["templates"],
    }
    assert json.loads(installed(command, "schema"))["type"] == "object"
    assert installed("-m", "camformation", "--version") == installed(command, "--version")


def test_an_editable_install_is_the_checkout(tmp_path: Path) -> None:
    site = install(build(ROOT, tmp_path, "build_editable"), tmp_path / "site")
    # The site packages come second: the checkout may be installed there already.
    code = (
        "import site, sys\n"
        f"site.addsitedir({str(site)!r}); site.addsitedir({get_path('purelib')!r})\n"
        "import camformation; from camformation.cli.main import main\n"
        "print(camformation.__file__); print(sys.path); sys.exit(main(sys.argv[1:]))"
    )
    spec = ROOT / "spec" / "reference.yaml"
    said = python("-I", "-S", "-c", code, "compile", spec, cwd=tmp_path).splitlines()
    assert Path(said[0]) == ROOT / "compiler" / "camformation" / "__init__.py"
    assert repr(str(ROOT / "compiler")) in said[1]
    assert repr(str(ROOT)) not in said[1], "spec/ and tests/ would be importable"
    assert (tmp_path / "out" / "camunda" / "root.template.json").is_file()


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build(ROOT, tmp_path, "build_sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / f"camformation-{camformation.__version__}"
    assert content(build(source, tmp_path, "build_wheel")) == content(wheel)
