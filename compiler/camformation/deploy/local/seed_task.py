"""The database seed's container, run on this machine against the PostgreSQL behind Aurora.

No image is pulled: the container's own command runs in this machine's shell, with psql of the same
package as the server. It is run only if it is camformation's own command.
"""

import subprocess
from dataclasses import dataclass
from typing import Any

from camformation.deploy.local import databases
from camformation.deploy.local.modules import module
from camformation.deploy.local.postgresql import PostgresFailed
from camformation.deploy.local.postgresql_programs import PostgresMissing

Record = dict[str, Any]

SECONDS = 120.0


@dataclass(frozen=True)
class Ran:
    """The container's exit code and output."""

    container: Record
    exit_code: int
    lines: list[str]


def run(definition: Record | None) -> Ran | None:
    """Run the seed among the containers; nothing if there is none, or no PostgreSQL for it."""
    for container in (definition or {}).get("containerDefinitions") or []:
        cluster = _database(container)
        if cluster is not None:
            return _run(container, cluster)
    return None


def _database(container: Record) -> Record | None:
    """The emulated database that a seed's container is for."""
    from camformation.components.seed_sql import SCRIPTS

    program = container.get("entryPoint"), container.get("command")
    if program not in [(["sh", "-c"], [each]) for each in SCRIPTS]:
        return None
    return databases.at(_plain(container).get("PGHOST", ""))


def _plain(container: Record) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container.get("environment") or []}


def _run(container: Record, cluster: Record) -> Ran | None:
    try:
        server = databases.behind(cluster)
        secret = module("services.ecs")._resolve_container_secrets(container)
    except PostgresMissing:
        return None
    except (PostgresFailed, module("services.ecs")._SecretResolutionError) as error:
        return Ran(container, 1, [f"local target: {error}"])
    here = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port)}
    if "PGSSLROOTCERT" in _plain(container):  # not the containers' folders
        here["PGSSLROOTCERT"] = str(server.folder / "database-authority.pem")
    if not server.tls:  # the programs of the package have none
        here["PGSSLMODE"] = "disable"
    process = subprocess.Popen(
        [*container["entryPoint"], *container["command"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=server.environment | _plain(container) | secret | here,
        cwd=server.folder,
        start_new_session=True,  # no terminal, as in a container, and no Ctrl-C
        **server.run_as,
    )
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        output += "\nlocal target: stopped after two minutes"
    return Ran(container, process.returncode, [line for line in output.splitlines() if line])
