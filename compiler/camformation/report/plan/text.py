"""A plan on a terminal: a tree by component, with the most serious changes last."""

from collections.abc import Callable, Iterator

from camformation.counting import counted
from camformation.deploy.plan.model import (
    Action,
    Block,
    ComponentPlan,
    Plan,
    PropertyChange,
    Replacement,
    ResourceChange,
    Severity,
)
from camformation.report.cost import change_line
from camformation.report.plan.values import sides, value
from camformation.report.terminal_text import readable, visible

SIGNS = {
    Action.ADD: "+",
    Action.IMPORT: "<",
    Action.CHANGE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
}
COLOURS = {
    Action.ADD: "32",
    Action.IMPORT: "36",
    Action.CHANGE: "33",
    Action.REPLACE: "31",
    Action.DELETE: "31",
}
Paint = Callable[[str, str], str]
"""Function that colours a text with an ANSI code, or returns it unchanged."""

BOLD, RED, YELLOW, DIM = "1", "31", "33", "2"
ANEW = ("CAM665", "CAM666")
"""Blocks of plans that would make everything anew: the rest is as long as it is worthless."""

FOLLOWS = "Everything else follows from that; --format json shows it."
NAMED = 3  # resources of a type that a first deployment names; the JSON format names all

FORCES = {
    "Always": "# forces replacement",
    "Conditionally": "# may force replacement",
}
KEPT = {
    "Delete": "the old one is deleted",
    "Retain": "the old one is kept",
    "Snapshot": "a snapshot of the old one is kept",
}
TASK_DEFINITION = "AWS::ECS::TaskDefinition"


@readable
def plan_text(plan: Plan, *, colour: bool = False, show_phantom: bool = False) -> str:
    """Return the plan as text, with ANSI colours or without, ending with a newline."""
    paint = painter(colour=colour)
    if over := made_anew(plan):
        lines = [paint(_title(plan), BOLD)]
        lines += [line for block in over for line in ("", *block_lines(block, paint))]
        return "\n".join([*lines, "", paint(summary_line(plan), BOLD), FOLLOWS]) + "\n"
    lines = [paint(_title(plan), BOLD), *change_lines(plan, paint, show_phantom=show_phantom)]
    for block in plan.gate:
        lines += ["", *block_lines(block, paint)]
    lines += ["", paint(summary_line(plan), BOLD)]
    lines += cost_lines(plan)
    grave = list(destructive(plan))
    if grave:
        lines += ["", paint(f"Replacements and deletions ({len(grave)}):", BOLD)]
        lines += [paint(f"  {line}", RED) for line in map(destruction, grave)]
    return "\n".join(lines) + "\n"


def made_anew(plan: Plan) -> list[Block]:
    """Return the blocks because of which the plan would make everything anew, if it would."""
    return [block for block in plan.blocks if block.code in ANEW]


def cost_lines(plan: Plan) -> list[str]:
    """Return the line about the monthly cost, if the region is known."""
    line = change_line(plan.cost)
    return [line] if line else []


def painter(*, colour: bool) -> Paint:
    """Return the function that colours a text with an ANSI code, or returns it unchanged."""
    return lambda text, code: f"\x1b[{code}m{text}\x1b[0m" if colour else text


def change_lines(plan: Plan, paint: Paint, *, show_phantom: bool = False) -> Iterator[str]:
    """Yield the resources that change, by component, and the outputs; each after an empty line."""
    first = plan.target.base == "nothing"
    for component in plan.components:
        if first:
            yield from _first(component, paint)
        else:
            yield from _component(component, show_phantom, paint)
    if plan.outputs and not first:
        yield ""
        yield paint("outputs", BOLD)
        for output in plan.outputs:
            before, after = sides(output.before, output.after)
            yield f"  ~ {output.name}  {before} → {after}"


def block_lines(block: Block, paint: Paint, *about: str) -> Iterator[str]:
    """Yield lines on a block or warning of the gate: the message, more `about` it, and the
    advice."""
    if block.allowed:
        kind, code = "allowed", YELLOW
    elif block.severity is Severity.BLOCK:
        kind, code = "blocked", RED
    else:
        kind, code = "warning", YELLOW
    at = f"{block.location}: " if block.location else ""
    yield paint(f"{at}{block.code} {kind}: {block.message}", code)
    yield from (f"    {line}" for line in about)
    yield f"    hint: {block.hint}"


def summary_line(plan: Plan) -> str:
    """Return the line that summarizes a plan."""
    if not plan.has_changes:
        said = {block.code for block in plan.gate}
        if "CAM647" in said:
            return (
                "No changes to deploy, but the running system is not as it was deployed: see above."
            )
        if "CAM649" in said:
            return "No changes to deploy, but a setting of the stack differs: see above."
        return "No changes: the deployment matches the spec."
    blocked = f"; blocked by {len(plan.blocks)}" if plan.blocks else ""
    count = 0 if plan.target.base == "nothing" else len(plan.outputs)
    outputs = f", {counted(count, 'output')} to change" if count else ""
    own = f", {counted(plan.settings, 'setting')} of the stack to change" if plan.settings else ""
    return f"{plan.summary}{outputs}{own}{blocked}"


def destructive(plan: Plan) -> Iterator[ResourceChange]:
    """Yield the changes that delete or may delete a resource: replacements before deletions."""
    changes = list(plan.changes())
    yield from (c for c in changes if c.action is Action.REPLACE)
    yield from (c for c in changes if c.replacement is Replacement.CONDITIONAL)
    yield from (c for c in changes if c.action is Action.DELETE)


def destruction(change: ResourceChange) -> str:
    """Return one line on a replaced or deleted resource: the reason, and the fate of the old
    one."""
    maybe = change.replacement is Replacement.CONDITIONAL
    sign = "?/+" if maybe else SIGNS[change.action]
    gone = change.action is Action.DELETE and change.old_resource == "Delete"
    kept = "" if gone else KEPT.get(change.old_resource or "", "")
    if change.type == TASK_DEFINITION and change.action is Action.REPLACE:
        kept = "a new revision, no data is lost"
    chain = f", because {' → '.join(change.chain)}" if change.chain[1:] else ""
    named = f"{change.component}/{change.logical_id}" + (
        f" ({change.physical_id})" if change.physical_id else ""
    )
    doing = "deleted" if change.action is Action.DELETE else "replaced"
    if maybe:
        doing = "may be replaced"
    return f"{sign} {named}  {change.type}: {doing}{chain}" + (f"; {kept}" if kept else "")


def property_line(leaf: PropertyChange) -> str:
    """Return one line on a property: before, after, the effect, and the line of the spec."""
    name = visible(leaf.path or leaf.attribute)
    if leaf.attribute != "Properties" and leaf.path:
        name = f"{leaf.attribute}.{name}"
    if leaf.before is None:
        sign, change = "+", value(leaf.after)
    elif leaf.after is None:
        sign, change = "-", value(leaf.before)
    else:
        sign, change = "~", " → ".join(sides(leaf.before, leaf.after))
    parts = [f"{sign} {name}  {change}"]
    if leaf.cause and not leaf.certain:
        parts.append(f"# may change with {leaf.cause}")
    if leaf.requires_recreation in FORCES:
        parts.append(FORCES[leaf.requires_recreation])
    if leaf.location:
        parts.append(f"({leaf.location})")
    return "  ".join(parts)


def _title(plan: Plan) -> str:
    target = plan.target
    places = (
        f"stack {target.stack}" if target.stack else "",
        f"account {target.account}" if target.account else "",
        target.region or "",
        target.layout,
        "first deployment" if target.base == "nothing" else f"compared with {target.base}",
    )
    return "  ".join([f"plan {target.deployment}", *(place for place in places if place)])


def _component(component: ComponentPlan, show_phantom: bool, paint: Paint) -> Iterator[str]:
    if not component.changes and not component.phantoms:
        return
    yield ""
    yield paint(component.name, BOLD)
    for change in component.changes:
        yield from _change(change, paint)
    if component.phantoms:
        count = len(component.phantoms)
        entries = "1 entry" if count == 1 else f"{count} entries"
        only = "" if component.changes else "no effective change; "
        hint = "" if show_phantom else " (--show-phantom)"
        yield paint(
            f"  {only}{entries} folded: {component.folded}{hint}",
            DIM,
        )
        for phantom in component.phantoms if show_phantom else ():
            says = {"True": ", replacement", "Conditional": ", perhaps replacement"}
            claim = says.get(phantom.replacement, "")
            names = ", ".join(phantom.properties)
            yield paint(f"    . {phantom.logical_id}  {phantom.type}  {names}{claim}", DIM)


def _first(component: ComponentPlan, paint: Paint) -> Iterator[str]:
    """Return a summary of a new component: resources by type, and some of their names."""
    if not component.changes:
        return
    yield ""
    yield paint(component.name, BOLD)
    by_type: dict[str, list[str]] = {}
    for change in component.changes:
        by_type.setdefault(change.type, []).append(change.logical_id)
    for kind, names in by_type.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield paint(f"  + {kind}  {', '.join(names[:NAMED])}{more}", COLOURS[Action.ADD])


def _change(change: ResourceChange, paint: Paint) -> Iterator[str]:
    sign = SIGNS[change.action]
    own = any(leaf.location == change.location for leaf in change.properties)
    spec = f"  ({change.location})" if change.location and not own else ""
    yield paint(f"  {sign} {change.logical_id}  {change.type}", COLOURS[change.action]) + spec
    for leaf in change.properties:
        line = f"      {property_line(leaf)}"
        yield paint(line, RED) if leaf.requires_recreation == "Always" else line
    if change.chain[1:]:
        yield f"      because {' → '.join(change.chain)}"
