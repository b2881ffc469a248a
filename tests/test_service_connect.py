"""TLS among tasks: what Service Connect encrypts, with which permissions, and what stays."""

import json
from typing import Any

from camformation.audit.checks import plain_services
from camformation.layout import Layout
from deployments import deployment, resources, templates

CA = (
    "arn:aws:acm-pca:eu-west-2:111122223333:certificate-authority/"
    "1234abcd-12ab-34cd-56ef-1234567890ab"
)
TLS = {"service_connect_tls": {"certificate_authority_arn": CA}}
PLAIN = resources()
ENCRYPTED = resources(cluster=TLS)


def offered(found: dict[str, Any]) -> dict[str, Any]:
    """Return the brokers' services in Service Connect, by name of the port."""
    brokers = found["OrchestrationService"]["Properties"]["ServiceConnectConfiguration"]
    return {each["PortName"]: each for each in brokers["Services"]}


def rules(found: dict[str, Any], source: str) -> set[int]:
    """Return the ports on which brokers let a source in."""
    return {
        rule["Properties"]["FromPort"]
        for name, rule in found.items()
        if name.startswith(f"OrchestrationFrom{source}Port")
    }


def statements(found: dict[str, Any]) -> dict[str, Any]:
    """Return the statements of the role that gets certificates, by their Sid."""
    [policy] = found["ServiceConnectTlsRole"]["Properties"]["Policies"]
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}


def test_without_the_field_nothing_changes() -> None:
    assert not [each for each in offered(PLAIN).values() if "Tls" in each]
    assert "ServiceConnectTlsRole" not in PLAIN


def test_rest_and_grpc_are_encrypted_at_ports_of_the_proxy() -> None:
    services = offered(ENCRYPTED)
    for name, port in (("rest", 8443), ("grpc", 26443)):
        assert services[name]["Tls"] == {
            "IssuerCertificateAuthority": {"AwsPcaAuthorityArn": CA},
            "KmsKey": {"Fn::GetAtt": ["SecretsKey", "Arn"]},
            "RoleArn": {"Fn::GetAtt": ["ServiceConnectTlsRole", "Arn"]},
        }
        assert services[name]["IngressPortOverride"] == port
        # The names and ports that clients use stay.
        assert services[name]["ClientAliases"] == offered(PLAIN)[name]["ClientAliases"]


def test_brokers_find_each_other_as_before() -> None:
    assert offered(ENCRYPTED)["internal-api"] == offered(PLAIN)["internal-api"]


def test_connectors_reach_the_proxies_and_nothing_past_them() -> None:
    assert rules(PLAIN, "Connectors") == {8080, 26500}
    assert rules(ENCRYPTED, "Connectors") == {8443, 26443}
    assert {name for name in ENCRYPTED if name.startswith("ConnectorsToOrchestration")} == {
        "ConnectorsToOrchestrationPort8443",
        "ConnectorsToOrchestrationPort26443",
    }


def test_load_balancers_go_past_the_proxies() -> None:
    for source in ("Alb", "Nlb"):
        assert rules(ENCRYPTED, source) == rules(PLAIN, source)
    for name in ("RestTargetGroup", "GrpcTargetGroup", "ConnectorsTargetGroup"):
        assert ENCRYPTED[name] == PLAIN[name]


def test_services_of_others_in_the_vpc_reach_the_proxies() -> None:
    assert rules(ENCRYPTED, "Vpc") == {8080, 26500, 8443, 26443}
    closed = resources(cluster=TLS, access={"vpc_clients": False})
    assert rules(closed, "Vpc") == set()


def test_connectors_are_replaced_when_brokers_change_to_tls() -> None:
    def labels(found: dict[str, Any]) -> Any:
        [container] = found["ConnectorsTaskDefinition"]["Properties"]["ContainerDefinitions"]
        return container.get("DockerLabels")

    assert labels(PLAIN) is None
    assert labels(ENCRYPTED) == {"service-connect-authority": CA}
    assert "OrchestrationService" in ENCRYPTED["ConnectorsService"]["DependsOn"]


def test_the_role_issues_certificates_of_this_ca_alone() -> None:
    found = statements(ENCRYPTED)
    assert found["ReadAuthority"]["Resource"] == [CA]
    assert found["IssueCertificates"]["Resource"] == [CA]
    assert "EndEntityCertificate/V1" in json.dumps(found["IssueCertificates"]["Condition"])


def test_the_role_makes_secrets_for_the_services_of_this_cluster() -> None:
    found = statements(ENCRYPTED)
    assert set(found) == {
        *("CreateSecret", "TagSecret", "RotateSecret", "DescribeSecret"),
        *("ReadAuthority", "IssueCertificates", "EncryptPrivateKeys"),
    }
    for sid in ("CreateSecret", "TagSecret", "RotateSecret", "DescribeSecret"):
        assert "secret:ecs-sc!*" in json.dumps(found[sid]["Resource"])
        assert "aws:ResourceAccount" in json.dumps(found[sid]["Condition"])
    made = json.dumps(found["CreateSecret"]["Condition"]["ArnLike"])
    assert "service/${Cluster}/*" in made
    assert '"Ref": "EcsCluster"' in made
    assert found["EncryptPrivateKeys"]["Resource"] == [{"Fn::GetAtt": ["SecretsKey", "Arn"]}]


def test_the_role_is_for_ecs_and_has_the_organizations_properties() -> None:
    found = resources(
        cluster=TLS,
        iam={
            "permissions_boundary_arn": "arn:aws:iam::111122223333:policy/boundary",
            "role_path": "/workloads/",
            "role_name_prefix": "acme-",
        },
    )["ServiceConnectTlsRole"]["Properties"]
    [trust] = found["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ecs.amazonaws.com"}
    assert found["Path"] == "/workloads/"
    assert "boundary" in json.dumps(found["PermissionsBoundary"])
    assert "acme-camunda" in json.dumps(found["RoleName"])


def test_a_key_of_yours_encrypts_private_keys() -> None:
    key = "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-000000000001"
    found = resources(cluster=TLS, secrets={"kms_key_arn": key})
    assert offered(found)["rest"]["Tls"]["KmsKey"] == key
    assert statements(found)["EncryptPrivateKeys"]["Resource"] == [key]


def test_the_role_outlives_the_services_in_nested_stacks() -> None:
    found = templates(Layout.NESTED, cluster=TLS)
    assert "ServiceConnectTlsRole" in found["cluster"]["Resources"]
    root = found["root"]["Resources"]["Orchestration"]["Properties"]["Parameters"]
    assert "ServiceConnectTlsRoleArn" in json.dumps(root)


def test_the_audit_sees_plain_text_and_tls() -> None:
    def failed(found: dict[str, Any]) -> list[str]:
        kind = "AWS::ECS::Service"
        return [words for _, _, words in plain_services({"Resources": found}, kind)]

    assert failed(PLAIN) == ["grpc without TLS", "rest without TLS"]
    assert failed(ENCRYPTED) == []


def test_the_field_may_belong_to_an_existing_cluster() -> None:
    found = resources(cluster={**TLS, "existing": "platform"})
    made = statements(found)["CreateSecret"]["Condition"]["ArnLike"]
    assert "platform" in json.dumps(made)
    assert deployment(cluster=TLS).cluster.service_connect_tls
