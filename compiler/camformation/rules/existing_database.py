"""Rules for an existing database, and for how a database's certificate is verified."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from camformation.components.database_spec import DatabaseSpec, ExistingDatabaseSpec
from camformation.components.rds_authorities import authorities as known_authorities
from camformation.components.rds_authorities import region_of
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.images import official
from camformation.rules.registry import Violation, rule

EXISTING: Path = ("database", "existing")
SYSTEM = ("/etc/", "/usr/", "/opt/")
"""Folders in which images have their own files."""


@rule("CAM169", "Existing database that brokers cannot use")
def existing(d: Deployment) -> Iterator[Violation]:
    """Brokers must reach an existing database, and log in to it:

    - The security groups of tasks allow only HTTP and HTTPS. `security_group_id`, or `cidrs`
      without it, allows connections to the database.
    - With `authentication: iam`, brokers may log in only to the database with the `resource_id`;
      IAM authentication must be on there. A token is made for RDS's own name of the host: for
      another name, set `iamHost` in `jdbc_parameters` to RDS's.
    - Brokers write: a cluster's reader endpoint, with `.cluster-ro-` in its name, refuses that. The
      `resource_id` begins with `cluster-`, `prx-` or `db-`, according to the host: a cluster, a
      proxy or an instance; a role's permission to log in applies to the deployment's own region.
    - `localhost` is the task itself: nothing listens there unless a sidecar does.
    - A seed needs the administrator's secret. Without one, `seed: none`, and you create the user.
    - Fields that describe an Aurora cluster have no effect: `source`, `serverless`,
      `cluster_parameters`, `kms_key_arn`, `security_group_ids`.

    Source: Amazon RDS User Guide, Creating and using an IAM policy for IAM database access; AWS
    Advanced JDBC Wrapper docs, AWS IAM Authentication Plugin.
    """
    database, found = d.database, d.database.existing
    if found is None:
        return
    if not found.security_group_id and not found.cidrs:
        yield Violation(
            EXISTING,
            "the security groups of brokers do not let them reach the database",
            "set security_group_id to the database's security group, or cidrs to its networks",
        )
    if in_the_task(found.host):
        if not d.orchestration.sidecars:
            yield Violation(
                (*EXISTING, "host"),
                f"{found.host} is the brokers' task itself, in which no database runs",
                "name the database's host, or add a sidecar that passes connections on",
            )
    elif not found.security_group_id and found.cidrs and _outside(found.host, found.cidrs):
        yield Violation(
            (*EXISTING, "host"),
            f"{found.host} is in none of the networks that brokers may reach",
            "add its network to database.existing.cidrs",
        )
    if database.authentication == "iam" and not found.resource_id:
        yield Violation(
            EXISTING,
            "with `authentication: iam`, brokers may not log in without the database's resource ID",
            "set database.existing.resource_id, or database.authentication to password",
        )
    if (
        database.authentication == "iam"
        and not region_of(found.host)
        and "iamHost" not in database.jdbc_parameters
    ):
        yield Violation(
            (*EXISTING, "host"),
            f"{found.host} is not RDS's own name of the database, for which an IAM token is valid",
            "use RDS's endpoint, or set iamHost in database.jdbc_parameters to it",
        )
    yield from _endpoint(d, found)
    if database.seed != "none" and not found.admin_secret_arn:
        yield Violation(
            EXISTING,
            f"`seed: {database.seed}` cannot log in without the administrator's secret",
            "set database.existing.admin_secret_arn, or database.seed to none",
            required=True,
        )
    if database.additional_iam_users and not found.resource_id and database.seed != "none":
        yield Violation(
            ("database", "additional_iam_users"),
            "only databases of RDS have users with IAM authentication",
            "remove them, or set database.existing.resource_id",
        )
    idle = ("source", "serverless", "cluster_parameters", "kms_key_arn", "security_group_ids")
    for name in idle:
        if getattr(database, name):
            yield Violation(
                ("database", name),
                f"`{name}` applies to a new Aurora cluster, but the database exists",
                f"remove database.{name}, or database.existing",
            )


def _endpoint(d: Deployment, found: ExistingDatabaseSpec) -> Iterator[Violation]:
    """Yield the problems of a host name of RDS, which contains its kind and region."""
    region = region_of(found.host)
    if region is None:
        return
    host = found.host.lower()
    if ".cluster-ro-" in host:
        yield Violation(
            (*EXISTING, "host"),
            f"{found.host} is the reader endpoint, but brokers write",
            f"use the cluster's endpoint, {host.replace('.cluster-ro-', '.cluster-')}",
        )
    if d.database.authentication != "iam" or not found.resource_id:
        return
    for sign, start, what in (
        (".proxy-", "prx-", "a proxy"),
        (".cluster-", "cluster-", "a cluster"),
    ):
        if sign in host and not found.resource_id.startswith(start):
            yield Violation(
                (*EXISTING, "resource_id"),
                f"{found.resource_id} is not the resource ID of {what}, and {found.host} is "
                f"{what}'s endpoint",
                f"write the one that begins with {start}",
            )
            break
    if d.region and region != d.region:
        yield Violation(
            (*EXISTING, "host"),
            f"{found.host} is in {region}: brokers in {d.region} may not log in there by IAM",
            f"use a database in {d.region}, or set database.authentication to password",
        )


def in_the_task(host: str) -> bool:
    """Return whether a host is the one that asks for it."""
    return host.lower() == "localhost" or host.startswith("127.")


def _outside(host: str, cidrs: Iterable[str]) -> bool:
    """Return whether an IPv4 address is in none of the networks; a name may be in any."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not any(address in ip_network(each, strict=False) for each in cidrs)


@rule("CAM208", "Database's certificate without its authorities")
def authorities(d: Deployment) -> Iterator[Violation]:
    """With `database.tls`, brokers and seed verify the database's certificate. Without `ca_bundle`,
    camformation gives them RDS's own root, for databases of Aurora and RDS in the commercial
    regions; any other database needs `ca_bundle`.

    `ca_bundle` is a file in their containers. The seed has its own container, to which no init
    container writes: its image must contain the file. PostgreSQL's public image does not, so the
    seed could not connect. Build an image from it with the bundle, for example
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem, or use `seed: none`.

    A path below /config needs `orchestration.init_container`, which writes the file. Any other
    path outside the system's own folders needs a volume, unless the brokers' image has the file.

    Source: Amazon Aurora User Guide, Using SSL/TLS to encrypt a connection to a DB cluster;
    PostgreSQL documentation, libpq, SSL support.
    """
    database = d.database
    if database.tls is None:
        return
    if database.tls.ca_bundle is None:
        yield from _unknown_root(d, database)
        return
    if database.seed != "none" and official(database.seed_image) == "postgres":
        yield Violation(
            ("database", "tls", "ca_bundle"),
            f"the seed's image {database.seed_image} does not contain {database.tls.ca_bundle}",
            "set database.seed_image to an image with the file, or database.seed to none",
        )
    if database.tls.ca_bundle.startswith("/config/") and not d.orchestration.init_container:
        yield Violation(
            ("database", "tls", "ca_bundle"),
            f"nothing writes {database.tls.ca_bundle}: there is no init container",
            "set orchestration.init_container, or name a file that the brokers' image contains",
            Severity.ERROR,
        )
    elif not database.tls.ca_bundle.startswith(("/config/", *SYSTEM)) and not any(
        each.path and database.tls.ca_bundle.startswith(f"{each.path.rstrip('/')}/")
        for each in d.orchestration.volumes
    ):
        yield Violation(
            ("database", "tls", "ca_bundle"),
            f"no volume of the brokers contains {database.tls.ca_bundle}",
            "let an init container write it to a volume in orchestration.volumes; ignore this if "
            "the image contains it",
            Severity.WARNING,
        )


def _unknown_root(d: Deployment, database: DatabaseSpec) -> Iterator[Violation]:
    """Yield why camformation has no root for the database."""
    host = database.existing.host if database.existing else None
    region = region_of(host) if host else d.region
    remedy = "set database.tls.ca_bundle to a file with its authorities, or database.tls to null"
    if host and region is None:
        yield Violation(
            (*EXISTING, "host"),
            f"{host} is not RDS's own name of a database: `tls` needs the authorities of its "
            "certificate",
            remedy,
            required=True,
        )
    elif region and region not in known_authorities():
        yield Violation(
            ("database", "tls"),
            f"camformation does not have the authorities of RDS in {region}",
            remedy,
            required=True,
        )
