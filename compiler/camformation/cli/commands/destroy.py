"""`camformation destroy` deletes a deployment without losing data by accident."""

import click

from camformation.cli.options import (
    Where,
    dry_run_option,
    event_options,
    quiet_option,
    service_role_option,
    subject_argument,
    target_options,
)


@click.command("destroy")
@subject_argument
@click.option("--yes", "-y", is_flag=True, help="Destroy without confirmation; needs --name.")
@click.option("--name", help="The deployment's name, as confirmation.")
@click.option(
    "--disable-protection",
    is_flag=True,
    help="Turn off termination protection, and that of the database and load balancers.",
)
@click.option(
    "--no-final-snapshot",
    is_flag=True,
    help="Take no final snapshot of a database that is deleted.",
)
@dry_run_option
@service_role_option
@quiet_option
@event_options
@target_options
def command(
    subject: str,
    yes: bool,
    name: str | None,
    disable_protection: bool,
    no_final_snapshot: bool,
    dry_run: bool,
    service_role_arn: str | None,
    quiet: bool,
    style: str,
    where: Where,
) -> int:
    """Delete a deployment, after showing what is deleted, what is kept and what still costs money.

    To confirm, type the deployment's name, or give it with --yes --name.
    """
    from camformation.cli.destruction import destroy_stack
    from camformation.cli.operation_view import OperationView
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    if yes and not name and not dry_run:
        raise click.UsageError("--yes needs --name NAME, the name of the deployment")
    files = SpecFiles()
    with errors_shown(files):
        return destroy_stack(
            subject_of(files, subject),
            where,
            name=name,
            yes=yes,
            disable_protection=disable_protection,
            final_snapshot=not no_final_snapshot,
            role_arn=service_role_arn,
            view=OperationView(as_json=style == "json", quiet=quiet),
            dry_run=dry_run,
        )
    return 1
