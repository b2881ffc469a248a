"""The AWS services that hold a deployment's data, a Protocol for each; see `protocols`."""

from datetime import datetime
from typing import Protocol

from camformation.deploy.cloud.services import (
    DatabaseCluster,
    DatabaseInstance,
    DatabaseSnapshot,
    FileSystem,
    SecretState,
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

    def rotate_administrator(self, cluster: str) -> None:
        """Begin to change the administrator's password, which RDS manages in a secret."""

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


class Secrets(Protocol):
    """Secrets Manager. Values are for what asked for them, and nothing else: no message has one."""

    def value(self, arn: str) -> str:
        """Return the current value."""

    def pending(self, arn: str) -> str:
        """Return the value of the version labelled AWSPENDING."""

    def state(self, arn: str) -> SecretState | None:
        """Return a secret without its values; None of one that is missing or being deleted."""

    def put(self, arn: str, value: str, token: str, *, pending: bool) -> None:
        """Add a version: AWSPENDING beside the current one, or AWSCURRENT in its place. With the
        same token it is added once."""

    def promote(self, arn: str, version: str, current: str) -> None:
        """Make a pending version the current one, in the place of the one that is."""
