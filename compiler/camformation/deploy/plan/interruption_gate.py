"""Gate checks for what interrupts a part of what runs, and loses nothing.

RDS restarts an instance for another class, and all of them for another engine version (Aurora User
Guide, Modifying an Aurora DB cluster). CloudFormation changes the database first and brokers
afterwards, so that those that run cannot open connections in between.
"""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.containers import SERVICE, changed_brokers, place, told
from camformation.deploy.plan.model import Action, Block, PropertyChange, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import DATABASE

CLUSTER, INSTANCE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"
PASSWORD = f"{DATABASE}RDBMS_PASSWORD"
QUIET = "deploy it at a quiet time; brokers wait for the database, and go on by themselves"


def interruption_gate(situation: Situation) -> Iterator[Block]:
    """Warn of interruptions (CAM799)."""
    changes = [change for change in situation.changes if change.action is Action.CHANGE]
    yield from _classes(changes)
    for change in changes:
        if change.type == CLUSTER and (leaf := _leaf(change, "EngineVersion")):
            old, new = (_numbers(value) for value in (leaf.before, leaf.after))
            live = situation.running.engines.get(change.address) if situation.running else None
            if old[:1] == new[:1] and old < new and len(old) == len(new) and live != leaf.after:
                yield warned(
                    change,
                    "CAM799",
                    f"{change.logical_id}: engine version {leaf.before} → {leaf.after}: all "
                    "instances of the database are restarted, for a minute or more",
                    QUIET,
                    leaf.location,
                )
        if change.type == CLUSTER and (leaf := _leaf(change, "EnableIAMDatabaseAuthentication")):
            yield _login(change, leaf, "the way in which brokers log in to it changes")
        if change.type == SERVICE and (leaf := _tls(change)):
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: Service Connect begins or ceases to encrypt: connectors and "
                "brokers of before and after do not reach each other while tasks are replaced",
                "connectors repeat what failed, and go on when they are replaced themselves",
                leaf.location,
            )
    for broker in changed_brokers(situation):
        before, after = (told(each).value(PASSWORD) for each in (broker.before, broker.after))
        if before and after and before != after:
            at = place(broker.change, [f"[{PASSWORD}]"])
            yield warned(
                broker.change,
                "CAM799",
                f"{broker.change.logical_id}: the database user's password comes from another "
                "secret: when the seed has set it, brokers that run open no new connection until "
                "they are replaced",
                QUIET,
                at,
            )


def _classes(changes: list[ResourceChange]) -> Iterator[Block]:
    found = [
        (change, leaf)
        for change in changes
        if change.type == INSTANCE and (leaf := _leaf(change, "DBInstanceClass"))
    ]
    if found:
        (first, leaf), names = found[0], ", ".join(change.logical_id for change, _ in found)
        together = " at the same time, so that none takes over" if len(found) > 1 else ""
        yield warned(
            first,
            "CAM799",
            f"{names}: another instance class, {leaf.after}: RDS restarts what has it{together}; "
            "the database cannot be reached for minutes",
            QUIET,
            leaf.location,
        )


def _login(change: ResourceChange, leaf: PropertyChange, what: str) -> Block:
    return warned(
        change,
        "CAM799",
        f"{change.logical_id}: {what}, before brokers do: those that run open no new connection "
        "until they are replaced",
        QUIET,
        leaf.location,
    )


def _numbers(version: Any) -> list[int]:
    return [int(part) for part in str(version).split(".") if part.isdecimal()]


def _leaf(change: ResourceChange, path: str) -> PropertyChange | None:
    return next((each for each in change.properties if each.path == path), None)


def _tls(change: ResourceChange) -> PropertyChange | None:
    return next(
        (
            leaf
            for leaf in change.properties
            if leaf.path.startswith("ServiceConnectConfiguration.Services")
            and ".Tls." in leaf.path
            and (leaf.before is None or leaf.after is None)
        ),
        None,
    )
