"""The HTTP proxy: what tasks are told, and what never goes through it."""

import re
from typing import Any

import pytest

from camformation.components.proxy import INSIDE, java_patterns
from camformation.diagnostics import Finding, SpecError
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.report.spec.diagnostics import FORMATS, render
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

PROXY = {
    "address": "http://proxy.example.com:3128",
    "exceptions": [".corp.example.com", "idp.example.org"],
}
PSEUDO = {"${AWS::Region}": "eu-west-2", "${AWS::URLSuffix}": "amazonaws.com"}
EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": [f"subnet-0a1b2c3d4e5f6000{zone}" for zone in (1, 2, 3)],
}


def text(value: Any) -> str:
    """Return what CloudFormation would make of a value."""
    if isinstance(value, str):
        return value
    template, values = value["Fn::Sub"], {}
    if isinstance(template, list):
        template, values = template
    for name, given in {**PSEUDO, **{f"${{{n}}}": text(v) for n, v in values.items()}}.items():
        template = template.replace(name, given)
    assert "${" not in template
    return str(template)


def told(container: str, **sections: Any) -> dict[str, str]:
    """Return the variables of a container, as a task gets them."""
    for each in resources(**sections).values():
        if each["Type"] == "AWS::ECS::TaskDefinition":
            for one in each["Properties"]["ContainerDefinitions"]:
                if one["Name"] == container:
                    found = one.get("Environment", ())
                    return {
                        v["Name"]: text(v["Value"])
                        for v in found
                        if re.search("(?i)proxy|JAVA", v["Name"])
                    }
    raise AssertionError(container)


def goes_through(options: str, host: str) -> bool:
    """Return whether the JVM sends a request through the proxy (java.net.ProxySelector)."""
    (patterns,) = re.findall(r"-Dhttp\.nonProxyHosts=(\S+)", options)
    return not any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), host, re.IGNORECASE)
        for each in patterns.split("|")
    )


def said(code: str, **sections: Any) -> list[Finding]:
    return [each for each in findings(deployment(**sections)) if each.code == code]


def test_without_a_proxy_nothing_is_told() -> None:
    assert told("orchestration-cluster") == told("connectors") == {}


@pytest.mark.parametrize("container", ["orchestration-cluster", "connectors"])
def test_brokers_and_connectors_are_told_of_the_proxy(container: str) -> None:
    found = told(container, network={"proxy": PROXY})
    assert sorted(found) == ["HTTPS_PROXY", "HTTP_PROXY", "JAVA_TOOL_OPTIONS", "NO_PROXY"]
    assert found["HTTP_PROXY"] == found["HTTPS_PROXY"] == "http://proxy.example.com:3128"
    options = found["JAVA_TOOL_OPTIONS"].split()
    for scheme in ("http", "https"):
        assert f"-D{scheme}.proxyHost=proxy.example.com" in options
        assert f"-D{scheme}.proxyPort=3128" in options
    assert goes_through(found["JAVA_TOOL_OPTIONS"], "api.example.com")
    assert goes_through(found["JAVA_TOOL_OPTIONS"], "sqs.eu-west-2.amazonaws.com")


DIRECT = (
    "localhost",
    "127.0.0.1",
    "[::1]",
    "169.254.170.2",
    "169.254.169.254",
    "orchestration-cluster-rest",
    "orchestration-cluster-grpc",
    "orchestration-cluster.camunda-oc1.service.local",
    "camunda.cluster-abc.eu-west-2.rds.amazonaws.com",
    "s3.eu-west-2.amazonaws.com",
    "node-ids.s3.eu-west-2.amazonaws.com",
    "wiki.corp.example.com",
    "idp.example.org",
)


@pytest.mark.parametrize("host", DIRECT)
def test_never_through_the_proxy(host: str) -> None:
    found = told("connectors", network={"proxy": PROXY})
    assert not goes_through(found["JAVA_TOOL_OPTIONS"], host)
    names = found["NO_PROXY"].split(",")
    if host != "[::1]":
        assert host in names or any(n.startswith(".") and host.endswith(n) for n in names)


def test_every_name_of_service_connect_is_reached_directly() -> None:
    service = resources()["OrchestrationService"]["Properties"]
    aliases = {
        alias["DnsName"]
        for each in service["ServiceConnectConfiguration"]["Services"]
        for alias in each["ClientAliases"]
    }
    assert aliases and aliases <= set(INSIDE)


def test_services_with_an_endpoint_are_reached_directly() -> None:
    hosts = {
        "secretsmanager": "secretsmanager.eu-west-2.amazonaws.com",
        "ecr.api": "api.ecr.eu-west-2.amazonaws.com",
        "ecr.dkr": "111122223333.dkr.ecr.eu-west-2.amazonaws.com",
        "elasticfilesystem": "elasticfilesystem.eu-west-2.amazonaws.com",
    }
    none = told("connectors", network={"proxy": PROXY})["JAVA_TOOL_OPTIONS"]
    every = told("connectors", network={"proxy": PROXY, "vpc_endpoints": ["all"]})
    for service, host in hosts.items():
        one = told("connectors", network={"proxy": PROXY, "vpc_endpoints": [service]})
        assert goes_through(none, host)
        assert not goes_through(one["JAVA_TOOL_OPTIONS"], host)
        assert not goes_through(every["JAVA_TOOL_OPTIONS"], host)


def test_s3_is_reached_directly_where_an_endpoint_is_known() -> None:
    host = "node-ids.s3.eu-west-2.amazonaws.com"
    sections: dict[str, Any] = {"access": {"scheme": "internal"}, "region": "eu-west-2"}

    def network(proxy: dict[str, Any], **existing: Any) -> dict[str, Any]:
        return {"network": {"proxy": proxy, "existing": {**EXISTING, **existing}}}

    tables = network(PROXY, private_route_table_ids=["rtb-0a1b2c3d4e5f60001"])
    assert not goes_through(told("connectors", **sections, **tables)["JAVA_TOOL_OPTIONS"], host)
    assert not said("CAM123", **sections, **tables)
    unknown = network(PROXY)
    assert goes_through(told("connectors", **sections, **unknown)["JAVA_TOOL_OPTIONS"], host)
    assert said("CAM123", **sections, **unknown)
    for exception in (".s3.eu-west-2.amazonaws.com", ".amazonaws.com"):
        excepted = network({**PROXY, "exceptions": [exception]})
        assert not said("CAM123", **sections, **excepted)


def test_names_of_internal_load_balancers_are_reached_directly() -> None:
    tls = {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}
    names = (
        "camunda.example.com",
        "grpc.camunda.example.com",
        "internal-camunda-1.eu-west-2.elb.amazonaws.com",
        "camunda-1.elb.eu-west-2.amazonaws.com",
    )

    def options(scheme: str) -> str:
        access = {"scheme": scheme, "tls": tls}
        return told("connectors", network={"proxy": PROXY}, access=access)["JAVA_TOOL_OPTIONS"]

    for name in names:
        assert not goes_through(options("internal"), name)
        assert goes_through(options("internet-facing"), name)


def test_own_options_come_after_those_of_the_proxy() -> None:
    own = {"JAVA_TOOL_OPTIONS": "-Xmx1g -Dfile=${HOME}"}
    sections: dict[str, Any] = {"network": {"proxy": PROXY}, "connectors": {"environment": own}}
    for each in resources(**sections)["ConnectorsTaskDefinition"]["Properties"][
        "ContainerDefinitions"
    ][0]["Environment"]:
        if each["Name"] == "JAVA_TOOL_OPTIONS":
            template, values = each["Value"]["Fn::Sub"]
            assert template.endswith(" ${Own}") and values == {"Own": own["JAVA_TOOL_OPTIONS"]}
            assert "-Dhttp.proxyHost=" in template
            break
    else:
        raise AssertionError
    assert not said("CAM122", **sections) and not said("CAM172", **sections)


def test_the_init_container_may_name_another_proxy() -> None:
    init = {
        "image": "busybox:1",
        "environment": {"http_proxy": "http://other.example.com:8080"},
    }
    found = told(
        "orchestration-cluster-init",
        network={"proxy": PROXY},
        orchestration={"init_container": init},
    )
    assert found["http_proxy"] == "http://other.example.com:8080"
    assert found["https_proxy"] == found["HTTPS_PROXY"] == "http://proxy.example.com:3128"
    assert found["no_proxy"] == found["NO_PROXY"]
    assert "JAVA_TOOL_OPTIONS" not in found


def test_the_seed_is_not_told() -> None:
    assert told("db-seed", network={"proxy": PROXY}) == {}


def test_names_are_in_upper_case_where_health_is_checked_with_wget() -> None:
    for container in ("orchestration-cluster", "connectors"):
        assert all(name.isupper() for name in told(container, network={"proxy": PROXY}))


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        ("idp.example.com", ["idp.example.com"]),
        (".example.com", ["*.example.com"]),
        ("127.0.0.1", ["127.*", "[::1]"]),
        ("10.0.0.0/8", ["10.*"]),
        ("10.20.0.0/16", ["10.20.*"]),
        ("10.20.30.0/24", ["10.20.30.*"]),
        ("10.20.30.40/32", ["10.20.30.40"]),
        ("10.20.0.0/15", ["10.20.*", "10.21.*"]),
        ("10.20.30.40/31", ["10.20.30.40", "10.20.30.41"]),
    ],
)
def test_exceptions_as_the_jvm_reads_them(name: str, patterns: list[str]) -> None:
    assert java_patterns(name) == patterns


@pytest.mark.parametrize("layout", list(Layout))
def test_a_proxy_compiles_in_both_layouts(layout: Layout) -> None:
    found = templates(layout, network={"proxy": PROXY})
    assert sum(str(each).count("http.nonProxyHosts") for each in found.values()) == 2


SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:x-a1B2c3"
SOUND: tuple[dict[str, Any], ...] = (
    {"environment": {"JAVA_TOOL_OPTIONS": "-Xmx1g -Djava.net.preferIPv4Stack=true"}},
    {
        "environment": {
            "CONNECTOR_HTTPS_PROXY_HOST": "proxy.example.com",
            "CONNECTOR_HTTPS_PROXY_PORT": "3128",
        }
    },
    {"secrets": {"JDK_JAVA_OPTIONS": SECRET}},
    {"enabled": False, "environment": {"HTTP_PROXY": "http://x.example.com:80"}},
)


@pytest.mark.parametrize("connectors", SOUND, ids=range(len(SOUND)))
def test_settings_that_do_not_contradict_the_proxy(connectors: dict[str, Any]) -> None:
    for code in ("CAM122", "CAM123", "CAM126", "CAM172"):
        assert not said(code, network={"proxy": PROXY}, connectors=connectors)


def test_own_variables_are_free_without_a_proxy() -> None:
    own = {"HTTP_PROXY": "http://x.example.com:80", "JAVA_OPTS": "-Dhttp.proxyHost=x.example.com"}
    assert not said("CAM122", connectors={"environment": own})
    assert not said("CAM172", connectors={"environment": own})


def test_a_provider_behind_the_proxy_needs_no_nat_gateway() -> None:
    network: dict[str, Any] = {"nat_gateways": "none", "vpc_endpoints": ["all"]}
    authentication = {
        "mode": "oidc",
        "oidc": {
            "issuer": "https://idp.example.com/x",
            "client_id": "camunda",
            "client_secret_arn": SECRET,
            "audiences": ["camunda"],
            "admin": {"users": ["jane"]},
        },
    }

    def provider(**more: Any) -> list[Finding]:
        found = said("CAM156", network={**network, **more}, authentication=authentication)
        return [each for each in found if each.path[0] == "authentication"]

    assert provider()
    assert not provider(proxy=PROXY)
    assert provider(proxy={**PROXY, "exceptions": ["idp.example.com"]})


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    spec = b"name: camunda\nnetwork:\n  proxy: {address: 'http://u:hunter2@proxy.example.com:80'}\n"
    with pytest.raises(SpecError) as refused:
        compile_spec("spec.yaml", lambda _: spec)
    assert [each.code for each in refused.value.diagnostics] == ["CAM017"]
    for form in FORMATS:
        assert "hunter2" not in render(
            refused.value.diagnostics, form, lambda file: spec.decode().splitlines()
        )


def test_options_in_a_secret_are_given_once() -> None:
    """ECS refuses a name twice; whoever ignores CAM122 has the proxy's options in the secret."""
    secrets = {"JAVA_TOOL_OPTIONS": SECRET}
    sections: dict[str, Any] = {"network": {"proxy": PROXY}, "connectors": {"secrets": secrets}}
    assert "JAVA_TOOL_OPTIONS" not in told("connectors", **sections)
    assert "HTTPS_PROXY" in told("connectors", **sections)
    assert said("CAM122", **sections)


def test_an_open_address_is_taken_apart_at_deployment() -> None:
    spec = b"""
name: camunda
network: {proxy: {address: "http://proxy.example.com:3128"}}
parameters: {Proxy: network.proxy.address}
"""
    root = compile_spec("spec.yaml", lambda _: spec, Layout.FLAT).templates["root"]
    parameter = root["Parameters"]["Proxy"]
    assert re.fullmatch(parameter["AllowedPattern"], "http://10.0.0.7:3128")
    for other in ("http://10.0.0.7:8080", "http://u:p@proxy.example.com:3128", "https://p:3128"):
        assert not re.fullmatch(parameter["AllowedPattern"], other)
    task = root["Resources"]["ConnectorsTaskDefinition"]["Properties"]
    variables = {v["Name"]: v["Value"] for v in task["ContainerDefinitions"][0]["Environment"]}
    assert variables["HTTPS_PROXY"] == {"Ref": "Proxy"}
    host = variables["JAVA_TOOL_OPTIONS"]["Fn::Sub"][1]["Host"]
    behind = {"Fn::Select": [1, {"Fn::Split": ["//", {"Ref": "Proxy"}]}]}
    assert host == {"Fn::Select": [0, {"Fn::Split": [":", behind]}]}
    rule = root["Resources"]["ConnectorsToInternetPort3128"]["Properties"]
    assert rule["CidrIp"] == "0.0.0.0/0"
