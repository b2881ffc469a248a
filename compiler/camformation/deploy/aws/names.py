"""CloudWatch Logs, ECS and Cloud Map over boto3: names that are taken."""

from collections.abc import Sequence

from camformation.deploy.aws.client import Client


class AwsNames:
    """Implements `Names`."""

    def __init__(self, logs: Client, ecs: Client, cloud_map: Client) -> None:
        self._logs = logs
        self._ecs = ecs
        self._cloud_map = cloud_map

    def log_groups(self, name: str) -> tuple[str, ...]:
        """See `Names`."""
        found = self._logs.items("describe_log_groups", "logGroups", logGroupNamePrefix=name)
        return tuple(str(each["logGroupName"]) for each in found)

    def clusters(self, names: Sequence[str]) -> tuple[str, ...]:
        """See `Names`."""
        answer = self._ecs.call("describe_clusters", clusters=list(names))
        return tuple(
            str(each["clusterName"])
            for each in answer.get("clusters", ())
            if each.get("status") == "ACTIVE"
        )

    def namespaces(self) -> tuple[tuple[str, str], ...]:
        """See `Names`."""
        found = self._cloud_map.items("list_namespaces", "Namespaces")
        return tuple((str(each.get("Type", "")), str(each["Name"])) for each in found)
