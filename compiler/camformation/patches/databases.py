"""Database clusters and subnet groups in patches that Amazon RDS refuses.

Source: Amazon RDS API Reference, CreateDBCluster and CreateDBSubnetGroup;
hashicorp/terraform-provider-aws issue 49828.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.patches.property_kinds import Misfit
from camformation.shapes import on, whole

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = 7 * 24 * 60
LEAST = 30  # minutes of a window
WINDOWS = (
    ("PreferredBackupWindow", r"()(\d\d):(\d\d)-()(\d\d):(\d\d)", "03:00-04:00"),
    (
        "PreferredMaintenanceWindow",
        r"(\w{3}):(\d\d):(\d\d)-(\w{3}):(\d\d):(\d\d)",
        "sun:05:00-sun:06:00",
    ),
)


def cluster(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Amazon RDS refuses of a cluster."""
    if p.get("Engine") == "aurora-postgresql":
        if whole(p.get("BacktrackWindow")):
            yield ("BacktrackWindow",), "only Aurora MySQL has a backtrack window", "remove it"
        if p.get("EngineMode") == "serverless":
            message = "EngineMode serverless is Aurora Serverless v1, which AWS has ended"
            yield ("EngineMode",), message, "remove it, and set database.serverless"
    if p.get("MasterUserPassword") and on(p.get("ManageMasterUserPassword")):
        message = "MasterUserPassword and ManageMasterUserPassword exclude each other"
        yield ("MasterUserPassword",), message, "remove it: RDS generates the password"
    spans = {}
    for name, pattern, example in WINDOWS:
        text = p.get(name)
        if not isinstance(text, str):
            continue
        span = _span(pattern, text)
        if span is None:
            yield (name,), f"{text!r} is not a window of {name}", f"write for example {example}"
        elif span[1] < LEAST:
            message = f"a window has at least {LEAST} minutes; {text} has {span[1]}"
            yield (name,), message, f"write for example {example}"
        else:
            spans[name] = span
    if len(spans) == 2:
        (backup, length), (maintenance, lasts) = spans.values()
        if any(
            (maintenance - backup - day * 1440) % WEEK < length
            or (backup + day * 1440 - maintenance) % WEEK < lasts
            for day in range(7)
        ):
            message = "the maintenance window overlaps the backup window, which is every day"
            yield ("PreferredMaintenanceWindow",), message, "move one of them"


def _span(pattern: str, text: str) -> tuple[int, int] | None:
    """Return the start of a window, in minutes of the week, and its length."""
    found = re.fullmatch(pattern, text.lower())
    if not found:
        return None
    day, hour, minute, last, till, end = found.groups()
    if any(each not in ("", *DAYS) for each in (day, last)):
        return None
    if max(int(hour), int(till)) > 23 or max(int(minute), int(end)) > 59:
        return None
    begins, ends = (
        (DAYS.index(d) if d else 0) * 1440 + int(h) * 60 + int(m)
        for d, h, m in ((day, hour, minute), (last, till, end))
    )
    return begins, (ends - begins) % (WEEK if day else 1440)


def instance(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Amazon RDS refuses of an instance."""
    if str(p.get("Engine")).startswith("aurora") and on(p.get("MultiAZ")):
        message = (
            "an instance of Aurora has no MultiAZ: the cluster's instances are in several zones"
        )
        yield ("MultiAZ",), message, "remove it, and set database.instances to 2 or more"


def subnet_group(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Amazon RDS refuses of a subnet group."""
    subnets = p.get("SubnetIds")
    if isinstance(subnets, list) and len(subnets) == 1 and _single(subnets[0]):
        message = "a subnet group of Amazon RDS has subnets of two zones or more, not one subnet"
        yield ("SubnetIds",), message, "add a subnet of another zone"


def _single(subnet: Any) -> bool:
    """Return whether this is a subnet, not a function that may give several."""
    named = subnet.get("Ref") if isinstance(subnet, dict) and len(subnet) == 1 else subnet
    return isinstance(named, str) and named.startswith("subnet-")
