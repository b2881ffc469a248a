"""Regions of a fleet file that AWS does not have."""

from collections.abc import Iterator

from camformation.diagnostics import Finding, Path, Severity
from camformation.fleet.specs import FleetSpec
from camformation.regions import REGIONS, closest, partition_of

CODE = "CAM147"  # the same rule for specs


def unknown_regions(fleet: FleetSpec) -> Iterator[Finding]:
    """Yield every unknown region: a warning, since it may be newer than this release."""
    for path, region in _named(fleet):
        if region not in REGIONS:
            near = closest(region)
            hint = f"did you mean {near}?" if near else "`aws account list-regions` lists yours"
            message = f"AWS has no region {region}"
            yield Finding(path, CODE, message, hint, Severity.WARNING)
        elif (home := partition_of(fleet.region)) and (own := partition_of(region)) != home:
            message = f"{region} is in the partition {own}, the StackSet in {home}"
            hint = "all accounts of a fleet belong to one partition: write a fleet file for each"
            yield Finding(path, CODE, message, hint)


def _named(fleet: FleetSpec) -> Iterator[tuple[Path, str]]:
    yield ("region",), fleet.region
    for index, override in enumerate(fleet.overrides):
        if override.region:
            yield ("overrides", index, "region"), override.region
    for number, wave in enumerate(fleet.waves):
        for index, target in enumerate(wave.targets):
            for position, region in enumerate(target.regions):
                yield ("waves", number, "targets", index, "regions", position), region
