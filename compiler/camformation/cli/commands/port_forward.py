"""`camformation port-forward` forwards a port of this machine to a task."""

from typing import Any

import click

from camformation.cli.completers import services
from camformation.cli.options import Where, no_spec, subject_argument, target_options


class Ports(click.ParamType):  # type: ignore[type-arg]
    """`[LOCAL:]REMOTE`, as two numbers."""

    name = "ports"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return both ports: the local one is the same if it is not given."""
        local, colon, remote = str(value).rpartition(":")
        numbers = (local if colon else remote, remote)
        if not all(each.isascii() and each.isdigit() and 0 < int(each) < 65536 for each in numbers):
            self.fail(f"{value} is neither a port nor LOCAL:REMOTE", param, ctx)
        return int(numbers[0]), int(numbers[1])


@click.command("port-forward")
@subject_argument
@click.argument("service", shell_complete=services, callback=no_spec)
@click.argument("ports", metavar="[LOCAL:]REMOTE", type=Ports())
@click.option("--task", metavar="ID", help="The task.  [default: the one that has run longest]")
@click.option("--container", metavar="NAME", help="The container.  [default: Camunda's]")
@click.option("--print", "printed", is_flag=True, help="Print the AWS CLI's command instead.")
@target_options
def command(
    subject: str,
    service: str,
    ports: tuple[int, int],
    task: str | None,
    container: str | None,
    printed: bool,
    where: Where,
) -> int:
    """Forward a port of this machine to a running task, until Ctrl-C.

    Brokers have the REST API on port 8080, gRPC on 26500 and management on 9600. Needs
    `execute_command: true` in the spec, the AWS CLI, and its Session Manager plugin.
    """
    from camformation.cli.sessions import RoomWish, session
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of
    from camformation.deploy.live_stack.sessions import forward_command

    files = SpecFiles()
    with errors_shown(files):
        return session(
            subject_of(files, subject),
            where,
            RoomWish(service, task, container),
            lambda room, options: forward_command(room, *ports, options),
            printed=printed,
        )
    return 1
