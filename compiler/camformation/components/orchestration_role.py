"""The brokers' permissions in AWS: one statement for each purpose."""

from collections.abc import Iterable

from awacs.aws import Bool, ConditionElement, Statement, StringEquals, StringLike
from troposphere import Sub

from camformation.components.database import Database
from camformation.components.database_spec import DatabaseSpec
from camformation.components.keys import Keys
from camformation.components.orchestration_spec import RestoreBucketSpec
from camformation.components.policies import arn, statement, via
from camformation.components.storage import Bucket, Storage
from camformation.units import Value


def broker_statements(
    storage: Storage,
    keys: Keys,
    database: Database,
    spec: DatabaseSpec,
    restored_from: RestoreBucketSpec | None = None,
) -> list[Statement]:
    """Return the statements of the task role; logs are written by the execution role."""
    # A missing object is reported as missing only to callers that may list the bucket.
    statements = [
        _file_system(storage),
        *_bucket("NodeId", storage.node_id_bucket, keys.node_id),
        *_bucket("Backup", storage.backup_bucket, keys.backup),
    ]
    if storage.documents_bucket and keys.documents:
        # The document store sends a set of tags with every document (AwsDocumentStore of
        # camunda/camunda), for which S3 requires a separate permission.
        tags = ["s3:PutObjectTagging"]
        statements += _bucket("Documents", storage.documents_bucket, keys.documents, tags)
    if restored_from:
        statements += _read_only(restored_from)
    if spec.authentication == "iam" and database.resource_id is not None:
        user = arn(
            "rds-db",
            "dbuser:${ResourceId}/${User}",
            ResourceId=database.resource_id,
            User=spec.user,
        )
        statements.append(statement("ConnectToDatabase", ["rds-db:connect"], [user]))
    return statements


def _file_system(storage: Storage) -> Statement:
    """Allow mounts only through the access point, which sets the user id: never root."""
    conditions: list[ConditionElement] = [
        StringEquals("elasticfilesystem:AccessPointArn", storage.access_point_arn),
        Bool("aws:SecureTransport", "true"),
    ]
    actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    return statement("MountFileSystem", actions, [storage.file_system_arn], conditions)


def _read_only(bucket: RestoreBucketSpec) -> list[Statement]:
    """Allow reading another deployment's backups, and nothing else in its bucket."""
    secure = [Bool("aws:SecureTransport", "true")]
    whole = Sub("arn:${AWS::Partition}:s3:::${Bucket}", Bucket=bucket.name)
    objects = Sub("arn:${AWS::Partition}:s3:::${Bucket}/*", Bucket=bucket.name)
    found = ["s3:ListBucket", "s3:GetBucketLocation"]
    statements = [
        statement("RestoreBucket", found, [whole], secure),
        statement("RestoreObjects", ["s3:GetObject"], [objects], secure),
    ]
    if bucket.kms_key_arn:
        condition = [StringLike(via(["s3"], region="*"))]
        reading = ["kms:Decrypt", "kms:DescribeKey"]
        statements.append(statement("RestoreKey", reading, [bucket.kms_key_arn], condition))
    return statements


def _bucket(purpose: str, bucket: Bucket, key: Value, more: Iterable[str] = ()) -> list[Statement]:
    """Grant a bucket, its objects and its key.

    The key's condition does not name a region: with bucket keys, requests restricted to one region
    were refused (camunda-deployment-references, the reference's own policy).
    """
    objects = Sub("${Bucket}/*", Bucket=bucket.arn)
    secure = [Bool("aws:SecureTransport", "true")]
    return [
        statement(
            f"{purpose}Bucket", ["s3:ListBucket", "s3:GetBucketLocation"], [bucket.arn], secure
        ),
        statement(
            f"{purpose}Objects",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", *more],
            [objects],
            secure,
        ),
        statement(
            f"{purpose}Key",
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
            [key],
            [StringLike(via(["s3"], region="*"))],
        ),
    ]
