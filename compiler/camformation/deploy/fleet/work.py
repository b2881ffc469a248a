"""The work of one wave, and the StackSets calls that it makes."""

from collections.abc import Callable, Collection
from enum import StrEnum
from uuid import uuid4

from camformation.deploy.cloud.stack_sets import Preferences, StackSets
from camformation.deploy.fleet.calls import Call, Kind, Stage
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place
from camformation.frozen import frozen

CAREFUL = OperationSpec(0, None, 1, None, "STRICT_FAILURE_TOLERANCE", "SEQUENTIAL", ())
"""AWS's own defaults, for operations outside waves."""


class Verdict(StrEnum):
    """The end of a wave."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    DETACHED = "detached"


def nothing() -> None:
    """Check nothing."""


def no_more(places: Collection[Place]) -> Stage:
    """Return nothing: there is no last stage."""
    return ()


def new_id() -> str:
    """Return a new operation id."""
    return str(uuid4())


@frozen
class Work:
    """The operations to run. `check` raises DeployError if the StackSet is not as expected.

    `begun`: other operations of the same deployment have been started before. `then` returns the
    last stage, for the places where the others have succeeded.
    """

    name: str
    wave: str
    spec: OperationSpec
    stages: tuple[Stage, ...]
    managed: bool = True  # managed execution: several operations may run at once
    check: Callable[[], None] = nothing
    new_id: Callable[[], str] = new_id
    begun: bool = False
    then: Callable[[Collection[Place]], Stage] = no_more

    @property
    def places(self) -> frozenset[Place]:
        """All of its instances."""
        return frozenset(p for stage in self.stages for call in stage for p in call.covers)


def begin(
    stack_sets: StackSets, name: str, call: Call, preferences: Preferences, token: str
) -> str:
    """Make a call; return the id of the operation that it starts."""
    match call:
        case Call(kind=Kind.UPDATE_SET, request=request) if request is not None:
            return stack_sets.update(request, call.places, preferences, token)
        case Call(kind=Kind.CREATE, places=places) if places is not None:
            return stack_sets.create_instances(name, places, call.overrides, preferences, token)
        case Call(kind=Kind.UPDATE, places=places) if places is not None:
            return stack_sets.update_instances(name, places, call.overrides, preferences, token)
        case Call(kind=Kind.DELETE, places=places) if places is not None:
            return stack_sets.delete_instances(
                name, places, retain=call.retain, preferences=preferences, token=token
            )
        case Call(kind=Kind.IMPORT):
            return stack_sets.import_stacks(
                name,
                call.stack_ids,
                call.organizational_units,
                preferences,
                token,
                stack_ids_url=call.stack_ids_url,
            )
        case Call(kind=Kind.DRIFT):
            return stack_sets.detect_drift(name, preferences, token)
    raise ValueError(call)
