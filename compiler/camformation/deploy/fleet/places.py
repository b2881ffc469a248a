"""Accounts and regions of instances, grouped for StackSets. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from camformation.deploy.cloud.stack_sets import Places
from camformation.deploy.fleet.model import TargetPlan
from camformation.fleet.targets import Place

MAX_UNITS = 50
"""Organizational units in a call (UpdateStackSet, CreateStackInstances)."""

MAX_ACCOUNTS = 1000
"""Accounts in a call: AWS does not document a limit, and offers a file (AccountsUrl) for many."""


class Where:
    """Places of a set of targets, as accounts, or as organizational units with a filter."""

    def __init__(
        self,
        permission_model: str,
        targets: Sequence[TargetPlan],
        units: Mapping[str, frozenset[str]],
    ) -> None:
        self._by_unit = permission_model == "SERVICE_MANAGED"
        self._units = units
        self._unit = {each.place: _unit(each) for each in targets}

    def rectangles(
        self, places: Sequence[Place], *, whole: bool
    ) -> Iterator[tuple[Places, tuple[Place, ...]]]:
        """Yield places as accounts by regions, with the instances of each.

        `whole`: a unit is named without its accounts if all of them are meant.
        """
        for accounts, regions in _rectangles(places):
            if not self._by_unit:
                for some in _chunks(accounts, MAX_ACCOUNTS):
                    yield Places(regions, some), _product(some, regions)
                continue
            by_unit: dict[str, list[str]] = {}
            for account in accounts:
                unit = self._unit[account, regions[0]]
                by_unit.setdefault(unit or "", []).append(account)
            all_of = [
                unit
                for unit, some in by_unit.items()
                if whole and unit in self._units and self._units[unit] == frozenset(some)
            ]
            for units in _chunks(all_of, MAX_UNITS):
                meant = tuple(chain.from_iterable(by_unit[unit] for unit in units))
                yield Places(regions, (), units), _product(meant, regions)
            rest = [unit for unit in by_unit if unit not in all_of]
            for units in _chunks(rest, MAX_UNITS):
                named = list(chain.from_iterable(by_unit[unit] for unit in units))
                for some in _chunks(named, MAX_ACCOUNTS):
                    within = tuple(u for u in units if u and set(by_unit[u]) & set(some))
                    yield (
                        Places(regions, some, within, "INTERSECTION" if within else None),
                        _product(some, regions),
                    )


def _unit(target: TargetPlan) -> str | None:
    live = target.instance.organizational_unit if target.instance else None
    return live or (target.target.organizational_unit if target.target else None)


def _rectangles(places: Sequence[Place]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return places as few combinations of accounts and regions: by equal regions, or by equal
    accounts."""
    by_account: dict[str, dict[str, None]] = {}
    by_region: dict[str, dict[str, None]] = {}
    for account, region in places:
        by_account.setdefault(account, {})[region] = None
        by_region.setdefault(region, {})[account] = None
    rows = [(accounts, regions) for regions, accounts in _alike(by_account)]
    columns = _alike(by_region)
    return min(rows, columns, key=len)


def _alike(
    lines: Mapping[str, Mapping[str, None]],
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return each set of members that occurs, with all places that have exactly these."""
    found: dict[frozenset[str], tuple[tuple[str, ...], list[str]]] = {}
    for name, members in lines.items():
        found.setdefault(frozenset(members), (tuple(members), []))[1].append(name)
    return [(members, tuple(names)) for members, names in found.values()]


def _product(accounts: Sequence[str], regions: Sequence[str]) -> tuple[Place, ...]:
    return tuple((account, region) for region in regions for account in accounts)


def _chunks(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
