"""Service Connect between the services: the brokers' names in it, and TLS with a private CA.

Requests to a name go through the proxies that ECS adds to both tasks. With TLS these encrypt the
traffic; brokers and connectors themselves are not involved. Brokers talk to each other at their
addresses, bypassing the proxies (Amazon ECS Developer Guide, Encrypt Amazon ECS Service Connect
traffic).
"""

from typing import Any

from awacs.aws import ArnLike, StringEquals
from troposphere import AccountId, GetAtt, Sub, ecs
from troposphere.iam import Role

from camformation.components.policies import arn, assumed_by, inline, statement
from camformation.components.ports import GRPC, GRPC_PROXY, INTERNAL, REST, REST_PROXY
from camformation.frozen import frozen
from camformation.units import Unit, Value

CONTACT_POINT = "orchestration-cluster-sc"
LABEL = "service-connect-authority"
_SERVICES = (
    ("grpc", "orchestration-cluster-grpc", GRPC, GRPC_PROXY),
    ("internal-api", CONTACT_POINT, INTERNAL, None),
    ("rest", "orchestration-cluster-rest", REST, REST_PROXY),
)
"""Name of the port, name in Service Connect, port, and the proxy's own port for TLS."""


@frozen
class ServiceConnectTlsSpec:
    """`cluster.service_connect_tls`: the private CA that signs the certificates of services."""

    certificate_authority_arn: str


@frozen
class ServiceConnectTls:
    """Exports of TLS in Service Connect."""

    authority_arn: Value
    key_arn: Value  # of the private keys' secrets
    role_arn: Value  # with which ECS gets certificates


def build_service_connect_tls(
    unit: Unit, spec: ServiceConnectTlsSpec, cluster_name: Value, key_arn: Value
) -> ServiceConnectTls:
    """Create the role with which ECS gets certificates from the CA and keeps private keys.

    It is AWS's managed policy AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayer-
    Security for one CA, the services of one cluster, and the key. The services are deleted before
    the role: without it their deletion would be stuck.
    """
    own = {"aws:ResourceAccount": AccountId}
    secrets = [arn("secretsmanager", "secret:ecs-sc!*")]
    service = arn("ecs", "service/${Cluster}/*", Cluster=cluster_name)
    created = [
        ArnLike("aws:RequestTag/AmazonECSCreated", service),
        StringEquals({"aws:RequestTag/AmazonECSManaged": "true", **own}),
    ]
    owned = {"secretsmanager:ResourceTag/aws:secretsmanager:owningService": "ecs-sc", **own}
    authority = spec.certificate_authority_arn
    end_entity = Sub("arn:${AWS::Partition}:acm-pca:::template/EndEntityCertificate/V1")
    grants = [
        statement("CreateSecret", ["secretsmanager:CreateSecret"], secrets, created),
        statement("TagSecret", ["secretsmanager:TagResource"], secrets, created),
        statement(
            "RotateSecret",
            [
                f"secretsmanager:{action}"
                for action in (
                    *("UpdateSecret", "GetSecretValue", "PutSecretValue", "DeleteSecret"),
                    *("RotateSecret", "UpdateSecretVersionStage"),
                )
            ],
            secrets,
            [StringEquals(owned)],
        ),
        statement(
            "DescribeSecret", ["secretsmanager:DescribeSecret"], secrets, [StringEquals(own)]
        ),
        statement(
            "ReadAuthority",
            [
                "acm-pca:DescribeCertificateAuthority",
                "acm-pca:GetCertificate",
                "acm-pca:GetCertificateAuthorityCertificate",
            ],
            [authority],
        ),
        statement(
            "IssueCertificates",
            ["acm-pca:IssueCertificate"],
            [authority],
            [StringEquals("acm-pca:TemplateArn", end_entity)],
        ),
        statement(
            "EncryptPrivateKeys",
            ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"],
            [key_arn],
        ),
    ]
    role = unit.add(
        Role(
            "ServiceConnectTlsRole",
            # Whether ECS names the account here is not documented (Amazon ECS infrastructure IAM
            # role), so there is no condition; a role cannot be passed from another account.
            AssumeRolePolicyDocument=assumed_by("ecs"),
            Policies=[inline("service-connect-tls", grants)],
        ),
        section=("cluster", "service_connect_tls"),
    )
    return ServiceConnectTls(
        authority, key_arn, unit.export("ServiceConnectTlsRoleArn", GetAtt(role, "Arn"))
    )


def broker_services(tls: ServiceConnectTls | None) -> list[ecs.ServiceConnectService]:
    """Return the brokers' names in Service Connect.

    With TLS the proxies have their own ports: traffic to a container's port, from load balancers
    and clients in the VPC, still bypasses them (Amazon ECS API Reference, ServiceConnectService,
    ingressPortOverride).
    """

    def encrypted(proxy: int | None) -> dict[str, Any]:
        return {"IngressPortOverride": proxy, "Tls": _tls(tls)} if tls and proxy else {}

    return [
        ecs.ServiceConnectService(
            PortName=port_name,
            DiscoveryName=alias,
            ClientAliases=[ecs.ServiceConnectClientAlias(DnsName=alias, Port=port)],
            **encrypted(proxy),
        )
        for port_name, alias, port, proxy in _SERVICES
    ]


def client_labels(tls: ServiceConnectTls | None) -> dict[str, Any]:
    """Return a label for a client's container: proxies of running tasks do not notice TLS or
    another CA, so the tasks have to be replaced (Amazon ECS Developer Guide, Service Connect)."""
    return {"DockerLabels": {LABEL: tls.authority_arn}} if tls else {}


def _tls(tls: ServiceConnectTls) -> ecs.ServiceConnectTlsConfiguration:
    return ecs.ServiceConnectTlsConfiguration(
        IssuerCertificateAuthority=ecs.ServiceConnectTlsCertificateAuthority(
            AwsPcaAuthorityArn=tls.authority_arn
        ),
        KmsKey=tls.key_arn,
        RoleArn=tls.role_arn,
    )
