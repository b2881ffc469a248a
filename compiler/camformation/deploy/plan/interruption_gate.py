"""Gate checks for changes that interrupt a part of the running system, but lose nothing.

RDS restarts an instance for another class, and all of them for another engine version (Aurora User
Guide, Modifying an Aurora DB cluster). CloudFormation changes the database first and brokers
afterwards, so running brokers cannot open connections in between.
"""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.containers import (
    Broker,
    broker_services,
    changed_brokers,
    place,
    told,
)
from camformation.deploy.plan.holdings import GONE
from camformation.deploy.plan.model import (
    Action,
    Block,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from camformation.deploy.plan.provider_schemas import NEVER
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import DATABASE

CLUSTER, INSTANCE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"
PASSWORD, USERNAME = f"{DATABASE}RDBMS_PASSWORD", f"{DATABASE}RDBMS_USERNAME"
QUIET = "deploy it at a quiet time; brokers wait for the database, and then continue by themselves"


def interruption_gate(situation: Situation) -> Iterator[Block]:
    """Warn of interruptions (CAM799)."""
    changes = [change for change in situation.changes if change.action is Action.CHANGE]
    yield from _classes(changes)
    yield from _fewer_instances(situation)
    for change in changes:
        if change.type == CLUSTER and (leaf := _leaf(change, "EngineVersion")):
            live = situation.running.engines.get(change.address) if situation.running else None
            old, new = (_numbers(value) for value in (live or leaf.before, leaf.after))
            if old[:1] == new[:1] and old < new and len(old) == len(new):
                yield warned(
                    change,
                    "CAM799",
                    f"{change.logical_id}: engine version {leaf.before} → {leaf.after}: all "
                    "instances of the database are restarted, for a minute or more",
                    QUIET,
                    leaf.location,
                )
        if change.type == CLUSTER:
            yield from _entrance(situation, change)
    for broker in changed_brokers(situation):
        before, after = (told(each) for each in (broker.before, broker.after))
        if before.value(USERNAME) == after.value(USERNAME):
            yield from _login(broker, before.value(PASSWORD), after.value(PASSWORD))


def _login(broker: Broker, before: str, after: str) -> Iterator[Block]:
    """Warn of another authentication at the database, which the seed sets before brokers are
    replaced: a user with the role rds_iam can log in only by token, one without only by password
    (Aurora User Guide, IAM database authentication)."""
    if before == after:
        return
    what = (
        "the database user's password comes from another secret"
        if before and after
        else f"the database user logs in by {'password' if after else 'IAM token'} from now on"
    )
    yield warned(
        broker.change,
        "CAM799",
        f"{broker.change.logical_id}: {what}: once the seed has set it, running brokers cannot "
        "open new connections until they are replaced",
        QUIET,
        place(broker.change, [f"[{PASSWORD}]"]),
    )


def _fewer_instances(situation: Situation) -> Iterator[Block]:
    """Warn of deleted instances while others remain: one of them may be the writer."""
    instances = [change for change in situation.changes if change.type == INSTANCE]
    gone = [each for each in instances if each.action in GONE or _perhaps(each)]
    stay = {address for address, _ in situation.remaining(INSTANCE)}
    stay |= {each.address for each in instances if each.action is Action.REPLACE or _perhaps(each)}
    lost = any(
        change.type == CLUSTER and change.action in (Action.DELETE, Action.REPLACE)
        for change in situation.changes
    )
    if gone and stay and not lost:
        names = ", ".join(change.logical_id for change in gone)
        maybe = "CloudFormation may replace it: " if _perhaps(gone[0]) else ""
        yield warned(
            gone[0],
            "CAM799",
            f"{names}: {maybe}if this includes the database's writer, which a failover may have "
            "changed, another instance takes over: every connection breaks, usually for less than "
            "a minute",
            "`camformation failover SPEC --dry-run` shows the writer, and `--to` moves the role "
            "to another instance when you choose",
            gone[0].location,
        )


def _perhaps(change: ResourceChange) -> bool:
    """Whether CloudFormation may replace it because of its own properties."""
    conditional = change.replacement is Replacement.CONDITIONAL
    return conditional and any(
        leaf.requires_recreation != NEVER and not leaf.cause for leaf in change.properties
    )


def _entrance(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of a database whose port or authentication no longer matches the brokers' (Amazon
    RDS User Guide, Settings for DB instances: another port restarts it)."""
    leaf = _leaf(change, "Port")
    if leaf and leaf.before is not None and leaf.after is not None:  # RDS has a port without one
        yield warned(
            change,
            "CAM799",
            f"{change.logical_id}: the port goes from {leaf.before} to {leaf.after}: RDS restarts "
            "the database, and brokers cannot connect while their URL and the security groups have "
            "the old port",
            "change the brokers' URL and the rules of the security groups in the same deployment",
            leaf.location,
        )
    leaf = _leaf(change, "EnableIAMDatabaseAuthentication")
    if leaf and str(leaf.after).lower() != "true" and _by_token(situation):
        yield warned(
            change,
            "CAM799",
            f"{change.logical_id}: the database no longer accepts IAM tokens, with which brokers "
            "log in: they cannot open new connections",
            "set `database.authentication` to password in the same deployment, or undo the change",
            leaf.location,
        )


def _by_token(situation: Situation) -> bool:
    """Whether brokers log in to the database without a password after the update."""
    every = [each for _, brokers in broker_services(situation.after).values() for each in brokers]
    return any(not told(each).value(PASSWORD) for each in every)


def _classes(changes: list[ResourceChange]) -> Iterator[Block]:
    found = [
        (change, leaf)
        for change in changes
        if change.type == INSTANCE and (leaf := _leaf(change, "DBInstanceClass"))
    ]
    if found:
        (first, leaf), names = found[0], ", ".join(change.logical_id for change, _ in found)
        together = " at the same time, so that no instance can take over" if len(found) > 1 else ""
        yield warned(
            first,
            "CAM799",
            f"{names}: the instance class changes to {leaf.after}: RDS restarts the "
            f"instances{together}; the database is unavailable for minutes",
            QUIET,
            leaf.location,
        )


def _numbers(version: Any) -> list[int]:
    return [int(part) for part in str(version).split(".") if part.isdecimal()]


def _leaf(change: ResourceChange, path: str) -> PropertyChange | None:
    return next((each for each in change.properties if each.path == path), None)
