"""Passwords that Secrets Manager generates; no template, parameter or output ever holds one."""

from troposphere import Ref, secretsmanager

from camformation.components.authentication import ClusterAdminSpec, UsersSpec
from camformation.components.keys import Keys
from camformation.components.retention import retention
from camformation.components.secrets_spec import SecretsSpec
from camformation.frozen import frozen
from camformation.units import Unit, Value


@frozen
class Secrets:
    """The secrets' ARNs; None for a secret that is not created."""

    admin_password: Value | None  # basic authentication only
    connectors_password: Value | None  # basic authentication with connectors only
    database_password: Value | None  # database.authentication: password only
    cluster_admin_password: Value | None  # authentication.cluster_admin only


def build_secrets(
    unit: Unit,
    spec: SecretsSpec,
    keys: Keys,
    *,
    admin: bool,
    connectors: bool,
    database: bool,
    users: UsersSpec | None = None,
    cluster_admin: ClusterAdminSpec | None = None,
) -> Secrets:
    """Create the passwords that the flags select; each secret has only the password. Those named in
    `users` exist already."""

    def password(name: str, whose: str) -> Value:
        secret = unit.add(
            secretsmanager.Secret(
                name,
                Description=f"Camunda deployment {unit.deployment}: password of {whose}",
                KmsKeyId=keys.secrets,
                GenerateSecretString=_password(),
                **retention(spec.on_delete),
            )
        )
        return unit.export(f"{name}Arn", Ref(secret))

    known = users.admin.password_secret_arn if users else None
    login = users.connectors.password_secret_arn if users else None
    return Secrets(
        admin_password=known or password("AdminPassword", "the administrator") if admin else None,
        connectors_password=login or password("ConnectorsPassword", "connectors")
        if connectors
        else None,
        database_password=password("DatabaseUserPassword", "the database user")
        if database
        else None,
        cluster_admin_password=cluster_admin.password_secret_arn
        or password("ClusterAdminPassword", "the cluster administrator")
        if cluster_admin
        else None,
    )


def _password() -> secretsmanager.GenerateSecretString:
    r"""Return the settings for a password: 32 characters, with only the special characters
    `!#%^()-_=+[]{}:?`. They must never change: CloudFormation would generate a new value, and
    neither Camunda's users nor the database would learn of it. The specials are those of Camunda's
    reference without `$`, which shells expand.
    """
    return secretsmanager.GenerateSecretString(
        PasswordLength=32,
        ExcludeCharacters="\"$&'*,./;<>@\\`|~",
        IncludeSpace=False,
        RequireEachIncludedType=True,
    )
