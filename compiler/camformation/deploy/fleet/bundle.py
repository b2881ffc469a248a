"""A fleet's record as one file, for people without access to the accounts."""

import json
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

from camformation.deploy.diagnosis.bundle import DAMAGED, MAX_BYTES, entry_text, json_lines, zipped
from camformation.deploy.fleet.event_data import fleet_event_data
from camformation.deploy.fleet.record import FLEET, FleetRecord, read_fleet_events
from camformation.deploy.operation.event_data import event_data
from camformation.deploy.operation.record import (
    EVENTS,
    HEADER,
    OperationRecord,
    header_text,
    read_events,
    read_header,
)
from camformation.fleet.targets import Place

STACKS = "stacks"  # the folder for records of failed stacks


def bundled_fleet(record: FleetRecord, report: str) -> bytes:
    """Return a ZIP archive of a record and the report on it, without secrets; always the same."""
    return zipped(record.header.id, _contents(record), report)


def unbundled_fleet(data: bytes) -> FleetRecord:
    """Return the record in an archive. Raises ValueError for anything else."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(each.file_size for each in entries) > MAX_BYTES:
                raise ValueError("the bundle is too large")
            texts = {each.filename.partition("/")[2]: entry_text(archive, each) for each in entries}
        header = read_header(json.loads(texts[HEADER]))
        stacks = dict(_stacks(texts))
    except DAMAGED as error:
        raise ValueError("not a bundle of a diagnosis") from error
    if header.kind != FLEET:
        raise ValueError("not the bundle of a fleet")
    return FleetRecord(header, read_fleet_events(texts.get(EVENTS, "").splitlines()), stacks)


def _contents(record: FleetRecord) -> Iterator[tuple[str, str]]:
    yield HEADER, header_text(record.header)
    yield EVENTS, json_lines(map(fleet_event_data, record.events))
    for place, each in record.stacks.items():
        folder = f"{STACKS}/{'_'.join(place)}"
        yield f"{folder}/{HEADER}", header_text(each.header)
        yield f"{folder}/{EVENTS}", json_lines(map(event_data, each.events))


def _stacks(texts: dict[str, str]) -> Iterator[tuple[Place, OperationRecord]]:
    for name, text in texts.items():
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == STACKS and parts[2] == HEADER:
            account, _, region = parts[1].partition("_")
            events = texts.get(f"{STACKS}/{parts[1]}/{EVENTS}", "")
            record = OperationRecord(
                read_header(json.loads(text)), read_events(events.splitlines())
            )
            yield (account, region), record
