"""The ops task and the cluster administrator in the templates; the task's own code."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from camformation.components.ops_task import script
from camformation.deploy.live_stack.ops_task import printed
from camformation.deploy.local.camunda_server import SimulatedCamunda
from camformation.layout import Layout
from deploy.simulated_camunda import camunda as camunda
from deployments import resources, templates

OIDC = {
    "mode": "oidc",
    "oidc": {
        "issuer": "https://idp.example.com/realms/camunda",
        "client_id": "camunda",
        "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:oidc-a1B2c3",
        "client_id_claim": "client_id",
        "admin": {"users": ["jane"]},
        "cluster_admin": {
            "client_id": "operator",
            "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:op-a1B2c3",
            "token_url": "https://idp.example.com/token",
        },
    },
}


def variables(found: dict[str, Any]) -> dict[str, Any]:
    """Return the brokers' variables that are about the cluster administrator."""
    (broker,) = found["OrchestrationTaskDefinition"]["Properties"]["ContainerDefinitions"]
    plain = {each["Name"]: each["Value"] for each in broker["Environment"]}
    secret = {each["Name"]: each["ValueFrom"] for each in broker["Secrets"]}
    return {name: value for name, value in (plain | secret).items() if "CLUSTERADMIN" in name}


def test_nothing_of_it_is_there_unless_it_is_switched_on() -> None:
    found = resources()
    assert not [name for name in found if "Ops" in name or "ClusterAdmin" in name]
    assert not variables(found)


@pytest.mark.parametrize("layout", list(Layout))
def test_the_task_reaches_port_9600_of_brokers_and_nothing_else_inside(layout: Layout) -> None:
    units = templates(layout, operations={"task": {}})
    found = {name: body for each in units.values() for name, body in each["Resources"].items()}
    task = found["OpsTaskDefinition"]["Properties"]
    (container,) = task["ContainerDefinitions"]
    assert "TaskRoleArn" not in task and task["NetworkMode"] == "awsvpc"
    assert container["ReadonlyRootFilesystem"] is True and container["User"] != "0"
    assert container["Command"] == [script()] and "Secrets" not in container
    out = {name: body["Properties"] for name, body in found.items() if name.startswith("OpsTo")}
    assert {name: each["FromPort"] for name, each in out.items()} == {
        "OpsToOrchestrationPort9600": 9600,
        "OpsToInternetPort443": 443,
    }
    assert found["OrchestrationFromOpsPort9600"]["Properties"]["ToPort"] == 9600
    (policy,) = found["OpsExecutionRole"]["Properties"]["Policies"]
    assert [each["Sid"] for each in policy["PolicyDocument"]["Statement"]] == ["WriteLogs"]


def test_closed_outbound_rules_stay_closed() -> None:
    found = resources(operations={"task": {}}, network={"egress": {"default": "closed"}})
    assert [name for name in found if name.startswith("OpsTo")] == ["OpsToOrchestrationPort9600"]


def test_a_user_of_its_own_manages_the_cluster() -> None:
    found = resources(authentication={"cluster_admin": {"username": "operator"}})
    assert found["ClusterAdminPassword"]["Type"] == "AWS::SecretsManager::Secret"
    assert variables(found) == {
        "CAMUNDA_SECURITY_CLUSTERADMIN_BASIC_USERS_0_NAME": "operator",
        "CAMUNDA_SECURITY_CLUSTERADMIN_BASIC_USERS_0_PASSWORD": {"Ref": "ClusterAdminPassword"},
    }
    own = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:own-a1B2c3"
    found = resources(authentication={"cluster_admin": {"password_secret_arn": own}})
    assert "ClusterAdminPassword" not in found and own in variables(found).values()


@pytest.mark.parametrize("profile", ["reference", "production"])
def test_before_8_10_there_is_no_such_user(profile: str) -> None:
    found = resources(version="8.9", profile=profile, authentication={"cluster_admin": {}})
    assert not variables(found) and "ClusterAdminPassword" not in found


def test_a_client_of_the_provider_manages_the_cluster() -> None:
    found = resources(authentication=OIDC, access={"tls": {"hostname": "c.example.com",
        "certificate_arn": "arn:aws:acm:eu-west-2:111122223333:certificate/1234abcd"}})  # fmt: skip
    assert variables(found) == {"CAMUNDA_SECURITY_CLUSTERADMIN_OIDC_CLIENTS_0": "operator"}
    assert "operator" not in json.dumps(found["OrchestrationExecutionRole"])


def run(calls: list[dict[str, Any]], brokers: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the task's code, as the container does."""
    hosts = [each.removeprefix("http://") for each in brokers]
    return subprocess.run(
        [sys.executable, "-c", script()],
        env={**os.environ, "CALLS": json.dumps(calls), "BROKERS": " ".join(hosts)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_task_prints_what_brokers_answer(camunda: SimulatedCamunda) -> None:
    camunda.cluster.set_tasks(4)
    change = {"brokers": {"add": [3]}}
    done = run(
        [
            {"method": "PATCH", "path": "/actuator/cluster", "body": change},
            {"method": "GET", "path": "/actuator/cluster", "while_says": '"pendingChange"',
             "seconds": 1},
            {"method": "GET", "path": "/actuator/partitions", "everywhere": True},
        ],
        ["127.0.0.1:9", *camunda.brokers()],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PATCH /actuator/cluster 202" in done.stdout
    found = printed(done.stdout.splitlines())
    assert found is not None
    (patched,), (followed,), everyone = found
    assert patched.status == 202 and patched.body["plannedChanges"][0]["operation"] == "PRE_SCALING"
    assert followed.status == 200
    assert [each.status for each in everyone] == [0, 200, 200, 200]
    assert not everyone[0].sent


def test_a_refusal_ends_the_calls(camunda: SimulatedCamunda) -> None:
    asked = {"method": "GET", "path": "/actuator/cluster"}
    done = run([{**asked, "path": "/actuator/nothing"}, asked], camunda.brokers())
    found = printed(done.stdout.splitlines())
    assert found and [each[0].status for each in found] == [404]


@pytest.mark.parametrize("path", ["/v2/users", "//actuator/", "/cluster/v2/mode"])
def test_only_the_actuator_is_asked(path: str, camunda: SimulatedCamunda) -> None:
    done = run([{"method": "GET", "path": path}], camunda.brokers())
    assert done.returncode == 2 and not camunda.asked


def test_a_task_that_is_started_by_hand_says_what_it_is() -> None:
    assert run([], []).returncode == 2


def test_long_answers_come_in_pieces(camunda: SimulatedCamunda) -> None:
    camunda.backups.slow = 0
    for number in range(400):
        camunda.backups.take(None, range(1, 9), f"{number:x}" * 9)
    done = run([{"method": "GET", "path": "/actuator/backupRuntime"}], camunda.brokers())
    lines = done.stdout.splitlines()
    assert all(len(line) < 16_000 for line in lines) and len(lines) > 2
    found = printed([*reversed(lines)])
    assert found and len(found[0][0].body) == 400
    assert printed(lines[:-1]) is None and printed([]) is None
