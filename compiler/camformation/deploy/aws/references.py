"""RDS, EFS, S3, SNS, AWS Backup and Amazon Managed Service for Prometheus over boto3: existing
resources that a spec names.
"""

import json
from collections.abc import Mapping
from typing import Any

from camformation.deploy.aws.client import Answer, Client, is_missing
from camformation.deploy.cloud.account_references import (
    AccessPoint,
    Origin,
    SharedFileSystem,
    Snapshot,
    Topic,
)
from camformation.deploy.cloud.errors import Refused
from camformation.shapes import mapping


class AwsReferences:
    """Implements `References`."""

    def __init__(
        self, rds: Client, efs: Client, s3: Client, sns: Client, prometheus: Client, backup: Client
    ) -> None:
        self._rds = rds
        self._efs = efs
        self._s3 = s3
        self._sns = sns
        self._prometheus = prometheus
        self._backup = backup

    def snapshot(self, name: str) -> Snapshot | None:
        """See `References`."""
        asked = {"DBClusterSnapshotIdentifier": name, "IncludeShared": True}
        found = _one(self._rds, "describe_db_cluster_snapshots", "DBClusterSnapshots", asked)
        if found is None:
            return None
        return Snapshot(
            found.get("Status", ""), found.get("Engine", ""), found.get("EngineVersion", "")
        )

    def origin(self, cluster: str) -> Origin | None:
        """See `References`."""
        asked = {"DBClusterIdentifier": cluster}
        found = _one(self._rds, "describe_db_clusters", "DBClusters", asked)
        if found is None:
            return None
        return Origin(
            found.get("Engine", ""),
            found.get("EngineVersion", ""),
            found.get("EarliestRestorableTime"),
            found.get("LatestRestorableTime"),
        )

    def file_system(self, id: str) -> SharedFileSystem | None:
        """See `References`."""
        asked = {"FileSystemId": id}
        found = _one(self._efs, "describe_file_systems", "FileSystems", asked)
        if found is None:
            return None
        targets = self._efs.items("describe_mount_targets", "MountTargets", FileSystemId=id)
        return SharedFileSystem(
            found.get("LifeCycleState", ""),
            bool(found.get("Encrypted")),
            tuple(str(each["AvailabilityZoneName"]) for each in targets
                  if each.get("AvailabilityZoneName")),
        )  # fmt: skip

    def access_point(self, id: str) -> AccessPoint | None:
        """See `References`."""
        asked = {"AccessPointId": id}
        found = _one(self._efs, "describe_access_points", "AccessPoints", asked)
        if found is None:
            return None
        user = found.get("PosixUser") or {}
        return AccessPoint(found["FileSystemId"], user.get("Uid"), user.get("Gid"))

    def versioned(self, bucket: str) -> bool | None:
        """See `References`."""
        try:
            answer = self._s3.call("get_bucket_versioning", Bucket=bucket)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return answer.get("Status") == "Enabled"

    def topic(self, arn: str) -> Topic | None:
        """See `References`."""
        try:
            found = self._sns.call("get_topic_attributes", TopicArn=arn).get("Attributes", {})
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return Topic(mapping(_parsed(found.get("Policy"))), found.get("KmsMasterKeyId") or None)

    def left_out(self) -> tuple[str, ...]:
        """See `References`."""
        found = self._backup.call("describe_region_settings")
        choices = found.get("ResourceTypeOptInPreference") or {}
        return tuple(sorted(str(kind) for kind, taken in choices.items() if taken is False))

    def workspace(self, id: str) -> str | None:
        """See `References`."""
        try:
            found = self._prometheus.call("describe_workspace", workspaceId=id)["workspace"]
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return str(found.get("status", {}).get("statusCode", ""))


def _parsed(text: Any) -> Any:
    try:
        return json.loads(str(text))
    except ValueError:
        return None


def _one(client: Client, operation: str, key: str, asked: Mapping[str, Any]) -> Answer | None:
    """Return the single result of a description."""
    try:
        found: list[Answer] = client.call(operation, **asked)[key]
    except Refused as error:
        if is_missing(error):
            return None
        raise
    return found[0] if found else None
