"""The SQL that creates Camunda's database users, and the container that runs it.

The SQL may run any number of times, and by several tasks at once.
"""

import re
from typing import Any

from troposphere import Sub, ecs

from camformation.components.database import Database, iam_users
from camformation.components.database_spec import DatabaseSpec
from camformation.components.fargate import RegistrySpec, Variables, container
from camformation.components.logs import LogGroup
from camformation.components.rds_authorities import VARIABLE as AUTHORITY
from camformation.units import Value

# libpq's own variables name the server and the login, so that no command line holds any of it.
# The cluster's endpoint exists before its writer accepts connections. The SQL comes through
# descriptor 3, because psql's \password reads the new password, twice, from standard input
# where there is no terminal.
SCRIPT = """\
set -eu
tries=48
until pg_isready --quiet --timeout=5; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo "$PGHOST:$PGPORT does not accept connections" >&2
    exit 75
  fi
  sleep 5
done
password=${DATABASE_USER_PASSWORD-}
printf '%s\\n' "$SEED_SQL" | {
  printf '%s\\n%s\\n' "$password" "$password" |
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=/dev/fd/3
} 3<&0
echo "Database users are in place"
"""

# A server that cannot be verified does answer: the login, not the waiting, has to say why it fails.
# pg_isready sends no password, so it may ask without TLS where there is none, as in a rehearsal.
VERIFYING_SCRIPT = f"""\
pg_isready() {{
  PGSSLMODE=prefer PGSSLROOTCERT=/nowhere command pg_isready "$@"
}}
{SCRIPT}"""
# libpq takes authorities from a file alone. /dev/shm can be written whatever the image is, and
# where its file system cannot.
AUTHORITY_FILE = "/dev/shm/database-authority.pem"
WRITING_SCRIPT = f"""\
printf '%s\\n' "${AUTHORITY}" > "$PGSSLROOTCERT"
{VERIFYING_SCRIPT}"""
SCRIPTS = (SCRIPT, VERIFYING_SCRIPT, WRITING_SCRIPT)

VARIABLE = "SEED_SQL"
_PASSWORD = "DATABASE_USER_PASSWORD"


def seed_sql(spec: DatabaseSpec) -> str:
    """Return the psql script: users, their way to log in, and their rights on the database."""
    by_token = iam_users(spec)
    lines = [
        "\\set VERBOSITY terse",
        "SET client_min_messages = warning;",
        "BEGIN;",
        "SELECT pg_advisory_xact_lock(hashtext('camformation database seed')) \\g /dev/null",
    ]
    for user in dict.fromkeys((spec.user, *by_token)):
        lines += _role(user)
        lines += _by_token(user) if user in by_token else _by_password(user)
        lines += [
            f"GRANT ALL PRIVILEGES ON DATABASE {_identifier(spec.name)} TO {_identifier(user)};",
            # PostgreSQL 15 took CREATE on schema public away from PUBLIC (release notes).
            f"GRANT USAGE, CREATE ON SCHEMA public TO {_identifier(user)};",
        ]
    return "\n".join([*lines, "COMMIT;"]) + "\n"


def seeded_users(sql: str) -> set[str]:
    """Return the users that a script of `seed_sql` makes."""
    found = re.findall(r'^ALTER ROLE "((?:[^"]|"")+)" LOGIN;$', sql, re.MULTILINE)
    return {name.replace('""', '"') for name in found}


def _role(user: str) -> list[str]:
    return [
        f"SELECT format('CREATE ROLE %I', {_literal(user)}) WHERE NOT EXISTS "
        f"(SELECT FROM pg_catalog.pg_roles WHERE rolname = {_literal(user)}) \\gexec",
        f"ALTER ROLE {_identifier(user)} LOGIN;",
    ]


def _by_token(user: str) -> list[str]:
    return [f"GRANT rds_iam TO {_identifier(user)};"]


def _by_password(user: str) -> list[str]:
    """Set the password, and take rds_iam away, which would forbid its use (Aurora User Guide).

    psql sends a SCRAM-SHA-256 verifier that it computes itself, so that whatever the server logs,
    counts or audits, the password is not in it. What psql asks for it stands in the task's log.
    """
    return [
        f"SELECT format('REVOKE rds_iam FROM %I', {_literal(user)}) "
        "FROM pg_catalog.pg_auth_members "
        "WHERE roleid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam') "
        "AND member = (SELECT oid FROM pg_catalog.pg_roles "
        f"WHERE rolname = {_literal(user)}) \\gexec",
        "SET LOCAL password_encryption = 'scram-sha-256';",
        f"\\password {_identifier(user)}",
    ]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def seed_container(
    name: str,
    spec: DatabaseSpec,
    database: Database,
    password: Value | None,
    log_group: LogGroup,
    registry: RegistrySpec,
    *,
    stream_prefix: str | None = None,
    essential: bool,
    authority: Any = None,
    **properties: Any,
) -> ecs.ContainerDefinition:
    """Describe the container that runs the script as the database's admin; `authority` is the root
    of the database's certificate, if the deployment brings it."""
    secret = {"PGPASSWORD": Sub("${Admin}:password::", Admin=database.admin_secret_arn)}
    verified: dict[str, Any] = {}
    script = SCRIPT
    if spec.tls:
        verified["PGSSLROOTCERT"] = spec.tls.ca_bundle or AUTHORITY_FILE
        script = VERIFYING_SCRIPT
    if authority is not None:
        verified[AUTHORITY] = authority
        script = WRITING_SCRIPT
    variables = Variables(
        plain={
            "PGHOST": database.endpoint,
            "PGPORT": database.port,
            "PGDATABASE": spec.name,
            "PGUSER": spec.admin_username,
            "PGSSLMODE": spec.tls.mode if spec.tls else "require",
            "PGCONNECT_TIMEOUT": "10",
            VARIABLE: seed_sql(spec),
            **verified,
        },
        secret={**secret, **({_PASSWORD: password} if password is not None else {})},
    )
    return container(
        name,
        spec.seed_image,
        variables,
        log_group,
        registry,
        stream_prefix=stream_prefix,
        Essential=essential,
        EntryPoint=["sh", "-c"],
        Command=[script],
        **properties,
    )
