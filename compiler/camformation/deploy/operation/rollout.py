"""ECS rollouts during an operation, and the evidence of failed tasks.

A rollback deletes a service that could not be created, and with it the access to its tasks. So they
are read while CloudFormation still waits for them, and the findings are kept.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from camformation.deploy.cloud.protocols import (
    AccessDenied,
    Cloud,
    CredentialsExpired,
    DeployError,
    Throttled,
    Unreachable,
)
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.operation.attempts import NEVER, Attempts, primary_of
from camformation.deploy.operation.events import Evidence, Notice, Output, ResourceEvent, Rollout
from camformation.deploy.operation.evidence import EvidenceReader, unreadable
from camformation.deploy.operation.redaction import redacted
from camformation.deploy.operation.verdict import Verdict
from camformation.frozen import frozen

SERVICE = "AWS::ECS::Service"
WORKING = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
FAILED = ("CREATE_FAILED", "UPDATE_FAILED")
FUNCTIONS = ("Custom::", "AWS::CloudFormation::CustomResource")
EVENTS = 5


@frozen
class _Watched:
    event: ResourceEvent
    cluster: str
    name: str


class Rollouts:
    """The ECS services of one operation."""

    def __init__(self, cloud: Cloud, log_groups: tuple[str, ...] = ()) -> None:
        self._services = cloud.services
        self._reader = EvidenceReader(cloud, log_groups)
        self._functions: dict[str, Output | None] = {}  # by the custom resource's logical ID
        self._watched: dict[str, _Watched] = {}  # by service ARN
        self._last: dict[str, ServiceState] = {}
        self._superseded: dict[str, set[str]] = {}  # task definitions that were being replaced
        self._evidence: dict[str, Evidence] = {}
        self._attempts: dict[str, Attempts] = {}
        self._waits: dict[str, str | None] = {}
        self._over: set[str] = set()  # read once more after they failed
        self._denied = False

    def note(self, event: ResourceEvent) -> None:
        """Record a resource event: services, and the sources of evidence about them."""
        self._reader.note(event)
        if event.type.startswith(FUNCTIONS) and event.status in FAILED:
            self._functions[event.logical_id] = None
        if event.type != SERVICE or not event.physical_id:
            return
        parts = event.physical_id.rpartition(":")[2].split("/")
        if len(parts) == 3:  # arn:…:service/CLUSTER/NAME; older ARNs have no cluster
            self._watched[event.physical_id] = _Watched(event, parts[1], parts[2])

    def look(self, now: datetime) -> Iterator[Rollout | Notice]:
        """Yield the services that changed since the last poll, once more after they failed.

        ECS is not essential here, so refusals do not stop the operation's view; only expired
        credentials do.
        """
        looking = {arn: each for arn, each in self._watched.items() if self._worth(arn, each.event)}
        by_cluster: dict[str, list[str]] = {}
        for each in looking.values():
            by_cluster.setdefault(each.cluster, []).append(each.name)
        self._read_outputs()
        if self._denied:
            return
        try:
            for cluster, names in by_cluster.items():
                for state in self._services.services(cluster, sorted(names)):
                    if state.arn in looking:
                        yield from self._changed(now, looking[state.arn], state)
        except (Throttled, Unreachable):
            return
        except CredentialsExpired:
            raise
        except DeployError as error:
            self._denied = isinstance(error, AccessDenied)
            if self._denied:
                yield unreadable(now, "ECS services", error)
        self._over |= {arn for arn, each in looking.items() if each.event.status in FAILED}
        yield from self._reader.gaps(now)

    def look_back(self, events: Iterable[ResourceEvent], now: datetime) -> Iterator[Notice]:
        """Read the evidence of failed services after the operation; report unreadable parts.

        Tasks are known for a while after their service is deleted.
        """
        failed = {each.physical_id: each for each in events if each.status in FAILED}
        for each in events:
            self._reader.note(each)
        for event in failed.values():
            self.note(event)
        self._read_outputs()
        for arn in failed:
            if arn not in self._watched:
                continue
            watched = self._watched[arn]
            try:
                for state in self._services.services(watched.cluster, [watched.name]):
                    self._last[state.arn] = state
                if found := self._reader.of_service(watched.cluster, watched.name):
                    self._evidence[arn] = found
            except CredentialsExpired:
                raise
            except DeployError as error:
                yield unreadable(now, "ECS services", error)
                break
        yield from self._reader.gaps(now)

    def output(self, logical_id: str) -> Output | None:
        """Return the log lines of a failed custom resource's function."""
        return self._functions.get(logical_id)

    def evidence(self, arn: str | None) -> Evidence | None:
        """Return the evidence of a service's last failed task."""
        return self._evidence.get(arn or "")

    def said(self, arn: str | None) -> tuple[str, ...]:
        """Return a service's last events, newest first."""
        state = self._last.get(arn or "")
        return tuple(redacted(text) for _, text in state.events[:EVENTS]) if state else ()

    def verdicts(self, now: datetime) -> Iterator[tuple[ResourceEvent, ServiceState, Verdict]]:
        """Yield the services in progress that repeatedly fail in the same way."""
        for arn, each in self._watched.items():
            attempts = self._attempts.get(arn)
            if attempts and each.event.status in WORKING and (found := attempts.verdict(now)):
                yield each.event, self._last[arn], found

    def gone_back(self, now: datetime) -> Iterator[Notice]:
        """Yield a notice for each service that ECS rolled back by itself.

        ECS may roll back a service by itself while CloudFormation still reports COMPLETE
        (aws/containers-roadmap#1369).
        """
        for arn in self._last:
            each = self._watched[arn]
            try:
                found = self._services.services(each.cluster, [each.name])
            except DeployError:
                return
            primary = next(filter(None, map(primary_of, found)), None)
            if primary is None:
                continue
            back = primary.task_definition in self._superseded.get(arn, ())
            if back or primary.rollout_state == "FAILED":
                does = (
                    "was rolled back to its previous task definition"
                    if back
                    else "is not rolled out"
                )
                why = f": {primary.rollout_reason}" if primary.rollout_reason else ""
                yield Notice(
                    time=now,
                    code="CAM634",
                    message=f"the ECS service {each.name} {does}, although CloudFormation "
                    f"reports success{why}",
                    hint="check its events and its stopped tasks, fix the cause, and deploy again",
                )

    def _read_outputs(self) -> None:
        for logical_id, found in self._functions.items():
            if found is None:
                self._functions[logical_id] = self._reader.of_function()

    def _changed(self, now: datetime, each: _Watched, state: ServiceState) -> Iterator[Rollout]:
        before = self._last.get(state.arn)
        over = each.event.status in FAILED
        attempts = self._attempts.get(state.arn)
        if attempts is None:
            updated = each.event.status.startswith("UPDATE")
            since = each.event.time if updated else NEVER
            attempts = Attempts(self._reader, each.cluster, each.name, since)
            self._attempts[state.arn] = attempts
        found = None
        if before != state or over:
            if primary := primary_of(state):
                self._superseded.setdefault(state.arn, set()).update(
                    deployment.task_definition
                    for deployment in state.deployments
                    if deployment.task_definition != primary.task_definition
                )
            found = attempts.read(state, now)
            if over and found is None and state.arn not in self._evidence:
                found = self._reader.of_service(each.cluster, each.name)
            if found:
                self._evidence[state.arn] = found
            self._last[state.arn] = state
        if not over:
            attempts.look(now)
        waits, waited = attempts.waits_for, self._waits.get(state.arn)
        self._waits[state.arn] = waits
        if before != state or found or waits != waited:
            yield Rollout(
                time=now,
                component=each.event.component,
                logical_id=each.event.logical_id,
                service=state,
                evidence=self._evidence.get(state.arn),
                waits_for=waits,
            )

    def _worth(self, arn: str, event: ResourceEvent) -> bool:
        return event.status in WORKING or (event.status in FAILED and arn not in self._over)
