"""`camformation fleet import` moves existing stacks into a fleet."""

from pathlib import Path

import click

from camformation.cli.options import (
    Where,
    bucket_option,
    event_options,
    fleet_argument,
    quiet_option,
    set_option,
    target_options,
)


@click.command("import")
@fleet_argument
@click.argument("stacks", nargs=-1, metavar="STACK_ARN...")
@click.option(
    "--stacks",
    "listed",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file with one stack ARN on each line.",
)
@click.option(
    "--unit",
    "units",
    multiple=True,
    metavar="ou-…",
    help="The organizational units of the stacks, for a service-managed fleet.",
)
@click.option(
    "--read-role", metavar="NAME", help="A role to assume to compare stacks in other accounts."
)
@click.option("--yes", "-y", is_flag=True, help="Import without confirmation.")
@event_options
@quiet_option
@set_option
@bucket_option
@target_options
def command(
    fleet: str,
    stacks: tuple[str, ...],
    listed: Path | None,
    units: tuple[str, ...],
    read_role: str | None,
    yes: bool,
    style: str,
    quiet: bool,
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    where: Where,
) -> int:
    """Import existing stacks into a fleet, without changing their resources.

    Readable stacks are first compared with the fleet's template, which the next `fleet deploy`
    applies to them. To undo an import, use `fleet remove --retain-stacks`.
    """
    from functools import partial

    from camformation.cli.fleet_view import agreed, ended, fleet_view
    from camformation.cli.fleets import connected, packaged, read_fleet, subject, wanted_stack_set
    from camformation.cli.specs import SpecFiles
    from camformation.cli.stack_import import reader, uploader
    from camformation.cli.target import errors_shown, interactive
    from camformation.counting import counted
    from camformation.deploy.cloud.errors import DeployError
    from camformation.deploy.fleet.stack_import import import_stacks, plan_import
    from camformation.deploy.plan.attribution import origins_of
    from camformation.reading import read_file
    from camformation.report.fleet.import_text import fleet_import_json, fleet_import_text

    files = SpecFiles()
    with errors_shown(files):
        lines = read_file(listed).decode("utf-8", "replace").split() if listed else []
        arns = [*stacks, *lines]
        if not arns:
            raise click.UsageError("name the stacks by their ARNs, or give --stacks FILE")
        read = read_fleet(files, fleet, settings)
        if not (yes or interactive()):
            hint = "give --yes to import without asking"
            raise DeployError("CAM616", "cannot ask for confirmation without a terminal", hint)
        view = fleet_view(as_json=style == "json", quiet=quiet)
        with connected(where, subject(read.loaded)) as at:
            package = packaged(read, at, view.clock, artifact_bucket, required=True)
            request = wanted_stack_set(files, read, at, package)
            plan = plan_import(
                at.cloud.stack_sets,
                view.clock,
                request,
                read.exported.template,
                arns,
                organizational_units=units,
                read=reader(at, where, read_role),
                locate=read.exported.compiled.locate_in_resource,
                origins=partial(origins_of, read.exported.compiled),
            )
            if style == "json":
                click.echo(fleet_import_json(plan), nl=False)
            else:
                click.echo(fleet_import_text(plan, colour=interactive()), nl=False)
            if not plan.refusals and not (
                yes or agreed(f"Import {counted(len(plan.candidates), 'stack')} into {plan.name}?")
            ):
                click.echo("nothing was imported", err=True)
                return 1
            return ended(
                view,
                view.run(
                    import_stacks(
                        at.cloud.stack_sets,
                        view.clock,
                        plan,
                        upload=uploader(read, at, artifact_bucket),
                        control=view.control,
                    )
                ),
            )
    return 1
