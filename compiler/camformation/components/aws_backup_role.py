"""The role of AWS Backup: its permissions for the resources of one plan.

The statements are those of AWS's managed policies AWSBackupServiceRolePolicyForBackup and
AWSBackupServiceRolePolicyForS3Backup for RDS, EFS and S3, each on the plan's own resources.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from awacs.aws import Bool, ConditionElement, Statement, StringLike
from troposphere import Sub
from troposphere.iam import Role

from camformation.components.policies import assumed_by, inline, statement
from camformation.frozen import frozen
from camformation.units import Value

CLUSTER_SNAPSHOTS = "arn:${AWS::Partition}:rds:*:${AWS::AccountId}:cluster-snapshot:awsbackup:*"
OBJECT_READS = ("", "Acl", "Tagging", "Version", "VersionAcl", "VersionTagging")
BUCKET_READS = (
    *("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketNotification"),
    *("s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetInventoryConfiguration"),
    *("s3:ListBucket", "s3:ListBucketVersions", "s3:ListTagsForResource"),
)
BUCKET_WRITES = ("s3:PutBucketNotification", "s3:PutInventoryConfiguration")
RULE_ACTIONS = (
    *("DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule"),
    *("PutRule", "PutTargets", "RemoveTargets"),
)


@frozen
class Source:
    """A resource that is backed up; `kind` is its service."""

    kind: str  # rds | s3 | efs
    arn: Any
    key: Value | None


def backup_role(
    deployment: str,
    sources: Sequence[Source],
    vault: Any,
    copies: Sequence[str],
    vault_key: Value,
) -> Role:
    """Describe the role; `vault` is the vault's name, `copies` are the ARNs of other vaults."""
    by_kind = {
        kind: [each for each in sources if each.kind == kind] for kind in ("rds", "s3", "efs")
    }
    keys = [vault_key, *(each.key for each in sources if each.key is not None)]
    keys += dict.fromkeys(map(_keys_of, copies))
    policies = [inline("vaults", [*_vaults(vault, copies), *_keys(list(dict.fromkeys(keys)))])]
    for kind, statements in (("rds", _database), ("s3", _buckets), ("efs", _file_system)):
        if by_kind[kind]:
            policies.append(inline(f"back-up-{kind}", statements(by_kind[kind])))
    return Role(
        "BackupServiceRole",
        Description=f"AWS Backup of the data of {deployment}",
        # Without a condition: AWS Backup's guide names none that it fulfils when it assumes a role.
        AssumeRolePolicyDocument=assumed_by("backup"),
        Policies=policies,
    )


def _keys_of(vault_arn: str) -> str:
    """Return all keys in a vault's account and region, because the vault's key is not known."""
    _, partition, _, region, account, *_ = vault_arn.split(":")
    return f"arn:{partition}:kms:{region}:{account}:key/*"


def _vaults(vault: Any, copies: Sequence[str]) -> Iterator[Statement]:
    own = Sub(
        "arn:${AWS::Partition}:backup:${AWS::Region}:${AWS::AccountId}:backup-vault:${Vault}",
        Vault=vault,
    )
    points = Sub("arn:${AWS::Partition}:backup:*:${AWS::AccountId}:recovery-point:*")
    yield statement("DescribeVaults", ["backup:DescribeBackupVault"], [own, *copies])
    yield statement("TagRecoveryPoints", ["backup:TagResource"], [points])
    yield statement("FindResources", ["tag:GetResources"], ["*"])
    if copies:
        yield statement("CopyIntoVaults", ["backup:CopyIntoBackupVault"], copies)
        # Its resource is a recovery point of whichever service (AWS Backup docs, Access control).
        yield statement("CopyFromVault", ["backup:CopyFromBackupVault"], ["*"])


def _keys(keys: Sequence[Value]) -> Iterator[Statement]:
    granted: list[ConditionElement] = [Bool({"kms:GrantIsForAWSResource": "true"})]
    yield statement("DescribeKeys", ["kms:DescribeKey"], keys)
    yield statement("GrantToServices", ["kms:CreateGrant"], keys, granted)


def _database(sources: Iterable[Source]) -> Iterator[Statement]:
    clusters = [each.arn for each in sources]
    snapshots = Sub(CLUSTER_SNAPSHOTS)
    yield statement(
        "DescribeDatabases",
        [
            "rds:DescribeDBClusterAutomatedBackups",
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBClusters",
            "rds:ListTagsForResource",
        ],
        ["*"],
    )
    yield statement(
        "TakeSnapshots",
        ["rds:AddTagsToResource", "rds:CreateDBClusterSnapshot"],
        [*clusters, snapshots],
    )
    yield statement(
        "KeepSnapshots",
        [
            "rds:CopyDBClusterSnapshot",
            "rds:DeleteDBClusterSnapshot",
            "rds:ModifyDBClusterSnapshotAttribute",
        ],
        [snapshots],
    )


def _buckets(sources: Sequence[Source]) -> Iterator[Statement]:
    buckets = [each.arn for each in sources]
    objects = [Sub("${Bucket}/*", Bucket=each) for each in buckets]
    keys = list(dict.fromkeys(each.key for each in sources if each.key is not None))
    through_s3: list[ConditionElement] = [
        StringLike({"kms:ViaService": Sub("s3.*.${AWS::URLSuffix}")})
    ]
    rules = Sub(
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/AwsBackupManagedRule*"
    )
    yield statement("ReadBuckets", [*BUCKET_READS, *BUCKET_WRITES], buckets)
    yield statement("ReadObjects", [f"s3:GetObject{each}" for each in OBJECT_READS], objects)
    yield statement("DecryptObjects", ["kms:Decrypt"], keys, through_s3)
    yield statement("FollowChanges", [f"events:{each}" for each in RULE_ACTIONS], [rules])
    yield statement(
        "SeeEverything",
        ["cloudwatch:GetMetricData", "events:ListRules", "s3:ListAllMyBuckets"],
        ["*"],
    )


def _file_system(sources: Iterable[Source]) -> Iterator[Statement]:
    systems = [each.arn for each in sources]
    yield statement(
        "BackUpFileSystem",
        ["elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"],
        systems,
    )
