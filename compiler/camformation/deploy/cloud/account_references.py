"""Queries about the existing resources that a spec names, besides networks. They only read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from camformation.frozen import frozen


@frozen
class Snapshot:
    """A snapshot of a database cluster."""

    status: str  # available | creating | …
    engine: str
    version: str


@frozen
class Origin:
    """A source cluster for a new database, with its restorable times."""

    engine: str
    version: str
    earliest: datetime | None = None
    latest: datetime | None = None


@frozen
class SharedFileSystem:
    """An existing EFS file system."""

    state: str  # available | …
    encrypted: bool
    zones: tuple[str, ...]  # those with a mount target


@frozen
class AccessPoint:
    """An access point of EFS, with the user and group that it enforces."""

    file_system: str
    user: int | None = None
    group: int | None = None


@frozen
class Topic:
    """An SNS topic: its policy, and its KMS key, if it is encrypted."""

    policy: Mapping[str, Any]
    key: str | None = None  # an ARN, an ID or an alias


class References(Protocol):
    """RDS, EFS, S3, SNS, AWS Backup and Amazon Managed Service for Prometheus. What is missing is
    None."""

    def snapshot(self, name: str) -> Snapshot | None:
        """Return a snapshot by its name or ARN."""

    def origin(self, cluster: str) -> Origin | None:
        """Return a database cluster by its name or ARN."""

    def file_system(self, id: str) -> SharedFileSystem | None:
        """Return a file system."""

    def access_point(self, id: str) -> AccessPoint | None:
        """Return an access point."""

    def versioned(self, bucket: str) -> bool | None:
        """Return whether a bucket keeps versions."""

    def topic(self, arn: str) -> Topic | None:
        """Return a topic."""

    def left_out(self) -> tuple[str, ...]:
        """Return the types of resources that AWS Backup leaves out in the region: `Aurora`, …"""

    def workspace(self, id: str) -> str | None:
        """Return the status of a workspace of Prometheus: `ACTIVE`, `CREATING`, `DELETING` …"""


@frozen
class Secret:
    """A secret: whether it is being deleted or has no value yet, and its own KMS key, if any."""

    deleting: bool = False
    empty: bool = False
    key: str | None = None  # an ARN, an ID or an alias


@frozen
class Key:
    """A KMS key."""

    arn: str
    state: str = "Enabled"  # Disabled | PendingDeletion | …
    encrypts: bool = True  # symmetric, for encryption


class SecretValues(Protocol):
    """Secrets Manager, the Parameter Store of Systems Manager, and KMS."""

    def secret(self, arn: str) -> Secret | None:
        """Return the description of a secret, without its value."""

    def keys(self, arn: str) -> tuple[str, ...] | None:
        """Return the keys of a secret's JSON object whose values are not empty; None if it holds no
        object. Its values go nowhere."""

    def parameter(self, name: str) -> bool:
        """Return whether a parameter exists, by its name or ARN."""

    def key(self, name: str) -> Key | None:
        """Return a KMS key by its ARN, ID or alias."""

    def key_policy(self, arn: str) -> Mapping[str, Any]:
        """Return the policy of a KMS key."""
