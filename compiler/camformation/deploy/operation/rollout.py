"""ECS rollouts during an operation, and the evidence that failed tasks leave.

A rollback deletes a service that could not be created, and with it the way to its tasks. So they
are looked at while CloudFormation still waits for them, and what is found is kept.
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
from camformation.deploy.cloud.services import ServiceDeployment, ServiceState
from camformation.deploy.operation.events import Evidence, Notice, Output, ResourceEvent, Rollout
from camformation.deploy.operation.evidence import EvidenceReader, unreadable
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
        self._superseded: dict[str, set[str]] = {}  # task definitions that were on their way out
        self._evidence: dict[str, Evidence] = {}
        self._failed: dict[str, int] = {}
        self._over: set[str] = set()  # looked at once more after they failed
        self._denied = False

    def note(self, event: ResourceEvent) -> None:
        """Take notice of a resource event: of services, and of what is evidence on them."""
        self._reader.note(event)
        if event.type.startswith(FUNCTIONS) and event.status in FAILED:
            self._functions[event.logical_id] = None
        if event.type != SERVICE or not event.physical_id:
            return
        parts = event.physical_id.rpartition(":")[2].split("/")
        if len(parts) == 3:  # arn:…:service/CLUSTER/NAME; older ARNs have no cluster
            self._watched[event.physical_id] = _Watched(event, parts[1], parts[2])

    def look(self, now: datetime) -> Iterator[Rollout | Notice]:
        """Yield the services that changed since the last look, once more after they failed.

        ECS is beside the point here, so whatever it refuses does not stop the operation's view;
        only expired credentials do.
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
        """Look for what failed services left, after the operation; say what cannot be read.

        Tasks are known for a while after their service is gone.
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
        """Return what the function of a custom resource that failed has written."""
        return self._functions.get(logical_id)

    def evidence(self, arn: str | None) -> Evidence | None:
        """Return what a service's last failed task left behind."""
        return self._evidence.get(arn or "")

    def said(self, arn: str | None) -> tuple[str, ...]:
        """Return a service's last events, newest first."""
        state = self._last.get(arn or "")
        return tuple(text for _, text in state.events[:EVENTS]) if state else ()

    def gone_back(self, now: datetime) -> Iterator[Notice]:
        """Yield a notice for each service that ECS rolled back by itself.

        ECS may roll a service back by itself and CloudFormation still say COMPLETE
        (aws/containers-roadmap#1369).
        """
        for arn in self._last:
            each = self._watched[arn]
            try:
                found = self._services.services(each.cluster, [each.name])
            except DeployError:
                return
            primary = next(filter(None, map(_primary, found)), None)
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
        over = each.event.status.endswith("_FAILED")
        if before == state and not over:
            return
        self._last[state.arn] = state
        if primary := _primary(state):
            self._superseded.setdefault(state.arn, set()).update(
                deployment.task_definition
                for deployment in state.deployments
                if deployment.task_definition != primary.task_definition
            )
        failed = sum(deployment.failed for deployment in state.deployments)
        found = None
        if over or failed > self._failed.get(state.arn, 0):
            found = self._reader.of_service(each.cluster, each.name)
        self._failed[state.arn] = failed
        if found:
            self._evidence[state.arn] = found
        if before != state or found:
            yield Rollout(
                time=now,
                component=each.event.component,
                logical_id=each.event.logical_id,
                service=state,
                evidence=self._evidence.get(state.arn),
            )

    def _worth(self, arn: str, event: ResourceEvent) -> bool:
        return event.status in WORKING or (event.status in FAILED and arn not in self._over)


def _primary(state: ServiceState) -> ServiceDeployment | None:
    return next((each for each in state.deployments if each.status == "PRIMARY"), None)
