"""Rules for what a spec's statements and managed policies grant: whether they grant anything."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from camformation.assets import asset
from camformation.closeness import distance
from camformation.components.iam import StatementSpec
from camformation.counting import counted
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules.iam import statements
from camformation.rules.registry import Violation, rule
from camformation.rules.statements import IN_A_REGION

OWN_ARNS = {  # services whose actions are for resources with their own prefix
    *("s3", "sqs", "sns", "dynamodb", "lambda", "kms", "secretsmanager", "kinesis", "firehose"),
    *("states", "events", "rds-db", "elasticfilesystem", "ecr", "logs", "codebuild", "glue"),
    *("bedrock", "sagemaker", "execute-api", "elasticloadbalancing", "athena", "scheduler"),
}
OF_BUCKETS = (
    *("s3:ListBucket*", "s3:GetBucket*", "s3:PutBucket*", "s3:DeleteBucket*"),
    *("s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
)
OF_OBJECTS = (
    *("s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:RestoreObject"),
    *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ReplicateObject"),
)
ARN_PARTS = 6  # arn, partition, service, region, account, resource
_ARN = (
    r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<name>.*)"
)


@rule("CAM249", "Statement that matches nothing", Severity.WARNING)
def void(d: Deployment) -> Iterator[Violation]:
    """IAM accepts a statement whose actions do not apply to the resources that it names, but such a
    statement grants nothing: reading objects of `arn:aws:s3:::bucket`, without the `/*` that
    objects have; listing a bucket by the ARN of its objects; sending to a queue by a topic's ARN.
    An account has twelve digits, and the ARNs of buckets have neither region nor account.

    Conditions such as `ArnLike` and `ArnEquals` compare the six parts of an ARN one by one, and a
    wildcard stays within its part. A pattern with fewer parts, such as `arn:aws:iam::*`, matches no
    ARN: the statement of an `ArnLike` never applies, that of an `ArnNotLike` always does.

    Services whose actions apply to resources of other services are not checked.

    Source: Service Authorization Reference, Amazon S3 (resource types defined); Amazon S3 User
    Guide, Bucket policies (resources); IAM User Guide, IAM ARNs; IAM User Guide, IAM JSON policy
    elements: Condition operators (ARN condition operators).
    """
    for path, each in statements(d):
        yield from _short_patterns(path, each)
        if each.effect != "Allow":
            continue
        resources = [re.fullmatch(_ARN, text) for text in each.resources]
        yield from _misnamed(path, each.resources, resources)
        if "*" in each.resources:
            continue
        services = {found["service"] for found in resources if found}
        for number, action in enumerate(each.actions):
            service = action.partition(":")[0]
            place = (*path, "actions", number)
            if service in OWN_ARNS and not any(_covers(each, service) for each in services):
                yield Violation(
                    place,
                    f"{action} applies to resources of {service}, but the statement has none",
                    f"add an ARN that begins with arn:aws:{service}:, or remove the action",
                )
            elif service == "s3" and (what := _other_kind(action, each.resources)):
                yield Violation(place, *what)


def _short_patterns(path: Path, statement: StatementSpec) -> Iterator[Violation]:
    for operator, keys in statement.conditions.items():
        if not operator.rpartition(":")[2].startswith("Arn"):
            continue
        for key, given in keys.items():
            place = (*path, "conditions", operator, key)
            for number, text in enumerate([given] if isinstance(given, str) else given):
                parts = text.count(":") + 1
                if not text.startswith(("arn:", "*")) or "${" in text or not text.strip("*"):
                    continue  # no ARN at all; a variable may be several parts; `*` is every ARN
                if parts < ARN_PARTS:
                    yield Violation(
                        place if isinstance(given, str) else (*place, number),
                        f"{quoted(text)} matches no ARN: it has {counted(parts, 'part')}, not six",
                        "write all six parts, with a * for each that may be anything, such as "
                        "arn:aws:iam::*:role/*",
                    )


def _covers(written: str, service: str) -> bool:
    return "*" in written or written == service


def _misnamed(
    path: Path, texts: tuple[str, ...], found: list[re.Match[str] | None]
) -> Iterator[Violation]:
    for number, (text, arn) in enumerate(zip(texts, found, strict=True)):
        if arn is None:
            continue
        account, service = arn["account"], arn["service"]
        place = (*path, "resources", number)
        if account and account != "aws" and not re.fullmatch(r"\d{12}|.*[*?$].*", account):
            yield Violation(
                place,
                f"{account} is not an account number: it has twelve digits",
                "write all digits of the account, or * for every one",
            )
        elif (
            service == "s3"
            and account
            and "*" not in account
            and not arn["region"]
            and not arn["name"].startswith(IN_A_REGION)
        ):
            yield Violation(
                place,
                f"{quoted(text)} is not the ARN of a bucket: those have neither region nor account",
                f"write arn:{arn['partition']}:s3:::{arn['name']}",
            )


def _other_kind(action: str, texts: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the problem of an action on buckets or objects if there are no resources of that
    kind.
    """
    arns = [text for text in texts if re.match(r"arn:[^:]*:s3:", text)]
    objects = [text for text in arns if "/" in text.partition(":::")[2] or text.endswith("*")]
    buckets = [text for text in arns if "/" not in text.partition(":::")[2]]
    if not arns or any("accesspoint" in text for text in arns):
        return None
    if _one_of(action, OF_OBJECTS) and not objects:
        return f"{action} applies to objects, but the statement names a bucket", f"add {arns[0]}/*"
    if _one_of(action, OF_BUCKETS) and not buckets:
        bucket = arns[0].partition("/")[0]
        return f"{action} applies to a bucket, but the statement names objects", f"add {bucket}"
    return None


def _one_of(action: str, patterns: tuple[str, ...]) -> bool:
    name = action.lower()
    return "*" not in name and any(
        name.startswith(each[:-1].lower()) if each.endswith("*") else name == each.lower()
        for each in patterns
    )


@rule("CAM250", "Managed policy that roles cannot have")
def managed(d: Deployment) -> Iterator[Violation]:
    """IAM attaches a managed policy by its whole ARN: those of AWS have a path, many of them
    `service-role/` or `job-function/`, and a different path is a different, nonexistent policy.
    Policies below `aws-service-role/` are only for service-linked roles. A name that is one or two
    typing errors away from one of AWS's is reported; another unknown one may be newer than this
    release.

    As a boundary, `PowerUserAccess` and read-only policies allow less than the roles need: the
    seed's function passes a role to its task (`iam:PassRole`), and brokers write data.

    Source: AWS Managed Policy Reference; IAM User Guide, Permissions boundaries and
    IAM ARNs (paths); newrelic/aws-log-ingestion issue 77.
    """
    named: list[tuple[Path, str]] = []
    for section, policies in (
        ("orchestration", d.orchestration.task_policies),
        ("connectors", d.connectors.task_policies if d.connectors.enabled else ()),
    ):
        named += [((section, "task_policies", i), arn) for i, arn in enumerate(policies)]
    if d.iam.permissions_boundary_arn:
        named.append((("iam", "permissions_boundary_arn"), d.iam.permissions_boundary_arn))
    for path, arn in named:
        start, _, rest = arn.partition(":iam::aws:policy/")
        if not rest or start != "arn:aws":
            continue  # of an account, or of a partition with policies of its own
        place, _, name = f"/{rest}".rpartition("/")
        known = _policies()
        if name in known:
            right = known[name]
            if right == "/aws-service-role/":
                yield Violation(
                    path, f"{name} is only for a service-linked role of AWS", "remove it"
                )
            elif right != f"{place}/":
                yield Violation(
                    path,
                    f"there is no managed policy {rest}",
                    f"write {start}:iam::aws:policy{right}{name}",
                )
        elif near := _near(name):
            yield Violation(
                path,
                f"AWS has no managed policy {name}",
                f"did you mean {start}:iam::aws:policy{known[near]}{near}?",
            )
        if path[0] == "iam" and (lacking := _lacking(d, name)):
            yield Violation(
                path,
                f"the boundary {name} does not allow {lacking}",
                "name a policy of your own that allows what the roles need",
            )


def _lacking(d: Deployment, boundary: str) -> str | None:
    if boundary.endswith(("ReadOnlyAccess", "ViewOnlyAccess")):
        return "the roles to write anything"
    if boundary == "PowerUserAccess" and d.database.seed == "task":
        return "iam:PassRole, so the seed cannot start its task"
    return None


@cache
def _policies() -> Mapping[str, str]:
    """Return the paths of AWS's managed policies, by their names."""
    found: dict[str, str] = {}
    for line in asset("schemas", "managed-policies.txt").read_text("utf-8").splitlines():
        if line.startswith("/"):
            path, *names = line.split(" ")
            found |= dict.fromkeys(names, path)
    return found


def _near(name: str) -> str | None:
    near = [
        (slips, each)
        for each in _policies()
        if abs(len(each) - len(name)) <= 2
        and (each[:6] == name[:6] or each[-6:] == name[-6:])
        and (slips := distance(name, each)) <= 2
    ]
    return min(near)[1] if near and len(name) > 8 else None
