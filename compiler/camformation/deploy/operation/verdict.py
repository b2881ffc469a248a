"""Verdicts on failures that repeat: whether the same attempt fails again, or the failure passes.

Pure: based on the messages of failed tasks and their service.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from camformation.deploy.operation.events import Evidence
from camformation.deploy.operation.signatures import AWS, LOG, Recognised, Said, recognised, said_of
from camformation.frozen import frozen

TIMES = 3
"""Number of failures in a row for a verdict."""

APART = timedelta(seconds=30)
"""Least time between the first and the last of them. Tasks that start together fail together, and
IAM's changes take some seconds to arrive everywhere (IAM User Guide, Troubleshooting)."""

STAYS = timedelta(minutes=5)
"""Minimum time for which ECS was unable to start a task. It reports this once, and again after six
hours (Amazon ECS Developer Guide, Service event messages)."""

PERMANENT, TRANSIENT = "permanent", "transient"

EXCEPTION = re.compile(r"(?:[\w$]+[./])+(?P<name>[A-Z][\w$]*(?:Exception|Error|Failure))\b")
FRAME = re.compile(r"\bat (?P<where>(?:[\w$]+[./@])*[\w$<>]+\([^)]*?)(?::\d+)?\)")
PYTHON_FRAME = re.compile(r'File "(?P<where>[^"]+", line \d+, in \S+)')
FRAMES = 3
NETWORK = re.compile(
    "Connect|UnknownHost|NoRouteToHost|Timeout|Unavailable|SdkClient|SocketException|Interrupted"
    "|OperationalError|^IOException|EOF|SSL|ClosedChannel|Failover|Transient|Recoverable"
    "|HttpServerError|ResourceFailure|S3Exception"
)
"""Names of exceptions that may pass once something else is up."""


@frozen
class Attempt:
    """A service's failed attempt to run a task: the task's end, or ECS's message."""

    time: datetime
    evidence: Evidence | None = None
    said: str = ""


@frozen
class Cause:
    """The cause of a failed attempt. Attempts with equal keys failed in the same way."""

    key: tuple[str, ...]
    kind: str | None  # PERMANENT | TRANSIENT | None: it may pass, or may not
    reason: str


@frozen
class Verdict:
    """A failure that waiting does not solve."""

    times: int
    reason: str
    evidence: Evidence | None = None


def verdict(attempts: Iterable[Attempt]) -> Verdict | None:
    """Return the verdict on failed attempts of one rollout, None if it may still succeed.

    For a verdict, the last three have failed in the same way over some time, and that way does not
    pass by itself.
    """
    found = sorted(attempts, key=lambda each: each.time, reverse=True)
    if len(found) < TIMES:
        return None
    first = cause(found[0])
    if first is None or first.kind != PERMANENT:
        return None
    same = []
    for each in found:
        other = cause(each)
        if other is None or other.key != first.key:
            break
        same.append(each)
    if len(same) < TIMES or same[0].time - same[-1].time < APART:
        return None
    reason = f"its tasks failed {len(same)} times in a row in the same way: {first.reason}"
    return Verdict(len(same), reason, found[0].evidence)


def unplaced(attempts: Iterable[Attempt], now: datetime) -> Verdict | None:
    """Return the verdict on ECS's messages about tasks that it still cannot start."""
    last = max(attempts, key=lambda each: each.time, default=None)
    known = cause(last) if last else None
    if last is None or known is None or known.kind != PERMANENT or now - last.time < STAYS:
        return None
    minutes = round((now - last.time).total_seconds() / 60)
    return Verdict(1, f"ECS has been unable to start a task for {minutes} min: {known.reason}")


def cause(attempt: Attempt) -> Cause | None:
    """Return the cause of a failed attempt, if it can be identified."""
    found = attempt.evidence
    texts = list(said_of(attempt.said, found, ()))
    known = recognised(texts)
    if known and not known.generic:
        return Cause((known.key,), known.kind, known.means)
    codes = sorted(
        (each for each in (found.containers if found else ()) if each.exit_code),
        key=lambda each: each.weight,
    )
    if found and codes:
        # Lines of other containers come first, the failed one's last.
        name, frames = last_trace([each.text for each in found.log])
        if frames:
            kind = None if NETWORK.search(name) else PERMANENT
            code = codes[-1]
            reason = f"container {code.name} exited with code {code.exit_code}"
            reason += f" after the same stack trace: {name} at {frames[0]}"
            return Cause((str(code.exit_code), name, *frames), kind, reason)
    return Cause((known.key,), known.kind, known.means) if known else None


def last_trace(lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the exception of the last stack trace in a log, and its uppermost frames.

    A trace ends with its root cause. Messages and numbers of lines are left out: they differ.
    """
    text = "\n".join(lines)
    if python := list(PYTHON_FRAME.finditer(text)):
        said = [line for line in text[python[-1].end() :].splitlines() if line[:1].isalpha()]
        name = said[0].partition(":")[0] if said else "exception"
        return name, tuple(each["where"] for each in python[-FRAMES:])
    frames = list(FRAME.finditer(text))
    if not frames:
        return "exception", ()
    heads = [each for each in EXCEPTION.finditer(text) if each.start() < frames[-1].start()]
    heads = [each for each in heads if not _in_frame(each, frames)]
    begin = heads[-1].start() if heads else 0
    own = [each["where"].rpartition("(")[0] for each in frames if each.start() > begin]
    return heads[-1]["name"] if heads else "exception", tuple(own[:FRAMES])


def passing(
    attempts: Iterable[Attempt], events: Iterable[str], lines: Iterable[str]
) -> Recognised | None:
    """Return the transient failure for which a rollout waits: from the last failed attempt, ECS's
    events, or the logs of running tasks; None if none is known."""
    last = max(attempts, key=lambda each: each.time, default=None)
    said = list(said_of(last.said, last.evidence, ())) if last else []
    for texts in (said, [Said(AWS, each) for each in events], [Said(LOG, each) for each in lines]):
        known = recognised(texts)
        if known and known.kind == TRANSIENT:
            return known
    return None


def _in_frame(found: re.Match[str], frames: list[re.Match[str]]) -> bool:
    return any(each.start() <= found.start() < each.end() for each in frames)
