"""The Availability Zones of a deployment: chosen once, kept forever.

A spec with a number of zones compiles to `Fn::GetAZs`, whose answer AWS may change: the order is
not guaranteed, and new zones are added (CloudFormation Template Reference, Fn::GetAZs). A subnet
cannot move. So the deployer writes names instead, and records them in the root template's metadata,
where the next deployment finds them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import Zone
from camformation.deploy.live_stack.deployed import stack_metadata
from camformation.layout import METADATA, ROOT, Templates
from camformation.regions import has_fargate

RECORD = "AvailabilityZones"
REGIONS = ("", {"Ref": "AWS::Region"})


def zones_wanted(templates: Templates) -> int:
    """Return the number of zones that the templates use."""
    return max((number + 1 for t in templates.values() for number in _numbers(t)), default=0)


def recorded_zones(templates: Templates | None) -> tuple[str, ...]:
    """Return the pinned zones of deployed templates."""
    found = stack_metadata((templates or {}).get(ROOT, {})).get(RECORD, ())
    return tuple(map(str, found)) if isinstance(found, list) else ()


def choose_zones(zones: Iterable[Zone], wanted: int, kept: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the wanted number of zones: kept ones first, then others by name.

    Local and wavelength zones are excluded, and zones that are not opted in, or without Fargate. A
    kept zone stays, whatever its current state. Raises DeployError if there are not enough.
    """
    usable = sorted(
        zone.name
        for zone in zones
        if zone.kind == "availability-zone"
        and zone.state == "available"
        and zone.opt_in in ("opt-in-not-required", "opted-in")
        and has_fargate(zone.id)
    )
    chosen = [*kept, *(name for name in usable if name not in kept)][:wanted]
    if len(chosen) < wanted:
        raise DeployError(
            "CAM613",
            f"the spec needs {wanted} zones, but the account has {len(chosen)} in this region: "
            f"{', '.join(chosen) or 'none'}",
            "lower `availability_zones` under `network`, or deploy to another region",
        )
    return tuple(chosen)


def pin_zones(templates: Templates, names: Sequence[str]) -> Templates:
    """Return the templates with names instead of `Fn::GetAZs`, recorded in the root."""
    pinned = {name: _pinned(template, names) for name, template in templates.items()}
    if names:
        root = pinned[ROOT]
        metadata = root.get("Metadata", {})
        record = {**metadata.get(METADATA, {}), RECORD: list(names)}
        pinned[ROOT] = {**root, "Metadata": {**metadata, METADATA: record}}
    return pinned


def resolve_zones(
    templates: Templates, deployed: Templates | None, zones: Iterable[Zone]
) -> Templates:
    """Return the templates with their zones pinned: as deployed, or chosen if nothing is yet.

    Templates that were deployed with `Fn::GetAZs` (by other tools) are left so: names could move
    live subnets.
    """
    wanted = zones_wanted(templates)
    if not wanted or (zones_wanted(deployed or {}) and not recorded_zones(deployed)):
        return templates
    return pin_zones(templates, choose_zones(zones, wanted, recorded_zones(deployed)))


def _zone_number(node: Any) -> int | None:
    """Return n of `{"Fn::Select": [n, {"Fn::GetAZs": ""}]}`, or None for anything else."""
    match node:
        case {"Fn::Select": [int() | str() as number, {"Fn::GetAZs": region}]} if (
            len(node) == 1 and region in REGIONS and str(number).isdecimal()
        ):
            return int(number)
    return None


def _numbers(node: Any) -> Iterator[int]:
    number = _zone_number(node)
    if number is not None:
        yield number
    elif isinstance(node, dict):
        for value in node.values():
            yield from _numbers(value)
    elif isinstance(node, list):
        for value in node:
            yield from _numbers(value)


def _pinned(node: Any, names: Sequence[str]) -> Any:
    number = _zone_number(node)
    if number is not None:
        return names[number]
    if isinstance(node, dict):
        return {key: _pinned(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_pinned(value, names) for value in node]
    return node
