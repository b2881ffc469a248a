"""A record as one file, for people without access to the account."""

import json
import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from camformation.deploy.operation.event_data import event_data
from camformation.deploy.operation.record import (
    EVENTS,
    HEADER,
    OperationRecord,
    header_text,
    read_events,
    read_header,
)
from camformation.deploy.operation.redaction import redacted, without_secrets

REPORT = "diagnosis.txt"
# All that zipfile raises for damaged archives; a test damages every third byte of one.
DAMAGED = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, KeyError)
"""The exceptions of zipfile and json for archives that are damaged, encrypted, of another kind,
without a header or with one that nests too deep: a RecursionError is a RuntimeError."""

MAX_BYTES = 64 << 20  # of a bundle's file when it is unpacked: a record has 8 MiB


def bundled(record: OperationRecord, report: str) -> bytes:
    """Return a ZIP archive of a record and the report on it, without secrets; always the same."""
    contents = [
        (HEADER, header_text(record.header)),
        (EVENTS, json_lines(map(event_data, record.events))),
    ]
    return zipped(record.header.id, contents, report)


def json_lines(events: Iterable[dict[str, Any]]) -> str:
    """Return events without secrets, each on a line."""
    return "".join(json.dumps(without_secrets(each)) + "\n" for each in events)


def zipped(folder: str, contents: Iterable[tuple[str, str]], report: str) -> bytes:
    """Return a ZIP archive of one folder, with a report; of the same content always the same."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        # CloudFormation's own messages are unchanged in a report.
        for name, text in (*contents, (REPORT, redacted(report))):
            entry = ZipInfo(f"{folder}/{name}")
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, text)
    return file.getvalue()


def unbundled(data: bytes) -> OperationRecord:
    """Return the record in an archive. Raises ValueError for anything else."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            texts = {
                name: entry_text(archive, entry)
                for entry in archive.infolist()
                for name in (HEADER, EVENTS)
                if entry.filename.endswith(f"/{name}")
            }
        header = read_header(json.loads(texts[HEADER]))
    except DAMAGED as error:
        raise ValueError("not a bundle of a diagnosis") from error
    return OperationRecord(header, read_events(texts.get(EVENTS, "").splitlines()))


def entry_text(archive: ZipFile, entry: ZipInfo) -> str:
    """Return a file of an archive. Raises ValueError if it is too large to be one of ours."""
    if entry.file_size > MAX_BYTES:
        raise ValueError("the bundle is too large")
    return archive.read(entry).decode("utf-8", "replace")
