"""The events of a stack's last attempt, by operation if CloudFormation provides them.

A failed attempt consists of two operations, its own and the rollback, and the cause is in the older
one (CloudFormation User Guide, View stack events by operation). DescribeEvents also has the
findings of hooks and validations, which DescribeStackEvents omits; but not every caller has
permission for it.
"""

from collections.abc import Iterator

from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import StackDescription, StackEvent

CHANGE_SET = "CREATE_CHANGESET"


class AttemptEvents:
    """Reads the events of stacks by operation, or all of them if that is not enough."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks

    def events(self, stack: str) -> Iterator[StackEvent]:
        """Yield a stack's events, newest first, at least those of its last attempt."""
        described = self._stacks.describe_stack(stack)
        found = self._by_operation(described) if described else []
        return iter(found) if _tells_a_beginning(found) else self._stacks.events(stack)

    def _by_operation(self, stack: StackDescription) -> list[StackEvent]:
        work = [each.id for each in stack.operations if each.type != CHANGE_SET]
        try:
            found = [
                event
                for operation in work
                for event in self._stacks.operation_events(operation)
                if event.stack_id == stack.id
            ]
        except CredentialsExpired:
            raise
        except DeployError:
            return []
        return sorted(found, key=lambda event: event.time, reverse=True)


def _tells_a_beginning(events: list[StackEvent]) -> bool:
    """Whether the oldest event starts something other than a rollback, whose cause would be
    missing."""
    first = next((each.status for each in reversed(events) if each.of_stack), "")
    return first.endswith("_IN_PROGRESS") and "ROLLBACK" not in first
