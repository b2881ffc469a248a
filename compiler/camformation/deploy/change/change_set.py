"""Change sets: created, waited for, read in full with their nested ones, and deleted."""

from collections.abc import Mapping
from contextlib import suppress

from camformation.deploy.change.change_set_failure import failure, says_no_changes
from camformation.deploy.change.package import STACK, Package
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Stacks
from camformation.deploy.cloud.stacks import ChangeSetPage, ChangeSetRequest, StackDescription
from camformation.deploy.live_stack.listing import DESCRIPTION
from camformation.deploy.live_stack.own_change_sets import abandoned, is_ours
from camformation.deploy.live_stack.status import NEW, change_set_type
from camformation.deploy.plan.merge import RawChange, StackChanges
from camformation.frozen import frozen
from camformation.layout import ROOT, component_of

TIMEOUT_S = 20 * 60  # nested change sets of a dozen stacks take one or two minutes
POLLS_S = (1, 1, 2, 2, 3, 5)
UNSEEN_POLLS = 5  # a change set may be unknown for a moment after it was made
WORKING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")


@frozen
class Submission:
    """The templates to deploy, and the stack. `token` is unique, and names the change set.

    It starts with a letter and contains letters, digits and hyphens; it is in every event of the
    operation, so it identifies the deployer. `description` stays with the change set.
    """

    stack: str
    package: Package
    token: str
    description: str = ""
    parameters: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None
    service_role_arn: str | None = None
    notification_topic_arns: tuple[str, ...] = ()
    express: bool = False
    disable_rollback: bool = False


@frozen
class ChangeSet:
    """A change set of a root stack, read. `changes` is by component, `root` included.

    `first`: there is no stack yet except the empty one that a first change set needs. `made_stack`:
    we created that one, and delete it with the change set.
    """

    id: str
    stack_id: str
    stack: str
    first: bool
    made_stack: bool
    no_changes: bool
    changes: Mapping[str, StackChanges]


def create(stacks: Stacks, clock: Clock, submission: Submission) -> ChangeSet:
    """Create a change set with those of its nested stacks, wait for it, and return its content.

    One without changes is a success. If it fails, nothing is left behind; leftovers of a killed
    command are removed first. Raises DeployError, with the nested stack's own reason.
    """
    before = stacks.describe_stack(submission.stack)
    kind = change_set_type(before)
    request = _request(submission, kind)
    made_stack = before is None or before.status == "DELETE_COMPLETE"
    if before is not None and not made_stack:
        with suppress(DeployError):  # leftovers of an earlier plan are not an error
            made_stack = _cleared(stacks, clock, before)
    made: ChangeSet | None = None
    try:
        change_set, stack_id = stacks.create_change_set(request)
        made = _change_set(change_set, stack_id, submission, kind == "CREATE", made_stack)
        page = wait_until_made(stacks, clock, change_set, stack_id)
        if page.status == "CREATE_COMPLETE":
            changes = read_changes(stacks, clock, page)
            return _change_set(change_set, stack_id, submission, made.first, made_stack, changes)
        why = failure(stacks, page)
        if why is None:
            return _change_set(change_set, stack_id, submission, made.first, made_stack, None)
        raise why
    except BaseException:
        # The first error is reported; its leftovers are removed if possible.
        with suppress(DeployError):
            made = made or _lost(stacks, submission, kind == "CREATE", made_stack)
            if made:
                discard(stacks, clock, made)
        raise


def wait_until_made(stacks: Stacks, clock: Clock, change_set: str, stack: str) -> ChangeSetPage:
    """Wait until a change set is created or has failed; return its first page, without values."""
    started = clock.now()
    poll = unseen = 0
    while True:
        page = stacks.describe_change_set(change_set, stack, with_values=False)
        unseen = 0 if page else unseen + 1
        if page and page.status not in WORKING:
            return page
        if unseen > UNSEEN_POLLS:
            raise DeployError(
                "CAM624",
                f"the change set {change_set} no longer exists",
                "it was deleted: try again",
            )
        if (clock.now() - started).total_seconds() > TIMEOUT_S:
            raise DeployError(
                "CAM624",
                f"CloudFormation has not created the change set within {TIMEOUT_S // 60} minutes",
                "try again; check CloudFormation in the AWS Health Dashboard",
            )
        clock.sleep(POLLS_S[min(poll, len(POLLS_S) - 1)])
        poll += 1


def read_changes(stacks: Stacks, clock: Clock, root: ChangeSetPage) -> dict[str, StackChanges]:
    """Return every change of a change set and of those nested in it, by component."""
    found: dict[str, StackChanges] = {}
    pending = [(ROOT, root)]
    while pending:
        name, page = pending.pop(0)
        plain = _pages(stacks, page.id, page.stack_id, with_values=False)
        rich = _pages(stacks, page.id, page.stack_id, with_values=True)
        found[name] = StackChanges(rich, plain)
        for title, (change_set, stack) in nested_change_sets((*plain, *rich)).items():
            child = wait_until_made(stacks, clock, change_set, stack)
            if child.status == "CREATE_COMPLETE":
                pending.append((component_of(title), child))
            elif says_no_changes(child.status_reason):
                found[component_of(title)] = StackChanges((), ())
            else:
                raise failure(stacks, child) or DeployError("CAM620", child.status_reason)
    return found


def nested_change_sets(changes: tuple[RawChange, ...]) -> dict[str, tuple[str, str]]:
    """Return change set and stack of each nested stack that has a change set, by logical id."""
    resources = [change.get("ResourceChange") or {} for change in changes]
    return {
        resource["LogicalResourceId"]: (resource["ChangeSetId"], resource["PhysicalResourceId"])
        for resource in resources
        if resource.get("ResourceType") == STACK
        and resource.get("ChangeSetId")
        and resource.get("PhysicalResourceId")
    }


def discard(stacks: Stacks, clock: Clock, change_set: ChangeSet) -> None:
    """Delete a change set that was not executed, and the empty stack that was created for it.

    A stack that existed before stays, and so does one that has since got another change set, or is
    being created.
    """
    stacks.delete_change_set(change_set.id, change_set.stack_id)
    if not _gone(stacks, clock, change_set.id, change_set.stack_id):
        return
    others = (each.id != change_set.id for each in stacks.change_sets(change_set.stack_id))
    if not change_set.made_stack or any(others):  # the list may still name what was just deleted
        return
    stack = stacks.describe_stack(change_set.stack_id)
    if stack and stack.status == "REVIEW_IN_PROGRESS":
        stacks.delete_stack(change_set.stack_id, role_arn=None, client_token=_token(stack.id))
        _wait_for_end(stacks, clock, change_set.stack_id)


def tidied(stacks: Stacks, clock: Clock, change_set: ChangeSet) -> DeployError | None:
    """Discard a change set; return an error instead of raising it, because the result of the change
    set, a plan or the end of a deployment, is worth more."""
    try:
        discard(stacks, clock, change_set)
    except (DeployError, KeyboardInterrupt) as error:
        why = error.message if isinstance(error, DeployError) else "broken off"
        return DeployError(
            "CAM648",
            f"the unexecuted change set of {change_set.stack} may still exist: {why}",
            "the next plan or deployment deletes it, and so does `camformation destroy` if "
            "nothing is deployed",
        )
    return None


def _cleared(stacks: Stacks, clock: Clock, stack: StackDescription) -> bool:
    """Remove leftovers of killed commands from a stack; return whether the stack itself is a
    leftover: empty, and created by us."""
    found = stacks.change_sets(stack.id)
    empty = stack.status == "REVIEW_IN_PROGRESS"
    ours = all(map(is_ours, found)) and (bool(found) or stack.description.startswith(DESCRIPTION))
    for each in abandoned(found, clock.now()):
        stacks.delete_change_set(each.id, stack.id)
        _gone(stacks, clock, each.id, stack.id)
    return empty and ours


def _request(submission: Submission, kind: str) -> ChangeSetRequest:
    return ChangeSetRequest(
        stack=submission.stack,
        name=submission.token,
        kind=kind,
        description=submission.description,
        client_token=submission.token,
        body=submission.package.body,
        url=submission.package.url,
        parameters=submission.parameters or {},
        tags=submission.tags or {},
        role_arn=submission.service_role_arn,
        notification_topic_arns=submission.notification_topic_arns,
        nested=submission.package.nested,
        express=submission.express,
        disable_rollback=submission.disable_rollback,
    )


def _change_set(
    change_set: str,
    stack_id: str,
    submission: Submission,
    first: bool,
    made_stack: bool,
    changes: Mapping[str, StackChanges] | None = None,
) -> ChangeSet:
    return ChangeSet(
        id=change_set,
        stack_id=stack_id,
        stack=submission.stack,
        first=first,
        made_stack=made_stack,
        no_changes=changes is None,
        changes=changes or {},
    )


def _lost(
    stacks: Stacks, submission: Submission, first: bool, made_stack: bool
) -> ChangeSet | None:
    """Return the change set that was requested although no answer arrived."""
    page = stacks.describe_change_set(submission.token, submission.stack, with_values=False)
    if page is None:
        return None
    return _change_set(page.id, page.stack_id, submission, first, made_stack)


def _pages(
    stacks: Stacks, change_set: str, stack: str, *, with_values: bool
) -> tuple[RawChange, ...]:
    found: list[RawChange] = []
    token: str | None = None
    while True:
        page = stacks.describe_change_set(change_set, stack, with_values=with_values, token=token)
        if page is None:
            raise DeployError(
                "CAM624",
                f"the change set {change_set} no longer exists",
                "it was deleted: try again",
            )
        found += page.changes
        token = page.next_token
        if not token:
            return tuple(found)


def _gone(stacks: Stacks, clock: Clock, change_set: str, stack: str) -> bool:
    """Wait until a deleted change set is gone: nested ones are deleted in the background."""
    for seconds in (*POLLS_S, *(5,) * 24):
        page = stacks.describe_change_set(change_set, stack, with_values=False)
        if page is None or page.status == "DELETE_COMPLETE":
            return True
        if page.status == "DELETE_FAILED":
            return False
        clock.sleep(seconds)
    return False


def _wait_for_end(stacks: Stacks, clock: Clock, stack_id: str) -> None:
    for seconds in (*POLLS_S, *(5,) * 12):
        stack = stacks.describe_stack(stack_id)
        if stack is None or stack.status not in (*NEW[:1], "DELETE_IN_PROGRESS"):
            return
        clock.sleep(seconds)


def _token(stack_id: str) -> str:
    return f"discard-{stack_id.rpartition('/')[2]}"[:128]
