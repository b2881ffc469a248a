"""The `database` section of a spec."""

from camformation.frozen import frozen


@frozen
class ServerlessSpec:
    """`database.serverless`: Aurora Serverless v2 capacity, in Aurora capacity units."""

    min_acu: float
    max_acu: float


@frozen
class DatabaseSpec:
    """The `database` section of a spec."""

    engine_version: str
    instance_class: str  # ignored with `serverless`
    instances: int
    serverless: ServerlessSpec | None
    name: str
    admin_username: str
    user: str  # whom Camunda connects as
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
