"""The ways in: what answers where, and what it needs to."""

import json
from typing import Any

import pytest

from camformation.deploy.change.first_deployment import deletable
from camformation.deploy.live_stack.first_step import unfinished
from camformation.fleet.protection import PROTECTION, protectable
from camformation.layout import ROOT, Layout
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

CERTIFICATE = "arn:aws:acm:eu-west-2:123456789012:certificate/1234"
GIVEN = {"tls": {"hostname": "camunda.example.com", "certificate_arn": CERTIFICATE}}
MADE = {"tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}}
NOT_FOUND = {
    "Type": "fixed-response",
    "FixedResponseConfig": {
        "StatusCode": "404",
        "ContentType": "text/plain",
        "MessageBody": "Not found",
    },
}


def of_type(found: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        title: resource["Properties"]
        for title, resource in found.items()
        if resource["Type"] == kind
    }


def listeners(**access: Any) -> dict[str, Any]:
    return of_type(resources(access=access), "AWS::ElasticLoadBalancingV2::Listener")


def outputs(**access: Any) -> dict[str, Any]:
    return {
        name: output["Value"]
        for name, output in templates(access=access)["root"]["Outputs"].items()
    }


def test_without_tls_http_answers_on_port_80_and_unknown_paths_are_404() -> None:
    found = listeners()
    assert set(found) == {"HttpListener", "GrpcListener"}
    http = found["HttpListener"]
    assert (http["Port"], http["Protocol"]) == (80, "HTTP")
    assert http["DefaultActions"] == [NOT_FOUND]
    assert outputs()["Url"] == {
        "Fn::Sub": [
            "http://${AlbDnsName}",
            {"AlbDnsName": {"Fn::GetAtt": ["WebLoadBalancer", "DNSName"]}},
        ]
    }


def test_with_tls_port_80_redirects_and_443_serves() -> None:
    found = listeners(**GIVEN)
    [redirect] = found["HttpListener"]["DefaultActions"]
    assert redirect["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "StatusCode": "HTTP_301",
    }
    https = found["HttpsListener"]
    assert (https["Port"], https["Protocol"]) == (443, "HTTPS")
    assert https["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert https["Certificates"] == [{"CertificateArn": CERTIFICATE}]
    assert https["DefaultActions"] == [NOT_FOUND]


def test_rules_follow_the_listener_that_serves() -> None:
    for access, listener in [({}, "HttpListener"), (GIVEN, "HttpsListener")]:
        rules = of_type(resources(access=access), "AWS::ElasticLoadBalancingV2::ListenerRule")
        assert {rule["ListenerArn"]["Ref"] for rule in rules.values()} == {listener}


def test_connectors_paths_come_before_the_brokers_every_path() -> None:
    rules = of_type(resources(), "AWS::ElasticLoadBalancingV2::ListenerRule")
    by_priority = {
        rule["Priority"]: rule["Conditions"][0]["PathPatternConfig"]["Values"]
        for rule in rules.values()
    }
    assert by_priority == {50: ["/connectors*"], 100: ["/*"]}


def test_grpc_is_plain_tcp_without_tls_and_ends_tls_for_http2_with_it() -> None:
    assert listeners()["GrpcListener"]["Protocol"] == "TCP"
    grpc = listeners(**GIVEN)["GrpcListener"]
    assert (grpc["Port"], grpc["Protocol"]) == (26500, "TLS")
    assert grpc["AlpnPolicy"] == ["HTTP2Preferred"]
    assert grpc["Certificates"] == [{"CertificateArn": CERTIFICATE}]


def test_a_made_certificate_is_validated_and_named_for_both_load_balancers() -> None:
    found = resources(access=MADE)
    certificate = found["Certificate"]["Properties"]
    names = [certificate["DomainName"], *certificate["SubjectAlternativeNames"]]
    assert names == ["camunda.example.com", "grpc.camunda.example.com"]
    assert [option["DomainName"] for option in certificate["DomainValidationOptions"]] == names
    records = of_type(found, "AWS::Route53::RecordSet")
    assert {
        record["Name"]: record["AliasTarget"]["DNSName"]["Fn::GetAtt"][0]
        for record in records.values()
    } == dict(zip(names, ["WebLoadBalancer", "GrpcLoadBalancer"], strict=True))


def test_a_given_certificate_without_a_zone_makes_neither_certificate_nor_names() -> None:
    kinds = {resource["Type"] for resource in resources(access=GIVEN).values()}
    assert not kinds & {"AWS::Route53::RecordSet", "AWS::CertificateManager::Certificate"}


@pytest.mark.parametrize("port", ["vpc", "public"])
def test_the_management_port_is_open_only_where_asked_for(port: str) -> None:
    closed, opened = resources(), resources(access={"management_port": port})
    assert {"ManagementListener", "ManagementListenerRule", "ManagementTargetGroup"} <= (
        opened.keys() - closed.keys()
    )
    ports = [
        target["ContainerPort"]
        for target in opened["OrchestrationService"]["Properties"]["LoadBalancers"]
    ]
    assert ports == [8080, 26500, 9600]


def test_the_management_port_has_tls_where_the_web_has() -> None:
    management = listeners(management_port="public", **GIVEN)["ManagementListener"]
    assert (management["Port"], management["Protocol"]) == (9600, "HTTPS")


def test_nothing_that_may_be_replaced_has_a_name() -> None:
    found = resources(access=MADE)
    for kind in ("LoadBalancer", "TargetGroup"):
        for properties in of_type(found, f"AWS::ElasticLoadBalancingV2::{kind}").values():
            assert "Name" not in properties
            assert properties["Tags"][0]["Key"] == "Name"


def test_both_load_balancers_have_security_groups_and_public_subnets() -> None:
    balancers = of_type(resources(), "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert len(balancers) == 2
    for properties in balancers.values():
        assert len(properties["SecurityGroups"]) == 1
        assert properties["Subnets"] == [{"Ref": f"PublicSubnet{n}"} for n in (1, 2, 3)]


def test_internal_load_balancers_need_no_public_subnets() -> None:
    private = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
    vpc = {"vpc_id": "vpc-0a1b2c3d4e5f60718", "cidr": "10.20.0.0/16"}
    network = {"existing": {**vpc, "private_subnet_ids": private}}
    found = resources(network=network, access={"scheme": "internal"})
    for title in ("WebLoadBalancer", "GrpcLoadBalancer"):
        assert found[title]["Properties"]["Subnets"] == private


def test_internal_load_balancers_are_in_the_private_subnets() -> None:
    found = resources(access={"scheme": "internal"})
    for properties in of_type(found, "AWS::ElasticLoadBalancingV2::LoadBalancer").values():
        assert properties["Scheme"] == "internal"
        assert properties["Subnets"] == [{"Ref": f"PrivateSubnet{n}"} for n in (1, 2, 3)]


def test_brokers_are_checked_on_the_port_that_knows_whether_they_are_ready() -> None:
    groups = of_type(resources(), "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert {
        title: (group["Port"], group["HealthCheckPort"], group["HealthCheckPath"])
        for title, group in groups.items()
    } == {
        "RestTargetGroup": (8080, "9600", "/actuator/health/readiness"),
        "GrpcTargetGroup": (26500, "9600", "/actuator/health/readiness"),
        "ConnectorsTargetGroup": (8080, "8080", "/connectors/actuator/health/readiness"),
    }


GRPC = "camunda-grpc.example.com"


@pytest.mark.parametrize("zone", [{}, {"hosted_zone_id": "Z0123456789ABCDEFGHIJ"}])
@pytest.mark.parametrize(
    ("named", "hostname"), [({}, "grpc.camunda.example.com"), ({"grpc_hostname": GRPC}, GRPC)]
)
def test_with_tls_addresses_have_the_names_that_the_certificate_is_for(
    zone: dict[str, str], named: dict[str, str], hostname: str
) -> None:
    found = outputs(tls={**GIVEN["tls"], **zone, **named})
    assert found["GrpcAddress"] == {"Fn::Sub": ["${Hostname}:26500", {"Hostname": hostname}]}
    assert found["Url"] == {"Fn::Sub": ["https://${Hostname}", {"Hostname": "camunda.example.com"}]}


def test_without_tls_addresses_are_the_load_balancers_own() -> None:
    assert outputs()["GrpcAddress"] == {
        "Fn::Sub": [
            "${NlbDnsName}:26500",
            {"NlbDnsName": {"Fn::GetAtt": ["GrpcLoadBalancer", "DNSName"]}},
        ]
    }


def test_outputs_say_whose_the_dns_records_are() -> None:
    def described(**access: Any) -> list[str]:
        found = templates(access=access)["root"]["Outputs"]
        return [found[name]["Description"] for name in ("Url", "GrpcAddress")]

    yours = [
        "Where people open Camunda, once its DNS record leads to AlbEndpoint",
        "Host and port for gRPC clients, once its DNS record leads to NlbEndpoint",
    ]
    assert described(**GIVEN) == yours
    assert described() == described(**MADE) == [text.split(",")[0] for text in yours]


def test_a_made_certificate_and_its_record_take_the_grpc_hostname() -> None:
    found = resources(access={"tls": {**MADE["tls"], "grpc_hostname": GRPC}})
    assert found["Certificate"]["Properties"]["SubjectAlternativeNames"] == [GRPC]
    assert found["GrpcAliasRecord"]["Properties"]["Name"] == GRPC


@pytest.mark.parametrize(
    ("web", "grpc", "zone", "code"),
    [
        ("camunda.example.com", "camunda-grpc.example.com", True, None),
        ("camunda.example.com", "grpc.other.example.com", True, None),
        ("example.com", "grpc.example.com", True, None),
        ("camunda.brand", "grpc.brand", True, None),
        ("camunda.example.com", "grpc.example.org", False, None),
        ("camunda.example.com", "grpc.example.org", True, "CAM189"),
        ("camunda.example.com", "grpc.other.com", True, "CAM189"),
        ("camunda.brand", "grpc.other", True, "CAM189"),
        ("camunda.example.com", "camunda.example.com", True, "CAM188"),
        ("camunda.example.com", "camunda.example.com", False, "CAM188"),
    ],
)
def test_hostnames_are_two_that_one_zone_can_hold(
    web: str, grpc: str, zone: bool, code: str | None
) -> None:
    way = {"hosted_zone_id": MADE["tls"]["hosted_zone_id"]} if zone else {}
    certificate = {} if zone else {"certificate_arn": CERTIFICATE}
    tls = {"hostname": web, "grpc_hostname": grpc, **way, **certificate}
    spec = deployment(access={"allowed_cidrs": ["203.0.113.0/24"], "tls": tls})
    assert [found.code for found in findings(spec)] == ([code] if code else [])


@pytest.mark.parametrize("mode", [None, "monitor", "strictest"])
def test_ambiguous_requests_are_treated_as_the_spec_says(mode: str | None) -> None:
    found = resources(access={"desync_mitigation": mode} if mode else {})
    attributes = found["WebLoadBalancer"]["Properties"]["LoadBalancerAttributes"]
    modes = [a["Value"] for a in attributes if a["Key"] == "routing.http.desync_mitigation_mode"]
    assert modes == [mode or "defensive"]


def test_load_balancers_are_protected_in_the_second_step_and_by_a_parameter_of_a_fleet() -> None:
    protection = "deletion_protection.enabled"

    def values(found: Any) -> list[Any]:
        attributes = [
            attribute["Value"]
            for template in found.values()
            for body in template["Resources"].values()
            for attribute in body.get("Properties", {}).get("LoadBalancerAttributes", ())
            if attribute["Key"] == protection
        ]
        return json.loads(json.dumps(attributes))  # type: ignore[no-any-return]

    for layout in Layout:
        # Left out, it would stay as it was.
        assert values(templates(layout)) == ["false", "false"]
        guarded = templates(layout, access={"deletion_protection": True})
        assert values(guarded) == ["true", "true"]
        assert values(deletable(guarded)) == ["false", "false"]
        assert unfinished(deletable(guarded)[ROOT]) and not unfinished(guarded[ROOT])
        assert {"AlbArn", "NlbArn"} <= guarded[ROOT]["Outputs"].keys()
        exported = protectable(guarded)
        assert values(exported) == [{"Ref": PROTECTION}] * 2
        assert exported[ROOT]["Parameters"][PROTECTION]["Default"] == "true"
        assert all(
            PROTECTION in template["Parameters"]
            for template in exported.values()
            if values({"": template})
        )
