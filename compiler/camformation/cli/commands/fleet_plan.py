"""`camformation fleet plan` shows what deploying a fleet would change."""

import click

from camformation.cli.options import (
    Where,
    allow_option,
    bucket_option,
    fleet_argument,
    format_options,
    set_option,
    target_options,
)


@click.command("plan")
@fleet_argument
@click.option("--preview", is_flag=True, help="Preview one stack with a change set in its account.")
@click.option(
    "--preview-role",
    metavar="NAME",
    help="The role to assume in that account; implies --preview.  [default: the execution role]",
)
@click.option("--every", is_flag=True, help="List every target on its own line.")
@allow_option
@format_options("text", "json", "markdown", "html", of="plan")
@set_option
@bucket_option
@target_options
def command(
    fleet: str,
    preview: bool,
    preview_role: str | None,
    every: bool,
    allow: tuple[str, ...],
    style: str,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    where: Where,
) -> int:
    """Show what deploying a fleet would change in the StackSet, and in each account and region.

    Only reads, except that --preview creates a change set on the first live stack and deletes it.
    Exits with 0 if nothing changes, 2 if something does, 3 if the plan is blocked because data
    would be lost, and 1 for an error.
    """
    from camformation.cli.canary import canary
    from camformation.cli.fleets import connected, packaged, planned_fleet, read_fleet, subject
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import SystemClock, errors_shown, interactive

    files = SpecFiles()
    with errors_shown(files):
        read = read_fleet(files, fleet, settings)
        clock = SystemClock()
        with connected(where, subject(read.loaded)) as at:
            package = packaged(read, at, clock, artifact_bucket, required=False)
            plan = planned_fleet(files, read, at, clock, package, allow).plan
            previews = (
                canary(read, plan, at, clock, where, preview_role)
                if preview or preview_role
                else ()
            )
        if style == "json":
            from camformation.report.fleet.plan_json import fleet_plan_json

            click.echo(fleet_plan_json(plan, previews), nl=False)
        elif style == "markdown":
            from camformation.report.fleet.plan_markdown import fleet_plan_markdown

            click.echo(fleet_plan_markdown(plan, previews), nl=False)
        elif style == "html":
            from camformation.report.review.fleet_page import fleet_page

            click.echo(fleet_page(plan, previews, files.lines), nl=False)
        else:
            from camformation.report.fleet.plan_text import fleet_plan_text

            colour = interactive()
            click.echo(fleet_plan_text(plan, previews, colour=colour, every=every), nl=False)
        return plan.exit_code
    return 1
