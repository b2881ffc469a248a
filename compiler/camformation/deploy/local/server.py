"""MiniStack's server in a thread of this process, on a free port of 127.0.0.1."""

import asyncio
import atexit
import contextlib
import importlib
import importlib.metadata
import re
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from camformation.deploy.local import brokers, databases
from camformation.deploy.local.endpoint import MINISTACK_VERSION, LocalTarget
from camformation.deploy.local.environment import prepared
from camformation.deploy.local.errors import LocalTargetBusy, LocalTargetFailed, LocalTargetMissing
from camformation.deploy.local.extensions import install
from camformation.deploy.local.lambda_process import end_all
from camformation.deploy.local.modules import module
from camformation.deploy.local.saved_state import check
from camformation.deploy.local.storage import Log, guarded
from camformation.writing import replace_file

START_SECONDS = 20.0
STOP_SECONDS = 10.0

_guard = threading.Lock()
_port = 0  # MiniStack's modules remember the port of their import: it stays for the process
_paths_below: Path | None = None  # and paths below the folder of then
_serving: Path | None = None


def serve(state_dir: Path, region: str, account: str) -> LocalTarget:
    """See `camformation.deploy.local.start`."""
    _check_version()
    state_dir = state_dir.absolute()
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds generated passwords
    cleanup = ExitStack()
    try:
        with _guard:
            if not cleanup.enter_context(_held(state_dir)):
                return _join(state_dir, region, account)
            url, log = _start(cleanup, state_dir, region, account)
    except BaseException:
        cleanup.close()
        raise
    atexit.register(cleanup.close)

    def stop() -> None:
        atexit.unregister(cleanup.close)
        cleanup.close()

    return LocalTarget(url, region, account, state_dir, owned=True, _stop=stop, _log=log)


def _check_version() -> None:
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        raise LocalTargetMissing(
            "the local target needs MiniStack, which is not installed"
        ) from None
    if found != MINISTACK_VERSION:
        raise LocalTargetMissing(
            f"the local target needs MiniStack {MINISTACK_VERSION}, installed is {found}"
        )


@contextmanager
def _held(state_dir: Path) -> Iterator[bool]:
    """Whether this process has locked the folder; the system unlocks it if the process dies."""
    with (state_dir / "lock").open("a+") as lock:
        try:
            import fcntl
        except ImportError:  # no advisory locks on this system
            yield True
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _join(state_dir: Path, region: str, account: str) -> LocalTarget:
    """The endpoint of the run that holds the folder."""
    address = state_dir / "endpoint"
    try:
        url = address.read_text("utf-8", "replace").strip()
    except OSError:
        url = ""
    if not re.fullmatch(r"http://127\.0\.0\.1:[0-9]{1,5}", url) or not _answers(url):
        raise LocalTargetBusy(f"another process holds {state_dir} and does not answer")
    return LocalTarget(url, region, account, state_dir, owned=False, _stop=lambda: None)


def _start(cleanup: ExitStack, state_dir: Path, region: str, account: str) -> tuple[str, Log]:
    global _port, _serving
    if _serving is not None:
        raise LocalTargetFailed(f"this process already serves {_serving}")
    listener = cleanup.enter_context(_listening(_port))
    _port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{_port}"
    check(state_dir / "state")
    log = cleanup.enter_context(prepared(state_dir, _port, region, account))
    cleanup.callback(_forget)
    _serving = state_dir
    _use(state_dir)
    cleanup.push(_run(listener, url, log))
    address = state_dir / "endpoint"
    replace_file(address, url.encode())
    cleanup.callback(lambda: address.unlink(missing_ok=True))
    return url, log


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalTargetFailed(f"127.0.0.1:{port} cannot be served: {error}") from error
        listener.listen(128)
        listener.setblocking(False)
        yield listener


def _use(state_dir: Path) -> None:
    """Install the extensions, and move every path that MiniStack fixed at import to this folder."""
    global _paths_below
    install()
    if _paths_below is not None and _paths_below != state_dir:
        before = str(_paths_below)
        for name, loaded in list(sys.modules.items()):
            if not name.startswith("ministack."):
                continue
            for attribute, value in list(vars(loaded).items()):
                if isinstance(value, str) and value.startswith(before):
                    setattr(loaded, attribute, str(state_dir) + value.removeprefix(before))
    _paths_below = state_dir


def _forget() -> None:
    """Empty MiniStack's memory (not its files) and end its Lambda processes."""
    global _serving
    _serving = None
    end_all()
    databases.end_all()
    brokers.end_all()
    app = module("app")
    for name in app._registry_module_names():
        loaded = sys.modules.get(f"ministack.services.{name}")
        if loaded is not None and hasattr(loaded, "reset"):
            loaded.reset()
    app._loaded_modules.clear()


def _run(listener: socket.socket, url: str, log: Log) -> Callable[..., None]:
    """Start the server thread; return a function that ends it and saves the state."""
    hypercorn: Any = importlib.import_module("hypercorn.asyncio")
    config: Any = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{listener.detach()}"]  # hypercorn closes it
    config.errorlog = None
    config.accesslog = None
    config.graceful_timeout = 0.5
    ready = threading.Event()
    failure: list[BaseException] = []
    ending: list[Callable[[], None]] = []

    async def main() -> None:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(end.set)

        ending.append(stop)
        ready.set()
        await hypercorn.serve(guarded(module("app").app, log), config, shutdown_trigger=end.wait)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        end_all()  # a cancelled operation still waits for the function it has called

    def target() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # reported to the waiting caller
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=target, name="local-target", daemon=True)
    thread.start()

    def end(*_: object) -> None:
        with contextlib.suppress(RuntimeError):
            ending[0]()
        thread.join(STOP_SECONDS)

    ready.wait(START_SECONDS)
    deadline = time.monotonic() + START_SECONDS
    while not failure and not _answers(url):
        if time.monotonic() > deadline:
            end()
            raise LocalTargetFailed(f"the local target did not answer on {url}")
        time.sleep(0.01)
    if failure:
        raise LocalTargetFailed(f"the local target did not start: {failure[0]}") from failure[0]
    return end


def _answers(url: str) -> bool:
    """Whether MiniStack's own health page answers. No proxy: the address is on this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/_ministack/health", timeout=2) as response:
            return int(response.status) == 200
    except (OSError, urllib.error.URLError):
        return False
