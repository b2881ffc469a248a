"""From the text of a fleet file to a `FleetSpec`, by the readers of specs."""

from collections.abc import Iterable, Mapping
from posixpath import dirname, join, normpath
from typing import Any

from camformation.diagnostics import Diagnostic, Finding, Path, Severity, SpecError, in_order
from camformation.fleet.checks import check_file
from camformation.fleet.specs import FleetSpec
from camformation.frozen import frozen
from camformation.resolve import Resolved, validated
from camformation.schema import FLEET, completed
from camformation.source import parse
from camformation.sources import Read, content
from camformation.specs import decode

ALTERNATIVES = ("failure_tolerance", "max_concurrent")  # each a count or a percentage
INHERITED = "operation of the fleet"


@frozen
class LoadedFleet:
    """A fleet file that is valid as far as can be checked without its spec."""

    fleet: FleetSpec
    resolved: Resolved
    warnings: tuple[Diagnostic, ...]

    @property
    def spec_file(self) -> str:
        """The path of the spec, relative to the working directory."""
        return normpath(join(dirname(self.resolved.file), self.fleet.spec))

    @property
    def lock_file(self) -> str:
        """The path of the lock file, which records each target's block."""
        folder, slash, name = self.resolved.file.rpartition("/")
        stem = name.removesuffix(".yaml").removesuffix(".yml")
        return f"{folder}{slash}{stem}.lock.json"

    @property
    def raw(self) -> Mapping[Path, str]:
        """The file's numbers as written."""
        return self.resolved.sources[0].raw


def load_fleet(file: str, read: Read, *, strict: bool = False) -> LoadedFleet:
    """Return the fleet that a file describes; `read` returns the content of a file.

    Raises `SpecError` with every finding; with `strict`, warnings too are errors.
    """
    source = parse(content(file, read, spec=False), file)
    layers: dict[Path, str] = {}
    data = completed(validated([source], FLEET), layers, FLEET)
    for index, wave in enumerate(data["waves"]):
        path: Path = ("waves", index, "operation")
        complete = _inherited(wave["operation"], data["operation"], _regions(wave))
        layers |= {(*path, key): INHERITED for key in complete.keys() - wave["operation"].keys()}
        wave["operation"] = complete
    resolved = Resolved(data, (source,), layers)
    fleet = decode(FleetSpec, data)
    return LoadedFleet(fleet, resolved, settled(resolved, check_file(fleet), strict=strict))


def settled(
    resolved: Resolved, findings: Iterable[Finding], *, strict: bool = False
) -> tuple[Diagnostic, ...]:
    """Return the located findings; raise `SpecError` if one is an error."""
    found = tuple(in_order(resolved.locate(finding) for finding in findings))
    if any(strict or each.severity is Severity.ERROR for each in found):
        raise SpecError(found)
    return found


def _regions(wave: Mapping[str, Any]) -> set[str]:
    return {region for target in wave["targets"] for region in target["regions"]}


def _inherited(
    own: Mapping[str, Any], fleets: Mapping[str, Any], regions: set[str]
) -> dict[str, Any]:
    """Return a wave's operation, completed by the fleet's.

    Its own count or percentage replaces the fleet's, of either kind.
    """
    complete = dict(fleets)
    complete["region_order"] = [each for each in fleets["region_order"] if each in regions]
    for alternative in ALTERNATIVES:
        kinds = (f"{alternative}_count", f"{alternative}_percentage")
        if any(kind in own for kind in kinds):
            complete |= dict.fromkeys(kinds)
    return {**complete, **own}
