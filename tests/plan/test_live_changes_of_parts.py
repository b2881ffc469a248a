"""Changes of single properties and settings, most of them by patches, and what AWS makes of them.

What is right is the CloudFormation Template Reference's word ("Update requires"), that of the
services' own guides, and Camunda's documentation of a setting.
"""

import json
from typing import Any

import pytest

from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.model import Block, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from camformation.rules.cron import yearly
from deployments import templates
from plan.test_live_changes import (
    AUTHORITY,
    CERTIFICATE,
    KEY,
    GoldenPart,
    Said,
    Spec,
    access,
    backup,
    compiled,
    database,
    locked,
    logs,
    oidc,
    patched,
    texts,
    tls,
    zone,
)

BLOCK, WARNING = Severity.BLOCK, Severity.WARNING
ZONE = zone("Z0123456789ABC")
BROKERS, NETWORK = "orchestration", "network"
SERVICE = "OrchestrationService/Properties"
CONNECT = f"{SERVICE}/ServiceConnectConfiguration"
TASK = "OrchestrationTaskDefinition/Properties"
VARIABLE = f"{TASK}/ContainerDefinitions/0/Environment"
RULES = "BackupBucket/Properties/LifecycleConfiguration/Rules"
EXPIRING = {"Id": "x", "Status": "Enabled", "ExpirationInDays": 3}


def changed(component: str, path: str, value: Any) -> Spec:
    return patched(component, path, value, "replace")


def env(**variables: str) -> Spec:
    return {"orchestration": {"environment": variables}}


def connected(authority: str) -> Spec:
    return {"cluster": {"service_connect_tls": {"certificate_authority_arn": authority}}}


def zeebe(continuous: bool, schedule: str) -> Spec:
    return {"storage": {"backup": {"continuous": continuous, "schedule": schedule}}}


def groups(claim: str) -> Spec:
    spec = oidc()
    spec["authentication"]["oidc"]["groups_claim"] = claim
    return spec


def mapped(value: str) -> Spec:
    spec = oidc()
    rule = {"id": "admins", "claim": "department", "value": value}
    spec["authentication"]["oidc"]["admin"]["mapping_rules"] = [rule]
    return spec


UNROTATED = patched("keys", "DatabaseKey/Properties/EnableKeyRotation", False)
SWAPPED = {
    "patches": [
        *changed(BROKERS, "RestListenerRule/Properties/Priority", 50)["patches"],
        *changed("connectors", "ConnectorsListenerRule/Properties/Priority", 100)["patches"],
    ]
}
TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
OPEN = json.dumps({"camunda": {"security": {"authorizations": {"enabled": False}}}})

CASES: dict[str, tuple[Spec, Spec, Said]] = {
    # Tasks of before and after that do not reach each other.
    "Service Connect ends": (
        {},
        changed(BROKERS, f"{CONNECT}/Enabled", False),
        [("CAM799", WARNING, "no longer have the names orchestration-cluster-grpc, ")],
    ),
    "another name in Service Connect": (
        {},
        changed(BROKERS, f"{CONNECT}/Services/1/ClientAliases/0/DnsName", "brokers"),
        [("CAM799", WARNING, "the name orchestration-cluster-sc in Service Connect")],
    ),
    "a name more in Service Connect": (
        {},
        patched(
            BROKERS,
            f"{CONNECT}/Services/0/ClientAliases/-",
            {"DnsName": "zeebe", "Port": 26501},
        ),
        [],
    ),
    "another namespace": (
        {},
        changed("cluster", "ServiceConnectNamespace/Properties/Name", "other"),
        [("CAM799", WARNING, "old and new tasks cannot reach each other")],
    ),
    "a namespace described": (
        {},
        changed("cluster", "ServiceConnectNamespace/Properties/Description", "other"),
        [],
    ),
    "another authority": (
        connected(AUTHORITY),
        connected(AUTHORITY.replace("1234abcd-", "abcd1234-")),
        [("CAM799", WARNING, "gets another certificate authority")],
    ),
    "another group of brokers": (
        {},
        changed(NETWORK, "OrchestrationSecurityGroup/Properties/GroupDescription", "Brokers"),
        [("CAM799", WARNING, "brokers in the old and in the new one")],
    ),
    "another group of connectors": (
        {},
        changed(NETWORK, "ConnectorsSecurityGroup/Properties/GroupDescription", "Connectors"),
        [],
    ),
    "other contact points": (
        {},
        changed(BROKERS, f"{VARIABLE}/0/Value", "other:26502"),
        [("CAM626", BLOCK, "do not find each other")],
    ),
    "a contact point more": (
        {},
        changed(BROKERS, f"{VARIABLE}/0/Value", "orchestration-cluster-sc:26502, other:26502"),
        [],
    ),
    # What is refused whatever the schema says.
    "another kind of key": (
        UNROTATED,
        {
            "patches": [
                *UNROTATED["patches"],
                *patched("keys", "DatabaseKey/Properties/KeySpec", "RSA_2048")["patches"],
            ]
        },
        [("CAM798", BLOCK, "KeySpec goes from SYMMETRIC_DEFAULT to RSA_2048")],
    ),
    "a key of several regions": (
        {},
        patched("keys", "BackupKey/Properties/MultiRegion", True),
        [("CAM798", BLOCK, "AWS cannot change it after")],
    ),
    "a key's own kind, written": (
        {},
        patched("keys", "DatabaseKey/Properties/KeySpec", "SYMMETRIC_DEFAULT"),
        [],
    ),
    "another class of log group": (
        {},
        patched("logs", "CamundaLogGroup/Properties/LogGroupClass", "INFREQUENT_ACCESS"),
        [("CAM798", BLOCK, "LogGroupClass goes from STANDARD to INFREQUENT_ACCESS")],
    ),
    "another key of insights": (
        database(insights="advanced"),
        {
            **database(insights="advanced"),
            **changed("database", "AuroraCluster/Properties/PerformanceInsightsKmsKeyId", KEY),
        },
        [("CAM798", BLOCK, "PerformanceInsightsKmsKeyId")],
    ),
    "insights begin": ({}, database(insights="advanced"), []),
    "another function of the seed": (
        {},
        patched("database_seed", "SeedFunction/Properties/FunctionName", "seed"),
        [("CAM798", BLOCK, "DatabaseSeed: its function would be replaced")],
    ),
    "a larger function of the seed": (
        {},
        changed("database_seed", "SeedFunction/Properties/MemorySize", 256),
        [],
    ),
    "versions end under Object Lock": (
        locked("governance", 7),
        {
            **locked("governance", 7),
            **patched("storage", "BackupBucket/Properties/VersioningConfiguration", op="remove"),
        },
        [("CAM717", BLOCK, "a bucket with Object Lock keeps versions")],
    ),
    "versions end": (
        {},
        patched("storage", "BackupBucket/Properties/VersioningConfiguration", op="remove"),
        [("CAM668", WARNING, "VersioningConfiguration")],
    ),
    "rules change places": (
        {},
        SWAPPED,
        [
            (
                "CAM796",
                BLOCK,
                "RestListenerRule: Priority becomes 50, which ConnectorsListenerRule",
            ),
            (
                "CAM796",
                BLOCK,
                "ConnectorsListenerRule: Priority becomes 100, which RestListenerRule",
            ),
        ],
    ),
    "a rule in a free place": (
        {},
        changed(BROKERS, "RestListenerRule/Properties/Priority", 200),
        [],
    ),
    "another NAT gateway with the same address": (
        {},
        patched("egress", "NatGateway1/Properties/PrivateIpAddress", "10.190.96.10"),
        [("CAM796", BLOCK, "NatGateway1: the new one is for the same")],
    ),
    "another address of a mount target": (
        {},
        patched("storage", "MountTarget1/Properties/IpAddress", "10.190.0.10"),
        [("CAM796", BLOCK, "MountTarget1: the new one is for the same")],
    ),
    # Less of what could be restored.
    "weekly recovery points": (
        backup(),
        backup(schedule="cron(0 3 ? * SUN *)"),
        [("CAM668", WARNING, "about 52 times a year instead of about 365")],
    ),
    "recovery points on weekdays": (
        backup(),
        backup(schedule="cron(0 3 ? * MON-FRI *)"),
        [("CAM668", WARNING, "about 261 times a year")],
    ),
    "recovery points at another hour": (backup(), backup(schedule="cron(30 22 * * ? *)"), []),
    "more recovery points": (backup(schedule="cron(0 3 ? * SUN *)"), backup(), []),
    "rarer backups that are not continuous": (
        zeebe(False, "PT1H"),
        zeebe(False, "0 0 3 * * *"),
        [("CAM668", WARNING, "a restore loses more of the")],
    ),
    "the same schedule in other words": (zeebe(False, "PT1H"), zeebe(False, "0 0 * * * *"), []),
    "rarer backups that are continuous": (zeebe(True, "PT1H"), zeebe(True, "PT6H"), []),
    "backups that become continuous, and rarer": (zeebe(False, "PT1H"), zeebe(True, "PT6H"), []),
    "backups that expire": (
        {},
        patched("storage", f"{RULES}/-", EXPIRING),
        [("CAM668", WARNING, "objects in the backup bucket are kept for 3 days instead of")],
    ),
    "leases that expire": (
        {},
        patched("storage", "NodeIdBucket/Properties/LifecycleConfiguration", {"Rules": [EXPIRING]}),
        [("CAM668", WARNING, "objects in the node-id bucket")],
    ),
    "versions that expire earlier": (
        {},
        changed("storage", f"{RULES}/0/NoncurrentVersionExpiration/NoncurrentDays", 1),
        [("CAM668", WARNING, "overwritten or deleted are kept for 1 day instead of 14 days")],
    ),
    "versions that expire later": (
        {},
        changed("storage", f"{RULES}/0/NoncurrentVersionExpiration/NoncurrentDays", 90),
        [],
    ),
    "uploads that are given up earlier": (
        {},
        changed("storage", f"{RULES}/0/AbortIncompleteMultipartUpload/DaysAfterInitiation", 1),
        [],
    ),
    "decisions kept shorter": (
        {},
        env(CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_HISTORY_DECISIONINSTANCETTL="P1D"),
        [("CAM668", WARNING, "from P30D to P1D")],
    ),
    # Who may do what.
    "authorizations off": (
        {},
        env(CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED="false"),
        [("CAM668", WARNING, "everybody who can log in may do everything")],
    ),
    "authorizations off in JSON": (
        {},
        env(SPRING_APPLICATION_JSON=OPEN),
        [("CAM668", WARNING, "everybody who can log in may do everything")],
    ),
    "authorizations on": (env(CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED="false"), {}, []),
    "authorizations as ever": ({}, env(CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED="True"), []),
    "an API for everybody": (
        {},
        env(CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI="true"),
        [("CAM668", WARNING, "without a login")],
    ),
    "no record of what people do": (
        {},
        env(CAMUNDA_DATA_AUDITLOG_ENABLED="false"),
        [("CAM668", WARNING, "who does what is not recorded")],
    ),
    "forms of other websites": (
        {},
        env(CAMUNDA_SECURITY_CSRF_ENABLED="false"),
        [("CAM668", WARNING, "other websites can act")],
    ),
    # What a patch has added.
    "a queue of a patch": (
        patched("storage", "Jobs", {"Type": "AWS::SQS::Queue", "Properties": {}}),
        {},
        [("CAM651", BLOCK, "Jobs: deletes the queue: every message in it")],
    ),
    "a queue of a patch, kept": (
        patched("storage", "Jobs", {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}),
        {},
        [("CAM652", WARNING, "no longer manages the queue")],
    ),
    "another table of a patch": (
        patched("storage", "Table", {"Type": "AWS::DynamoDB::Table", "Properties": {**TABLE}}),
        patched(
            "storage",
            "Table",
            {"Type": "AWS::DynamoDB::Table", "Properties": {**TABLE, "TableName": "other"}},
        ),
        [("CAM650", BLOCK, "Table: replaces the table: every item in it")],
    ),
    "groups of the provider": (
        oidc(),
        groups("groups"),
        [("CAM626", WARNING, "come from the claim groups")],
    ),
    "groups of another claim": (
        groups("groups"),
        groups("roles"),
        [("CAM626", WARNING, "from groups to roles")],
    ),
    "groups of Camunda": (groups("groups"), oidc(), [("CAM626", WARNING, "come from Camunda")]),
    "another value of a mapping rule": (
        mapped("it"),
        mapped("operations"),
        [("CAM626", WARNING, "claim and value of the mapping rule admins")],
    ),
    "a mapping rule more": (oidc(), mapped("it"), []),
    # Addresses.
    "gRPC at another port": (
        {},
        changed(BROKERS, "GrpcListener/Properties/Port", 443),
        [("CAM761", WARNING, "from 26500 to 443")],
    ),
    "HTTP at another port": (
        {},
        changed("load_balancers", "HttpListener/Properties/Port", 8080),
        [("CAM761", WARNING, "from 80 to 8080")],
    ),
    "another policy of TLS": (
        ZONE,
        tls(hosted_zone_id="Z0123456789ABC", policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06"),
        [],
    ),
    "another certificate": (
        tls(certificate_arn=CERTIFICATE),
        tls(certificate_arn=CERTIFICATE.replace("1234", "4321")),
        [],
    ),
    "a certificate of one's own": (
        ZONE,
        tls(hosted_zone_id="Z0123456789ABC", certificate_arn=CERTIFICATE),
        [],
    ),
    "a target group that nobody fills": (
        {},
        patched(BROKERS, f"{SERVICE}/LoadBalancers/0", op="remove"),
        [("CAM760", WARNING, "no longer registers its tasks in RestTargetGroup")],
    ),
    "a topic by another name": (
        logs(alarms={}),
        {**logs(alarms={}), **patched("logs", "AlarmTopic/Properties/TopicName", "alarms")},
        [("CAM668", WARNING, "replaces the topic, and with it the subscriptions")],
    ),
    "another web ACL": (
        access(waf={}),
        {**access(waf={}), **patched("load_balancers", "WebAcl/Properties/Name", "camunda")},
        [("CAM668", WARNING, "may end up without one")],
    ),
    # What is interrupted.
    "the database at another port": (
        {},
        changed("database", "AuroraCluster/Properties/Port", 5433),
        [("CAM799", WARNING, "from 5432 to 5433")],
    ),
    "no tokens for the database": (
        {},
        changed("database", "AuroraCluster/Properties/EnableIAMDatabaseAuthentication", False),
        [("CAM799", WARNING, "no longer accepts IAM tokens")],
    ),
    "an instance in a zone": (
        {},
        patched("database", "AuroraInstance1/Properties/AvailabilityZone", "eu-west-2a"),
        [("CAM799", WARNING, "CloudFormation may replace it")],
    ),
    "a window of an instance": (
        {},
        patched(
            "database",
            "AuroraInstance1/Properties/PreferredMaintenanceWindow",
            "sun:03:00-sun:04:00",
        ),
        [],
    ),
    "brokers all at once": (
        {},
        patched(BROKERS, f"{SERVICE}/DeploymentConfiguration/Strategy", "BLUE_GREEN"),
        [("CAM799", WARNING, "starts all brokers again")],
    ),
    "brokers one by one": (
        {},
        patched(BROKERS, f"{SERVICE}/DeploymentConfiguration/Strategy", "ROLLING"),
        [],
    ),
    "no names in the VPC": (
        {},
        changed(NETWORK, "Vpc/Properties/EnableDnsHostnames", False),
        [("CAM799", WARNING, "EnableDnsHostnames is switched off")],
    ),
    "a rule described": (
        {},
        changed(NETWORK, "DatabaseFromOrchestrationPort5432/Properties/Description", "x"),
        [],
    ),
    "brokers' data read-only": (
        {},
        patched(BROKERS, f"{TASK}/ContainerDefinitions/0/MountPoints/0/ReadOnly", True),
        [("CAM763", BLOCK, "becomes read-only")],
    ),
    "an administrator without a password": (
        {},
        patched("database", "AuroraCluster/Properties/MasterUserAuthenticationType", "iam-db-auth"),
        [("CAM654", BLOCK, "MasterUserAuthenticationType")],
    ),
    "another private name": (
        {},
        changed("cluster", "PrivateDnsNamespace/Properties/Name", "other.local"),
        [("CAM761", WARNING, "orchestration-cluster.other.local replaces it")],
    ),
    # One block for a network, not one for each of its subnets.
    "separate subnets": (
        {},
        {"network": {"separate_subnets": True}},
        [("CAM656", BLOCK, "PrivateSubnet1, PrivateSubnet2, PrivateSubnet3, PublicSubnet1")],
    ),
    # What is harmless, and looks as if it were not.
    "a platform version": ({}, patched(BROKERS, f"{SERVICE}/PlatformVersion", "1.4.0"), []),
    "roles in a path": ({}, {"iam": {"role_path": "/camunda/"}}, []),
    "named roles in a path": (
        {"iam": {"role_name_prefix": "acme-"}},
        {"iam": {"role_name_prefix": "acme-", "role_path": "/camunda/"}},
        [],
    ),
    "files that are seldom read": (
        {},
        patched(
            "storage",
            "FileSystem/Properties/LifecyclePolicies",
            [{"TransitionToIA": "AFTER_30_DAYS"}],
        ),
        [],
    ),
    "another certificate of the database": (
        {},
        database(ca_certificate="rds-ca-ecc384-g1"),
        [],
    ),
    "another user of containers": ({}, {"containers": {"user": "2000:2000"}}, []),
}


@pytest.mark.parametrize(("before", "after", "said"), CASES.values(), ids=CASES)
def test_a_change_of_a_part_is_judged_for_what_it_is(
    before: Spec, after: Spec, said: Said, golden_part: GoldenPart
) -> None:
    found = gate_of(before, after)
    golden_part("plan/live_changes_of_parts.txt", texts(found))
    agree(found, said)


def gate_of(before: Spec, after: Spec) -> list[Block]:
    old, new = (
        compiled({"name": "camunda", **each}, Layout.FLAT).templates
        if "patches" in each
        else templates(Layout.FLAT, **each)
        for each in (before, after)
    )
    return list(make_plan(old, new).gate)


def agree(found: list[Block], said: Said) -> None:
    for code, severity, words in said:
        [block] = [each for each in found if each.code == code and words in each.message]
        assert block.severity is severity
        found.remove(block)
    assert found == []


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("FileSystemFromOrchestrationPort2049", "the file system"),
        ("OrchestrationToDatabasePort5432", "the database"),
        ("DatabaseFromSeedPort5432", None),  # which has done its work
        ("OrchestrationFromAlbPort8080", None),
    ],
)
def test_brokers_that_no_longer_reach_their_data_are_told(rule: str, data: str | None) -> None:
    """With nested stacks, nothing depends on a rule alone."""
    after = {"name": "camunda", **patched(NETWORK, rule, op="remove")}
    made = make_plan(templates(Layout.NESTED), compiled(after, Layout.NESTED).templates)
    assert [block.code for block in made.gate] == (["CAM799"] if data else [])
    assert all(f"lets brokers reach {data}, " in block.message for block in made.gate)


def test_a_shorter_window_of_backups_is_told_once() -> None:
    """The bucket's rule for older versions follows it."""
    before, after = ({"storage": {"backup": {"retention": each}}} for each in ("P14D", "P7D"))
    [block] = make_plan(templates(Layout.FLAT, **before), templates(Layout.FLAT, **after)).gate
    assert "RETENTION_WINDOW" in block.message


def test_a_block_has_a_line_even_if_nothing_is_written() -> None:
    """The spec's first line stands for what is left out."""
    before = templates(Layout.FLAT, orchestration={"brokers": 5})
    new = compiled({"name": "camunda"}, Layout.FLAT)
    origins = origins_of(new, before)
    for block in make_plan(before, new.templates, origins=origins).blocks:
        assert str(block.location) == "spec.yaml:1:1"


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("cron(0 3 * * ? *)", 365),
        ("cron(0 */6 * * ? *)", 1460),
        ("cron(0 2/6 * * ? *)", 1460),
        ("cron(0 3 ? * SUN *)", 52),
        ("cron(0 3 ? * FRI-MON *)", 209),
        ("cron(0 3 L * ? *)", 12),
        ("cron(0 3 ? * 2#1 *)", 12),
        ("cron(0 3,15 1 1,7 ? *)", 4),
        ("0 0 * * * *", 8760),
        ("0 30 1 * * MON", 52),
        ("every day", None),
        ("cron(0 3 * * * *)", None),
    ],
)
def test_a_schedule_comes_so_often(expression: str, times: int | None) -> None:
    found = yearly(expression)
    assert (None if found is None else round(found)) == times
