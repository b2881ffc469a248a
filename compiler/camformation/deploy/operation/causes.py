"""The causes of a failed operation: resources that failed by themselves, in order."""

import re
from collections.abc import Iterator
from datetime import datetime

from camformation.deploy.cloud.stacks import StackEvent
from camformation.deploy.operation.authors import author
from camformation.deploy.operation.events import Failure
from camformation.deploy.operation.redaction import redacted
from camformation.deploy.operation.rollout import Rollouts
from camformation.deploy.operation.signatures import AWS, Said, advice_on, said_of
from camformation.deploy.operation.stack_tree import Branch, StackTree
from camformation.deploy.plan.symbols import STACK

CANCELLED = re.compile(r"resource (creation|update|deletion|import) cancelled", re.IGNORECASE)
HANDLER = re.compile(
    r'Resource handler returned message: "(?P<said>.*)" ?'
    r"\((?:RequestToken: [^ ,)]*,? )?HandlerErrorCode: (?P<code>\w+)\)\.?"
)


def plain(reason: str | None) -> str:
    """Return a status reason without the wrapping that resource handlers put around it."""
    said = " ".join((reason or "").split())
    found = HANDLER.fullmatch(said)
    return f"{found['said'].strip()} ({found['code']})" if found else said


def failures(tree: StackTree, rollouts: Rollouts) -> tuple[Failure, ...]:
    """Return every resource that failed by itself, each once, the root cause first.

    Resources that were cancelled because another failed are left out, and so are nested stacks
    whose resource failed. Failures in the rollback come last.
    """
    found = list(_failures(tree, rollouts))
    if not found:
        found = list(_of_root(tree))
    return tuple(sorted(found, key=lambda failure: (failure.rolling_back, failure.time)))


def left_behind(tree: StackTree, rollouts: Rollouts) -> tuple[Failure, ...]:
    """Return the resources that an update replaced or removed, but could not delete.

    The update still succeeds, and CloudFormation no longer manages them (CloudFormation User Guide,
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS).
    """
    deleted = {
        (event.logical_id, event.physical_id)
        for branch in tree.branches.values()
        for event in branch.history
        if event.status == "DELETE_COMPLETE"
    }
    return tuple(
        each
        for each in _failures(tree, rollouts)
        if each.status == "DELETE_FAILED" and (each.logical_id, each.physical_id) not in deleted
    )


def _failures(tree: StackTree, rollouts: Rollouts) -> Iterator[Failure]:
    seen: set[tuple[str, str, bool]] = set()
    for branch in tree.branches.values():
        for event in branch.history:
            if event.of_stack or not event.status.endswith("_FAILED"):
                continue
            if CANCELLED.match(event.reason or "") or _explained(tree, branch, event):
                continue
            rolling_back = _in_rollback(tree.rollback_began, event.time)
            key = (branch.stack_id, event.logical_id, rolling_back)
            if key in seen:
                continue
            seen.add(key)
            evidence = rollouts.evidence(event.physical_id)
            said = rollouts.said(event.physical_id)
            output = rollouts.output(event.logical_id)
            yield Failure(
                time=event.time,
                component=branch.component,
                logical_id=event.logical_id,
                type=event.type,
                status=event.status,
                reason=redacted(plain(event.reason)) or (event.hook or "no reason given"),
                physical_id=event.physical_id,
                location=tree.location(branch, event),
                evidence=evidence,
                output=output,
                service_events=said,
                rolling_back=rolling_back,
                hint=advice_on(said_of(event.reason, evidence, said, output)),
            )


def _explained(tree: StackTree, parent: Branch, event: StackEvent) -> bool:
    """Whether a nested stack failed because a resource in it failed or was cancelled."""
    return event.type == STACK and any(
        not each.of_stack and each.status.endswith("_FAILED")
        for child in tree.branches.values()
        if child.parent is parent and child.logical_id == event.logical_id
        for each in child.history
    )


def _in_rollback(began: datetime | None, time: datetime) -> bool:
    return began is not None and time > began


def _of_root(tree: StackTree) -> Iterator[Failure]:
    """The stack's own reason, if no resource failed: a cancellation, a refusal as a whole, or a
    deletion requested elsewhere."""
    for event in tree.root.history:
        deleted = event.status == "DELETE_IN_PROGRESS" and not tree.deleting
        bad = event.status.endswith("_FAILED") or "ROLLBACK_IN_PROGRESS" in event.status
        if event.of_stack and (bad or deleted):
            said = plain(event.reason)
            by = f" by {who}" if (who := author(event)) else ""
            yield Failure(
                time=event.time,
                component=tree.root.component,
                logical_id=event.logical_id,
                type=STACK,
                status=event.status,
                reason=f"the stack was deleted{by} in the meantime" + (f": {said}" if said else "")
                if deleted
                else said or "no reason given",
                physical_id=event.physical_id,
                hint=advice_on([Said(AWS, said)]),
            )
            return
