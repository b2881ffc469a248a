"""The changes of a plan, by component: each resource with values before and after, causes, lines of
the spec, and the gate's findings."""

import json
from collections.abc import Iterable, Iterator

from camformation.deploy.plan.model import (
    Action,
    Block,
    ComponentPlan,
    PropertyChange,
    Replacement,
    ResourceChange,
    Severity,
)
from camformation.report.html.markup import Content, Html, fold, tag
from camformation.report.html.page import filters, section
from camformation.report.plan.text import KEPT, SIGNS, TASK_DEFINITION
from camformation.report.review.source import Lines, place, source

KINDS = [
    ("delete", "delete"),
    ("replace", "replace"),
    ("update", "update"),
    ("create", "create"),
    ("import", "import"),
]
"""Kinds of changes, the most serious first: name, and word for people."""

FORCES = {"Always": "forces replacement", "Conditionally": "may force replacement"}
LONG = 4000
"""Limit of characters of a value that are shown."""

MOST = 8
"""Limit of places in the spec that are shown next to a resource."""


def kind_of(change: ResourceChange) -> str:
    """Return the kind of a change."""
    named = {Action.ADD: "create", Action.CHANGE: "update"}
    return named.get(change.action, str(change.action))


def block_html(block: Block, lines: Lines, about: str = "") -> Html:
    """Return a block or warning of the gate, and its subject."""
    blocks = block.severity is Severity.BLOCK and not block.allowed
    state = "allowed" if block.allowed else "blocked" if blocks else "warning"
    badge = tag("span", state, class_="badge blocked" if blocks else "badge update")
    return tag(
        "div",
        tag("p", badge, tag("strong", block.code), " ", block.message),
        tag("p", about) if about else None,
        tag("p", block.hint, class_="soft"),
        source(block.location, lines),
        class_="card bad" if blocks else "card warn",
    )


def changes_section(changes: Iterable[ResourceChange], *content: Content) -> Html | None:
    """Return the section of changes, with its filters and search; None without changes."""
    there = {kind_of(change) for change in changes}
    if not there:
        return None
    boxes = [(kind, label) for kind, label in KINDS if kind in there]
    keys = Html(
        '<p class="soft">Keys: <code>/</code> searches, <code>Esc</code> ends the search, '
        "<code>j</code> and <code>k</code> go to the next and previous change, <code>o</code> "
        "opens all, <code>c</code> closes all.</p>"
    )
    return section(
        "changes",
        "Changes",
        filters(boxes, "Search changes"),
        tag("noscript", tag("p", "Search with your browser's own function.", class_="soft")),
        keys,
        *content,
    )


def component_html(component: ComponentPlan, lines: Lines, *, first: bool) -> Html:
    """Return the changes of a nested stack, folded if nothing in it is replaced or deleted."""
    order = [kind for kind, _ in KINDS]
    changes = sorted(component.changes, key=lambda each: order.index(kind_of(each)))
    words = ", ".join(
        f"{number} {label}"
        for kind, label in KINDS
        if (number := sum(kind_of(each) == kind for each in changes))
    )
    summary = tag("span", component.name, " ", tag("span", words, class_="soft"))
    entries = (_change(each, lines, first=first) for each in changes)
    return fold(summary, *entries, open_=not first, class_="group")


def _change(change: ResourceChange, lines: Lines, *, first: bool) -> Html:
    kind = kind_of(change)
    maybe = change.replacement is Replacement.CONDITIONAL
    summary = tag(
        "span",
        tag("span", SIGNS[change.action], " ", kind, class_=f"badge {kind}"),
        tag("code", change.logical_id),
        " ",
        tag("span", change.type, class_="soft"),
        tag("strong", " may be replaced") if maybe else None,
        tag("span", f" {place(change.location)}", class_="soft") if change.location else None,
    )
    about = list(_about(change, lines))
    if not about:
        return tag("div", tag("span", summary), class_=f"entry plain {kind}", tabindex="-1")
    grave = kind == "replace" or maybe
    return fold(summary, *about, open_=grave and not first, class_=f"entry {kind}")


def _about(change: ResourceChange, lines: Lines) -> Iterator[Html]:
    kept = KEPT.get(change.old_resource or "", "")
    if change.type == TASK_DEFINITION and change.action is Action.REPLACE:
        kept = "a new revision, no data is lost"
    gone = change.action is Action.DELETE and change.old_resource == "Delete"
    if kept and not gone and change.action in (Action.REPLACE, Action.DELETE):
        yield tag("p", kept[:1].upper() + kept[1:], ".")
    if change.physical_id:
        yield tag("p", "Now: ", tag("code", change.physical_id))
    if change.chain[1:]:
        yield tag("p", "Because ", tag("strong", " → ".join(change.chain)), ".")
    shown = _sources(change, lines)
    if change.properties:
        inner = tag("div", *map(_property, change.properties))
        yield tag("div", inner, tag("div", *shown), class_="beside") if shown else inner
    else:
        yield from shown


def _sources(change: ResourceChange, lines: Lines) -> list[Html]:
    places = [leaf.location for leaf in change.properties if leaf.location]
    places += [change.location] if change.location else []
    found = {place(each): each for each in places}
    return [shown for each in list(found.values())[:MOST] if (shown := source(each, lines))]


def _property(leaf: PropertyChange) -> Html:
    name = leaf.path or leaf.attribute
    if leaf.attribute != "Properties" and leaf.path:
        name = f"{leaf.attribute}.{leaf.path}"
    notes = [FORCES.get(leaf.requires_recreation, "")]
    if leaf.cause:
        notes.append(f"{'may change' if not leaf.certain else 'changes'} with {leaf.cause}")
    said = ", ".join(note for note in notes if note)
    strong = leaf.requires_recreation == "Always"
    return tag(
        "div",
        tag("code", name),
        " ",
        tag("strong" if strong else "span", said, class_=None if strong else "soft"),
        tag("span", f" {place(leaf.location)}", class_="soft") if leaf.location else None,
        tag("div", _side("del", leaf.before), _side("ins", leaf.after), class_="sides"),
        class_="leaf",
    )


def _side(name: str, value: object) -> Html:
    """Return a value before or after; JSON in lines."""
    if value is None:
        return tag("span", "(none)", class_="soft")
    if isinstance(value, dict | list):
        shown = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    elif isinstance(value, bool):
        shown = str(value).lower()
    else:
        shown = str(value)
    cut = f"{shown[:LONG]}…" if len(shown) > LONG else shown
    return tag(name, tag("pre", cut)) if "\n" in cut or len(cut) > 200 else tag(name, cut)
