"""The rotation of secrets from the command line: the list, the questions, the steps."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import click

from camformation.cli.operating import followed
from camformation.cli.operation_view import OperationView
from camformation.cli.options import Where
from camformation.cli.steps import Steps, agreed
from camformation.cli.target import Connection, Subject, connected
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.camunda import Login
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed, require_deployed, require_idle
from camformation.deploy.live_stack.http_channel import HttpChannel
from camformation.deploy.live_stack.own_secrets import (
    TARGET_TLS,
    OwnSecret,
    Way,
    chosen_secret,
    own_secrets,
)
from camformation.deploy.live_stack.own_services import OwnService, own_services, state_of
from camformation.deploy.live_stack.seed_run import seed_place
from camformation.deploy.live_stack.users import Users
from camformation.deploy.operation.rotation import (
    Administrator,
    Rotation,
    unfinished,
)
from camformation.frozen import frozen
from camformation.report.deployment.secrets_text import secrets_json, secrets_text

PARTS = ("certificate", "private_key", "ca_certificate")  # of the secret of `access.target_tls`
MAX_SECRET = 65536  # Secrets Manager API Reference, PutSecretValue


@frozen
class RotationWish:
    """The options of the command line."""

    kind: str
    value: bool  # on standard input
    endpoint: str | None
    user: str | None  # whose password is on standard input
    dry_run: bool
    yes: bool


def show_secrets(about: Subject, where: Where, *, as_json: bool) -> int:
    """Show the secrets of a deployment and the way to change each; return the exit code."""
    with connected(where, about.deployment) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        found = own_secrets(at.cloud, deployed, own_services(at.cloud, deployed))
        days = about.deployment.secrets.reminder_days if about.deployment else None
        oldest = datetime.now(UTC) - timedelta(days=days) if days is not None else None
        shown = secrets_json(found, oldest) if as_json else secrets_text(found, oldest)
        click.echo(shown, nl=False)
    return 0


def rotate(about: Subject, where: Where, wish: RotationWish, view: OperationView) -> int:
    """Change a secret, and return the exit code. Raises DeployError."""
    given = _given(wish)
    with connected(where, about.deployment) as at:
        deployed = require_idle(at.cloud.stacks, about.stack)
        services = own_services(at.cloud, deployed)
        secrets = own_secrets(at.cloud, deployed, services)
        secret = chosen_secret(secrets, wish.kind, about.stack)
        _check_rollouts(at, secret, services)
        value = given if wish.value else None
        place = seed_place(at.cloud, deployed) if secret.way is Way.DATABASE_TASK else None
        rotation = Rotation(at.cloud, view.clock, view.control, place)
        older = 0 if wish.value else unfinished(at.cloud, secret, services)
        if older:
            said = [*_seeding(secret), *(f"replace the tasks of {e}" for e in secret.readers)]
            note = (
                f"note: {secret.kind} was already changed, and {older} tasks started before that: "
                "they still have the earlier value. To change it once more, run the command again "
                "afterwards"
            )
            steps = Steps(tuple(said), (note,), dry_run=wish.dry_run, yes=wish.yes)
            if not agreed(about.stack, steps, view):
                return 0
            return followed(view, rotation.restart(secret, services))
        check_value(secret, value)
        administrator = _administrator(at, deployed, secrets, secret, wish, given)
        cluster = next((identifier for _, identifier in live(deployed, CLUSTER)), None)
        steps = Steps(
            tuple(_said(secret, value, administrator, cluster)),
            tuple(_notes(secret)),
            dry_run=wish.dry_run,
            yes=wish.yes,
        )
        if not agreed(about.stack, steps, view):
            return 0
        return followed(view, rotation.rotate(secret, services, value, administrator, cluster))


def _given(wish: RotationWish) -> str:
    """Return the value on standard input, which may have several lines, or a password."""
    if not (wish.value or wish.user):
        return ""
    found = sys.stdin.read(MAX_SECRET + 1)
    found = found.rstrip("\r\n") if wish.value else found.partition("\n")[0].rstrip("\r")
    if not found or len(found.encode()) > MAX_SECRET:
        raise DeployError(
            "CAM769",
            "there is no value on standard input" if not found else "the value is too long",
            "pipe it in, so that it does not appear on a command line: `… --value-stdin < FILE`",
        )
    return found


def _check_rollouts(at: Connection, secret: OwnSecret, services: Sequence[OwnService]) -> None:
    for each in services:
        if each.name not in secret.readers:
            continue
        deployments = state_of(at.cloud.services, each).deployments
        if any(one.rollout_state == "IN_PROGRESS" and not one.failed for one in deployments):
            raise DeployError(
                "CAM725",
                f"tasks of {each.name} are already being replaced",
                "wait until that is done: `camformation status --watch` shows it",
            )


def check_value(secret: OwnSecret, value: str | None) -> None:
    """Raise DeployError for a value that does not suit this secret, or for a missing one."""
    if secret.way is Way.GIVEN and value is None:
        raise DeployError(
            "CAM769",
            f"{secret.kind} is created elsewhere, so camformation has no new value to put into "
            "the secret",
            "give it on standard input: --value-stdin",
        )
    if secret.way is Way.DATABASE_ADMIN and value is not None:
        raise DeployError(
            "CAM769", "RDS creates the administrator's password itself", "leave out --value-stdin"
        )
    if value is None:
        return
    found = _texts(value)
    if secret.kind.startswith("registry") and not {"username", "password"} <= found.keys():
        raise DeployError(
            "CAM769",
            "a registry's login is JSON with `username` and `password`",
            "Amazon ECS Developer Guide, Using non-AWS container images",
        )
    if secret.kind == TARGET_TLS and not all("-----BEGIN " in found.get(e, "") for e in PARTS):
        raise DeployError(
            "CAM769",
            "the files for TLS are JSON with `certificate`, `private_key` and `ca_certificate`, "
            "each in PEM",
            "see `camformation explain access.target_tls.secret_arn`",
        )


def _texts(value: str) -> dict[str, str]:
    """Return the texts of a JSON object, by their keys; none for anything else."""
    try:
        found = json.loads(value)
    except ValueError:
        return {}
    texts = found.items() if isinstance(found, dict) else ()
    return {key: text for key, text in texts if isinstance(text, str)}


def _administrator(
    at: Connection,
    deployed: Deployed,
    secrets: Sequence[OwnSecret],
    secret: OwnSecret,
    wish: RotationWish,
    given: str,
) -> Administrator | None:
    """Return the function that changes the password of a user of Camunda, if that is requested."""
    if secret.way is not Way.USER:
        return None
    endpoint = wish.endpoint or deployed.stack.outputs.get("Url", "")
    if not endpoint or (at.cloud.local and not wish.endpoint and not wish.dry_run):
        hint = "give --endpoint URL"
        if at.cloud.local:
            hint = "the local target runs no containers; --dry-run shows the steps"
        raise DeployError("CAM741", "no Camunda endpoint is known", hint)
    HttpChannel([endpoint], lambda: Login("-"))  # refuses before any secret is read
    users = Users(lambda login: HttpChannel([endpoint], lambda: login))
    if wish.user:
        return Administrator(users, endpoint, Login(wish.user, given))
    admin = next((each for each in secrets if each.kind == "admin" and each.state), None)
    if admin is None:
        raise DeployError(
            "CAM769",
            "no readable secret holds the administrator's password",
            "log in as an administrator: --user NAME --password-stdin",
        )
    return Administrator(users, endpoint, None, admin)


def _said(
    secret: OwnSecret, value: str | None, administrator: Administrator | None, cluster: str | None
) -> Iterator[str]:
    name = secret.state.name if secret.state else secret.arn
    what = "the value from standard input" if value is not None else "a new password"
    if secret.way is Way.DATABASE_ADMIN:
        yield f"let RDS change the password of {cluster}'s administrator, in {name}"
        return
    if administrator:
        yield f"keep {what} next to the current one, in {name}"
        yield f"set it for the user {secret.user} at {administrator.endpoint}, and log in with it"
        yield "make it the current one"
    else:
        yield f"put {what} into {name}"
    yield from _seeding(secret)
    yield from (f"replace the tasks of {each}" for each in secret.readers)


def _seeding(secret: OwnSecret) -> Iterator[str]:
    if secret.way is Way.DATABASE_TASK:
        yield "run the database seed's task, which sets it in the database"


def _notes(secret: OwnSecret) -> Iterator[str]:
    match secret.kind:
        case "admin":
            yield "note: no task needs it, and sessions stay logged in"
        case "connectors":
            yield "note: running connectors cannot log in until their tasks are replaced"
        case "cluster-admin":
            yield (
                "note: while brokers are replaced, some accept the old password and some the new "
                "one"
            )
        case "database-user":
            if secret.way is Way.DATABASE_USER:
                yield "note: the first new broker sets it in the database"
            yield (
                "note: brokers that are not replaced yet keep their connections, but cannot open "
                "new ones"
            )
        case "database-admin":
            yield "note: only the database seed uses it, and reads it when it runs"
        case "oidc-client" | "connectors-client":
            yield (
                "note: the provider has to accept the old value too until every task is replaced"
            )
