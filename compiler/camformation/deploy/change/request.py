"""The request to deploy a prepared change set, and the checks before it starts."""

from collections.abc import Mapping
from dataclasses import field

from camformation.deploy.change.change_set import ChangeSet
from camformation.deploy.change.preparation import Prepared
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.live_stack.status import NEW, PAUSED, paused
from camformation.deploy.plan.holdings import KEY, PROTECTED
from camformation.deploy.plan.model import Action, Plan, Replacement, Severity
from camformation.deploy.plan.plan_file import Fingerprint, moved
from camformation.deploy.plan.stack_settings import StackSettings, wanted_settings
from camformation.deploy.plan.symbols import Address
from camformation.frozen import frozen

NO_SETTINGS = StackSettings()


@frozen
class DeployRequest:
    """The change set to execute, with its options. `base` is the stack that the plan was compared
    with."""

    change_set: ChangeSet
    base: StackDescription | None = None
    disable_rollback: bool = False
    express: bool = False
    role_arn: str | None = None
    termination_protection: bool = False
    protect_data: bool = False
    protect_later: bool = False  # resources that hold data, by a second deployment
    lost: frozenset[Address] = frozenset()  # resources whose loss the plan was allowed
    arns: Mapping[str, str] = field(default_factory=dict)  # deployed stacks, by component
    expected: Mapping[str, int] = field(default_factory=dict)  # changes, by component
    replaced: tuple[str, ...] = ()  # logical ids
    reattach: str = ""
    settings: StackSettings = NO_SETTINGS  # the stack's own, as the spec asks for them
    timeout_minutes: int | None = None


def deploy_request(
    prepared: Prepared,
    *,
    disable_rollback: bool = False,
    role_arn: str | None = None,
    reattach: str = "",
) -> DeployRequest:
    """Return the request for a prepared deployment, protected as its spec says."""
    plan, deployed, stack = prepared.plan, prepared.deployed, prepared.deployment.stack
    return DeployRequest(
        change_set=prepared.change_set,
        base=deployed.stack if deployed else None,
        disable_rollback=disable_rollback,
        express=prepared.express,
        role_arn=role_arn,
        termination_protection=bool(stack.termination_protection),
        protect_data=bool(stack.protect_data),
        protect_later=prepared.protect_later,
        lost=accepted_losses(plan),
        arns=deployed.stacks if deployed else {},
        expected={component.name: len(component.changes) for component in plan.components},
        replaced=tuple(
            change.logical_id for change in plan.changes() if change.action is Action.REPLACE
        ),
        reattach=reattach,
        settings=wanted_settings(prepared.deployment),
        timeout_minutes=stack.timeout_minutes,
    )


def express_mode(*, wait_for_steady_state: bool, flag: bool | None = None) -> bool:
    """Return whether to deploy in CloudFormation's mode EXPRESS, which does not wait.

    `wait_for_steady_state` is the spec's; a flag on the command line takes precedence.
    """
    return not (wait_for_steady_state if flag is None else flag)


def accepted_losses(plan: Plan) -> frozenset[Address]:
    """Return the resources that the plan may replace or delete although stack policies protect
    their type: those allowed by name, those that only leave the stack because their template
    retains them, and keys that the gate does not report, because they encrypt nothing that is kept.
    """
    blocked = {Address(b.component or "", b.logical_id or "") for b in plan.blocks}
    allowed = {
        Address(block.component or "", block.logical_id or "")
        for block in plan.gate
        if block.allowed or block.severity is Severity.WARNING
    }
    return frozenset(
        change.address
        for change in plan.changes()
        if change.type in PROTECTED
        and (change.address in allowed or change.type == KEY)
        and change.address not in blocked
        and (
            change.action in (Action.REPLACE, Action.DELETE)
            or change.replacement is Replacement.CONDITIONAL
        )
    )


def refuse_moved(planned: Fingerprint, now: Fingerprint) -> None:
    """Raise DeployError if anything has changed since a plan was written to its file."""
    if reasons := moved(planned, now):
        raise DeployError(
            "CAM627",
            "the plan is out of date: " + "; ".join(reasons),
            "make a new plan, check it, and deploy it",
        )


def check_rollback(
    stack: StackDescription | None, *, disable_rollback: bool, replaced: tuple[str, ...] = ()
) -> None:
    """Raise DeployError where CloudFormation would refuse the rollback behaviour asked for.

    A stack that failed without rollback continues only without it, and a replacement needs rollback
    (User Guide, Choose how to handle failures when provisioning resources).
    """
    if stack is not None and stack.status in PAUSED and not disable_rollback:
        raise paused(stack)
    if stack is not None and stack.status not in NEW and disable_rollback and replaced:
        raise DeployError(
            "CAM630",
            "--disable-rollback does not allow replacements, but this plan replaces "
            + ", ".join(replaced),
            "deploy without --disable-rollback; a new task definition is also a replacement",
        )
