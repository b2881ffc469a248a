"""The two services: how they are configured, what they may do, and what they wait for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Any

import pytest

from camformation.components import connectors_environment, orchestration_environment
from camformation.components.fargate import RegistrySpec, registry_of
from camformation.components.orchestration import minimum_healthy_percent
from camformation.components.roles import secret_arn
from camformation.layout import Layout
from deployments import Resource, deployment, resources, templates

ECR = "123456789012.dkr.ecr.eu-west-2.amazonaws.com"
SECRET = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:mine-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-2:123456789012:parameter/mine"
TLS = {
    "tls": {
        "hostname": "camunda.example.com",
        "certificate_arn": "arn:aws:acm:eu-west-2:123456789012:certificate/1234",
    }
}
OIDC = {
    "mode": "oidc",
    "oidc": {
        "issuer": "https://idp.example.com",
        "client_id": "camunda",
        "client_secret_arn": SECRET,
        "audiences": ["camunda", "hub"],
        "client_id_claim": "client_id",
        "admin": {"users": ["anna", "ben"], "clients": ["ci"], "groups": ["operators"]},
        "connectors": {
            "client_id": "connectors",
            "client_secret_arn": SECRET + ":connectors::",
            "token_url": "https://idp.example.com/token",
            "audience": "camunda",
        },
    },
}
# What the reference architecture sets, under the names that Camunda 8.9 and later document.
REFERENCE = {
    "SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE": "5s",
    "CAMUNDA_DATA_PRIMARYSTORAGE_DIRECTORY": "/usr/local/camunda/data",
    "CAMUNDA_CLUSTER_INITIALCONTACTPOINTS": "orchestration-cluster-sc:26502",
    "CAMUNDA_CLUSTER_SIZE": "3",
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_TYPE": "s3",
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_BUCKETNAME": {"Ref": "NodeIdBucket"},
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_REGION": {"Ref": "AWS::Region"},
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_LEASEDURATION": "PT15S",
    "CAMUNDA_CLUSTER_REPLICATIONFACTOR": "3",
    "CAMUNDA_CLUSTER_PARTITIONCOUNT": "3",
    "CAMUNDA_DATA_SECONDARYSTORAGE_TYPE": "rdbms",
    "CAMUNDA_DATA_SECONDARYSTORAGE_AUTOCONFIGURECAMUNDAEXPORTER": "false",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_USERNAME": "camunda",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_AUTODDL": "true",
    "SPRING_DATASOURCE_DRIVER_CLASS_NAME": "software.amazon.jdbc.Driver",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_0_USERNAME": "admin",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_0_NAME": "Admin User",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_0_EMAIL": "admin@example.com",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_1_USERNAME": "connectors",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_1_NAME": "Connectors User",
    "CAMUNDA_SECURITY_INITIALIZATION_USERS_1_EMAIL": "connectors@example.com",
    "CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_ADMIN_USERS_0": "admin",
    "CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_CONNECTORS_USERS_0": "connectors",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_STORE": "S3",
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_BUCKETNAME": {"Ref": "BackupBucket"},
}
REFERENCE_CONNECTORS = {
    "SERVER_SERVLET_CONTEXT_PATH": "/connectors",
    "CAMUNDA_CLIENT_MODE": "self-managed",
    "CAMUNDA_CLIENT_RESTADDRESS": "http://orchestration-cluster-rest:8080",
    "CAMUNDA_CLIENT_GRPCADDRESS": "http://orchestration-cluster-grpc:26500",
    "CAMUNDA_CLIENT_AUTH_METHOD": "basic",
    "CAMUNDA_CLIENT_AUTH_USERNAME": "connectors",
}


def containers(found: dict[str, Resource], task: str = "Orchestration") -> list[dict[str, Any]]:
    described: list[dict[str, Any]]
    described = found[f"{task}TaskDefinition"]["Properties"]["ContainerDefinitions"]
    return described


def plain(found: dict[str, Resource], task: str = "Orchestration") -> dict[str, Any]:
    return {v["Name"]: v["Value"] for v in containers(found, task)[-1]["Environment"]}


def secret(found: dict[str, Resource], task: str = "Orchestration") -> dict[str, Any]:
    return {v["Name"]: v["ValueFrom"] for v in containers(found, task)[-1].get("Secrets", [])}


def statements(found: dict[str, Resource], role: str) -> dict[str, dict[str, Any]]:
    return {
        statement["Sid"]: statement
        for policy in found[role]["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    }


@pytest.mark.parametrize("brokers", range(1, 10))
def test_exactly_one_broker_is_replaced_at_a_time(brokers: int) -> None:
    kept = ceil(brokers * minimum_healthy_percent(brokers) / 100)
    assert kept == brokers - 1


def test_brokers_are_never_moved_for_balance_or_doubled() -> None:
    service = resources()["OrchestrationService"]["Properties"]
    assert service["AvailabilityZoneRebalancing"] == "DISABLED"
    assert service["DeploymentConfiguration"]["MaximumPercent"] == 100


def test_the_circuit_breaker_counts_failed_tasks() -> None:
    service = resources()["OrchestrationService"]["Properties"]
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
        "Enable": True,
        "Rollback": False,
        "ResetOnHealthyTask": True,
        "ThresholdConfiguration": {"Type": "COUNT", "Value": 6},
    }
    off = resources(orchestration={"rollout": {"circuit_breaker": False}})["OrchestrationService"]
    breaker = off["Properties"]["DeploymentConfiguration"]["DeploymentCircuitBreaker"]
    assert breaker == {"Enable": False, "Rollback": False}


def alarmed(
    section: str, rollout: dict[str, Any] | None, **sections: Any
) -> tuple[dict[str, Any], Any]:
    """Return the alarm of a section's rollouts, if there is one, and what its service says."""
    name, service = {
        "orchestration": ("BrokersRolloutErrorsAlarm", "OrchestrationService"),
        "connectors": ("ConnectorsRolloutErrorsAlarm", "ConnectorsService"),
    }[section]
    found = resources(**{section: {"rollout": rollout or {}}}, **sections)
    configuration = found[service]["Properties"]["DeploymentConfiguration"]
    return found.get(name, {}).get("Properties", {}), configuration.get("Alarms")


@pytest.mark.parametrize("section", ["orchestration", "connectors"])
def test_no_alarm_ends_a_rollout_unless_the_spec_says_so(section: str) -> None:
    assert alarmed(section, None) == ({}, None)


@pytest.mark.parametrize(
    ("section", "title", "group"),
    [
        ("orchestration", "Brokers", "RestTargetGroup"),
        ("connectors", "Connectors", "ConnectorsTargetGroup"),
    ],
)
def test_errors_of_a_service_s_own_targets_end_its_rollout(
    section: str, title: str, group: str
) -> None:
    alarm, said = alarmed(section, {"alarms": {"error_percent": 10, "names": ["mine"]}})
    names = [{"Ref": f"{title}RolloutErrorsAlarm"}, "mine"]
    assert said == {"AlarmNames": names, "Enable": True, "Rollback": False}
    assert alarm["Threshold"] == 10 and alarm["TreatMissingData"] == "notBreaching"
    assert "AlarmActions" not in alarm
    *counts, share = alarm["Metrics"]
    assert share["ReturnData"] and all(each["Id"] in share["Expression"] for each in counts)
    for each in counts:
        of = {one["Name"]: one["Value"] for one in each["MetricStat"]["Metric"]["Dimensions"]}
        assert of["TargetGroup"] == {"Fn::GetAtt": [group, "TargetGroupFullName"]}


def test_rollout_alarms_tell_the_topic_and_let_ecs_roll_back_as_the_spec_says() -> None:
    rollout = {"alarms": {}, "rollback": True}
    alarm, said = alarmed("connectors", rollout, observability={"alarms": {}})
    assert said["Rollback"] is True
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]


@pytest.mark.parametrize(
    ("alarms", "access"), [({"error_percent": None}, {}), ({}, {"http": False})]
)
def test_alarms_of_nothing_are_turned_off(alarms: dict[str, Any], access: dict[str, Any]) -> None:
    off = {"AlarmNames": [], "Enable": False, "Rollback": False}
    assert alarmed("connectors", {"alarms": alarms}, access=access) == ({}, off)


@pytest.mark.parametrize("layout", list(Layout))
def test_a_rollout_s_alarm_is_there_before_its_service(layout: Layout) -> None:
    on: dict[str, Any] = {"rollout": {"alarms": {}}}
    for name, template in templates(layout, orchestration=on, connectors=on).items():
        for title, each in template["Resources"].items():
            if title.endswith("RolloutErrorsAlarm"):
                assert "Service" not in json.dumps(each["Properties"]["Metrics"]), name


@pytest.mark.parametrize("version", ["8.9", "8.10"])
def test_the_environment_is_the_reference_s(version: str) -> None:
    found = resources(version=version)
    environment = plain(found)
    assert {name: environment.get(name) for name in REFERENCE} == REFERENCE
    assert environment["CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"]["Fn::Sub"][0] == (
        "jdbc:aws-wrapper:postgresql://${Host}:5432/${Database}?wrapperPlugins=iam"
    )
    assert secret(found) == {
        "CAMUNDA_SECURITY_INITIALIZATION_USERS_0_PASSWORD": {"Ref": "AdminPassword"},
        "CAMUNDA_SECURITY_INITIALIZATION_USERS_1_PASSWORD": {"Ref": "ConnectorsPassword"},
    }
    assert plain(found, "Connectors") == REFERENCE_CONNECTORS
    assert secret(found, "Connectors") == {
        "CAMUNDA_CLIENT_AUTH_PASSWORD": {"Ref": "ConnectorsPassword"}
    }


@pytest.mark.parametrize("version", ["8.9", "8.10"])
def test_no_name_is_a_legacy_one(version: str) -> None:
    legacy = ("ZEEBE_", "CAMUNDA_DATA_BACKUP_", "CAMUNDA_OPERATE_", "CAMUNDA_DATABASE_")
    assert not [name for name in plain(resources(version=version)) if name.startswith(legacy)]


def test_what_a_version_renamed_has_its_name() -> None:
    documents = {"documents": {"enabled": True}}
    old = plain(resources(version="8.9", storage=documents))
    new = plain(resources(version="8.10", storage=documents))
    assert old["CAMUNDA_PERSISTENT_SESSIONS_ENABLED"] == "true"
    assert new["CAMUNDA_SECURITY_SESSION_PERSISTENT_ENABLED"] == "true"
    assert old["DOCUMENT_STORE_AWS_BUCKET"] == {"Ref": "DocumentsBucket"}
    assert new["CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETNAME"] == {"Ref": "DocumentsBucket"}
    assert not [name for name in new if name.startswith("DOCUMENT_")]


def test_a_schedule_brings_its_retention_and_none_brings_nothing() -> None:
    prefix = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_"
    environment = plain(resources())
    assert environment[f"{prefix}CONTINUOUS"] == "true"
    assert environment[f"{prefix}SCHEDULE"] == "PT1H"
    assert environment[f"{prefix}CHECKPOINTINTERVAL"] == "PT15M"
    assert environment[f"{prefix}RETENTION_WINDOW"] == "P7D"
    assert environment[f"{prefix}RETENTION_CLEANUPSCHEDULE"] == "PT1H"
    on_demand = plain(resources(storage={"backup": {"continuous": False, "schedule": None}}))
    assert {name for name in on_demand if name.startswith(prefix)} == {
        f"{prefix}{name}" for name in ("STORE", "S3_BUCKETNAME", "S3_REGION", "CONTINUOUS")
    }


def test_several_instances_bring_failover() -> None:
    url = plain(resources(database={"instances": 2}))["CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"]
    assert url["Fn::Sub"][0].endswith("?wrapperPlugins=iam,failover")


def test_a_database_password_replaces_the_token_and_its_permission() -> None:
    by_token = resources()
    assert "ConnectToDatabase" in statements(by_token, "OrchestrationTaskRole")
    found = resources(database={"authentication": "password"})
    assert "ConnectToDatabase" not in statements(found, "OrchestrationTaskRole")
    name = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PASSWORD"
    assert secret(found)[name] == {"Ref": "DatabaseUserPassword"}
    url = plain(found)["CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"]["Fn::Sub"][0]
    assert "iam" not in url
    given = resources(database={"authentication": "password", "password_secret_arn": SECRET})
    assert secret(given)[name] == SECRET


def test_oidc_configures_the_provider_its_administrators_and_the_connectors() -> None:
    found = resources(authentication=OIDC, access=TLS)
    environment = plain(found)
    prefix = "CAMUNDA_SECURITY_AUTHENTICATION_"
    assert environment[f"{prefix}METHOD"] == "oidc"
    assert environment[f"{prefix}OIDC_ISSUERURI"] == "https://idp.example.com"
    assert environment[f"{prefix}OIDC_AUDIENCES"] == "camunda,hub"
    assert environment[f"{prefix}OIDC_CLIENTIDCLAIM"] == "client_id"
    assert environment[f"{prefix}OIDC_REDIRECTURI"] == "https://camunda.example.com/sso-callback"
    assert f"{prefix}OIDC_SCOPE" not in environment
    roles = "CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_"
    assert {k: v for k, v in environment.items() if k.startswith(roles)} == {
        f"{roles}ADMIN_USERS_0": "anna",
        f"{roles}ADMIN_USERS_1": "ben",
        f"{roles}ADMIN_CLIENTS_0": "ci",
        f"{roles}ADMIN_GROUPS_0": "operators",
        f"{roles}CONNECTORS_CLIENTS_0": "connectors",
    }
    assert secret(found) == {f"{prefix}OIDC_CLIENTSECRET": SECRET}
    assert plain(found, "Connectors")["CAMUNDA_CLIENT_AUTH_TOKENURL"] == (
        "https://idp.example.com/token"
    )
    assert secret(found, "Connectors") == {
        "CAMUNDA_CLIENT_AUTH_CLIENTSECRET": f"{SECRET}:connectors::"
    }


def test_behind_tls_brokers_believe_the_load_balancer() -> None:
    assert plain(resources(access=TLS))["SERVER_FORWARDHEADERSSTRATEGY"] == "native"
    assert "SERVER_FORWARDHEADERSSTRATEGY" not in plain(resources())


def everything() -> Iterator[dict[str, Resource]]:
    """Yield deployments that between them have every container and role."""
    yield resources()
    yield resources(authentication=OIDC, access=TLS, database={"authentication": "password"})
    yield resources(
        database={"seed": "init_container", "authentication": "password"},
        orchestration={
            "image": f"{ECR}/docker-hub/camunda/camunda:8.10.9",
            "execute_command": True,
            "secrets": {"CAMUNDA_LICENSE_KEY": PARAMETER},
            "init_container": {"image": "busybox:1", "secrets": {"TOKEN": SECRET}},
            "restore": {"backup_id": "100"},
        },
        storage={"documents": {"enabled": True}},
    )


def test_no_secret_is_in_plain_environment() -> None:
    words = ("PASSWORD", "CLIENTSECRET", "LICENSE", "SECRETKEY")
    for found in everything():
        tasks = [r for r in found.values() if r["Type"] == "AWS::ECS::TaskDefinition"]
        assert tasks
        for task in tasks:
            for container in task["Properties"]["ContainerDefinitions"]:
                for variable in container.get("Environment", []):
                    assert not any(word in variable["Name"] for word in words)


def test_variables_are_sorted_and_unique_in_both_kinds_together() -> None:
    for found in everything():
        for task in ("Orchestration", "Connectors"):
            for container in containers(found, task):
                names = [variable["Name"] for variable in container.get("Environment", [])]
                secrets = [variable["Name"] for variable in container.get("Secrets", [])]
                assert names == sorted(names)
                assert secrets == sorted(secrets)
                assert len(names + secrets) == len({*names, *secrets})


def test_the_spec_s_variables_come_last_whichever_kind_they_are() -> None:
    license_key, autoddl = "CAMUNDA_LICENSE_KEY", "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_AUTODDL"
    found = resources(
        orchestration={
            "environment": {"JAVA_OPTS": "-XX:MaxRAMPercentage=40"},
            "secrets": {license_key: SECRET, autoddl: PARAMETER},
        }
    )
    assert plain(found)["JAVA_OPTS"] == "-XX:MaxRAMPercentage=40"
    assert secret(found)[license_key] == SECRET
    assert autoddl not in plain(found)


@pytest.mark.parametrize(("version", "log_format"), [("8.9", "text"), ("8.10", "json")])
@pytest.mark.parametrize("authentication", [{}, OIDC])
def test_reserved_names_are_those_that_are_generated(
    version: str, log_format: str, authentication: dict[str, Any]
) -> None:
    sections = {
        "version": version,
        "authentication": authentication,
        "access": TLS,
        "observability": {"log_format": log_format},
    }
    d, found = deployment(**sections), resources(**sections)
    reserved = orchestration_environment.reserved_environment(
        d.orchestration,
        version=d.version,
        access=d.access,
        authentication=d.authentication,
        database=d.database,
        storage=d.storage,
        connectors=d.connectors.enabled,
        log_format=log_format,
    )
    assert reserved == plain(found).keys() | secret(found).keys()
    assert connectors_environment.reserved_environment(
        d.connectors, d.access, d.authentication, log_format
    ) == (plain(found, "Connectors").keys() | secret(found, "Connectors").keys())


def test_only_actions_without_resources_are_allowed_on_everything() -> None:
    on_everything = set()
    for found in everything():
        for title, resource in found.items():
            if resource["Type"] == "AWS::IAM::Role":
                for statement in statements(found, title).values():
                    assert not any(action.endswith("*") for action in statement["Action"])
                    if "*" in statement["Resource"]:
                        on_everything |= set(statement["Action"])
    assert on_everything == {
        "ecr:GetAuthorizationToken",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }


def test_only_this_account_s_tasks_assume_the_tasks_roles() -> None:
    found = resources()
    for who in ("Orchestration", "Connectors"):
        for kind in ("Task", "Execution"):
            trust = found[f"{who}{kind}Role"]["Properties"]["AssumeRolePolicyDocument"]
            [statement] = trust["Statement"]
            assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
            assert statement["Condition"] == {
                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            }


def test_a_service_may_read_exactly_the_secrets_of_its_containers() -> None:
    for found in everything():
        for task in ("Orchestration", "Connectors"):
            read = {
                str(secret_arn(variable["ValueFrom"]))
                for container in containers(found, task)
                for variable in container.get("Secrets", [])
            }
            granted = statements(found, f"{task}ExecutionRole")
            allowed = {
                str(arn)
                for sid in ("ReadSecrets", "ReadParameters")
                for arn in granted.get(sid, {"Resource": []})["Resource"]
            }
            # The container names a key inside the admin's secret; the role the secret.
            admin = {"Fn::GetAtt": ["AuroraCluster", "MasterUserSecret.SecretArn"]}
            keyed = {"Fn::Sub": ["${Admin}:password::", {"Admin": admin}]}
            assert {str(admin) if arn == str(keyed) else arn for arn in read} == allowed


def test_a_secret_without_its_random_end_is_found_under_any() -> None:
    start = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:"
    named = {
        "A": f"{start}mine",
        "B": f"{start}mine:key::",
        "C": f"{start}my-secret",
        "D": f"{start}rds!cluster-1234-AbCd12:password::",
    }
    found = resources(orchestration={"secrets": named})
    granted = statements(found, "OrchestrationExecutionRole")["ReadSecrets"]["Resource"]
    assert [arn for arn in granted if isinstance(arn, str)] == [
        f"{start}mine",
        f"{start}mine-??????",
        f"{start}my-secret",
        f"{start}my-secret-??????",
        f"{start}rds!cluster-1234-AbCd12",
    ]


def test_exec_is_allowed_only_where_it_is_on() -> None:
    assert "ExecuteCommand" not in statements(resources(), "OrchestrationTaskRole")
    found = resources(orchestration={"execute_command": True})
    assert "ExecuteCommand" in statements(found, "OrchestrationTaskRole")
    assert found["OrchestrationService"]["Properties"]["EnableExecuteCommand"] is True
    assert "ExecuteCommand" not in statements(found, "ConnectorsTaskRole")


def test_brokers_see_that_a_lease_is_missing_and_not_merely_forbidden() -> None:
    granted = statements(resources(), "OrchestrationTaskRole")
    assert "s3:ListBucket" in granted["NodeIdBucket"]["Action"]


def test_brokers_may_do_with_each_bucket_what_camunda_s_stores_do() -> None:
    """The stores in camunda/camunda: S3NodeIdRepository, S3BackupStore, AwsDocumentStore."""
    found = resources(storage={"documents": {"enabled": True}})
    granted = statements(found, "OrchestrationTaskRole")
    for bucket in ("NodeId", "Backup", "Documents"):
        assert granted[f"{bucket}Bucket"]["Action"] == ["s3:ListBucket", "s3:GetBucketLocation"]
        tags = ["s3:PutObjectTagging"] if bucket == "Documents" else []
        assert granted[f"{bucket}Objects"]["Action"] == [
            *("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
            *tags,
        ]
        # With bucket keys, requests through the one region have been refused.
        assert granted[f"{bucket}Key"]["Condition"] == {
            "StringLike": {"kms:ViaService": {"Fn::Sub": "s3.*.${AWS::URLSuffix}"}}
        }


def test_private_ecr_images_are_pulled_from_their_repository_alone() -> None:
    image = "123456789012.dkr.ecr.eu-west-2.amazonaws.com/mirror/camunda:8.10.9"
    granted = statements(resources(orchestration={"image": image}), "OrchestrationExecutionRole")
    assert granted["PullImages"]["Resource"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:ecr:eu-west-2:123456789012:repository/mirror/camunda"}
    ]
    assert "PullImages" not in statements(resources(), "OrchestrationExecutionRole")


def test_guardduty_s_agent_may_be_pulled_by_every_task_where_the_spec_says_so() -> None:
    agent = "arn:${AWS::Partition}:ecr:${AWS::Region}:*:repository/aws-guardduty-agent-fargate"
    image = "123456789012.dkr.ecr.eu-west-2.amazonaws.com/mirror/camunda:8.10.2"
    found = resources(cluster={"runtime_monitoring": True}, orchestration={"image": image})
    for who in ("Orchestration", "Connectors", "Seed"):
        granted = statements(found, f"{who}ExecutionRole")
        assert granted["LoginToEcr"]["Action"] == ["ecr:GetAuthorizationToken"]
        assert {"Fn::Sub": agent} in granted["PullImages"]["Resource"]
        assert len(granted["PullImages"]["Resource"]) == (2 if who == "Orchestration" else 1)
        assert "PullImages" not in statements(resources(), f"{who}ExecutionRole")


@pytest.mark.parametrize(
    ("image", "prefixes", "name"),
    [
        (f"{ECR}/docker-hub/camunda/camunda:8.10.9", None, "docker-hub/camunda/camunda"),
        (f"{ECR}/ecr-public/x@sha256:{'0' * 64}", None, "ecr-public/x"),
        (
            "123456789012.dkr-ecr.eu-west-2.on.aws/quay/a/b:8.10.9",
            None,
            "quay/a/b",
        ),
        (f"{ECR}/mirror/hub/camunda:8.10.9", ["mirror/hub/"], "mirror/hub/camunda"),
        (f"{ECR}/camunda:8.10.9", ["ROOT"], "camunda"),
        (f"{ECR}/docker-hub/camunda:8.10.9", [], None),
        (f"{ECR}/docker-hub-copy/camunda:8.10.9", None, None),
        (f"{ECR}/docker-hub:8.10.9", None, None),
        (f"{ECR}/camunda/docker-hub/camunda:8.10.9", None, None),
        ("registry.example.com/docker-hub/camunda:8.10.9", None, None),
    ],
)
def test_pull_through_caches_fill_exactly_the_repositories_of_the_images(
    image: str, prefixes: list[str] | None, name: str | None
) -> None:
    registry = {} if prefixes is None else {"pull_through_cache_prefixes": prefixes}
    found = resources(orchestration={"image": image}, registry=registry)
    granted = statements(found, "OrchestrationExecutionRole")
    assert ("ImportImages" in granted) is bool(name)
    if name:
        assert {"ecr:BatchImportUpstreamImage", "ecr:CreateRepository"} <= set(
            granted["ImportImages"]["Action"]
        )
        arn = f"arn:${{AWS::Partition}}:ecr:eu-west-2:123456789012:repository/{name}"
        assert granted["ImportImages"]["Resource"] == [{"Fn::Sub": arn}]
        assert granted["PullImages"]["Resource"] == [{"Fn::Sub": arn}]
    assert "ImportImages" not in statements(found, "ConnectorsExecutionRole")


def test_registry_credentials_go_only_to_their_registry() -> None:
    image = "registry.camunda.cloud/camunda/camunda:8.10.9"
    found = resources(registry={"credentials_secret_arn": SECRET}, orchestration={"image": image})
    assert containers(found)[-1]["RepositoryCredentials"] == {"CredentialsParameter": SECRET}
    assert SECRET in statements(found, "OrchestrationExecutionRole")["ReadSecrets"]["Resource"]
    assert "RepositoryCredentials" not in containers(found, "Connectors")[-1]
    assert SECRET not in statements(found, "ConnectorsExecutionRole")["ReadSecrets"]["Resource"]


def test_the_registry_s_own_key_is_used_for_its_secret() -> None:
    key = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    found = resources(
        registry={"hostname": "docker.io", "credentials_secret_arn": SECRET, "kms_key_arn": key}
    )
    assert key in statements(found, "ConnectorsExecutionRole")["DecryptSecrets"]["Resource"]


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("camunda/camunda:8.10.9", "docker.io"),
        ("postgres:17-alpine", "docker.io"),
        ("registry.camunda.cloud/camunda/camunda", "registry.camunda.cloud"),
        ("localhost:5000/camunda", "localhost:5000"),
    ],
)
def test_an_image_names_its_registry_or_comes_from_docker_hub(image: str, host: str) -> None:
    assert registry_of(image) == host
    registry = RegistrySpec(host, SECRET, None, (), {})
    assert registry.credentials(image) == SECRET
    assert replace(registry, hostname="elsewhere").credentials(image) is None


def test_brokers_wait_for_their_data_their_database_and_their_entrances() -> None:
    waits = set(resources()["OrchestrationService"]["DependsOn"])
    assert {"MountTarget1", "MountTarget2", "MountTarget3"} <= waits
    assert {"AuroraInstance1", "DatabaseSeed", "RestListenerRule", "GrpcListener"} <= waits
    for seed in ("none", "init_container"):
        waits = set(resources(database={"seed": seed})["OrchestrationService"]["DependsOn"])
        assert "AuroraInstance1" in waits


def test_connectors_wait_for_the_brokers_in_both_layouts() -> None:
    assert "OrchestrationService" in resources()["ConnectorsService"]["DependsOn"]
    root = templates(Layout.NESTED)["root"]["Resources"]
    assert "Orchestration" in root["Connectors"]["DependsOn"]


def test_connectors_are_clients_of_service_connect_only() -> None:
    found = resources()
    brokers = found["OrchestrationService"]["Properties"]["ServiceConnectConfiguration"]
    assert [(service["PortName"], service["ClientAliases"]) for service in brokers["Services"]] == [
        ("grpc", [{"DnsName": "orchestration-cluster-grpc", "Port": 26500}]),
        ("internal-api", [{"DnsName": "orchestration-cluster-sc", "Port": 26502}]),
        ("rest", [{"DnsName": "orchestration-cluster-rest", "Port": 8080}]),
    ]
    client = found["ConnectorsService"]["Properties"]["ServiceConnectConfiguration"]
    assert client == {"Enabled": True, "Namespace": brokers["Namespace"]}
    for container in containers(found):
        assert not any("AppProtocol" in port for port in container["PortMappings"])


def test_without_connectors_nothing_of_them_is_left() -> None:
    found = resources(connectors={"enabled": False})
    assert not [title for title in found if title.startswith("Connectors")]
    assert not [name for name in plain(found) if "CONNECTORS" in name or "USERS_1" in name]


def test_init_and_restore_containers_run_to_their_end_before_the_broker() -> None:
    found = resources(
        database={"seed": "init_container"},
        orchestration={
            "init_container": {"image": "busybox:1", "command": ["sh", "-c", "true"]},
            "restore": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        },
    )
    seed, init, restore, broker = containers(found)
    assert [c["Essential"] for c in (seed, init, restore, broker)] == [False, False, False, True]
    waits = {d["ContainerName"]: d["Condition"] for d in broker["DependsOn"]}
    assert waits == dict.fromkeys([seed["Name"], init["Name"], restore["Name"]], "SUCCESS")
    assert restore["EntryPoint"] == ["/usr/local/camunda/bin/restore"]
    assert restore["Command"] == ["--from=2026-01-01T00:00:00Z", "--to=2026-01-02T00:00:00Z"]
    assert restore["Environment"] == broker["Environment"]
    assert restore["Secrets"] == broker["Secrets"]
    for container in (restore, broker):  # the restore has the broker's variables: its files too
        data, config = container["MountPoints"]
        assert data["ContainerPath"] == "/usr/local/camunda/data"
        assert (config["ContainerPath"], config["ReadOnly"]) == ("/config", True)


def test_brokers_are_killed_for_being_dead_and_not_for_being_unready() -> None:
    [broker] = containers(resources())
    [_, command] = broker["HealthCheck"]["Command"]
    assert "/actuator/health/liveness" in command
    assert broker["HealthCheck"]["StartPeriod"] == 300
    assert broker["StopTimeout"] == 30


def test_data_is_mounted_encrypted_through_the_access_point() -> None:
    found = resources()
    [volume] = found["OrchestrationTaskDefinition"]["Properties"]["Volumes"]
    efs = volume["EFSVolumeConfiguration"]
    assert efs["TransitEncryption"] == "ENABLED"
    assert efs["AuthorizationConfig"] == {"AccessPointId": {"Ref": "AccessPoint"}, "IAM": "ENABLED"}
    granted = statements(found, "OrchestrationTaskRole")["MountFileSystem"]
    assert "elasticfilesystem:ClientRootAccess" not in granted["Action"]


def test_the_database_is_encrypted_and_its_admin_is_looked_after_by_rds() -> None:
    cluster = resources()["AuroraCluster"]
    properties = cluster["Properties"]
    assert cluster["DeletionPolicy"] == cluster["UpdateReplacePolicy"] == "Snapshot"
    assert properties["StorageEncrypted"] is True
    assert properties["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in properties
    assert "AvailabilityZones" not in properties


def test_database_instances_are_as_many_and_as_large_as_asked_for() -> None:
    found = resources(database={"instances": 2, "instance_class": "db.r7g.large"})
    classes = [
        r["Properties"]["DBInstanceClass"]
        for r in found.values()
        if r["Type"] == "AWS::RDS::DBInstance"
    ]
    assert classes == ["db.r7g.large"] * 2
    serverless = resources(database={"serverless": {"min_acu": 0.5, "max_acu": 8}})
    assert serverless["AuroraInstance1"]["Properties"]["DBInstanceClass"] == "db.serverless"
    scaling = serverless["AuroraCluster"]["Properties"]["ServerlessV2ScalingConfiguration"]
    assert scaling == {"MinCapacity": 0.5, "MaxCapacity": 8}
    paused = resources(database={"serverless": {"min_acu": 0, "max_acu": 256}})
    scaling = paused["AuroraCluster"]["Properties"]["ServerlessV2ScalingConfiguration"]
    assert scaling == {"MinCapacity": 0, "MaxCapacity": 256}


def test_token_login_is_on_only_where_somebody_uses_it() -> None:
    def on(**database: Any) -> Any:
        cluster = resources(database=database)["AuroraCluster"]["Properties"]
        return cluster["EnableIAMDatabaseAuthentication"]

    assert on() is True
    assert on(authentication="password") is False
    assert on(authentication="password", additional_iam_users=["reporting"]) is True
