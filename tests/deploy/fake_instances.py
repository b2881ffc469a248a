"""How CloudFormation works through an operation of a StackSet: which instance when, to what end.

An operation's course is worked out when it starts, from what the test scripted, and is only looked
at afterwards: a poll costs nothing, however many instances there are.
"""

import heapq
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from camformation.deploy.cloud.stack_sets import (
    InstanceDrift,
    Operation,
    Preferences,
    StackInstance,
)
from deploy.fake_stacks import START

Key = tuple[str, str]  # account and region
STOPPED = "Cancelled since the operation was stopped"
TOLERANCE = "Cancelled since failure tolerance has exceeded"


@dataclass
class Work:
    """What an operation does to one instance; `reason` is why it fails. Times are seconds."""

    starts: float
    ends: float
    reason: str = ""
    cancelled: bool = False

    def status(self, now: float) -> str:
        if self.cancelled:
            return "CANCELLED" if self.ends <= now else "PENDING"
        if now < self.starts:
            return "PENDING"
        if now < self.ends:
            return "RUNNING"
        return "FAILED" if self.reason else "SUCCEEDED"


@dataclass
class Course:
    """What an operation will do to each instance, unless it is stopped."""

    works: dict[Key, Work] = field(default_factory=dict)
    exceeded: bool = False  # the failure tolerance of a region
    ends: float = 0.0
    failed_at: list[float] = field(default_factory=list)

    def failures(self, now: float) -> int:
        return bisect_right(self.failed_at, now)

    def stop(self, now: float) -> None:
        """Cancel what has not begun; what has is finished."""
        for work in self.works.values():
            if work.starts > now or (work.cancelled and work.ends > now):
                work.starts = work.ends = now
                work.reason, work.cancelled = "", True
        self.sum_up(now)

    def sum_up(self, at: float) -> None:
        self.ends = max((work.ends for work in self.works.values()), default=at)
        self.failed_at = sorted(work.ends for work in self.works.values() if work.reason)


@dataclass
class FakeOperation:
    """What was asked for; its course is known once it has started."""

    id: str
    action: str
    created: datetime
    keys: list[Key]
    preferences: Preferences
    units: Mapping[str, str] = field(default_factory=dict)  # account: the unit it was chosen by
    overrides: Mapping[str, str] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the StackSet at its start
    retain: bool = False
    imports: Mapping[Key, str] = field(default_factory=dict)  # stack ids
    course: Course | None = None
    stopped: bool = False
    outdated: bool = False  # the StackSet was changed since it began

    @property
    def ends(self) -> float:
        assert self.course
        return self.course.ends

    def ended(self, now: float) -> bool:
        return self.course is not None and self.ends <= now

    def status(self, now: float) -> str:
        if not self.ended(now):
            if self.stopped:
                return "STOPPING" if self.course else "STOPPED"
            return "RUNNING" if self.course else "QUEUED"
        assert self.course
        if self.stopped:
            return "STOPPED"
        return "FAILED" if self.course.exceeded else "SUCCEEDED"

    def told(self, now: float) -> Operation:
        ended = START + timedelta(seconds=self.ends) if self.ended(now) else None
        failures = self.course.failures(now) if self.course else 0
        return Operation(self.id, self.action, self.status(now), self.created, ended, "", failures)

    def result(self, key: Key, now: float) -> tuple[str, str]:
        """Return status and reason of what it did to one instance."""
        if self.course is None:
            return ("CANCELLED", STOPPED) if self.stopped else ("PENDING", "")
        work = self.course.works[key]
        match status := work.status(now):
            case "FAILED":
                return status, work.reason
            case "CANCELLED":
                return status, STOPPED if self.stopped else TOLERANCE
            case _:
                return status, ""


@dataclass
class FakeInstance:
    """An instance as it was before `by`, the operation that it is part of, if any."""

    seen: StackInstance
    overrides: Mapping[str, str] = field(default_factory=dict)
    deployed: Mapping[str, str] | None = None  # parameters of the stack
    drifts: tuple[InstanceDrift, ...] = ()
    drift_operation: str = ""
    by: FakeOperation | None = None

    def at(
        self, now: float, drifted: Mapping[Key, tuple[InstanceDrift, ...]]
    ) -> "FakeInstance | None":
        """Return the instance as it is now, None once it is deleted."""
        if self.by is None or self.by.course is None:
            return self
        key = self.seen.account, self.seen.region
        status, reason = self.by.result(key, now)
        if self.by.action == "DETECT_DRIFT":
            return self._drifted(drifted.get(key, ())) if status == "SUCCEEDED" else self
        seen = replace(
            self.seen, detailed_status=status, reason=reason, last_operation_id=self.by.id
        )
        if status in ("PENDING", "RUNNING", "CANCELLED"):
            return replace(self, seen=seen)
        overrides = self.overrides if self.by.overrides is None else self.by.overrides
        match self.by.action, status:
            case "DELETE", "SUCCEEDED":
                return None
            case "DELETE", _:
                seen = replace(seen, status="INOPERABLE", detailed_status="INOPERABLE")
                return replace(self, seen=seen)
            case "IMPORT", "FAILED":
                seen = replace(seen, status="INOPERABLE", detailed_status="FAILED_IMPORT")
                return replace(self, seen=seen)
            case _, "FAILED":
                return replace(self, seen=replace(seen, status="OUTDATED"), overrides=overrides)
        account, region = key
        made = f"arn:aws:cloudformation:{region}:{account}:stack/StackSet-{self.by.id}/1"
        status = "OUTDATED" if self.by.outdated else "CURRENT"
        stack_id = self.by.imports.get(key) or seen.stack_id or made
        return replace(
            self,
            seen=replace(seen, status=status, stack_id=stack_id),
            overrides=overrides,
            deployed={**self.by.parameters, **overrides},
        )

    def _drifted(self, drifts: tuple[InstanceDrift, ...]) -> "FakeInstance":
        assert self.by
        status = "DRIFTED" if drifts else "IN_SYNC"
        seen = replace(self.seen, drift_status=status, last_operation_id=self.by.id)
        return replace(self, seen=seen, drifts=drifts, drift_operation=self.by.id)


def course(
    keys: Sequence[Key],
    preferences: Preferences,
    at: float,
    reasons: Mapping[Key, str],
    seconds: Mapping[Key, float],
) -> Course:
    """Return the course of an operation that starts `at`.

    Per region: as many accounts at once as MaxConcurrent allows; in STRICT mode never more than
    FailureTolerance + 1 less the failures so far. More failures than tolerated cancel what has not
    begun, there and in the regions after it. Simplified: parallel regions know nothing of each
    other, and regions that RegionOrder leaves out follow in the order of the request.
    """
    found = Course()
    regions = list(dict.fromkeys(region for _, region in keys))
    order = {region: place for place, region in enumerate(preferences.region_order)}
    regions.sort(key=lambda region: order.get(region, len(order)))
    starts = at
    for region in regions:
        mine = [key for key in keys if key[1] == region]
        parallel = preferences.region_concurrency_type == "PARALLEL"
        if found.exceeded and not parallel:
            found.works |= {key: Work(starts, starts, cancelled=True) for key in mine}
            continue
        works, exceeded = _region(mine, preferences, at if parallel else starts, reasons, seconds)
        found.works |= works
        found.exceeded |= exceeded
        starts = max(starts, *(work.ends for work in works.values()))
    found.sum_up(at)
    return found


def _region(
    keys: Sequence[Key],
    preferences: Preferences,
    at: float,
    reasons: Mapping[Key, str],
    seconds: Mapping[Key, float],
) -> tuple[dict[Key, Work], bool]:
    tolerance = preferences.failure_tolerance_count or 0
    if preferences.failure_tolerance_percentage is not None:
        tolerance = len(keys) * preferences.failure_tolerance_percentage // 100
    most = preferences.max_concurrent_count or 1
    if preferences.max_concurrent_percentage is not None:
        most = max(1, len(keys) * preferences.max_concurrent_percentage // 100)
    strict = preferences.concurrency_mode != "SOFT_FAILURE_TOLERANCE"
    works: dict[Key, Work] = {}
    running: list[tuple[float, bool]] = []  # a heap: when it ends, whether it fails
    failures, now = 0, at
    for key in keys:
        while running and failures <= tolerance:
            limit = min(most, tolerance + 1 - failures) if strict else most
            if len(running) < limit and running[0][0] > now:
                break
            now, failed = heapq.heappop(running)
            failures += failed
        if failures > tolerance:
            works[key] = Work(now, now, cancelled=True)
            continue
        works[key] = Work(now, now + seconds[key], reasons.get(key, ""))
        heapq.heappush(running, (works[key].ends, bool(works[key].reason)))
    failures += sum(failed for _, failed in running)
    return works, failures > tolerance
