"""Settings with which brokers find their stored data, and settings of its retention.

Names and defaults: Camunda docs, Configuration properties, Relational databases, Document handling,
Authentication, Secure cluster communication.
"""

from camformation.frozen import frozen

DATABASE = "CAMUNDA_DATA_SECONDARYSTORAGE_"
URL = f"{DATABASE}RDBMS_URL"
BACKUP = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_"
SECURITY = "CAMUNDA_SECURITY_"
USERS = f"{SECURITY}INITIALIZATION_USERS_"
TENANTS = "CAMUNDA_PHYSICALTENANTS"
PARTITIONING = "CAMUNDA_CLUSTER_PARTITIONING_"


@frozen
class Found:
    """A property with which brokers find their stored data; the first name is the current one."""

    names: tuple[str, ...]
    default: str
    lost: str
    needs: tuple[str, ...] = ()  # counts only where this is set, before and after
    ends: bool = False  # also counts if that is no longer set
    shared: bool = False  # of a list: it is the same as long as one element stays
    meet: bool = False  # nothing is left behind, but old and new brokers do not find each other


FINDING = (
    Found((f"{DATABASE}TYPE",), "elasticsearch", "brokers export to another, empty store"),
    Found(
        (f"{DATABASE}RDBMS_PREFIX",), "", "brokers create new, empty tables next to those in use"
    ),
    Found((URL,), "", "brokers create empty tables in another database"),
    Found((f"{DATABASE}RDBMS_USERNAME",), "", "the new user does not own Camunda's tables"),
    Found((f"{BACKUP}STORE",), "NONE", "existing backups are not found"),
    Found((f"{BACKUP}S3_BUCKETNAME",), "", "existing backups are not found"),
    Found((f"{BACKUP}S3_BASEPATH",), "", "existing backups are not found"),
    Found((f"{BACKUP}S3_ENDPOINT",), "", "existing backups are not found"),
    Found(
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME", "DOCUMENT_STORE_AWS_BUCKET"),
        "",
        "existing documents are not found",
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME", "DOCUMENT_STORE_AWS_BUCKET"),
        ends=True,
    ),
    Found(
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETPATH", "DOCUMENT_STORE_AWS_BUCKET_PATH"),
        "",
        "existing documents are not found",
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME", "DOCUMENT_STORE_AWS_BUCKET"),
    ),
    Found(("CAMUNDA_DATA_PRIMARYSTORAGE_DIRECTORY",), "", "brokers start without their data"),
    Found(
        ("CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_BUCKETNAME",),
        "",
        "brokers do not find the leases of their node ids",
    ),
    Found(
        ("CAMUNDA_CLUSTER_INITIALCONTACTPOINTS",),
        "",
        "brokers of before and after do not find each other while tasks are replaced",
        shared=True,
        meet=True,
    ),
    Found(
        ("CAMUNDA_CLUSTER_NAME",),
        "zeebe-cluster",
        "brokers with the old and the new name do not find each other while tasks are replaced",
        meet=True,
    ),
    Found(
        (
            f"{SECURITY}TRANSPORTLAYERSECURITY_CLUSTER_ENABLED",
            "ZEEBE_BROKER_NETWORK_SECURITY_ENABLED",
        ),
        "false",
        # All of them or none (Camunda docs, Secure cluster communication).
        "brokers with TLS and brokers without do not reach each other while tasks are replaced",
        meet=True,
    ),
    Found(
        ("CAMUNDA_CLUSTER_CLUSTERID", "CAMUNDA_CLUSTER_ID"),
        "",
        "brokers belong to another cluster than their data and backups",
    ),
    Found(
        (f"{PARTITIONING}SCHEME",),
        "ROUND_ROBIN",
        "a running cluster keeps its distribution, and brokers with different values hang",
    ),
    Found(
        (f"{SECURITY}AUTHENTICATION_METHOD",),
        "basic",
        # With basic, Camunda keeps the users; with oidc, the provider does (Camunda docs, Users).
        "users of one cannot log in with the other; roles, groups, tenants, authorizations and "
        "tasks stay with the usernames and clients that they name, and do not apply to users who "
        "log in under another name",
    ),
    Found(
        (f"{SECURITY}AUTHENTICATION_OIDC_USERNAMECLAIM",),
        "sub",
        "everybody becomes another user, without their tasks and authorizations",
        (f"{SECURITY}AUTHENTICATION_OIDC_ISSUERURI",),
    ),
    Found(
        (f"{SECURITY}AUTHENTICATION_OIDC_CLIENTIDCLAIM",),
        "",
        "every client becomes another one, without its authorizations",
        (f"{SECURITY}AUTHENTICATION_OIDC_ISSUERURI",),
    ),
    Found(
        (f"{SECURITY}MULTITENANCY_CHECKSENABLED",),
        "false",
        "existing data belongs to the tenant <default>, to which users and clients must be "
        "assigned",
    ),
    Found(
        (f"{SECURITY}IDVALIDATIONPATTERN",),
        "^[a-zA-Z0-9_~@.+-]+$",
        "users, groups and roles whose ids do not fit the pattern are refused",
    ),
)

OFF = ("", "none")
LATER_LOST = "a restore loses more of the latest data"
KEEPING = (
    (f"{BACKUP}SCHEDULE", "", "no more backups are made"),
    (f"{BACKUP}CONTINUOUS", "", "the time between two backups can no longer be restored"),
    (f"{BACKUP}CHECKPOINTINTERVAL", "", LATER_LOST),
    (f"{BACKUP}RETENTION_WINDOW", "", "older backups are deleted"),
    (
        f"{DATABASE}RDBMS_HISTORY_DEFAULTHISTORYTTL",
        "P30D",
        "process instances that have ended are deleted from the database earlier",
    ),
    (
        f"{DATABASE}RDBMS_HISTORY_DECISIONINSTANCETTL",
        "P30D",
        "decisions that were evaluated outside of processes are deleted from the database earlier",
    ),
)
"""Settings of the restorable or visible history, their default, and the effect of less."""

DELETING = (
    f"{BACKUP}RETENTION_WINDOW",
    f"{DATABASE}RDBMS_HISTORY_DEFAULTHISTORYTTL",
    f"{DATABASE}RDBMS_HISTORY_DECISIONINSTANCETTL",
)
"""Those of them that delete existing data."""
