"""Gate checks for settings that tell brokers where what they stored is, and whose it is.

Another value loses nothing by itself, but brokers then begin anew beside what is there, or refuse
to work with it. A setting is judged wherever it is written: as a field of the spec, a variable in
any spelling, in JSON, or as a system property. Names: Camunda docs, Configuration properties.
"""

from collections.abc import Iterator
from itertools import zip_longest

from camformation.deploy.plan.blocks import blocked, warned
from camformation.deploy.plan.containers import Broker, Told, changed_brokers, place, told
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.situation import Situation
from camformation.frozen import frozen
from camformation.rules.durations import seconds

DATABASE = "CAMUNDA_DATA_SECONDARYSTORAGE_"
URL = f"{DATABASE}RDBMS_URL"
BACKUP = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_"
SECURITY = "CAMUNDA_SECURITY_"
USERS = f"{SECURITY}INITIALIZATION_USERS_"
PARTITIONING = "CAMUNDA_CLUSTER_PARTITIONING_"

ALLOW = "undo the change; if what is stored was moved, or may stay behind, "
ALLOW += "pass --allow-data-loss {}"


@frozen
class Found:
    """A property by which brokers find what they stored; the first name is today's."""

    names: tuple[str, ...]
    default: str
    lost: str
    needs: tuple[str, ...] = ()  # counts only where this is set, before and after


FINDING = (
    Found((f"{DATABASE}TYPE",), "elasticsearch", "brokers export to another, empty store"),
    Found((f"{DATABASE}RDBMS_PREFIX",), "", "brokers make new, empty tables beside those in use"),
    Found((URL,), "", "brokers make empty tables in another database"),
    Found((f"{DATABASE}RDBMS_USERNAME",), "", "the new user does not own Camunda's tables"),
    Found((f"{BACKUP}S3_BUCKETNAME",), "", "no backup that exists is found"),
    Found((f"{BACKUP}S3_BASEPATH",), "", "no backup that exists is found"),
    Found((f"{BACKUP}S3_ENDPOINT",), "", "no backup that exists is found"),
    Found(
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME", "DOCUMENT_STORE_AWS_BUCKET"),
        "",
        "no document that exists is found",
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME", "DOCUMENT_STORE_AWS_BUCKET"),
    ),
    Found(
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETPATH", "DOCUMENT_STORE_AWS_BUCKET_PATH"),
        "",
        "no document that exists is found",
        ("CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME", "DOCUMENT_STORE_AWS_BUCKET"),
    ),
    Found(("CAMUNDA_DATA_PRIMARYSTORAGE_DIRECTORY",), "", "brokers start without their data"),
    Found(
        ("CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_BUCKETNAME",),
        "",
        "brokers do not find the leases of their node ids",
    ),
    Found(
        ("CAMUNDA_CLUSTER_NAME",),
        "zeebe-cluster",
        "brokers of both names do not find each other while tasks are replaced",
    ),
    Found(
        ("CAMUNDA_CLUSTER_CLUSTERID", "CAMUNDA_CLUSTER_ID"),
        "",
        "brokers belong to another cluster than their data and backups",
    ),
    Found(
        (f"{PARTITIONING}SCHEME",),
        "ROUND_ROBIN",
        "a running cluster keeps its distribution, and brokers that disagree about it hang",
    ),
    Found(
        (f"{SECURITY}AUTHENTICATION_OIDC_USERNAMECLAIM",),
        "sub",
        "everybody is another user, without their tasks and authorizations",
        (f"{SECURITY}AUTHENTICATION_OIDC_ISSUERURI",),
    ),
    Found(
        (f"{SECURITY}AUTHENTICATION_OIDC_CLIENTIDCLAIM",),
        "",
        "every client is another one, without its authorizations",
        (f"{SECURITY}AUTHENTICATION_OIDC_ISSUERURI",),
    ),
    Found(
        (f"{SECURITY}MULTITENANCY_CHECKSENABLED",),
        "false",
        "what exists belongs to the tenant <default>, which users and clients must be assigned to",
    ),
    Found(
        (f"{SECURITY}IDVALIDATIONPATTERN",),
        "^[a-zA-Z0-9_~@.+-]+$",
        "users, groups and roles whose ids do not fit the pattern are refused",
    ),
)

OFF = ("", "none")
KEEPING = (
    (f"{BACKUP}SCHEDULE", "", "no backup is made any more"),
    (f"{BACKUP}CONTINUOUS", "", "the time between two backups can no longer be restored"),
    (f"{BACKUP}CHECKPOINTINTERVAL", "", "more of what happened last is lost with a restore"),
    (f"{BACKUP}RETENTION_WINDOW", "", "older backups are deleted"),
    (
        f"{DATABASE}RDBMS_HISTORY_DEFAULTHISTORYTTL",
        "P30D",
        "process instances that have ended are deleted from the database earlier",
    ),
)
"""What says how much can be restored or looked up, its default, and what less of it means."""


def settings_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for each setting that detaches brokers from what they stored."""
    moved = any(
        change.type == "AWS::RDS::DBCluster" and change.action is Action.REPLACE
        for change in situation.changes
    )  # which is blocked itself
    for broker in changed_brokers(situation):
        before, after = told(broker.before), told(broker.after)
        for found in FINDING:
            if found.names[0] != URL or not moved:
                yield from _finding(broker, found, before, after)
        yield from _distribution(broker, before, after)
        yield from _users(broker, before, after)
        yield from _backups(broker, before, after)


def _finding(broker: Broker, found: Found, before: Told, after: Told) -> Iterator[Block]:
    if found.needs and not (before.find(*found.needs) and after.find(*found.needs)):
        return
    old, new = (each.value(*found.names, default=found.default) for each in (before, after))
    if found.names[0] == URL:
        old, new = _database(old), _database(new)
    if old.lower() != new.lower() if found.default else old != new:
        yield _block(broker, found.names, before, after, old, new, found.lost)


def _database(url: str) -> str:
    """Return the host and the database of a JDBC URL: its port and parameters may change."""
    host, _, name = url.partition("//")[2].partition("?")[0].rpartition("@")[2].partition("/")
    return f"{host.partition(':')[0]}/{name}"


def _distribution(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Block another distribution of partitions within a scheme that lists it."""
    for name in (f"{PARTITIONING}FIXED", f"{PARTITIONING}ZONEAWARE"):
        old, new = before.below(name), after.below(name)
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield _block(
                    broker,
                    (key,),
                    before,
                    after,
                    old.get(key, ""),
                    new.get(key, ""),
                    "a running cluster keeps its distribution, and brokers that disagree hang",
                )
                break


def _users(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Block another name for a user that Camunda made when it first started."""
    old, new = _usernames(before), _usernames(after)
    for number, (name, other) in enumerate(zip_longest(old, new, fillvalue="")):
        if name and other and name != other and (name not in new or other not in old):
            yield _block(
                broker,
                (f"{USERS}{number}_USERNAME",),
                before,
                after,
                name,
                other,
                "nobody is renamed: another user is made, the present one keeps its password and "
                "rights, and whoever logs in as it in a setting is locked out",
            )


def _usernames(said: Told) -> list[str]:
    numbers = range(len(said.below(USERS.rstrip("_"))))
    return [said.value(f"{USERS}{number}_USERNAME") for number in numbers]


def _block(
    broker: Broker,
    names: tuple[str, ...],
    before: Told,
    after: Told,
    old: str,
    new: str,
    lost: str,
) -> Block:
    setting = after.find(*names) or before.find(*names)
    said = setting.said if setting else names[0]
    written = (setting.source or setting.name) if setting else names[0]
    return blocked(
        broker.change,
        "CAM626",
        f"{broker.change.logical_id}: {said} goes from {old or 'unset'} to {new or 'unset'}: "
        f"{lost}",
        ALLOW,
        place(broker.change, [written, *names]) or broker.change.location,
        broker.service,
    )


def _backups(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of fewer backups, and of what is deleted earlier."""
    for name, default, what in KEEPING:
        old, new = (each.value(name, default=default) for each in (before, after))
        if old == new or not _less(name, old, new):
            continue
        setting = after.find(name) or before.find(name)
        yield warned(
            broker.change,
            "CAM668",
            f"{broker.change.logical_id}: {setting.said if setting else name} goes from "
            f"{old or 'unset'} to {new or 'unset'}: {what}",
            "no data is lost by this deployment itself",
            place(broker.change, [setting.source or setting.name] if setting else [name])
            or broker.change.location,
        )


def _less(name: str, old: str, new: str) -> bool:
    if name == f"{BACKUP}SCHEDULE":
        return old.lower() not in OFF and new.lower() in OFF
    if name == f"{BACKUP}CONTINUOUS":
        return old.lower() == "true" and new.lower() != "true"
    before, now = seconds(old), seconds(new)
    if before is None or now is None:  # gone together with what it belongs to; or not to be known
        return False
    return now > before if name == f"{BACKUP}CHECKPOINTINTERVAL" else now < before
