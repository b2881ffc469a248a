"""The health of a deployment on the command line, once or repeatedly."""

import sys

import click

from camformation.cli.management import management_of
from camformation.cli.options import Where
from camformation.cli.target import (
    Connection,
    Subject,
    SystemClock,
    connected,
    interactive,
    show_error,
)
from camformation.deploy.cloud.errors import DeployError, Throttled, Unreachable
from camformation.deploy.live_stack.camunda import Camunda, Login
from camformation.deploy.live_stack.deployed import Deployed, require_deployed
from camformation.deploy.live_stack.health import Health, read_health
from camformation.deploy.live_stack.password import admin_password
from camformation.deploy.live_stack.variables import variable
from camformation.frozen import frozen
from camformation.report.deployment.health_text import health_json, health_text

USERNAME = "CAMUNDA_SECURITY_INITIALIZATION_USERS_0_USERNAME"


@frozen
class LoginWish:
    """The address and login for queries to Camunda."""

    endpoint: str | None
    as_admin: bool
    user: str | None
    token: bool
    brokers: bool = False


def status(
    about: Subject, where: Where, wish: LoginWish, *, every: float | None, as_json: bool
) -> int:
    """Show the health of a deployment, and return the exit code of the last check."""
    given = sys.stdin.readline().rstrip("\r\n") if wish.user or wish.token else ""
    healthy = False
    with connected(where, about.deployment) as at:
        clock = SystemClock()
        deployed = require_deployed(at.cloud.stacks, about.stack)
        camunda = _camunda(at, about, deployed, wish, given)
        management = management_of(at, about, deployed, (), clock) if wish.brokers else None
        if every is None:
            health = read_health(at.cloud, clock.now(), deployed, camunda, management)
            _show(health, as_json, again=False)
            return 0 if health.healthy else 1
        try:
            while True:
                try:
                    deployed = require_deployed(at.cloud.stacks, about.stack)
                    health = read_health(at.cloud, clock.now(), deployed, camunda, management)
                    healthy = health.healthy
                    _show(health, as_json, again=True)
                except (Throttled, Unreachable) as error:
                    show_error(error)
                clock.sleep(every)
        except KeyboardInterrupt:
            pass
    return 0 if healthy else 1


def _show(health: Health, as_json: bool, *, again: bool) -> None:
    if as_json:
        click.echo(health_json(health, on_one_line=again), nl=False)
        return
    if again:
        click.echo(f"{health.time.astimezone():%H:%M:%S}")
    click.echo(health_text(health, interactive()), nl=False)


def _camunda(
    at: Connection, about: Subject, deployed: Deployed, wish: LoginWish, given: str
) -> Camunda | None:
    """Return Camunda's API with the requested login; None if brokers are not to be queried."""
    asked = bool(wish.endpoint or wish.as_admin or wish.user or wish.token)
    endpoint = wish.endpoint or deployed.stack.outputs.get("Url")
    if not endpoint or (at.cloud.local and not wish.endpoint):
        if asked:
            raise DeployError(
                "CAM741",
                "no Camunda endpoint is known",
                "the local target runs no containers; elsewhere give --endpoint URL",
            )
        return None
    login = None
    if wish.as_admin:
        Camunda(endpoint, Login("-"))  # refuses before the secret is read
        secret = admin_password(at.cloud.stacks, at.cloud.secrets, about.stack)
        login = Login(_administrator(deployed), secret)
    elif wish.user or wish.token:
        login = Login(wish.user or "", given)
    return Camunda(endpoint, login)


def _administrator(deployed: Deployed) -> str:
    """Return the administrator's username, as the brokers' task definition has it."""
    name = variable(deployed, USERNAME)
    return name if isinstance(name, str) else "admin"
