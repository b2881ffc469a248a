"""Containers beside Camunda's own: in the templates, in roles, and what rules say of them."""

import json
from typing import Any

import pytest

from camformation.deploy.plan.pipeline import make_plan
from camformation.diagnostics import Finding
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.rules.everything import findings
from deployments import Resource, deployment, resources, templates

SERVICES = {"orchestration": "orchestration-cluster", "connectors": "connectors"}
each_service = pytest.mark.parametrize("service", SERVICES)
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:{}-a1B2c3"
PARAMETER = "arn:aws:ssm:eu-west-2:111122223333:parameter/ca"
ECR = "111122223333.dkr.ecr.eu-west-2.amazonaws.com"
COLLECTOR: dict[str, Any] = {
    "name": "collector",
    "image": f"{ECR}/collector:1.0",
    "command": ["--config=env:CONFIG"],
    "environment": {"CONFIG": "receivers: {}"},
    "secrets": {"TOKEN": SECRET.format("token")},
    "mounts": [{"volume": "cache", "path": "/cache"}],
    "memory_mib": 256,
    "cpu": 128,
    "ports": [4317],
    "health_check": {"command": ["CMD", "/healthcheck"], "start_period_seconds": 10},
}
FETCH = {
    "name": "fetch",
    "image": "busybox:1.36",
    "secrets": {"CA": PARAMETER},
    "user": "0",
    "mounts": [{"volume": "certificates", "path": "/out"}],
}
ROUTER = {
    "image": "fluent/fluent-bit:3.1",
    "output": {"Name": "datadog", "TLS": "on"},
    "output_secrets": {"apikey": SECRET.format("datadog")},
}
FULL = {
    "init_container": {"image": "busybox:1.36", "entry_point": ["sh"], "command": ["-c", "true"]},
    "volumes": [{"name": "certificates", "path": "/certificates"}, {"name": "cache"}],
    "init_containers": [FETCH],
    "sidecars": [COLLECTOR],
    "log_router": ROUTER,
    "depends_on": [{"container": "collector", "condition": "HEALTHY"}],
}


def task(found: dict[str, Resource], service: str) -> dict[str, Any]:
    properties: dict[str, Any] = found[f"{service.capitalize()}TaskDefinition"]["Properties"]
    return properties


def containers(found: dict[str, Resource], service: str) -> dict[str, dict[str, Any]]:
    return {each["Name"]: each for each in task(found, service)["ContainerDefinitions"]}


def said(code: str, **sections: Any) -> list[Finding]:
    return [each for each in findings(deployment(**sections)) if each.code == code]


@each_service
def test_all_containers_are_in_the_order_they_run(service: str) -> None:
    main = SERVICES[service]
    found = containers(resources(**{service: FULL}), service)
    assert list(found) == [f"{main}-init", "fetch", main, "collector", "log-router"]
    essential = {name: each["Essential"] for name, each in found.items()}
    assert [name for name, each in essential.items() if each] == [main, "log-router"]
    waits = {each["ContainerName"]: each["Condition"] for each in found[main]["DependsOn"]}
    assert waits == {
        f"{main}-init": "SUCCESS",
        "fetch": "SUCCESS",
        "log-router": "START",
        "collector": "HEALTHY",
    }
    assert found[f"{main}-init"]["EntryPoint"] == ["sh"]
    assert found["fetch"]["User"] == "0"


@each_service
def test_camunda_logs_to_the_router_and_all_others_to_cloudwatch(service: str) -> None:
    main = SERVICES[service]
    found = containers(resources(**{service: FULL}), service)
    drivers = {name: each["LogConfiguration"]["LogDriver"] for name, each in found.items()}
    assert drivers == {**dict.fromkeys(found, "awslogs"), main: "awsfirelens"}
    assert found[main]["LogConfiguration"] == {
        "LogDriver": "awsfirelens",
        "Options": {"Name": "datadog", "TLS": "on"},
        "SecretOptions": [{"Name": "apikey", "ValueFrom": SECRET.format("datadog")}],
    }
    assert found["log-router"]["FirelensConfiguration"] == {"Type": "fluentbit"}
    streams = [
        each["LogConfiguration"]["Options"]["awslogs-stream-prefix"]
        for name, each in found.items()
        if name != main
    ]
    assert streams == [f"{main}-{name}" for name in ("init", "fetch", "collector", "log-router")]


def test_what_runs_first_is_waited_for_once() -> None:
    spec = {**FULL, "depends_on": [{"container": "fetch", "condition": "START"}]}
    main = containers(resources(connectors=spec), "connectors")["connectors"]
    names = [each["ContainerName"] for each in main["DependsOn"]]
    assert sorted(names) == sorted(set(names))
    assert {"ContainerName": "fetch", "Condition": "SUCCESS"} in main["DependsOn"]


def test_a_checked_router_has_to_be_healthy_first() -> None:
    router = {**ROUTER, "health_check": {"command": ["CMD", "true"]}}
    main = containers(resources(connectors={"log_router": router}), "connectors")["connectors"]
    assert main["DependsOn"] == [{"ContainerName": "log-router", "Condition": "HEALTHY"}]
    order = [{"container": "log-router", "condition": "START"}]
    spec = {"log_router": router, "depends_on": order}
    main = containers(resources(connectors=spec), "connectors")["connectors"]
    assert main["DependsOn"] == [{"ContainerName": "log-router", "Condition": "START"}]


@each_service
def test_volumes_are_filled_by_others_and_read_by_camunda(service: str) -> None:
    found = resources(**{service: FULL})
    names = [each["Name"] for each in task(found, service)["Volumes"]]
    assert names[-3:] == ["init-config", "certificates", "cache"]
    here = containers(found, service)
    mounts = {m["ContainerPath"]: m for m in here[SERVICES[service]]["MountPoints"]}
    assert mounts["/certificates"]["ReadOnly"] and mounts["/config"]["ReadOnly"]
    assert "cache" not in {m["SourceVolume"] for m in mounts.values()}
    assert here["fetch"]["MountPoints"] == [
        {"ContainerPath": "/out", "ReadOnly": False, "SourceVolume": "certificates"}
    ]


@each_service
def test_the_execution_role_reads_their_secrets_and_pulls_their_images(service: str) -> None:
    found = resources(**{service: FULL})
    role = found[f"{service.capitalize()}ExecutionRole"]["Properties"]["Policies"][0]
    granted = {s["Sid"]: s["Resource"] for s in role["PolicyDocument"]["Statement"]}
    assert {SECRET.format("token"), SECRET.format("datadog")} <= {
        each for each in granted["ReadSecrets"] if isinstance(each, str)
    }
    assert granted["ReadParameters"] == [PARAMETER]
    assert "repository/collector" in json.dumps(granted["PullImages"])
    other = "Connectors" if service == "orchestration" else "Orchestration"
    assert "token-a1B2c3" not in json.dumps(found[f"{other}ExecutionRole"])


def test_tasks_decrypt_with_the_keys_of_brought_secrets_and_no_others() -> None:
    key = "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-000000000006"
    mine = {"additional_kms_key_arns": [key]}
    for found, more in ((resources(secrets=mine), [key]), (resources(), [])):
        for role in ("OrchestrationExecutionRole", "ConnectorsExecutionRole", "SeedExecutionRole"):
            [policy] = found[role]["Properties"]["Policies"]
            granted = {s["Sid"]: s for s in policy["PolicyDocument"]["Statement"]}
            keys = granted["DecryptSecrets"]["Resource"]
            assert keys == [{"Fn::GetAtt": ["SecretsKey", "Arn"]}, *more]


def test_a_sidecar_has_what_the_spec_says() -> None:
    sidecar = containers(resources(orchestration=FULL), "orchestration")["collector"]
    assert (sidecar["Cpu"], sidecar["Memory"]) == (128, 256)
    assert "MemoryReservation" not in sidecar
    assert sidecar["RestartPolicy"] == {"Enabled": True}
    assert sidecar["PortMappings"] == [{"ContainerPort": 4317, "Protocol": "tcp"}]
    assert sidecar["HealthCheck"]["Command"] == ["CMD", "/healthcheck"]
    bare = {"name": "agent", "image": "busybox:1.36", "restart": False, "essential": True}
    sidecar = containers(resources(connectors={"sidecars": [bare]}), "connectors")["agent"]
    assert sidecar["Essential"] and "RestartPolicy" not in sidecar
    assert not {"Cpu", "Memory", "DependsOn", "MountPoints", "PortMappings"} & set(sidecar)


@pytest.mark.parametrize("layout", list(Layout))
def test_nothing_is_made_for_them_where_there_are_none(layout: Layout) -> None:
    for template in templates(layout).values():
        text = json.dumps(template)
        assert "awsfirelens" not in text and "RestartPolicy" not in text
        assert "CAMUNDA_LICENSE_KEY" not in text


@pytest.mark.parametrize("layout", list(Layout))
def test_patches_still_add_containers_of_their_own(layout: Layout) -> None:
    patch = {
        "op": "add",
        "path": "/Resources/ConnectorsTaskDefinition/Properties/ContainerDefinitions/-",
        "value": {"Name": "mine", "Image": "busybox:1.36", "Essential": False},
    }
    spec = {"name": "camunda", "patches": [{"component": "connectors", "patch": [patch]}]}
    compiled = compile_spec("spec.yaml", lambda _: json.dumps(spec).encode(), layout)
    text = json.dumps(compiled.templates)
    assert '"Name": "mine"' in text


# The license


@pytest.mark.parametrize(
    "arn", [SECRET.format("license"), f"{SECRET.format('l')}:key::", PARAMETER]
)
def test_brokers_get_the_license_and_may_read_it(arn: str) -> None:
    found = resources(license=arn, orchestration={"restore": {}})
    for container in containers(found, "orchestration").values():
        assert {"Name": "CAMUNDA_LICENSE_KEY", "ValueFrom": arn} in container["Secrets"]
        assert "LICENSE" not in json.dumps(container["Environment"])
    assert arn.removesuffix(":key::") in json.dumps(found["OrchestrationExecutionRole"])
    assert "LICENSE" not in json.dumps(task(found, "connectors"))


def test_one_license_is_enough() -> None:
    own = {"secrets": {"CAMUNDA_LICENSE_KEY": SECRET.format("license")}}
    assert not said("CAM172", orchestration=own)
    assert said("CAM172", orchestration=own, license=SECRET.format("license"))


# Restore


def restore(**fields: Any) -> dict[str, Any]:
    found = resources(orchestration={**FULL, "restore": fields})
    return containers(found, "orchestration")["orchestration-cluster-restore"]


def test_a_restore_has_its_own_program_beside_the_brokers_settings() -> None:
    own = restore(
        image=f"{ECR}/restore:8.10.9",
        entry_point=["bash", "-c"],
        command=["restore --to=$MOMENT"],
        environment={"MOMENT": "now", "CAMUNDA_LOG_LEVEL": "DEBUG"},
        secrets={"TOKEN": SECRET.format("restore")},
    )
    assert own["Image"] == f"{ECR}/restore:8.10.9"
    assert (own["EntryPoint"], own["Command"]) == (["bash", "-c"], ["restore --to=$MOMENT"])
    variables = {each["Name"]: each["Value"] for each in own["Environment"]}
    assert variables["MOMENT"] == "now" and variables["CAMUNDA_CLUSTER_SIZE"] == "3"
    assert {"Name": "TOKEN", "ValueFrom": SECRET.format("restore")} in own["Secrets"]
    paths = {each["ContainerPath"] for each in own["MountPoints"]}
    assert paths == {"/usr/local/camunda/data", "/config", "/certificates"}
    usual = restore(to="2026-11-20T10:00:00Z")
    assert usual["EntryPoint"] == ["/usr/local/camunda/bin/restore"]
    assert usual["Command"] == ["--to=2026-11-20T10:00:00Z"]


def test_the_execution_role_serves_the_restore_too() -> None:
    fields = {"image": f"{ECR}/restore:8.10.9", "secrets": {"TOKEN": SECRET.format("restore")}}
    role = json.dumps(resources(orchestration={"restore": fields})["OrchestrationExecutionRole"])
    assert "repository/restore" in role and SECRET.format("restore") in role


OWN = {"image": "camunda/camunda:8.10.9", "entry_point": ["bash", "-c"], "command": ["x"]}


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ({}, {"restore": OWN}, {"CAM664"}),
        ({"restore": OWN}, {}, set()),
        ({"image": "camunda/camunda:8.10.8", "restore": OWN}, {"image": "camunda/camunda:8.10.8"},
         set()),
        ({"restore": OWN}, {"image": "camunda/camunda:8.10.8", "restore": OWN}, {"CAM663"}),
        ({}, {"sidecars": [COLLECTOR], "log_router": ROUTER}, set()),
        ({"sidecars": [COLLECTOR]}, {}, set()),
    ],
)  # fmt: skip
def test_the_gate_knows_a_restore_whatever_it_runs(
    before: dict[str, Any], after: dict[str, Any], codes: set[str]
) -> None:
    usual = {"image": "camunda/camunda:8.10.9"}
    old, new = (
        templates(Layout.NESTED, orchestration={**usual, **each}) for each in (before, after)
    )
    plan = make_plan(json.loads(json.dumps(old)), new)
    assert {block.code for block in plan.blocks} & {"CAM663", "CAM664"} == codes


# Rules


SOUND: dict[str, dict[str, Any]] = {
    "everything": FULL,
    "aws-otel-collector as AWS calls it": {
        "sidecars": [{"name": "aws-otel-collector", "image": "x:1"}]
    },
    "a sidecar called log-router, without one": {
        "sidecars": [{"name": "log-router", "image": "x:1"}]
    },
    "a volume that Camunda itself writes": {
        "volumes": [{"name": "logs", "path": "/usr/local/camunda/logs", "read_only": False}]
    },
    "a volume between sidecars": {
        "volumes": [{"name": "socket"}],
        "sidecars": [
            {"name": n, "image": "x:1", "mounts": [{"volume": "socket", "path": "/run/agent"}]}
            for n in ("a", "b")
        ],
    },
    "a sidecar that init containers need": {
        "sidecars": [{"name": "proxy", "image": "x:1"}],
        "init_containers": [
            {"name": "fetch", "image": "x:1", "depends_on": [{"container": "proxy"}]}
        ],
    },
    "a sidecar after Camunda": {
        "sidecars": [
            {
                "name": "exporter",
                "image": "x:1",
                "depends_on": [{"container": "MAIN", "condition": "HEALTHY"}],
            }
        ]
    },
    "a sidecar that migrates and ends": {
        "sidecars": [{"name": "migrate", "image": "x:1", "restart": False}],
        "depends_on": [{"container": "migrate", "condition": "SUCCESS"}],
    },
    "fluentd with its own file": {
        "log_router": {
            "image": "x:1",
            "type": "fluentd",
            "options": {"config-file-type": "file", "config-file-value": "/fluentd/etc/own.conf"},
        }
    },
    "a plugin in capitals": {"log_router": {"image": "x:1", "output": {"Name": "NULL"}}},
    "a small router": {"log_router": {**ROUTER, "memory_reservation_mib": 128, "cpu": 64}},
    "a large agent beside a heap that is set": {
        "environment": {"JAVA_TOOL_OPTIONS": "-Xmx1g"},
        "sidecars": [{"name": "agent", "image": "x:1", "memory_mib": 1024}],
    },
}
CODES = {"CAM136", "CAM137", "CAM138", "CAM139", "CAM154", "CAM155", "CAM157", "CAM172", "CAM173"}


@each_service
@pytest.mark.parametrize("name", SOUND)
def test_what_tasks_can_have_is_not_reported(service: str, name: str) -> None:
    text = json.dumps({service: SOUND[name]}).replace("MAIN", SERVICES[service])
    found = [each for each in findings(deployment(**json.loads(text))) if each.code in CODES]
    assert found == []


def test_containers_of_connectors_that_are_off_do_not_matter() -> None:
    sidecar = {"name": "connectors", "image": "x:1", "ports": [8080]}
    off = {"enabled": False, "sidecars": [sidecar], "depends_on": [{"container": "none"}]}
    assert not [each for each in findings(deployment(connectors=off)) if each.code in CODES]


@pytest.mark.parametrize(
    ("version", "image", "fine"),
    [
        ("8.10", "camunda/camunda:8.10.6", True),
        ("8.10", "camunda/camunda:8.9.28", True),
        ("8.10", f"{ECR}/camunda:our-build", True),
        ("8.10", "camunda/camunda:8.8.4", False),
        ("8.9", "camunda/camunda:8.10.9", False),
        ("8.9", "camunda/camunda:8.9.28", True),
    ],
)
def test_images_of_restores(version: str, image: str, fine: bool) -> None:
    found = said("CAM155", version=version, orchestration={"restore": {"image": image}})
    assert (not found) is fine


HARDENED = {
    "readonly_root_filesystem": True,
    "drop_capabilities": True,
    "init_process": True,
    "user": "1001:1001",
    "memory_limits": True,
    "open_files": 262144,
}


def test_the_reference_restricts_no_container() -> None:
    names = {"ReadonlyRootFilesystem", "LinuxParameters", "User", "Memory", "Ulimits"}
    found = resources(containers={"user": None}, database={"authentication": "password"})
    for name in ("orchestration", "connectors", "seed"):
        for each in containers(found, name).values():
            assert not names & each.keys()


def test_camundas_containers_and_the_seeds_are_restricted() -> None:
    found = resources(
        containers=HARDENED,
        orchestration={"restore": {}},
        database={"authentication": "password"},
    )
    for service, memory in (("orchestration", 8192), ("connectors", 4096), ("seed", 512)):
        for each in containers(found, service).values():
            assert each["ReadonlyRootFilesystem"] is True
            assert each["LinuxParameters"] == {
                "Capabilities": {"Drop": ["ALL"]},
                "InitProcessEnabled": True,
            }
            assert each["User"] == "1001:1001"
            assert each["Memory"] == memory
            assert each["Ulimits"] == [{"Name": "nofile", "SoftLimit": 262144, "HardLimit": 262144}]
            assert "Privileged" not in each  # Fargate takes no such parameter


@pytest.mark.parametrize(
    ("service", "paths"),
    [
        ("orchestration", {"/tmp", "/usr/local/camunda/logs", "/usr/local/camunda/documents"}),
        ("connectors", {"/tmp"}),
    ],
)
def test_what_camundas_images_write_to_has_volumes(service: str, paths: set[str]) -> None:
    found = resources(containers=HARDENED, orchestration={"restore": {}})
    volumes = {each["Name"] for each in task(found, service)["Volumes"]}
    for each in containers(found, service).values():
        mounts = each["MountPoints"]
        written = {mount["ContainerPath"] for mount in mounts if not mount["ReadOnly"]}
        assert paths == written - {"/usr/local/camunda/data"}
        assert {mount["SourceVolume"] for mount in mounts} <= volumes


def test_a_volume_of_the_spec_stands_for_a_written_path() -> None:
    own = {"volumes": [{"name": "scratch", "path": "/tmp/"}]}
    found = resources(containers=HARDENED, connectors=own)
    mounts = containers(found, "connectors")["connectors"]["MountPoints"]
    assert [(each["SourceVolume"], each["ContainerPath"]) for each in mounts] == [
        ("scratch", "/tmp/")
    ]


@each_service
def test_limits_fit_into_a_task_with_other_containers(service: str) -> None:
    """ECS adds up reservations, and limits where there is none."""
    found = resources(containers=HARDENED, **{service: FULL})
    reserved = 0
    for name, each in containers(found, service).items():
        assert "Memory" in each or name == "log-router"
        reserved += each.get("MemoryReservation") or each.get("Memory", 0)
    assert reserved <= int(task(found, service)["Memory"]) / 4


@each_service
def test_other_containers_have_their_own_restrictions(service: str) -> None:
    security = {"readonly_root_filesystem": True, "drop_capabilities": True, "init_process": True}
    full = {
        "init_container": {**FULL["init_container"], "security": security},  # type: ignore[dict-item]
        "volumes": FULL["volumes"],
        "init_containers": [{**FETCH, "security": security}],
        "sidecars": [{**COLLECTOR, "security": security}],
        "log_router": {**ROUTER, "security": security},
    }
    found = containers(resources(**{service: full}), service)
    camunda = found.pop(SERVICES[service])
    assert "ReadonlyRootFilesystem" not in camunda and "LinuxParameters" not in camunda
    assert len(found) == 4
    for each in found.values():
        assert each["ReadonlyRootFilesystem"] is True
        assert each["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert each["LinuxParameters"]["InitProcessEnabled"] is True


def test_the_ops_task_is_restricted_too_and_keeps_its_user() -> None:
    for section, limited in (({}, False), (HARDENED, True)):
        found = resources(containers=section, operations={"task": {}})
        (one,) = containers(found, "ops").values()
        assert one["User"] == "65534:65534" and one["ReadonlyRootFilesystem"] is True
        assert ("Memory" in one and "LinuxParameters" in one) == limited
