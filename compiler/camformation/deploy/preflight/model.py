"""Checks before a deployment, and their results."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from camformation.deploy.cloud.account import Account
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stacks import Caller, StackDescription
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.layout import Templates
from camformation.pipeline import Compiled


class Status(StrEnum):
    """The result of a check."""

    OK = "OK"
    NO = "NO"
    SKIPPED = "SKIPPED"


@frozen
class Result:
    """A result: the finding, and the advice. `certain`: a deployment would fail."""

    status: Status
    reason: str
    fix: str = ""
    path: Path = ()  # of the field in the spec
    certain: bool = False


@frozen
class Situation:
    """The input of checks."""

    cloud: Cloud
    caller: Caller
    compiled: Compiled
    now: datetime
    stack: StackDescription | None = None  # of the deployment, if there is one
    deployed: Deployed | None = None
    service_role_arn: str | None = None
    artifact_bucket: str | None = None

    @property
    def account(self) -> Account:
        """The queries about the account."""
        return self.cloud.account

    @property
    def deployment(self) -> Deployment:
        """The deployment of the spec."""
        return self.compiled.deployment

    @property
    def templates(self) -> Templates:
        """The templates to deploy."""
        return self.compiled.templates

    @property
    def first(self) -> bool:
        """Whether nothing of the deployment exists."""
        return self.stack is None or self.stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")


@frozen
class Check:
    """A check. `fast`: it takes few calls, and `deploy` makes it, too. `local`: it works on the
    local target."""

    id: str
    title: str
    run: Callable[[Situation], Iterator[Result]]
    fast: bool = False
    local: bool = False


@frozen
class Checked:
    """A result of a check."""

    id: str
    title: str
    result: Result


def ok(reason: str, value: Any = None) -> Result:
    """Return the result that a check passed."""
    return Result(Status.OK, reason, path=path_of(value))


def no(reason: str, fix: str, value: Any = None, *, certain: bool = True) -> Result:
    """Return the result that there is an obstacle."""
    return Result(Status.NO, reason, fix, path_of(value), certain)


def skipped(reason: str, fix: str = "", value: Any = None) -> Result:
    """Return the result that a check is not possible."""
    return Result(Status.SKIPPED, reason, fix, path_of(value))


def path_of(value: Any) -> Path:
    """Return the path of a value of the spec; a path itself stays one."""
    return value if isinstance(value, tuple) else getattr(value, "path", ())
