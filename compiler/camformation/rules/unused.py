"""Settings of something that the deployment does another way: nobody reads them."""

from collections.abc import Mapping

from camformation.spelling import bound

BROKERS: Mapping[str, str] = {
    **{
        f"CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_{store}_": "backups are in Amazon S3, as "
        "storage.backup has them"
        for store in ("GCS", "AZURE", "FILESYSTEM")
    },
    "SPRING_DATASOURCE_HIKARI_": "the pool's settings are those below "
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_CONNECTIONPOOL_",
    "SPRING_DATASOURCE_": "the database is the one in `database`",
    "SPRING_SECURITY_OAUTH2_": "logins are as authentication.oidc has them",
    "SPRING_SECURITY_USER_": "users are those in authentication.users, and of Camunda's own",
    "CAMUNDA_BPM_": "it is a setting of Camunda 7",
}
CONNECTORS: Mapping[str, str] = {
    **dict.fromkeys(
        ("CAMUNDA_CLIENT_CLOUD_", "CAMUNDA_CONNECTOR_SECRETPROVIDER_CONSOLE_"),
        "it is for clusters in Camunda's SaaS",
    ),
}
"""Prefixes of settings, and why they are not read (Camunda docs, Primary storage configuration,
backup; Camunda docs, Connectors configuration; camunda/connectors issue 5668)."""


def unused(key: str, table: Mapping[str, str]) -> str | None:
    """Return why nobody reads a setting, in the form `bound` gives; None if somebody may."""
    return next((why for start, why in table.items() if key.startswith(bound(start))), None)
