"""What the tests share: golden files, which `pytest --update-golden` rewrites; moto's server."""

import functools
import gc
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import compiled_once
import shared_clients
from camformation.deploy.local.postgresql import Server
from deploy import moto_server
from lint_process import linting_elsewhere

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden")


def pytest_configure() -> None:
    """Hear Ctrl-C, and let the processes that tests start hear it: a shell's background jobs, such
    as one half of `make check`, begin without."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over thousands of tests, and run less: it took a quarter."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture(scope="session", autouse=True)
def service_models() -> None:
    """Let botocore look for its files and parse them once a process, and not once a session."""
    from botocore import loaders
    from botocore.loaders import JSONFileLoader, Loader

    setattr(loaders, "OrderedDict", dict)  # noqa: B010 - dicts are ordered, and take half
    read = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))
    listed = functools.cache(functools.partial(Loader.list_available_services, Loader()))
    JSONFileLoader.load_file = lambda _, path: read(path)
    Loader.list_available_services = lambda _, type_name: listed(type_name)


@pytest.fixture(scope="session", autouse=True)
def database_clusters(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let initdb make one database cluster with each PostgreSQL; the others are copies of it."""
    initialise = Server.initialise
    made: dict[Path, Path] = {}

    def initialise_once(server: Server) -> None:
        if server.binaries in made:
            copy(made[server.binaries], server.data)
            return
        initialise(server)
        kept = tmp_path_factory.mktemp("initdb") / "data"
        copy(server.data, kept)
        made[server.binaries] = kept

    def copy(source: Path, target: Path) -> None:  # with its owner, who may be another user
        subprocess.run(["cp", "-pR", source, target], check=True)

    setattr(Server, "initialise", initialise_once)  # noqa: B010


@pytest.fixture(scope="session", autouse=True)
def compilations() -> None:
    """Let commands compile the same spec once."""
    compiled_once.share()


@pytest.fixture(scope="session", autouse=True)
def local_target() -> None:
    """Let the commands of a test make the clients of the local target once."""
    shared_clients.share()


@pytest.fixture(scope="session", autouse=True)
def cfn_lint() -> Iterator[None]:
    """Keep cfn-lint out of this process."""
    with linting_elsewhere():
        yield


@pytest.fixture(scope="session")
def lint_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder for all tests: each template is linted once."""
    return tmp_path_factory.mktemp("lint")


@pytest.fixture(scope="session", autouse=True)
def no_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no test read or write the user's own state and cache folders."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Compare text or data with a file below tests/golden."""

    def check(name: str, actual: Any) -> None:
        path = GOLDEN / name
        text = (
            actual
            if isinstance(actual, str)
            else json.dumps(actual, indent=1, sort_keys=True) + "\n"
        )
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        assert path.is_file(), f"{path} is missing: run pytest --update-golden"
        assert text == path.read_text("utf-8"), f"{path} is stale: run pytest --update-golden"

    return check


@pytest.fixture
def golden_part(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with the part of a golden file that has the name of the test's case."""

    def check(name: str, actual: str) -> None:
        path = GOLDEN / name
        key = request.node.name.partition("[")[2].rpartition("]")[0]
        if request.config.getoption("--update-golden"):
            parts = _parts(path) if path.is_file() else {}
            whole = sorted({**parts, key: actual}.items())
            path.write_text("".join(f"== {title}\n{text}" for title, text in whole), "utf-8")
            _parts.cache_clear()
        assert actual == _parts(path).get(key), f"{path} is stale: run pytest --update-golden"

    return check


@functools.cache
def _parts(path: Path) -> dict[str, str]:
    parts = path.read_text("utf-8").split("== ")[1:]
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """Run moto's server once, for the tests that ask for it."""
    with moto_server.running() as endpoint:
        yield endpoint


@pytest.fixture
def moto(moto_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Let every client be one of an empty moto, in `moto_server.ACCOUNT`; its address."""
    moto_server.reset()
    for name, value in {
        "AWS_ENDPOINT_URL": moto_endpoint,
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return moto_endpoint
