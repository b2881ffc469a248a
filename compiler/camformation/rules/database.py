"""Rules for the database."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule
from camformation.spelling import bound

RESERVED = (  # words, as such or but for functions and types: PostgreSQL 18, Appendix C
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check "
    "collate collation column concurrently constraint create cross current_catalog current_date "
    "current_role current_schema current_time current_timestamp current_user default deferrable "
    "desc distinct do else end except false fetch for foreign freeze from full grant group having "
    "ilike in initially inner intersect into is isnull join lateral leading left like limit "
    "localtime localtimestamp natural not notnull null offset on only or order outer overlaps "
    "placing primary references returning right select session_user similar some symmetric "
    "system_user table tablesample then to trailing true union unique user using variadic verbose "
    "when where window with"
)

# Roles that every Aurora cluster has; the documentation says of most that they are RDS's own.
RDS_ROLES = {"rdsadmin", "rdsproxyadmin", "rdsrepladmin", "rdstopmgr", "rdswriteforwarduser"}


_EXPORTER = bound("CAMUNDA_DATA_EXPORTERS_CAMUNDAEXPORTER_")
OTHER_STORAGE = {"ELASTICSEARCH": "Elasticsearch", "OPENSEARCH": "OpenSearch"}


@rule("CAM120", "Settings for another secondary storage", Severity.WARNING)
def other_storage(d: Deployment) -> Iterator[Violation]:
    """Brokers use the deployment's PostgreSQL database as their secondary storage. Camunda reads
    only the settings of the type in `CAMUNDA_DATA_SECONDARYSTORAGE_TYPE`, here `rdbms`, and
    ignores those of Elasticsearch and OpenSearch, including their retention and the exporter
    `camundaexporter`. Applications that need either, such as Optimize, do not work with this
    deployment.

    Source: Camunda docs, Configure secondary storage; Camunda docs, RDBMS configuration
    (limitations); camunda/camunda-docs issue 9468.
    """
    o = d.orchestration
    exporter = any(bound(name) == f"{_EXPORTER}CLASSNAME" for name in o.environment)
    for kind, names in (("environment", o.environment), ("secrets", o.secrets)):
        for name in names:
            _, _, rest = bound(name).partition("CAMUNDADATASECONDARYSTORAGE")
            if rest.startswith("RETENTION"):
                yield Violation(
                    ("orchestration", kind, name),
                    f"{name} is for Elasticsearch and OpenSearch: in PostgreSQL, history has its "
                    "own",
                    "set CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_HISTORY_DEFAULTHISTORYTTL, for "
                    "example to P30D",
                )
            if bound(name).startswith(_EXPORTER) and not exporter:
                yield Violation(
                    ("orchestration", kind, name),
                    f"{name} configures the exporter to Elasticsearch and OpenSearch, which "
                    "brokers do not load with PostgreSQL",
                    f"remove {name}; the retention of history is set in "
                    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_HISTORY_DEFAULTHISTORYTTL",
                )
            if found := next((each for each in OTHER_STORAGE if rest.startswith(each)), None):
                yield Violation(
                    ("orchestration", kind, name),
                    f"{name} is not read: the secondary storage is PostgreSQL, not "
                    f"{OTHER_STORAGE[found]}",
                    f"remove {name}",
                )


@rule("CAM121", "Database user without a password or privileges")
def database_user(d: Deployment) -> Iterator[Violation]:
    """With `authentication: iam`, the database user needs the role `rds_iam` and privileges on the
    database; with `password`, it needs privileges and a password. The seed provides them. Without a
    seed (`seed: none`) you must do so before the brokers start, or they never become ready; a
    restored or existing database may have the user. Your own password secret is read only with
    `authentication: password`.

    Source: Camunda docs, RDBMS configuration; Amazon Aurora User Guide, IAM database
    authentication.
    """
    database = d.database
    if database.authentication == "password" and database.seed == "none":
        if not database.password_secret_arn:
            yield Violation(
                ("database", "seed"),
                f"nothing sets the password of {database.user} in the database",
                "set database.seed to task, or database.password_secret_arn to the secret of an "
                "existing user",
            )
    elif database.seed == "none" and not (database.source or database.existing):
        yield Violation(
            ("database", "seed"),
            f"nothing creates the database user {database.user}: it has to exist before brokers "
            "start",
            "set database.seed to task, or create the user yourself: a login role with rds_iam, "
            f"all privileges on database {database.name}, and USAGE and CREATE on schema public",
            Severity.WARNING,
        )
    if database.authentication == "iam" and database.password_secret_arn:
        yield Violation(
            ("database", "password_secret_arn"),
            "`authentication: iam` uses no password",
            "remove it, or set database.authentication to password",
        )


@rule("CAM124", "Two database users with the same name")
def database_names(d: Deployment) -> Iterator[Violation]:
    """Only the seed uses the administrator. Camunda's user must be a different one: otherwise the
    seed would remove or disclose the administrator's password.

    Source: Camunda docs, RDBMS configuration; Amazon Aurora User Guide, rds_iam takes precedence
    over a password.
    """
    database = d.database
    names: list[tuple[Path, str]] = [(("database", "user"), database.user)]
    names += [
        (("database", "additional_iam_users", index), name)
        for index, name in enumerate(database.additional_iam_users)
    ]
    seen = {str(database.admin_username): "the administrator"}
    for path, name in names:
        if name in seen:
            yield Violation(
                path, f"{name!r} is already the name of {seen[name]}", "choose another name"
            )
        seen.setdefault(name, "Camunda's user")


@rule("CAM125", "Reserved word of PostgreSQL as a name")
def reserved_names(d: Deployment) -> Iterator[Violation]:
    """RDS does not create a database or an administrator whose name is a reserved word of SQL, such
    as `user` or `order`: the creation of the cluster fails. The seed's users may have such names,
    but not those that PostgreSQL reserves, `none`, `public` and names that begin with `pg_`, nor
    those of Aurora's own roles: the seed would fail, or change a role that is not yours.

    Source: Amazon RDS API Reference, CreateDBCluster (DatabaseName, MasterUsername); PostgreSQL
    documentation, Appendix C, SQL Key Words; PostgreSQL's grammar, RoleId; Amazon Aurora User
    Guide, Understanding PostgreSQL roles and permissions.
    """
    database = d.database
    there = database.source or database.existing  # names that RDS has accepted
    for key, name in (("name", database.name), ("admin_username", database.admin_username)):
        if name in RESERVED.split() and not there:
            message = f"{str(name)!r} is a reserved word of PostgreSQL"
            yield Violation(("database", key), message, f"for example camunda_{name}")
    roles: list[tuple[Path, str]] = [
        (("database", "admin_username"), database.admin_username),
        (("database", "user"), database.user),
    ]
    roles += [
        (("database", "additional_iam_users", index), name)
        for index, name in enumerate(database.additional_iam_users)
    ]
    for path, name in roles:
        if name in ("none", "public"):
            message = f"PostgreSQL does not create a role with the name {str(name)!r}"
            yield Violation(path, message, "choose another name, for example camunda")
        elif name in RDS_ROLES or name.startswith("rds_"):
            message = f"{str(name)!r} is reserved for roles of Amazon RDS"
            yield Violation(path, message, "choose another name, for example camunda")


@rule("CAM182", "Database too small for production", Severity.WARNING)
def production_size(d: Deployment) -> Iterator[Violation]:
    """With one instance, Camunda has no secondary storage during maintenance, or after the failure
    of its zone until a new instance exists; with two, Aurora fails over in a minute. Burstable
    classes are for development: they slow down when their credits are used up. With fewer than 7
    days of backups, a mistake made before a holiday may be noticed too late to restore.

    Source: Amazon Aurora User Guide, High availability for Amazon Aurora; Amazon Aurora User Guide,
    DB instance class types.
    """
    database = d.database
    if d.profile != "production" or database.existing:
        return
    if database.instances < 2:
        yield Violation(
            ("database", "instances"),
            "a single database instance cannot fail over",
            "set database.instances to 2",
        )
    if database.serverless is None and database.instance_class.startswith("db.t"):
        yield Violation(
            ("database", "instance_class"),
            f"{database.instance_class} is burstable: it slows down under steady load",
            "set database.instance_class to db.r7g.large or larger, or database.serverless",
        )
    if database.backup_retention_days < 7:
        yield Violation(
            ("database", "backup_retention_days"),
            f"backups of {database.backup_retention_days} "
            f"day{'s' * (database.backup_retention_days > 1)} are too few for production",
            "set database.backup_retention_days to 7 or more",
        )


@rule("CAM187", "Retained database that blocks the deletion of its network", Severity.WARNING)
def retained(d: Deployment) -> Iterator[Violation]:
    """A retained cluster stays in its subnets and keeps its security group, so deleting the stack
    ends in DELETE_FAILED and the VPC remains. A snapshot keeps the data without this problem. In
    an existing VPC only the subnet group and the security group remain.

    Source: Amazon Aurora User Guide, Working with DB subnet groups; AWS CloudFormation User Guide,
    Delete stack fails.
    """
    if d.database.on_delete == "retain" and not d.database.existing:
        yield Violation(
            ("database", "on_delete"),
            "a retained cluster keeps its subnets in use: deleting the stack will fail part-way",
            "set database.on_delete to snapshot, which keeps the data",
        )
