"""A plan as a comment on a pull request, which replaces the previous one."""

from collections.abc import Iterator

from camformation.deploy.plan.model import Block, ComponentPlan, Plan, ResourceChange, Severity
from camformation.report.plan.text import (
    FOLLOWS,
    SIGNS,
    cost_lines,
    destruction,
    destructive,
    made_anew,
    property_line,
    summary_line,
)
from camformation.report.terminal_text import readable

LIMIT = 60_000
"""Characters; GitHub refuses comments of more than 65,536."""


def marker(plan: Plan) -> str:
    """Return the hidden line with which a workflow finds its earlier comment."""
    return f"<!-- camformation plan {plan.target.deployment} -->"


@readable
def plan_markdown(plan: Plan) -> str:
    """Return the plan as GitHub Markdown, ending with a newline."""
    target = plan.target
    against = "a first deployment" if target.base == "nothing" else f"compared with {target.base}"
    head = [
        marker(plan),
        f"### Plan for `{target.deployment}`, {against}",
        "",
        f"**{summary_line(plan)}**",
        *(f"\n{escaped(line).replace(chr(92) + '`', '`')}" for line in cost_lines(plan)),
    ]
    if over := made_anew(plan):
        said = [line for block in over for line in block_markdown(block)]
        return "\n".join([*head, *said, "", FOLLOWS]) + "\n"
    gate = [line for block in plan.gate for line in block_markdown(block)]
    body = [line for component in plan.components for line in component_markdown(component)]
    outputs = [f"- output `{o.name}`: {_code(o.before)} → {_code(o.after)}" for o in plan.outputs]
    last = [f"- {escaped(destruction(change))}" for change in destructive(plan)]
    tail = ["", "#### Replacements and deletions", "", *last] if last else []
    text = "\n".join([*head, *gate, *body, *([""] if outputs else []), *outputs, *tail]) + "\n"
    if len(text) > LIMIT:
        cut = ["", "_The details are too long for a comment: see the job's log._"]
        text = "\n".join([*head, *gate, *cut, *tail]) + "\n"
    return text


def component_markdown(component: ComponentPlan) -> Iterator[str]:
    """Yield the changes of a component, folded; an empty line comes first."""
    if component.changes:
        yield ""
        yield f"<details><summary><b>{component.name}</b>: {_counted(component)}</summary>"
        yield ""
        yield "```diff"
        for change in component.changes:
            yield from _change(change)
        yield "```"
        yield ""
        yield "</details>"
    if component.phantoms:
        yield ""
        yield (f"_{component.name}: {len(component.phantoms)} entries folded: {component.folded}._")


def _counted(component: ComponentPlan) -> str:
    count = len(component.changes)
    return "1 resource" if count == 1 else f"{count} resources"


def _change(change: ResourceChange) -> Iterator[str]:
    sign = {"~": "!", "-/+": "-"}.get(SIGNS[change.action], SIGNS[change.action])
    yield f"{sign} {SIGNS[change.action]} {change.logical_id}  {change.type}".replace(
        "```", "` ` `"
    )
    for leaf in change.properties:
        yield f"      {property_line(leaf)}".replace("```", "` ` `")


def block_markdown(block: Block, *about: str) -> Iterator[str]:
    """Yield a block or warning of the gate as an alert; an empty line comes first."""
    blocks = block.severity is Severity.BLOCK and not block.allowed
    kind = "CAUTION" if blocks else "WARNING"
    state = "allowed: " if block.allowed else ""
    at = f" (`{block.location}`)" if block.location else ""
    yield ""
    yield f"> [!{kind}]"
    yield f"> **{block.code}** {state}{escaped(block.message)}{at}"
    yield from (f"> {escaped(line)}" for line in about)
    yield f"> {escaped(block.hint)}"


def _code(text: str | None) -> str:
    return "_none_" if text is None else f"`{text.replace('`', ' ')}`"


def escaped(text: str) -> str:
    """Return a text escaped for Markdown."""
    for character in "\\`*_<>|":
        text = text.replace(character, f"\\{character}")
    return text
