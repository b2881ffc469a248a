"""Gate checks for the database's engine version, alone and with the brokers that use it.

An engine upgrade comes first, because brokers depend on the database, and it is final: there is no
downgrade, so CloudFormation cannot roll back later changes (Amazon Aurora User Guide, Upgrading
Aurora PostgreSQL). The running version may be newer than the template if RDS upgrades minor
versions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.blocks import ALLOW, blocked, forbidden
from camformation.deploy.plan.containers import (
    Broker,
    changed_brokers,
    dotted,
    name_of,
    place,
    version_tag,
)
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, shown
from camformation.rules.versions import POSTGRESQL

DATABASES = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")


def engine_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for each upgrade that has to be a separate step, or is not possible."""
    brokers = changed_brokers(situation)
    for address, resource in situation.after.items():
        before = situation.before.get(address)
        if before is None or resource["Type"] not in DATABASES:
            continue
        old, new = _version(before), _version(resource)
        change = situation.change(address)
        if old and new and old != new and change and change.action is Action.CHANGE:
            live = situation.running.engines.get(address) if situation.running else None
            yield from _change(change, live or old, new, live not in (None, old), brokers)
        if new:
            yield from _support(address, new, brokers)


def _change(
    change: ResourceChange, old: str, new: str, by_itself: bool, brokers: list[Broker]
) -> Iterator[Block]:
    before, after = _numbers(old), _numbers(new)
    at = place(change, ["EngineVersion"])
    if not before or not after or before[: len(after)] == after[: len(before)]:
        return
    step = f"{change.logical_id}: engine version {old} → {new}"
    if after < before:
        itself = f"; RDS has already upgraded it to {old}" if by_itself else ""
        yield forbidden(
            change,
            "CAM667",
            f"{step} is a downgrade, which RDS refuses{itself}",
            f'write `engine_version: "{old}"` under `database`; an older engine needs a new '
            "deployment, loaded from a logical dump",
            at,
        )
    elif after[0] > before[0]:
        moved = next((each for each in brokers if _minors(each)[0] != _minors(each)[1]), None)
        if moved:
            first, then = _minors(moved)
            yield forbidden(
                change,
                "CAM667",
                f"{step} is a major upgrade, in one step with brokers that go from {first} to "
                f"{then}: the database is upgraded first, under brokers of {first}, and cannot be "
                "downgraded if the rest fails",
                f'write `engine_version: "{old}"` under `database`, deploy the brokers, and '
                f"upgrade the database by itself afterwards; where {then} does not work with "
                f"{before[0]}, the database first",
                at,
            )
        else:
            yield blocked(
                change,
                "CAM667",
                f"{step} is a major upgrade: the database is down while it runs, and cannot be "
                "undone",
                "take a snapshot, and try the upgrade on a restored copy first; " + ALLOW,
                at,
            )


def _support(address: Address, engine: str, brokers: list[Broker]) -> Iterator[Block]:
    """Block an upgrade of brokers to a version that does not work with the kept engine."""
    for each in brokers:
        first, then = _minors(each)
        lowest, highest = POSTGRESQL.get(then, (0, 99))
        major = next(iter(_numbers(engine)), 0)
        if first == then or lowest <= major <= highest:
            continue
        common = min(highest, POSTGRESQL.get(first, (0, 99))[1])
        yield forbidden(
            each.change,
            "CAM667",
            f"{each.change.logical_id}: Camunda {then} works with Aurora PostgreSQL {lowest} to "
            f"{highest}, and {address.logical_id} has {engine}",
            f"upgrade the database first, to a version that works with both: deploy with Camunda "
            f"{first} and `engine_version` under `database` at one of {max(lowest, major)} to "
            f'{common}, such as "{TRIED.get(common, common)}"'
            if major < lowest
            else f"stay with a version of Camunda that works with {major}",
            place(each.change, [f"[{name_of(each.after)}].Image"]),
        )


TRIED: Mapping[int, str] = {17: "17.9", 18: "18.4"}
"""Default versions of specs (schemas/versions, schemas/deployment.schema.json)."""


def _minors(broker: Broker) -> tuple[str, str]:
    """Return the minor versions of Camunda before and after, such as `8.9`; empty if unknown."""
    tags = [version_tag(shown(each["Image"])) for each in (broker.before, broker.after)]
    if not tags[0] or not tags[1]:
        return "", ""
    return dotted(tags[0][:2]), dotted(tags[1][:2])


def _version(database: Mapping[str, Any]) -> str:
    return shown(database.get("Properties", {}).get("EngineVersion", ""))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
