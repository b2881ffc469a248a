"""Allocation of a CIDR block from a pool to each target, permanently.

A VPC cannot change its block, so blocks never move. Blocks in the lock file stay reserved, also for
removed targets. New targets get the first free blocks, in order of account and region.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network

from camformation.counting import counted
from camformation.diagnostics import Finding, Path, Severity
from camformation.fleet.lock import Blocks, lock_text, place_in
from camformation.fleet.parameters import as_block, in_words
from camformation.fleet.specs import CidrPoolSpec, FleetSpec
from camformation.fleet.targets import Place, Target
from camformation.frozen import frozen

Interval = tuple[int, int]
"""The first and the last address."""


@frozen
class Allocation:
    """The block of every target without an override, and the lock file that records them."""

    blocks: Blocks
    lock: str
    findings: tuple[Finding, ...]


def allocate(
    fleet: FleetSpec, targets: Sequence[Target], locked: Blocks, release: Collection[str] = ()
) -> Allocation:
    """Give each target a block of each pool; `release` names `account/region`s to forget."""
    released = {place for each in release if (place := place_in(each))}
    kept = {
        name: {place: block for place, block in places.items() if place not in released}
        for name, places in locked.items()
    }
    findings = list(_not_released(locked, release))
    explicit = {str(name): dict(_explicit(targets, name)) for name in fleet.cidrs}
    findings += _given_twice(fleet, kept, explicit)
    taken = [_interval(block) for blocks in (kept, explicit) for each in blocks.values()
             for block in each.values()]  # fmt: skip
    blocks: dict[str, dict[Place, IPv4Network]] = {}
    for name, pool in sorted(fleet.cidrs.items()):
        places = kept.setdefault(str(name), {})
        needing = sorted(
            (each for each in targets if name not in each.parameters), key=lambda t: t.place
        )
        findings += _outside(name, pool, [each for each in needing if each.place in places], places)
        new = [each for each in needing if each.place not in places]
        free = free_blocks(pool, taken)
        for target in new:
            block = next(free, None)
            if block is None:
                break
            places[target.place] = block
        without = [each for each in new if each.place not in places]
        if without:
            findings.append(_too_small(name, pool, without))
        taken += [_interval(places[each.place]) for each in new if each.place in places]
        blocks[str(name)] = {
            each.place: places[each.place] for each in needing if each.place in places
        }
        for place, block in explicit[name].items():
            places.setdefault(place, block)  # so that it stays when the override is removed
    return Allocation(blocks, lock_text(kept), tuple(findings))


def free_blocks(pool: CidrPoolSpec, taken: Iterable[Interval]) -> Iterator[IPv4Network]:
    """Yield the free blocks of a pool in ascending order."""
    whole = IPv4Network(str(pool.pool))
    size = 1 << (32 - pool.prefix_length)
    start, end = _interval(whole)
    for first, last in [*sorted(taken), (end + 1, end + 1)]:
        while start + size <= min(first, end + 1):
            yield IPv4Network((start, int(pool.prefix_length)))
            start += size
        if last >= start:
            start = (last // size + 1) * size


def _interval(block: IPv4Network) -> Interval:
    return int(block.network_address), int(block.broadcast_address)


def _explicit(targets: Iterable[Target], name: str) -> Iterator[tuple[Place, IPv4Network]]:
    """Yield the blocks that overrides set; invalid blocks are reported elsewhere."""
    for target in targets:
        if block := as_block(target.parameters.get(name)):
            yield target.place, block


def _not_released(locked: Blocks, release: Iterable[str]) -> Iterator[Finding]:
    for each in release:
        if not any(place_in(each) in places for places in locked.values()):
            message = f"{each} has no block to release"
            hint = "name a target as account/region, as in the lock file"
            yield Finding(("cidrs",), "CAM740", message, hint)


def _outside(
    name: str, pool: CidrPoolSpec, targets: Sequence[Target], places: Mapping[Place, IPv4Network]
) -> Iterator[Finding]:
    """Yield the blocks of targets that are not in the pool."""
    whole = IPv4Network(str(pool.pool))
    for key, wrong in (
        ("pool", [each for each in targets if not places[each.place].subnet_of(whole)]),
        ("prefix_length", [each for each in targets
                           if places[each.place].prefixlen != pool.prefix_length]),
    ):  # fmt: skip
        if wrong:
            what = f"in {whole}" if key == "pool" else f"a /{pool.prefix_length}"
            first = wrong[0]
            message = f"the block {places[first.place]} {in_words(wrong[:1])} is not {what}"
            if more := len(wrong) - 1:
                message += f"; nor {'is that' if more == 1 else 'are those'} of "
                message += counted(more, "more target")
            hint = (
                "the block is not moved: undo this change, set the block in an override, or "
                "release the block"
            )
            yield Finding(("cidrs", name, key), "CAM738", message, hint)


def _too_small(name: str, pool: CidrPoolSpec, without: Sequence[Target]) -> Finding:
    count = 1 << (pool.prefix_length - IPv4Network(str(pool.pool)).prefixlen)
    taken = "which is taken" if count == 1 else "all taken"
    message = f"{pool.pool} has {counted(count, 'block')} of /{pool.prefix_length}, {taken}: "
    message += f"none is left {in_words(without)}"
    hint = "use a larger pool that contains this one, or release the blocks of removed targets"
    return Finding(("cidrs", name, "pool"), "CAM733", message, hint)


def _given_twice(fleet: FleetSpec, kept: Blocks, explicit: Blocks) -> Iterator[Finding]:
    """Yield overrides whose block overlaps with that of another target.

    Blocks of the lock file do not overlap with each other; a target's own block belongs to no
    other.
    """
    held = [
        (*_interval(block), place, name, given)
        for blocks, given in ((kept, False), (explicit, True))
        for name, places in blocks.items()
        for place, block in places.items()
        if given or not (place in (own := explicit.get(name, {})) and block.overlaps(own[place]))
    ]
    told: set[Path] = set()
    override_of = cache(lambda name, address: _override_of(fleet, name, address))
    furthest: tuple[int, int, Place, str, bool] | None = None
    for each in sorted(held):
        if furthest and each[0] <= furthest[1]:
            new, old = (each, furthest) if each[4] else (furthest, each)
            path = override_of(new[3], new[0])
            if path not in told:
                told.add(path)
                whose = f"{'/'.join(old[2])}, which starts at {IPv4Address(old[0])}"
                message = f"the block overlaps with that of {whose}"
                hint = "give each account and region its own block"
                yield Finding(path, "CAM739", message, hint)
        if not furthest or each[1] > furthest[1]:
            furthest = each


def _override_of(fleet: FleetSpec, name: str, address: int) -> Path:
    """Return the path of the override whose block starts at an address."""
    for index, override in enumerate(fleet.overrides):
        block = as_block(override.parameters.get(name))
        if block and int(block.network_address) == address:
            return ("overrides", index, "parameters", name)
    return ("overrides",)


def check_pools(fleet: FleetSpec) -> Iterator[Finding]:
    """Yield pools that are not blocks, are too small for one block, or overlap."""
    sound: dict[str, IPv4Network] = {}
    for name, entry in fleet.cidrs.items():
        pool = IPv4Network(str(entry.pool), strict=False)
        if str(pool) != entry.pool:
            message = f"{entry.pool} is an address, not the start of a block"
            yield Finding(("cidrs", name, "pool"), "CAM731", message, f"did you mean {pool}?")
        elif entry.prefix_length < pool.prefixlen:
            message = f"a /{entry.prefix_length} is larger than the pool"
            hint = f"use a pool of more than {pool.num_addresses:,} addresses"
            yield Finding(("cidrs", name, "prefix_length"), "CAM732", message, hint)
        for other, its in sound.items():
            if pool.overlaps(its):
                message = f"{pool} overlaps with {its}, the pool of {other}"
                yield Finding(("cidrs", name, "pool"), "CAM734", message, "use another block")
        sound[name] = pool
        if name in fleet.parameters:
            message = f"{name} gets its own block for each target, from `cidrs`"
            hint = "remove it here; to give one target a specific block, use an override"
            yield Finding(("parameters", str(name)), "CAM735", message, hint, at_key=True)
    if fleet.auto_deployment.enabled and (fleet.cidrs or fleet.overrides):
        what = "blocks" if fleet.cidrs else "overrides"
        message = f"an account that joins a unit gets the StackSet's own values, but no {what}"
        hint = "turn it off, or use the same values for all targets"
        where = ("auto_deployment", "enabled")
        yield Finding(where, "CAM736", message, hint, Severity.WARNING)
