"""`camformation fleet remove` removes named targets from a fleet."""

import click

from camformation.cli.options import (
    Where,
    allow_option,
    call_as_option,
    event_options,
    fleet_subject_argument,
    quiet_option,
    target_options,
)


@click.command("remove")
@fleet_subject_argument
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="ACCOUNT[/REGION]",
    help="A target to remove, in one region or in all its regions.",
)
@click.option("--all", "everything", is_flag=True, help="Remove every target.")
@click.option("--delete-stacks", is_flag=True, help="Delete the stacks and everything in them.")
@click.option("--retain-stacks", is_flag=True, help="Keep the stacks as independent stacks.")
@click.option(
    "--stack-set", "delete_stack_set", is_flag=True, help="Also delete the StackSet afterwards."
)
@allow_option
@click.option("--yes", "-y", is_flag=True, help="Remove without confirmation; needs --name.")
@click.option("--name", help="The StackSet's name, with --yes.")
@event_options
@quiet_option
@call_as_option
@target_options
def command(
    fleet: str,
    targets: tuple[str, ...],
    everything: bool,
    delete_stacks: bool,
    retain_stacks: bool,
    delete_stack_set: bool,
    allow: tuple[str, ...],
    yes: bool,
    name: str | None,
    style: str,
    quiet: bool,
    call_as: str | None,
    where: Where,
) -> int:
    """Remove targets from a fleet, and delete or retain their stacks.

    Shows what is deleted and what is kept, and asks for the StackSet's name. Resources that hold
    data are deleted only if --allow-data-loss names them. Exits with 3 if the removal is blocked.
    """
    if bool(targets) is everything:
        raise click.UsageError("name the targets with --target, or give --all")
    if delete_stacks is retain_stacks:
        raise click.UsageError(
            "choose what happens to the stacks: --retain-stacks or --delete-stacks"
        )
    from camformation.cli.fleet_view import BLOCKED, ended, fleet_view
    from camformation.cli.fleets import connected, subject_of
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, interactive
    from camformation.counting import counted
    from camformation.deploy.cloud.errors import DeployError
    from camformation.deploy.fleet.removal import plan_removal, remove
    from camformation.report.fleet.removal_text import fleet_remove_json, fleet_remove_text

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, fleet, call_as)
        if not interactive() and not (yes and name):
            hint = f"give --yes --name {about.name}"
            raise DeployError(
                "CAM616", "cannot ask for the StackSet's name without a terminal", hint
            )
        view = fleet_view(as_json=style == "json", quiet=quiet)
        with connected(where, about) as at:
            removal = plan_removal(
                at.cloud.stack_sets,
                view.clock,
                about.name,
                None if everything else targets,
                retain=retain_stacks,
                allow=allow,
            )
            if style == "json":
                click.echo(fleet_remove_json(removal), nl=False)
            else:
                click.echo(fleet_remove_text(removal, colour=interactive()), nl=False)
            if removal.blocks:
                return BLOCKED
            going = {(each.account, each.region) for each in removal.instances}
            if still := going & about.targets:
                number = counted(len(still), "target")
                click.echo(
                    f"note: {fleet} still lists {number} of these: remove them from it, or the "
                    "next `fleet deploy` creates their stacks again",
                    err=True,
                )
            typed = name if yes else click.prompt(f"Type {about.name} to remove them")
            return ended(
                view,
                view.run(
                    remove(
                        at.cloud.stack_sets,
                        view.clock,
                        removal,
                        confirmed=typed or "",
                        delete_stack_set=delete_stack_set,
                        control=view.control,
                    )
                ),
            )
    return 1
