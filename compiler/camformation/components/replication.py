"""Replication of a bucket: the rule of the bucket, and the role with which Amazon S3 copies.

The bucket names the role and the role's policy names the bucket, so the policy is a separate
resource (Amazon S3 User Guide, Setting up permissions for live replication; Replicating encrypted
objects).
"""

from typing import Any

from awacs.aws import ConditionElement, StringEquals, StringLike
from troposphere import AccountId, GetAtt, Ref, Sub, s3
from troposphere.iam import PolicyType, Role

from camformation.components.policies import assumed_by, document, statement
from camformation.components.storage_spec import ReplicationSpec
from camformation.diagnostics import Path
from camformation.units import Unit, Value


def replicated(unit: Unit, name: str, spec: ReplicationSpec, section: Path) -> dict[str, Any]:
    """Add the role, still without permissions, and return the bucket's configuration."""
    path = (*section, "replication")
    role = unit.add(
        Role(
            f"{name}Role",
            AssumeRolePolicyDocument=assumed_by(
                "s3", conditions=[StringEquals("aws:SourceAccount", AccountId)]
            ),
        ),
        section=path,
    )
    rule = s3.ReplicationConfigurationRules(
        Id="ReplicateEverything",
        Status="Enabled",
        Priority=1,
        Filter=s3.ReplicationRuleFilter(Prefix=""),
        DeleteMarkerReplication=s3.DeleteMarkerReplication(
            Status="Enabled" if spec.delete_markers else "Disabled"
        ),
        # Without it, S3 leaves out what is encrypted with a KMS key: here, everything.
        SourceSelectionCriteria=s3.SourceSelectionCriteria(
            SseKmsEncryptedObjects=s3.SseKmsEncryptedObjects(Status="Enabled")
        ),
        Destination=s3.ReplicationConfigurationRulesDestination(
            Bucket=spec.bucket_arn,
            EncryptionConfiguration=s3.EncryptionConfiguration(ReplicaKmsKeyID=spec.kms_key_arn),
        ),
    )
    configuration = s3.ReplicationConfiguration(Role=GetAtt(role, "Arn"), Rules=[rule])
    return {"ReplicationConfiguration": configuration}


def permit_replication(
    unit: Unit,
    name: str,
    spec: ReplicationSpec,
    bucket: s3.Bucket,
    key: Value,
    section: Path,
    *,
    locked: bool,
) -> None:
    """Allow the role to read the bucket, and to write the copies, with the locks of `locked`
    objects."""
    source = GetAtt(bucket, "Arn")
    objects = Sub("${Bucket}/*", Bucket=source)
    copies = Sub("${Copies}/*", Copies=spec.bucket_arn)
    write = ["s3:ReplicateObject", "s3:ReplicateTags"]
    if spec.delete_markers:
        write.append("s3:ReplicateDelete")
    read = [f"s3:GetObjectVersion{each}" for each in ("ForReplication", "Acl", "Tagging")]
    if locked:  # Amazon S3 User Guide, Using Object Lock with S3 Replication
        read += ["s3:GetObjectRetention", "s3:GetObjectLegalHold"]
    through_s3: list[ConditionElement] = [StringLike({"kms:ViaService": _s3_anywhere()})]
    statements = [
        statement(
            "ReadConfiguration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [source]
        ),
        statement("ReadObjects", read, [objects]),
        statement("WriteCopies", write, [copies]),
        statement("DecryptObjects", ["kms:Decrypt"], [key], through_s3),
        statement("EncryptCopies", ["kms:Encrypt"], [spec.kms_key_arn], through_s3),
    ]
    unit.add(
        PolicyType(
            f"{name}Policy",
            Roles=[Ref(f"{name}Role")],
            PolicyName="replicate",
            PolicyDocument=document(statements),
        ),
        section=(*section, "replication"),
    )


def _s3_anywhere() -> Sub:
    """Return Amazon S3 in any region: the copies' key is in another one."""
    return Sub("s3.*.${AWS::URLSuffix}")
