"""CIDR blocks of a spec that are none, or that are the same."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.rules.registry import Violation


def misstated(d: Deployment) -> Iterator[Violation]:
    """Yield addresses in the place of blocks, and IPv6 blocks that are repeated in other words."""
    seen: dict[object, str] = {}
    for path, block in _blocks(d):
        network = ip_network(block, strict=False)
        if network.network_address != ip_address(block.partition("/")[0]):
            message = f"{block} is an address, not the start of a block"
            yield Violation(path, message, f"did you mean {network}?", required=True)
        elif path[0] == "access":
            first = seen.setdefault(network, block)
            if first != block:  # EC2 refuses the second rule (InvalidPermission.Duplicate)
                message = f"{block} is the same network as {first}"
                yield Violation(path, message, "remove one of them", required=True)


def _blocks(d: Deployment) -> Iterator[tuple[Path, str]]:
    for index, block in enumerate(d.access.allowed_cidrs):
        yield ("access", "allowed_cidrs", index), block
    if database := d.database.existing:
        for index, block in enumerate(database.cidrs):
            yield ("database", "existing", "cidrs", index), block
    if existing := d.network.existing:
        yield ("network", "existing", "cidr"), existing.cidr
        if existing.ipv6_cidr:
            yield ("network", "existing", "ipv6_cidr"), existing.ipv6_cidr
    else:
        yield ("network", "cidr"), d.network.cidr
