"""The execution of a way to recover. Each may be repeated: finished steps are skipped."""

from collections.abc import Callable, Collection, Generator, Iterator
from hashlib import sha256
from typing import Any

from camformation.counting import counted
from camformation.deploy.cloud.errors import DeployError, Unreachable, with_hint
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.destruction.guards import switch
from camformation.deploy.operation.events import Event, Finished, Notice, Started
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.progress import follow
from camformation.deploy.operation.stack_tree import ended
from camformation.deploy.operation.watch import heard, log_groups
from camformation.deploy.recovery.condition import Condition
from camformation.deploy.recovery.drift import Agree, revert_drift
from camformation.deploy.recovery.ways import Way, skip_name, skippable
from camformation.frozen import frozen

POLL_S = 5.0
CHILD_LIMIT_S = 3600.0


@frozen
class Chosen:
    """A way with the names given for it."""

    way: Way
    named: Collection[str] = ()  # by --skip or --retain
    deleted: Collection[str] = ()  # by --delete


def check(chosen: Chosen) -> None:
    """Raise DeployError unless exactly the resources that the way needs are named."""
    way = chosen.way
    unknown = [name for name in chosen.named if name not in (*way.names, *way.settled)]
    if unknown:
        offered = ", ".join(way.names) or "none"
        raise DeployError(
            "CAM779",
            f"{unknown[0]} cannot be named for {way.id}",
            f"resources that can be named: {offered}; nothing was changed",
        )
    if way.names and not chosen.named:
        words = " ".join(f"{way.option} {name}" for name in way.names)
        raise DeployError(
            "CAM779",
            f"{way.id} needs the names of the resources",
            f"those that apply, of: {words}; nothing was changed",
        )
    unnamed = [n for n in way.deletes if n not in chosen.deleted and n not in chosen.named]
    if unnamed:
        words = " ".join(f"--delete {name}" for name in unnamed)
        raise DeployError(
            "CAM779",
            f"{way.id} would delete resources that hold data: {', '.join(unnamed)}",
            f"to delete it, give {words}; nothing was changed",
        )


def recover(
    cloud: Cloud,
    clock: Clock,
    condition: Condition,
    chosen: Chosen,
    *,
    role_arn: str | None = None,
    reattach: str = "",
    agree: Agree = lambda changes: True,
    control: Control = nobody,
) -> Iterator[Event]:
    """Carry out a way and yield events; the last one is Finished or Detached.

    `agree` is called before drift is reverted. Raises DeployError: before any change if a name is
    missing, or later if AWS refuses or cannot be reached.
    """
    check(chosen)
    run = _Recovery(cloud, clock, condition, role_arn or condition.stack.role_arn)
    steps: dict[str, Callable[[], Iterator[Event]]] = {
        "undo-destroy": run.undo_destroy,
        "revert-drift": lambda: revert_drift(cloud, clock, condition.stack, run.token(), agree),
    }
    if chosen.way.id in steps:
        for event in steps[chosen.way.id]():
            yield event
            if isinstance(event, Started):
                yield from _followed(run, "UPDATE", reattach, control)
                return
        return
    kind = yield from run.begin(chosen)
    yield run.started(kind)
    yield from _followed(run, kind, reattach, control)


def _followed(run: "_Recovery", kind: str, reattach: str, control: Control) -> Iterator[Event]:
    stack = run.condition.stack
    operation = Operation(
        stack.id, stack.name, kind, run.after, run.role_arn, log_groups(stack), reattach=reattach
    )
    yield from follow(run.cloud, run.clock, operation, control=control)


class _Recovery:
    def __init__(
        self, cloud: Cloud, clock: Clock, condition: Condition, role_arn: str | None
    ) -> None:
        self.cloud = cloud
        self.clock = clock
        self.condition = condition
        self.role_arn = role_arn
        events = cloud.stacks.events(condition.stack.id)
        self.after = next((each.id for each in events), None)

    def token(self, about: str = "") -> str:
        """Return a token for the events that identifies the author and time of the operation."""
        who = self.cloud.identity.caller().name
        seed = f"{self.after or self.condition.stack.id}{about}"
        digest = sha256(seed.encode()).hexdigest()[:12]
        return f"camformation-{who}-{self.clock.now():%Y%m%d-%H%M%S}-{digest}"

    def started(self, kind: str) -> Started:
        """Return the event that the operation has started."""
        stack = self.condition.stack
        return Started(time=self.clock.now(), stack=stack.name, stack_id=stack.id, kind=kind)

    def begin(self, chosen: Chosen) -> Generator[Event, None, str]:
        """Start CloudFormation's operation; return its kind."""
        stacks, stack = self.cloud.stacks, self.condition.stack
        token = self.token()
        failed = [e for e in skippable(self.condition) if e.address.logical_id in chosen.named]

        def delete(**more: Any) -> None:
            stacks.delete_stack(stack.id, role_arn=self.role_arn, client_token=token, **more)

        match chosen.way.id:
            case "continue-rollback" | "continue-rollback-skipping":
                skip = [skip_name(each) for each in failed]
                self._order(
                    token,
                    lambda: stacks.continue_update_rollback(
                        stack.id, role_arn=self.role_arn, client_token=token, skip=skip
                    ),
                )
                return "ROLLBACK"
            case "rollback":
                self._order(
                    token,
                    lambda: stacks.rollback(stack.id, role_arn=self.role_arn, client_token=token),
                )
                return "ROLLBACK"
            case "cancel":
                stacks.cancel_update(stack.id)
                return "ROLLBACK"
            case "clear":
                for each in self.condition.change_sets:
                    stacks.delete_change_set(each.id, stack.id)
                self._order(token, delete)
            case "delete-retaining":
                yield from self._children(chosen)
                kept = [e.address.logical_id for e in failed if e.stack_id == stack.id]
                self._order(token, lambda: delete(retain=kept))
            case "force-delete":
                self._order(token, lambda: delete(force=True))
            case other:
                raise DeployError(
                    "CAM779", f"{other} is done by another command", f"run {chosen.way.command}"
                )
        return "DELETE"

    def undo_destroy(self) -> Iterator[Event]:
        """Restore the template's protections, then start services again.

        The stack comes first: the unprotected database shows that the stack was unprotected, too.
        """
        cloud, stack = self.cloud, self.condition.stack
        if self.condition.unprotected and not stack.termination_protection:
            cloud.stacks.set_termination_protection(stack.id, True)
            yield self._told(f"the stack {stack.name} is protected")
        for each in self.condition.unprotected:
            switch(cloud, each, True)
            yield self._told(f"{each.what} is protected")
        order = sorted(self.condition.stopped, key=lambda each: "onnectors" in each.name)
        for one in order:
            cloud.services.set_desired_count(one.cluster, one.name, one.wanted)
            yield self._told(f"{one.name} gets {counted(one.wanted, 'task')}")
        yield Finished(
            time=self.clock.now(),
            stack=stack.name,
            stack_id=stack.id,
            status=stack.status,
            succeeded=True,
            elapsed=0.0,
            outputs=stack.outputs,
        )

    def _children(self, chosen: Chosen) -> Iterator[Event]:
        """Delete the nested stacks whose deletion failed, without the named resources."""
        root = self.condition.stack.id
        by_stack: dict[str, list[str]] = {}
        for each in skippable(self.condition):
            if each.stack_id != root and each.address.logical_id in chosen.named:
                by_stack.setdefault(each.stack_id, []).append(each.address.logical_id)
        for child, names in by_stack.items():
            self.cloud.stacks.delete_stack(
                child, role_arn=self.role_arn, client_token=self.token(child), retain=names
            )
            yield self._told(f"deleting {child.split('/')[1]} without {', '.join(names)}")
            waited = 0.0
            while (found := self.cloud.stacks.describe_stack(child)) and not ended(found.status):
                if waited >= CHILD_LIMIT_S:
                    break
                self.clock.sleep(POLL_S)
                waited += POLL_S

    def _order(self, token: str, call: Callable[[], None]) -> None:
        """Give an order; if the answer is lost, check whether it arrived."""
        try:
            call()
        except Unreachable as error:
            if not heard(self.cloud.stacks, self.condition.stack.id, token):
                hint = "CloudFormation may have started anyway: recover again"
                raise with_hint(error, hint) from error

    def _told(self, message: str) -> Notice:
        return Notice(time=self.clock.now(), code="recover", message=message, warning=False)
