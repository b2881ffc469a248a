"""The recording of an operation that a command follows, and the diagnosis of a bad end."""

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


@contextmanager
def recording(
    where: Where,
    at: Connection,
    stack: str,
    spec: str | None = None,
    deployment: Deployment | None = None,
) -> Iterator[Recorder]:
    """Record the operation on a stack that is followed inside."""
    about = Header(
        id="",
        kind="UPDATE",
        began=SystemClock().now(),
        stack=stack,
        stack_id="",
        account=at.caller.account,
        region=at.cloud.region,
        partition=at.caller.partition,
        version=str(deployment.version) if deployment else None,
        spec=spec,
    )
    folder = OperationFolder(records_folder(where))
    try:
        yield Recorder(folder, about)
    finally:
        folder.close()


def show_diagnosis(recorder: Recorder) -> None:
    """Print why the operation failed."""
    from camformation.report.deployment.diagnosis_text import diagnosis_text

    click.echo()
    click.echo(diagnosis_text(diagnose(recorder.record), colour=interactive()), nl=False)
