"""The rule for statements that IAM refuses: their IDs, resources and conditions."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from camformation.components.iam import StatementSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Path, quoted
from camformation.regions import PARTITIONS, partition_of
from camformation.rules.iam import statements
from camformation.rules.registry import Violation, rule

_HOUR = r"([01]\d|2[0-3])"
_TIME = rf"T{_HOUR}:[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]{_HOUR}:?[0-5]\d)"
_DATE = rf"\d{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])({_TIME})?)?)?|\d{{5,13}}"

OF_IAM = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "sms-mfa/"),
    *("server-certificate/", "policy/", "saml-provider/", "oidc-provider/", "report/"),
    "access-report/",
)
IN_A_REGION = ("accesspoint", "job/", "storage-lens", "access-grants", "async-request")
"""Resources of Amazon S3 in a region; buckets are named without one (Service Authorization
Reference, Amazon S3)."""


@rule("CAM161", "Policy statement that IAM refuses")
def refused(d: Deployment) -> Iterator[Violation]:
    """Statement IDs are unique within a policy. Conditions compare with values of the operator's
    kind: `true` or `false` for `Bool` and `Null`, numbers for `Numeric…`, addresses for
    `IpAddress`, dates of ISO 8601 or seconds since 1970 for `Date…`, ARNs for `Arn…`.

    The ARNs of resources begin with a partition, which is that of the deployment or `*`, and with
    a service, which has no wildcards. Those of IAM and of buckets have no region.

    Source: IAM User Guide, IAM JSON policy elements (Sid, Condition operators, Resource).
    """
    seen: dict[tuple[Path, str], int] = {}
    for path, each in statements(d):
        section, number = str(path[0]), int(path[2])
        if each.sid and seen.setdefault(((section,), each.sid), number) != number:
            yield Violation(
                (*path, "sid"),
                f"another statement of {section}.task_statements is also called {each.sid}",
                "choose another name, or leave it out",
            )
        yield from _resources(path, each, partition_of(d.region))
        yield from _values(path, each)


def _resources(path: Path, statement: StatementSpec, own: str | None) -> Iterator[Violation]:
    """Yield the ARNs whose partition or service IAM does not take."""
    for number, text in enumerate(statement.resources):
        if text == "*":
            continue
        place = (*path, "resources", number)
        _, partition, service, region, _, name = text.split(":", 5)
        if partition != "*" and partition not in ((own,) if own else PARTITIONS):
            yield Violation(
                place,
                f"IAM refuses the partition {partition} of this ARN",
                f"write arn:{own or 'aws'}:…",
            )
        elif "*" in service or "?" in service:
            yield Violation(
                place,
                f"IAM refuses {service} as the service of an ARN: there are no wildcards in it",
                "write one ARN for each service, or * alone for every resource",
            )
        elif region and service == "iam":
            yield Violation(place, "IAM refuses a region in its own ARNs", "leave the region empty")
        elif service == "iam" and name != "*" and not name.startswith(OF_IAM):
            yield Violation(
                place,
                f"IAM refuses {quoted(name)}: it has no resources of that kind",
                f"begin with one of {', '.join(OF_IAM)}",
            )
        elif region and service == "s3" and not name.startswith(IN_A_REGION):
            yield Violation(
                place,
                "IAM refuses a region in the ARN of a bucket",
                f"write arn:{partition}:s3:::{name}",
            )


def _values(path: Path, statement: StatementSpec) -> Iterator[Violation]:
    for operator, keys in statement.conditions.items():
        kind = operator.rpartition(":")[2].removesuffix("IfExists")
        for key, given in keys.items():
            place = (*path, "conditions", operator, key)
            alone = isinstance(given, str)
            for number, value in enumerate([given] if isinstance(given, str) else given):
                if said := _unfit(kind, value):
                    yield Violation(
                        place if alone else (*place, number),
                        f"{operator} compares with {said}, not with {value!r}",
                        "write such a value, or use an operator for text, such as StringEquals",
                    )


def _unfit(operator: str, value: str) -> str | None:
    if "${" in value and not operator.startswith("Date"):  # a policy variable
        return None
    if operator in ("Bool", "Null"):
        return None if value.lower() in ("true", "false") else "'true' or 'false'"
    if operator.startswith("Numeric"):
        return None if re.fullmatch(r"-?\d+(\.\d+)?", value) else "a number"
    if operator.endswith("IpAddress"):
        try:
            ip_network(value, strict=False)
        except ValueError:
            return "an IP address or CIDR block"
    if operator.startswith("Date") and not re.fullmatch(_DATE, value):
        return "a date, such as 2026-11-20T10:00:00Z"
    if operator.startswith("Arn") and not value.startswith(("arn:", "*")):
        return "an ARN"
    return None
