"""What the gate says, in full, of versions, images, sizes and the stack's own settings."""

from collections.abc import Callable
from typing import Any

from camformation.deploy.plan.model import Plan, Target
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import Running
from camformation.deploy.plan.stack_settings import StackSettings, stack_settings_gate
from camformation.deploy.plan.symbols import Address
from plan.test_gate_branches import TASK, brokers, located
from plan.test_gate_words import GONE, cluster, now, said, workers
from plan.test_stack_settings import TOPIC, line

Golden = Callable[[str, Any], None]
DIGEST = "registry.example.com/camunda@sha256:" + "a" * 64
OTHER_DIGEST = "registry.example.com/camunda@sha256:" + "b" * 64
ENGINE = Address("root", "A")


def both(engine: str, image: str, **more: Any) -> dict[str, Any]:
    """Return a template with a database and brokers."""
    resources = {
        **cluster(engine)["root"]["Resources"],
        **brokers(image, **more)["root"]["Resources"],
    }
    return {"root": {"Resources": resources}}


def two(first: str, second: str) -> dict[str, Any]:
    """Return a template whose brokers' task has a second container of brokers."""
    variables = [{"Name": "CAMUNDA_CLUSTER_SIZE", "Value": "3"}]
    return brokers(first, other={"Name": "other", "Image": second, "Environment": variables})


OLD, NEW, NEXT = (f"camunda/camunda:{tag}" for tag in ("8.8.9", "8.9.3", "8.10.6"))
CASES: dict[str, tuple[Any, Any, Running | None]] = {
    "an engine of the next minor version": (cluster("17.4"), cluster("17.5"), None),
    "an engine of an older minor version": (cluster("17.5"), cluster("17.4"), None),
    "an engine that RDS has upgraded": (
        cluster("17.4"),
        cluster("17.5"),
        Running({}, {ENGINE: "17.9"}),
    ),
    "an engine without brokers, of the next major version": (
        cluster("17.4"),
        cluster("18.4"),
        None,
    ),
    "an engine and the same brokers": (both("17.4", NEW), both("18.4", NEW), None),
    "an engine together with brokers": (both("17.4", NEW), both("18.4", NEXT), None),
    "an engine together with a patch of brokers": (
        both("17.4", NEW),
        both("18.4", "camunda/camunda:8.9.4"),
        None,
    ),
    "an engine together with brokers of unknown version": (
        both("17.4", DIGEST),
        both("18.4", OTHER_DIGEST),
        None,
    ),
    "brokers for whom the engine is too old": (both("13.9", NEW), both("13.9", NEXT), None),
    "brokers for whom the engine is too new": (both("19.1", NEW), both("19.1", NEXT), None),
    "brokers with an engine that is no version": (both("x", NEW), both("x", NEXT), None),
    "brokers with an engine that is right": (both("17.9", NEW), both("17.9", NEXT), None),
    "a digest after a version": (brokers(NEW), brokers(DIGEST), None),
    "a version after a digest": (brokers(DIGEST), brokers(NEW), None),
    "a digest after a digest": (brokers(DIGEST), brokers(OTHER_DIGEST), None),
    "a digest as before": (brokers(DIGEST), brokers(DIGEST, CAMUNDA_X="1"), None),
    "a container of another name with a digest": (
        brokers(NEW, name="a"),
        brokers(DIGEST, name="b"),
        None,
    ),
    "the second of two containers": (two(NEW, DIGEST), two(NEW, OTHER_DIGEST), None),
    "brokers that come": (GONE, brokers(DIGEST), None),
    "brokers that go": (brokers(DIGEST), GONE, None),
    "workers with a digest": (workers(), workers(task="Task2"), None),
    "more brokers than were deployed": (brokers(), brokers(count=5), now(3)),
    "another number than is asked for": (brokers(), brokers(count=5), now(4)),
    "the number that is asked for": (brokers(), brokers(count=5), now(5)),
    "a size in a variable": (brokers(), brokers(CAMUNDA_CLUSTER_SIZE="5"), None),
    "partitions that come": (brokers(), brokers(CAMUNDA_CLUSTER_PARTITIONCOUNT="5"), None),
    "partitions that go": (brokers(CAMUNDA_CLUSTER_PARTITIONCOUNT="5"), brokers(), None),
    "a replication factor in an option": (
        brokers(CAMUNDA_CLUSTER_REPLICATIONFACTOR="3"),
        brokers(JAVA_TOOL_OPTIONS="-Dcamunda.cluster.replication-factor=1"),
        None,
    ),
    "a patch": (brokers(NEW), brokers("camunda/camunda:8.9.4"), None),
    "an older patch": (brokers(NEW), brokers("camunda/camunda:8.9.2"), None),
    "the next minor version": (brokers(OLD), brokers(NEW), None),
    "two minor versions": (brokers(OLD), brokers(NEXT), None),
    "another major version": (brokers(NEW), brokers("camunda/camunda:9.0.0"), None),
}


def test_the_gate_says_of_versions_and_sizes(golden: Golden) -> None:
    lines = []
    for title, (before, after, running) in CASES.items():
        plan = make_plan(before, after, running=running, locate=located)
        lines += [f"{title}:", *said(plan)]
    golden("plan/gate_versions.txt", "\n".join([*lines, ""]))


def test_brokers_of_another_task_are_told_by_their_service() -> None:
    plan = make_plan(brokers(), brokers(task="Renamed", CAMUNDA_CLUSTER_SIZE="5"))
    assert {block.code for block in plan.gate} == {"CAM660"}
    assert [c.action for c in plan.changes() if c.type == TASK] == ["delete", "add"]


def test_the_gate_says_of_the_stack_itself(golden: Golden) -> None:
    full = StackSettings({"a": "1", "b": "2", "aws:x": "y"}, (TOPIC, "arn:b"), True, "eu-west-2")
    cases = {
        "all is another": (
            full,
            StackSettings({"b": "3", "c": "4"}, ("arn:c",), False, "eu-west-1"),
        ),
        "all is the same": (full, full),
        "nothing is known before": (StackSettings(), full),
        "nothing is known after": (full, StackSettings()),
        "topics in another order": (full, StackSettings(None, ("arn:b", TOPIC))),
        "no topic any more": (full, StackSettings(None, ())),
        "protection comes": (StackSettings(None, None, False), StackSettings(None, None, True)),
        "no region any more": (full, StackSettings(region="")),
    }
    lines = []
    for title, (before, after) in cases.items():
        gate = tuple(stack_settings_gate(before, after, line))
        lines += [f"{title}: {sum(block.setting for block in gate)} to change"]
        lines += said(Plan(Target("x", "flat"), gate=gate))
    golden("plan/gate_stack.txt", "\n".join([*lines, ""]))
