"""Diagnoses from the command line: of AWS, of a record on this machine, of a bundle."""

from pathlib import Path

from camformation.cli.operation_folders import read_folder, records_folder, stack_folder
from camformation.cli.options import Where
from camformation.cli.specs import SpecFiles
from camformation.cli.target import Connection, SystemClock, connected, interactive, subject_of
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.diagnosis.bundle import MAX_BYTES, bundled, unbundled
from camformation.deploy.diagnosis.diagnosis import Diagnosis, diagnose
from camformation.deploy.diagnosis.reading import earlier_operation, read_record, record_of
from camformation.deploy.operation.record import OperationRecord
from camformation.diagnostics import Locate, Location, nowhere
from camformation.diagnostics import Path as SpecPath
from camformation.layout import Layout
from camformation.pipeline import compile_loaded, load
from camformation.reading import exists, read_file
from camformation.report.deployment.diagnosis_text import (
    diagnosis_json,
    diagnosis_markdown,
    diagnosis_text,
)
from camformation.writing import write_file


def operation_record(
    files: SpecFiles, subject: str, where: Where, operation: str | None
) -> OperationRecord:
    """Return the evidence about a deployment's operation, the last one by default.

    A record on this machine adds what AWS no longer has.
    """
    about = subject_of(files, subject)
    with connected(where, about.deployment) as at:
        if operation and (found := _recorded(where, at, about.stack, operation)):
            return found
        locate = _locate(files, subject) if about.deployment else nowhere
        now = SystemClock().now()
        if operation:
            stacks = at.cloud.stacks
            earlier = earlier_operation(stacks, about.stack, operation)
            read = record_of(at.cloud, at.caller, earlier, stacks, now, locate)
        else:
            read = read_record(at.cloud, at.caller, about.stack, now, locate)
        folder = _folder(where, at, read.header.stack, read.header.id)
    try:
        return read.completed(read_folder(folder))
    except (OSError, ValueError):  # nobody recorded it here
        return read


def read_bundle(file: Path) -> OperationRecord:
    """Return the record in a bundle, or in a folder of the state folder. Raises DeployError."""
    try:
        if file.is_dir():
            return read_folder(file)
        return unbundled(read_file(file, MAX_BYTES))
    except (OSError, ValueError) as error:
        raise DeployError(
            "CAM777",
            f"{file} cannot be read: {getattr(error, 'strerror', None) or error}",
            "`camformation diagnose --bundle FILE` writes one",
        ) from error


def write_bundle(file: Path, record: OperationRecord) -> None:
    """Write a record and its diagnosis into one file. Raises DeployError."""
    try:
        write_file(file, bundled(record, diagnosis_text(diagnose(record))))
    except OSError as error:
        raise DeployError("CAM617", f"cannot write {file}: {error.strerror}") from error


def shown(diagnosis: Diagnosis, style: str) -> str:
    """Return the diagnosis in a format."""
    if style == "json":
        return diagnosis_json(diagnosis)
    if style == "markdown":
        return diagnosis_markdown(diagnosis)
    return diagnosis_text(diagnosis, colour=interactive())


def _recorded(where: Where, at: Connection, stack: str, operation: str) -> OperationRecord | None:
    try:
        return read_folder(_folder(where, at, stack, operation))
    except (OSError, ValueError):
        return None


def _folder(where: Where, at: Connection, stack: str, operation: str) -> Path:
    base = stack_folder(records_folder(where), at.cloud.region, at.caller.account, stack)
    return base / Path(operation).name


def _locate(files: SpecFiles, subject: str) -> Locate:
    """Return the function that locates resources in a spec, for stacks of either layout."""
    if not exists(subject):
        return nowhere
    loaded = load(subject, files.read)
    each = [compile_loaded(loaded, layout) for layout in Layout]

    def locate(component: str, logical_id: str, path: SpecPath) -> Location | None:
        found = (compiled.locate_in_resource(component, logical_id, path) for compiled in each)
        return next(filter(None, found), None)

    return locate
