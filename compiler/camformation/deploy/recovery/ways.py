"""The ways to recover from a condition: calls, consequences, and required names. Pure.

Sources: CloudFormation User Guide, Continue rolling back an update; Delete a stack; Stack failure
options; Troubleshooting CloudFormation. API Reference, DeleteStack.
"""

from collections.abc import Iterator, Mapping

from camformation.counting import counted
from camformation.deploy.destruction.guards import protecting
from camformation.deploy.recovery.condition import Condition, FailedResource
from camformation.frozen import frozen

RESTS = (
    *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
    *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
)
ROLLBACK_STUCK = ("UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED")

MEANINGS: Mapping[str, str] = {
    "REVIEW_IN_PROGRESS": "a change set of a first deployment was never executed; nothing exists",
    "ROLLBACK_COMPLETE": "the first deployment failed and was rolled back; CloudFormation allows "
    "nothing but deletion",
    "ROLLBACK_FAILED": "the first deployment failed, and its rollback could not delete everything",
    "CREATE_FAILED": "the first deployment failed and was not rolled back",
    "UPDATE_FAILED": "an update failed and was not rolled back",
    "UPDATE_ROLLBACK_FAILED": "an update failed, and so did its rollback; CloudFormation allows no "
    "deployment until the rollback is complete",
    "IMPORT_ROLLBACK_FAILED": "an import failed, and so did its rollback",
    "DELETE_FAILED": "the stack could not be deleted completely",
    "DELETE_COMPLETE": "the stack is deleted",
}


@frozen
class Call:
    """A planned call to AWS."""

    action: str  # cloudformation:ContinueUpdateRollback
    arguments: Mapping[str, object]


@frozen
class Way:
    """A way to recover. `names` are the logical IDs that `option` may name, at least one of them;
    `deletes` those that hold data and have all to be named by `--delete`."""

    id: str
    title: str
    consequences: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    names: tuple[str, ...] = ()
    option: str = ""
    deletes: tuple[str, ...] = ()
    command: str = ""  # the command that does it instead
    optional: bool = False  # for a stack that is sound without it
    settled: tuple[str, ...] = ()  # logical IDs named before, which need no action any more


def meaning(condition: Condition) -> str:
    """Return the meaning of a deployment's state."""
    status = condition.status
    if condition.stack.in_progress:
        return "an operation is running"
    if status in RESTS:
        if condition.stopped:
            return "the stack is sound, but services have no tasks: a destruction was interrupted"
        if condition.unprotected:
            what = condition.unprotected[0].what
            return f"the stack is sound, but {what} is not protected as its template defines"
        return "the stack is sound"
    return MEANINGS.get(status, "not a state that CloudFormation documents")


def ways(condition: Condition) -> tuple[Way, ...]:
    """Return the ways, the one that keeps the most first; none if nothing has to be done."""
    return tuple(_ways(condition))


def _ways(condition: Condition) -> Iterator[Way]:
    stack, status = condition.stack, condition.status
    if stack.in_progress:
        yield from _running(condition)
        return
    if condition.stopped or (condition.unprotected and status in RESTS):
        yield _undo_destroy(condition)
    if status in ROLLBACK_STUCK:
        yield _continue(condition)
        if skippable(condition):
            yield _continue_skipping(condition)
    if status in ("CREATE_FAILED", "UPDATE_FAILED"):
        yield Way(
            "deploy",
            "fix the cause and deploy again, from where it stopped",
            ("what succeeded stays; replacements are not possible (CAM630)",),
            command="camformation deploy SPEC --disable-rollback",
        )
        if status == "UPDATE_FAILED":
            yield _rollback(condition)
    if status == "REVIEW_IN_PROGRESS":
        yield _clear(condition)
    if status == "DELETE_FAILED":
        yield _delete(condition, "delete again, when the cause is fixed")
        yield _delete_retaining(condition)
        yield _force(condition)
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        yield _delete(condition, "delete the stack, then deploy again")
    if status in RESTS and condition.stopped:
        yield _delete(condition, "finish the destruction")
    if status in RESTS and condition.layout == "flat":
        yield _revert_drift(condition)


def skippable(condition: Condition) -> tuple[FailedResource, ...]:
    """Return the resources that a rollback may skip: the failed ones, not their nested stacks."""
    return tuple(each for each in condition.failed if not each.nested)


def skip_name(each: FailedResource) -> str:
    """Return the name for ContinueUpdateRollback: in nested stacks with the generated name of the
    stack, from its ARN (API Reference)."""
    logical_id = each.address.logical_id
    return logical_id if each.address.template == "root" else f"{each.stack}.{logical_id}"


def _running(condition: Condition) -> Iterator[Way]:
    stack = condition.stack
    yield Way("watch", "follow it to its end", (), command=f"camformation watch {stack.name}")
    if stack.status == "UPDATE_IN_PROGRESS":
        yield Way(
            "cancel",
            "cancel the update; CloudFormation rolls back",
            ("the previous deployment is restored",),
            (Call("cloudformation:CancelUpdateStack", {"StackName": stack.name}),),
        )


def _continue(condition: Condition) -> Way:
    causes = "; ".join(f"{each.path}: {each.reason}" for each in skippable(condition)[:3])
    return Way(
        "continue-rollback",
        "continue the rollback, when the cause is fixed",
        (
            "the previous deployment is restored; none of its resources is deleted",
            *((f"fix first: {causes}",) if causes else ()),
        ),
        (Call("cloudformation:ContinueUpdateRollback", {"StackName": condition.stack.name}),),
    )


def _continue_skipping(condition: Condition) -> Way:
    failed = skippable(condition)
    names = [skip_name(each) for each in failed]
    arguments = {"StackName": condition.stack.name, "ResourcesToSkip": names}
    return Way(
        "continue-rollback-skipping",
        "continue the rollback without the resources that cannot be rolled back",
        (
            "CloudFormation treats the skipped resources as rolled back, although they are not; "
            "nothing is deleted",
            "then run `camformation drift`, and deploy so that they match the spec",
        ),
        (Call("cloudformation:ContinueUpdateRollback", arguments),),
        tuple(each.address.logical_id for each in failed),
        "--skip",
    )


def _rollback(condition: Condition) -> Way:
    return Way(
        "rollback",
        "roll the update back",
        ("the previous deployment is restored; what the update created is deleted",),
        (Call("cloudformation:RollbackStack", {"StackName": condition.stack.name}),),
    )


def _clear(condition: Condition) -> Way:
    name = condition.stack.name
    sets = [
        Call("cloudformation:DeleteChangeSet", {"StackName": name, "ChangeSetName": each.name})
        for each in condition.change_sets
    ]
    return Way(
        "clear",
        "delete the change sets and the empty stack",
        ("nothing exists yet, so nothing is lost",),
        (*sets, Call("cloudformation:DeleteStack", {"StackName": name})),
    )


def _delete(condition: Condition, title: str) -> Way:
    lost = [f"{each.address.logical_id}: {each.loss or each.what}" for each in condition.lost]
    kept = [each.address.logical_id for each in condition.alive if each not in condition.lost]
    return Way(
        "delete",
        title,
        (
            *(f"deletes {each}" for each in lost),
            *((f"keeps {', '.join(kept)}, as the template says",) if kept else ()),
            "`camformation destroy` does it: it shows what is deleted and what is kept, saves the "
            "database, and asks for the deployment's name",
        ),
        command=f"camformation destroy {condition.stack.name}",
    )


def _delete_retaining(condition: Condition) -> Way:
    failed = skippable(condition)
    failed_names = {each.address.logical_id for each in failed}
    by_stack: dict[str, list[str]] = {}
    for each in failed:
        by_stack.setdefault(each.stack_id, []).append(each.address.logical_id)
    root = condition.stack.id
    calls = [
        Call("cloudformation:DeleteStack", {"StackName": stack, "RetainResources": names})
        for stack, names in by_stack.items()
        if stack != root
    ]
    last: dict[str, object] = {"StackName": root}
    if root in by_stack:
        last["RetainResources"] = by_stack[root]
    orphans = ", ".join(f"{each.address.logical_id} ({each.physical_id})" for each in failed)
    return Way(
        "delete-retaining",
        "delete the stack without the resources that cannot be deleted",
        (f"these remain, at the same cost, and belong to no stack: {orphans or 'none'}",),
        (*calls, Call("cloudformation:DeleteStack", last)),
        tuple(each.address.logical_id for each in failed),
        "--retain",
        tuple(name for name in _lost(condition) if name not in failed_names),
        settled=condition.deleted,
    )


def _force(condition: Condition) -> Way:
    failed = [each.address.logical_id for each in skippable(condition)]
    arguments = {"StackName": condition.stack.id, "DeletionMode": "FORCE_DELETE_STACK"}
    return Way(
        "force-delete",
        "delete the stack by force",
        (
            "CloudFormation deletes what it can and leaves the rest without a stack: "
            f"{', '.join(failed) or 'nothing is known to fail'}",
        ),
        (Call("cloudformation:DeleteStack", arguments),),
        deletes=_lost(condition),
    )


def _lost(condition: Condition) -> tuple[str, ...]:
    """Return the resources that hold data and are not yet deleted, by name."""
    return tuple(each.address.logical_id for each in condition.lost)


def _undo_destroy(condition: Condition) -> Way:
    scale = [
        Call(
            "ecs:UpdateService",
            {"cluster": each.cluster, "service": each.name, "desiredCount": each.wanted},
        )
        for each in sorted(condition.stopped, key=lambda s: s.name.endswith("connectors"))
    ]
    protect = [Call(*protecting(each)) for each in condition.unprotected]
    if condition.unprotected and not condition.stack.termination_protection:
        name = condition.stack.name
        arguments = {"StackName": name, "EnableTerminationProtection": True}
        protect.insert(0, Call("cloudformation:UpdateTerminationProtection", arguments))
    said = [f"{each.name} gets {counted(each.wanted, 'task')} again" for each in condition.stopped]
    said += [f"{each.what} is protected again" for each in condition.unprotected]
    return Way(
        "undo-destroy",
        "undo the destruction",
        (*said, "buckets that were emptied stay empty"),
        (*protect, *scale),
    )


def _revert_drift(condition: Condition) -> Way:
    arguments = {
        "StackName": condition.stack.name,
        "DeploymentMode": "REVERT_DRIFT",
        "UsePreviousTemplate": True,
    }
    return Way(
        "revert-drift",
        "revert what was changed outside CloudFormation",
        (
            "`camformation drift` lists it; the change set is shown before it is executed, and "
            "refused if it would replace or delete resources that hold data",
        ),
        (
            Call("cloudformation:CreateChangeSet", arguments),
            Call("cloudformation:ExecuteChangeSet", {"StackName": condition.stack.name}),
        ),
        optional=True,
    )
