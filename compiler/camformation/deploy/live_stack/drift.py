"""Drift of a deployment, nested stacks included: changes made outside CloudFormation.

CloudFormation detects the drift of one stack at a time without nested stacks, so each is checked
separately.
"""

from collections.abc import Callable, Mapping
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Stacks
from camformation.deploy.cloud.stacks import DriftDetection, ResourceDrift
from camformation.deploy.live_stack.deployed import Deployed, require_deployed
from camformation.deploy.plan.secrecy import masked
from camformation.deploy.plan.symbols import STACK, Address, shown
from camformation.diagnostics import Location
from camformation.frozen import frozen

LocatePointer = Callable[[str, str], Location | None]
"""Takes a template's name and a JSON pointer; `Compiled.locate` is one."""

DETECTABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
)
"""Stacks that can be examined (AWS CloudFormation User Guide, Detect drift on an entire stack)."""

POLL_SECONDS = 3.0
LIMIT_SECONDS = 900.0


@frozen
class Difference:
    """A property that differs from the template; values are shown as in plans, with secrets
    masked."""

    path: str  # JSON pointer into the resource's properties
    kind: str  # ADD | REMOVE | NOT_EQUAL
    expected: str | None
    actual: str | None
    location: Location | None = None


@frozen
class Drifted:
    """A resource that was changed or deleted, or that CloudFormation could not check."""

    component: str
    logical_id: str
    physical_id: str | None
    type: str
    status: str  # MODIFIED | DELETED | UNKNOWN
    differences: tuple[Difference, ...] = ()
    location: Location | None = None
    reason: str | None = None


@frozen
class ComponentDrift:
    """One stack's drift."""

    component: str
    status: str  # DRIFTED | IN_SYNC | NOT_CHECKED | UNKNOWN | FAILED
    resources: tuple[Drifted, ...] = ()
    reason: str | None = None


@frozen
class Drift:
    """A deployment's drift, the root stack first."""

    deployment: str
    components: tuple[ComponentDrift, ...]

    @property
    def drifted(self) -> bool:
        """Whether anything differs from the templates."""
        return any(r.status != "UNKNOWN" for c in self.components for r in c.resources)

    @property
    def complete(self) -> bool:
        """Whether everything could be examined."""
        return not any(
            c.status in ("FAILED", "UNKNOWN") or any(r.status == "UNKNOWN" for r in c.resources)
            for c in self.components
        )


def detect_drift(
    stacks: Stacks,
    clock: Clock,
    name: str,
    locate: LocatePointer = lambda template, pointer: None,
    *,
    poll: float = POLL_SECONDS,
    limit: float = LIMIT_SECONDS,
) -> Drift:
    """Compare a deployment with its templates; `poll` and `limit` are seconds.

    Raises DeployError if nothing is deployed, if an operation is running or left a state that
    cannot be examined, or if it takes longer than `limit`.
    """
    deployed = require_deployed(stacks, name)
    if deployed.stack.status not in DETECTABLE:
        raise DeployError(
            "CAM686",
            f"{name} is {deployed.stack.status}; CloudFormation detects no drift in that state",
            "wait for the operation with `camformation watch`, or deploy again",
        )
    begun = {component: stacks.detect_drift(arn) for component, arn in deployed.stacks.items()}
    ended = _wait(stacks, clock, begun, poll, limit)
    return Drift(
        deployed.name,
        tuple(
            _component(stacks, deployed, component, ended[component], locate) for component in begun
        ),
    )


def _wait(
    stacks: Stacks, clock: Clock, begun: Mapping[str, str], poll: float, limit: float
) -> dict[str, DriftDetection]:
    ended: dict[str, DriftDetection] = {}
    waited = 0.0
    while True:
        for component, detection in begun.items():
            if component not in ended:
                state = stacks.drift_detection(detection)
                if state.status != "DETECTION_IN_PROGRESS":
                    ended[component] = state
        if len(ended) == len(begun):
            return ended
        if waited >= limit:
            left = ", ".join(component for component in begun if component not in ended)
            raise DeployError(
                "CAM687",
                f"drift detection did not finish within {limit:.0f} s: {left}",
                "CloudFormation continues with it: try again later",
            )
        clock.sleep(poll)
        waited += poll


def _component(
    stacks: Stacks,
    deployed: Deployed,
    component: str,
    detection: DriftDetection,
    locate: LocatePointer,
) -> ComponentDrift:
    found = [
        _drifted(component, drift, locate)
        for drift in stacks.resource_drifts(deployed.stacks[component])
        if drift.status in ("MODIFIED", "DELETED", "UNKNOWN") and drift.type != STACK
    ]
    failed = detection.status == "DETECTION_FAILED"
    status = "FAILED" if failed else detection.stack_status or "UNKNOWN"
    return ComponentDrift(component, status, tuple(found), detection.reason)


def _drifted(component: str, drift: ResourceDrift, locate: LocatePointer) -> Drifted:
    address = Address(component, drift.logical_id)
    place = f"/Resources/{address.logical_id}"
    return Drifted(
        component,
        drift.logical_id,
        drift.physical_id,
        drift.type,
        drift.status,
        tuple(
            Difference(
                path,
                kind,
                _visible(path, expected),
                _visible(path, actual),
                locate(component, f"{place}/Properties{path}"),
            )
            for path, kind, expected, actual in drift.differences
        ),
        locate(component, place),
        drift.reason,
    )


def _visible(path: str, value: Any) -> str | None:
    steps = tuple(step for step in path.split("/") if step)
    visible, _ = masked(steps, value)
    return None if visible is None else shown(visible)
