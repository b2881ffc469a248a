"""Wording shared by the reports of a running deployment."""

from collections.abc import Iterable, Iterator

from camformation.deploy.cloud.services import DeniedCall, ServiceDeployment, ServiceState
from camformation.deploy.operation.events import (
    Detached,
    Evidence,
    Failure,
    Finished,
    Output,
    Started,
    Waiting,
)

DOING = {
    "CREATE": "creating",
    "UPDATE": "updating",
    "DELETE": "deleting",
    "ROLLBACK": "rolling back",
    "IMPORT": "importing into",
}
DONE = {"CREATE": "created", "UPDATE": "updated", "DELETE": "deleted"}


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `4 min 10 s`."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def usual(range_: tuple[int, int] | None) -> str:
    """Return the usual duration in parentheses; nothing if it is not known."""
    if range_ is None:
        return ""
    low, high = range_
    if high < 120:
        return f"usually {low}-{high} s"
    return f"usually {max(1, round(low / 60))}-{round(high / 60)} min"


def waiting(each: Waiting, seconds: float) -> str:
    """Return the awaited resource, the time so far, and the usual duration."""
    known = usual(each.usual)
    late = each.usual is not None and seconds > 2 * each.usual[1]
    return (
        f"{each.component}/{each.logical_id} ({each.type}) for {duration(seconds)}"
        + (f", {known}" if known else "")
        + (": unusually long" if late else "")
    )


def started(event: Started) -> str:
    """Return one line on the start."""
    mode = " in mode EXPRESS" if event.express else ""
    by = f", begun by {event.by}" if event.by else ""
    since = f" since {event.time:%Y-%m-%d %H:%M:%S %Z}" if event.resumed else ""
    return f"{DOING.get(event.kind, event.kind)} stack {event.stack}{mode}{since}{by}"


def printable(text: str) -> str:
    """Return foreign text as a line without control characters for the terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "�" for c in text.rstrip())


def rollout(deployment: ServiceDeployment) -> str:
    """Return one line on a rollout of a service."""
    revision = deployment.task_definition.rpartition("/")[2] or deployment.id
    return (
        f"{deployment.status} {revision}: {deployment.running} of {deployment.desired} running, "
        f"{deployment.pending} pending, {deployment.failed} failed"
    )


def service(state: ServiceState) -> Iterator[str]:
    """Yield lines on a service: its rollouts, newest first."""
    yield from map(rollout, state.deployments)


def passing(reason: str) -> str:
    """Return one line on a temporary failure."""
    return f"waiting, because {reason}; this passes by itself"


def evidence(found: Evidence) -> Iterator[str]:
    """Yield lines on the last task that failed."""
    yield f"task {found.task} stopped: {found.stopped_reason}"
    for container in found.containers:
        code = "" if container.exit_code is None else f" exited with code {container.exit_code}"
        said = container.reason if container.reason != found.stopped_reason else None
        reason = f": {said}" if said else ""
        if reason or container.exit_code:
            yield f"container {container.name}{code}{reason}"
    for target in found.targets:
        port = f" on port {target.port}" if target.port else ""
        reason = f"{target.reason}: {target.description}".strip(": ")
        yield f"the load balancer reports the target{port} {target.state}: {reason}"
    if found.log:
        yield "its last log lines:"
        yield from (f"  {printable(line.text)}" for line in found.log)


def output(found: Output | None) -> Iterator[str]:
    """Yield the log lines of a function."""
    if found:
        yield f"the end of the log {found.group}:"
        yield from (f"  {printable(line.text)}" for line in found.lines)


def failure(found: Failure) -> Iterator[str]:
    """Yield lines on a failure: the resource, the reason, the line of the spec, and the
    evidence."""
    named = f" {found.physical_id}" if found.physical_id else ""
    phase = " in the rollback" if found.rolling_back else ""
    at = f"{found.component}/{found.logical_id}"
    yield f"{at} ({found.type}{named}): {found.status}{phase}"
    yield f"    {found.reason}"
    if found.location:
        yield f"    spec: {found.location}"
    if found.evidence:
        yield from (f"    {line}" for line in evidence(found.evidence))
    yield from (f"    {line}" for line in output(found.output))
    yield from (f"    ECS: {text}" for text in found.service_events)
    if found.hint:
        yield f"    hint: {found.hint}"


def finished(event: Finished) -> str:
    """Return the text of the last line."""
    if not event.changed:
        if event.reason:
            return f"no resource of {event.stack} changes, but {event.reason}"
        return f"no changes: {event.stack} matches the spec"
    if event.succeeded:
        done = DONE.get(event.status.partition("_")[0], "done")
        if "ROLLBACK" in event.status:
            done = "rolled back"
        return f"{done} stack {event.stack} in {duration(event.elapsed)}"
    because = (
        f": {event.failures[0].component}/{event.failures[0].logical_id}"
        if (event.failures)
        else (f": {event.reason}" if event.reason else "")
    )
    return f"stack {event.stack} failed after {duration(event.elapsed)}: {event.status}{because}"


def denied(calls: Iterable[DeniedCall]) -> Iterator[str]:
    """Yield a line for each call that was denied."""
    for each in calls:
        who = f" to {each.principal}" if each.principal else ""
        yield f"{each.time:%H:%M:%S} {each.action}{who}: {printable(each.message or each.code)}"


def detached(event: Detached) -> Iterator[str]:
    """Yield lines on detaching."""
    why = f" ({event.reason})" if event.reason else ""
    going = "continues with" if event.certain else "may be working on"
    yield f"detached{why}: CloudFormation {going} {event.stack}"
    yield f"follow it with: {event.reattach}"
