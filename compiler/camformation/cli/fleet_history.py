"""The history of a fleet, and the diagnosis of its deployments, from the command line."""

from itertools import islice
from pathlib import Path

import click

from camformation.cli.fleet_records import fleet_record, fleet_records, write_fleet_bundle
from camformation.cli.fleets import connected, subject_of
from camformation.cli.options import Where
from camformation.cli.specs import SpecFiles
from camformation.cli.target import errors_shown, interactive
from camformation.deploy.fleet.record import FleetRecord
from camformation.report.fleet.diagnosis_text import (
    fleet_diagnosis_json,
    fleet_diagnosis_text,
    fleet_history_json,
    fleet_history_text,
)

SHOWN = 50  # operations


def fleet_history(given: str, style: str, call_as: str | None, where: Where) -> int:
    """Print the history of a fleet."""
    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, given, call_as)
        with connected(where, about) as at:
            found = tuple(islice(at.cloud.stack_sets.operations(about.name), SHOWN))
            records = fleet_records(where, at, about.name)
        text = fleet_history_json if style == "json" else fleet_history_text
        click.echo(text(about.name, found, records), nl=False)
        return 0
    return 1


def fleet_diagnosis(
    given: str,
    operation: str | None,
    role: str | None,
    bundle: Path | None,
    style: str,
    call_as: str | None,
    where: Where,
) -> int:
    """Print why a fleet's deployment failed; return 1 if it did."""
    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, given, call_as)
        with connected(where, about) as at:
            record = fleet_record(where, at, about, operation, role)
        return show_fleet(record, bundle, style)
    return 1


def show_fleet(record: FleetRecord, bundle: Path | None, style: str) -> int:
    """Print the diagnosis of a fleet's deployment; return 1 if it failed. Raises DeployError."""
    if bundle:
        write_fleet_bundle(bundle, record)
        click.echo(f"{bundle} written", err=True)
    if style == "json":
        click.echo(fleet_diagnosis_json(record), nl=False)
    elif style == "markdown":
        click.echo(f"```text\n{fleet_diagnosis_text(record)}```")
    else:
        click.echo(fleet_diagnosis_text(record, colour=interactive()), nl=False)
    return 1 if record.succeeded is False else 0
