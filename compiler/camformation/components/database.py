"""Camunda's secondary storage: an Aurora PostgreSQL cluster."""

from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import GenericHelperFn, GetAtt, Ref, rds

from camformation.components.database_monitoring import add_log_groups, monitoring
from camformation.components.database_spec import (
    DatabaseSpec,
    ExistingDatabaseSpec,
    ServerlessSpec,
    SourceSpec,
)
from camformation.components.keys import Keys
from camformation.components.network import Network
from camformation.components.ports import POSTGRESQL
from camformation.components.retention import retention
from camformation.components.secrets import Secrets
from camformation.components.security_groups import SecurityGroups
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value

ENGINE = "aurora-postgresql"


@frozen
class Database:
    """Exports of the database."""

    endpoint: Value  # of the writer
    port: Value
    resource_id: Value | None  # cluster-…, as in rds-db:connect ARNs
    admin_secret_arn: Value | None  # {"password"}; of an Aurora cluster, managed by RDS
    cluster_id: Value | None
    available: Ready  # the cluster and its first instance


def build_database(
    unit: Unit,
    spec: DatabaseSpec,
    network: Network,
    groups: SecurityGroups,
    keys: Keys,
    *,
    log_group: Mapping[str, Any],
) -> Database:
    """Create the subnet group, the parameter group, the cluster and its instances; `log_group` has
    the common properties of log groups."""
    if keys.database is None or groups.database is None:
        raise ValueError("a new cluster has a key and a security group")
    subnets = unit.add(
        rds.DBSubnetGroup(
            "DatabaseSubnetGroup",
            DBSubnetGroupDescription=f"Private subnets of {unit.deployment}",
            SubnetIds=list(network.database_subnet_ids),
        )
    )
    # No AvailabilityZones: Aurora spreads storage over three zones by itself, and a list that
    # differs from what it reports replaces the cluster (AWS::RDS::DBCluster).
    cluster = unit.add(
        rds.DBCluster(
            "AuroraCluster",
            Engine=ENGINE,
            EngineVersion=spec.engine_version,
            EngineLifecycleSupport="open-source-rds-extended-support-disabled",
            **_origin(spec),
            ManageMasterUserPassword=True,
            MasterUserSecret=rds.MasterUserSecret(KmsKeyId=keys.secrets),
            EnableIAMDatabaseAuthentication=bool(iam_users(spec)),
            KmsKeyId=keys.database,
            DBSubnetGroupName=Ref(subnets),
            # Without it CloudFormation asks for 3306, whatever the engine (ModelAdapter of
            # aws-cloudformation-resource-providers-rds; its coverage roadmap, issue 281).
            Port=POSTGRESQL,
            VpcSecurityGroupIds=[groups.database.id, *spec.security_group_ids],
            BackupRetentionPeriod=spec.backup_retention_days,
            CopyTagsToSnapshot=True,
            DeletionProtection=spec.deletion_protection,
            **_capacity(spec.serverless),
            **_parameters(unit, spec),
            **monitoring(unit, spec, keys.database),
            **retention(spec.on_delete),
        )
    )
    logs = add_log_groups(unit, spec.log_exports, cluster, log_group)
    instances = [
        unit.add(_instance(f"AuroraInstance{number}", spec, Ref(cluster), logs))
        for number in range(1, spec.instances + 1)
    ]
    return Database(
        endpoint=unit.export("Endpoint", GetAtt(cluster, "Endpoint.Address")),
        port=str(POSTGRESQL),
        resource_id=unit.export("ResourceId", GetAtt(cluster, "DBClusterResourceId")),
        admin_secret_arn=unit.export(
            "AdminSecretArn", GetAtt(cluster, "MasterUserSecret.SecretArn")
        ),
        cluster_id=unit.export("ClusterId", Ref(cluster)),
        available=unit.ready(cluster, instances[0]),
    )


def existing_database(spec: ExistingDatabaseSpec) -> Database:
    """Return the exports of an existing database."""
    return Database(
        endpoint=spec.host,
        port=str(spec.port),
        resource_id=spec.resource_id,
        admin_secret_arn=spec.admin_secret_arn,
        cluster_id=None,
        available=Ready("database", ()),
    )


def iam_users(spec: DatabaseSpec) -> tuple[str, ...]:
    """Return the database users that log in with IAM tokens."""
    own = (spec.user,) if spec.authentication == "iam" else ()
    return tuple(dict.fromkeys((*own, *spec.additional_iam_users)))


def user_password(spec: DatabaseSpec, secrets: Secrets) -> Value | None:
    """Return the ARN of the secret with the database user's password, if it has one."""
    if spec.authentication != "password":
        return None
    return spec.password_secret_arn or secrets.database_password


def _origin(spec: DatabaseSpec) -> dict[str, Any]:
    """Return the properties of a new cluster; those that come with a source must not be given
    again."""
    if spec.source is None:
        return {
            "DatabaseName": spec.name,
            "MasterUsername": spec.admin_username,
            "StorageEncrypted": True,
        }
    return _restored(spec.source)


def _restored(source: SourceSpec) -> dict[str, Any]:
    """Return the properties of a restored cluster: encrypted, since it has a key (AWS docs,
    AWS::RDS::DBCluster, SnapshotIdentifier, MasterUsername, KmsKeyId)."""
    if source.cluster_identifier is None:
        return {"SnapshotIdentifier": source.snapshot_identifier}
    origin: dict[str, Any] = {"SourceDBClusterIdentifier": source.cluster_identifier}
    if source.restore_to_time is None:
        return origin | {"UseLatestRestorableTime": True}
    return origin | {"RestoreToTime": source.restore_to_time}


def _parameters(unit: Unit, spec: DatabaseSpec) -> dict[str, Any]:
    given: dict[str, str] = {"rds.force_ssl": "1"} if spec.force_ssl else {}
    given |= spec.cluster_parameters
    if not given:
        return {}
    major = spec.engine_version.partition(".")[0]
    group = unit.add(
        rds.DBClusterParameterGroup(
            "DatabaseParameterGroup",
            Description=f"PostgreSQL parameters of {unit.deployment}",  # a change replaces it
            Family=f"{ENGINE}{major}",
            Parameters=dict(sorted(given.items())),
        ),
        section=("database", "cluster_parameters" if spec.cluster_parameters else "force_ssl"),
    )
    return {"DBClusterParameterGroupName": Ref(group)}


def _capacity(serverless: ServerlessSpec | None) -> dict[str, Any]:
    if serverless is None:
        return {}
    # As helper functions, which troposphere does not check: it knows only 0.5 to 128.
    scaling = rds.ServerlessV2ScalingConfiguration(
        MinCapacity=GenericHelperFn(serverless.min_acu),
        MaxCapacity=GenericHelperFn(serverless.max_acu),
    )
    return {"ServerlessV2ScalingConfiguration": scaling}


def _instance(title: str, spec: DatabaseSpec, cluster: Ref, after: Sequence[str]) -> rds.DBInstance:
    """Describe an instance; it holds no data itself, so it is deleted when it is removed."""
    waits: dict[str, Any] = {"DependsOn": list(after)} if after else {}
    return rds.DBInstance(
        title,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        DBClusterIdentifier=cluster,
        DBInstanceClass="db.serverless" if spec.serverless else spec.instance_class,
        Engine=ENGINE,
        CACertificateIdentifier=spec.ca_certificate,
        AutoMinorVersionUpgrade=spec.auto_minor_version_upgrade,
        PubliclyAccessible=False,
        **waits,
    )
