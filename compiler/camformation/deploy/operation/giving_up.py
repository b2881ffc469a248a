"""The end of a wait that cannot succeed: services that repeatedly fail in the same way."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.operation.events import Failure, Notice
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.rollout import Rollouts
from camformation.deploy.operation.signatures import advice_on, recognised, said_of
from camformation.deploy.plan.symbols import STACK
from camformation.diagnostics import Locate
from camformation.frozen import replaced

GiveUp = Callable[[str, Failure], Choice | None]
"""Called once for each repeating failure, with the kind of operation; returns the decision.

None and CONTINUE: keep waiting.
"""


def never(kind: str, failure: Failure) -> Choice | None:
    """Keep waiting, whatever fails."""
    return None


def repeated(
    rollouts: Rollouts, locate: Locate, now: datetime
) -> Iterator[tuple[Failure, ServiceState]]:
    """Yield the repeatedly failing services, as failures, and their state."""
    for event, state, found in rollouts.verdicts(now):
        said = rollouts.said(event.physical_id)
        yield (
            Failure(
                time=now,
                component=event.component,
                logical_id=event.logical_id,
                type=event.type,
                status=event.status,
                reason=found.reason,
                physical_id=event.physical_id,
                location=locate(event.component, event.logical_id, ()),
                evidence=found.evidence,
                service_events=said,
                hint=advice_on(said_of(None, found.evidence, said)),
                repeated=found.times,
            ),
            state,
        )


def told(failure: Failure, now: datetime) -> Notice:
    """Return the notice that a failure repeats."""
    name = f"{failure.component}/{failure.logical_id}"
    known = recognised(said_of(None, failure.evidence, failure.service_events))
    return Notice(
        time=now,
        code="CAM783",
        message=f"{name} cannot succeed: {failure.reason}",
        hint=known.advice if known else None,
    )


def given_up_first(
    given_up: Iterable[Failure], found: Iterable[Failure], stack_id: str
) -> tuple[Failure, ...]:
    """Return the failures, the given-up service first.

    It replaces CloudFormation's failures of the same resources and of the stack, which only say
    that the update was cancelled.
    """
    first = {(each.component, each.logical_id): each for each in given_up}
    if not first:
        return tuple(found)
    rest = []
    for each in found:
        key = (each.component, each.logical_id)
        own = each.type == STACK and each.physical_id == stack_id
        if key in first and not each.rolling_back:
            first[key] = replaced(first[key], evidence=first[key].evidence or each.evidence)
        elif not own:
            rest.append(each)
    return (*first.values(), *rest)
