"""The timeline of an operation from its record, without CloudFormation."""

from collections.abc import Iterable, Iterator

from camformation.deploy.operation.events import ResourceEvent
from camformation.deploy.operation.record import OperationRecord
from camformation.deploy.operation.timeline import Bar, Timeline
from camformation.deploy.plan.symbols import STACK, Address


def recorded_timeline(record: OperationRecord) -> Timeline:
    """Return the timeline from a record; without templates, dependencies are not known."""
    events = [each for each in record.events if isinstance(each, ResourceEvent)]
    header, end = record.header, record.end
    last = max((each.time for each in events), default=header.began)
    until = end.time if end else max(last, header.began)
    total = end.elapsed if end else (until - header.began).total_seconds()
    status = end.status if end else f"{header.kind}_IN_PROGRESS"
    bars = sorted(_bars(record, events), key=lambda b: (b.start, not b.nested, b.finish))
    return Timeline(header.stack, header.kind, status, header.began, total, tuple(bars))


def _bars(record: OperationRecord, events: Iterable[ResourceEvent]) -> Iterator[Bar]:
    began = record.header.began
    stacks = {each.physical_id: each.component for each in events if each.of_stack}
    open_: dict[Address, tuple[ResourceEvent, ResourceEvent]] = {}

    def bar(address: Address, first: ResourceEvent, last: ResourceEvent) -> Bar:
        nested = stacks.get(last.physical_id) if last.type == STACK else None
        start = max(0.0, (first.time - began).total_seconds())
        finish = max(start, (last.time - began).total_seconds())
        return Bar(address, last.type, last.status, start, finish, last.reason, nested)

    for event in events:
        if event.of_stack:
            continue
        address = Address(event.component, event.logical_id)
        first, last = open_.get(address, (event, event))
        if not event.status.endswith("_IN_PROGRESS"):
            open_.pop(address, None)
            yield bar(address, first, event)
        elif event.status.partition("_")[0] != last.status.partition("_")[0]:
            yield bar(address, first, event)
            open_[address] = (event, event)
        else:
            open_[address] = (first, event)
    for address, (first, last) in open_.items():
        yield bar(address, first, last)
