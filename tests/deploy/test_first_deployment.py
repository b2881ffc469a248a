"""A first deployment leaves nothing behind when it fails, and is protected when it stands."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from camformation.deploy.change.first_deployment import (
    ATTRIBUTES,
    GUARDED,
    begins,
    deletable,
    lines_behind,
    second_step,
)
from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.live_stack.first_step import MARK, unfinished
from camformation.deploy.plan.address_gate import LOAD_BALANCER
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import ROOT, Layout, Templates
from camformation.pipeline import Compiled, compile_spec

LOGS = "AccessLogsBucket"
SPEC = Path(__file__).parents[2] / "spec" / "production.yaml"


def compiled_spec(layout: Layout, *settings: str) -> Compiled:
    return compile_spec(str(SPEC), lambda file: Path(file).read_bytes(), layout, settings)


def compiled(layout: Layout) -> Templates:
    return compiled_spec(layout).templates


def resources(templates: Templates) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, template in templates.items():
        for title, body in template["Resources"].items():
            yield name, title, body


def stack(status: str) -> StackDescription:
    return StackDescription("arn", "camunda", status, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("layout", list(Layout))
def test_nothing_stands_in_the_way_of_a_rollback_and_nothing_stays(layout: Layout) -> None:
    wanted = compiled(layout)
    kept = {
        title: body
        for _, title, body in resources(wanted)
        if body.get("DeletionPolicy", "Delete") != "Delete" and title != LOGS
    }
    kinds = {body["Type"] for body in kept.values()}
    assert kinds >= {
        "AWS::RDS::DBCluster",
        "AWS::EFS::FileSystem",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
    for _, title, body in resources(deletable(wanted)):
        if (
            title == LOGS
        ):  # load balancers write into it from the start: a rollback cannot delete it
            assert body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain"
            continue
        assert body.get("DeletionPolicy", "Delete") == "Delete"
        assert body.get("UpdateReplacePolicy", "Delete") == "Delete"
        assert body.get("Properties", {}).get("DeletionProtection") is not True
        assert GUARDED not in body.get("Properties", {}).get(ATTRIBUTES, ())
        changed = title in kept or body["Type"] == LOAD_BALANCER
        assert (MARK in body.get("Metadata", {}).get("Camformation", {})) == changed


@pytest.mark.parametrize("layout", list(Layout))
def test_nothing_else_differs(layout: Layout) -> None:
    wanted = compiled(layout)
    first = deletable(wanted)
    name = "root" if layout is Layout.FLAT else "database"
    cluster = first[name]["Resources"]["AuroraCluster"]
    assert wanted[name]["Resources"]["AuroraCluster"]["Properties"]["DeletionProtection"] is True
    assert cluster["Properties"].pop("DeletionProtection") is False
    cluster["Properties"]["DeletionProtection"] = True
    del first[ROOT]["Metadata"]["Camformation"][MARK]
    for _, _, body in resources(first):
        for each in body.get("Properties", {}).get(ATTRIBUTES, ()):
            if each["Key"] == GUARDED["Key"]:
                assert each["Value"] == "false"
                each["Value"] = "true"
    for component, title, body in resources(wanted):
        other = first[component]["Resources"][title]
        for key in ("DeletionPolicy", "UpdateReplacePolicy", "Metadata"):
            other.pop(key, None)
            body.pop(key, None)
    assert first == wanted


def test_what_is_deletable_stays_as_it_is() -> None:
    templates: Templates = {"root": {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}}
    assert deletable(templates) is templates


def test_a_cluster_without_a_policy_is_not_saved_either() -> None:
    first = deletable({"root": {"Resources": {"Db": {"Type": "AWS::RDS::DBCluster"}}}})
    assert first["root"]["Resources"]["Db"]["DeletionPolicy"] == "Delete"


def test_other_metadata_stays() -> None:
    body = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Metadata": {"Mine": 1}}
    first = deletable({"root": {"Metadata": {"Theirs": 2}, "Resources": {"Bucket": body}}})
    assert first["root"]["Metadata"]["Theirs"] == 2
    assert first["root"]["Resources"]["Bucket"]["Metadata"]["Mine"] == 1


def test_every_resource_of_the_second_step_changes_by_more_than_its_policy() -> None:
    """CloudFormation did not always see the change of a policy alone."""
    wanted = compiled(Layout.NESTED)
    for (_, title, before), (_, _, after) in zip(
        resources(deletable(wanted)), resources(wanted), strict=True
    ):
        if before.get("DeletionPolicy") != after.get("DeletionPolicy"):
            assert before.get("Metadata") != after.get("Metadata"), title


@pytest.mark.parametrize(
    ("status", "running", "first"),
    [
        ("REVIEW_IN_PROGRESS", None, True),
        ("CREATE_FAILED", "first", True),  # goes on where it failed, without rollback
        ("CREATE_FAILED", "second", True),  # by an older version, or another tool
        ("UPDATE_FAILED", "first", True),  # went on, and failed again
        ("UPDATE_FAILED", "second", False),
        ("CREATE_COMPLETE", "first", False),  # ended after somebody had detached
        ("UPDATE_ROLLBACK_COMPLETE", "first", False),  # the second step was rolled back
        ("UPDATE_COMPLETE", "second", False),
    ],
)
def test_the_step_is_known_by_what_is_deployed(
    status: str, running: str | None, first: bool
) -> None:
    wanted = compiled(Layout.FLAT)
    deployed = {"first": deletable(wanted), "second": wanted}.get(running or "")
    assert begins(stack(status), deployed) is first


def test_a_plan_of_the_second_step_says_so() -> None:
    wanted = compiled(Layout.NESTED)
    first = deletable(wanted)
    assert unfinished(first[ROOT]) and not unfinished(wanted[ROOT])
    assert [block.code for block in second_step(first, wanted)] == ["CAM645"]
    assert not list(second_step(first, first))
    assert not list(second_step(wanted, wanted))


@pytest.mark.parametrize("layout", list(Layout))
def test_nobody_changed_what_the_second_step_protects(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = compiled_spec(layout)

    def lines(running: Templates, *, first: bool) -> set[int]:
        behind = lines_behind(new, running, ({}, {}), new.templates, first=first)
        changes = make_plan(running, new.templates, origins=behind).changes()
        places = {each.location for each in changes}
        places |= {leaf.location for each in changes for leaf in each.properties}
        return {place.line for place in places if place}

    one_more = deletable(compiled_spec(layout, "database.instances=3").templates)
    assert lines(one_more, first=False)
    monkeypatch.setattr("camformation.deploy.plan.attribution.Alternatives", None)  # none is tried
    lines(deletable(new.templates), first=False)
    empty = {**new.templates, ROOT: {**new.templates[ROOT], "Resources": {}}}
    assert lines(deletable(empty), first=True)
