"""Change sets of our commands, recognized by their names and descriptions.

A killed command leaves its change set behind, and an empty stack if there was none. The description
names its process and machine, so that the next command on that machine knows at once that it will
not be executed; elsewhere, its age decides.
"""

import os
import re
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import ChangeSetSummary, StackDescription

NAME = "camformation-"
DESCRIPTION = "camformation"
ABANDONED = timedelta(hours=1)
"""The age from which a change set is considered abandoned."""

_PROCESS = re.compile(r"process (?P<process>\d+) on (?P<machine>[0-9a-f]{8})")


def described(purpose: str) -> str:
    """Return the description for a change set of this process."""
    return f"{DESCRIPTION} {purpose}, process {os.getpid()} on {_machine()}"


def is_ours(found: ChangeSetSummary) -> bool:
    """Whether the change set is from one of our commands."""
    return found.name.startswith(NAME) and found.description.startswith(DESCRIPTION)


def is_abandoned(found: ChangeSetSummary, now: datetime) -> bool:
    """Whether a change set is ours and abandoned: its command has ended, or it is old.

    Those of nested stacks belong to the root's.
    """
    return (
        is_ours(found)
        and found.root_id is None
        and not found.execution_status.startswith("EXECUTE_")
        and (now - found.created > ABANDONED or _ended(found.description))
    )


def left_by_us(stacks: Stacks, stack: StackDescription) -> bool:
    """Whether an empty stack has only our change sets.

    False without permission to list them. Raises DeployError.
    """
    if stack.status != "REVIEW_IN_PROGRESS" or stack.parent_id:
        return False
    try:
        found = stacks.change_sets(stack.id)
    except AccessDenied:
        return False
    return bool(found) and all(map(is_ours, found))


def abandoned(found: Iterable[ChangeSetSummary], now: datetime) -> tuple[ChangeSetSummary, ...]:
    """Return the abandoned change sets."""
    return tuple(each for each in found if is_abandoned(each, now))


def _machine() -> str:
    return sha256(socket.gethostname().encode()).hexdigest()[:8]


def _ended(description: str) -> bool:
    """Whether the process that created a change set was on this machine, and has ended."""
    found = _PROCESS.search(description)
    if found is None or found["machine"] != _machine() or os.name != "posix":
        return False  # elsewhere than on POSIX, signal 0 ends a process
    try:
        os.kill(int(found["process"]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False
