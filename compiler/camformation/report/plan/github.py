"""A plan in a GitHub workflow: annotations on the lines of the spec.

Workflow commands: GitHub docs, Workflow commands for GitHub Actions (a line break is %0A, and so
on).
"""

from collections.abc import Iterator

from camformation.deploy.plan.model import Action, Block, Plan, ResourceChange, Severity
from camformation.diagnostics import IsFile, Location, is_named
from camformation.report.plan.text import destruction, property_line, summary_line
from camformation.report.terminal_text import visible

Annotation = tuple[str, Location | None, str, str]
"""Level, place, title and message."""


def plan_annotations(plan: Plan, is_file: IsFile = is_named) -> str:
    """Return one workflow command a line: errors for blocks, warnings, notices for changes.

    A place outside files is part of the message.
    """
    found = [_block(block) for block in plan.gate]
    for change in plan.changes():
        found += _change(change)
    found.append(("notice", None, "camformation plan", summary_line(plan)))
    return "".join(f"{_command(*each, is_file)}\n" for each in found)


def _block(block: Block) -> Annotation:
    blocks = block.severity is Severity.BLOCK and not block.allowed
    level = "error" if blocks else "warning"
    state = " (allowed)" if block.allowed else ""
    message = f"{block.message}\nhint: {block.hint}"
    return (level, block.location, f"{block.code}{state}", message)


def _change(change: ResourceChange) -> Iterator[Annotation]:
    """A notice for every changed line of the spec; additions get none."""
    if change.action in (Action.REPLACE, Action.DELETE):
        yield ("warning", change.location, change.logical_id, destruction(change))
    located = [leaf for leaf in change.properties if leaf.location and leaf.cause is None]
    for leaf in located:
        yield ("notice", leaf.location, change.logical_id, property_line(leaf))


def _command(
    level: str, location: Location | None, title: str, message: str, is_file: IsFile
) -> str:
    fields: list[tuple[str, object]] = []
    if location and is_file(location.file):
        fields = [("file", location.file), ("line", location.line), ("col", location.column)]
    elif location and str(location) not in message:
        message = f"{location}: {message}"
    fields.append(("title", title))
    written = ",".join(f"{name}={_property(str(value))}" for name, value in fields)
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
