"""The recording of an operation that a command follows, and the diagnosis after a failure."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from camformation.cli.operation_folders import OperationFolder, records_folder
from camformation.cli.options import Where
from camformation.cli.target import Connection, SystemClock, interactive
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.operation.record import Header
from camformation.deploy.operation.recorder import Recorder
from camformation.deployment import Deployment
from camformation.frozen import replaced


@contextmanager
def recording(
    where: Where,
    at: Connection,
    stack: str,
    spec: str | None = None,
    deployment: Deployment | None = None,
) -> Iterator[Recorder]:
    """Record the operation on a stack that is followed inside."""
    version = str(deployment.version) if deployment else None
    about = replaced(first_header(at, "UPDATE", stack), version=version, spec=spec)
    folder = OperationFolder(records_folder(where))
    try:
        yield Recorder(folder, about)
    finally:
        folder.close()


def first_header(at: Connection, kind: str, stack: str) -> Header:
    """Return the known facts about an operation on a stack or a StackSet before it starts."""
    return Header(
        id="",
        kind=kind,
        began=SystemClock().now(),
        stack=stack,
        stack_id="",
        account=at.caller.account,
        region=at.cloud.region,
        partition=at.caller.partition,
    )


def show_diagnosis(recorder: Recorder) -> None:
    """Print why the operation failed."""
    from camformation.report.deployment.diagnosis_text import diagnosis_text

    click.echo()
    click.echo(diagnosis_text(diagnose(recorder.record), colour=interactive()), nl=False)
