"""PostgreSQL behind the emulated Aurora, started when somebody wants to log in."""

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
        folder, binaries, run_as = cleanup.enter_context(lent(_kept(cluster)))
        server = Server(folder, binaries, run_as)
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
    """Whether the data is of the programs' own major version: no other reads it."""
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


def _kept(cluster: Record) -> Path:
    return Path(os.environ["STATE_DIR"]).parent / FOLDER / _key(cluster)


def remove(cluster: Record) -> None:
    """Stop the server of a cluster that is deleted, and delete its data."""
    with _guard:
        if known := _running.pop(_key(cluster), None):
            known.cleanup.close()
        shutil.rmtree(_kept(cluster), ignore_errors=True)


def end_all() -> None:
    """Stop all servers; their data stays."""
    with _guard:
        while _running:
            _running.popitem()[1].cleanup.close()
