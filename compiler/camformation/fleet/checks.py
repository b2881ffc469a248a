"""Checks of a fleet file by itself, before its spec and its organization are known."""

from collections.abc import Iterator

from camformation.diagnostics import Finding, Path, Severity
from camformation.fleet.cidrs import check_pools
from camformation.fleet.overrides import Selector, selector
from camformation.fleet.regions import unknown_regions
from camformation.fleet.specs import FleetSpec, OperationSpec, TargetSpec, WaveSpec

STRICT = "STRICT_FAILURE_TOLERANCE"
SERVICE_MANAGED = "SERVICE_MANAGED"
SOFT = "set concurrency_mode: SOFT_FAILURE_TOLERANCE, or tolerate more failures"
FILTER = "account_filter: {type: INTERSECTION, accounts: […]}"


def check_file(fleet: FleetSpec) -> Iterator[Finding]:
    """Yield the findings on a fleet file that do not depend on its spec."""
    yield from _permissions(fleet)
    yield from check_pools(fleet)
    yield from unknown_regions(fleet)
    yield from _overrides(fleet)
    yield from _unmatched(fleet)
    yield from _operation(fleet.operation, ("operation",))
    everywhere = {region for wave in fleet.waves for region in _regions(wave)}
    yield from _region_order(fleet.operation, everywhere, ("operation",), "targets")
    names: dict[str, int] = {}
    for index, wave in enumerate(fleet.waves):
        path: Path = ("waves", index)
        if (first := names.setdefault(wave.name.lower(), index)) != index:
            message = f"the name {wave.name!r} is already taken by wave {first + 1}"
            yield Finding((*path, "name"), "CAM701", message)
        for number, entry in enumerate(wave.targets):
            yield from _entry(entry, fleet.permission_model, (*path, "targets", number))
            yield from _own_account(fleet, entry, (*path, "targets", number))
        yield from _twice(wave, path)
        yield from _operation(wave.operation, (*path, "operation"), fleet.operation)
        order = wave.operation
        yield from _region_order(
            order, _regions(wave), (*path, "operation"), "targets of this wave"
        )


def _regions(wave: WaveSpec) -> set[str]:
    return {region for entry in wave.targets for region in entry.regions}


def _permissions(fleet: FleetSpec) -> Iterator[Finding]:
    """Yield settings that belong to the other permission model."""
    if fleet.permission_model == SERVICE_MANAGED:
        hint = "Organizations creates the roles: remove it, or use SELF_MANAGED"
        for key in ("administration_role_arn", "execution_role_name"):
            if getattr(fleet, key) is not None:
                yield Finding((key,), "CAM704", f"`{key}` is for SELF_MANAGED fleets", hint)
        if fleet.auto_deployment.depends_on and not fleet.auto_deployment.enabled:
            path: Path = ("auto_deployment", "depends_on")
            message = "`depends_on` orders automatic deployments, but they are off"
            yield Finding(path, "CAM704", message, "set auto_deployment.enabled, or remove it")
        return
    hint = "set permission_model: SERVICE_MANAGED, or remove it"
    if fleet.call_as != "SELF":
        message = "only SERVICE_MANAGED fleets have a delegated administrator"
        yield Finding(("call_as",), "CAM704", message, hint)
    if fleet.auto_deployment.enabled:
        message = "only SERVICE_MANAGED fleets deploy automatically to accounts that join"
        yield Finding(("auto_deployment", "enabled"), "CAM704", message, hint)
    if fleet.auto_deployment.depends_on:
        message = "`depends_on` is for automatic deployment, which only SERVICE_MANAGED fleets have"
        yield Finding(("auto_deployment", "depends_on"), "CAM704", message, hint)


def _entry(entry: TargetSpec, model: str, path: Path) -> Iterator[Finding]:
    """Yield entries of `targets` that do not fit the permission model."""
    if not entry.accounts and not entry.organizational_units:
        key = "organizational_units" if model == SERVICE_MANAGED else "accounts"
        yield Finding(path, "CAM703", "the entry names no targets", f"set `{key}`", at_key=True)
        return
    if entry.accounts and model == SERVICE_MANAGED:
        message = "targets of a SERVICE_MANAGED fleet are organizational units"
        hint = f"name the accounts' unit, with {FILTER}"
        yield Finding((*path, "accounts"), "CAM703", message, hint, at_key=True)
    if entry.organizational_units and model != SERVICE_MANAGED:
        message = "targets of a SELF_MANAGED fleet are accounts"
        hint = "name accounts, or set permission_model: SERVICE_MANAGED"
        yield Finding((*path, "organizational_units"), "CAM703", message, hint, at_key=True)
    if entry.account_filter and not entry.organizational_units:
        message = "`account_filter` selects accounts of organizational units, but none are set"
        yield Finding((*path, "account_filter"), "CAM703", message, "set `organizational_units`",
                      at_key=True)  # fmt: skip


def _own_account(fleet: FleetSpec, entry: TargetSpec, path: Path) -> Iterator[Finding]:
    """Yield the management account if it would get a stack."""
    named = entry.account_filter if fleet.permission_model == SERVICE_MANAGED else None
    if named is None or named.type == "DIFFERENCE" or fleet.call_as != "SELF":
        return
    for index, account in enumerate(named.accounts):
        if account == fleet.account:
            yield Finding(
                (*path, "account_filter", "accounts", index),
                "CAM710",
                "SERVICE_MANAGED StackSets make no stack in the management account",
                "remove it; deploy the spec there by `camformation deploy`",
                severity=Severity.WARNING,
            )


def _twice(wave: WaveSpec, path: Path) -> Iterator[Finding]:
    """Yield accounts and units that two entries of a wave share in one region."""
    seen: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(wave.targets):
        units = () if entry.account_filter else entry.organizational_units
        for key, named in (("accounts", entry.accounts), ("organizational_units", units)):
            for index, each in enumerate(named):
                for region in entry.regions:
                    first = seen.setdefault((each, region), number)
                    if first != number:
                        where = (*path, "targets", number, key, index)
                        message = f"{each} in {region} is already in entry {first + 1} of this wave"
                        yield Finding(where, "CAM702", message, "name it once")


def _operation(
    operation: OperationSpec, path: Path, fleets: OperationSpec | None = None
) -> Iterator[Finding]:
    """Yield numbers that exclude each other, or that CloudFormation lowers."""
    numbers = _numbers(operation)
    said = _numbers(fleets) if fleets else None  # of the fleet's operation, once
    for index, stem in ((0, "failure_tolerance"), (2, "max_concurrent")):
        both = numbers[index : index + 2]
        if None not in both and not (said and both == said[index : index + 2]):
            message = f"`{stem}_count` and `{stem}_percentage` exclude each other"
            yield Finding((*path, f"{stem}_percentage"), "CAM705", message, "remove one of them")
    tolerated, percentage, at_once, share, mode = numbers
    if tolerated is None and percentage is None:
        tolerated = 0  # API Reference, StackSetOperationPreferences
    if numbers == said or mode != STRICT:
        return
    if share == 100 and (tolerated is not None or (percentage or 0) < 100):
        failures = f"{percentage} %" if tolerated is None else str(tolerated)
        message = (
            f"not all accounts are updated at once: with a failure tolerance of {failures}, "
            "CloudFormation lowers concurrency to one more than that"
        )
        where = (*path, "max_concurrent_percentage")
        yield Finding(where, "CAM706", message, SOFT, Severity.WARNING)
    if tolerated is None or at_once is None:
        return
    if at_once > tolerated + 1:
        message = (
            f"CloudFormation lowers concurrency from {at_once} accounts to {tolerated + 1}: one "
            "more than the failure tolerance"
        )
        where = (*path, "max_concurrent_count")
        yield Finding(where, "CAM706", message, SOFT, Severity.WARNING)


def _numbers(o: OperationSpec) -> tuple[int | None, int | None, int | None, int | None, str]:
    return (
        o.failure_tolerance_count,
        o.failure_tolerance_percentage,
        o.max_concurrent_count,
        o.max_concurrent_percentage,
        o.concurrency_mode,
    )


def _region_order(
    operation: OperationSpec, regions: set[str], path: Path, whose: str
) -> Iterator[Finding]:
    for index, region in enumerate(operation.region_order):
        if region not in regions:
            message = f"no {whose} are in {region}"
            hint = f"their regions are {', '.join(sorted(regions))}"
            yield Finding((*path, "region_order", index), "CAM707", message, hint)


def _overrides(fleet: FleetSpec) -> Iterator[Finding]:
    """Yield overrides without a selector, and those with the same selector as another."""
    seen: dict[Selector, int] = {}
    for index, override in enumerate(fleet.overrides):
        chosen = selector(override)
        if chosen == (None, None, None):
            message = "the override selects no targets"
            hint = "set `account`, `organizational_unit` or `region`; for all, use `parameters`"
            yield Finding(("overrides", index), "CAM708", message, hint, at_key=True)
        elif (first := seen.setdefault(chosen, index)) != index:
            message = f"override {first + 1} already selects the same targets"
            hint = "merge the parameters of both into one override"
            yield Finding(("overrides", index), "CAM708", message, hint, at_key=True)


def _unmatched(fleet: FleetSpec) -> Iterator[Finding]:
    """Yield overrides that cannot match any target, whatever accounts the units contain."""
    entries = [(each, _known(each)) for wave in fleet.waves for each in wave.targets]
    for index, override in enumerate(fleet.overrides):
        account, unit, region = chosen = selector(override)
        if chosen == (None, None, None) or any(
            (region is None or region in entry.regions)
            and (unit is None or unit in entry.organizational_units)
            and (account is None or (account in accounts) is not others)
            for entry, (accounts, others) in entries
        ):
            continue
        what = [f"account {account}"] if account else []
        what += [f"unit {unit}"] if unit else []
        what += [f"region {region}"] if region else []
        message = f"the override matches no target: none is in {' and '.join(what)}"
        hint = "an override applies only to targets in `waves`"
        yield Finding(("overrides", index), "CAM709", message, hint, at_key=True)


def _known(entry: TargetSpec) -> tuple[frozenset[str], bool]:
    """Return the accounts that an entry names, and whether the entry may mean all others."""
    if not entry.organizational_units:
        return frozenset(entry.accounts), False
    if entry.account_filter and entry.account_filter.type != "UNION":
        excluded = entry.account_filter.type == "DIFFERENCE"
        return frozenset(entry.account_filter.accounts), excluded
    return frozenset(), True
