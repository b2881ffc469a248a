"""Deploying what a spec compiles to, over HTTP against the local target, in both layouts."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camformation.deploy import local
from camformation.deploy.aws.connection import connect
from camformation.deploy.change.bootstrap import bootstrap
from camformation.deploy.change.execution import deploy
from camformation.deploy.change.preparation import DeployOptions, prepare
from camformation.deploy.change.protection import protected_by
from camformation.deploy.change.request import deploy_request
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.target import LocalEndpoint, Target
from camformation.deploy.operation.events import Event, Progress, ResourceEvent, Started
from camformation.deploy.operation.watch import watch
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from deploy.following import end, of

REGION = "eu-west-2"
REFERENCE = str(Path(__file__).parents[2] / "spec" / "reference.yaml")


class QuickClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.05))


CLOCK = QuickClock()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    pytest.importorskip("ministack")
    with local.start(tmp_path / "state", region=REGION, account="111122223333") as target:
        keys = LocalEndpoint(target.endpoint_url, target.access_key, target.secret_key)
        yield connect(Target(region=REGION, local=keys))


def deployed(cloud: Cloud, layout: Layout, *settings: str) -> list[Event]:
    compiled = compile_spec(REFERENCE, lambda file: Path(file).read_bytes(), layout, settings)
    caller = cloud.identity.caller()
    prepared = prepare(cloud, CLOCK, caller, compiled, DeployOptions())
    return list(deploy(cloud, CLOCK, deploy_request(prepared), locate=compiled.locate_in_resource))


@pytest.mark.parametrize("layout", list(Layout))
def test_a_deployment_is_created_left_alone_updated_and_rolled_back(
    cloud: Cloud, layout: Layout
) -> None:
    bootstrap(cloud.stacks, CLOCK, "bootstrap-1")
    spec = ("stack.termination_protection=true", "stack.protect_data=true")

    events = deployed(cloud, layout, *spec)
    finished = end(events)
    assert (finished.status, finished.succeeded) == ("CREATE_COMPLETE", True), finished.failures
    assert "Url" in finished.outputs
    done = {e.component for e in of(ResourceEvent, events) if e.status == "CREATE_COMPLETE"}
    wanted = {"network", "storage", "database"} if layout is Layout.NESTED else {"root"}
    assert done >= wanted
    assert sum(stack.done for stack in of(Progress, events)[-1].stacks) > 60
    stack = cloud.stacks.describe_stack(finished.stack_id)
    assert stack and stack.termination_protection
    assert protected_by(cloud.stacks.stack_policy(stack.id))

    again = end(deployed(cloud, layout, *spec))
    assert again.succeeded and not again.changed

    seen = list(watch(cloud, CLOCK, stack.name))
    assert of(Started, seen)[0].kind == "CREATE"
    assert of(Started, seen)[0].resumed
    assert end(seen).succeeded

    failed = end(deployed(cloud, layout, *spec, "orchestration.image=camunda/fail:8.10.9"))
    assert (failed.status, failed.succeeded) == ("UPDATE_ROLLBACK_COMPLETE", False)
    cause = failed.failures[0]
    assert cause.logical_id == "OrchestrationService"
    assert cause.component == ("orchestration" if layout is Layout.NESTED else "root")
    assert cause.location and "orchestration.image" in cause.location.file
    assert failed.outputs == finished.outputs
