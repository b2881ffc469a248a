"""The `database` section of a spec."""

from collections.abc import Mapping

from camformation.frozen import frozen


@frozen
class ServerlessSpec:
    """`database.serverless`: Aurora Serverless v2 capacity, in Aurora capacity units."""

    min_acu: float
    max_acu: float


@frozen
class SourceSpec:
    """`database.source`: the snapshot, or cluster and time, that a new cluster starts from."""

    snapshot_identifier: str | None
    cluster_identifier: str | None
    restore_to_time: str | None  # RFC 3339; None: the latest restorable time


@frozen
class ExistingDatabaseSpec:
    """`database.existing`: an existing PostgreSQL server."""

    engine: str  # aurora-postgresql | postgres
    host: str
    port: int
    resource_id: str | None  # as in rds-db:connect ARNs
    admin_secret_arn: str | None  # {"password"} of `admin_username`
    security_group_id: str | None
    cidrs: tuple[str, ...]


@frozen
class TlsSpec:
    """`database.tls`: the verification of the server's certificate."""

    mode: str  # verify-ca | verify-full
    ca_bundle: str | None  # a path in the containers of brokers and seed; None: RDS's own


@frozen
class LogExportsSpec:
    """`database.log_exports`: logs of the Aurora cluster in CloudWatch Logs."""

    types: tuple[str, ...]  # postgresql | iam-db-auth-error | instance
    retention_days: int
    active: bool  # false: the log groups alone


@frozen
class DatabaseSpec:
    """The `database` section of a spec."""

    engine_version: str
    instance_class: str  # ignored with `serverless`
    instances: int
    serverless: ServerlessSpec | None
    name: str
    admin_username: str
    user: str  # the user with which Camunda connects
    additional_iam_users: tuple[str, ...]
    authentication: str  # iam | password
    password_secret_arn: str | None  # an existing secret of `user`, with authentication: password
    seed: str  # task | init_container | none
    seed_image: str
    backup_retention_days: int
    deletion_protection: bool
    auto_minor_version_upgrade: bool
    ca_certificate: str
    kms_key_arn: str | None
    on_delete: str  # snapshot | retain | delete
    security_group_ids: tuple[str, ...]  # besides its own
    cluster_parameters: Mapping[str, str]
    source: SourceSpec | None
    existing: ExistingDatabaseSpec | None
    tls: TlsSpec | None
    jdbc_parameters: Mapping[str, str]
    table_prefix: str
    auto_ddl: bool
    force_ssl: bool
    log_exports: LogExportsSpec | None
    insights: str  # none | standard | advanced
    enhanced_monitoring_seconds: int  # 0: off
