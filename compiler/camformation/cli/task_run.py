"""One call to brokers' management API from the command line."""

import json
from urllib.parse import unquote

import click

from camformation.cli.management import management_of
from camformation.cli.options import Where
from camformation.cli.target import Subject, SystemClock, connected, interactive
from camformation.deploy.cloud.channel import Call
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.frozen import frozen
from camformation.report.terminal_text import visible

PREFIX = "/actuator/"


@frozen
class CallWish:
    """The options of the command line."""

    method: str
    path: str
    body: str | None
    everywhere: bool
    endpoints: tuple[str, ...]
    dry_run: bool
    yes: bool

    @property
    def call(self) -> Call:
        """The call. Raises DeployError for one that loses data, or is invalid."""
        plain = unquote(self.path).lower()
        if not self.path.startswith(PREFIX) or ".." in plain:
            raise DeployError(
                "CAM747",
                f"{self.path} is not a path below {PREFIX}",
                "give one such as /actuator/cluster",
            )
        if self.method != "GET" and ("purge" in plain or "force=true" in plain):
            raise DeployError(
                "CAM747",
                f"{self.method} {self.path} would delete data, or brokers with their data",
                "camformation never does; see Camunda's docs, Cluster scaling, before you do",
            )
        if self.method == "GET" and self.body is not None:
            raise DeployError(
                "CAM747", "GET has no body", "leave out --body, or give POST, PATCH or PUT"
            )
        try:
            body = None if self.body is None else json.loads(self.body)
        except ValueError as error:
            raise DeployError("CAM747", f"--body is not JSON: {error}") from error
        return Call(self.method, self.path, body, everywhere=self.everywhere)


def run_task(about: Subject, where: Where, wish: CallWish) -> int:
    """Make the call, print the answer, and return the exit code. Raises DeployError."""
    call = wish.call
    with connected(where, about.deployment) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        management = management_of(at, about, deployed, wish.endpoints, SystemClock())
        if wish.dry_run:
            click.echo(f"{call.method} {visible(call.path)} by {management.name or 'no way'}")
            click.echo("no call was made")
            return 0
        if call.method != "GET" and not wish.yes:
            if not interactive():
                raise DeployError(
                    "CAM616", "cannot ask for confirmation without a terminal", "give --yes"
                )
            question = f"{call.method} {visible(call.path)} on brokers of {visible(about.stack)}?"
            if not click.confirm(question, err=True):
                raise DeployError("CAM743", "stopped: nothing was changed", None)
        answers = management.raw(call)
    shown = [{"host": each.host, "status": each.status, "body": each.body} for each in answers]
    click.echo(json.dumps(shown if wish.everywhere else answers[0].body, indent=2))
    bad = [each.status for each in answers if not 200 <= each.status < 300]
    if bad:
        click.echo(f"Camunda answers {bad[0] or 'nothing'}", err=True)
    return 1 if bad else 0
