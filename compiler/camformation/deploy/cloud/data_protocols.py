"""The AWS services that hold a deployment's data, a Protocol for each; see `protocols`."""

from datetime import datetime
from typing import Protocol

from camformation.deploy.cloud.services import (
    DatabaseCluster,
    DatabaseInstance,
    DatabaseSnapshot,
    FileSystem,
)


class Databases(Protocol):
    """RDS."""

    def cluster(self, cluster: str) -> DatabaseCluster | None:
        """Return an Aurora cluster."""

    def instances(self, cluster: str) -> tuple[DatabaseInstance, ...]:
        """Return the instances of an Aurora cluster, the writer first."""

    def stop(self, cluster: str) -> None:
        """Begin to stop an Aurora cluster. RDS starts it again after seven days."""

    def start(self, cluster: str) -> None:
        """Begin to start an Aurora cluster that is stopped."""

    def fail_over(self, cluster: str, instance: str | None) -> None:
        """Begin to let another instance of an Aurora cluster write: this one, or any."""

    def replica_lag(self, instance: str, now: datetime) -> float | None:
        """Return how many milliseconds a reader is behind, as CloudWatch last knew it."""

    def set_deletion_protection(self, cluster: str, enabled: bool) -> None:
        """Switch a cluster's deletion protection at once."""

    def create_snapshot(self, cluster: str, snapshot: str) -> None:
        """Begin a manual snapshot."""

    def snapshots(self, cluster: str) -> tuple[DatabaseSnapshot, ...]:
        """Return a cluster's manual snapshots; they outlive it."""


class FileSystems(Protocol):
    """EFS."""

    def file_system(self, id: str) -> FileSystem | None:
        """Return a file system, with its mount targets."""
