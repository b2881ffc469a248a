"""Queries about an account and region before a deployment, a Protocol each.

They only read. Missing things are None or left out, never an error.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from camformation.deploy.cloud.account_networks import Vpcs
from camformation.deploy.cloud.account_references import References, SecretValues
from camformation.frozen import frozen


@frozen
class Quota:
    """A quota (Service Quotas); `metric` is the CloudWatch metric of its use, if there is one."""

    value: float
    metric: Mapping[str, Any] | None = None


class Quotas(Protocol):
    """Service Quotas, and counts of their use."""

    def quota(self, service: str, code: str) -> Quota | None:
        """Return the account's quota, or AWS's default."""

    def used(self, metric: Mapping[str, Any]) -> float | None:
        """Return the last value of a quota's metric; None if CloudWatch has none."""

    def addresses(self) -> int:
        """Return the number of Elastic IP addresses, without the customer's own (BYOIP)."""

    def nat_gateways(self) -> Mapping[str, int]:
        """Return the number of NAT gateways by zone."""

    def endpoints(self) -> tuple[tuple[str, str], ...]:
        """Return the kind of each VPC endpoint (`Gateway`, `Interface`, …), and its VPC."""

    def load_balancers(self) -> Mapping[str, int]:
        """Return the number of load balancers by type: `application`, `network`."""

    def file_systems(self) -> int:
        """Return the number of EFS file systems."""

    def databases(self) -> Mapping[str, tuple[float, float]]:
        """Return the account's quotas of RDS by name: used, and maximum."""

    def roles(self) -> tuple[float, float]:
        """Return the number of IAM roles, and the maximum."""

    def log_policies(self) -> tuple[str, ...]:
        """Return the names of the resource policies of CloudWatch Logs."""


@frozen
class Denial:
    """An action that the simulated policies do not allow."""

    action: str
    resource: str
    explicit: bool  # a policy denies it


class Permissions(Protocol):
    """IAM."""

    def role_arn(self, name: str) -> str | None:
        """Return a role's ARN, with its path."""

    def trust(self, name: str) -> Mapping[str, Any] | None:
        """Return a role's trust policy; None if there is no such role."""

    def policy_exists(self, arn: str) -> bool:
        """Return whether a managed policy exists."""

    def denied(
        self,
        principal: str,
        actions: Sequence[str],
        resources: Sequence[str],
        context: Mapping[str, Sequence[str]],
    ) -> tuple[Denial, ...]:
        """Return the actions that a principal's policies would not allow."""


@frozen
class EngineVersion:
    """A version of a database engine: the logs that it exports, and the capacity of its serverless
    instances in ACUs; None where RDS does not say."""

    name: str
    logs: tuple[str, ...] | None = None
    least: float | None = None
    most: float | None = None


@frozen
class Orderable:
    """A class of database instances available with an engine version."""

    instance_class: str
    zones: tuple[str, ...]


class Engines(Protocol):
    """RDS: its offers."""

    def versions(self, engine: str, version: str) -> tuple[EngineVersion, ...]:
        """Return the versions with that name, or of that major version; none if it is not
        offered."""

    def orderable(self, engine: str, version: str, instance_class: str) -> tuple[Orderable, ...]:
        """Return the offers of a version with a class."""


@frozen
class Image:
    """An image in ECR; `architectures` is empty if its manifest does not say."""

    architectures: tuple[str, ...] = ()
    digest: str = ""


class Registries(Protocol):
    """ECR."""

    def image(self, account: str, region: str, repository: str, which: str) -> Image | None:
        """Return an image by its tag, or by its digest (`sha256:…`)."""


@frozen
class Certificate:
    """A certificate in ACM."""

    status: str  # ISSUED | PENDING_VALIDATION | EXPIRED | …
    names: tuple[str, ...]
    expires: datetime | None = None


@frozen
class HostedZone:
    """A hosted zone of Route 53."""

    name: str  # without the dot at its end
    private: bool
    vpcs: tuple[str, ...] = ()


@frozen
class Authority:
    """A private certificate authority."""

    status: str  # ACTIVE | PENDING_CERTIFICATE | DISABLED | EXPIRED | DELETED | …
    managed: bool  # whether ECS may use it: the tag AmazonECSManaged is true


class Domains(Protocol):
    """ACM, AWS Private CA and Route 53."""

    def certificate(self, arn: str) -> Certificate | None:
        """Return a certificate of the region."""

    def authority(self, arn: str) -> Authority | None:
        """Return a private certificate authority of the region."""

    def hosted_zone(self, zone: str) -> HostedZone | None:
        """Return a hosted zone by its id."""

    def private_zones(self, vpc: str, region: str) -> tuple[str, ...]:
        """Return the names of the private hosted zones of a VPC, without the dots at their ends."""

    def record(self, zone: str, name: str, kind: str) -> bool:
        """Return whether a hosted zone has a record of a name and type."""

    def issuers(self, zone: str, name: str) -> tuple[str, ...] | None:
        """Return the values of a name's CAA records in a hosted zone, None if it has none."""


class Names(Protocol):
    """Names that may be in use already."""

    def log_groups(self, name: str) -> tuple[str, ...]:
        """Return the log groups with that prefix."""

    def clusters(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the capacity providers of the existing ones of the ECS clusters."""

    def namespaces(self) -> tuple[tuple[str, str], ...]:
        """Return the Cloud Map namespaces: type (`HTTP`, `DNS_PRIVATE`) and name."""

    def backup_vaults(self) -> tuple[str, ...]:
        """Return the names of AWS Backup's vaults."""


class Plans(Protocol):
    """AWS Free Tier."""

    def plan(self) -> str | None:
        """Return the plan of the account, `FREE` or `PAID`; None if it is older than the plans."""


@frozen
class Account:
    """All of it, for one account and region."""

    plans: Plans
    quotas: Quotas
    permissions: Permissions
    vpcs: Vpcs
    engines: Engines
    registries: Registries
    domains: Domains
    secrets: SecretValues
    names: Names
    references: References
