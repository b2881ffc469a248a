"""Settings that camformation generates, and the fields of a spec that decide them."""

from collections.abc import Mapping

from camformation.components import connectors_environment, orchestration_environment, proxy
from camformation.components.context_paths import VARIABLE
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.spelling import bound

FIELDS: Mapping[str, str] = {
    "CAMUNDA_CLUSTER_SIZE": "orchestration.brokers",
    "CAMUNDA_CLUSTER_PARTITIONCOUNT": "orchestration.partitions",
    "CAMUNDA_CLUSTER_REPLICATIONFACTOR": "orchestration.replication_factor",
    "CAMUNDA_CLUSTER_INITIALCONTACTPOINTS": "",
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_": "",
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_LEASEDURATION": "orchestration.lease_seconds",
    "CAMUNDA_DATA_PRIMARYSTORAGE_DIRECTORY": "",
    "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_": "orchestration.memory_budget",
    "JDK_JAVA_OPTIONS": "orchestration.memory_budget",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_": "storage.backup",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_STORE": "",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_": "",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_CONTINUOUS": "storage.backup.continuous",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_CHECKPOINTINTERVAL": "storage.backup.checkpoint_interval",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_SCHEDULE": "storage.backup.schedule",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_RETENTION_WINDOW": "storage.backup.retention",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_RETENTION_CLEANUPSCHEDULE": "",
    "CAMUNDA_DATA_SECONDARYSTORAGE_": "",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL": "database.jdbc_parameters",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PREFIX": "database.table_prefix",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_AUTODDL": "database.auto_ddl",
    "CAMUNDA_LICENSE_KEY": "license",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_USERNAME": "database.user",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PASSWORD": "database.password_secret_arn",
    "SPRING_DATASOURCE_DRIVER_CLASS_NAME": "",
    "SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE": "",
    "SERVER_FORWARDHEADERSSTRATEGY": "",
    "SERVER_SSL_": "access.target_tls",
    "MANAGEMENT_SERVER_SSL_": "access.target_tls",
    "CAMUNDA_API_GRPC_SSL_": "access.target_tls",
    "CAMUNDA_CLIENT_CACERTIFICATEPATH": "access.target_tls",
    VARIABLE: "orchestration.context_path",
    "CAMUNDA_PERSISTENT_SESSIONS_ENABLED": "",
    "CAMUNDA_SECURITY_SESSION_PERSISTENT_ENABLED": "",
    "ZEEBE_LOG_APPENDER": "observability.log_format",
    "CONNECTORS_LOG_APPENDER": "observability.log_format",
    "AWS_REGION": "region",
    "HTTP_PROXY": "network.proxy.address",
    "HTTPS_PROXY": "network.proxy.address",
    "NO_PROXY": "network.proxy.exceptions",
    "DOCUMENT_": "storage.documents.enabled",
    "CAMUNDA_DOCUMENT_": "storage.documents.enabled",
    "CAMUNDA_SECURITY_AUTHENTICATION_METHOD": "authentication.mode",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_": "authentication.oidc",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_ISSUERURI": "authentication.oidc.issuer",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_CLIENTID": "authentication.oidc.client_id",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_CLIENTSECRET": "authentication.oidc.client_secret_arn",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_AUDIENCES": "authentication.oidc.audiences",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_SCOPE": "authentication.oidc.scope",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_USERNAMECLAIM": "authentication.oidc.username_claim",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_CLIENTIDCLAIM": "authentication.oidc.client_id_claim",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_GROUPSCLAIM": "authentication.oidc.groups_claim",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_REDIRECTURI": "access.tls.hostname",
    "CAMUNDA_SECURITY_CLUSTERADMIN_BASIC_USERS_0_": "authentication.cluster_admin",
    "CAMUNDA_SECURITY_CLUSTERADMIN_OIDC_CLIENTS_0": "authentication.oidc.cluster_admin.client_id",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_0_": "authentication.users.admin",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_1_": "authentication.users.connectors",
    "CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_ADMIN_": "authentication.oidc.admin",
    "CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_CONNECTORS_": "authentication.oidc.connectors",
    "CAMUNDA_SECURITY_INITIALIZATION_MAPPINGRULES_": "authentication.oidc.admin",
    "CAMUNDA_CLIENT_": "",
    "CAMUNDA_CLIENT_AUTH_METHOD": "authentication.mode",
    "CAMUNDA_CLIENT_AUTH_USERNAME": "authentication.users.connectors.username",
    "CAMUNDA_CLIENT_AUTH_CLIENTID": "authentication.oidc.connectors.client_id",
    "CAMUNDA_CLIENT_AUTH_CLIENTSECRET": "authentication.oidc.connectors.client_secret_arn",
    "CAMUNDA_CLIENT_AUTH_TOKENURL": "authentication.oidc.connectors.token_url",
    "CAMUNDA_CLIENT_AUTH_AUDIENCE": "authentication.oidc.connectors.audience",
    "CAMUNDA_CLIENT_AUTH_SCOPE": "authentication.oidc.connectors.scope",
}
"""The deciding field by variable or prefix of variables; empty if no field decides."""


def broker_variables(d: Deployment) -> frozenset[str]:
    """Return the variables that are set for brokers."""
    return orchestration_environment.reserved_environment(
        d.orchestration,
        version=d.version,
        access=d.access,
        authentication=d.authentication,
        database=d.database,
        storage=d.storage,
        connectors=d.connectors.enabled,
        log_format=d.observability.log_format,
        license=d.license,
    ) | _proxy_variables(d)


def connectors_variables(d: Deployment) -> frozenset[str]:
    """Return the variables that are set for connectors."""
    named = connectors_environment.reserved_environment(
        d.connectors, d.access, d.authentication, d.observability.log_format
    )
    return named | _proxy_variables(d)


def _proxy_variables(d: Deployment) -> frozenset[str]:
    return frozenset(proxy.NAMES if d.network.proxy else ())


def way_out(d: Deployment, name: str, section: Path = ()) -> str:
    """Return the alternative to setting a variable, in a section, that camformation sets."""
    field = field_of(d, name)
    if name == VARIABLE and section == ("connectors",):
        field = "connectors.context_path"
    if field:
        return f"remove it, and set {field}"
    return "remove it: no field of the spec sets it; to change it, use a patch"


def field_of(d: Deployment, name: str) -> str:
    """Return the field that decides the value of a variable; empty if none does."""
    field = _field(name)
    if d.authentication.mode == "basic":
        field = {
            "authentication.oidc.admin": "authentication.users.admin.username",
            "authentication.oidc.connectors": "authentication.users.connectors.username",
        }.get(field, field)
    return field


def _field(name: str) -> str:
    if (exact := FIELDS.get(name)) is not None:
        return exact
    starts = [start for start in FIELDS if start.endswith("_") and name.startswith(start)]
    return FIELDS[max(starts, key=len)] if starts else ""


def same_list(name: str) -> str | None:
    """Return the list that a variable is an element of, in the form `bound` gives."""
    words = name.split("_")
    for position, word in enumerate(words):
        if word.isdigit():
            return bound("_".join(words[:position]))
    return None
