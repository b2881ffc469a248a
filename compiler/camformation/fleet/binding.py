"""A fleet bound to its spec's open parameters, its accounts and its lock file."""

from collections.abc import Collection, Mapping
from functools import cache

from camformation.diagnostics import Diagnostic, Finding, SpecError
from camformation.fleet.cidrs import Allocation, allocate
from camformation.fleet.lock import Blocks, read_lock
from camformation.fleet.members import check_members
from camformation.fleet.overrides import own_values
from camformation.fleet.parameters import check_blocks, check_parameters, check_values
from camformation.fleet.reading import LoadedFleet, settled
from camformation.fleet.specs import FleetSpec
from camformation.fleet.targets import AccountsOf, Target, expand
from camformation.fleet.values import Definitions
from camformation.frozen import frozen, replaced


@frozen
class BoundFleet:
    """The targets of a fleet with their parameters, and the parameters of the StackSet."""

    targets: tuple[Target, ...]
    parameters: Mapping[str, str]  # the StackSet's own, one for each of the template's
    lock: str | None  # the wanted lock file; None if none is needed
    warnings: tuple[Diagnostic, ...]


def bind(
    loaded: LoadedFleet,
    definitions: Definitions,
    accounts_of: AccountsOf,
    lock: bytes | None = None,
    *,
    release: Collection[str] = (),
    strict: bool = False,
) -> BoundFleet:
    """Return the targets of a fleet; raise `SpecError` with every finding.

    `lock` is the content of the lock file, if there is one. The returned lock must be written
    before anything is deployed.
    """
    fleet = loaded.fleet
    accounts_of = cache(accounts_of)
    problems: list[Diagnostic] = []
    blocks: Blocks = {}
    try:
        blocks = read_lock(lock, loaded.lock_file)
    except SpecError as error:
        problems += error.diagnostics
    own = own_values(fleet, definitions)
    expanded = expand(fleet, accounts_of, own)
    allocation = allocate(fleet, expanded, blocks, release)
    findings: list[Finding] = [
        *check_members(fleet, accounts_of, expanded),
        *check_parameters(fleet, definitions, loaded.raw),
        *check_blocks(fleet, definitions),
        *check_values(fleet, definitions, expanded),
    ]
    if problems:
        raise SpecError([*problems, *(loaded.resolved.locate(each) for each in findings)])
    warnings = settled(loaded.resolved, [*findings, *allocation.findings], strict=strict)
    targets = tuple(_with_blocks(each, allocation) for each in expanded)
    needed = lock is not None or bool(fleet.cidrs)
    return BoundFleet(
        targets,
        _complete(own, fleet, definitions, targets),
        allocation.lock if needed else None,
        warnings,
    )


def _with_blocks(target: Target, allocation: Allocation) -> Target:
    """Return a target with its blocks, which are overrides even if they equal the default."""
    blocks = {
        name: str(places[target.place])
        for name, places in allocation.blocks.items()
        if target.place in places
    }
    return replaced(target, parameters={**target.parameters, **blocks}) if blocks else target


def _complete(
    own: Mapping[str, str],
    fleet: FleetSpec,
    definitions: Definitions,
    targets: tuple[Target, ...],
) -> Mapping[str, str]:
    """Return a value for each parameter, which CreateStackSet requires even without a default.

    If every target overrides one, it is the first target's, and not used by any stack.
    """
    missing = [name for name in definitions if name not in own]
    return {**own, **{name: targets[0].parameters[name] for name in missing if targets}}
