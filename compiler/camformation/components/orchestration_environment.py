"""The brokers' configuration: Camunda's properties as environment variables.

Names are those that Camunda 8.9 and later document; a legacy name next to its successor can keep
the application from starting (Camunda docs, Orchestration Cluster property mapping).
"""

from typing import Any

from troposphere import Region

from camformation.components import target_tls
from camformation.components.access_spec import AccessSpec
from camformation.components.authentication import (
    AuthenticationSpec,
    broker_variables,
    cluster_admin_variables,
)
from camformation.components.context_paths import ROOT, VARIABLE, prefix
from camformation.components.database_spec import DatabaseSpec
from camformation.components.fargate import Variables
from camformation.components.jdbc import DRIVERS, driver, jdbc_url
from camformation.components.log_format import appender
from camformation.components.memory_budget import memory_variables
from camformation.components.orchestration_spec import OrchestrationSpec, RestoreSpec
from camformation.components.ports import INTERNAL
from camformation.components.rds_authorities import VARIABLE as VARIABLE_OF_AUTHORITY
from camformation.components.rds_authorities import brought
from camformation.components.service_connect import CONTACT_POINT
from camformation.components.storage_spec import StorageSpec
from camformation.frozen import frozen
from camformation.units import Value, text

DATA_DIRECTORY = "/usr/local/camunda/data"
# The time for a process to stop, so that its node id is free before ECS kills the container.
SHUTDOWN_PHASE = "5s"
APPENDER = ("ZEEBE_LOG_APPENDER", "Stackdriver")  # Camunda docs, Logging: JSON
BACKUP = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_"
BACKUP_CLEANUP = "PT1H"  # as Camunda's backup guide for relational databases suggests


@frozen
class Backing:
    """Addresses and names for the brokers' variables; without values, only names are available."""

    database_endpoint: Value = ""
    database_port: Value = ""
    database_password: Value = ""
    database_authority: Any = ""
    node_id_bucket: Value = ""
    backup_bucket: Value = ""
    documents_bucket: Value = ""
    admin_password: Value = ""
    connectors_password: Value = ""
    cluster_admin_password: Value = ""
    license: Value | None = None  # where the license key is


def orchestration_variables(
    spec: OrchestrationSpec,
    *,
    version: str,
    access: AccessSpec,
    authentication: AuthenticationSpec,
    database: DatabaseSpec,
    storage: StorageSpec,
    connectors: bool,
    log_format: str,
    backing: Backing,
) -> Variables:
    """Return all generated variables, without the spec's own."""
    key = {"CAMUNDA_LICENSE_KEY": backing.license} if backing.license is not None else {}
    plain = {
        **_cluster(spec, backing),
        **memory_variables(spec.memory_budget),
        **_web(version, access),
        **target_tls.broker_variables(access.target_tls),
        **({} if spec.context_path == ROOT else {VARIABLE: spec.context_path}),
        **_backup(storage, backing),
        **_documents(version, storage, backing),
        **appender(log_format, APPENDER, spec.environment),
    }
    return (
        Variables(plain=plain, secret=key)
        | _secondary_storage(database, backing)
        | broker_variables(
            authentication,
            hostname=access.tls.hostname if access.tls else None,
            path=prefix(spec.context_path),
            connectors=connectors,
            admin_password=backing.admin_password,
            connectors_password=backing.connectors_password,
        )
        | cluster_admin_variables(
            authentication, version=version, password=backing.cluster_admin_password
        )
    )


def reserved_environment(
    spec: OrchestrationSpec,
    *,
    version: str,
    access: AccessSpec,
    authentication: AuthenticationSpec,
    database: DatabaseSpec,
    storage: StorageSpec,
    connectors: bool,
    log_format: str,
    license: Value | None = None,
) -> frozenset[str]:
    """Return the names that `orchestration.environment` and `secrets` must not set."""
    generated = orchestration_variables(
        spec,
        version=version,
        access=access,
        authentication=authentication,
        database=database,
        storage=storage,
        connectors=connectors,
        log_format=log_format,
        backing=Backing(license=license),
    )
    return generated.names


def _cluster(spec: OrchestrationSpec, backing: Backing) -> dict[str, Any]:
    return {
        "SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE": SHUTDOWN_PHASE,
        "CAMUNDA_DATA_PRIMARYSTORAGE_DIRECTORY": DATA_DIRECTORY,
        "CAMUNDA_CLUSTER_INITIALCONTACTPOINTS": f"{CONTACT_POINT}:{INTERNAL}",
        "CAMUNDA_CLUSTER_SIZE": str(spec.brokers),
        "CAMUNDA_CLUSTER_PARTITIONCOUNT": str(spec.partitions),
        "CAMUNDA_CLUSTER_REPLICATIONFACTOR": str(spec.replication_factor),
        "CAMUNDA_CLUSTER_NODEIDPROVIDER_TYPE": "s3",
        "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_BUCKETNAME": backing.node_id_bucket,
        "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_REGION": Region,
        "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_LEASEDURATION": text(
            "PT${Seconds}S", Seconds=spec.lease_seconds
        ),
    }


def _web(version: str, access: AccessSpec) -> dict[str, Any]:
    # Sessions in the secondary storage outlive the task that handled the login.
    sessions = (
        "CAMUNDA_PERSISTENT_SESSIONS_ENABLED"
        if version == "8.9"
        else "CAMUNDA_SECURITY_SESSION_PERSISTENT_ENABLED"
    )
    forwarded = {"SERVER_FORWARDHEADERSSTRATEGY": "native"} if access.tls else {}
    return {sessions: "true", **forwarded}


def _secondary_storage(spec: DatabaseSpec, backing: Backing) -> Variables:
    prefix = "CAMUNDA_DATA_SECONDARYSTORAGE_"
    password = spec.authentication == "password"
    named = {f"{prefix}RDBMS_PREFIX": spec.table_prefix} if spec.table_prefix else {}
    verified = {VARIABLE_OF_AUTHORITY: backing.database_authority} if brought(spec) else {}
    return Variables(
        plain={
            f"{prefix}TYPE": "rdbms",
            f"{prefix}AUTOCONFIGURECAMUNDAEXPORTER": "false",
            f"{prefix}RDBMS_URL": jdbc_url(spec, backing.database_endpoint, backing.database_port),
            f"{prefix}RDBMS_USERNAME": spec.user,
            f"{prefix}RDBMS_AUTODDL": "true" if spec.auto_ddl else "false",
            "SPRING_DATASOURCE_DRIVER_CLASS_NAME": DRIVERS[driver(spec)],
            **named,
            **verified,
        },
        secret={f"{prefix}RDBMS_PASSWORD": backing.database_password} if password else {},
    )


def restored_from(restore: RestoreSpec) -> Variables:
    """Return the variables for a restore from another deployment's bucket, and only for it."""
    if restore.bucket is None:
        return Variables(plain={}, secret={})
    plain: dict[str, Any] = {f"{BACKUP}S3_BUCKETNAME": restore.bucket.name}
    if restore.bucket.region:
        plain[f"{BACKUP}S3_REGION"] = restore.bucket.region
    return Variables(plain=plain, secret={})


def _backup(storage: StorageSpec, backing: Backing) -> dict[str, Any]:
    prefix = BACKUP
    spec = storage.backup
    plain: dict[str, Any] = {
        f"{prefix}STORE": "S3",
        f"{prefix}S3_BUCKETNAME": backing.backup_bucket,
        f"{prefix}S3_REGION": Region,
        f"{prefix}CONTINUOUS": "true" if spec.continuous else "false",
    }
    if spec.continuous:
        plain[f"{prefix}CHECKPOINTINTERVAL"] = spec.checkpoint_interval
    if spec.schedule:
        plain |= {
            f"{prefix}SCHEDULE": spec.schedule,
            f"{prefix}RETENTION_WINDOW": spec.retention,
            f"{prefix}RETENTION_CLEANUPSCHEDULE": BACKUP_CLEANUP,
        }
    return plain


def _documents(version: str, storage: StorageSpec, backing: Backing) -> dict[str, Any]:
    """Return the document store's variables, renamed in Camunda 8.10 (docs, Document handling)."""
    if not storage.documents.enabled:
        return {}
    if version == "8.9":
        store = "io.camunda.document.store.aws.AwsDocumentStoreProvider"
        return {
            "AWS_REGION": Region,
            "DOCUMENT_DEFAULT_STORE_ID": "aws",
            "DOCUMENT_STORE_AWS_CLASS": store,
            "DOCUMENT_STORE_AWS_BUCKET": backing.documents_bucket,
        }
    return {
        "CAMUNDA_DOCUMENT_DEFAULTSTOREID": "aws1",
        "CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME": backing.documents_bucket,
        "CAMUNDA_DOCUMENT_AWS_AWS1_REGION": Region,
    }
