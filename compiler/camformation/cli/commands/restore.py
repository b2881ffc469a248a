"""`camformation restore` restores brokers in place, or a deployment into a new one."""

import click

from camformation.cli.options import (
    Number,
    Where,
    allow_option,
    bucket_option,
    dry_run_option,
    endpoints_option,
    event_options,
    fail_fast_option,
    layout_option,
    preflight_option,
    quiet_option,
    service_role_option,
    set_option,
    subject_argument,
    target_options,
    yes_option,
)


@click.command("restore")
@subject_argument
@click.option(
    "--from",
    "source",
    metavar="STACK",
    help="Deploy SPEC as a new deployment, with the database and brokers of this one.",
)
@click.option("--to", metavar="TIME", help="The latest time to restore, such as 2h or ISO 8601.")
@click.option("--stop-source", is_flag=True, help="With --from: stop its services first.")
@click.option("--name", help="In place: the stack whose brokers' data is replaced.")
@click.option("--backup", type=Number(), metavar="ID", help="In place: this backup.")
@click.option(
    "--database",
    type=click.Choice(["keep", "load", "loaded"]),
    default="keep",
    show_default=True,
    help="In place: keep the database as it is; stop so that you can load it; or continue, "
    "because you have loaded it.",
)
@click.option(
    "--give-up", is_flag=True, help="In place: let brokers continue with the data that they have."
)
@click.option(
    "--without-backup",
    metavar="STACK",
    help="In place: do not back up the present data; give the stack's name.",
)
@endpoints_option
@dry_run_option
@yes_option
@layout_option
@allow_option
@fail_fast_option
@preflight_option
@set_option
@bucket_option
@service_role_option
@quiet_option
@event_options
@target_options
def command(
    subject: str,
    source: str | None,
    to: str | None,
    stop_source: bool,
    name: str | None,
    backup: int | None,
    database: str,
    give_up: bool,
    without_backup: str | None,
    endpoints: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    layout: str,
    allow: tuple[str, ...],
    fail_fast: bool | None,
    preflight: bool,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    service_role_arn: str | None,
    quiet: bool,
    style: str,
    where: Where,
) -> int:
    """Restore from backups, with the database at one time.

    With --from, SPEC is deployed as a new deployment next to that one, which keeps everything: RDS
    restores its database to a point in time, and brokers restore themselves from its backups.

    Without --from, the brokers of SPEC|NAME are restored in place (8.10): the current data is
    backed up, brokers stop processing, their data is replaced with that of a backup, and they
    continue processing. The database stays as it is, or you load it in the meantime.

    After an interruption, run the same command again to continue.
    """
    from camformation.cli.fail_fast import FailFast
    from camformation.cli.operating import moves_view
    from camformation.cli.operation_view import OperationView
    from camformation.cli.restore_finding import BesideWish
    from camformation.cli.restoring import RestoreWish, restore_in_place, time_of
    from camformation.cli.restoring_beside import restore_beside
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of
    from camformation.deploy.change.preparation import DeployOptions, service_role
    from camformation.deploy.change.request import express_mode
    from camformation.layout import Layout
    from camformation.pipeline import load

    in_place = name or backup or give_up or without_backup or database != "keep"
    if source and in_place:
        raise click.UsageError(
            "--from excludes --name, --backup, --database, --give-up and --without-backup"
        )
    if stop_source and not source:
        raise click.UsageError("--stop-source needs --from")
    if backup and to:
        raise click.UsageError("--backup and --to exclude each other")
    if not source and (backup or to) and database == "keep" and not give_up:
        raise click.UsageError(
            "--backup and --to restore an earlier time, and the database must be from that time "
            "too: give --database load, or --from to restore both into a new deployment"
        )
    if not source and yes and not (name or give_up or dry_run):
        raise click.UsageError("--yes needs --name STACK, whose brokers' data is replaced")
    files = SpecFiles()
    with errors_shown(files):
        upto = time_of(to)
        if source is None:
            wish = RestoreWish(
                name, backup, upto, database, give_up, without_backup, endpoints, dry_run, yes
            )
            moves = moves_view(as_json=style == "json")
            return restore_in_place(subject_of(files, subject), where, wish, moves)
        deployment = load(subject, files.read).deployment
        options = DeployOptions(
            artifact_bucket,
            service_role(deployment, service_role_arn),
            allow,
            express_mode(wait_for_steady_state=True, flag=None),
            False,
        )
        beside = BesideWish(
            subject,
            source,
            upto,
            stop_source,
            Layout(layout),
            settings,
            endpoints,
            dry_run,
            yes,
            preflight,
        )
        view = OperationView(as_json=style == "json", quiet=quiet)
        gives_up = FailFast(fail_fast, asks=not yes, cancels=False)
        return restore_beside(beside, where, options, view, gives_up, files)
    return 1
