"""Change sets that a command of ours made, told by their names and descriptions.

A command that dies leaves its change set behind, with an empty stack where there was none. The
description says which process of which machine made it, so that whoever comes next on that machine
knows at once that nobody will execute it; elsewhere its age says so.
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
"""The age of a change set that nobody is expected to execute any more, whoever made it."""

_PROCESS = re.compile(r"process (?P<process>\d+) on (?P<machine>[0-9a-f]{8})")


def described(purpose: str) -> str:
    """Return the description of a change set that this process makes."""
    return f"{DESCRIPTION} {purpose}, process {os.getpid()} on {_machine()}"


def is_ours(found: ChangeSetSummary) -> bool:
    """Whether a command of ours made the change set."""
    return found.name.startswith(NAME) and found.description.startswith(DESCRIPTION)


def is_abandoned(found: ChangeSetSummary, now: datetime) -> bool:
    """Whether a change set is ours, and nobody will execute it: its command ended, or is long ago.

    Those of nested stacks go with the root's.
    """
    return (
        is_ours(found)
        and found.root_id is None
        and not found.execution_status.startswith("EXECUTE_")
        and (now - found.created > ABANDONED or _ended(found.description))
    )


def left_by_us(stacks: Stacks, stack: StackDescription) -> bool:
    """Whether nothing is in an empty stack but change sets of ours.

    False for whoever may not look. Raises DeployError.
    """
    if stack.status != "REVIEW_IN_PROGRESS" or stack.parent_id:
        return False
    try:
        found = stacks.change_sets(stack.id)
    except AccessDenied:
        return False
    return bool(found) and all(map(is_ours, found))


def abandoned(found: Iterable[ChangeSetSummary], now: datetime) -> tuple[ChangeSetSummary, ...]:
    """Return the change sets that nobody will execute."""
    return tuple(each for each in found if is_abandoned(each, now))


def _machine() -> str:
    return sha256(socket.gethostname().encode()).hexdigest()[:8]


def _ended(description: str) -> bool:
    """Whether the process that made a change set was on this machine, and is no more."""
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
