"""What tasks cannot reach, and names that lead nowhere: found, without false alarms."""

from pathlib import Path
from typing import Any

import botocore
import pytest

from camformation.diagnostics import Finding
from camformation.regions import PARTITIONS, REGIONS, closest
from camformation.rules.everything import findings
from deployments import deployment, resources

CERTIFICATE = "arn:aws:acm:eu-west-2:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"


def found(code: str, **sections: Any) -> list[Finding]:
    return [each for each in findings(deployment(**sections)) if each.code == code]


# Ports


DROPPED = {
    "HTTPS_PROXY": ("http://proxy:3128", "proxy on port 3128"),
    "HTTP_PROXY": ("http://user:pass@10.0.0.7:8080/", "10.0.0.7 on port 8080"),
    "JAVA_TOOL_OPTIONS": (
        "-Xmx1g -Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128",
        "proxy.example.com on port 3128",
    ),
    "SPRING_APPLICATION_JSON": (
        '{"spring": {"mail": {"host": "smtp.example.com", "port": 587}}}',
        "smtp.example.com on port 587",
    ),
    "SPRING_MAIL_HOST": ("smtp.example.com", "smtp.example.com on port 25"),
    "KAFKA_BOOTSTRAP_SERVERS": (
        "b-1.example.com:9098, b-2.example.com:9098",
        "b-1.example.com and b-2.example.com on port 9098",
    ),
    "KAFKA_SERVERS": ("kafka:9092", "kafka on port 9092"),
    "KAFKA_URL": ("SASL_SSL://kafka.example.com:9096", "kafka.example.com on port 9096"),
    "DB_URL": ("jdbc:mysql://db.example.com/x", "db.example.com on port 3306"),
    "ORACLE": ("jdbc:oracle:thin:@//db.example.com/x", "db.example.com on port 1521"),
    "ORACLE_SID": ("jdbc:oracle:thin:@db.example.com:1522:ORCL", "db.example.com on port 1522"),
    "MSSQL": ("jdbc:sqlserver://db.example.com:1433;databaseName=x", "db.example.com on port 1433"),
    "REPORTS": ("jdbc:postgresql://db.example.com:5432/x", "db.example.com on port 5432"),
    "RABBIT": ("amqps://mq.example.com", "mq.example.com on port 5671"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": (
        "http://otel.example.com:4317",
        "otel.example.com on port 4317",
    ),
    "LDAP": ("ldaps://ldap.example.com", "ldap.example.com on port 636"),
    "COLLECTOR": ("http://[2001:db8::1]:4318", "[2001:db8::1] on port 4318"),
}
FINE = {
    "API": "https://api.example.com/v1?at=10:30",
    "PLAIN": "http://api.example.com:80/",
    "REST": "http://orchestration-cluster-rest:8080",
    "GRPC": "http://orchestration-cluster-grpc:26500",
    "LOCAL": "http://localhost:9200",
    "LOOPBACK": "127.0.0.1:8125",
    "METADATA": "http://169.254.170.2:8080/v4",
    "LISTEN_ADDRESS": "0.0.0.0:5005",
    "DEBUG": "-agentlib:jdwp=transport=dt_socket,server=y,address=*:5005",
    "PLACEHOLDER": "http://${HOST}:8088",
    "TIME": "12:30",
    "CRON": "0 0/5 * * * *",
    "IMAGE": "registry.example.com:5000/library/app:1.2.3",
    "TAG": "camunda/camunda:8.10.6",
    "LEVELS": "io.camunda=DEBUG,org.springframework=INFO",
    "DURATION": "PT10S",
    "ARN": "arn:aws:sns:eu-west-2:111122223333:topic",
    "SERVER_PORT": "8081",
    "S3": "s3://bucket/key",
    "FILE": "file:///config/application.yaml",
    "NO_PROXY": "localhost,169.254.170.2,.example.com:8443",
    "CAMUNDA_CORS_ALLOWEDORIGINS": "http://dev.example.com:3000",
    "LOG_PATTERN": "%d{HH:mm:ss.SSS} [%thread] %-5level",
    "CLASS": "com.example.Main",
    "NUMBERS": "1:2,3:4",
    "JSON": '{"a": "b:12", "c": 12}',
}


@pytest.mark.parametrize("section", ["orchestration", "connectors"])
@pytest.mark.parametrize("name", DROPPED)
def test_addresses_behind_closed_ports_are_found(section: str, name: str) -> None:
    value, said = DROPPED[name]
    (one,) = found("CAM157", **{section: {"environment": {name: value}}})
    assert one.message == f"tasks cannot reach {said}: no outbound rule opens it"
    assert one.path == (section, "environment", name)
    assert one.severity == "warning"


@pytest.mark.parametrize("name", FINE)
def test_other_values_are_no_addresses_behind_closed_ports(name: str) -> None:
    assert not found("CAM157", connectors={"environment": {name: FINE[name]}})


@pytest.mark.parametrize(
    "value",
    ["a." * 50_000 + "://", "a:" * 50_000, "a,b:1" * 20_000, '{"a":' * 5000 + "1" + "}" * 5000,
     "http://" * 20_000, "1.2.3.4:" + "9" * 50_000],
    ids=range(6),
)  # fmt: skip
def test_hostile_values_take_no_time(value: str) -> None:
    for name in ("SERVERS", "SPRING_APPLICATION_JSON", "JAVA_TOOL_OPTIONS"):
        assert len(found("CAM157", connectors={"environment": {name: value}})) <= 1


def test_a_port_beside_a_host() -> None:
    for host in ("CONNECTOR_HTTPS_PROXY_HOST", "CONNECTOR_HTTPS_PROXY_HOSTNAME"):
        pair = {host: "proxy.example.com", "CONNECTOR_HTTPS_PROXY_PORT": "3128"}
        (one,) = found("CAM157", connectors={"environment": pair})
        assert one.path[-1] == "CONNECTOR_HTTPS_PROXY_PORT"
    assert not found("CAM157", connectors={"environment": pair | {host: "localhost"}})
    assert not found("CAM157", connectors={"enabled": False, "environment": pair})


@pytest.mark.parametrize(
    ("protocol", "first", "last", "left"),
    [("tcp", 3128, 3128, 0), ("tcp", 1024, 65535, 0), ("-1", None, None, 0), ("tcp", 25, 25, 1)],
)
def test_a_patch_lets_them_out(protocol: str, first: int, last: int, left: int) -> None:
    properties = {"IpProtocol": protocol, "CidrIp": "0.0.0.0/0", "FromPort": first, "ToPort": last}
    value = {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": properties}
    patch = [{"op": "add", "path": "/Resources/ToProxy", "value": value}]
    sections: dict[str, Any] = {
        "connectors": {"environment": {"HTTPS_PROXY": "http://proxy:3128"}},
        "patches": [{"component": "network", "patch": patch}],
    }
    assert len(found("CAM157", **sections)) == left


def test_a_patch_lets_them_out_of_the_group_it_names() -> None:
    def left(group: str) -> list[Any]:
        properties = {"GroupId": {"Fn::GetAtt": [group, "GroupId"]}, "IpProtocol": "-1"}
        value = {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": properties}
        patch = [{"op": "add", "path": "/Resources/ToProxy", "value": value}]
        sections: dict[str, Any] = {
            "connectors": {"environment": {"HTTPS_PROXY": "http://proxy:3128"}},
            "orchestration": {"environment": {"HTTPS_PROXY": "http://proxy:3128"}},
            "patches": [{"component": "network", "patch": patch}],
        }
        return [each.path[0] for each in found("CAM157", **sections)]

    assert left("ConnectorsSecurityGroup") == ["orchestration"]
    assert left("OrchestrationSecurityGroup") == ["connectors"]
    assert left("OwnGroup") == []


def test_parameters_need_an_endpoint_where_there_is_no_other_way_out() -> None:
    parameter = "arn:aws:ssm:eu-west-2:111122223333:parameter/camunda/license"
    image = "111122223333.dkr.ecr.eu-west-2.amazonaws.com/camunda:8.10"
    endpoints = ["secretsmanager", "kms", "logs", "ecr.api", "ecr.dkr"]

    def said(*more: str, **secrets: str) -> list[str]:
        sections: dict[str, Any] = {
            "network": {"nat_gateways": "none", "vpc_endpoints": [*endpoints, *more]},
            "orchestration": {"image": image, "secrets": secrets},
            "connectors": {"enabled": False, "secrets": {"SECRET_A": parameter}},
            "database": {"seed_image": image},
        }
        return [each.message for each in found("CAM156", **sections)]

    assert said() == said("ssm", LICENSE=parameter) == []
    assert said(LICENSE=parameter) == ["without NAT gateways, tasks need VPC endpoints for ssm"]


# Rules of a security group


@pytest.mark.parametrize(
    ("networks", "lists", "tls", "management", "expected"),
    [
        (30, 0, True, "closed", 0),
        (31, 0, True, "closed", 1),
        (40, 0, False, "closed", 0),
        (50, 10, False, "closed", 0),
        (28, 2, True, "closed", 0),
        (20, 0, True, "public", 0),
        (21, 0, True, "public", 1),
        (30, 0, True, "vpc", 1),
    ],
)
def test_rules_are_counted_as_they_are_made(
    networks: int, lists: int, tls: bool, management: str, expected: int
) -> None:
    access: dict[str, Any] = {
        "allowed_cidrs": [f"203.0.{number}.0/28" for number in range(networks)],
        "allowed_prefix_list_ids": [f"pl-{number:08x}" for number in range(lists)],
        "management_port": management,
        "scheme": "internal",
    }
    if tls:
        access["tls"] = {"hostname": "camunda.example.com", "certificate_arn": CERTIFICATE}
    (*problems,) = found("CAM158", access=access)
    assert len(problems) == expected
    made = [
        each
        for each in resources(access=access).values()
        if each["Type"] == "AWS::EC2::SecurityGroupIngress"
        and each["Properties"]["GroupId"] == {"Fn::GetAtt": ["AlbSecurityGroup", "GroupId"]}
    ]
    assert (len(made) > 60) is bool(expected)
    for each in problems:
        assert f"{len(made)} inbound rules" in each.message


# Hostnames


@pytest.mark.parametrize(
    "hostname",
    ["camunda.corp.internal", "camunda.local", "a.home.arpa", "a.lan", "a.test", "a.corp"],
)  # fmt: skip
def test_names_that_are_never_public_get_no_certificate(hostname: str) -> None:
    zone = {"hostname": hostname, "hosted_zone_id": "Z0123456789ABC"}
    (one,) = found("CAM159", access={"tls": zone})
    assert one.path == ("access", "tls", "hostname")
    assert not found("CAM159", access={"tls": zone | {"certificate_arn": CERTIFICATE}})


@pytest.mark.parametrize(
    "hostname", ["camunda.example.com", "internal.example.org", "local.corp.io", "camunda.dev"]
)
def test_public_names_get_one(hostname: str) -> None:
    zone = {"hostname": hostname, "hosted_zone_id": "Z0123456789ABC"}
    assert not found("CAM159", access={"tls": zone})


# Regions and zones


def test_the_regions_are_those_that_botocore_knows() -> None:
    import json

    text = (Path(botocore.__file__).parent / "data" / "endpoints.json").read_text("utf-8")
    for partition in json.loads(text)["partitions"]:
        assert sorted(partition["regions"]) == sorted(PARTITIONS[partition["partition"]])


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_regions_that_exist_are_right(region: str) -> None:
    zones = [f"{region}a", f"{region}b"]
    assert not found("CAM147", region=region, network={"availability_zones": zones})
    assert closest(region) == region


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("eu-wst-2", "eu-west-2"),
        ("us-esat-1", "us-east-1"),
        ("eu-centrl-1", "eu-central-1"),
        ("ap-southest-1", "ap-southeast-1"),
        ("eu-wset-3", "eu-west-3"),
        ("us-northeast-1", "ap-northeast-1"),
    ],
)
def test_misspelt_regions_are_found(region: str, meant: str) -> None:
    for sections in (
        {"region": region},
        {"network": {"availability_zones": [f"{region}a", f"{region}b", f"{region}c"]}},
        {"secrets": {"kms_key_arn": f"arn:aws:kms:{region}:111122223333:key/{'1' * 8}-1111-1111-"
                                    f"1111-{'1' * 12}"}},
    ):  # fmt: skip
        (one,) = found("CAM147", **sections)
        assert one.severity == "error"
        assert one.message == f"AWS has no region {region}"
        assert one.hint == f"did you mean {meant}?"


@pytest.mark.parametrize("region", ["mars-north-1", "eu-west-4", "ap-southeast-8"])
def test_regions_that_may_be_new_are_warnings(region: str) -> None:
    (one,) = found("CAM147", region=region)
    assert one.severity == "warning"
    assert one.message == f"AWS has no region {region}, unless it is new"


def test_a_region_of_a_partition_of_ones_own_is_ignored() -> None:
    ignore = [{"rule": "CAM147", "reason": "A region of our own cloud"}]
    assert not findings(deployment(region="mars-north-1", ignore=ignore))


def test_letters_of_zones() -> None:
    def said(*letters: str) -> list[str]:
        zones = [f"us-east-1{letter}" for letter in letters]
        return [each.severity for each in found("CAM147", network={"availability_zones": zones})]

    assert said("a", "f") == []
    assert said("a", "x") == ["warning"]


def test_ids_of_zones() -> None:
    def said(start: str) -> list[str]:
        zones = [f"{start}-az{number}" for number in (1, 2)]
        return [each.severity for each in found("CAM147", network={"availability_zones": zones})]

    for start in ("euw2", "use1", "apse7", "usgw1", "cnnw1", "mxc1"):
        assert said(start) == []
    assert said("euws2") == ["warning", "warning"]
