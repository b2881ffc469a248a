"""PostgreSQL behind the emulated Aurora, started at the first login."""

import json
import os
import shutil
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camformation.deploy.local.modules import module
from camformation.deploy.local.postgresql import Server, identifier, quoted
from camformation.deploy.local.postgresql_programs import lent

Record = dict[str, Any]

FOLDER = "postgresql"


@dataclass
class _Running:
    server: Server
    cleanup: ExitStack


_running: dict[str, _Running] = {}
_guard = threading.Lock()


def at(address: str) -> Record | None:
    """The emulated cluster whose writer has this address."""
    for cluster in module("services.rds")._clusters.values():
        if cluster.get("Endpoint") == address:
            found: Record = cluster
            return found
    return None


def behind(cluster: Record) -> Server:
    """The running server of the cluster. Raises PostgresMissing or PostgresFailed."""
    with _guard:
        known = _running.get(_key(cluster))
        if known is None:
            known = _running[_key(cluster)] = _start(cluster)
        return known.server


def _start(cluster: Record) -> _Running:
    with ExitStack() as cleanup:
        own, binaries, run_as = cleanup.enter_context(lent(folder(cluster)))
        _lend(folder(cluster), own, run_as)
        server = Server(own, binaries, run_as)
        name, password = _login(cluster)
        if server.data.exists() and not _fits(server):
            shutil.rmtree(server.data)
        if server.data.exists():
            server.configure(name)
            server.execute(f"ALTER ROLE {identifier(name)} PASSWORD {quoted(password)};")
        else:
            server.make(name, password, str(cluster.get("DatabaseName") or ""))
        cleanup.callback(server.stop)
        server.start()
        return _Running(server, cleanup.pop_all())
    raise AssertionError("unreachable: nothing above hides an exception")


def _fits(server: Server) -> bool:
    """Whether the data has the programs' own major version: others cannot read it."""
    try:
        made = (server.data / "PG_VERSION").read_text("utf-8").strip()
    except OSError:
        return False
    return server.version == made


def _login(cluster: Record) -> tuple[str, str]:
    """The master user, with the password of the secret that RDS manages."""
    arn = (cluster.get("MasterUserSecret") or {}).get("SecretArn", "")
    text = module("services.secretsmanager").resolve_secret_string(arn) or "{}"
    password = json.loads(text).get("password") or cluster.get("_MasterUserPassword", "")
    return str(cluster["MasterUsername"]), str(password)


def _key(cluster: Record) -> str:
    return str(cluster["DbClusterResourceId"])


def _folder() -> Path:
    return Path(os.environ["STATE_DIR"]).parent / FOLDER


def folder(cluster: Record) -> Path:
    """The folder for a cluster's data, once a server has started."""
    return _folder() / _key(cluster)


def snapshots() -> Path:
    """The folder for the data of snapshots."""
    return _folder() / "snapshots"


def copy(cluster: Record, target: Path) -> bool:
    """Copy a cluster's data to a folder; False if no server has created any."""
    with _guard:
        known = _running.get(_key(cluster))
        if known is None:
            return put_back(folder(cluster), target)
        known.server.stop()
        try:
            return put_back(known.server.folder, target)
        finally:
            known.server.start()


def put_back(kept: Path, target: Path) -> bool:
    """Copy the data of a stopped server from one folder to another; False if there is none."""
    if not (kept / "data").is_dir():
        return False
    shutil.rmtree(target / "data", ignore_errors=True)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copytree(kept / "data", target / "data", symlinks=True)
    return True


def _lend(kept: Path, lent_to: Path, run_as: dict[str, Any]) -> None:
    """Copy kept data to the folder of a server that has its own user."""
    if kept != lent_to and put_back(kept, lent_to):
        data = lent_to / "data"
        for path in [data, *data.rglob("*")]:
            os.chown(path, run_as["user"], run_as["group"], follow_symlinks=False)


def remove(cluster: Record) -> None:
    """Stop the server of a cluster that is deleted, and delete its data."""
    with _guard:
        if known := _running.pop(_key(cluster), None):
            known.cleanup.close()
        shutil.rmtree(folder(cluster), ignore_errors=True)


def end_all() -> None:
    """Stop all servers; their data stays."""
    with _guard:
        while _running:
            _running.popitem()[1].cleanup.close()
