"""S3 over boto3."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import DeployError, Refused

BATCH = 1000  # the most that DeleteObjects takes


class AwsObjects:
    """Implements `Objects`."""

    def __init__(self, s3: Client) -> None:
        self._s3 = s3

    def bucket_region(self, bucket: str) -> str | None:
        """See `Objects`."""
        try:
            answer = self._s3.call("head_bucket", Bucket=bucket)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
        return str(region or self._s3.region)

    def last_modified(self, bucket: str, key: str) -> datetime | None:
        """See `Objects`."""
        try:
            answer = self._s3.call("head_object", Bucket=bucket, Key=key)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        modified: datetime = answer["LastModified"]
        return modified

    def newest(self, bucket: str, limit: int) -> datetime | None:
        """See `Objects`."""
        found: datetime | None = None
        objects = self._s3.items("list_objects_v2", "Contents", Bucket=bucket)
        for number, each in enumerate(objects):
            if number >= limit:
                said = f"{bucket} has more than {limit} objects, and S3 lists them only by name"
                raise DeployError("CAM744", said, "look at the newest ones with the AWS CLI")
            modified: datetime = each["LastModified"]
            found = max(found or modified, modified)
        return found

    def encryption_key(self, bucket: str) -> str | None:
        """See `Objects`."""
        answer = self._s3.call("get_bucket_encryption", Bucket=bucket)
        for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
            key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
            if key:
                return str(key)
        return None

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """See `Objects`."""
        self._s3.call(
            "put_object", Bucket=bucket, Key=key, Body=content, ContentType="application/json"
        )

    def holds_objects(self, bucket: str) -> bool:
        """See `Objects`."""
        answer = self._s3.call("list_object_versions", Bucket=bucket, MaxKeys=1)
        return bool(answer.get("Versions") or answer.get("DeleteMarkers"))

    def empty(self, bucket: str) -> Iterator[int]:
        """See `Objects`."""
        versions = self._versions(bucket)
        while batch := list(islice(versions, BATCH)):
            answer = self._s3.call(
                "delete_objects", Bucket=bucket, Delete={"Objects": batch, "Quiet": True}
            )
            if failed := answer.get("Errors"):
                first = failed[0]
                raise DeployError(
                    "CAM606",
                    f"{len(failed)} of {len(batch)} objects in {bucket} cannot be deleted; "
                    f"the first is {first.get('Key')}: {first.get('Message')}",
                    "the caller needs s3:DeleteObject and s3:DeleteObjectVersion",
                )
            yield len(batch)

    def _versions(self, bucket: str) -> Iterator[dict[str, str]]:
        for page in self._s3.pages("list_object_versions", Bucket=bucket):
            for kind in ("Versions", "DeleteMarkers"):
                for version in page.get(kind, ()):
                    yield {"Key": version["Key"], "VersionId": version["VersionId"]}
