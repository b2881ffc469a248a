"""Rules for what Aurora PostgreSQL is offered as: instance classes, releases and capacities.

A copy of what AWS offers in any region, as of November 2026, which a test compares with cfn-lint's
data. `camformation lint` knows each region's own, too.
"""

import re
from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

_X86 = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
_ARM = _X86[:-1]
CLASSES: Mapping[str, tuple[str, ...]] = {  # sizes by family
    "t3": ("medium", "large"),
    "t4g": ("medium", "large"),
    "r5": _X86,
    "r6g": _ARM,
    "r6gd": _ARM[1:],
    "r6i": (*_X86, "32xlarge"),
    "r6id": ("24xlarge", "32xlarge"),
    "r7g": _ARM,
    "r7i": (*_X86, "48xlarge"),
    "r8a": (*_X86, "48xlarge"),
    "r8g": (*_X86, "48xlarge"),
    "r8gd": (*_X86[1:], "48xlarge"),
    "x2g": _ARM,
}
NEWER = r"[rtx](?:[89]|[1-9][0-9])[a-z]*|x[2-7][a-z]+"  # families that may have come since
RELEASES: Mapping[int, tuple[int, ...]] = {  # minor releases by major, old ones included
    14: (*range(3, 14), 15, *range(17, 21), 22, 23, 24),
    15: (*range(2, 9), 10, *range(12, 16), 17, 18, 19),
    16: (*range(1, 5), 6, *range(8, 12), 13, 14, 15),
    17: (*range(4, 8), 9, 10, 11),
    18: (3, 4, 6),
}
DEPRECATED: Mapping[int, tuple[int, ...]] = {
    14: (3, 4, 5, *range(7, 14), 15),
    15: (*range(2, 9),),
    16: (*range(1, 5), 6),
}

PAUSING = {14: 12, 15: 7, 16: 3}
"""The first releases that scale to 0, by major version; later ones all do."""
USUAL_MOST = 128  # capacity units
LARGE = {14: 10, 15: 5}
"""The first releases that scale to 256, by major version; later ones all do."""


@rule("CAM148", "Instance class that Aurora PostgreSQL does not have")
def instance_class(d: Deployment) -> Iterator[Violation]:
    """Aurora PostgreSQL has memory-optimized classes (`db.r…`, `db.x2g`) and two sizes of
    burstable ones, `medium` and `large`; it has neither general-purpose classes (`db.m…`) nor the
    micro and small ones that other databases of RDS have. RDS refuses the instance after the
    cluster has already been created. Classes that may be newer than this release are a warning. Not
    every region has every class: `camformation lint` knows which ones it has.

    Source: Amazon Aurora User Guide, Supported DB engines for DB instance classes.
    """
    database = d.database
    if database.serverless is not None or database.existing:
        return
    _, family, size = database.instance_class.split(".")
    sizes = CLASSES.get(family)
    if sizes is None:
        newer = re.fullmatch(NEWER, family) is not None
        yield Violation(
            ("database", "instance_class"),
            f"Aurora PostgreSQL has no classes db.{family}" + (", unless they are new" * newer),
            "use for example db.r7g.large, or db.t4g.medium for development",
            Severity.WARNING if newer else None,
        )
    elif size not in sizes:
        yield Violation(
            ("database", "instance_class"),
            f"Aurora PostgreSQL has no {database.instance_class}",
            f"use db.{family}.{sizes[0]}, or another of {', '.join(sizes)}",
        )


@rule("CAM149", "Release that Aurora PostgreSQL does not have")
def release(d: Deployment) -> Iterator[Violation]:
    """Aurora does not have every minor release of PostgreSQL: there was no 16.5, and 17 began with
    17.4. Old releases are withdrawn: new clusters with a release that AWS lists as deprecated may
    be refused, and existing ones are updated. Releases newer than the newest known one are not
    checked.

    Source: Release Notes for Aurora PostgreSQL, Aurora PostgreSQL updates; Amazon Aurora User
    Guide, Release calendars for Aurora PostgreSQL.
    """
    if d.database.existing:
        return
    major, minor = (int(part) for part in d.database.engine_version.split("."))
    known = RELEASES.get(major)
    if known is None or minor > known[-1]:
        return
    current = [each for each in known if each not in DEPRECATED.get(major, ())]
    path: Path = ("database", "engine_version")
    hint = f'set database.engine_version to "{major}.{current[-1]}"'
    if minor not in known:
        yield Violation(path, f"there is no Aurora PostgreSQL {major}.{minor}", hint)
    elif minor not in current:
        yield Violation(
            path,
            f"AWS lists Aurora PostgreSQL {major}.{minor} as deprecated: new clusters may be "
            "refused",
            f"{hint}; a cluster that runs {major}.{minor} can be updated in place",
            Severity.WARNING,
        )


@rule("CAM177", "Unsuitable range of serverless capacity")
def serverless(d: Deployment) -> Iterator[Violation]:
    """Aurora Serverless v2 scales between a minimum and a maximum number of capacity units. A
    minimum of 0, with which a cluster pauses, needs 14.12, 15.7, 16.3 or a later release; a maximum
    above 128 needs 14.10, 15.5 or a later release. A cluster with logical replication does not
    pause: that is a warning.

    Source: Amazon Aurora User Guide, Aurora Serverless v2 capacity, and Scaling to zero ACUs.
    """
    found = d.database.serverless
    if found and found.min_acu > found.max_acu:
        yield Violation(
            ("database", "serverless", "min_acu"),
            f"min_acu {found.min_acu:g} is above max_acu {found.max_acu:g}",
            f"set min_acu to {found.max_acu:g} or less",
        )
    if not found or d.database.existing:
        return
    major, minor = (int(part) for part in d.database.engine_version.split("."))
    if found.max_acu > USUAL_MOST and minor < LARGE.get(major, 0):
        yield Violation(
            ("database", "serverless", "max_acu"),
            f"Aurora PostgreSQL {major}.{minor} scales to {USUAL_MOST} capacity units at most",
            f"set max_acu to {USUAL_MOST} or less, or database.engine_version to "
            f'"{major}.{LARGE[major]}" or later',
        )
    if found.min_acu == 0:
        if minor < PAUSING.get(major, 0):
            yield Violation(
                ("database", "serverless", "min_acu"),
                f"Aurora PostgreSQL {major}.{minor} does not scale to 0",
                f'set min_acu to 0.5, or database.engine_version to "{major}.{PAUSING[major]}" or '
                "later",
            )
        elif d.database.cluster_parameters.get("rds.logical_replication") == "1":
            yield Violation(
                ("database", "serverless", "min_acu"),
                "a cluster with logical replication does not pause",
                "set min_acu to 0.5 or more, or remove rds.logical_replication",
                Severity.WARNING,
            )
