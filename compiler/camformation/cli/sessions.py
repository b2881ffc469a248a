"""Sessions in tasks: the command of the AWS CLI is printed, or run."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence

import click

from camformation.cli.options import Where
from camformation.cli.target import Subject, connected
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.own_services import chosen_services, own_services
from camformation.deploy.live_stack.sessions import Room, room
from camformation.deploy.operation.signatures import AWS, LONGEST, Said, advice_on
from camformation.frozen import frozen

TOOLS = ("aws", "session-manager-plugin")


@frozen
class RoomWish:
    """The requested container."""

    service: str
    task: str | None
    container: str | None


def session(
    about: Subject,
    where: Where,
    wish: RoomWish,
    made: Callable[[Room, list[str]], list[str]],
    *,
    printed: bool,
) -> int:
    """Print the command, or run it and return its exit code. Raises DeployError."""
    if where.local:
        raise DeployError(
            "CAM728",
            "the local target runs no containers",
            "there is nothing to connect to; without --local, the task is one in AWS",
        )
    with connected(where, about.deployment) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        (own,) = chosen_services(own_services(at.cloud, deployed), [wish.service], about.stack)
        found = room(at.cloud.services, own, wish.task, wish.container)
        options = ["--profile", where.profile] if where.profile else []
        words = made(found, [*options, "--region", at.cloud.region])
    if printed:
        click.echo(shlex.join(words))
        return 0
    if where.role_arn:
        raise DeployError(
            "CAM729",
            "the AWS CLI cannot assume a role given on its command line",
            "give --profile with a profile that assumes the role, or --print",
        )
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        raise DeployError(
            "CAM729",
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            f"install the AWS CLI and the Session Manager plugin, or run elsewhere: "
            f"{shlex.join(words)}",
        )
    click.echo(f"task {found.task}, container {found.container}", err=True)
    return run(words)


def run(words: Sequence[str]) -> int:
    """Run the AWS CLI and return its exit code; Ctrl-C goes to the session, and failures are
    explained.
    """
    said = b""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which it would inherit
    try:
        with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
            assert process.stderr
            while part := os.read(process.stderr.fileno(), 4096):
                click.echo(part, nl=False, err=True)
                said = (said + part)[-LONGEST:]
    finally:
        signal.signal(signal.SIGINT, before)
    advice = advice_on([Said(AWS, said.decode("utf-8", "replace"))])
    if process.returncode and advice:
        click.echo(f"hint: {advice}", err=True)
    return process.returncode
