"""TLS between load balancers and tasks: files, settings, target groups, and who follows."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from camformation.components.cluster_health import WHOLE_CLUSTER, whole_cluster
from camformation.shapes import resources as of_type
from deployments import resources

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-tls-a1B2c3"
TARGET_TLS = {"target_tls": {"secret_arn": SECRET}}
HOSTNAME = {"tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABC"}}
PLAIN = resources()
ENCRYPTED = resources(access=TARGET_TLS)
PEM = "-----BEGIN {0}-----\nMIIB\n-----END {0}-----"
SHELLS = [found for name in ("dash", "bash", "busybox") if (found := shutil.which(name))]


def containers(found: dict[str, Any], service: str) -> dict[str, Any]:
    """Return the containers of a service's task, by name."""
    task = found[f"{service}TaskDefinition"]["Properties"]
    return {each["Name"]: each for each in task["ContainerDefinitions"]}


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container.get("Environment", ())}


def secrets(container: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["ValueFrom"] for each in container.get("Secrets", ())}


def group(found: dict[str, Any], name: str) -> tuple[str, str, str]:
    """Return a target group's protocol, and how and where it checks health."""
    properties = found[f"{name}TargetGroup"]["Properties"]
    names = ("Protocol", "HealthCheckProtocol", "HealthCheckPort")
    return properties[names[0]], properties[names[1]], properties[names[2]]


def test_load_balancers_use_tls() -> None:
    assert group(ENCRYPTED, "Rest") == ("HTTPS", "HTTP", "9600")
    assert group(ENCRYPTED, "Connectors") == ("HTTPS", "HTTPS", "8080")
    # Without TLS at the load balancer, the brokers' own reaches the clients.
    assert group(ENCRYPTED, "Grpc") == group(PLAIN, "Grpc") == ("TCP", "HTTP", "9600")
    assert group(resources(access=TARGET_TLS | HOSTNAME), "Grpc") == ("TLS", "HTTP", "9600")


def test_brokers_serve_tls_but_for_management() -> None:
    broker = containers(ENCRYPTED, "Orchestration")["orchestration-cluster"]
    before = environment(containers(PLAIN, "Orchestration")["orchestration-cluster"])
    after = environment(broker)
    assert {name: after[name] for name in before} == before
    added = {name: value for name, value in after.items() if name not in before}
    assert added == {
        "SERVER_SSL_ENABLED": "true",
        "SERVER_SSL_CERTIFICATE": "file:/tmp/tls.crt",
        "SERVER_SSL_CERTIFICATEPRIVATEKEY": "file:/tmp/tls.key",
        "MANAGEMENT_SERVER_SSL_ENABLED": "false",
        "CAMUNDA_API_GRPC_SSL_ENABLED": "true",
        "CAMUNDA_API_GRPC_SSL_CERTIFICATE": "/tmp/tls.crt",
        "CAMUNDA_API_GRPC_SSL_CERTIFICATEPRIVATEKEY": "/tmp/tls.key",
    }
    assert "http://localhost:9600" in json.dumps(broker["HealthCheck"])


def test_connectors_use_and_serve_tls() -> None:
    runtime = containers(ENCRYPTED, "Connectors")["connectors"]
    found = environment(runtime)
    assert found["CAMUNDA_CLIENT_RESTADDRESS"] == "https://orchestration-cluster-rest:8080"
    assert found["CAMUNDA_CLIENT_GRPCADDRESS"] == "https://orchestration-cluster-grpc:26500"
    assert found["CAMUNDA_CLIENT_CACERTIFICATEPATH"] == "/tmp/tls-authority.crt"
    assert found["SERVER_SSL_CERTIFICATE"] == "file:/tmp/tls.crt"
    assert "HealthCheck" not in runtime  # the load balancer asks


def test_connectors_without_a_load_balancer_serve_nobody() -> None:
    found = containers(resources(access=TARGET_TLS | {"http": False}), "Connectors")
    assert not [name for name in environment(found["connectors"]) if name.startswith("SERVER_SSL")]
    assert "http://localhost:8080" in json.dumps(found["connectors"]["HealthCheck"])
    assert set(secrets(found["connectors-tls"])) == {"TLS_CA_CERTIFICATE"}


@pytest.mark.parametrize(
    ("service", "name"), [("Orchestration", "orchestration-cluster"), ("Connectors", "connectors")]
)
def test_the_private_key_is_in_no_variable_of_camundas_container(service: str, name: str) -> None:
    found = containers(ENCRYPTED, service)
    writer, camunda = found[f"{name}-tls"], found[name]
    assert SECRET not in json.dumps(camunda)
    assert secrets(writer)["TLS_PRIVATE_KEY"] == f"{SECRET}:private_key::"
    assert secrets(writer)["TLS_CERTIFICATE"] == f"{SECRET}:certificate::"
    assert writer["Image"] == camunda["Image"]
    assert {"ContainerName": writer["Name"], "Condition": "SUCCESS"} in camunda["DependsOn"]
    [mount] = writer["MountPoints"]
    assert mount in camunda["MountPoints"]
    assert mount["ContainerPath"] == "/tmp"
    volumes = ENCRYPTED[f"{service}TaskDefinition"]["Properties"]["Volumes"]
    assert [each["Name"] for each in volumes].count(mount["SourceVolume"]) == 1


@pytest.mark.parametrize("service", ["Orchestration", "Connectors"])
def test_execution_roles_may_read_the_secret(service: str) -> None:
    [policy] = ENCRYPTED[f"{service}ExecutionRole"]["Properties"]["Policies"]
    [grant] = [e for e in policy["PolicyDocument"]["Statement"] if e["Sid"] == "ReadSecrets"]
    assert SECRET in grant["Resource"]


def test_the_writer_is_restricted_as_other_containers() -> None:
    found = resources(
        access=TARGET_TLS,
        containers={
            "readonly_root_filesystem": True,
            "drop_capabilities": True,
            "user": "1001:1001",
            "memory_limits": True,
        },
    )
    for service, name in (("Orchestration", "orchestration-cluster"), ("Connectors", "connectors")):
        every = containers(found, service)
        writer = every[f"{name}-tls"]
        assert writer["ReadonlyRootFilesystem"] is True
        assert writer["User"] == "1001:1001"
        # Together they reserve no more than the task has.
        assert [each["MemoryReservation"] for each in every.values()] == [128, 128]
        paths = [mount["ContainerPath"] for mount in every[name]["MountPoints"]]
        assert paths.count("/tmp") == 1


def test_a_volume_of_yours_at_tmp_has_the_files() -> None:
    own = {"volumes": [{"name": "scratch", "path": "/tmp"}]}
    found = resources(access=TARGET_TLS, connectors=own)
    every = containers(found, "Connectors")
    assert [each["SourceVolume"] for each in every["connectors-tls"]["MountPoints"]] == ["scratch"]
    mounts = every["connectors"]["MountPoints"]
    assert [e["SourceVolume"] for e in mounts if e["ContainerPath"] == "/tmp"] == ["scratch"]


def test_a_restore_waits_for_the_files_that_its_variables_name() -> None:
    found = containers(
        resources(access=TARGET_TLS, orchestration={"restore": {"backup_id": "1"}}), "Orchestration"
    )
    restore = found["orchestration-cluster-restore"]
    assert restore["DependsOn"][0]["ContainerName"] == "orchestration-cluster-tls"
    assert "/tmp" in [each["ContainerPath"] for each in restore["MountPoints"]]


def test_the_collector_asks_connectors_over_tls() -> None:
    found = resources(
        access=TARGET_TLS,
        observability={
            "prometheus": {"workspace_arn": "arn:aws:aps:eu-west-2:111122223333:workspace/ws-0"}
        },
    )

    def job(service: str) -> dict[str, Any]:
        collector = containers(found, service)["prometheus-collector"]
        configuration = json.loads(environment(collector)["AOT_CONFIG_CONTENT"])
        jobs = configuration["receivers"]["prometheus"]["config"]["scrape_configs"]
        only: dict[str, Any] = jobs[0]
        return only

    assert job("Connectors")["scheme"] == "https"
    assert job("Connectors")["tls_config"] == {"insecure_skip_verify": True}
    assert "scheme" not in job("Orchestration")


def test_the_check_of_the_whole_cluster_asks_others_over_tls() -> None:
    over_tls = whole_cluster(tls=True)
    assert over_tls != WHOLE_CLUSTER == whole_cluster(tls=False)
    assert '--no-check-certificate "https://orchestration-cluster-rest:8080' in over_tls
    found = resources(access=TARGET_TLS, orchestration={"cluster_health_check": True})
    broker = containers(found, "Orchestration")["orchestration-cluster"]
    assert broker["HealthCheck"]["Command"] == ["CMD-SHELL", over_tls]


def test_nobody_gets_a_new_way_in() -> None:
    for kind in ("Ingress", "Egress"):
        rules = [
            dict(of_type({"Resources": found}, f"AWS::EC2::SecurityGroup{kind}"))
            for found in (PLAIN, ENCRYPTED)
        ]
        assert rules[0] == rules[1]


def written(shell: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the brokers' real script, with a folder for /tmp."""
    writer = containers(ENCRYPTED, "Orchestration")["orchestration-cluster-tls"]
    assert writer["EntryPoint"] == ["sh", "-c"]
    [script] = writer["Command"]
    command = [shell, *(["sh"] if shell.endswith("busybox") else []), "-c"]
    return subprocess.run(
        [*command, script.replace("/tmp/", f"{folder}/")],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_files_are_written_for_their_owner_alone(shell: str, tmp_path: Path) -> None:
    certificate, key = PEM.format("CERTIFICATE"), PEM.format("PRIVATE KEY")
    done = written(shell, tmp_path, TLS_CERTIFICATE=certificate, TLS_PRIVATE_KEY=key)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for name, text in (("tls.crt", certificate), ("tls.key", key)):
        assert (tmp_path / name).read_text() == f"{text}\n"
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_no_pem_stops_the_task_and_is_not_shown(shell: str, tmp_path: Path) -> None:
    done = written(
        shell, tmp_path, TLS_CERTIFICATE=PEM.format("CERTIFICATE"), TLS_PRIVATE_KEY="hunter2"
    )
    assert done.returncode == 1
    assert done.stderr == "the secret of access.target_tls has no PEM under private_key\n"
    assert not (tmp_path / "tls.key").exists()
    assert written(shell, tmp_path).returncode != 0
