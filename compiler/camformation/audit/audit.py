"""An audit: every control with its status in one compiled spec."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from camformation.audit.branches import branches
from camformation.audit.controls import (
    ORDER,
    Control,
    Weight,
    applies,
    controls,
    failures,
    field_of,
)
from camformation.audit.permissions import Failure
from camformation.audit.values import Template
from camformation.diagnostics import Locate, Location, Path
from camformation.frozen import frozen
from camformation.layout import ROOT


class Status(StrEnum):
    """Outcome of a control."""

    FAIL = "fail"
    IGNORED = "ignored"
    PASS = "pass"
    NOT_APPLICABLE = "not applicable"


@frozen
class Fault:
    """A resource that fails a control, and the line of the spec that decides it, if any."""

    logical_id: str
    path: Path
    problem: str
    location: Location | None


@frozen
class Result:
    """A control's outcome. `reason`: why its failure is ignored."""

    control: Control
    status: Status
    faults: tuple[Fault, ...]
    reason: str | None


Written = Callable[[Path], Location | None]
"""Returns the line of a field that the spec itself sets."""


def audit(
    template: Template,
    locate: Locate,
    ignored: Mapping[str, str],
    written: Written = lambda _: None,
) -> tuple[Result, ...]:
    """Return the outcome of every control for a flat template; `ignored`: control to reason."""
    found = branches(template)
    return tuple(_result(each, found, locate, written, ignored.get(each.id)) for each in controls())


def _result(
    control: Control,
    found: list[Template],
    locate: Locate,
    written: Written,
    reason: str | None,
) -> Result:
    if not any(applies(control, each) for each in found):
        return Result(control, Status.NOT_APPLICABLE, (), None)
    path = field_of(control)
    field = written(path) if path else None
    faults = tuple(
        Fault(name, path, problem, _location(locate, field, name, path))
        for name, path, problem in _failures(control, found)
    )
    if not faults:
        return Result(control, Status.PASS, (), None)
    return Result(control, Status.IGNORED if reason else Status.FAIL, faults, reason)


def _failures(control: Control, found: list[Template]) -> Iterator[Failure]:
    """Yield what fails in any branch of a template; what is sound in another says so."""
    each = [dict.fromkeys(failures(control, one)) for one in found]
    for name, path, problem in dict.fromkeys(failure for one in each for failure in one):
        always = all((name, path, problem) in one for one in each)
        yield name, path, problem if always else f"{problem}, in a branch of a condition"


def _location(locate: Locate, field: Location | None, name: str, path: Path) -> Location | None:
    """Return the location that decides a value: its own line, the field that would fix the finding
    if the spec sets it, or the section of its resource."""
    own = locate(ROOT, name, path) if path else None
    return own or field or locate(ROOT, name, ())


def failing(results: Iterable[Result], at_least: Weight) -> list[Result]:
    """Return the failures of this severity or a worse one."""
    worst = ORDER[: ORDER.index(at_least) + 1]
    return [r for r in results if r.status is Status.FAIL and r.control.severity in worst]
