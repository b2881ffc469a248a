"""`camformation diagnose` explains why an operation failed."""

from pathlib import Path

import click

from camformation.cli.completers import subjects
from camformation.cli.options import File, Where, format_options, target_options


@click.command("diagnose")
@click.argument("subject", metavar="SPEC|NAME", required=False, shell_complete=subjects)
@click.option("--operation", metavar="ID", help="An earlier operation; `history` lists them.")
@click.option(
    "--bundle",
    type=File(),
    help="Also write everything known about it to a file that you can send.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="Read a bundle or a record's folder instead of AWS.",
)
@format_options("text", "json", "markdown")
@target_options
def command(
    subject: str | None,
    operation: str | None,
    bundle: Path | None,
    source: Path | None,
    style: str,
    where: Where,
) -> int:
    """Explain why a deployment's last operation failed: causes, evidence, what to do.

    Exits with 1 if the operation failed. For a fleet file, it explains the last deployment of the
    fleet, as `fleet diagnose` does. A bundle contains no secrets, but names, addresses and the last
    lines of logs.
    """
    from camformation.cli.diagnosis import operation_record, read_bundle, shown, write_bundle
    from camformation.cli.fleet_history import fleet_diagnosis, show_fleet
    from camformation.cli.fleet_records import read_fleet_bundle
    from camformation.cli.fleets import is_fleet
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.diagnosis.diagnosis import diagnose

    if (subject is None) is (source is None):
        raise click.UsageError("give a spec or a stack's name, or --from FILE")
    files = SpecFiles()
    if source is None and is_fleet(files, subject):
        return fleet_diagnosis(str(subject), operation, None, bundle, style, None, where)
    with errors_shown(files):
        if source and (fleet := read_fleet_bundle(source)):
            return show_fleet(fleet, bundle, style)
        if source:
            record = read_bundle(source)
        else:
            record = operation_record(files, str(subject), where, operation)
        if bundle:
            write_bundle(bundle, record)
            click.echo(f"{bundle} written", err=True)
        diagnosis = diagnose(record)
        click.echo(shown(diagnosis, style), nl=False)
        return 1 if diagnosis.succeeded is False else 0
    return 1
