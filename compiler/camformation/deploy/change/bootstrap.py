"""The bootstrap stack: the artifact bucket of an account and region."""

from typing import Any

from awacs.aws import Action, Bool, Condition, Deny, PolicyDocument, Principal, Statement
from troposphere import GetAtt, Output, Ref, Sub, Template, s3

from camformation.deploy.change.change_set import ChangeSet, Submission, create, tidied
from camformation.deploy.change.package import PREFIX, Package, minified
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Clock, Stacks
from camformation.deploy.live_stack.own_change_sets import described
from camformation.deploy.live_stack.status import UPDATABLE
from camformation.deploy.operation.watch import heard

STACK_NAME = "camformation-bootstrap"
OUTPUT = "ArtifactBucketName"
EXPIRE_AFTER_DAYS = 365
"""Age at which an artifact is deleted unless a deployment has refreshed it."""

TIMEOUT_S = 15 * 60
POLL_S = 3


def bootstrap_template() -> dict[str, Any]:
    """Return the template of the bootstrap stack.

    The bucket is private, encrypted and read over TLS alone. It outlives the stack: rolled-back
    deployments read old templates from it.
    """
    template = Template(Description="Artifacts of camformation: compiled templates")
    bucket = template.add_resource(
        s3.Bucket(
            "ArtifactBucket",
            DeletionPolicy="RetainExceptOnCreate",
            UpdateReplacePolicy="Retain",
            BucketEncryption=s3.BucketEncryption(
                ServerSideEncryptionConfiguration=[
                    s3.ServerSideEncryptionRule(
                        ServerSideEncryptionByDefault=s3.ServerSideEncryptionByDefault(
                            SSEAlgorithm="AES256"
                        )
                    )
                ]
            ),
            OwnershipControls=s3.OwnershipControls(
                Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
            ),
            PublicAccessBlockConfiguration=s3.PublicAccessBlockConfiguration(
                BlockPublicAcls=True,
                BlockPublicPolicy=True,
                IgnorePublicAcls=True,
                RestrictPublicBuckets=True,
            ),
            LifecycleConfiguration=s3.LifecycleConfiguration(
                Rules=[
                    s3.LifecycleRule(
                        Id="ExpireOldArtifacts",
                        Status="Enabled",
                        Prefix=f"{PREFIX}/",
                        ExpirationInDays=EXPIRE_AFTER_DAYS,
                        AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
                            DaysAfterInitiation=7
                        ),
                    )
                ]
            ),
        )
    )
    template.add_resource(
        s3.BucketPolicy(
            "ArtifactBucketPolicy",
            Bucket=Ref(bucket),
            PolicyDocument=PolicyDocument(
                Version="2012-10-17",
                Statement=[
                    Statement(
                        Sid="OnlyTls",
                        Effect=Deny,
                        Principal=Principal("*"),
                        Action=[Action("s3", "*")],
                        Resource=[GetAtt(bucket, "Arn"), Sub("${ArtifactBucket.Arn}/*")],
                        Condition=Condition(Bool({"aws:SecureTransport": "false"})),
                    )
                ],
            ),
        )
    )
    template.add_output(
        Output(OUTPUT, Description="Bucket of the compiled templates", Value=Ref(bucket))
    )
    body: dict[str, Any] = template.to_dict()
    return body


def find_bucket(stacks: Stacks) -> str | None:
    """Return the artifact bucket of the bootstrap stack, or None."""
    stack = stacks.describe_stack(STACK_NAME)
    return stack.outputs.get(OUTPUT) if stack else None


def bootstrap(
    stacks: Stacks, clock: Clock, token: str, *, service_role_arn: str | None = None
) -> str:
    """Create or update the bootstrap stack, wait for it, and return its bucket's name.

    `token` names the change set. A first attempt that failed and was rolled back is removed. Raises
    DeployError.
    """
    stack = stacks.describe_stack(STACK_NAME)
    if stack and stack.in_progress:
        _wait(stacks, clock, stack.id)  # an earlier attempt, which was broken off
        stack = stacks.describe_stack(stack.id)
    if stack and stack.status == "ROLLBACK_COMPLETE":
        stacks.delete_stack(stack.id, role_arn=service_role_arn, client_token=f"clear-{token}")
        _wait(stacks, clock, stack.id)
    submission = Submission(
        stack=STACK_NAME,
        package=Package(minified(bootstrap_template()), None, (), nested=False),
        token=token,
        description=described("bootstrap"),
        service_role_arn=service_role_arn,
    )
    change_set = create(stacks, clock, submission)
    if change_set.no_changes:
        tidied(stacks, clock, change_set)
    else:
        _execute(stacks, clock, change_set, token)
        status, reason = _wait(stacks, clock, change_set.stack_id)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeployError(
                "CAM640",
                f"the stack {STACK_NAME} ended in {status}: {reason or _first_failure(stacks)}",
                "fix the cause, and run `camformation bootstrap` again",
            )
    _protect(stacks)
    bucket = find_bucket(stacks)
    if bucket is None:
        raise DeployError("CAM640", f"the stack {STACK_NAME} has no output {OUTPUT}")
    return bucket


def _execute(stacks: Stacks, clock: Clock, change_set: ChangeSet, token: str) -> None:
    """Execute the change set, or leave nothing behind."""
    try:
        stacks.execute_change_set(
            change_set.id, change_set.stack_id, client_token=token, disable_rollback=False
        )
    except DeployError as error:
        if heard(stacks, change_set.stack_id, token):
            return
        if not isinstance(error, Unreachable):  # else it may be executing
            tidied(stacks, clock, change_set)
        raise


def _protect(stacks: Stacks) -> None:
    """Protect the stack, including one of an earlier attempt that was interrupted before."""
    stack = stacks.describe_stack(STACK_NAME)
    if stack is not None and not stack.termination_protection:
        stacks.set_termination_protection(stack.id, True)


def _wait(stacks: Stacks, clock: Clock, stack_id: str) -> tuple[str, str | None]:
    """Wait until the stack's operation has ended; return its status and the reason."""
    started = clock.now()
    while True:
        stack = stacks.describe_stack(stack_id)
        if stack is None:
            return "DELETE_COMPLETE", None
        if not stack.in_progress and stack.status != "REVIEW_IN_PROGRESS":
            return stack.status, None if stack.status in UPDATABLE else stack.status_reason
        if (clock.now() - started).total_seconds() > TIMEOUT_S:
            raise DeployError(
                "CAM640",
                f"the stack {STACK_NAME} is still in {stack.status} after {TIMEOUT_S // 60} min",
                "CloudFormation continues; run `camformation bootstrap` again later",
            )
        clock.sleep(POLL_S)


def _first_failure(stacks: Stacks) -> str:
    """Return the reason of the operation's first failed event."""
    reasons = [
        f"{event.logical_id}: {event.reason}"
        for event in stacks.events(STACK_NAME)
        if event.status.endswith("_FAILED") and event.reason
    ]
    return reasons[-1] if reasons else "no reason given"
