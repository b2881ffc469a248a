"""A finished operation as a page: outcome, causes with evidence, timeline, events."""

from collections.abc import Iterator

from camformation.counting import counted
from camformation.deploy.diagnosis.diagnosis import Diagnosis, RootCause
from camformation.deploy.operation.events import (
    Denied,
    Event,
    Failure,
    Notice,
    ResourceEvent,
    Rollout,
)
from camformation.deploy.operation.record import OperationRecord
from camformation.deploy.operation.redaction import redacted
from camformation.deploy.operation.signatures import Recognised
from camformation.deploy.operation.timeline import Timeline
from camformation.report.deployment.diagnosis_text import KINDS, summary
from camformation.report.deployment.timeline_html import STYLE, chart_html
from camformation.report.deployment.timeline_rows import actual_chart, clock
from camformation.report.deployment.words import denied, duration, evidence, output
from camformation.report.html.markup import Content, Html, fold, join, table, tag
from camformation.report.html.page import filters, page, section
from camformation.report.review.source import Lines, masking, source

EVENTS = [
    ("failed", "failed"),
    ("running", "started"),
    ("done", "done"),
    ("notice", "notices"),
]
"""Kinds of events: name, and word for people."""


def operation_page(
    record: OperationRecord, diagnosis: Diagnosis, timeline: Timeline, lines: Lines
) -> str:
    """Return the page. `lines` returns the lines of a spec file that was read."""
    header = record.header
    parts = [
        _head(record, diagnosis),
        _causes(diagnosis, masking(lines)),
        section("timeline", "Timeline", join(*chart_html(actual_chart(timeline)))),
        _events(record),
        _outputs(record),
    ]
    return page(
        f"{header.stack}: {header.kind.lower()} of {header.began:%Y-%m-%d %H:%M}",
        *(part for part in parts if part),
        style=STYLE,
    )


def _head(record: OperationRecord, diagnosis: Diagnosis) -> Html:
    header = record.header
    places = (f"account {header.account}", header.region, header.id, f"camformation {header.tool}")
    camunda = (f"Camunda {header.version}",) if header.version else ()
    took = f"It took {duration(diagnosis.elapsed)}." if diagnosis.elapsed is not None else None
    kind = {True: "good", False: "bad", None: "warn"}[diagnosis.succeeded]
    links = (
        ("causes", "Causes", bool(diagnosis.causes or diagnosis.reason)),
        ("timeline", "Timeline", True),
        ("events", "Events", True),
    )
    return tag(
        "header",
        tag("h1", f"{header.stack}: {header.kind.lower()}"),
        tag("p", " · ".join((*places, *camunda)), class_="soft"),
        tag("div", summary(diagnosis), class_=f"verdict {kind}"),
        tag("p", took) if took else None,
        tag("nav", *(tag("a", text, href=f"#{name}") for name, text, there in links if there)),
    )


def _causes(diagnosis: Diagnosis, lines: Lines) -> Html | None:
    cards = [_cause(number, each, lines) for number, each in enumerate(diagnosis.causes, 1)]
    if diagnosis.reason:
        said = tag("p", redacted(diagnosis.reason))
        cards.append(tag("div", said, *_known(diagnosis.known), class_="card bad"))
    if calls := list(denied(diagnosis.denied)):
        shown = tag("pre", "\n".join(map(str.strip, calls)))
        cards.append(fold("Calls that AWS denied in the meantime (CloudTrail)", shown))
    for notice in diagnosis.unread:
        cards.append(tag("p", f"Not read: {notice.message}", class_="soft"))
    title = "Causes" if diagnosis.causes or diagnosis.reason else "Notes"
    return section("causes", title, *cards) if cards else None


def _cause(number: int, cause: RootCause, lines: Lines) -> Html:
    failure = cause.failure
    phase = " in the rollback" if failure.rolling_back else ""
    said = [*(evidence(failure.evidence) if failure.evidence else ()), *output(failure.output)]
    said += [f"ECS: {each}" for each in failure.service_events]
    links = [_link(each.title, each.url) for each in cause.links]
    return tag(
        "div",
        tag("p", tag("strong", f"{number}. {cause.path}"), f" {failure.status}{phase} "),
        tag("p", failure.type, class_="soft"),
        tag("pre", redacted(failure.reason)),
        *_known(cause.known),
        source(failure.location, lines),
        fold("Evidence", tag("pre", redacted("\n".join(said))), open_=True) if said else None,
        tag("p", *links) if links else None,
        class_="card bad",
    )


def _link(title: str, url: str) -> Html:
    return join(tag("a", title, href=url, rel="noreferrer"), " ")


def _known(known: Recognised | None) -> Iterator[Html]:
    if known:
        again = f" ({KINDS[known.kind]})" if known.kind else ""
        yield tag("p", tag("strong", "Meaning: "), known.means)
        yield tag("p", tag("strong", "To do: "), f"{known.advice}{again}")


def _events(record: OperationRecord) -> Html:
    rows = [_event(record, each) for each in record.events]
    shown = [row for row in rows if row]
    there = {kind for kind, _ in shown}
    boxes = [(kind, label) for kind, label in EVENTS if kind in there]
    heads = ["After", "What", "Status", "Reason"]
    head = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in heads)))
    body = tag("tbody", *(row for _, row in shown))
    return section(
        "events",
        "Events",
        filters(boxes, "Search events"),
        tag("div", tag("table", head, body), class_="wide", tabindex="0"),
    )


def _event(record: OperationRecord, event: Event) -> tuple[str, Html] | None:
    """Return the kind and the row of an event; progress has none."""
    cells: list[Content]
    match event:
        case ResourceEvent():
            name = f"{event.component}/{event.logical_id}"
            kind = _status(event.status)
            cells = [join(tag("code", name), " ", tag("span", event.type, class_="soft"))]
            cells += [event.status, redacted(event.reason or "")]
        case Failure():
            kind, name = "failed", f"{event.component}/{event.logical_id}"
            cells = [tag("code", name), event.status, redacted(event.reason)]
        case Notice():
            kind = "notice"
            cells = [tag("code", event.code), "notice", redacted(event.message)]
        case Rollout():
            kind = "notice"
            cells = [tag("code", f"{event.component}/{event.logical_id}"), *_rollout(event)]
        case Denied():
            kind = "notice"
            cells = ["CloudTrail", "denied", "; ".join(map(str.strip, denied(event.calls)))]
        case _:
            return None
    after = clock(max(0.0, (event.time - record.header.began).total_seconds()))
    badge = tag("span", cells[1], class_=f"badge {kind}")
    row = [after, cells[0], badge, cells[2]]
    return kind, tag("tr", *(tag("td", each) for each in row), class_=f"entry {kind}")


def _rollout(event: Rollout) -> list[Content]:
    service = event.service
    running = f"{service.running} of {counted(service.desired, 'task')} running"
    return ["rollout", f"{running}; {event.waits_for}" if event.waits_for else running]


def _status(status: str) -> str:
    if status.endswith("_FAILED"):
        return "failed"
    return "running" if status.endswith("_IN_PROGRESS") else "done"


def _outputs(record: OperationRecord) -> Html | None:
    found = record.end.outputs if record.end else {}
    if not found:
        return None
    rows: list[list[Content]] = [[tag("code", name), value] for name, value in found.items()]
    return section("outputs", "Outputs", table(["Output", "Value"], rows))
