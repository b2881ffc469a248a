"""Conditions of alarms about an Aurora cluster.

Metrics: Amazon Aurora User Guide, CloudWatch metrics for Aurora.
"""

import re
from collections.abc import Iterator

from camformation.components.alarm_condition import Condition
from camformation.components.database_spec import DatabaseSpec
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Value

AURORA = "AWS/RDS"
GIB = 2**30
ACU_GIB = 2
MOST = 5_000
MOST_WHEN_SMALL = 2_000  # with a minimum below one ACU
CONNECTION = 9_531_392
"""Bytes of memory for each connection: `max_connections` is the number that fits, at most 5,000
(Amazon Aurora User Guide, Maximum connections to an Aurora PostgreSQL DB instance, and Maximum
connections for Aurora Serverless v2)."""
LARGE_GIB = {"r": 16, "x": 32, "t": 8, "m": 8}
"""Memory of size `large` by the first letter of the family."""
SIZES = {"medium": 0.5, "large": 1.0, "xlarge": 2.0}
USED = 0.8  # of the connections


@frozen
class WatchedDatabase:
    """An Aurora cluster to watch."""

    identifier: Value
    replicas: bool
    serverless: bool
    connections: int | None  # that it accepts; None if that is open until deployment


def connections(spec: DatabaseSpec) -> int | None:
    """Return the connections that each instance accepts: for Serverless v2, at its maximum."""
    if own := spec.cluster_parameters.get("max_connections"):
        return int(own) if str(own).isdecimal() and not isinstance(own, Open) else None
    highest = MOST
    if spec.serverless:
        least, most = spec.serverless.min_acu, spec.serverless.max_acu
        gib = None if isinstance(most, Open) else most * ACU_GIB
        if least < 1 and not isinstance(least, Open):
            highest = MOST_WHEN_SMALL
    else:
        gib = memory_gib(spec.instance_class)
    return None if gib is None else min(int(gib * GIB / CONNECTION), highest)


def memory_gib(instance_class: str) -> float | None:
    """Return the memory of an instance class such as `db.r7g.2xlarge`; None for an unknown one."""
    found = re.fullmatch(r"db\.([a-z])[a-z0-9-]+\.(?:(\d+)x)?(medium|large|xlarge)", instance_class)
    if isinstance(instance_class, Open) or not found or found[1] not in LARGE_GIB:
        return None
    family, times, size = found.groups()
    scale = int(times) * 2 if times else 1
    factor = SIZES["large"] * scale if times else SIZES[size]
    return LARGE_GIB[family] * factor


def database_conditions(w: WatchedDatabase) -> Iterator[Condition]:
    """Yield the conditions of alarms about a cluster."""
    of = (("DBClusterIdentifier", w.identifier),)
    says = "the database uses more than 85 % of its CPU"
    yield Condition("DatabaseCpu", says, AURORA, "CPUUtilization", of, "Maximum", True, 85)
    says = "the database has less than 2 GiB of local storage for sorting and indexing"
    yield Condition("DatabaseDisk", says, AURORA, "FreeLocalStorage", of, "Minimum", False, 2**31)
    if w.connections:
        says = "an instance of the database has used 80 % of its connections"
        limit = int(w.connections * USED)
        metric = "DatabaseConnections"
        yield Condition(metric, says, AURORA, metric, of, "Maximum", True, limit)
    if w.replicas:
        says = "a replica is more than a second behind the writer"
        yield Condition(
            "DatabaseLag", says, AURORA, "AuroraReplicaLagMaximum", of, "Maximum", True, 1000
        )
    if w.serverless:
        says = "the database has nearly reached its maximum capacity, `max_acu`"
        yield Condition("DatabaseCapacity", says, AURORA, "ACUUtilization", of, "Maximum", True, 95)
