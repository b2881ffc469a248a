"""Packaging, change sets and what is deployed, over HTTP against the local target."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camformation.deploy import local
from camformation.deploy.aws.connection import connect
from camformation.deploy.change.bootstrap import bootstrap, find_bucket
from camformation.deploy.change.change_set import Submission, create, discard
from camformation.deploy.change.package import ArtifactBucket, check_bucket, make_package, upload
from camformation.deploy.change.zones import recorded_zones, resolve_zones
from camformation.deploy.cloud.protocols import Cloud, DeployError
from camformation.deploy.cloud.target import LocalEndpoint, Target, check_target
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.frozen import replaced
from camformation.layout import Layout, Templates
from deployments import templates

REGION = "eu-west-2"
ACCOUNT = "111122223333"


class QuickClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.2))


CLOCK = QuickClock()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    pytest.importorskip("ministack")
    with local.start(tmp_path / "state", region=REGION, account=ACCOUNT) as target:
        keys = LocalEndpoint(target.endpoint_url, target.access_key, target.secret_key)
        yield connect(Target(region=REGION, local=keys))


def submission(cloud: Cloud, given: Templates, token: str) -> Submission:
    name = find_bucket(cloud.stacks) or bootstrap(cloud.stacks, CLOCK, f"bootstrap-{token}")
    bucket = ArtifactBucket(name, check_bucket(cloud.objects, name), local=True)
    package = make_package(given, bucket, REGION)
    upload(cloud.objects, bucket, [package], CLOCK.now())
    return Submission("camunda", package, token)


def settle(cloud: Cloud, stack: str) -> str:
    for _ in range(600):
        found = cloud.stacks.describe_stack(stack)
        if found and not found.in_progress and found.status != "REVIEW_IN_PROGRESS":
            return found.status
        time.sleep(0.05)
    raise AssertionError("the stack does not settle")


@pytest.mark.parametrize("layout", Layout)
def test_a_deployment_is_planned_made_and_made_again(cloud: Cloud, layout: Layout) -> None:
    check_target(cloud, account=None, region=REGION)
    compiled = templates(layout)
    pinned = resolve_zones(compiled, None, cloud.identity.zones())
    assert recorded_zones(pinned) == ("eu-west-2a", "eu-west-2b", "eu-west-2c")

    planned = create(cloud.stacks, CLOCK, submission(cloud, pinned, "plan-1"))
    assert set(planned.changes) == set(compiled)
    assert sum(len(c.with_values) for c in planned.changes.values()) == sum(
        len(template["Resources"]) for template in compiled.values()
    )
    discard(cloud.stacks, CLOCK, planned)
    assert cloud.stacks.describe_stack("camunda") is None

    change_set = create(cloud.stacks, CLOCK, submission(cloud, pinned, "deploy-1"))
    cloud.stacks.execute_change_set(
        change_set.id, change_set.stack_id, client_token="deploy-1", disable_rollback=False
    )
    assert settle(cloud, change_set.stack_id) == "CREATE_COMPLETE"
    deployed = read_deployed(cloud.stacks, "camunda")
    assert deployed and deployed.templates == pinned

    again = resolve_zones(compiled, deployed.templates, reversed(cloud.identity.zones()))
    repeated = create(cloud.stacks, CLOCK, submission(cloud, again, "deploy-2"))
    assert repeated.no_changes
    discard(cloud.stacks, CLOCK, repeated)
    stack = cloud.stacks.describe_stack("camunda")
    assert stack and stack.status == "CREATE_COMPLETE"

    tagged = replaced(submission(cloud, again, "deploy-3"), tags={"team": "bpm"})
    retagged = create(cloud.stacks, CLOCK, tagged)
    assert not retagged.no_changes
    cloud.stacks.execute_change_set(
        retagged.id, retagged.stack_id, client_token="deploy-3", disable_rollback=False
    )
    assert settle(cloud, retagged.stack_id) == "UPDATE_COMPLETE"
    stack = cloud.stacks.describe_stack("camunda")
    assert stack and stack.tags == {"team": "bpm"}
    same = create(cloud.stacks, CLOCK, replaced(tagged, token="deploy-4"))
    assert same.no_changes


def test_a_change_set_that_is_refused_leaves_no_stack(cloud: Cloud) -> None:
    size = {"Type": "String", "AllowedValues": ["small", "large"]}
    topic = {"Type": "AWS::SNS::Topic"}
    root = {"Parameters": {"Size": size}, "Resources": {"Topic": topic}}
    package = make_package({"root": root}, None, REGION)
    refused = Submission("camunda", package, "plan-1", parameters={"Size": "huge"})
    with pytest.raises(DeployError, match="Size"):
        create(cloud.stacks, CLOCK, refused)
    assert cloud.stacks.describe_stack("camunda") is None
