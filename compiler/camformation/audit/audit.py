"""An audit: every control with its status in one compiled spec."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache

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
    """A resource that fails a control, and the line of the spec that decides it, if any: the
    value's own, that of the patch which brings it about, the field that would settle it if the spec
    sets it, or the section of the resource."""

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


@frozen
class Patches:
    """A spec's operations of patches, by location, and the template after the first of them."""

    operations: Sequence[Location | None]
    after: Callable[[int], Template]


def audit(
    template: Template,
    locate: Locate,
    ignored: Mapping[str, str],
    written: Written = lambda _: None,
    patches: Patches | None = None,
) -> tuple[Result, ...]:
    """Return the outcome of every control for a flat template; `ignored`: control to reason."""
    found = branches(template)
    culprit = _culprit(patches) if patches else lambda *_: None
    return tuple(
        _result(each, found, locate, written, culprit, ignored.get(each.id)) for each in controls()
    )


Culprit = Callable[[Control, Failure], Location | None]


def _culprit(patches: Patches) -> Culprit:
    """Return what finds the operation after which a failure is there, which was not before: a
    patch may break a control of one resource by changing or removing another."""

    @cache
    def after(count: int) -> list[Template]:
        return branches(patches.after(count))

    def culprit(control: Control, failure: Failure) -> Location | None:
        name, _, problem = failure

        def there(count: int) -> bool:
            failed = _failures(control, after(count))
            return any((each, said) == (name, problem) for each, _, said in failed)

        if there(0):
            return None
        counts = range(1, len(patches.operations))
        return patches.operations[bisect_left(counts, True, key=there)]

    return culprit


def _result(
    control: Control,
    found: list[Template],
    locate: Locate,
    written: Written,
    culprit: Culprit,
    reason: str | None,
) -> Result:
    if not any(applies(control, each) for each in found):
        return Result(control, Status.NOT_APPLICABLE, (), None)
    path = field_of(control)
    field = written(path) if path else None
    faults = tuple(
        Fault(
            name,
            path,
            problem,
            (locate(ROOT, name, path) if path else None)
            or culprit(control, (name, path, problem))
            or field
            or locate(ROOT, name, ()),
        )
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


def failing(results: Iterable[Result], at_least: Weight) -> list[Result]:
    """Return the failures of this severity or a worse one."""
    worst = ORDER[: ORDER.index(at_least) + 1]
    return [r for r in results if r.status is Status.FAIL and r.control.severity in worst]
