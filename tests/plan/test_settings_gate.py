"""Settings by which brokers find what they stored are judged wherever they are written."""

import json
import re
from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from camformation.report.plan.text import plan_text
from deployments import templates

ALLOW = "CAM626:OrchestrationService"
OIDC = {
    "issuer": "https://login.example.com/",
    "client_id": "camunda",
    "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:a-a1B2c3",
    "audiences": ["camunda"],
    "admin": {"users": ["jane"]},
}
SECTIONS: dict[str, Any] = {
    "region": "eu-west-2",
    "version": "8.10",
    "orchestration": {"environment": {"CAMUNDA_LOG_LEVEL": "INFO"}},
}


def oidc(**more: Any) -> dict[str, Any]:
    return {
        "access": {
            "tls": {
                "hostname": "camunda.example.com",
                "certificate_arn": "arn:aws:acm:eu-west-2:111122223333:certificate/a",
            }
        },
        "authentication": {"mode": "oidc", "oidc": {**OIDC, **more}},
    }


def env(**variables: str) -> dict[str, Any]:
    return {"orchestration": {"environment": {"CAMUNDA_LOG_LEVEL": "INFO", **variables}}}


def planned(before: dict[str, Any], after: dict[str, Any], *allow: str) -> Plan:
    old, new = (templates(Layout.NESTED, **{**SECTIONS, **each}) for each in (before, after))
    return make_plan(json.loads(json.dumps(old)), new, allow=allow)


PREFIX = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PREFIX"
PATH = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_BASEPATH"

DOCUMENTS = {"storage": {"documents": {"enabled": True}}}
TENANT = "CAMUNDA_PHYSICALTENANTS_TENANTA_DATA_SECONDARYSTORAGE_RDBMS_"

DETACHES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, env(**{PREFIX: "c8_"})),
    (env(**{PREFIX: "c8_"}), {}),
    ({}, env(CAMUNDA_DATA_SECONDARY_STORAGE_RDBMS_PREFIX="c8_")),
    ({}, env(SPRING_APPLICATION_JSON='{"camunda":{"data":{"secondary-storage":{"rdbms":'
                                     '{"prefix":"c8_"}}}}}')),
    ({}, env(JAVA_TOOL_OPTIONS="-Dcamunda.data.secondary-storage.rdbms.prefix=c8_")),
    ({}, env(**{PATH: "old"})),
    (env(**{PATH: "old"}), env(**{PATH: "new"})),
    ({}, env(ZEEBE_BROKER_DATA_BACKUP_S3_BASEPATH="old")),
    (DOCUMENTS, {**DOCUMENTS, **env(CAMUNDA_DOCUMENT_AWS_AWS1_BUCKETPATH="a/b")}),
    ({}, env(CAMUNDA_CLUSTER_NAME="other")),
    ({}, env(CAMUNDA_SECURITY_TRANSPORTLAYERSECURITY_CLUSTER_ENABLED="true")),
    (env(ZEEBE_BROKER_NETWORK_SECURITY_ENABLED="true"), {}),
    ({}, env(CAMUNDA_CLUSTER_CLUSTERID="other")),
    ({}, env(CAMUNDA_CLUSTER_PARTITIONING_SCHEME="FIXED")),
    (
        env(CAMUNDA_CLUSTER_PARTITIONING_SCHEME="FIXED",
            CAMUNDA_CLUSTER_PARTITIONING_FIXED_0_PARTITIONID="1"),
        env(CAMUNDA_CLUSTER_PARTITIONING_SCHEME="FIXED",
            CAMUNDA_CLUSTER_PARTITIONING_FIXED_0_PARTITIONID="2"),
    ),
    ({}, env(CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED="true")),
    ({}, env(CAMUNDA_SECURITY_IDVALIDATIONPATTERN="^[a-z]+$")),
    (env(**{f"{TENANT}URL": "jdbc:postgresql://db/t"}),
     env(**{f"{TENANT}URL": "jdbc:postgresql://db/t?currentSchema=other"})),
    (env(**{f"{TENANT}URL": "jdbc:postgresql://db/t"}),
     env(**{f"{TENANT}URL": "jdbc:postgresql://db/t", f"{TENANT}PREFIX": "c8_"})),
    (env(**{f"{TENANT}URL": "jdbc:postgresql://db/t"}), {}),
    ({}, env(CAMUNDA_PHYSICALTENANTS_DEFAULT_DATA_SECONDARYSTORAGE_RDBMS_PREFIX="c8_")),
    ({}, oidc()),
    (oidc(), {}),
    ({}, env(CAMUNDA_SECURITY_AUTHENTICATION_METHOD="oidc")),
    (oidc(), {**oidc(), **env(SPRING_APPLICATION_JSON='{"camunda.security.authentication.method":'
                                                      '"basic"}')}),
    (oidc(), oidc(username_claim="email")),
    (oidc(), {**oidc(), **env(CAMUNDA_SECURITY_AUTHENTICATION_OIDC_USERNAMECLAIM="email")}),
    (oidc(client_id_claim="azp"), oidc(client_id_claim="client_id")),
    ({}, {"database": {"user": "someone"}}),
    ({}, {"authentication": {"users": {"admin": {"username": "root"}}}}),
    ({}, {"authentication": {"users": {"connectors": {"username": "c"}}}}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), DETACHES, ids=range(len(DETACHES)))
def test_a_setting_that_detaches_data_is_blocked_and_allowed_by_its_code(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    plan = planned(before, after)
    (block,) = plan.blocks
    assert block.code == "CAM626" and block.allow
    assert re.fullmatch(ALLOW + r":[A-Z][A-Z0-9_]+_[A-Z0-9_]+", block.allow)
    assert block.allow in block.hint
    assert planned(before, after, block.allow).exit_code == 2
    assert planned(before, after, ALLOW).exit_code == 3
    assert planned(before, after, "CAM660:OrchestrationService").exit_code == 3


def test_each_setting_is_allowed_by_itself() -> None:
    both = env(**{PREFIX: "c8_", "CAMUNDA_CLUSTER_NAME": "other"})
    words = sorted(block.allow for block in planned({}, both).blocks if block.allow)
    assert words == [f"{ALLOW}:CAMUNDA_CLUSTER_NAME", f"{ALLOW}:{PREFIX}"]
    assert [b.allow for b in planned({}, both, words[0]).blocks] == words[1:]
    assert planned({}, both, *words).exit_code == 2


HARMLESS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, env(**{f"{TENANT}URL": "jdbc:postgresql://db/t", f"{TENANT}PREFIX": "t_"})),  # is new
    (
        env(**{f"{TENANT}URL": "jdbc:postgresql://db/t"}),
        env(**{f"{TENANT}URL": "jdbc:postgresql://db/t?sslmode=require"}),
    ),
    ({}, env(A="b")),
    ({}, env(CAMUNDA_CLUSTER_NAME="zeebe-cluster")),  # what it is by itself
    ({}, env(CAMUNDA_SECURITY_TRANSPORTLAYERSECURITY_CLUSTER_ENABLED="false")),
    ({}, env(CAMUNDA_CLUSTER_PARTITIONING_SCHEME="round_robin")),
    ({}, env(CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED="false")),
    (oidc(), oidc(username_claim="sub")),
    (env(**{PREFIX: "c8_"}), env(CAMUNDA_DATA_SECONDARY_STORAGE_RDBMS_PREFIX="c8_")),
    (
        env(**{PREFIX: "c8_"}),
        env(JAVA_TOOL_OPTIONS="-Dcamunda.data.secondary-storage.rdbms.prefix=c8_"),
    ),
    ({"database": {"instances": 1}}, {"database": {"instances": 2}}),  # the URL's parameters
    ({}, {"database": {"authentication": "password"}}),
    ({}, {"database": {"additional_iam_users": ["reader"]}}),
    ({}, {"orchestration": {"memory_mib": 16384, "cpu": 4096}}),
]


@pytest.mark.parametrize(("before", "after"), HARMLESS, ids=range(len(HARMLESS)))
def test_what_leaves_the_data_where_it_is_passes(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    plan = planned(before, after)
    assert "CAM626" not in {block.code for block in plan.gate}
    assert not plan.blocks


def test_camunda_810_renames_the_document_store_without_moving_it() -> None:
    known = {**DOCUMENTS, "version": "8.9", "database": {"engine_version": "17.9"}}
    plan = planned(known, {**known, "version": "8.10"})
    assert not plan.blocks and plan.exit_code == 2


def test_another_port_of_the_same_database_is_the_same_database() -> None:
    new = templates(Layout.FLAT, **SECTIONS)
    old = json.loads(json.dumps(new).replace(":5432/${Database}", ":1234/${Database}"))
    assert old != new
    plan = make_plan(old, new)
    assert plan.has_changes and not plan.gate
    other = json.loads(json.dumps(new).replace(":5432/${Database}", ":5432/x${Database}"))
    assert {block.code for block in make_plan(other, new).gate} == {"CAM626"}


def test_documents_may_be_switched_on_and_not_off() -> None:
    off, on = ({"storage": {"documents": {"enabled": each}}} for each in (False, True))
    assert not planned(off, on).blocks
    [block] = planned(on, off).blocks
    assert block.code == "CAM626" and "existing documents are not found" in block.message


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("camunda.cluster.size", "CAM660"),
        ("camunda.cluster.partition-count", "CAM661"),
        ("camunda.cluster.replication-factor", "CAM662"),
    ],
)
def test_sizes_in_json_and_system_properties_are_the_clusters_sizes(name: str, code: str) -> None:
    for written in (
        env(JAVA_TOOL_OPTIONS=f"-D{name}=7"),
        env(SPRING_APPLICATION_JSON=json.dumps({name: 7})),
    ):
        plan = planned({}, written)
        assert {(b.code, b.allow) for b in plan.blocks} == {(code, f"{code}:OrchestrationService")}
        assert name in plan.blocks[0].message


def test_no_secret_in_a_setting_is_shown() -> None:
    secret = "hunter2hunter2"
    said = {"SPRING_APPLICATION_JSON": json.dumps(
        {"camunda.data.secondary-storage.rdbms.prefix": "a", "my.password": secret})}  # fmt: skip
    shown = plan_text(planned({}, env(**said)))
    assert "CAM626" in shown and secret not in shown


def backup(**settings: Any) -> dict[str, Any]:
    return {
        "storage": {
            "backup": {
                "continuous": True,
                "schedule": "PT1H",
                "retention": "P7D",
                "checkpoint_interval": "PT1M",
                **settings,
            }
        }
    }


@pytest.mark.parametrize(
    ("before", "after", "warned"),
    [
        (backup(), backup(retention="P3D"), True),
        (backup(), backup(retention="P30D"), False),
        (backup(), backup(checkpoint_interval="PT10M"), True),
        (backup(), backup(checkpoint_interval="PT30S"), False),
        (backup(), backup(continuous=False), True),
        (backup(), backup(schedule=None), True),
        (backup(), backup(schedule="PT4H"), False),
        (backup(schedule=None), backup(), False),
        (backup(continuous=False), backup(), False),
        ({}, env(CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_HISTORY_DEFAULTHISTORYTTL="P7D"), True),
        ({}, env(CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_HISTORY_DEFAULTHISTORYTTL="P90D"), False),
    ],
)
def test_fewer_backups_are_a_warning(
    before: dict[str, Any], after: dict[str, Any], warned: bool
) -> None:
    plan = planned(before, after)
    found = [block for block in plan.gate if block.code == "CAM668"]
    assert bool(found) == warned
    assert all(block.severity is Severity.WARNING for block in found)
    assert plan.exit_code == 2
