"""A database keeps its data whatever its spec says later of where they came from."""

import json
from typing import Any

import pytest

from camformation.deploy.plan.kept_engine import keep_engine
from camformation.deploy.plan.model import Block, Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from camformation.resolve import resolve
from camformation.sources import read_sources
from deployments import templates

HOST = "shared.cluster-c1a2b3c4d5e6.eu-west-2.rds.amazonaws.com"
EXISTING = {"host": HOST, "resource_id": "cluster-ABC", "security_group_id": "sg-0a1b2c3d"}
POINT = {"cluster_identifier": "old", "restore_to_time": "2026-11-01T12:30:00Z"}
RESTORE = {"orchestration": {"restore": {"bucket": {"name": "old-backups"}}}}
each_layout = pytest.mark.parametrize("layout", list(Layout))


def spec(layout: Layout, sections: dict[str, Any]) -> Any:
    return json.loads(json.dumps(templates(layout, **{"version": "8.10", **sections})))


def planned(
    before: dict[str, Any], after: dict[str, Any], *allow: str, layout: Layout = Layout.FLAT
) -> Plan:
    return make_plan(spec(layout, before), spec(layout, after), allow=allow)


def created(sections: dict[str, Any], layout: Layout = Layout.FLAT) -> Plan:
    """Return the plan of a first deployment."""
    return make_plan(None, spec(layout, sections))


def named(plan: Plan, code: str) -> list[Block]:
    return [block for block in plan.gate if block.code == code]


@pytest.mark.parametrize(
    ("before", "after", "leaf"),
    [
        (POINT, None, "SourceDBClusterIdentifier"),
        (None, POINT, "SourceDBClusterIdentifier"),
        (POINT, {**POINT, "restore_to_time": "2026-11-02T12:30:00Z"}, "RestoreToTime"),
        (POINT, {"snapshot_identifier": "kept"}, "SnapshotIdentifier"),
        ({"snapshot_identifier": "kept"}, {"snapshot_identifier": "later"}, "SnapshotIdentifier"),
        ({"snapshot_identifier": "kept"}, None, "SnapshotIdentifier"),
    ],
)
@each_layout
def test_another_source_of_a_live_database_is_blocked(
    layout: Layout, before: Any, after: Any, leaf: str
) -> None:
    old, new = ({"database": {"source": each}} for each in (before, after))
    plan = planned(old, new, layout=layout)
    [block] = [each for each in named(plan, "CAM650") if each.logical_id == "AuroraCluster"]
    assert block.severity is Severity.BLOCK and not block.allowed
    assert "its source changes" in block.message and "`database.source`" in block.hint
    assert f"({leaf})" in block.message
    allowed = planned(old, new, "CAM650:AuroraCluster", layout=layout)
    assert all(
        block.allowed for block in named(allowed, "CAM650") if block.logical_id == "AuroraCluster"
    )


@each_layout
def test_the_restore_can_be_removed_when_the_cluster_runs(layout: Layout) -> None:
    restored = {"database": {"source": POINT}, **RESTORE}
    plan = planned(restored, {"database": {"source": POINT}}, layout=layout)
    assert plan.has_changes and not plan.gate


@each_layout
def test_a_restore_into_a_live_deployment_is_blocked(layout: Layout) -> None:
    plan = planned({}, RESTORE, layout=layout)
    assert [block.code for block in plan.gate] == ["CAM664"]


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ({}, {"existing": EXISTING, "seed": "none"}, {"CAM626", "CAM651"}),
        (
            {"existing": EXISTING, "seed": "none"},
            {"existing": {**EXISTING, "host": f"other.{HOST}"}, "seed": "none"},
            {"CAM626"},
        ),
        ({"existing": EXISTING, "seed": "none"}, {}, {"CAM626"}),
        (
            {"existing": EXISTING, "seed": "none"},
            {"existing": {**EXISTING, "port": 6432}, "seed": "none"},
            set(),
        ),
        ({}, {"jdbc_parameters": {"ApplicationName": "camunda"}}, set()),
        ({}, {"table_prefix": "C8_"}, {"CAM626"}),
        ({}, {"auto_ddl": False}, set()),
    ],
)
@each_layout
def test_brokers_do_not_lose_their_database(
    layout: Layout, before: Any, after: Any, codes: set[str]
) -> None:
    plan = planned({"database": before}, {"database": after}, layout=layout)
    blocks = {block.code for block in plan.gate if block.severity is Severity.BLOCK}
    assert blocks == codes and plan.has_changes


@pytest.mark.parametrize(
    ("sections", "codes"),
    [
        ({}, set()),
        ({"database": {"source": POINT}}, {"CAM764"}),
        ({"database": {"source": POINT}, **RESTORE}, set()),
        ({"database": {"auto_ddl": False}}, {"CAM766"}),
        ({"database": {"auto_ddl": False, "source": POINT}, **RESTORE}, set()),
        ({"database": {"auto_ddl": False, "existing": EXISTING, "seed": "none"}}, set()),
    ],
)
@each_layout
def test_a_new_database_fits_its_brokers(
    layout: Layout, sections: dict[str, Any], codes: set[str]
) -> None:
    plan = created(sections, layout)
    assert {block.code for block in plan.gate} == codes
    assert all(block.severity is Severity.WARNING for block in plan.gate)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"work_mem": "1"}, {"work_mem": "2"}, None),
        ({"max_connections": "1"}, {"max_connections": "2"}, "max_connections is static"),
        ({"work_mem": "1"}, {"work_mem": "1", "rds.logical_replication": "1"}, "is static"),
        ({}, {"work_mem": "2"}, "the parameter group changes"),
    ],
)
@each_layout
def test_parameters_that_wait_for_a_restart_are_told(
    layout: Layout, before: dict[str, str], after: dict[str, str], said: str | None
) -> None:
    sections = [{"database": {"cluster_parameters": each}} for each in (before, after)]
    plan = planned(sections[0], sections[1], layout=layout)
    assert not [block for block in plan.gate if block.severity is Severity.BLOCK]
    messages = [block.message for block in named(plan, "CAM765")]
    assert [said in message for message in messages if said] == ([True] if said else [])
    assert len(messages) == bool(said)


@each_layout
def test_parameters_stay_with_the_engine_that_is_kept(layout: Layout) -> None:
    parameters = {"database": {"cluster_parameters": {"work_mem": "2"}}}
    before = spec(layout, {**parameters, "version": "8.9"})
    after = spec(layout, parameters)
    text = b"name: camunda\nversion: '8.10'\n"
    resolved = resolve(read_sources("spec.yaml", lambda _: text, ()))
    kept = keep_engine(after, (), {}, before, {}, resolved)
    families = {
        resource["Properties"]["Family"]
        for template in kept.templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::RDS::DBClusterParameterGroup"
    }
    assert families == {"aurora-postgresql17"}
    assert kept.notices
    plan = make_plan(before, kept.templates)
    assert not [c for c in plan.changes() if c.type.startswith("AWS::RDS::")]


def test_without_a_kept_engine_parameters_are_of_the_new_one() -> None:
    parameters = {"database": {"cluster_parameters": {"work_mem": "2"}}}
    old, new = ({**parameters, "version": version} for version in ("8.9", "8.10"))
    plan = make_plan(spec(Layout.FLAT, old), spec(Layout.FLAT, new))
    replaced = {change.logical_id: change for change in plan.changes()}
    assert "DatabaseParameterGroup" in replaced
    assert not [b for b in named(plan, "CAM650")], "the group holds no data"
