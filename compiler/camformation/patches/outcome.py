"""References that patches leave dangling, located at the responsible operation."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from camformation.closeness import closest
from camformation.diagnostics import Finding, Path
from camformation.frozen import frozen
from camformation.layout import ROOT, Template, Templates
from camformation.patches.operations import Operation, Room, apply, plain
from camformation.references import PSEUDO, Broken, broken_references, section
from camformation.schema import copied

MAX_BLAMED = 50  # findings that are looked into: more is one mistake, many times


@frozen
class Step:
    """An operation of a patch that changed a template, and its path in the spec."""

    template: str
    operation: Operation
    path: Path


def unresolved(
    before: Templates, after: Templates, steps: Sequence[Step], owners: dict[str, str]
) -> Iterator[Finding]:
    """Yield every reference that patches have broken, located at the operation that broke it.

    `owners` has the component of each resource that a unit has made.
    """
    changed = {ROOT, *(each.template for each in steps)}  # the root reads what others export
    found = list(broken_references(after, changed))
    if found:
        known = set(broken_references(before, changed))
        found = [each for each in found if each not in known]
    if not found:
        return
    broken_after = _history(before, steps)
    several: dict[tuple[Path, str, str, str], list[Broken]] = {}
    for each in found[:MAX_BLAMED]:
        step = steps[_culprit(each, broken_after, len(steps)) - 1]
        key = (step.path, each.template, each.kind, each.missing)
        several.setdefault(key, []).append(each)
    for (path, name, _, _), together in several.items():
        owned = sorted(dict.fromkeys(each.owner for each in together))
        yield _finding(path, together[0], owned, before[name], after[name], owners)


def _history(before: Templates, steps: Sequence[Step]) -> Callable[[int], frozenset[Broken]]:
    @cache
    def broken_after(count: int) -> frozenset[Broken]:
        templates = dict(before)
        rooms: dict[str, Room] = {}
        for step in steps[:count]:
            if step.template not in rooms:
                rooms[step.template] = Room()
                templates[step.template] = copied(templates[step.template])
            room = rooms[step.template]
            outcome = apply(templates[step.template], plain(step.operation), room, step.path)
            assert not isinstance(outcome, Finding)
            templates[step.template] = outcome
        return frozenset(broken_references(templates, templates))

    return broken_after


def _culprit(broken: Broken, broken_after: Callable[[int], frozenset[Broken]], count: int) -> int:
    """Return the number of operations after which a reference is first broken."""
    sound, bad = 0, count
    while bad - sound > 1:
        middle = (sound + bad) // 2
        if broken in broken_after(middle):
            bad = middle
        else:
            sound = middle
    return bad


def _finding(
    path: Path,
    broken: Broken,
    owned: list[str],
    before: Template,
    after: Template,
    owners: dict[str, str],
) -> Finding:
    name = broken.template
    who = ", ".join(owned[:5]) + (f" and {len(owned) - 5} more" if len(owned) > 5 else "")
    many = len(owned) > 1
    where = f"the template of {name}" if name != ROOT else "the root template"
    child, _, missing = broken.missing.partition(".")
    match broken.kind:
        case "circle":
            message = f"resources depend on each other in a circle: {broken.missing}"
            return Finding(path, "CAM215", message, "remove one of these references")
        case "output":
            message = (
                f"{who} read{'s' * (not many)} the output {missing} of {child}, which no "
                "longer exists"
            )
            hint = "keep the output, or also patch what reads it"
        case "passed":
            message = f"{where} passes {missing} to {child}, which has no such parameter"
            hint = f"keep the parameter of {child}, or also patch `root`"
        case "needed":
            message = f"{child} has the parameter {missing} without a default or a value"
            hint = f"give it a Default, or pass a value in a patch of `root`, at {who}"
        case _:
            message = (
                f"{who} name{'s' * (not many)} {broken.missing} ({broken.function}), but {where} "
                f"has no such {_thing(broken)}"
            )
            hint = _meant(broken, before, after, owners)
    return Finding(path, "CAM213", message, hint)


def _thing(broken: Broken) -> str:
    if broken.kind != "name":
        return broken.kind
    alone = broken.function in ("DependsOn", "Fn::GetAtt")
    return "resource" if alone else "resource or parameter"


def _meant(broken: Broken, before: Template, after: Template, owners: dict[str, str]) -> str:
    sections = {"condition": ["Conditions"], "mapping": ["Mappings"]}.get(
        broken.kind, ["Resources", "Parameters"]
    )
    if any(broken.missing in section(before, each) for each in sections):
        return "keep it, or also patch what refers to it"
    if owner := owners.get(broken.missing):
        return f"it is a resource of {owner}: read it through an output of that template"
    known = [each for name in sections for each in section(after, name)]
    close = closest(broken.missing, [*known, *(PSEUDO if broken.kind == "name" else ())])
    return f"did you mean {close!r}?" if close else "refer to something in the template, or add it"
