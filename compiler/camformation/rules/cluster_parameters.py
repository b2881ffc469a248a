"""The rule for parameters of a new database cluster."""

import re
from collections.abc import Iterator
from functools import cache

from camformation.closeness import distance
from camformation.deployment import Deployment
from camformation.rules.known_parameters import (
    CHOICES,
    FIXED,
    NUMBERS,
    OF_RDS,
    OTHERS,
    RANGES,
    SWITCHES,
    WITHOUT_CHECKPOINTS,
)
from camformation.rules.preloading import preloaded
from camformation.rules.registry import Violation, rule

_UNITS = {  # of a parameter's number: in milliseconds, seconds, or bytes
    **dict.fromkeys(
        (
            *("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"),
            *("idle_session_timeout", "transaction_timeout", "deadlock_timeout"),
            *("log_min_duration_statement", "log_min_duration_sample"),
            *("log_autovacuum_min_duration", "wal_sender_timeout", "max_standby_streaming_delay"),
        ),
        0.001,
    ),
    **dict.fromkeys(("tcp_keepalives_idle", "tcp_keepalives_interval", "autovacuum_naptime"), 1.0),
    **dict.fromkeys(
        (
            *("work_mem", "maintenance_work_mem", "autovacuum_work_mem"),
            *("logical_decoding_work_mem", "temp_file_limit", "log_temp_files"),
        ),
        1024.0,
    ),
    **dict.fromkeys(("shared_buffers", "effective_cache_size", "temp_buffers"), 8192.0),
}
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40}


@rule("CAM248", "Parameter that RDS refuses")
def parameters(d: Deployment) -> Iterator[Violation]:
    """`database.cluster_parameters` become a parameter group, and RDS refuses one with a parameter
    that Aurora PostgreSQL does not have, such as those of checkpoints, that RDS reserves for
    itself, or whose value has the wrong type or is beyond PostgreSQL's own limits. Numbers have no
    unit: `work_mem` is in KiB, `statement_timeout` in milliseconds. Formulas such as
    `{DBInstanceClassMemory/9531392}` are allowed.

    RDS preloads the libraries that it has, and no others: `shared_preload_libraries` takes
    `pgaudit`, but not `timescaledb`. A parameter of an extension whose library is not preloaded has
    no effect: that is a warning. Other parameters of extensions are not checked.

    Source: Amazon Aurora User Guide, Aurora PostgreSQL parameters and Specifying DB parameters;
    WikiWatershed/model-my-watershed pull request 3149.
    """
    if d.database.existing:
        return  # CAM169
    for name, value in d.database.cluster_parameters.items():
        path = ("database", "cluster_parameters", name)
        if name in FIXED:
            yield Violation(path, f"RDS does not let anybody change {name}", FIXED[name])
        elif name in WITHOUT_CHECKPOINTS:
            message = f"Aurora PostgreSQL has no parameter {name}: it writes no checkpoints"
            yield Violation(path, message, "remove it")
        elif name in SWITCHES and value not in ("0", "1"):
            yield Violation(path, f"{name} is 0 or 1, not {value!r}", 'write "0" or "1"')
        elif name in CHOICES and not _chosen(name, value):
            options = ", ".join(CHOICES[name])
            yield Violation(path, f"{name} is one of {options}, not {value!r}", "write one of them")
        elif name in words(NUMBERS) and not _number(value):
            yield Violation(
                path, f"RDS takes a number for {name}, not {value!r}", _in_its_unit(name, value)
            )
        elif name in RANGES and not _within(value, *RANGES[name]):
            least, most = RANGES[name]
            yield Violation(
                path, f"{name} is {least:g} to {most:.0f}, not {value}", "write such a number"
            )
        elif near := _meant(name):
            yield Violation(
                path, f"Aurora PostgreSQL has no parameter {name}", f"did you mean {near}?"
            )
    yield from preloaded(d)


@cache
def words(text: str) -> frozenset[str]:
    """Return the names in one of the lists."""
    return frozenset(text.split())


def _chosen(name: str, value: str) -> bool:
    return value.lower() in map(str.lower, CHOICES[name])


def _number(value: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", value)) or "{" in value


def _within(value: str, least: float, most: float) -> bool:
    return "{" in value or least <= float(value) <= most


def _in_its_unit(name: str, value: str) -> str:
    found = re.fullmatch(r"(\d{1,15})\s*([a-z]+)", value.strip().lower())
    size = (_SECONDS | _BYTES).get(found[2]) if found else None
    unit = _UNITS.get(name)
    if found and size and unit:
        return f'write "{int(int(found[1]) * size / unit)}"'
    return "write it in the parameter's own unit, without the unit"


def _meant(name: str) -> str | None:
    if name.startswith("rds."):
        known = words(OF_RDS)
    elif "." in name:
        return None  # of an extension
    else:
        known = words(NUMBERS) | words(OTHERS)
    if name in known:
        return None
    near = [(distance(name, each), each) for each in known if abs(len(each) - len(name)) <= 2]
    slips, closest = min(near, default=(9, ""))
    if slips <= 2 and len(name) > 5:
        return closest
    longer = sorted(each for each in known if each.startswith(name) and len(name) > 8)
    return " or ".join(longer) if 0 < len(longer) < 4 else None
