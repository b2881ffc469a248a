"""`deploy` as it is typed, where AWS refuses something at a bad moment."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.cli.target import Connection
from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.live_stack.first_step import MARK
from camformation.deploy.operation.interrupt import InterruptibleClock
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, Script, entry

SPEC = """\
name: camunda
profile: development
access: {allowed_cidrs: [203.0.113.7/32]}
stack: {artifact_bucket: artifacts}
database: {deletion_protection: true, on_delete: snapshot}
"""
DENIED = AccessDenied("CAM603", "not allowed: some action", "the caller's role needs it")
Output = pytest.CaptureFixture[str]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """A cloud of AWS's kind that `deploy` is connected to."""
    fake = FakeCloud()
    fake.objects.buckets["artifacts"] = {}
    fake.stacks.script.extend([Script([entry("Vpc")]), Script([entry("AuroraCluster")])])
    fake.stacks.new_outputs = {"Url": "https://camunda.example.com"}

    execute = fake.stacks.execute_change_set

    def executed(*args: Any, **kwargs: Any) -> None:
        execute(*args, **kwargs)
        found = fake.stacks.find("camunda")
        assert found
        ours = {"Deployment": "camunda", "Layout": "nested"}
        found.template = {"Metadata": {"Camformation": ours}, "Resources": {}}

    monkeypatch.setattr(fake.stacks, "execute_change_set", executed)

    class Clock(InterruptibleClock):
        now = staticmethod(fake.clock.now)
        sleep = staticmethod(fake.clock.sleep)

    @contextmanager
    def connected(*_: Any) -> Iterator[Connection]:
        yield Connection(fake.cloud, Caller("111122223333", "arn:aws:iam::111122223333:user/anna"))

    monkeypatch.setattr("camformation.cli.deployment.connected", connected)
    monkeypatch.setattr("camformation.cli.plans.connected", connected)
    monkeypatch.setattr("camformation.cli.plans.SystemClock", Clock)
    monkeypatch.setattr("camformation.cli.operation_view.InterruptibleClock", Clock)
    monkeypatch.chdir(tmp_path)
    Path("camunda.yaml").write_text(SPEC)
    return fake


def test_a_first_deployment_protects_what_holds_data_when_everything_stands(
    fake: FakeCloud, capsys: Output
) -> None:
    assert main(["deploy", "camunda.yaml", "--yes"]) == 0
    out = capsys.readouterr().out
    assert len(fake.stacks.called("execute_change_set")) == 2
    assert (
        "Next, the resources that hold data get the protection" in out
        and "https://camunda.example.com" in out
    )


def test_what_could_not_be_protected_is_told_with_what_to_do(
    fake: FakeCloud, capsys: Output
) -> None:
    fake.stacks.fail("create_change_set", None, DENIED)
    assert main(["deploy", "camunda.yaml", "--yes"]) == 1
    err = capsys.readouterr().err
    assert "CAM603 deployed, but the resources that hold data are not protected yet" in err
    assert "deploy again to protect them" in err and "the caller's role needs it" in err


def test_whoever_breaks_off_between_the_steps_is_told_what_is_missing(
    fake: FakeCloud, capsys: Output
) -> None:
    fake.stacks.fail("create_change_set", None, KeyboardInterrupt())
    assert main(["deploy", "camunda.yaml", "--yes"]) != 0
    words = "CAM643 the resources that hold data are not protected yet: deploy again"
    assert words in capsys.readouterr().err
    assert len(fake.stacks.called("execute_change_set")) == 1


def test_a_refusal_is_exit_code_1_and_leaves_nothing(fake: FakeCloud, capsys: Output) -> None:
    fake.stacks.fail("execute_change_set", DENIED)
    assert main(["deploy", "camunda.yaml", "--yes"]) == 1
    assert "CAM603 not allowed" in capsys.readouterr().err
    assert not fake.stacks.sets and fake.stacks.describe_stack("camunda") is None


def policies(fake: FakeCloud) -> list[tuple[str, bool]]:
    """The policy and the protection of the database in what was uploaded, in that order."""
    found = [json.loads(content) for content, _ in fake.objects.buckets["artifacts"].values()]
    clusters = [t["Resources"]["AuroraCluster"] for t in found if "AuroraCluster" in t["Resources"]]
    return [(c["DeletionPolicy"], c["Properties"]["DeletionProtection"]) for c in clusters]


def test_the_first_step_deletes_and_the_second_one_keeps(fake: FakeCloud) -> None:
    assert main(["deploy", "camunda.yaml", "--yes"]) == 0
    assert policies(fake) == [("Delete", False), ("Snapshot", True)]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("CREATE_COMPLETE", [("Snapshot", True)]),
        ("UPDATE_ROLLBACK_COMPLETE", [("Snapshot", True)]),
        ("CREATE_FAILED", [("Delete", False)]),
        ("UPDATE_FAILED", [("Delete", False)]),
    ],
)
def test_whoever_comes_next_takes_the_step_that_is_due(
    fake: FakeCloud, status: str, found: list[tuple[str, bool]], capsys: Output
) -> None:
    ours = {"Deployment": "camunda", "Layout": "nested", MARK: "x"}
    first = {"Metadata": {"Camformation": ours}, "Resources": {}}
    fake.stacks.add("camunda", status, template=first)
    code = main(["plan", "camunda.yaml"])
    assert code == 2 and policies(fake) == found
    assert ("CAM645" in capsys.readouterr().out) == (found == [("Snapshot", True)])


def test_a_failed_first_step_about_which_nothing_changes_is_no_success(
    fake: FakeCloud, capsys: Output
) -> None:
    ours = {"Deployment": "camunda", "Layout": "nested", MARK: "x"}
    first = {"Metadata": {"Camformation": ours}, "Resources": {}}
    fake.stacks.add("camunda", "CREATE_FAILED", template=first)
    fake.stacks.script.appendleft(Script(status="FAILED", reason=NO_CHANGES))
    assert main(["deploy", "camunda.yaml", "--yes", "--disable-rollback"]) == 1
    assert "CAM637 the first deployment of camunda did not succeed" in capsys.readouterr().err
    assert not fake.stacks.called("execute_change_set")


def test_an_obstacle_stops_before_a_change_set_exists(fake: FakeCloud, capsys: Output) -> None:
    fake.account.names.ecs.add("camunda-cluster")
    assert main(["deploy", "camunda.yaml", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "CAM791 the deployment would fail: camunda.yaml:1:7: P06 the ECS cluster" in told
    assert "--no-preflight" in told
    assert not fake.stacks.called("create_change_set")
    assert not fake.stacks.called("delete_stack")


def test_an_obstacle_is_passed_over_if_asked(fake: FakeCloud) -> None:
    fake.account.names.ecs.add("camunda-cluster")
    assert main(["deploy", "camunda.yaml", "--yes", "--no-preflight"]) == 0
    assert not fake.account.names.called("clusters")


def test_checks_that_may_not_be_made_stop_nothing(fake: FakeCloud) -> None:
    for service, method in (
        (fake.account.names, "clusters"),
        (fake.account.quotas, "quota"),
        (fake.account.engines, "versions"),
    ):
        service.fail(method, DENIED, DENIED, DENIED)
    assert main(["deploy", "camunda.yaml", "--yes"]) == 0
