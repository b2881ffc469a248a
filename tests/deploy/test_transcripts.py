"""Whole operations, told to the last field: what is followed, and what a destruction does."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError, Refused, Throttled
from camformation.deploy.destruction.execution import destroy
from camformation.deploy.destruction.plan import plan_destruction
from camformation.deploy.operation.followed import Operation
from camformation.deploy.operation.interrupt import Choice, Control, nobody
from camformation.deploy.operation.progress import follow
from camformation.diagnostics import Location
from camformation.layout import Layout
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import FakeStack, Step
from deploy.following import CANCELLED, NOT_STABLE, created, end, nested
from deploy.live import live
from deploy.transcripts import transcript

Golden = Callable[[str, Any], None]
WRITER = "AWS::RDS::DBInstance"
SERVICE = "AWS::ECS::Service"


def ended_well(fake: FakeCloud, root: FakeStack) -> list[Step]:
    return [
        Step(0, "CREATE_IN_PROGRESS", reason="User Initiated"),
        nested(fake, root, "SecurityGroups", 1, "CREATE_IN_PROGRESS"),
        Step(2, "CREATE_IN_PROGRESS", stack="SecurityGroups"),
        *created("SecurityGroups", 3, 5, "A", "B"),
        Step(3, "CREATE_IN_PROGRESS", "Writer", WRITER),
        Step(4, "CREATE_IN_PROGRESS", "Writer", WRITER, "Resource creation Initiated"),
        Step(6, "CREATE_IN_PROGRESS", "OrchestrationService", SERVICE),
        Step(9, "CREATE_COMPLETE", "OrchestrationService", SERVICE),
        Step(15, "CREATE_COMPLETE", stack="SecurityGroups"),
        nested(fake, root, "SecurityGroups", 16, "CREATE_COMPLETE"),
        Step(19, "CREATE_COMPLETE", "Writer", WRITER),
        Step(20, "CREATE_COMPLETE"),
    ]


def deeper(fake: FakeCloud, root: FakeStack) -> list[Step]:
    """A stack in a nested stack fails; everything is rolled back, and that fails too."""
    inner = fake.stacks.child(root, "DatabaseSeed")
    return [
        Step(0, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Database", 1, "CREATE_IN_PROGRESS"),
        nested(fake, root, "Network", 1, "CREATE_IN_PROGRESS"),
        Step(2, "CREATE_IN_PROGRESS", stack="Database"),
        Step(2, "CREATE_IN_PROGRESS", stack="Network"),
        Step(3, "CREATE_IN_PROGRESS", "DatabaseSeed", "AWS::CloudFormation::Stack",
             stack="Database", physical_id=inner.id),
        Step(4, "CREATE_IN_PROGRESS", stack="DatabaseSeed"),
        Step(5, "CREATE_IN_PROGRESS", "Vpc", stack="Network"),
        Step(6, "CREATE_FAILED", "Writer", WRITER, NOT_STABLE, "DatabaseSeed"),
        Step(6, "CREATE_FAILED", "Writer", WRITER, "said once more", "DatabaseSeed"),
        Step(6, "CREATE_FAILED", "Vpc", reason=CANCELLED, stack="Network"),
        Step(7, "CREATE_FAILED", reason="a resource failed", stack="DatabaseSeed"),
        Step(8, "CREATE_FAILED", "DatabaseSeed", "AWS::CloudFormation::Stack", "a stack failed",
             stack="Database", physical_id=inner.id),
        Step(9, "CREATE_FAILED", reason="a resource failed", stack="Database"),
        nested(fake, root, "Database", 10, "CREATE_FAILED"),
        nested(fake, root, "Network", 10, "CREATE_FAILED"),
        Step(11, "ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to create"),
        Step(12, "DELETE_FAILED", "Vpc", stack="Network"),
        Step(13, "ROLLBACK_FAILED", reason="not everything could be taken back"),
    ]  # fmt: skip


def simple(kind: str, end: str = "", *between: Step, last: float = 60) -> list[Step]:
    return [
        Step(0, f"{kind}_IN_PROGRESS"),
        *between,
        Step(last, end or f"{kind}_COMPLETE"),
    ]


Steps = Callable[[FakeCloud, FakeStack], list[Step]]


def plain(*steps: Step) -> Steps:
    return lambda fake, root: list(steps)


def answering(*answers: Choice | None) -> Control:
    left = list(answers)
    return lambda kind: left.pop(0) if left else None


def failing(method: str, *errors: Exception | None) -> Callable[[FakeCloud], None]:
    return lambda fake: fake.stacks.fail(method, *errors)


def nothing(fake: FakeCloud) -> None:
    """Leave it as it is."""


THROTTLED = Throttled("CAM604", "AWS throttles")
REFUSED = Refused("CAM606", "not in a state for that", "look again", "ValidationError")

# what happens; what the operation is; the answers to Ctrl-C; what fails
FOLLOWED: dict[str, tuple[Steps, Mapping[str, Any], tuple[Choice | None, ...], Any]] = {
    "created": (ended_well, {"kind": "CREATE"}, (), nothing),
    "rolled_back": (deeper, {"kind": "CREATE"}, (), nothing),
    "updated": (
        plain(
            *simple(
                "UPDATE",
                "UPDATE_COMPLETE",
                Step(3, "UPDATE_IN_PROGRESS", "OrchestrationService", SERVICE),
                Step(4, "UPDATE_IN_PROGRESS", "Writer", WRITER),
                Step(30, "UPDATE_COMPLETE", "Writer", WRITER),
                Step(50, "UPDATE_COMPLETE", "OrchestrationService", SERVICE),
                Step(51, "DELETE_FAILED", "Old", reason=" "),
            )
        ),
        {"kind": "UPDATE"},
        (),
        nothing,
    ),
    "taken_back": (
        plain(*simple("UPDATE_ROLLBACK", last=9)),
        {"kind": "ROLLBACK"},
        (),
        nothing,
    ),
    "cancelled": (
        plain(*simple("UPDATE", last=600)),
        {"kind": "UPDATE"},
        (None, Choice.CANCEL, Choice.CANCEL),
        nothing,
    ),
    "not_cancelled": (
        plain(*simple("UPDATE", last=20)),
        {"kind": "UPDATE"},
        (None, Choice.CANCEL),
        failing("cancel_update", REFUSED),
    ),
    "deleted_instead": (
        plain(*simple("CREATE", last=600)),
        {"kind": "CREATE", "role_arn": "arn:aws:iam::111122223333:role/cfn"},
        (Choice.CONTINUE, Choice.DELETE),
        nothing,
    ),
    "deleted": (
        plain(
            *simple(
                "DELETE",
                "DELETE_FAILED",
                Step(1, "DELETE_IN_PROGRESS", "Vpc"),
                Step(2, "DELETE_FAILED", "Vpc", reason="it has dependencies"),
                last=30,
            )
        ),
        {"kind": "DELETE"},
        (),
        nothing,
    ),
    "throttled": (
        plain(*simple("UPDATE", last=30)),
        {"kind": "UPDATE"},
        (),
        failing("describe_stack", THROTTLED, THROTTLED, None, THROTTLED),
    ),
    "left": (
        plain(*simple("UPDATE", last=30)),
        {"kind": "UPDATE", "reattach": "camformation watch spec.yaml"},
        (None, Choice.DETACH),
        nothing,
    ),
}


# on the local target only the pauses are others
@pytest.mark.parametrize(
    ("case", "local"),
    [*((case, False) for case in FOLLOWED), ("created", True), ("throttled", True)],
)
def test_an_operation_is_followed(case: str, local: bool, golden: Golden) -> None:
    steps, operation, answers, arrange = FOLLOWED[case]
    fake = FakeCloud(local=local)
    kind = operation["kind"]
    root = fake.stacks.add(
        "camunda", "REVIEW_IN_PROGRESS" if kind == "CREATE" else "CREATE_COMPLETE"
    )
    root.outputs = {"Url": "https://camunda.example.com"}
    fake.stacks.play(root, steps(fake, root))
    arrange(fake)
    events = follow(
        fake.cloud,
        fake.clock,
        Operation(root.id, root.name, **{"expected": {"root": 9}, **operation}),
        locate=lambda template, name, path: Location(f"{template}.yaml", len(name), 1),
        control=answering(*answers),
    )
    name = f"transcripts/operation_{case}{'_locally' if local else ''}.txt"
    golden(name, transcript(fake, events))


def never(events: Iterator[Any]) -> DeployError:
    with pytest.raises(DeployError) as raised:
        list(events)
    return raised.value


# the stack's status and events, the kind; how it ends, and after how long
NEVER: list[tuple[str, list[Step], str, str]] = [
    ("REVIEW_IN_PROGRESS", [], "CREATE", "CAM629"),
    ("UPDATE_COMPLETE", [], "UPDATE", "CAM629"),
    ("CREATE_COMPLETE", [], "DELETE", "CAM629"),
]


@pytest.mark.parametrize(("status", "steps", "kind", "code"), NEVER)
def test_what_never_begins_is_given_up_after_a_hundred_seconds(
    status: str, steps: list[Step], kind: str, code: str
) -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", status)
    error = never(follow(fake.cloud, fake.clock, Operation(root.id, root.name, kind)))
    assert (error.code, error.hint) == (code, "deploy again")
    assert error.message == f"CloudFormation has not started: camunda is still in {status}"
    assert sum(fake.clock.slept) == 100


def test_a_stack_that_is_gone_has_been_deleted() -> None:
    fake = FakeCloud()
    events = list(follow(fake.cloud, fake.clock, Operation("arn:aws:x/gone", "gone", "DELETE")))
    finished = end(events)
    assert (finished.status, finished.succeeded) == ("DELETE_COMPLETE", True)
    assert (finished.elapsed, finished.outputs) == (0, {})
    assert sum(fake.clock.slept) == 100


SECTIONS: dict[str, dict[str, Any]] = {
    "kept": {"storage": {"on_delete": "retain"}, "secrets": {"on_delete": "retain"}},
    "gone": {
        "storage": {"on_delete": "delete", "backup": {"on_delete": "delete"}},
        "secrets": {"on_delete": "delete"},
        "database": {"on_delete": "delete", "deletion_protection": False},
    },
    "retained": {"database": {"on_delete": "retain"}},
}
GONE = (Step(1, "DELETE_IN_PROGRESS"), Step(60, "DELETE_COMPLETE"))


def doomed(kind: str, layout: Layout) -> tuple[FakeCloud, FakeStack]:
    fake = FakeCloud()
    root, _ = live(fake, layout, **SECTIONS[kind])
    root.protected = kind != "retained"
    for name in fake.databases.clusters:
        fake.databases.set_deletion_protection(name, True)
    return fake, root


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_destruction_is_told(kind: str, golden: Golden) -> None:
    fake, _ = doomed(kind, Layout.NESTED)
    fake.stacks.operations.append(GONE)
    plan = plan_destruction(fake.cloud, "camunda")
    lines = [f"{each.fate} {each.address}" for each in plan.resources if each.what]
    lines += [f"warning: {warning}" for warning in plan.warnings]
    events = destroy(
        fake.cloud,
        fake.clock,
        plan,
        confirmed="camunda",
        disable_protection=True,
        reattach="camformation watch camunda",
    )
    golden(f"transcripts/destruction_{kind}.txt", "\n".join([*lines, "", transcript(fake, events)]))


def before_deletion(control: Control) -> Control:
    """Answer only while there is still time to stop."""
    return lambda kind: control(kind) if kind == "PREPARE" else None


def test_a_destruction_may_be_stopped_before_anything_is_deleted() -> None:
    """Between any two steps: it ends there, and nothing that comes later is done."""
    done: list[int] = []
    for patience in range(60):
        fake, _ = doomed("gone", Layout.FLAT)
        fake.stacks.operations.append(GONE)
        plan = plan_destruction(fake.cloud, "camunda")
        control = before_deletion(answering(*[None] * patience, Choice.STOP))
        events = destroy(
            fake.cloud, fake.clock, plan, confirmed="camunda", disable_protection=True,
            control=control,
        )  # fmt: skip
        try:
            list(events)
        except DeployError as error:
            assert error.code == "CAM694" and "camunda is not deleted" in error.message
            assert not fake.stacks.called("delete_stack")
            done.append(len(fake.services.called("set_desired_count")))
        else:
            break
    assert fake.stacks.called("delete_stack") == ["camunda"]
    assert done == sorted(done) and done[0] == 0 and len(done) > 4


@pytest.mark.parametrize(
    ("said", "code", "part"),
    [
        ({"confirmed": "camundo"}, "CAM689", "name is camunda, not camundo; nothing was changed"),
        ({}, "CAM691", "camunda is protected: termination protection of the stack, deletion"),
    ],
)
def test_a_destruction_that_may_not_be_says_why(said: dict[str, Any], code: str, part: str) -> None:
    fake, root = doomed("kept", Layout.FLAT)
    plan = plan_destruction(fake.cloud, "camunda")
    error = never(destroy(fake.cloud, fake.clock, plan, **{"confirmed": "camunda", **said}))
    assert error.code == code and part in error.message and error.hint
    assert root.protected and not fake.stacks.called("delete_stack")


def test_nobody_is_asked_by_default() -> None:
    assert nobody("CREATE") is None
