"""A PostgreSQL server on this machine, set up as RDS sets one up.

- The master user is not a superuser: it creates roles and databases, and may grant `rds_iam`.
- TCP, only on 127.0.0.1, is for passwords, and closed to members of `rds_iam`, as on RDS.
- With a certificate and binaries that support TLS, it requires TLS. Those of the package do not.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_SECONDS = 30.0

# The master's own line: since 16 whoever may grant a role is a member of it, and RDS lets the
# master in with a password all the same.
HBA = """\
{host} all {master} 127.0.0.1/32 scram-sha-256
{host} all +rds_iam 127.0.0.1/32 reject
{host} all all 127.0.0.1/32 scram-sha-256
"""
# RDS's settings for logs and statistics, then those for a small and fast server.
SETTINGS = """\
shared_preload_libraries = 'pg_stat_statements'
log_statement = 'ddl'
password_encryption = 'scram-sha-256'
listen_addresses = '127.0.0.1'
unix_socket_permissions = 0777
max_connections = 30
shared_buffers = '16MB'
dynamic_shared_memory_type = mmap
fsync = off
"""
# Its standard input is open while this process lives: the server ends with it.
RUN = '"$0" -D "$1" & read -r _; kill -INT $!; wait $!'


class PostgresFailed(Exception):
    """The server cannot be created, or does not start."""


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def quoted(text: str) -> str:
    """An SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Server:
    """A server in a folder of its own."""

    folder: Path
    binaries: Path
    run_as: dict[str, Any]  # how subprocess becomes the server's user, if that is another
    socket_for_all: bool = False  # its Unix socket allows anybody, in place of tokens
    certificate: Callable[[], tuple[bytes, bytes]] | None = None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    tls: bool = False
    name: str = "data"  # of the data's folder

    @property
    def data(self) -> Path:
        """The database cluster's folder."""
        return self.folder / self.name

    @property
    def environment(self) -> dict[str, str]:
        """The environment of PostgreSQL's programs: their own folder first, without the user's
        settings."""
        return {"PATH": f"{self.binaries}:/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.folder)}

    @property
    def log(self) -> str:
        """The server's log."""
        return (self.folder / "log").read_text("utf-8", errors="replace")

    @property
    def version(self) -> str:
        """The major version of the programs."""
        return self._call("postgres", "--version").split()[-1].partition(".")[0]

    def make(self, master: str, password: str, database: str = "") -> None:
        """Create the database cluster in the state in which RDS provides one. Raises
        PostgresFailed."""
        owned = f"CREATE DATABASE {identifier(database)} OWNER {identifier(master)};"
        self.name = "data.new"  # an interrupted one does not count as complete
        shutil.rmtree(self.data, ignore_errors=True)
        self.initialise()
        self.configure(master)
        self.execute(
            "CREATE ROLE rds_iam;",
            f"CREATE ROLE {identifier(master)} LOGIN CREATEROLE CREATEDB;",
            # From 16 on, CREATEROLE is not enough to grant a role (release notes, E.1.2 of 16).
            f"GRANT rds_iam TO {identifier(master)}"
            + (" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;" if int(self.version) >= 16 else ";"),
            f"ALTER ROLE {identifier(master)} PASSWORD {quoted(password)};",
            "CREATE EXTENSION pg_stat_statements;",
            *([owned] if database else []),
        )
        self.data.rename(self.folder / "data")
        self.name = "data"

    def initialise(self) -> None:
        """Create the database cluster with PostgreSQL's defaults. Raises PostgresFailed."""
        self._call(
            *("initdb", "--pgdata", str(self.data), "--username=postgres", "--no-sync"),
            *("--auth=reject", "--encoding=UTF8", "--locale=C", "--no-instructions"),
        )

    def configure(self, master: str) -> None:
        """Write the rules for logins, and the port."""
        sockets = str(self.folder) if self.socket_for_all else ""
        settings = SETTINGS + f"port = {self.port}\nunix_socket_directories = '{sockets}'\n"
        files = {}
        if self.certificate and self._call("postgres", "-C", "ssl_library", "-D", str(self.data)):
            self.tls = True
            files["server.crt"], files["server.key"] = (
                each.decode() for each in self.certificate()
            )
            settings += "ssl = on\n"
        rules = HBA.format(host="hostssl" if self.tls else "host", master=identifier(master))
        files["pg_hba.conf"] = ("local all all trust\n" if self.socket_for_all else "") + rules
        files["postgresql.conf"] = settings
        for name, text in files.items():
            path = self.data / name
            path.write_text(text, "utf-8")
            path.chmod(0o600)
            os.chown(path, self.data.stat().st_uid, self.data.stat().st_gid)

    def execute(self, *statements: str) -> None:
        """Run statements, each on one line, as the superuser, while the server is stopped.

        Nobody can log in as the superuser, so it needs no password.
        """
        options = ("--single", "-D", str(self.data), "-c", "log_statement=none", "postgres")
        self._call("postgres", *options, given="\n".join(statements) + "\n")

    def _call(self, program: str, *options: str, given: str = "") -> str:
        try:
            done = subprocess.run(
                [self.binaries / program, *options],
                input=given,
                capture_output=True,
                text=True,
                timeout=START_SECONDS * 2,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
                **self.run_as,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PostgresFailed(f"PostgreSQL's {program} cannot be run: {error}") from error
        # A single-user session continues after an error. Its output may quote a statement.
        wrong = [line for line in done.stderr.splitlines() if "ERROR:" in line or "FATAL:" in line]
        if done.returncode or wrong:
            why = " ".join(wrong or done.stderr.splitlines()[-1:])
            raise PostgresFailed(f"PostgreSQL's {program} ended with {done.returncode}: {why}")
        return str(done.stdout).strip()

    def start(self) -> None:
        """Start the server, and wait until it accepts connections. Raises PostgresFailed."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", RUN, self.binaries / "postgres", self.data],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C in the terminal is not for the server
                **self.run_as,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if time.monotonic() > deadline:
                self.stop()
                raise PostgresFailed(
                    "PostgreSQL does not start: " + " ".join(self.log.split()[-30:])
                )
            time.sleep(0.02)

    def _ready(self) -> bool:
        """Whether the server reports readiness in its state file (src/include/utils/pidfile.h)."""
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[3] == str(self.port) and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Stop the server at once, but in order (a fast shutdown)."""
        if self.process is not None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(60)
            self.process = None
