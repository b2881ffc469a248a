"""CloudWatch Logs, ECS, Cloud Map and AWS Backup over boto3: names that are taken."""

from collections.abc import Mapping, Sequence

from camformation.deploy.aws.client import Client


class AwsNames:
    """Implements `Names`."""

    def __init__(self, logs: Client, ecs: Client, cloud_map: Client, backup: Client) -> None:
        self._logs = logs
        self._ecs = ecs
        self._cloud_map = cloud_map
        self._backup = backup

    def log_groups(self, name: str) -> tuple[str, ...]:
        """See `Names`."""
        found = self._logs.items("describe_log_groups", "logGroups", logGroupNamePrefix=name)
        return tuple(str(each["logGroupName"]) for each in found)

    def clusters(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """See `Names`."""
        answer = self._ecs.call("describe_clusters", clusters=list(names))
        return {
            str(each["clusterName"]): tuple(each.get("capacityProviders", ()))
            for each in answer.get("clusters", ())
            if each.get("status") == "ACTIVE"
        }

    def namespaces(self) -> tuple[tuple[str, str], ...]:
        """See `Names`."""
        found = self._cloud_map.items("list_namespaces", "Namespaces")
        return tuple((str(each.get("Type", "")), str(each["Name"])) for each in found)

    def backup_vaults(self) -> tuple[str, ...]:
        """See `Names`. AWS Backup denies a description of a vault that does not exist."""
        found = self._backup.items("list_backup_vaults", "BackupVaultList")
        return tuple(str(each["BackupVaultName"]) for each in found)
