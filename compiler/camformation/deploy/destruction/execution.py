"""The execution of a destruction, without losing data by accident.

The order: refuse protected resources, scale services to zero, save the database, empty the buckets
to be deleted, switch off protections, delete, follow, and report what remains. Every step may be
repeated, so an interrupted destruction is simply started again.

A database whose policy is Snapshot is saved by CloudFormation. One whose policy is Delete is saved
here, unless that is refused: the policy decides about the cluster, not about whether its data will
be needed again.
"""

from collections.abc import Generator, Iterator
from datetime import datetime
from hashlib import sha256

from camformation.deploy.cloud.errors import DeployError, Unreachable, with_hint
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.destruction.leftovers import Leftover, look_for_leftovers
from camformation.deploy.destruction.plan import Destruction
from camformation.deploy.destruction.preparation import (
    Step,
    drain,
    empty,
    save,
    stop_if_asked,
    stopped,
    unprotect,
)
from camformation.deploy.destruction.vpc_guests import guests
from camformation.deploy.operation.begun import last_begun
from camformation.deploy.operation.events import (
    Detached,
    Event,
    Failure,
    Finished,
    Notice,
    Started,
)
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.progress import follow
from camformation.deploy.operation.watch import heard, log_groups
from camformation.frozen import frozen

Removing = Generator[Event, None, Finished | None]
"""Yields events; returns the end of the deletion, None if it was no longer followed."""


@frozen
class Destroyed:
    """The end: the stack is deleted, with the remaining resources; `unknown` has failed
    look-ups."""

    time: datetime
    name: str
    leftovers: tuple[Leftover, ...]
    unknown: tuple[str, ...] = ()


def destroy(
    cloud: Cloud,
    clock: Clock,
    destruction: Destruction,
    *,
    confirmed: str,
    disable_protection: bool = False,
    final_snapshot: bool = True,
    role_arn: str | None = None,
    reattach: str = "",
    control: Control = nobody,
) -> Iterator[Event | Step | Destroyed]:
    """Destroy what `destruction` describes; the last event is Destroyed or Detached.

    `confirmed` is the deployment's name as typed by the user. `final_snapshot` is for databases
    that CloudFormation would delete without one. Raises DeployError before any change if the name
    differs, or an obstacle was not waived; before the deletion if `control` stops it; and at the
    end if something could not be deleted.
    """
    _check(destruction, confirmed, disable_protection)
    stack = destruction.stack
    if stack.status != "DELETE_IN_PROGRESS":
        try:
            for prepare in (drain, *((save,) if final_snapshot else ()), empty, unprotect):
                for step in prepare(cloud, clock, destruction):
                    if step is not None:
                        yield step
                    stop_if_asked(destruction, control)
                stop_if_asked(destruction, control)
        except KeyboardInterrupt as error:  # from a call that hangs
            raise stopped(destruction) from error
    removal = _Removal(cloud, clock, destruction, role_arn or stack.role_arn, reattach, control)
    resumed = stack.status == "DELETE_IN_PROGRESS"
    yield Started(
        time=clock.now(), stack=stack.name, stack_id=stack.id, kind="DELETE", resumed=resumed
    )
    ended = yield from removal.follow_running() if resumed else removal.delete()
    if ended and not ended.succeeded and (more := _emptied_again(cloud, clock, destruction)):
        yield from more  # something was written after a bucket had been emptied
        ended = yield from removal.delete()
    yield from removal.held
    if ended is None:
        return
    if not ended.succeeded:
        if any(failure.type.startswith("AWS::EC2::") for failure in ended.failures):
            for guest in guests(cloud, destruction.resources):
                yield Notice(time=clock.now(), code="CAM646", message=guest.what, hint=guest.remove)
        failed = ", ".join(failure.logical_id for failure in ended.failures) or "see above"
        raise DeployError(
            "CAM688",
            f"{stack.name} is {ended.status}: not everything could be deleted ({failed})",
            "fix the causes above, then destroy again; deleted resources stay deleted; "
            f"`camformation recover {stack.name}` shows other ways",
        )
    found, unknown = look_for_leftovers(cloud, clock, destruction)
    yield Destroyed(clock.now(), destruction.name, found, unknown)


def _emptied_again(cloud: Cloud, clock: Clock, destruction: Destruction) -> list[Step]:
    """Empty the buckets that block a deletion; the reason of its failure takes precedence over that
    of a bucket that could not be emptied."""
    try:
        return list(empty(cloud, clock, destruction))
    except DeployError:
        return []


def _check(destruction: Destruction, confirmed: str, disable_protection: bool) -> None:
    name = destruction.name
    if confirmed != name:
        raise DeployError(
            "CAM689",
            f"the deployment's name is {name}, not {confirmed}; nothing was changed",
            f"type {name}, or give --yes --name {name}",
        )
    if destruction.obstacles:
        raise DeployError(
            "CAM690", "; ".join(destruction.obstacles), "nothing was changed; then destroy again"
        )
    fixed = [p.what for p in destruction.protections if not p.removable]
    if fixed:
        raise DeployError(
            "CAM691",
            f"{name} is protected: {', '.join(fixed)}",
            "turn it off in the spec and deploy, then destroy again; nothing was changed",
        )
    if destruction.protections and not disable_protection:
        raise DeployError(
            "CAM691",
            f"{name} is protected: {', '.join(p.what for p in destruction.protections)}",
            "use --disable-protection to turn it off; nothing was changed",
        )


class _Removal:
    """CloudFormation's part. Failures and the end are `held` until it is certain that they are
    final."""

    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        destruction: Destruction,
        role: str | None,
        reattach: str,
        control: Control,
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._stack = destruction.stack
        self._role = role
        self._reattach = reattach
        self._control = control
        self.held: list[Event] = []

    def delete(self) -> Removing:
        """Start the deletion and follow it; the token in the events identifies the caller."""
        stacks, stack = self._cloud.stacks, self._stack
        last = next((e.id for e in stacks.events(stack.id)), None)
        who = self._cloud.identity.caller().name
        digest = sha256((last or stack.id).encode()).hexdigest()[:12]
        token = f"camformation-{who}-{self._clock.now():%Y%m%d-%H%M%S}-{digest}"
        try:
            stacks.delete_stack(stack.id, role_arn=self._role, client_token=token)
        except KeyboardInterrupt:
            yield Detached(
                time=self._clock.now(),
                stack=stack.name,
                stack_id=stack.id,
                reattach=self._reattach or f"camformation watch {stack.id}",
                reason="interrupted while CloudFormation was told to delete",
                certain=False,
            )
            return None
        except Unreachable as error:
            if not heard(stacks, stack.id, token):
                hint = "CloudFormation may have started to delete anyway: destroy again"
                raise with_hint(error, hint) from error
        return (yield from self._follow(last))

    def follow_running(self) -> Removing:
        """Follow the running deletion."""
        begun = last_begun(self._cloud.stacks.events(self._stack.id))
        return (yield from self._follow(begun.after if begun else None))

    def _follow(self, after: str | None) -> Removing:
        stack = self._stack
        operation = Operation(
            stack.id,
            stack.name,
            "DELETE",
            after,
            self._role,
            log_groups(stack),
            reattach=self._reattach,
        )
        ended: Finished | None = None
        self.held.clear()
        for event in follow(self._cloud, self._clock, operation, control=self._control):
            ended = event if isinstance(event, Finished) else None
            if isinstance(event, Failure | Finished):
                self.held.append(event)
            else:
                yield event
        return ended
