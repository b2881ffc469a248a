"""A live fleet in AWS: the StackSet, its instances, and their parameter overrides."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from camformation.deploy.cloud.errors import DeployError, Throttled, Unreachable
from camformation.deploy.cloud.parallel import in_parallel
from camformation.deploy.cloud.protocols import Clock
from camformation.deploy.cloud.stack_sets import Operation, StackInstance, StackSet, StackSets
from camformation.deploy.operation.retries import BRIEF_S, Backoff, retried_silently
from camformation.fleet.targets import Place
from camformation.frozen import frozen

CONNECTIONS = 8
CHUNK = 200
RECENT = 100  # operations looked at for running ones; a page of ListStackSetOperations

T = TypeVar("T")


@frozen
class Base:
    """Fingerprints of a fleet's state: equal ones mean that nothing has changed."""

    stack_set: str
    instances: str


@frozen
class Live:
    """A live fleet in AWS. `overrides` are those of the instances that were read.

    `version` of an instance is the id of its last operation, and tells whether overrides read
    earlier are still valid: only operations change them.
    """

    stack_set: StackSet | None
    instances: Mapping[Place, StackInstance]
    overrides: Mapping[Place, Mapping[str, str]]
    running: tuple[Operation, ...] = ()

    def has_stack(self, place: Place) -> bool:
        """Whether there is a stack; an instance whose creation failed has none."""
        return place in self.instances and self.instances[place].stack_id is not None

    @property
    def base(self) -> Base:
        """The fingerprints."""
        return fingerprints(self.stack_set, self.instances)


def read_live(
    stack_sets: StackSets,
    clock: Clock,
    name: str,
    wanted: Collection[Place],
    *,
    known: Callable[[StackInstance], Mapping[str, str] | None] = lambda instance: None,
) -> Live:
    """Return the fleet of that StackSet; one that does not exist yet has no instances.

    Overrides are read only for the instances at `wanted` places, with a call each: `known` may
    return them for an instance whose `last_operation_id` has not changed since they were read.
    """
    stack_set = retried_silently(clock, lambda: stack_sets.describe(name))
    if stack_set is None:
        return Live(None, {}, {})
    instances = read_instances(stack_sets, clock, name)
    overrides: dict[Place, Mapping[str, str]] = {}
    if stack_set.template.get("Parameters"):
        asked = []
        for place in wanted:
            if place in instances:
                earlier = known(instances[place])
                if earlier is None:
                    asked.append(place)
                else:
                    overrides[place] = earlier
        overrides |= _read_overrides(stack_sets, clock, name, asked)
    running = tuple(retried_silently(clock, lambda: running_operations(stack_sets, name)))
    return Live(stack_set, instances, overrides, running)


def read_instances(stack_sets: StackSets, clock: Clock, name: str) -> dict[Place, StackInstance]:
    """Return every instance of a StackSet, in order of account and region."""
    return retried_silently(clock, lambda: instances_of(stack_sets, name))


def instances_of(stack_sets: StackSets, name: str) -> dict[Place, StackInstance]:
    """Return every instance of a StackSet; AWS is called once."""
    found = sorted(stack_sets.instances(name), key=lambda each: (each.account, each.region))
    return {(each.account, each.region): each for each in found}


def running_operations(stack_sets: StackSets, name: str) -> list[Operation]:
    """Return the running operations, newest first, within AWS's latest page."""
    recent = islice(stack_sets.operations(name), RECENT)
    return [operation for operation in recent if operation.in_progress]


def fingerprints(stack_set: StackSet | None, instances: Mapping[Place, StackInstance]) -> Base:
    """Return fingerprints of a StackSet and of its instances."""
    digest = hashlib.sha256()
    for place, each in instances.items():
        state = (*place, each.status, each.detailed_status, each.stack_id, each.last_operation_id)
        digest.update(repr(state).encode())
    return Base(_digest(vars(stack_set) if stack_set else None), digest.hexdigest())


def base_of(stack_sets: StackSets, name: str) -> Base:
    """Return fingerprints of a fleet's current state; AWS is called once."""
    stack_set = stack_sets.describe(name)
    return fingerprints(stack_set, instances_of(stack_sets, name) if stack_set else {})


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return vars(value) if hasattr(value, "__dict__") else list(value)


def _read_overrides(
    stack_sets: StackSets, clock: Clock, name: str, places: Sequence[Place]
) -> dict[Place, Mapping[str, str]]:
    same: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}  # most are alike

    def read(place: Place) -> Mapping[str, str]:
        overrides = stack_sets.overrides(name, *place) or {}
        return same.setdefault(tuple(sorted(overrides.items())), overrides)

    return read_each(clock, places, read)


def read_each(clock: Clock, places: Sequence[Place], read: Callable[[Place], T]) -> dict[Place, T]:
    """Read many places, several at once; wait and retry if AWS throttles.

    Raises DeployError if none is answered for three minutes.
    """

    found: dict[Place, T] = {}

    def attempt(place: Place) -> DeployError | None:
        try:
            found[place] = read(place)
        except (Throttled, Unreachable) as error:
            return error
        return None

    waiting, backoff = list(places), Backoff(clock)
    while waiting:
        chunk, waiting = waiting[:CHUNK], waiting[CHUNK:]
        asked = zip(chunk, in_parallel(attempt, chunk, CONNECTIONS), strict=True)
        errors = {place: error for place, error in asked if error}
        if len(errors) < len(chunk):
            backoff.reset()
        if errors:
            waiting = [*errors, *waiting]
            clock.sleep(backoff.pause(next(iter(errors.values())), BRIEF_S))
    return found
