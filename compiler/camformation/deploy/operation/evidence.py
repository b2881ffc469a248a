"""Evidence from failed tasks and functions, and the parts that could not be read."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.services import LogLine, TargetState, TaskState
from camformation.deploy.live_stack.logs import event_level, plain_text
from camformation.deploy.operation.events import Denied, Evidence, Notice, Output, ResourceEvent
from camformation.deploy.operation.log_window import LAST, READ, telling
from camformation.deploy.operation.redaction import redacted

LOG_GROUP = "AWS::Logs::LogGroup"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
STREAMS = 3  # of a function's log group
ON_PURPOSE = "Scaling activity initiated by"
"""ECS's reasons for stopping tasks that are no longer needed."""


class EvidenceReader:
    """Reads evidence while it exists. Missing permissions are noted once, and not tried again."""

    def __init__(self, cloud: Cloud, log_groups: Iterable[str] = ()) -> None:
        self._cloud = cloud
        self._log_groups: dict[str, str] = dict.fromkeys(log_groups, "")  # with logical IDs
        self._target_groups: list[str] = []
        self._denied: dict[str, DeployError] = {}
        self._told: set[str] = set()

    def note(self, event: ResourceEvent) -> None:
        """Record the tasks' log groups and the load balancers' target groups."""
        if not event.physical_id:
            return
        if event.type == LOG_GROUP:
            self._log_groups[event.physical_id] = event.logical_id
        if event.type == TARGET_GROUP and event.physical_id not in self._target_groups:
            self._target_groups.append(event.physical_id)

    def of_service(self, cluster: str, name: str) -> Evidence | None:
        """Return the evidence of the last task that did not stop on purpose."""
        found = next(iter(self.failed_tasks(cluster, name)), None)
        return self.of_task(found) if found else None

    def failed_tasks(self, cluster: str, name: str) -> tuple[TaskState, ...]:
        """Return a service's tasks that did not stop on purpose, newest first."""
        stopped = self._cloud.services.tasks(cluster, name, stopped=True)
        return tuple(
            each for each in stopped if not (each.stopped_reason or "").startswith(ON_PURPOSE)
        )

    def of_task(self, task: TaskState) -> Evidence:
        """Return a task's evidence."""
        group, lines = self._logs(task)
        return Evidence(
            task=task.id,
            task_definition=task.task_definition,
            stopped_reason=redacted(task.stopped_reason or task.stop_code or "no reason given"),
            containers=tuple(
                replace(each, reason=redacted(each.reason)) if each.reason else each
                for each in task.containers
            ),
            log=lines,
            log_group=group,
            targets=tuple(self._unhealthy()),
        )

    def of_running(self, cluster: str, name: str) -> tuple[str, ...]:
        """Return the last log lines of a service's newest running task, newest first."""
        for task in self._cloud.services.tasks(cluster, name, stopped=False)[:1]:
            return tuple(line.text for line in reversed(self._logs(task, LAST)[1]))
        return ()

    def of_function(self) -> Output | None:
        """Return the last log lines of the database seed's function and task."""
        for group, logical_id in self._log_groups.items():
            if "Seed" not in logical_id:
                continue
            try:
                streams = self._cloud.services.log_streams(group, STREAMS)
                lines = [line for each in reversed(streams) for line in self._lines(group, each)]
            except CredentialsExpired:
                raise
            except DeployError as error:
                self.refused("the seed's log", error)
                return None
            if lines:
                return Output(group=group, lines=tuple(sorted(lines, key=lambda each: each.time)))
        return None

    def gaps(self, now: datetime) -> Iterator[Notice]:
        """Yield the parts that could not be read, each once."""
        for what, error in self._denied.items():
            if what not in self._told:
                self._told.add(what)
                yield unreadable(now, what, error)

    def _logs(self, task: TaskState, limit: int = READ) -> tuple[str | None, tuple[LogLine, ...]]:
        """Return the telling lines of each failed container, the worst one's last, and their group;
        of the others only if none failed. Streams are named after containers."""
        failed = [each for each in task.containers if each.exit_code not in (None, 0)]
        for group in self._log_groups:
            found: list[LogLine] = []
            for each in sorted(failed or task.containers, key=attrgetter("weight")):
                try:
                    found += self._lines(group, f"{each.name}/{each.name}/{task.id}", limit)
                except CredentialsExpired:
                    raise
                except DeployError as error:
                    self.refused("the tasks' logs", error)
                    return None, ()
            if found:
                return group, tuple(found)
        return None, ()

    def _lines(self, group: str, stream: str, limit: int = READ) -> tuple[LogLine, ...]:
        if "the tasks' logs" in self._denied:
            return ()
        lines = self._cloud.services.log_lines(group, stream, limit)
        return telling([replace_text(line) for line in lines])

    def _unhealthy(self) -> Iterator[TargetState]:
        """Yield the targets that load balancers do not find healthy, one for each reason."""
        if "the targets' health" in self._denied:
            return
        reasons: set[tuple[int | None, str, str]] = set()
        for group in self._target_groups:
            try:
                targets = self._cloud.targets.health(group)
            except CredentialsExpired:
                raise
            except DeployError as error:
                self.refused("the targets' health", error)
                return
            for each in targets:
                reason = (each.port, each.reason, each.description)
                if each.state in ("unhealthy", "unavailable") and reason not in reasons:
                    reasons.add(reason)
                    yield each

    def refused(self, what: str, error: DeployError) -> None:
        """Record a missing permission."""
        if isinstance(error, AccessDenied):
            self._denied.setdefault(what, error)


def denied_calls(cloud: Cloud, began: datetime, now: datetime) -> Iterator[Denied | Notice]:
    """Yield the calls that AWS has denied since a time, by any caller, if they can be read."""
    try:
        if calls := cloud.trail.denied(began, now):
            yield Denied(time=now, calls=calls)
    except CredentialsExpired:
        raise
    except AccessDenied as error:
        yield unreadable(now, "denied calls in CloudTrail", error)
    except DeployError:  # it is not essential
        return


def unreadable(now: datetime, what: str, error: DeployError) -> Notice:
    """Return the notice that evidence cannot be read, and why."""
    return Notice(
        time=now, code="CAM631", message=f"cannot read {what}: {error.message}", hint=error.hint
    )


def replace_text(line: LogLine) -> LogLine:
    """Return a line of a log as text, without secrets."""
    text = plain_text(line.text)
    level = "" if text is line.text else event_level(line.text)
    return replace(line, text=redacted(f"{level} {text}" if level else text))
