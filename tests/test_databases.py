"""Where Camunda's database comes from: a new one, one with data from elsewhere, an existing one."""

import json
from typing import Any

import pytest

from camformation.layout import Layout
from camformation.report.spec.diagnostics import render
from camformation.rules.everything import findings
from deployments import Resource, deployment, resources, templates

HOST = "shared.cluster-c1a2b3c4d5e6.eu-west-2.rds.amazonaws.com"
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-database-a1B2c3"
KEY = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
AURORA: dict[str, Any] = {
    "host": HOST,
    "resource_id": "cluster-ABCDEFGHIJKL",
    "admin_secret_arn": SECRET,
    "security_group_id": "sg-0a1b2c3d4e5f60001",
}
PLAIN: dict[str, Any] = {
    "existing": {
        "engine": "postgres",
        "host": "database.example.com",
        "port": 6432,
        "cidrs": ["10.20.5.0/24", "10.20.6.0/24"],
    },
    "authentication": "password",
    "password_secret_arn": SECRET,
    "seed": "none",
}
POINT = {"cluster_identifier": "camunda-old", "restore_to_time": "2026-11-01T12:30:00Z"}


NETWORK = {  # the database's
    "existing": {
        "vpc_id": "vpc-0a1b2c3d4e5f60718",
        "cidr": "10.20.0.0/16",
        "private_subnet_ids": [f"subnet-0a1b2c3d4e5f6000{zone}" for zone in (1, 2, 3)],
        "public_subnet_ids": [f"subnet-0a1b2c3d4e5f6001{zone}" for zone in (1, 2, 3)],
    }
}


def types(found: dict[str, Resource]) -> set[str]:
    return {resource["Type"] for resource in found.values()}


def container(found: dict[str, Resource], name: str, task: str = "Orchestration") -> dict[str, Any]:
    containers = found[f"{task}TaskDefinition"]["Properties"]["ContainerDefinitions"]
    return next(each for each in containers if each["Name"] == name)


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container["Environment"]}


def url(**database: Any) -> str:
    """Return brokers' JDBC URL, with what is known of it."""
    broker = container(resources(database=database), "orchestration-cluster")
    text, values = variables(broker)["CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"]["Fn::Sub"]
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", str(value) if isinstance(value, str) else "host")
    return str(text)


def statements(found: dict[str, Resource], role: str) -> dict[str, Any]:
    policies = found[role]["Properties"]["Policies"]
    return {
        statement["Sid"]: statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
    }


# An existing database


@pytest.mark.parametrize("database", [{"existing": AURORA}, PLAIN])
@pytest.mark.parametrize("layout", list(Layout))
def test_an_existing_database_leaves_nothing_of_aurora(
    layout: Layout, database: dict[str, Any]
) -> None:
    found = templates(layout, database=database)
    text = json.dumps(found)
    assert "AWS::RDS::" not in text and "DatabaseKey" not in text and "Aurora" not in text
    assert '"DatabaseSecurityGroup"' not in text
    assert "database" not in found, "no stack without resources"
    outputs = found["root"]["Outputs"]
    assert outputs["DatabaseEndpoint"]["Value"] == database["existing"]["host"]
    assert "DatabaseClusterId" not in outputs
    assert ("DatabaseAdminSecretArn" in outputs) == ("admin_secret_arn" in database["existing"])


def test_brokers_and_seed_are_let_in_and_out() -> None:
    found = resources(database={"existing": AURORA})
    for name in ("Orchestration", "Seed"):
        out = found[f"{name}ToDatabaseGroup"]["Properties"]
        entry = found[f"DatabaseGroupFrom{name}"]["Properties"]
        assert out["DestinationSecurityGroupId"] == entry["GroupId"] == AURORA["security_group_id"]
        assert (entry["FromPort"], entry["ToPort"]) == (out["FromPort"], out["ToPort"])
        assert out["FromPort"] == 5432
    assert "ConnectorsToDatabaseGroup" not in found
    waits = found["OrchestrationService"]["DependsOn"]
    assert {"OrchestrationToDatabaseGroup", "DatabaseGroupFromOrchestration"} <= set(waits)


def test_networks_are_opened_by_port_alone() -> None:
    found = resources(database=PLAIN)
    ways = {
        (rule["Properties"]["CidrIp"], rule["Properties"]["FromPort"])
        for name, rule in found.items()
        if name.startswith("OrchestrationToDatabase")
    }
    assert ways == {("10.20.5.0/24", 6432), ("10.20.6.0/24", 6432)}
    assert not [name for name in found if name.startswith(("DatabaseGroup", "Seed"))]


def test_only_the_named_user_of_the_named_database_may_log_in() -> None:
    found = statements(resources(database={"existing": AURORA}), "OrchestrationTaskRole")
    allowed = json.dumps(found["ConnectToDatabase"]["Resource"])
    assert "cluster-ABCDEFGHIJKL" in allowed and "*" not in allowed
    assert "ConnectToDatabase" not in statements(resources(database=PLAIN), "OrchestrationTaskRole")


def test_the_seed_logs_in_with_the_secret_that_is_named() -> None:
    found = resources(database={"existing": {**AURORA, "port": 6432}})
    seed = container(found, "db-seed", "Seed")
    assert variables(seed)["PGHOST"] == HOST and variables(seed)["PGPORT"] == "6432"
    assert json.dumps(seed["Secrets"]).count(SECRET) == 1
    assert SECRET in json.dumps(statements(found, "SeedExecutionRole"))


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ({}, "jdbc:aws-wrapper:postgresql://host:5432/camunda?wrapperPlugins=iam"),
        (
            {"existing": AURORA},
            f"jdbc:aws-wrapper:postgresql://{HOST}:5432/camunda?wrapperPlugins=iam,failover",
        ),
        (
            {"existing": {**AURORA, "engine": "postgres"}},
            f"jdbc:aws-wrapper:postgresql://{HOST}:5432/camunda?wrapperPlugins=iam",
        ),
        (PLAIN, "jdbc:postgresql://database.example.com:6432/camunda?sslmode=require"),
        (
            {"authentication": "password", "jdbc_parameters": {"sslmode": "verify-full"}},
            "jdbc:aws-wrapper:postgresql://host:5432/camunda?sslmode=verify-full",
        ),
        (
            {
                "tls": {"ca_bundle": "/config/rds.pem"},
                "jdbc_parameters": {"wrapperPlugins": "iam,efm2", "failoverTimeoutMs": "1"},
            },
            "jdbc:aws-wrapper:postgresql://host:5432/camunda?wrapperPlugins=iam,efm2"
            "&sslmode=verify-full&sslrootcert=/config/rds.pem&failoverTimeoutMs=1",
        ),
    ],
)
def test_the_url_names_driver_address_and_parameters(
    database: dict[str, Any], expected: str
) -> None:
    assert url(**database) == expected


def test_the_driver_fits_the_url() -> None:
    name = "SPRING_DATASOURCE_DRIVER_CLASS_NAME"
    for database, driver in ((PLAIN, "org.postgresql.Driver"), ({}, "software.amazon.jdbc.Driver")):
        broker = container(resources(database=database), "orchestration-cluster")
        assert variables(broker)[name] == driver


def test_the_seed_verifies_the_certificate_as_brokers_do() -> None:
    tls = {"mode": "verify-ca", "ca_bundle": "/etc/rds.pem"}
    seed = variables(container(resources(database={"tls": tls}), "db-seed", "Seed"))
    assert (seed["PGSSLMODE"], seed["PGSSLROOTCERT"]) == ("verify-ca", "/etc/rds.pem")


def test_tables_have_the_prefix_and_are_not_made() -> None:
    database = {"table_prefix": "C8_", "auto_ddl": False}
    found = variables(container(resources(database=database), "orchestration-cluster"))
    prefix = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_"
    assert (found[f"{prefix}PREFIX"], found[f"{prefix}AUTODDL"]) == ("C8_", "false")


# A database with data from elsewhere, and its parameters


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            POINT,
            {"SourceDBClusterIdentifier": "camunda-old", "RestoreToTime": "2026-11-01T12:30:00Z"},
        ),
        (
            {"cluster_identifier": "camunda-old"},
            {"SourceDBClusterIdentifier": "camunda-old", "UseLatestRestorableTime": True},
        ),
        ({"snapshot_identifier": "rds:old-2026"}, {"SnapshotIdentifier": "rds:old-2026"}),
    ],
)
def test_a_restored_cluster_is_given_only_what_its_source_does_not_have(
    source: dict[str, str], expected: dict[str, Any]
) -> None:
    new = resources()["AuroraCluster"]["Properties"]
    restored = resources(database={"source": source})["AuroraCluster"]["Properties"]
    assert {name: restored[name] for name in restored.keys() - new.keys()} == expected
    assert new.keys() - restored.keys() == {"DatabaseName", "MasterUsername", "StorageEncrypted"}
    assert restored["KmsKeyId"] == new["KmsKeyId"], "which encrypts it"
    assert restored["ManageMasterUserPassword"] is True


def test_parameters_are_of_the_engines_major_version() -> None:
    database = {"engine_version": "17.9", "cluster_parameters": {"rds.force_ssl": "1"}}
    found = resources(database=database)
    group = found["DatabaseParameterGroup"]["Properties"]
    assert (group["Family"], group["Parameters"]) == ("aurora-postgresql17", {"rds.force_ssl": "1"})
    assert found["AuroraCluster"]["Properties"]["DBClusterParameterGroupName"] == {
        "Ref": "DatabaseParameterGroup"
    }
    assert "DatabaseParameterGroup" not in resources()


# A restore from another deployment's bucket


def test_only_the_restore_reads_the_other_bucket() -> None:
    restore = {"bucket": {"name": "old-backups", "region": "eu-west-1", "kms_key_arn": KEY}}
    found = resources(database={"source": POINT}, orchestration={"restore": restore})
    name = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_"
    reads = variables(container(found, "orchestration-cluster-restore"))
    assert (reads[f"{name}BUCKETNAME"], reads[f"{name}REGION"]) == ("old-backups", "eu-west-1")
    broker = variables(container(found, "orchestration-cluster"))
    assert broker[f"{name}BUCKETNAME"] == {"Ref": "BackupBucket"}
    assert broker[f"{name}REGION"] == {"Ref": "AWS::Region"}


def test_brokers_may_only_read_the_other_bucket_and_decrypt_with_its_key() -> None:
    restore = {"bucket": {"name": "old-backups", "kms_key_arn": KEY}}
    found = resources(database={"source": POINT}, orchestration={"restore": restore})
    granted = statements(found, "OrchestrationTaskRole")
    about = {sid: granted[sid] for sid in granted if sid.startswith("Restore")}
    others = json.dumps([granted[sid] for sid in granted.keys() - about.keys()])
    assert "old-backups" not in others and KEY not in others
    actions = {action for statement in about.values() for action in statement["Action"]}
    assert actions == {
        *("s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"),
        *("kms:Decrypt", "kms:DescribeKey"),
    }
    assert about["RestoreKey"]["Resource"] == [KEY]
    assert "Condition" in about["RestoreKey"] and "Condition" in about["RestoreObjects"]
    unencrypted = {"bucket": {"name": "old-backups"}}
    assert "RestoreKey" not in statements(
        resources(orchestration={"restore": unencrypted}), "OrchestrationTaskRole"
    )


@pytest.mark.parametrize("layout", list(Layout))
def test_restored_users_keep_their_passwords(layout: Layout) -> None:
    admin, connectors = f"{SECRET[:-6]}111111", f"{SECRET[:-6]}222222"
    users = {
        "admin": {"password_secret_arn": admin},
        "connectors": {"password_secret_arn": connectors},
    }
    found = templates(layout, authentication={"users": users})
    assert "AWS::SecretsManager::Secret" not in json.dumps(found)
    assert "secrets" not in found
    assert found["root"]["Outputs"]["AdminPasswordSecretArn"]["Value"] == admin
    one = resources(authentication={"users": users})
    broker = {s["Name"]: s["ValueFrom"] for s in container(one, "orchestration-cluster")["Secrets"]}
    start = "CAMUNDA_SECURITY_INITIALIZATION_USERS_"
    assert broker[f"{start}0_PASSWORD"] == admin and broker[f"{start}1_PASSWORD"] == connectors
    assert admin not in json.dumps(one["ConnectorsExecutionRole"])
    assert connectors in json.dumps(one["ConnectorsExecutionRole"])


# Sound specs

USERS = {"admin": {"password_secret_arn": SECRET}, "connectors": {"password_secret_arn": SECRET}}
OLD_USERS = {"authentication": {"users": USERS}}
BUNDLE = {"tls": {"ca_bundle": "/usr/share/rds.pem"}, "seed_image": "example.com/seed:1"}
SOUND: list[dict[str, Any]] = [
    {"database": {"existing": AURORA}},
    {"database": PLAIN},
    {"database": {**PLAIN, "jdbc_parameters": {"ApplicationName": "our%20camunda"}}},
    {
        "database": {
            "existing": {**AURORA, "host": "db.example.com"},
            "jdbc_parameters": {"iamHost": HOST},
        }
    },
    {"database": {"existing": {**AURORA, "admin_secret_arn": None}, "seed": "none"}},
    {"database": BUNDLE},
    {"database": {"source": {"snapshot_identifier": "old"}}},
    {"database": {"source": {"snapshot_identifier": "old"}, "seed": "none"}},
    {"database": {"source": POINT}},  # later, when the restore is over
    {
        "database": {"source": POINT},
        "orchestration": {"restore": {"bucket": {"name": "old-one"}}},
        **OLD_USERS,
    },
    {
        "database": {"source": POINT},
        "orchestration": {"restore": {"bucket": {"name": "old-one"}}},
        "authentication": {"users": {"admin": USERS["admin"]}},
        "connectors": {"enabled": False},
    },
    {"database": {"source": POINT}, "orchestration": {"restore": {"to": "2026-11-01T12:30:00Z"}}},
    {
        "database": {"source": POINT},
        "orchestration": {
            "restore": {"from": "2026-11-01T13:30:00+01:00", "to": "2026-11-01T12:45:00Z"}
        },
    },
    {"database": {"source": POINT}, "orchestration": {"restore": {"backup_id": "1795168800000"}}},
    {"database": {"source": POINT}, "orchestration": {"restore": {"backup_id": "7,1795168800000"}}},
    {
        "database": {"source": {"cluster_identifier": "old"}},
        "orchestration": {"restore": {"bucket": {"name": "old-one", "kms_key_arn": KEY}}},
        "region": "eu-west-2",
        **OLD_USERS,
    },
    {
        "database": {"source": {"snapshot_identifier": "old"}},
        "orchestration": {"restore": {"to": "2026-11-01T12:30:00Z"}},
    },
    {
        "database": {"existing": AURORA},
        "orchestration": {"restore": {"bucket": {"name": "old"}}},
        **OLD_USERS,
    },
    {"database": {"existing": AURORA}, "storage": {"backup": {"retention": "P30D"}}},
]


@pytest.mark.parametrize("sections", SOUND)
def test_a_sound_spec_is_not_flagged(sections: dict[str, Any]) -> None:
    assert not [found.code for found in findings(deployment(network=NETWORK, **sections))]


@pytest.mark.parametrize("profile", ["production", "development"])
def test_what_a_profile_says_of_aurora_means_nothing_for_an_existing_database(profile: str) -> None:
    found = findings(deployment(profile=profile, network=NETWORK, database={"existing": AURORA}))
    assert not [each for each in found if each.path[0] == "database"]


def test_a_password_among_the_parameters_is_not_shown() -> None:
    from camformation.diagnostics import SpecError
    from camformation.pipeline import load

    text = "name: camunda\ndatabase:\n  jdbc_parameters: {sslpassword: 'top secret'}\n"
    with pytest.raises(SpecError) as error:
        load("spec.yaml", lambda _: text.encode())
    assert [each.code for each in error.value.diagnostics] == ["CAM207"]
    assert "top secret" not in render(error.value.diagnostics, "text", lambda _: text.splitlines())
