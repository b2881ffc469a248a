"""Known causes of failed instances, each with its explanation. The first match counts."""

from camformation.deploy.operation.account_causes import ACCOUNT, Known

KNOWN: tuple[Known, ...] = (
    (
        "throttled",
        r"Rate exceeded|Throttling|RequestLimitExceeded|TooManyRequestsException",
        "AWS throttles what is done in the account",
        "let fewer stacks be worked on at once: `max_concurrent_count` of the wave",
    ),
    *ACCOUNT,
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
        r"SKIPPED_SUSPENDED_ACCOUNT|[Aa]ccount (?:\S+ )?(?:is|was|has been) (?:suspended|closed)|"
        r"suspended account",
        "the account is suspended or closed",
        "take it out of the fleet, or have it reinstated",
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
        "cidr-conflict",
        r"CIDR.*(?:conflict|overlap)|InvalidSubnet\.(?:Conflict|Range)|InvalidVpc\.Range",
        "an address range overlaps another one, or does not fit",
        "give those targets a range of their own: `cidrs` in the fleet file, or an override",
    ),
    (
        "zones",
        r"Fn::Select .*nonexistent value|"
        r"[Aa]vailability ?[Zz]one.*(?:not valid|not support|not exist)",
        "the region has fewer Availability Zones than the template uses, or others",
        "use fewer zones in the spec, or name those of each region by override",
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
        "the region does not offer something that the template uses",
        "leave the region out, or use a version, instance class or endpoint that it has",
    ),
    (
        "deletion-protected",
        r"[Cc]annot delete protected|[Dd]eletion ?[Pp]rotection|[Tt]ermination ?[Pp]rotection",
        "deletion protection is on",
        "switch it off in the spec and deploy the fleet, if it is to go",
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
        "a CloudFormation hook of the account forbids it",
        "ask whoever owns the hook, or mend what it names",
    ),
    (
        "name-taken",
        r"AlreadyExists|already exists",
        "something of the same name exists in the account already",
        "delete it or import it; a template with fixed names fits one stack in an account only",
    ),
    (
        "template-url",
        r"must reference a valid S3 object|TemplateURL|S3 error|is not accessible",
        "the target cannot read the template",
        "let the target accounts read the bucket, and keep it in the StackSet's region",
    ),
    (
        "parameter",
        r"[Pp]arameters?:? .*(?:must (?:have|be|contain|match)|failed to satisfy|is not valid|"
        r"not exist)",
        "a parameter has a value that does not suit",
        "give those targets another one: `overrides` in the fleet file",
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
        "busy",
        r"is in \w+_IN_PROGRESS state",
        "something else is at work on the stack",
        "wait for that to end",
    ),
    (
        "not-updatable",
        r"is in \w+ state and can ?not be updated|DELETE_FAILED|"
        r"\bStack(?: with id|:)? ?\[?\S+ (?:does not exist|not found)",
        "the stack is not in a state that can be updated",
        "see the stack in its account; what is left of it may have to be deleted by hand",
    ),
    (
        "not-stabilized",
        r"NotStabilized|Exceeded attempts to wait",
        "a resource did not come up in time",
        "see the stack's events in its account; for an ECS service, its stopped tasks say why",
    ),
)  # fmt: skip
