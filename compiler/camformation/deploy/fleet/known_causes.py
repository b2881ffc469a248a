"""Known causes of failed instances, each with its explanation. The first match counts."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from camformation.deploy.operation.signatures import AWS, Signature, signatures

Known = tuple[str, re.Pattern[str], str, str]
"""A key, a pattern, its meaning, and advice, with the pattern's named groups in braces."""

Words = tuple[str, str, str, str]

_FIRST: tuple[Words, ...] = (
    (
        "throttled",
        r"Rate exceeded|Throttling|RequestLimitExceeded|TooManyRequestsException",
        "AWS throttles calls in the account",
        "update fewer stacks at once: lower `max_concurrent_count` of the wave",
    ),
)
"""Counts before the signatures of accounts."""

_THEN: tuple[Words, ...] = (
    (
        "quota",
        r"LimitExceeded|QuotaExceeded|ServiceLimitExceeded|exceeded.*(?:quota|limit)",
        "a quota of the account is used up",
        "raise the quota named in the reason, in that account and region",
    ),
    (
        "scp",
        r"explicit deny in a service control policy|service control policy",
        "a service control policy of the organization denies it",
        "ask the owner of the policy to exempt the StackSets execution role",
    ),
    (
        "explicit-deny",
        r"with an explicit deny|explicit deny in",
        "a policy explicitly denies it",
        "ask the owner of the policy: a permissions boundary, a resource policy or a policy of "
        "the role",
    ),
    (
        "administration-role",
        r"should have '?[\w+=,.@-]+'? role with trust relationship to CloudFormation service",
        "the StackSets administration role is missing in the administrator's account, or does not "
        "trust cloudformation.amazonaws.com",
        "create the role there with that trust, or name the existing one",
    ),
    (
        "trusted-access",
        r"must enable organizations access",
        "StackSets has no trusted access to the organization",
        "an administrator of the management account activates it: `aws cloudformation "
        "activate-organizations-access`",
    ),
    (
        "execution-role",
        r"should have '?[\w+=,.@-]+'? role with trust relationship|"
        r"AssumeRole.*(?:StackSet|stackset)|Account .* should have",
        "the StackSets execution role is missing in the account, or does not trust the "
        "administrator's role",
        "create the execution role there, with a trust relationship to the administration role",
    ),
    (
        "execution-role-made",
        r"DEFAULT_ROLE_CREATION_ERROR",
        "StackSets could not create its execution role in the account",
        "check service control policies that deny iam:CreateRole or iam:PutRolePolicy for "
        "stacksets-exec-*, and whether the account was only just created",
    ),
    (
        "suspended-account",
        r"SKIPPED_SUSPENDED_ACCOUNT|ACCOUNT_SUSPENDED|suspended account|"
        r"[Aa]ccount (?:\S+ )?(?:is|was|has been) (?:suspended|closed)",
        "the account is suspended or closed",
        "remove it from the fleet, or have it reinstated",
    ),
    (
        "certificate",
        r"CertificateNotFound|"
        r"[Cc]ertificate .*(?:not found|must be in|not exist|is not valid|another region)|"
        r"invalid.*certificate",
        "the TLS certificate is not in the stack's account and region",
        "use an override to give those targets the ARN of a certificate in their own account and "
        "region",
    ),
    (
        "image-pull",
        r"CannotPull(?:Container|Image)|pull image|image.*(?:not found|manifest unknown)|"
        r"toomanyrequests|dockerhub.*rate",
        "the container image cannot be pulled",
        "check that the image and its tag exist, and that the subnets have a route to its "
        "registry",
    ),
    (
        "ecs-rollout",
        r"Circuit Breaker was triggered|did not stabili[sz]e|"
        r"service .* unable to reach a steady state",
        "an ECS service did not become steady",
        "check its stopped tasks and their logs in that account; `camformation watch` there "
        "shows the reason",
    ),
    (
        "cidr-conflict",
        r"CIDR.*(?:conflict|overlap)|InvalidSubnet\.(?:Conflict|Range)|InvalidVpc\.Range",
        "an address range overlaps another one, or does not fit",
        "give those targets their own ranges: `cidrs` in the fleet file, or an override",
    ),
    (
        "zones",
        r"Fn::Select .*nonexistent value|"
        r"[Aa]vailability ?[Zz]one.*(?:not valid|not support|not exist)",
        "the region has fewer or other Availability Zones than the template uses",
        "use fewer zones in the spec, or set the zones of each region with an override",
    ),
    (
        "no-capacity",
        r"Insufficient\w* ?[Cc]apacity|InsufficientDBInstanceCapacity|capacity .*not available",
        "AWS has no capacity left there",
        "wait, or give those targets another instance class",
    ),
    (
        "not-offered",
        r"Cannot find version|does not support creating a DB|"
        r"Endpoint Service .* does not exist|(?:not|n.t) (?:available|supported|offered) in",
        "the region does not offer a feature that the template uses",
        "remove the region, or use a version, instance class or endpoint that it offers",
    ),
    (
        "deletion-protected",
        r"[Cc]annot delete protected|[Dd]eletion ?[Pp]rotection|[Tt]ermination ?[Pp]rotection",
        "deletion protection is on",
        "to delete the resource, turn it off in the spec and deploy the fleet",
    ),
    (
        "bucket-not-empty",
        r"bucket you tried to delete is not empty|BucketNotEmpty",
        "a bucket that is to be deleted holds objects",
        "empty it in that account",
    ),
    (
        "hook",
        r"hook\(s\) failed|[Hh]ook failed|Hook .*(?:failed|denied)",
        "a CloudFormation hook of the account denies it",
        "ask the owner of the hook, or fix what it reports",
    ),
    (
        "name-taken",
        r"AlreadyExists|already exists",
        "a resource of the same name already exists in the account",
        "delete it or import it; a template with fixed names allows only one stack in each "
        "account",
    ),
    (
        "template-url",
        r"must reference a valid S3 object|TemplateURL|S3 error|is not accessible",
        "the target cannot read the template",
        "allow the target accounts to read the bucket, and keep it in the StackSet's region",
    ),
    (
        "parameter",
        r"[Pp]arameters?:? .*(?:must (?:have|be|contain|match)|failed to satisfy|is not valid|"
        r"not exist)",
        "a parameter has an invalid value",
        "give those targets a valid one: `overrides` in the fleet file",
    ),
    (
        "access-denied",
        r"AccessDenied|is not authorized to perform|UnauthorizedOperation|not authorized",
        "the execution role lacks a permission",
        "add the permission named in the reason to the execution role",
    ),
    (
        "tolerance",
        r"[Ff]ailure tolerance|Cancelled since failure tolerance",
        "cancelled, because other stacks had failed before",
        "fix the cause of those failures",
    ),
    (
        "stopped",
        r"[Uu]ser (?:initiated|requested) (?:stop|cancel)|[Oo]peration (?:was )?stopped",
        "cancelled, because the operation was stopped",
        "continue when you are ready",
    ),
    (
        "stack-unread",
        r"^Failed to get stack status$",
        "StackSets could not read the state of the stack",
        "wait some minutes",
    ),
    (
        "busy",
        r"is in \w+_IN_PROGRESS state",
        "another operation is running on the stack",
        "wait for it to end",
    ),
    (
        "not-updatable",
        r"is in \w+ state and can ?not be updated|DELETE_FAILED|"
        r"\bStack(?: with id|:)? ?\[?\S+ (?:does not exist|not found)",
        "the stack is not in a state that can be updated",
        "check the stack in its account; its remaining resources may have to be deleted by hand",
    ),
    (
        "not-stabilized",
        r"NotStabilized|Exceeded attempts to wait",
        "a resource did not become ready in time",
        "check the stack's events in its account; for an ECS service, its stopped tasks show the "
        "reason",
    ),
)  # fmt: skip


@cache
def known() -> tuple[Known, ...]:
    """Return the known causes; the first match counts."""
    return tuple(_known())


def _known() -> Iterator[Known]:
    yield from ((key, re.compile(what), text, advice) for key, what, text, advice in _FIRST)
    yield from _signatures(lambda each: each.account)
    yield from ((key, re.compile(what), text, advice) for key, what, text, advice in _THEN)
    yield from _signatures(lambda each: each.place == AWS and not each.account)


def _signatures(chosen: Callable[[Signature], bool]) -> Iterator[Known]:
    for each in sorted(signatures(), key=lambda each: each.generic):
        if chosen(each):
            yield from ((each.key, pattern, each.means, each.advice) for pattern in each.patterns)
