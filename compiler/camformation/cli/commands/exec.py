"""`camformation exec` runs a command in a container of a task."""

import shlex

import click

from camformation.cli.completers import services
from camformation.cli.options import Where, no_spec, subject_argument, target_options


@click.command("exec")
@subject_argument
@click.argument("service", shell_complete=services, callback=no_spec)
@click.argument("words", nargs=-1, metavar="[COMMAND...]", type=click.UNPROCESSED)
@click.option("--task", metavar="ID", help="The task.  [default: the one that has run longest]")
@click.option("--container", metavar="NAME", help="The container.  [default: Camunda's]")
@click.option("--print", "printed", is_flag=True, help="Print the AWS CLI's command instead.")
@target_options
def command(
    subject: str,
    service: str,
    words: tuple[str, ...],
    task: str | None,
    container: str | None,
    printed: bool,
    where: Where,
) -> int:
    """Run a command, or a shell, in a container of a running task (ECS Exec).

    Needs `execute_command: true` in the spec, the AWS CLI, and its Session Manager plugin. Options
    of COMMAND go after `--`.
    """
    from camformation.cli.sessions import RoomWish, session
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of
    from camformation.deploy.live_stack.sessions import exec_command

    files = SpecFiles()
    with errors_shown(files):
        line = shlex.join(words) or "/bin/sh"
        return session(
            subject_of(files, subject),
            where,
            RoomWish(service, task, container),
            lambda room, options: exec_command(room, line, options),
            printed=printed,
        )
    return 1
