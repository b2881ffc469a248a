"""Addresses: context paths, one side, IPv6, hostnames in a private zone, two certificates."""

from typing import Any

import pytest
import yaml

from camformation.rules.everything import findings
from camformation.scaffold import Answers, spec_text
from deployments import deployment, resources, templates

ACM = "arn:aws:acm:eu-west-2:111122223333:certificate/"
ONE, OTHER = f"{ACM}1234abcd-1111", f"{ACM}1234abcd-2222"
PUBLIC, PRIVATE = "Z0123456789ABCDEFGHIJ", "Z0123456789KLMNOPQRST"
OTHER_ZONE = "Z0123456789OTHER"
HOST = "camunda.example.com"
OIDC = {
    "mode": "oidc",
    "oidc": {
        "issuer": "https://idp.example.com/realms/camunda",
        "client_id": "camunda",
        "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:oidc-a1B2c3",
        "audiences": ["camunda-api"],
        "username_claim": "preferred_username",
        "client_id_claim": "client_id",
        "admin": {"users": ["jane.doe"]},
    },
}
EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "ipv6_cidr": "2001:db8:20::/56",
    "private_subnet_ids": [f"subnet-0a1b2c3d4e5f6000{n}" for n in (1, 2, 3)],
}
DUAL: dict[str, Any] = {
    "network": {"ipv6": True},
    "access": {"ip_address_type": "dualstack", "allowed_cidrs": ["0.0.0.0/0", "::/0"]},
}


def of_type(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        title: resource["Properties"]
        for title, resource in found.items()
        if resource["Type"].endswith(f"::{kind}")
    }


def outputs(**sections: Any) -> dict[str, Any]:
    found: dict[str, Any] = templates(**sections)["root"]["Outputs"]
    return {name: output["Value"] for name, output in found.items()}


def variables(found: dict[str, Any], service: str) -> dict[str, Any]:
    task = found[f"{service}TaskDefinition"]["Properties"]["ContainerDefinitions"][-1]
    return {each["Name"]: each["Value"] for each in task["Environment"]}


def checks(found: dict[str, Any]) -> dict[str, str]:
    groups = of_type(found, "TargetGroup")
    return {title: group["HealthCheckPath"] for title, group in groups.items()}


def paths(found: dict[str, Any]) -> dict[str, list[str]]:
    return {
        title: rule["Conditions"][0]["PathPatternConfig"]["Values"]
        for title, rule in of_type(found, "ListenerRule").items()
    }


# Context paths


def test_everything_follows_a_context_path_but_the_management_port() -> None:
    spec: dict[str, Any] = {
        "orchestration": {"context_path": "/process/camunda"},
        "access": {"tls": {"hostname": HOST, "certificate_arn": ONE}, "management_port": "vpc"},
        "authentication": OIDC,
    }
    found = resources(**spec)
    brokers = variables(found, "Orchestration")
    assert brokers["SERVER_SERVLET_CONTEXT_PATH"] == "/process/camunda"
    assert (
        brokers["CAMUNDA_SECURITY_AUTHENTICATION_OIDC_REDIRECTURI"]
        == f"https://{HOST}/process/camunda/sso-callback"
    )
    assert (
        variables(found, "Connectors")["CAMUNDA_CLIENT_RESTADDRESS"]
        == "http://orchestration-cluster-rest:8080/process/camunda"
    )
    assert paths(found) == {
        "RestListenerRule": ["/process/camunda", "/process/camunda/*"],
        "ConnectorsListenerRule": ["/connectors*"],
        "ManagementListenerRule": ["/*"],
    }
    assert checks(found) == {
        "RestTargetGroup": "/actuator/health/readiness",
        "GrpcTargetGroup": "/actuator/health/readiness",
        "ManagementTargetGroup": "/actuator/health/readiness",
        "ConnectorsTargetGroup": "/connectors/actuator/health/readiness",
    }
    [broker] = found["OrchestrationTaskDefinition"]["Properties"]["ContainerDefinitions"][-1:]
    assert "localhost:9600/actuator/health/liveness" in broker["HealthCheck"]["Command"][1]
    assert outputs(**spec)["Url"] == {
        "Fn::Sub": ["https://${Hostname}/process/camunda", {"Hostname": HOST}]
    }


def test_without_tls_the_url_has_the_path_too() -> None:
    [text, _] = outputs(orchestration={"context_path": "/camunda"})["Url"]["Fn::Sub"]
    assert text == "http://${AlbDnsName}/camunda"


def test_connectors_have_their_health_below_their_own_path() -> None:
    found = resources(
        connectors={"context_path": "/camunda/connectors"},
        orchestration={"context_path": "/camunda"},
    )
    own = "/camunda/connectors"
    assert variables(found, "Connectors")["SERVER_SERVLET_CONTEXT_PATH"] == own
    assert checks(found)["ConnectorsTargetGroup"] == f"{own}/actuator/health/readiness"
    assert paths(found)["ConnectorsListenerRule"] == [own, f"{own}/*"]
    [task] = found["ConnectorsTaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert f"localhost:8080{own}/actuator/health" in task["HealthCheck"]["Command"][1]
    rules = of_type(found, "ListenerRule")
    assert rules["ConnectorsListenerRule"]["Priority"] < rules["RestListenerRule"]["Priority"]


def test_the_root_is_no_variable() -> None:
    assert "SERVER_SERVLET_CONTEXT_PATH" not in variables(resources(), "Orchestration")


@pytest.mark.parametrize(
    ("brokers", "own"),
    [
        ("/camunda", "/camunda/connectors"),
        ("/", "/hooks/v2"),
        ("/connectorsx", "/hooks"),
        ("/a", "/ab"),
        ("/ab", "/a"),
    ],
)
def test_paths_beside_each_other_do_not_collide(brokers: str, own: str) -> None:
    d = deployment(orchestration={"context_path": brokers}, connectors={"context_path": own})
    assert not [each for each in findings(d) if each.code == "CAM134"]


def test_paths_of_what_is_off_do_not_collide() -> None:
    for off in ({"connectors": {"enabled": False}}, {"access": {"http": False}}):
        d = deployment(orchestration={"context_path": "/connectors"}, **off)
        assert not [each for each in findings(d) if each.code == "CAM134"]


# One side


def test_without_grpc_nothing_of_it_is_left_but_service_connect() -> None:
    spec: dict[str, Any] = {
        "access": {"grpc": False, "tls": {"hostname": HOST, "hosted_zone_id": PUBLIC}}
    }
    found = resources(**spec)
    assert not [title for title in found if title.startswith(("Grpc", "Nlb"))]
    assert set(of_type(found, "LoadBalancer")) == {"WebLoadBalancer"}
    assert not {"NlbEndpoint", "GrpcAddress"} & set(outputs(**spec))
    ports = [t["ContainerPort"] for t in service(found, "Orchestration")["LoadBalancers"]]
    assert ports == [8080]
    assert found["OrchestrationService"]["DependsOn"].count("RestListenerRule") == 1
    assert set(of_type(found, "RecordSet")) == {"WebAliasRecord"}
    certificate = found["Certificate"]["Properties"]
    assert certificate["DomainName"] == HOST and "SubjectAlternativeNames" not in certificate
    assert "grpc" in str(service(found, "Orchestration")["ServiceConnectConfiguration"])
    flows = {title for title in found if "Port26500" in title}
    assert flows == {
        *("ConnectorsToOrchestrationPort26500", "OrchestrationFromConnectorsPort26500"),
        *("OrchestrationToOrchestrationPort26500", "OrchestrationFromOrchestrationPort26500"),
        "OrchestrationFromVpcPort26500",
    }


def test_without_http_nothing_of_it_is_left_but_service_connect() -> None:
    spec: dict[str, Any] = {
        "access": {"http": False, "tls": {"hostname": HOST, "hosted_zone_id": PUBLIC}}
    }
    found = resources(**spec)
    gone = ("Web", "Alb", "Http", "Rest", "ConnectorsTargetGroup", "ConnectorsListenerRule")
    assert not [title for title in found if title.startswith(gone)]
    assert not [title for title in found if "FromAlb" in title or "ToAlb" in title]
    assert set(of_type(found, "LoadBalancer")) == {"GrpcLoadBalancer"}
    assert not {"AlbEndpoint", "Url"} & set(outputs(**spec))
    assert [t["ContainerPort"] for t in service(found, "Orchestration")["LoadBalancers"]] == [26500]
    # An explicit list takes target groups from a service that had some (ECS, UpdateService).
    assert service(found, "Connectors")["LoadBalancers"] == []
    assert "HealthCheckGracePeriodSeconds" not in service(found, "Connectors")
    assert found["Certificate"]["Properties"]["DomainName"] == f"grpc.{HOST}"
    assert set(of_type(found, "RecordSet")) == {"GrpcAliasRecord"}


def test_without_load_balancers_services_still_come_up_in_order() -> None:
    found = resources(access={"http": False, "grpc": False})
    assert not of_type(found, "LoadBalancer") and not of_type(found, "TargetGroup")
    assert not {"Certificate", "AlbSecurityGroup", "NlbSecurityGroup"} & set(found)
    assert service(found, "Orchestration")["LoadBalancers"] == []
    assert "OrchestrationService" in str(found["ConnectorsService"]["DependsOn"])


def service(found: dict[str, Any], name: str) -> dict[str, Any]:
    properties: dict[str, Any] = found[f"{name}Service"]["Properties"]
    return properties


# IPv6


def test_a_new_vpc_gets_ipv6_for_dualstack_load_balancers() -> None:
    found = resources(**DUAL, authentication={"mode": "basic"})
    assert found["Ipv6CidrBlock"]["Properties"]["AmazonProvidedIpv6CidrBlock"] is True
    blocks = of_type(found, "SubnetCidrBlock")
    assert [block["SubnetId"]["Ref"] for block in blocks.values()] == [
        f"PublicSubnet{number}" for number in (1, 2, 3)
    ]
    parts = [block["Ipv6CidrBlock"]["Fn::Select"] for block in blocks.values()]
    assert [index for index, _ in parts] == [3, 4, 5]
    whole = {"Fn::Select": [0, {"Fn::GetAtt": ["Vpc", "Ipv6CidrBlocks"]}]}
    assert all(cidr == {"Fn::Cidr": [whole, 6, 64]} for _, cidr in parts)
    assert all(found[title]["DependsOn"] == "Ipv6CidrBlock" for title in blocks)
    assert "Ipv6CidrBlock" not in str(of_type(found, "Subnet"))  # it might replace them
    assert found["PublicIpv6Route"]["Properties"]["DestinationIpv6CidrBlock"] == "::/0"
    for balancer in of_type(found, "LoadBalancer").values():
        assert balancer["IpAddressType"] == "dualstack"
    assert not [g for g in of_type(found, "TargetGroup").values() if "IpAddressType" in g]


def test_load_balancers_wait_for_the_blocks_of_their_subnets() -> None:
    waits = resources(**DUAL)["WebLoadBalancer"]["DependsOn"]
    assert {"PublicIpv6Route", "PublicSubnet1Ipv6CidrBlock"} <= set(waits)
    found = resources(network={"ipv6": True}, access={**DUAL["access"], "scheme": "internal"})
    blocks = {f"PrivateSubnet{number}Ipv6CidrBlock" for number in (1, 2, 3)}
    assert set(of_type(found, "SubnetCidrBlock")) == blocks
    assert set(found["GrpcLoadBalancer"]["DependsOn"]) == blocks
    assert "PublicIpv6Route" not in found


def test_ipv6_networks_are_ipv6_rules() -> None:
    found = of_type(resources(**DUAL), "SecurityGroupIngress")
    six = {title: rule["CidrIpv6"] for title, rule in found.items() if "CidrIpv6" in rule}
    assert set(six.values()) == {"::/0"} and len(six) == 2


def test_the_vpcs_ipv6_block_reaches_the_management_port() -> None:
    access = {"ip_address_type": "dualstack", "management_port": "vpc", "scheme": "internal"}
    found = resources(access=access, network={"existing": EXISTING})
    assert found["AlbFromVpcIpv6Port9600"]["Properties"]["CidrIpv6"] == "2001:db8:20::/56"
    own = resources(access=access, network={"ipv6": True})
    assert "Fn::Select" in own["AlbFromVpcIpv6Port9600"]["Properties"]["CidrIpv6"]
    without = resources(access={**access, "ip_address_type": "ipv4"}, network={"ipv6": True})
    assert "AlbFromVpcIpv6Port9600" not in without


def test_names_lead_to_ipv6_addresses_too() -> None:
    access = {**DUAL["access"], "tls": {"hostname": HOST, "hosted_zone_id": PUBLIC}}
    records = of_type(resources(network=DUAL["network"], access=access), "RecordSet")
    assert {title: (r["Type"], r["Name"]) for title, r in records.items()} == {
        "WebAliasRecord": ("A", HOST),
        "GrpcAliasRecord": ("A", f"grpc.{HOST}"),
        "WebIpv6AliasRecord": ("AAAA", HOST),
        "GrpcIpv6AliasRecord": ("AAAA", f"grpc.{HOST}"),
    }


@pytest.mark.parametrize(
    "spec",
    [
        DUAL,
        {
            **DUAL,
            "access": {
                "ip_address_type": "dualstack",
                "allowed_prefix_list_ids": ["pl-0a1b2c3d"],
            },
        },
        {
            "network": {"existing": EXISTING},
            "access": {
                "ip_address_type": "dualstack",
                "scheme": "internal",
                "allowed_cidrs": ["10.0.0.0/8", "fd00:12::/32"],
            },
        },
        {"network": {"ipv6": True}},
    ],
)
def test_sound_dual_stacks_are_not_flagged(spec: dict[str, Any]) -> None:
    codes = {each.code for each in findings(deployment(**spec))}
    assert not codes & {"CAM128", "CAM129", "CAM150", "CAM158", "CAM190"}


def test_private_ipv6_addresses_do_not_reach_a_public_load_balancer() -> None:
    access = {"ip_address_type": "dualstack", "allowed_cidrs": ["::/0", "fd12:3456::/32"]}
    found = findings(deployment(access=access, network={"ipv6": True}))
    assert [each.path for each in found if each.code == "CAM190"] == [
        ("access", "allowed_cidrs", 1)
    ]


def test_in_production_all_of_ipv6_is_the_world() -> None:
    access = {"ip_address_type": "dualstack", "allowed_cidrs": ["2001:db8::/32", "2000::/3"]}
    found = findings(deployment(profile="production", access=access, network={"ipv6": True}))
    assert [each.path for each in found if each.code == "CAM153"] == [
        ("access", "allowed_cidrs", 1)
    ]


def test_init_writes_ipv6_networks_that_are_yaml() -> None:
    networks = ("203.0.113.0/24", "::/0", "2001:db8::/32")
    answers = Answers("camunda", "reference", allowed_cidrs=networks)
    assert yaml.safe_load(spec_text(answers))["access"]["allowed_cidrs"] == list(networks)


# Hostnames


def test_records_are_in_the_private_zone_and_the_public_one_validates() -> None:
    tls = {"hostname": HOST, "hosted_zone_id": PUBLIC, "private_hosted_zone_id": PRIVATE}
    spec: dict[str, Any] = {"access": {"scheme": "internal", "tls": tls}}
    found = resources(**spec)
    assert {r["HostedZoneId"] for r in of_type(found, "RecordSet").values()} == {PRIVATE}
    options = found["Certificate"]["Properties"]["DomainValidationOptions"]
    assert {each["HostedZoneId"] for each in options} == {PUBLIC}
    assert not [e for e in findings(deployment(**spec)) if e.code in ("CAM132", "CAM175")]
    said = templates(**spec)["root"]["Outputs"]["Url"]["Description"]
    assert said == "Where people open Camunda"


def zones(**tls: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Return the zones of the records, and those that validate the certificate, by hostname."""
    names = {"hostname": HOST, "grpc_hostname": "grpc.example.org", **tls}
    spec: dict[str, Any] = {"access": {"scheme": "internal", "tls": names}}
    assert not [e for e in findings(deployment(**spec)) if e.code in ("CAM132", "CAM175", "CAM189")]
    found = resources(**spec)
    records = {r["Name"]: r["HostedZoneId"] for r in of_type(found, "RecordSet").values()}
    made = found.get("Certificate", {"Properties": {}})["Properties"]
    options = made.get("DomainValidationOptions", [])
    return records, {each["DomainName"]: each["HostedZoneId"] for each in options}


def test_each_hostname_can_have_a_zone_of_its_own() -> None:
    own = {"grpc_hosted_zone_id": OTHER_ZONE}
    both = {HOST: PUBLIC, "grpc.example.org": OTHER_ZONE}
    assert zones(hosted_zone_id=PUBLIC, **own) == (both, both)
    assert zones(hosted_zone_id=PUBLIC, certificate_arn=ONE, **own) == (both, {})
    assert zones(certificate_arn=ONE, **own) == ({"grpc.example.org": OTHER_ZONE}, {})
    private = {"private_hosted_zone_id": PRIVATE, "grpc_private_hosted_zone_id": "Z0PRIVATEGRPC"}
    records = {HOST: PRIVATE, "grpc.example.org": "Z0PRIVATEGRPC"}
    assert zones(hosted_zone_id=PUBLIC, **own, **private) == (records, both)


@pytest.mark.parametrize(
    ("tls", "code"),
    [
        ({"hosted_zone_id": PUBLIC, "private_hosted_zone_id": PRIVATE}, "CAM189"),
        (
            {"hosted_zone_id": PUBLIC, "grpc_private_hosted_zone_id": PUBLIC},
            "CAM132",
        ),
        (
            {
                "certificate_arn": ONE,
                "hosted_zone_id": PUBLIC,
                "grpc_hosted_zone_id": OTHER_ZONE,
                "grpc_private_hosted_zone_id": PRIVATE,
            },
            "CAM132",
        ),
        ({"grpc_hosted_zone_id": OTHER_ZONE}, "CAM175"),
    ],
)
def test_zones_of_grpc_that_cannot_do_what_they_are_for(tls: dict[str, str], code: str) -> None:
    names = {"hostname": HOST, "grpc_hostname": "grpc.example.org", **tls}
    found = findings(deployment(access={"scheme": "internal", "tls": names}))
    assert code in {each.code for each in found}


def test_a_private_zone_takes_a_certificate_that_is_brought() -> None:
    tls = {
        "hostname": "camunda.corp.internal",
        "certificate_arn": ONE,
        "private_hosted_zone_id": PRIVATE,
    }
    access = {"scheme": "internal", "tls": tls, "allowed_cidrs": ["10.0.0.0/8"]}
    assert not [e for e in findings(deployment(access=access)) if e.severity.value == "error"]
    assert set(of_type(resources(access=access), "RecordSet")) == {
        "WebAliasRecord",
        "GrpcAliasRecord",
    }


def certificates(**tls: Any) -> list[Any]:
    found = of_type(resources(access={"tls": {"hostname": HOST, **tls}}), "Listener")
    listeners = found["HttpsListener"], found["GrpcListener"]
    return [each["Certificates"][0]["CertificateArn"] for each in listeners]


def test_grpc_can_have_a_certificate_of_its_own() -> None:
    made = {"Ref": "Certificate"}
    assert certificates(certificate_arn=ONE) == [ONE, ONE]
    assert certificates(certificate_arn=ONE, grpc_certificate_arn=OTHER) == [ONE, OTHER]
    assert certificates(hosted_zone_id=PUBLIC) == [made, made]
    assert certificates(hosted_zone_id=PUBLIC, grpc_certificate_arn=OTHER) == [made, OTHER]
    tls = {"hostname": HOST, "hosted_zone_id": PUBLIC, "grpc_certificate_arn": OTHER}
    certificate = resources(access={"tls": tls})["Certificate"]["Properties"]
    assert certificate["DomainName"] == HOST and "SubjectAlternativeNames" not in certificate
