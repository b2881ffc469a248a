"""Operations to follow: steps of the usual kinds, and what came of following them."""

from collections.abc import Iterable
from typing import Any, TypeVar

from camformation.deploy.operation.events import Event, Finished
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.progress import follow
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import STACK, FakeStack, Step

T = TypeVar("T")

SERVICE_ARN = "arn:aws:ecs:eu-west-2:111122223333:service/camunda-cluster/core"
CANCELLED = "Resource creation cancelled"
NOT_STABLE = (
    'Resource handler returned message: "DB instance class db.x is not\n available" '
    "(RequestToken: 1234-abcd, HandlerErrorCode: InvalidRequest)"
)


def nested(fake: FakeCloud, root: FakeStack, logical_id: str, at: float, status: str) -> Step:
    """The parent's event about a nested stack."""
    child = fake.stacks.child(root, logical_id)
    return Step(at, status, logical_id, STACK, physical_id=child.id)


def created(stack: str, at: float, seconds: float, *logical_ids: str) -> list[Step]:
    """Resources that are created one after the other."""
    steps = []
    for number, name in enumerate(logical_ids):
        begin = at + number * seconds
        steps += [
            Step(begin, "CREATE_IN_PROGRESS", name, stack=stack),
            Step(begin + seconds, "CREATE_COMPLETE", name, stack=stack),
        ]
    return steps


def of(kind: type[T], events: Iterable[Event]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def end(events: list[Event]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    return last


def followed(
    fake: FakeCloud, root: FakeStack, steps: list[Step], kind: str = "CREATE", **more: Any
) -> list[Event]:
    """Play an operation and follow it to its end."""
    before = fake.stacks.find(root.id)
    assert before
    after = before.events[-1].id if before.events else None
    fake.stacks.play(root, steps)
    operation = Operation(root.id, root.name, kind, after)
    return list(follow(fake.cloud, fake.clock, operation, **more))
