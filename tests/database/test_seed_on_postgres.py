"""The database seed on a real server: the container of the template, run as ECS runs it."""

import itertools
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from camformation.components.rds_authorities import VARIABLE as AUTHORITY
from database.postgres import MASTER, MASTER_PASSWORD, Server, certificate
from deployments import resources

PASSWORD = 'it\'s a \\ "word" $1 %L :x'

numbers = itertools.count(1)


@dataclass(frozen=True)
class Seed:
    """The seed of one new deployment, whose database is empty."""

    server: Server
    sleeping: Path
    name: str

    @property
    def user(self) -> str:
        return f"{self.name}_user"

    def container(self, **database: Any) -> dict[str, Any]:
        """Return what the template says about the seed's container."""
        named = {"name": self.name, "user": self.user, "admin_username": MASTER}
        found = resources(database={**named, **database})
        tasks = [r for r in found.values() if r["Type"] == "AWS::ECS::TaskDefinition"]
        containers = [c for t in tasks for c in t["Properties"]["ContainerDefinitions"]]
        [seed] = [c for c in containers if "SEED_SQL" in str(c.get("Environment"))]
        return dict(seed)

    def start(
        self,
        *,
        password: str = PASSWORD,
        master_password: str = MASTER_PASSWORD,
        authority: str | None = None,
        **database: Any,
    ) -> subprocess.Popen[str]:
        """Start the container, with the server's address where the template refers to it."""
        tls: dict[str, Any] = {"tls": {}} if authority else {}
        container = self.container(**tls, **database)
        given = {each["Name"]: each["Value"] for each in container["Environment"]}
        assert given["PGSSLMODE"] == ("verify-full" if authority else "require")
        if authority:
            given[AUTHORITY] = authority
            given["PGSSLROOTCERT"] = str(self.sleeping / "authority.pem")  # not this machine's
        secret = {"PGPASSWORD": master_password, "DATABASE_USER_PASSWORD": password}
        address = {"PGHOST": "127.0.0.1", "PGPORT": str(self.server.port)}
        encrypted = {} if self.server.tls else {"PGSSLMODE": "disable"}
        environment = self.server.environment
        return subprocess.Popen(
            [*container["EntryPoint"], *container["Command"]],
            env=environment
            | {"PATH": f"{self.sleeping}:{environment['PATH']}"}
            | {**given, **address, **encrypted}
            | {each["Name"]: secret[each["Name"]] for each in container["Secrets"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a container has no terminal either
        )

    def run(self, **options: Any) -> tuple[int, str, str]:
        """Run the container to its end: its exit code, what it prints, and its errors."""
        return ended(self.start(**options))

    def query(self, sql: str, *, user: str = "postgres") -> str:
        return self.server.query(sql, database=self.name, user=user)

    def refusal(self, password: str, user: str | None = None) -> str:
        return self.server.login(self.name, user or self.user, password)

    def by_token(self, user: str | None = None) -> bool:
        """Whether RDS lets the user in with a token."""
        of_user = f"SELECT pg_has_role('{user or self.user}', 'rds_iam', 'member')"
        return self.query(of_user) == "t"

    def state(self) -> str:
        """Return all that the seed may have changed, without what is made anew each time."""
        return self.query(
            "SELECT rolname, rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolvaliduntil, "
            "ARRAY(SELECT roleid::regrole::text FROM pg_auth_members m WHERE m.member = r.oid) "
            f"FROM pg_roles r WHERE rolname LIKE '{self.name}%' ORDER BY 1"
        ) + self.query(
            "SELECT datacl, (SELECT nspacl FROM pg_namespace WHERE nspname = 'public') "
            "FROM pg_database WHERE datname = current_database()"
        )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=60)
    return process.returncode, out, errors


def ended_well(result: tuple[int, str, str]) -> bool:
    """Return whether the seed did its work; what psql asks for the password may stand there."""
    code, out, errors = result
    asked = re.fullmatch(r'(Enter new password for user "\w+": \nEnter it again: \n)?', errors)
    return (code, out) == (0, "Database users are in place\n") and bool(asked)


@pytest.fixture
def seed(server: Server, tmp_path: Path) -> Iterator[Seed]:
    """A database as RDS makes it, the master's; the task's `sleep` does not wait."""
    made = Seed(server, tmp_path, f"camunda{next(numbers)}")
    sleep = tmp_path / "sleep"
    sleep.write_text(f'#!/bin/sh\necho "$1" >>{tmp_path}/slept\nexec /bin/sleep 0.02\n')
    sleep.chmod(0o755)
    server.query(f"CREATE DATABASE {made.name} OWNER {MASTER}")
    yield made
    assert PASSWORD not in server.log
    assert MASTER_PASSWORD not in server.log


def test_a_new_database_gets_a_user_who_logs_in_with_a_token(seed: Seed) -> None:
    assert ended_well(seed.run())
    assert seed.by_token()
    assert "rejects" in seed.refusal(PASSWORD)
    assert not seed.query(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{seed.user}'")


def test_the_seed_hands_its_password_to_no_server_of_another_authority(seed: Seed) -> None:
    if not seed.server.tls:
        pytest.skip("these programs of PostgreSQL have no TLS")
    code, _, errors = seed.run(authority=certificate()[0].decode())
    assert code != 0 and "certificate verify failed" in errors
    own = (seed.server.data / "server.crt").read_text()
    assert ended_well(seed.run(authority=own))


def test_a_new_database_gets_a_user_who_logs_in_with_a_password(seed: Seed) -> None:
    assert ended_well(seed.run(authentication="password"))
    assert not seed.by_token()
    assert seed.refusal(PASSWORD) == ""
    assert "authentication failed" in seed.refusal("another")


@pytest.mark.parametrize("authentication", ["iam", "password"])
def test_camunda_can_make_its_tables_and_little_else(seed: Seed, authentication: str) -> None:
    assert ended_well(seed.run(authentication=authentication))
    seed.query("CREATE TABLE process (id int); INSERT INTO process VALUES (7)", user=seed.user)
    seed.query("CREATE SCHEMA history; ALTER TABLE process ADD name text", user=seed.user)
    assert seed.query("SELECT id FROM process", user=seed.user) == "7"
    rights = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication"
    assert seed.query(f"{rights} FROM pg_roles WHERE rolname = current_user", user=seed.user) == (
        "f|f|f|f|f"
    )


@pytest.mark.parametrize("authentication", ["iam", "password"])
def test_the_second_run_changes_nothing(seed: Seed, authentication: str) -> None:
    options = {"authentication": authentication, "additional_iam_users": [f"{seed.name}_more"]}
    assert ended_well(seed.run(**options))
    seed.query("CREATE TABLE process AS SELECT 7 AS id", user=seed.user)
    once = seed.state()
    assert f"{seed.name}_more" in once
    assert ended_well(seed.run(**options))
    assert seed.state() == once
    assert seed.query("SELECT id FROM process", user=seed.user) == "7"


@pytest.mark.parametrize("authentication", ["iam", "password"])
def test_five_at_once_all_succeed(seed: Seed, authentication: str) -> None:
    runs = [seed.start(authentication=authentication) for _ in range(5)]
    assert all(ended_well(ended(run)) for run in runs)
    assert seed.by_token() is (authentication == "iam")


def test_a_wrong_password_fails_at_once_and_says_so(seed: Seed) -> None:
    before = seed.state()
    code, out, errors = seed.run(master_password="wr0ng")
    assert code not in (0, 75)
    assert out == ""
    assert f'password authentication failed for user "{MASTER}"' in errors
    assert "wr0ng" not in errors
    assert seed.state() == before


def test_without_a_server_it_gives_up_after_four_minutes(seed: Seed) -> None:
    seed.server.stop()
    try:
        code, out, errors = seed.run()
    finally:
        seed.server.start()
    assert (code, out) == (75, "")
    assert errors == f"127.0.0.1:{seed.server.port} does not accept connections\n"
    slept = [int(line) for line in (seed.sleeping / "slept").read_text().split()]
    assert 200 <= sum(slept) <= 300


def test_it_waits_for_a_server_that_starts_later(seed: Seed) -> None:
    seed.server.stop()
    try:
        run = seed.start()
        while not (seed.sleeping / "slept").exists():
            assert run.poll() is None, ended(run)
            time.sleep(0.01)
    finally:
        seed.server.start()
    assert ended_well(ended(run))


def test_a_deployment_goes_from_tokens_to_a_password_and_back(seed: Seed) -> None:
    assert ended_well(seed.run())
    seed.query("CREATE TABLE process AS SELECT 7 AS id", user=seed.user)
    with_token = seed.state()
    assert ended_well(seed.run(authentication="password"))
    assert (seed.refusal(PASSWORD), seed.by_token()) == ("", False)
    assert ended_well(seed.run())
    assert "rejects" in seed.refusal(PASSWORD)
    assert seed.state() == with_token
    assert seed.query("SELECT id FROM process", user=seed.user) == "7"


def test_a_new_password_takes_the_place_of_the_old_one(seed: Seed) -> None:
    assert ended_well(seed.run(authentication="password"))
    assert ended_well(seed.run(authentication="password", password="an0ther"))
    assert seed.refusal("an0ther") == ""
    assert "authentication failed" in seed.refusal(PASSWORD)


def test_additional_users_log_in_with_tokens_whatever_camunda_does(seed: Seed) -> None:
    more = [f"{seed.name}_reporting", f"{seed.name}_audit"]
    assert ended_well(seed.run(authentication="password", additional_iam_users=more[:1]))
    assert ended_well(seed.run(authentication="password", additional_iam_users=more))
    for user in more:
        assert seed.by_token(user)
        assert "rejects" in seed.refusal(PASSWORD, user)
        seed.query(f"CREATE TABLE {user} (id int)", user=user)
    assert (seed.refusal(PASSWORD), seed.by_token()) == ("", False)
    assert ended_well(seed.run(authentication="password"))
    assert seed.by_token(more[0]), "a user taken from the list stays"


def test_a_statement_that_fails_leaves_everything_as_it_was(seed: Seed) -> None:
    before = seed.state()
    seed.query("ALTER ROLE rds_iam RENAME TO elsewhere")  # as where the server is not RDS's
    try:
        code, out, errors = seed.run(authentication="password", additional_iam_users=["more"])
    finally:
        seed.query("ALTER ROLE elsewhere RENAME TO rds_iam")
    assert (code, out) == (3, "")
    assert 'ERROR:  role "rds_iam" does not exist' in errors
    assert seed.state() == before
    assert seed.query("SELECT count(*) FROM pg_roles WHERE rolname = 'more'") == "0"


def test_statistics_hold_no_password(seed: Seed) -> None:
    assert ended_well(seed.run(authentication="password", password="c0unted"))
    statements = seed.server.query("SELECT query FROM pg_stat_statements")
    assert f"{seed.user}" in statements
    assert "c0unted" not in statements


def test_a_server_that_logs_every_statement_logs_no_password(seed: Seed) -> None:
    for setting in ("log_statement = 'all'", "log_min_duration_statement = 0"):
        seed.server.query(f"ALTER DATABASE {seed.name} SET {setting}")
    assert ended_well(seed.run(authentication="password", password="l0gged"))
    assert re.search(f'statement: ALTER USER "?{seed.user}"? PASSWORD', seed.server.log)
    assert "l0gged" not in seed.server.log


def test_a_password_that_is_refused_is_not_logged(seed: Seed) -> None:
    """The extension `passwordcheck` refuses a password that is the user's name."""
    seed.server.query(f"ALTER DATABASE {seed.name} SET session_preload_libraries = passwordcheck")
    code, out, errors = seed.run(authentication="password", password=seed.user)
    assert (code, out) == (3, "")
    assert "password must not equal user name" in errors
    refused = f"STATEMENT:  ALTER USER \"?{seed.user}\"? PASSWORD '(.*)'"
    [sent] = re.findall(refused, seed.server.log)
    assert sent.startswith("SCRAM-SHA-256$4096:")


def test_a_password_of_several_lines_is_refused(seed: Seed) -> None:
    code, _out, errors = seed.run(authentication="password", password="two\nlines")
    assert code == 3
    assert "match" in errors
    assert "lines" not in errors + seed.server.log


def test_the_init_container_is_the_same(seed: Seed) -> None:
    def what_runs(how: str) -> Any:
        container = seed.container(seed=how, authentication="password")
        return [container[k] for k in ("EntryPoint", "Command", "Environment", "Secrets")]

    def plain(value: Any) -> str:
        return str(value).replace("BrokerSeed", "Seed")

    assert plain(what_runs("init_container")) == plain(what_runs("task"))
