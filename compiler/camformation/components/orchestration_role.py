"""The brokers' permissions in AWS: one statement for each purpose."""

from awacs.aws import Bool, ConditionElement, Statement, StringEquals, StringLike
from troposphere import Sub

from camformation.components.database import Database
from camformation.components.database_spec import DatabaseSpec
from camformation.components.keys import Keys
from camformation.components.policies import arn, statement, via
from camformation.components.storage import Bucket, Storage
from camformation.units import Value


def broker_statements(
    storage: Storage, keys: Keys, database: Database, spec: DatabaseSpec
) -> list[Statement]:
    """Return the statements of the task role; logs are written by the execution role."""
    # A missing object is reported as missing only to those who may list the bucket, and the
    # region in the KMS condition of the node ids is left open: pinned, it has been refused.
    statements = [
        _file_system(storage),
        *_bucket("NodeId", storage.node_id_bucket),
        _key("NodeIdKey", keys.node_id, StringLike(via(["s3"], region="*"))),
        *_bucket("Backup", storage.backup_bucket),
        _key("BackupKey", keys.backup, StringEquals(via(["s3"]))),
    ]
    if storage.documents_bucket and keys.documents:
        statements += [
            *_bucket("Documents", storage.documents_bucket),
            _key("DocumentsKey", keys.documents, StringEquals(via(["s3"]))),
        ]
    if spec.authentication == "iam":
        user = arn(
            "rds-db",
            "dbuser:${ResourceId}/${User}",
            ResourceId=database.resource_id,
            User=spec.user,
        )
        statements.append(statement("ConnectToDatabase", ["rds-db:connect"], [user]))
    return statements


def _file_system(storage: Storage) -> Statement:
    """Mount through the one access point, which decides the user id: nobody is ever root."""
    conditions: list[ConditionElement] = [
        StringEquals("elasticfilesystem:AccessPointArn", storage.access_point_arn),
        Bool("aws:SecureTransport", "true"),
    ]
    actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    return statement("MountFileSystem", actions, [storage.file_system_arn], conditions)


def _bucket(purpose: str, bucket: Bucket) -> list[Statement]:
    objects = Sub("${Bucket}/*", Bucket=bucket.arn)
    secure = [Bool("aws:SecureTransport", "true")]
    return [
        statement(
            f"{purpose}Bucket", ["s3:ListBucket", "s3:GetBucketLocation"], [bucket.arn], secure
        ),
        statement(
            f"{purpose}Objects",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            [objects],
            secure,
        ),
    ]


def _key(sid: str, key: Value, condition: ConditionElement) -> Statement:
    actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
    return statement(sid, actions, [key], [condition])
