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
        """Start stopping an Aurora cluster. RDS starts it again after seven days."""

    def start(self, cluster: str) -> None:
        """Start a stopped Aurora cluster."""

    def fail_over(self, cluster: str, instance: str | None) -> None:
        """Start a failover of an Aurora cluster, to this instance or any."""

    def rotate_administrator(self, cluster: str) -> None:
        """Start changing the administrator's password, which RDS manages in a secret."""

    def replica_lag(self, instance: str, now: datetime) -> float | None:
        """Return a reader's last known lag in milliseconds, from CloudWatch."""

    def set_deletion_protection(self, cluster: str, enabled: bool) -> None:
        """Switch a cluster's deletion protection at once."""

    def create_snapshot(self, cluster: str, snapshot: str) -> None:
        """Start a manual snapshot."""

    def snapshots(self, cluster: str) -> tuple[DatabaseSnapshot, ...]:
        """Return a cluster's manual snapshots; they outlive it."""


class FileSystems(Protocol):
    """EFS."""

    def file_system(self, id: str) -> FileSystem | None:
        """Return a file system, with its mount targets."""


class Secrets(Protocol):
    """Secrets Manager. Values are only for the caller: no message contains one."""

    def value(self, arn: str) -> str:
        """Return the current value."""

    def pending(self, arn: str) -> str:
        """Return the value of the version labelled AWSPENDING."""

    def state(self, arn: str) -> SecretState | None:
        """Return a secret without its values; None for one that is missing or being deleted."""

    def put(self, arn: str, value: str, token: str, *, pending: bool) -> None:
        """Add a version: AWSPENDING in addition to the current one, or AWSCURRENT instead of it.
        With the same token it is added once."""

    def promote(self, arn: str, version: str, current: str) -> None:
        """Make a pending version the current one."""
