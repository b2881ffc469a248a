"""The PostgreSQL server of the tests: the local target's own, with what tests look at.

Its Unix socket lets in anybody, and stands for a login with a token. Where the programs have TLS,
as with `POSTGRES_BIN=/usr/lib/postgresql/17/bin`, it takes no connection without it.
"""

import datetime
import ipaddress
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from camformation.deploy.local import postgresql
from camformation.deploy.local.postgresql_programs import PostgresMissing, lent

MASTER = "camunda_admin"
MASTER_PASSWORD = "master's 'own' $password"

Missing = PostgresMissing


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


class Server(postgresql.Server):
    """A server that tests look into."""

    def query(self, sql: str, *, database: str = "postgres", user: str = "postgres") -> str:
        """Run SQL over the socket; what it returns, unaligned."""
        done = self._psql("--dbname", database, "--username", user, "--command", sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def login(self, database: str, user: str, password: str) -> str:
        """Try to log in with a password over TCP; the server's refusal, or nothing."""
        connection = f"host=127.0.0.1 dbname={database} user={user}"
        done = self._psql("--dbname", connection, "--command", "", PGPASSWORD=password)
        return "" if done.returncode == 0 else done.stderr

    def _psql(self, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        server = {"PGHOST": str(self.folder), "PGPORT": str(self.port), "PGCONNECT_TIMEOUT": "10"}
        return subprocess.run(
            [
                *(self.binaries / "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet"),
                *options,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment | server | more,
        )


@contextmanager
def running() -> Iterator[Server]:
    """Run a server for as long as tests need it."""
    with lent() as (folder, binaries, run_as):
        server = Server(folder, binaries, run_as, socket_for_all=True, certificate=certificate)
        try:
            server.make(MASTER, MASTER_PASSWORD)
            server.start()
            yield server
        finally:
            server.stop()
