"""Hints for names of things in AWS that do not fit the schema."""

import re

from camformation.diagnostics import Path

LISTED = {
    "vpc": "ec2 describe-vpcs",
    "subnet": "ec2 describe-subnets",
    "rtb": "ec2 describe-route-tables",
    "sg": "ec2 describe-security-groups",
    "fs": "efs describe-file-systems",
    "fsap": "efs describe-access-points",
}
"""Commands that show IDs, by what these begin with."""
FOREVER = ("never", "never expire", "forever", "infinite", "unlimited")


def of_aws(value: str, pattern: str, path: Path) -> str | None:
    """Return what to write for a name that AWS has, but that does not fit here."""
    if ":kms:" in pattern and re.search(r"(?:^|:)alias/|^(?:mrk-)?[0-9a-f-]{32,36}$", value):
        if ":kms:" in value:
            return "an alias is not accepted: write the ARN of its key, with :key/"
        if value.startswith("alias/aws/"):
            return "a key of AWS's own cannot be named: write the ARN of a key of yours, or null"
        return f"write the key's ARN, as `aws kms describe-key --key-id {value}` shows it"
    if ":role/" in pattern and ":role/aws-" in value:
        return "it is one of AWS's own roles: name one that trusts cloudformation.amazonaws.com"
    if ":server-certificate/" in value:
        return "import the certificate into ACM, and write its ARN in ACM"
    if ":sns:" in value and value.endswith(".fifo"):
        return "name a standard topic: this one is a FIFO topic"
    if value == "db.serverless":
        return "set database.serverless, with min_acu and max_acu, instead"
    if path[:2] == ("access", "allowed_cidrs") and value.startswith("pl-"):
        return "put prefix lists under access.allowed_prefix_list_ids"
    if "^pl-" in pattern and value.startswith("com.amazonaws."):
        return (
            "write the list's ID, as `aws ec2 describe-managed-prefix-lists --filters "
            f"Name=prefix-list-name,Values={value}` shows it"
        )
    if "^Z[A-Z" in pattern and re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+\.?", value):
        return (
            "write the zone's ID, as `aws route53 list-hosted-zones-by-name --dns-name "
            f"{value}` shows it"
        )
    kind = re.match(r"\^([a-z]+)-\(\?:\[0-9a-f\]", pattern)
    named = kind is not None and re.fullmatch(rf"(?!{kind[1]}-[0-9a-f])[\w .-]+", value)
    if kind and named and kind[1] in LISTED:
        return f"write its ID, as `aws {LISTED[kind[1]]}` shows it"
    local = r"[a-z]{2}-[a-z]+-\d-(?:[a-z0-9]+-)+\d[a-z]"
    if path[:2] == ("network", "availability_zones") and re.fullmatch(local, value):
        return "name Availability Zones: Local Zones and Wavelength Zones have no Aurora"
    return None
