"""Checks of a fleet's targets against the accounts of its organizational units."""

from collections.abc import Iterator

from camformation.counting import counted
from camformation.diagnostics import Finding, Path, Severity
from camformation.fleet.overrides import Selector, selector
from camformation.fleet.specs import FleetSpec, TargetSpec
from camformation.fleet.targets import AccountsOf, Place, Target, places


def check_members(
    fleet: FleetSpec, accounts_of: AccountsOf, targets: tuple[Target, ...]
) -> Iterator[Finding]:
    """Yield units and waves without targets, repeated targets and filters without effect."""
    with_targets = {target.wave for target in targets}
    for index, wave in enumerate(fleet.waves):
        path: Path = ("waves", index)
        owner: dict[Place, int] = {}
        for number, entry in enumerate(wave.targets):
            where = (*path, "targets", number)
            yield from _units(entry, accounts_of, where)
            twice = [
                place
                for place, _ in places(entry, accounts_of)
                if owner.setdefault(place, number) != number
            ]
            if twice:
                account, region = twice[0]
                more = f", like {counted(len(twice) - 1, 'more target')}" if twice[1:] else ""
                message = (
                    f"{account} in {region} is already in entry {owner[twice[0]] + 1} of this wave"
                )
                hint = "exclude it from one of them: account_filter, DIFFERENCE"
                yield Finding(where, "CAM702", message + more, hint, at_key=True)
        if wave.name not in with_targets:
            message = f"every target of the wave {str(wave.name)!r} is already in an earlier wave"
            yield Finding((*path, "name"), "CAM711", message, severity=Severity.WARNING)
    yield from _unmatched(fleet, targets)


def _units(entry: TargetSpec, accounts_of: AccountsOf, path: Path) -> Iterator[Finding]:
    known: set[str] = set()
    for index, unit in enumerate(entry.organizational_units):
        accounts = accounts_of(str(unit))
        known.update(accounts)
        if not accounts:
            where = (*path, "organizational_units", index)
            message = f"no account is in {unit}"
            yield Finding(where, "CAM711", message, severity=Severity.WARNING)
    if entry.account_filter and entry.account_filter.type != "UNION":
        for index, account in enumerate(entry.account_filter.accounts):
            if account not in known:
                where = (*path, "account_filter", "accounts", index)
                units = " or ".join(entry.organizational_units)
                message = f"{account} is not in {units}"
                yield Finding(where, "CAM710", message, severity=Severity.WARNING)


def _unmatched(fleet: FleetSpec, targets: tuple[Target, ...]) -> Iterator[Finding]:
    """Yield overrides that match no target now."""
    matched: set[Selector] = set()
    for each in targets:
        for account in (None, each.account):
            for unit in {None, each.organizational_unit}:
                matched.add((account, unit, None))
                matched.add((account, unit, each.region))
    for index, override in enumerate(fleet.overrides):
        if selector(override) not in matched:
            message = "the override matches no target, given the accounts now in the units"
            hint = "an override applies only to targets in `waves`"
            where = ("overrides", index)
            yield Finding(where, "CAM709", message, hint, Severity.WARNING, at_key=True)
