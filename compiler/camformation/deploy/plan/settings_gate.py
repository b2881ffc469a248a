"""Gate checks for settings with which brokers find their stored data and its owners.

Another value loses nothing by itself, but brokers then start empty next to the existing data, or
refuse to work with it. A setting is checked wherever it is written: as a field of the spec, a
variable in any spelling, in JSON, or as a system property. Names: Camunda docs, Configuration
properties.
"""

import re
from collections.abc import Iterator

from camformation.deploy.plan.blocks import blocked, warned
from camformation.deploy.plan.containers import Broker, Told, changed_brokers, place, told
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.protection_gate import AT_ONCE, LATER
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import (
    BACKUP,
    DELETING,
    FINDING,
    KEEPING,
    LATER_LOST,
    OFF,
    PARTITIONING,
    TENANTS,
    URL,
    Found,
)
from camformation.durations import seconds
from camformation.rules.cron import yearly
from camformation.rules.protections import PROTECTIONS
from camformation.rules.settings import switched
from camformation.spelling import bound

A_YEAR = 365 * 24 * 60 * 60
ALLOW = "undo the change; if the stored data was moved, or may be left behind, "
ALLOW += "pass --allow-data-loss {}"
STOPPED = "undo the change; with all brokers stopped (`camformation stop SPEC`), "
STOPPED += "pass --allow-data-loss {}"


def settings_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for each setting that separates brokers from their stored data."""
    moved = any(
        change.type == "AWS::RDS::DBCluster" and change.action is Action.REPLACE
        for change in situation.changes
    )  # which is blocked itself
    for broker in changed_brokers(situation):
        before, after = told(broker.before), told(broker.after)
        for found in FINDING:
            if found.names[0] != URL or not moved:
                yield from _finding(broker, found, before, after)
        yield from _tenants(broker, before, after)
        yield from _distribution(broker, before, after)
        yield from _backups(broker, before, after)
        yield from _opened(broker, before, after)


def _finding(broker: Broker, found: Found, before: Told, after: Told) -> Iterator[Block]:
    told_of = (before,) if found.ends else (before, after)
    if found.needs and not all(said.find(*found.needs) for said in told_of):
        return
    old, new = (
        _seen(found, each.value(*found.names, default=found.default)) for each in (before, after)
    )
    if _another(found, old, new):
        hint = STOPPED if found.meet else ALLOW
        yield setting_block(broker, found.names, before, after, old, new, found.lost, hint)


def _tenants(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Block the same for each physical tenant, whose settings take precedence. A new one has no
    stored data yet."""
    earlier, later = before.below(TENANTS), after.below(TENANTS)
    if not earlier and not later:
        return
    start = bound(TENANTS)
    for found in FINDING:
        ends = tuple(bound(name.removeprefix("CAMUNDA_")) for name in found.names)
        for key in sorted(key for key in {*earlier, *later} if key.endswith(ends)):
            end = next(each for each in ends if key.endswith(each))
            tenant = start + key.removeprefix(start).removesuffix(end)
            if tenant != f"{start}DEFAULT" and not any(k.startswith(tenant) for k in earlier):
                continue
            old, new = (
                _seen(found, own.get(key, said.value(*found.names, default=found.default)))
                for own, said in ((earlier, before), (later, after))
            )
            if _another(found, old, new):
                yield setting_block(broker, (key,), before, after, old, new, found.lost)


def _another(found: Found, old: str, new: str) -> bool:
    if found.shared and old and new:
        return not {*old.replace(" ", "").split(",")} & {*new.replace(" ", "").split(",")}
    return old.lower() != new.lower() if found.default else old != new


def _seen(found: Found, value: str) -> str:
    """Return the relevant part of a value: for a JDBC URL, the host, database and schema; its port
    and other parameters, including a password, may change."""
    if found.names[0] != URL or not value:
        return value
    place, _, parameters = value.partition("//")[2].partition("?")
    host, _, name = place.rpartition("@")[2].partition("/")
    schema = re.search(r"(?:^|&)(currentSchema=[^&]*)", parameters)
    return f"{host.partition(':')[0]}/{name}" + (f"?{schema[1]}" if schema else "")


def _distribution(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Block another distribution of partitions in a scheme that lists it."""
    for name in (f"{PARTITIONING}FIXED", f"{PARTITIONING}ZONEAWARE"):
        old, new = before.below(name), after.below(name)
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield setting_block(
                    broker,
                    (key,),
                    before,
                    after,
                    old.get(key, ""),
                    new.get(key, ""),
                    "a running cluster keeps its distribution, and brokers with different values "
                    "hang",
                )
                break


def setting_block(
    broker: Broker,
    names: tuple[str, ...],
    before: Told,
    after: Told,
    old: str,
    new: str,
    lost: str,
    hint: str = ALLOW,
) -> Block:
    """Return a block for a setting, which its own name allows."""
    setting = after.find(*names) or before.find(*names)
    said = setting.said if setting else names[0]
    written = (setting.source or setting.name) if setting else names[0]
    variable = setting.variable if setting and "_" not in names[0] else names[0]
    return blocked(
        broker.change,
        "CAM626",
        f"{broker.change.logical_id}: {said} goes from {old or 'unset'} to {new or 'unset'}: "
        f"{lost}",
        hint,
        place(broker.change, [f"[{each}]" for each in (written, *names)]) or broker.change.location,
        f"{broker.service}:{variable}",  # each setting by itself
    )


def _backups(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of fewer backups, and of earlier deletion."""
    for name, default, what in KEEPING:
        old, new = (each.value(name, default=default) for each in (before, after))
        if old == new or not _less(name, old, new, after):
            continue
        setting = after.find(name) or before.find(name)
        if name == f"{BACKUP}SCHEDULE" and new.lower() not in OFF:
            what = LATER_LOST
        yield warned(
            broker.change,
            "CAM668",
            f"{broker.change.logical_id}: {setting.said if setting else name} goes from "
            f"{old or 'unset'} to {new or 'unset'}: {what}",
            AT_ONCE if name in DELETING else LATER,
            place(broker.change, [f"[{(setting.source or setting.name) if setting else name}]"]),
        )


def _opened(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of protections of Camunda's own that are switched off."""
    for name, (safe, what) in PROTECTIONS.items():
        old, new = (_switch(each.value(name), safe) for each in (before, after))
        setting = after.find(name)
        if setting and old is safe and new is not safe:
            yield warned(
                broker.change,
                "CAM668",
                f"{broker.change.logical_id}: {setting.said} goes from {str(old).lower()} to "
                f"{str(new).lower()}: from now on, {what}",
                "undo the change, unless nobody else reaches this deployment; " + LATER,
                place(broker.change, [f"[{setting.source or setting.name}]"]),
            )


def _switch(value: str, default: bool) -> bool:
    found = switched(value)
    return default if found is None else found


def _less(name: str, old: str, new: str, after: Told) -> bool:
    if name == f"{BACKUP}SCHEDULE":
        if old.lower() in OFF or new.lower() in OFF:
            return old.lower() not in OFF
        return after.value(f"{BACKUP}CONTINUOUS").lower() != "true" and _rarer(old, new)
    if name == f"{BACKUP}CONTINUOUS":
        return old.lower() == "true" and new.lower() != "true"
    before, now = seconds(old), seconds(new)
    if before is None or now is None:  # removed with its feature, or unknown
        return False
    return now > before if name == f"{BACKUP}CHECKPOINTINTERVAL" else now < before


def _rarer(old: str, new: str) -> bool:
    """Whether a schedule is less frequent than another."""
    before, now = _times(old), _times(new)
    return before is not None and now is not None and now < before


def _times(schedule: str) -> float | None:
    """Return the yearly frequency of a duration or a cron expression; None for anything else."""
    every = seconds(schedule)
    return A_YEAR / every if every else yearly(schedule)
