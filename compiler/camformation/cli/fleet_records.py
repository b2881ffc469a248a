"""The records of fleets' deployments on this machine: written, listed and explained."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from camformation.cli.fleets import FleetSubject, cloud_in
from camformation.cli.operation_folders import (
    MINE,
    OperationFolder,
    read_folder,
    records_folder,
    stack_folder,
)
from camformation.cli.options import Where
from camformation.cli.recording import first_header
from camformation.cli.target import Connection, SystemClock
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.diagnosis.bundle import MAX_BYTES, json_lines
from camformation.deploy.diagnosis.reading import read_record
from camformation.deploy.fleet.bundle import STACKS, bundled_fleet, unbundled_fleet
from camformation.deploy.fleet.looking_back import last_operation, read_fleet_record
from camformation.deploy.fleet.record import FLEET, FleetRecord, read_fleet_events
from camformation.deploy.fleet.recorder import FleetRecorder, Look
from camformation.deploy.operation.event_data import event_data
from camformation.deploy.operation.record import (
    EVENTS,
    HEADER,
    OperationRecord,
    header_text,
    read_header,
)
from camformation.fleet.targets import Place
from camformation.frozen import replaced
from camformation.reading import read_file, read_json
from camformation.report.fleet.diagnosis_text import fleet_diagnosis_text
from camformation.writing import replace_file, write_file


class FleetFolder(OperationFolder):
    """Writes the record of one deployment, and those of stacks into folders below it."""

    def add(self, place: Place, record: OperationRecord) -> None:
        """See `FleetJournal`."""
        if self.folder is None:
            return
        folder = self.folder / STACKS / "_".join(place)
        folder.mkdir(mode=MINE, parents=True, exist_ok=True)
        replace_file(folder / EVENTS, json_lines(map(event_data, record.events)).encode())
        replace_file(folder / HEADER, header_text(record.header).encode())


@contextmanager
def fleet_recording(
    where: Where, at: Connection, about: FleetSubject, clock: Clock, role: str | None
) -> Iterator[FleetRecorder]:
    """Record the deployment of a fleet that is followed inside."""
    folder = FleetFolder(_base(where))
    look = looking(where, at, about.name, clock, role or about.execution_role)
    try:
        yield FleetRecorder(folder, first_header(at, FLEET, about.name), look, clock)
    finally:
        folder.close()


def looking(where: Where, at: Connection, name: str, clock: Clock, role: str | None) -> Look:
    """Return the function that reads the last operation of a stack of the fleet, in its account,
    with a role."""

    def look(account: str, region: str) -> OperationRecord:
        instance = at.cloud.stack_sets.instance(name, account, region)
        if instance is None or not instance.stack_id:
            raise DeployError("CAM632", "AWS reports no stack there", None)
        if role is None and account != at.caller.account:
            raise AccessDenied("CAM631", "it is in another account", "give --read-role NAME")
        cloud = cloud_in(at, where, account, region, role or "")
        caller = replaced(at.caller, account=account)
        return read_record(cloud, caller, instance.stack_id, clock.now())

    return look


def fleet_record(
    where: Where, at: Connection, about: FleetSubject, operation: str | None, role: str | None
) -> FleetRecord:
    """Return the evidence about a fleet's deployment, the last one by default: from the record on
    this machine, otherwise about an operation of the StackSet from AWS. Raises DeployError."""
    here = fleet_records(where, at, about.name)
    if operation:
        for each in here:
            if operation == each.header.id or operation in each.operations:
                return each
    stack_sets, clock = at.cloud.stack_sets, SystemClock()
    found = last_operation(stack_sets, about.name, operation)
    for each in here:
        if found.id in each.operations:
            return each
    look = looking(where, at, about.name, clock, role or about.execution_role)
    return read_fleet_record(stack_sets, clock, first_header(at, FLEET, about.name), found, look)


def fleet_records(where: Where, at: Connection, name: str) -> tuple[FleetRecord, ...]:
    """Return the records of a fleet on this machine, newest first."""
    folder = stack_folder(_base(where), at.cloud.region, at.caller.account, name)
    found: list[FleetRecord] = []
    with suppress(OSError):
        for each in sorted(folder.iterdir(), reverse=True):
            with suppress(OSError, ValueError, RecursionError):
                found.append(read_fleet_folder(each))
    return tuple(found)


def read_fleet_folder(folder: Path) -> FleetRecord:
    """Return the record in a folder. Raises `OSError`, and `ValueError` for anything else."""
    header = read_header(read_json(folder / HEADER))
    if header.kind != FLEET:
        raise ValueError("not the record of a fleet")
    text = read_file(folder / EVENTS).decode("utf-8", "replace")
    stacks: dict[Place, OperationRecord] = {}
    for each in sorted((folder / STACKS).glob("*_*")):
        account, _, region = each.name.partition("_")
        with suppress(OSError, ValueError, RecursionError):
            stacks[account, region] = read_folder(each)
    return FleetRecord(header, read_fleet_events(text.splitlines()), stacks)


def read_fleet_bundle(file: Path) -> FleetRecord | None:
    """Return the record in a bundle, or in a folder of the state folder; None if it is not a
    fleet's.

    Reading it as the record of a stack then reports its errors.
    """
    try:
        if file.is_dir():
            return read_fleet_folder(file)
        return unbundled_fleet(read_file(file, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def write_fleet_bundle(file: Path, record: FleetRecord) -> None:
    """Write a record and its diagnosis into one file. Raises DeployError."""
    try:
        write_file(file, bundled_fleet(record, fleet_diagnosis_text(record)))
    except OSError as error:
        raise DeployError("CAM617", f"cannot write {file}: {error.strerror}") from error


def _base(where: Where) -> Path:
    return records_folder(where) / "fleets"
