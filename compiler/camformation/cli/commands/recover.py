"""`camformation recover` shows how to recover a stuck stack, and does it."""

import click

from camformation.cli.options import (
    Where,
    data_options,
    quiet_option,
    service_role_option,
    subject_argument,
    target_options,
)


@click.command("recover")
@subject_argument
@click.option(
    "--way", metavar="ID", help="The recovery to carry out; without it, the options are listed."
)
@click.option(
    "--skip", multiple=True, metavar="LOGICAL_ID", help="A resource that the rollback skips."
)
@click.option(
    "--retain", multiple=True, metavar="LOGICAL_ID", help="A resource that the deletion keeps."
)
@click.option(
    "--delete",
    "deleted",
    multiple=True,
    metavar="LOGICAL_ID",
    help="A resource with data that may be deleted.",
)
@click.option("--dry-run", is_flag=True, help="Print the calls that would be made, and make none.")
@click.option("--yes", "-y", is_flag=True, help="Carry it out without confirmation.")
@click.option("--name", help="The deployment's name, as confirmation of a deletion.")
@service_role_option
@quiet_option
@data_options
@target_options
def command(
    subject: str,
    way: str | None,
    skip: tuple[str, ...],
    retain: tuple[str, ...],
    deleted: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    name: str | None,
    service_role_arn: str | None,
    quiet: bool,
    style: str,
    where: Where,
) -> int:
    """Show a deployment's state, its cause, and how to recover; then recover.

    Without --way, asks on a terminal; elsewhere it lists the ways. Exits with 0 if nothing has to
    be recovered or the way succeeded, else with 1. Resources that hold data are deleted only if
    they are named.
    """
    from camformation.cli.operation_view import OperationView
    from camformation.cli.recovery import Wish, recover_stack
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        return recover_stack(
            subject_of(files, subject),
            where,
            Wish(way, (*skip, *retain), deleted, dry_run, yes, name, service_role_arn),
            OperationView(as_json=style == "json", quiet=quiet),
        )
    return 1
