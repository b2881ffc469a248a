"""The change of one secret, in an order that can be interrupted anywhere.

A value that two sides must share is first stored next to the current one, as AWSPENDING, then set
on the other side, tested, and only then made current, as in Secrets Manager's own rotations (AWS
Secrets Manager User Guide, Rotation by Lambda function). A repeated command finds it there. Then
the tasks that read it are replaced. Values go from Secrets Manager to Camunda, and nowhere else.
"""

import json
import secrets as randomness
from collections.abc import Generator, Iterator, Sequence
from typing import Any
from uuid import uuid4

from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.live_stack.camunda import Login
from camformation.deploy.live_stack.own_secrets import OwnSecret, Way
from camformation.deploy.live_stack.own_services import OwnService, state_of
from camformation.deploy.live_stack.seed_run import SeedPlace, run_seed
from camformation.deploy.live_stack.users import Users
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.operation.service_moves import Move, Moved, MoveEnded, Mover
from camformation.frozen import frozen

POLL_S = 5.0
LIMIT_S = 900.0
LENGTH = 32
KINDS_OF_CHARACTERS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "!#%^()-_=+[]{}:?",  # those of generated passwords (components/secrets)
)


Moves = Generator[Move, None, bool]
"""Yields events, and returns whether it was followed to its end."""


@frozen
class Administrator:
    """The administrator who changes passwords of Camunda's users, and the connection to Camunda."""

    users: Users
    endpoint: str
    login: Login | None = None  # None: the deployment's own administrator
    secret: OwnSecret | None = None  # with the administrator's password

    def logged_in(self, cloud: Cloud) -> Login:
        """Return the login with the current password."""
        if self.login:
            return self.login
        if self.secret is None:
            raise ValueError("somebody logs in")
        return Login(self.secret.user, current_password(cloud, self.secret))


def new_password() -> str:
    """Return a password like those that CloudFormation generates."""
    while True:
        made = "".join(randomness.choice("".join(KINDS_OF_CHARACTERS)) for _ in range(LENGTH))
        if all(set(each) & set(made) for each in KINDS_OF_CHARACTERS):
            return made


def unfinished(cloud: Cloud, secret: OwnSecret, services: Sequence[OwnService]) -> int:
    """Return the number of tasks that were started before the last change of the secret, and so
    have an earlier value. Without permission to read them, there are none."""
    changed = secret.state.changed if secret.state else None
    if changed is None:
        return 0
    try:
        return sum(
            task.started is not None and task.started < changed
            for each in services
            if each.name in secret.readers
            for task in cloud.services.tasks(each.cluster, each.service, stopped=False)
        )
    except AccessDenied:
        return 0


class Rotation:
    """Changes secrets. Raises DeployError if it does not succeed; the same command then
    continues."""

    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        control: Control = nobody,
        seed: SeedPlace | None = None,
    ) -> None:
        """Take the seed task's place, for the database user."""
        self._cloud = cloud
        self._clock = clock
        self._seed = seed
        self._control = control
        self._mover = Mover(cloud, clock, control)

    def restart(self, secret: OwnSecret, services: Sequence[OwnService]) -> Iterator[Move]:
        """Replace the tasks that have an earlier value; the database may have one, too."""
        yield from self._seeded(secret)
        if (yield from self._restarted(secret, services)):
            yield self._ended(f"{secret.kind}: every task has the current value")

    def rotate(
        self,
        secret: OwnSecret,
        services: Sequence[OwnService],
        value: str | None,
        administrator: Administrator | None,
        cluster: str | None,
    ) -> Iterator[Move]:
        """Change the secret, to the value if one is given, and replace its readers."""
        if secret.way is Way.DATABASE_ADMIN and cluster:
            yield from self._by_rds(secret, cluster)
            return
        if secret.way is Way.USER and administrator:
            yield from self._user(secret, value, administrator)
        else:
            yield self._moved(secret, "putting the new value into the secret")
            new = value if value is not None else new_password()
            self._cloud.secrets.put(secret.arn, self._whole(secret, new), _token(), pending=False)
            yield from self._seeded(secret)
        if (yield from self._restarted(secret, services)):
            yield self._ended(f"{secret.kind} is changed")

    def _user(
        self, secret: OwnSecret, value: str | None, administrator: Administrator
    ) -> Iterator[Moved]:
        """Change a user's password first in Camunda, then in the secret."""
        state = self._cloud.secrets.state(secret.arn)
        stages = state.stages if state else {}
        pending = stages.get("AWSPENDING")
        if value is not None or not pending or pending == stages.get("AWSCURRENT"):
            yield self._moved(secret, "keeping a new password next to the current one")
            new, pending = value if value is not None else new_password(), _token()
            self._cloud.secrets.put(secret.arn, self._whole(secret, new), pending, pending=True)
        else:
            yield self._moved(secret, "continuing with the new password that is already kept")
            new = _part(secret, self._cloud.secrets.pending(secret.arn))
        users, login = administrator.users, Login(secret.user, new)
        if not users.accepts(login):
            yield self._moved(secret, f"changing the password of {secret.user} in Camunda")
            users.set_password(administrator.logged_in(self._cloud), secret.user, new)
        began = self._clock.now()
        while not users.accepts(login):  # it is exported to the database first
            if (self._clock.now() - began).total_seconds() > LIMIT_S:
                raise DeployError(
                    "CAM770",
                    f"Camunda still refuses the new password of {secret.user} after "
                    f"{LIMIT_S / 60:.0f} minutes",
                    "exporters may be paused: see `camformation status`; then run it again",
                )
            self._clock.sleep(POLL_S)
        current = stages.get("AWSCURRENT", "")
        self._cloud.secrets.promote(secret.arn, pending, current)
        yield self._moved(
            secret, f"{secret.user} can log in with it; it is now the current password"
        )

    def _seeded(self, secret: OwnSecret) -> Iterator[Moved]:
        """Have the seed's task set the database user's password from the secret."""
        if secret.way is Way.DATABASE_TASK:
            if self._seed is None:
                raise DeployError("CAM769", "the deployment has no seed task", None)
            for text in run_seed(self._cloud, self._clock, self._seed):
                yield self._moved(secret, text)
            yield self._moved(secret, "the database has the password of the secret")

    def _by_rds(self, secret: OwnSecret, cluster: str) -> Iterator[Move]:
        """Have RDS change the administrator's password, and wait until the secret has it."""
        before = secret.state.stages.get("AWSCURRENT") if secret.state else None
        if self._status(cluster) == "available":
            yield self._moved(secret, f"RDS changes the password of {cluster}'s administrator")
            self._cloud.databases.rotate_administrator(cluster)
        else:
            before = None
        said, began = "", self._clock.now()
        while True:
            status = retried_silently(self._clock, lambda: self._status(cluster))
            if status != said:
                said = status
                yield self._moved(secret, status)
            state = retried_silently(self._clock, lambda: self._cloud.secrets.state(secret.arn))
            current = state.stages.get("AWSCURRENT") if state else None
            if status == "available" and current != before:
                yield self._ended(f"{secret.kind} is changed; no running task uses it")
                return
            if (self._clock.now() - began).total_seconds() > LIMIT_S:
                raise DeployError(
                    "CAM726",
                    f"RDS has not changed the password of {cluster}'s administrator after "
                    f"{LIMIT_S / 60:.0f} minutes: the cluster is {status}",
                    "check its events in the RDS console, then run the command again",
                )
            self._clock.sleep(POLL_S)
            if self._control("SERVICES") is Choice.DETACH:
                yield self._left("detached; RDS continues", None)
                return

    def _restarted(self, secret: OwnSecret, services: Sequence[OwnService]) -> Moves:
        """Replace the tasks that read the secret; return whether all are replaced."""
        chosen = [
            each
            for each in services
            if each.name in secret.readers and state_of(self._cloud.services, each).desired
        ]
        for event in self._mover.restart(chosen) if chosen else ():
            if not isinstance(event, MoveEnded):
                yield event
            elif event.left:
                again = f"run `camformation rotate` with {secret.kind} again: it continues"
                yield self._left("detached; ECS continues with what was started", again)
                return False
        return True

    def _whole(self, secret: OwnSecret, value: str) -> str:
        """Return the new content of the secret: the value, or the current JSON with it under its
        key."""
        if not secret.key:
            return value
        found = _json(secret, self._cloud.secrets.value(secret.arn))
        return json.dumps({**found, secret.key: value}, ensure_ascii=False)

    def _status(self, cluster: str) -> str:
        found = self._cloud.databases.cluster(cluster)
        if found is None:
            raise DeployError("CAM726", f"the database {cluster} does not exist", None)
        return found.status

    def _moved(self, secret: OwnSecret, message: str) -> Moved:
        return Moved(time=self._clock.now(), subject=secret.kind, message=message)

    def _ended(self, message: str) -> MoveEnded:
        return MoveEnded(time=self._clock.now(), succeeded=True, message=message)

    def _left(self, message: str, hint: str | None) -> MoveEnded:
        now = self._clock.now()
        return MoveEnded(time=now, succeeded=True, message=message, hint=hint, left=True)


def current_password(cloud: Cloud, secret: OwnSecret) -> str:
    """Return the current password in a secret."""
    return _part(secret, cloud.secrets.value(secret.arn))


def _part(secret: OwnSecret, held: str) -> str:
    return str(_json(secret, held).get(secret.key, "")) if secret.key else held


def _json(secret: OwnSecret, held: str) -> dict[str, Any]:
    try:
        found = json.loads(held)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DeployError(
            "CAM769",
            f"the secret of {secret.kind} is not a JSON object, but its key {secret.key} is read",
            f"put a JSON object with {secret.key} into {secret.arn}",
        )
    return found


def _token() -> str:
    return str(uuid4())
