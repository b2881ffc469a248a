"""A followed operation of a root stack, and the messages when it is left."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from camformation.deploy.cloud.errors import DeployError, with_hint
from camformation.deploy.operation.events import Detached
from camformation.frozen import frozen


@frozen
class Operation:
    """One operation of a root stack. `after` is the id of the stack's last event before it."""

    stack_id: str
    stack: str
    kind: str  # CREATE | UPDATE | DELETE | IMPORT | ROLLBACK
    after: str | None = None
    role_arn: str | None = None
    log_groups: tuple[str, ...] = ()  # the tasks' log groups, as far as known in advance
    expected: Mapping[str, int] = field(default_factory=dict)  # changes, by component
    reattach: str = ""
    timeout_minutes: int | None = None

    @property
    def watch(self) -> str:
        """The command to watch again."""
        return self.reattach or f"camformation watch {self.stack}"


def succeeded(kind: str, status: str) -> bool:
    """Whether an operation of that kind ended as it should."""
    if kind == "ROLLBACK":
        return status.endswith("ROLLBACK_COMPLETE")
    return status == f"{kind}_COMPLETE"


def detached(operation: Operation, now: datetime, reason: str | None = None) -> Detached:
    """Return the event of leaving: CloudFormation continues."""
    return Detached(
        time=now,
        stack=operation.stack,
        stack_id=operation.stack_id,
        reattach=operation.watch,
        reason=reason,
    )


def lost(error: DeployError, operation: Operation) -> DeployError:
    """Add to an error that nothing is lost, and the command to watch again. It keeps its class."""
    if error.code == "CAM629":
        return error
    again = f"CloudFormation continues; follow it with `{operation.watch}`"
    hint = f"{error.hint}; {again}" if error.hint and operation.watch not in error.hint else again
    return with_hint(error, hint)
