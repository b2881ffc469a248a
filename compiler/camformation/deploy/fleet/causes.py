"""Why instances fail, in few words: reasons that differ only in names are one cause."""

import re
from collections.abc import Iterable

from camformation.deploy.causes import plain
from camformation.fleet.targets import Place
from camformation.frozen import frozen


@frozen
class Cause:
    """What went wrong, and what to do. Reasons with the same `key` have the same cause."""

    key: str
    text: str
    advice: str


@frozen
class CauseGroup:
    """The places that failed for one cause; `example` is the first one's reason as AWS gave it."""

    cause: Cause
    places: tuple[Place, ...]
    example: str


REPEAT = "then run `camformation fleet deploy` again"
WRAPPING = re.compile(
    r"ResourceLogicalId: ?(?P<id>\w+), ResourceType: ?(?P<type>[\w:]+), "
    r"ResourceStatusReason: ?(?P<said>.*)",
    re.DOTALL,
)
TOKEN = re.compile(r",? ?\(?(?:RequestToken|Request ID|RequestId|request id): ?[0-9a-fA-F-]{8,}\)?")
HANDLER = re.compile(
    r'Resource handler returned message: "(?P<said>.*)" '
    r"\((?:RequestToken: [^,)]*, )?HandlerErrorCode: (?P<code>\w+)\)\.?",
    re.DOTALL,
)

VARIABLE = (
    (re.compile(r"\barn:aws[\w-]*:[^\s,\"')\]}]+"), "<arn>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\bStackSet-[\w-]*(?:<id>)?"), "<stack>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{12}\b"), "<account>"),
    (re.compile(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-[a-z]+){1,2}-\d[a-f]?\b"), "<region>"),
    (re.compile(r"\b[a-z]{1,10}(?:-[a-z]{1,10})?-[0-9a-f]{8,17}\b"), "<id>"),
    (re.compile(r"\b[\w-]+-(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{10,13}\b"), "<name>"),
    (re.compile(r"\b[0-9a-fA-F]{16,}\b"), "<id>"),
)  # fmt: skip
"""What differs between instances that fail for the same cause."""

KNOWN: tuple[tuple[str, str, str, str], ...] = (
    (
        "eip-quota",
        r"AddressLimitExceeded|maximum number of addresses|EIP.*(?:limit|quota)",
        "the account's quota of Elastic IP addresses is used up",
        "raise EC2's quota `EC2-VPC Elastic IPs` there, or use one NAT gateway",
    ),
    (
        "vpc-quota",
        r"VpcLimitExceeded|maximum number of VPCs",
        "the account's quota of VPCs is used up",
        "raise the quota `VPCs per Region` there, or delete one that nobody needs",
    ),
    (
        "quota",
        r"LimitExceeded|QuotaExceeded|ServiceLimitExceeded|exceeded.*(?:quota|limit)",
        "a quota of the account is used up",
        "raise the quota that the reason names, in that account and region",
    ),
    (
        "scp",
        r"explicit deny in a service control policy|service control policy",
        "a service control policy of the organization forbids it",
        "ask whoever owns the policy to except the StackSets execution role",
    ),
    (
        "explicit-deny",
        r"with an explicit deny|explicit deny in",
        "a policy explicitly forbids it",
        "ask whoever owns the policy: a boundary, a resource policy or one of the role's own",
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
        "suspended-account",
        r"SKIPPED_SUSPENDED_ACCOUNT|account (?:is|was|has been) (?:suspended|closed)|"
        r"suspended account",
        "the account is suspended or closed",
        "take it out of the fleet, or have it reinstated",
    ),
    (
        "region-disabled",
        r"OptInRequired|region .* (?:is not enabled|is disabled|not opted)|"
        r"(?:not|isn't) (?:enabled|opted.?in).*region|"
        r"security token included in the request is invalid",
        "the region is not enabled in the account",
        "enable the opt-in region in that account, or take it out of the fleet",
    ),
    (
        "certificate",
        r"CertificateNotFound|"
        r"[Cc]ertificate .*(?:not found|must be in|not exist|is not valid|another region)|"
        r"invalid.*certificate",
        "the TLS certificate is not one of the stack's own account and region",
        "give those targets the ARN of a certificate of theirs, as an override",
    ),
    (
        "image-pull",
        r"CannotPull(?:Container|Image)|pull image|image.*(?:not found|manifest unknown)|"
        r"toomanyrequests|dockerhub.*rate",
        "the container image cannot be pulled",
        "check that the image and its tag exist, and that the subnets have a way to its registry",
    ),
    (
        "ecs-rollout",
        r"Circuit Breaker was triggered|did not stabili[sz]e|"
        r"service .* unable to reach a steady state",
        "an ECS service did not come up",
        "see its stopped tasks and their log in that account: `camformation watch` there says why",
    ),
    (
        "name-taken",
        r"AlreadyExists|already exists",
        "something of the same name exists in the account already",
        "delete it or import it; a template with fixed names fits one stack in an account only",
    ),
    (
        "cidr-conflict",
        r"CIDR.*(?:conflict|overlap)|InvalidSubnet\.(?:Conflict|Range)|InvalidVpc\.Range",
        "an address range overlaps another one, or does not fit",
        "give those targets a range of their own: `cidrs` in the fleet file, or an override",
    ),
    (
        "template-url",
        r"must reference a valid S3 object|TemplateURL|S3 error|is not accessible",
        "the target cannot read the template",
        "let the target accounts read the bucket, and keep it in the StackSet's region",
    ),
    (
        "access-denied",
        r"AccessDenied|is not authorized to perform|UnauthorizedOperation|not authorized",
        "the execution role lacks a permission",
        "add what the reason names to the execution role",
    ),
    (
        "tolerance",
        r"[Ff]ailure tolerance|Cancelled since failure tolerance",
        "cancelled, because others had failed before",
        "mend what these failed for",
    ),
    (
        "stopped",
        r"[Uu]ser (?:initiated|requested) (?:stop|cancel)|[Oo]peration (?:was )?stopped",
        "cancelled, because somebody stopped the operation",
        "go on when it suits",
    ),
    (
        "drifted-away",
        r"Stack.*(?:does not exist|not found)|DELETE_FAILED",
        "the stack is not in a state that can be updated",
        "see the stack in its account; what is left of it may have to be deleted by hand",
    ),
)  # fmt: skip
_KNOWN = tuple((key, re.compile(what), text, advice) for key, what, text, advice in KNOWN)


def cause_of(reason: str) -> Cause:
    """Return the cause that a status reason speaks of."""
    said = essence(reason)
    for key, pattern, text, advice in _KNOWN:
        if pattern.search(said):
            return Cause(key, text, f"{advice}; {REPEAT}")
    if not said:
        return Cause("unknown", "AWS gives no reason", "see the stack's events in its account")
    key = _key(said)
    return Cause(key, key, f"mend it in the accounts named; {REPEAT}")


def essence(reason: str) -> str:
    """Return what a reason says, without what StackSets and resource handlers wrap around it."""
    found = WRAPPING.search(reason)
    said, who = (found["said"], f"{found['id']}: ") if found else (reason, "")
    handled = HANDLER.search(said)
    if handled:
        said = f"{handled['said']} ({handled['code']})"
    said = TOKEN.sub("", plain(said))
    return f"{who}{said}".strip() if said else ""


def grouped(failures: Iterable[tuple[Place, str]]) -> tuple[CauseGroup, ...]:
    """Return failures by cause, the most frequent one first."""
    found: dict[str, tuple[Cause, list[Place], str]] = {}
    seen: dict[str, Cause] = {}
    for place, reason in failures:
        cause = seen.get(reason) or seen.setdefault(reason, cause_of(reason))
        found.setdefault(cause.key, (cause, [], reason))[1].append(place)
    groups = (CauseGroup(cause, tuple(places), said) for cause, places, said in found.values())
    return tuple(sorted(groups, key=lambda group: (-len(group.places), group.cause.key)))


def _key(said: str) -> str:
    for pattern, name in VARIABLE:
        said = pattern.sub(name, said)
    return said
