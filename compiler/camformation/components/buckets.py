"""Private S3 buckets, encrypted and read over TLS only."""

from collections.abc import Iterable, Sequence
from typing import Any

from awacs.aws import Action, Bool, Condition, Deny, PolicyDocument, Principal, Statement
from troposphere import GetAtt, Ref, Sub, s3

from camformation.components.retention import retention
from camformation.diagnostics import Path
from camformation.units import Ready, Unit, Value


def add_bucket(
    unit: Unit,
    name: str,
    key_arn: Value | None,
    on_delete: str,
    section: Path,
    noncurrent_days: int | None,
    *,
    statements: Sequence[Statement] = (),
    after: Iterable[Ready] = (),
    **properties: Any,
) -> s3.Bucket:
    """Add a private bucket and its policy, and return the bucket.

    Without a key of its own, S3's key encrypts it. With `noncurrent_days` it is versioned, and
    keeps deleted and overwritten objects for that time. `statements` of the policy allow services.
    """
    chosen = properties
    if noncurrent_days:
        chosen["VersioningConfiguration"] = s3.VersioningConfiguration(Status="Enabled")
        chosen.setdefault("LifecycleConfiguration", _lifecycle(noncurrent_days))
    bucket = unit.add(
        s3.Bucket(
            name,
            BucketEncryption=s3.BucketEncryption(
                ServerSideEncryptionConfiguration=[_encryption(key_arn)]
            ),
            OwnershipControls=s3.OwnershipControls(
                Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
            ),
            PublicAccessBlockConfiguration=s3.PublicAccessBlockConfiguration(
                BlockPublicAcls=True,
                BlockPublicPolicy=True,
                IgnorePublicAcls=True,
                RestrictPublicBuckets=True,
            ),
            **chosen,
            **retention(on_delete),
        ),
        after=after,
        section=section,
    )
    arn = GetAtt(bucket, "Arn")
    tls_only = Statement(
        Sid="OnlyTls",
        Effect=Deny,
        Principal=Principal("*"),
        Action=[Action("s3", "*")],
        Resource=[arn, Sub(f"${{{bucket.title}.Arn}}/*")],
        Condition=Condition(Bool({"aws:SecureTransport": "false"})),
    )
    unit.add(
        s3.BucketPolicy(
            f"{name}Policy",
            Bucket=Ref(bucket),
            PolicyDocument=PolicyDocument(Version="2012-10-17", Statement=[tls_only, *statements]),
        ),
        section=section,
    )
    return bucket


def _encryption(key_arn: Value | None) -> s3.ServerSideEncryptionRule:
    if key_arn is None:
        return s3.ServerSideEncryptionRule(
            ServerSideEncryptionByDefault=s3.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
        )
    return s3.ServerSideEncryptionRule(
        BucketKeyEnabled=True,
        ServerSideEncryptionByDefault=s3.ServerSideEncryptionByDefault(
            SSEAlgorithm="aws:kms", KMSMasterKeyID=key_arn
        ),
    )


def _lifecycle(noncurrent_days: int) -> s3.LifecycleConfiguration:
    """Expire deleted and overwritten object versions, but not current ones."""
    return s3.LifecycleConfiguration(
        Rules=[
            s3.LifecycleRule(
                Id="ExpireNoncurrentVersions",
                Status="Enabled",
                NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(
                    NoncurrentDays=noncurrent_days
                ),
                ExpiredObjectDeleteMarker=True,
                AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
                    DaysAfterInitiation=7
                ),
            )
        ]
    )
