"""The questions about an account, as they are sent to AWS, and what its answers mean."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY

from camformation.deploy.aws.domains import AwsDomains
from camformation.deploy.aws.identity import AwsIdentity
from camformation.deploy.aws.names import AwsNames
from camformation.deploy.aws.offers import MANIFESTS, AwsEngines, AwsRegistries
from camformation.deploy.aws.permissions import AwsPermissions
from camformation.deploy.aws.plans import AwsPlans
from camformation.deploy.aws.quotas import AwsQuotas
from camformation.deploy.aws.references import AwsReferences
from camformation.deploy.aws.secret_values import AwsSecretValues
from camformation.deploy.aws.vpcs import AwsVpcs
from camformation.deploy.cloud.account import (
    Authority,
    Certificate,
    Denial,
    EngineVersion,
    HostedZone,
    Image,
    Orderable,
    Quota,
)
from camformation.deploy.cloud.account_networks import (
    AclRule,
    Endpoint,
    NetworkAcl,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from camformation.deploy.cloud.account_references import (
    AccessPoint,
    Key,
    Origin,
    Secret,
    SharedFileSystem,
    Snapshot,
    Topic,
)
from camformation.deploy.cloud.errors import AccessDenied, Refused
from deploy.test_aws import Stub

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ASKED = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}
METRIC = {
    "MetricNamespace": "AWS/Usage",
    "MetricName": "ResourceCount",
    "MetricDimensions": {"Service": "Fargate", "Resource": "vCPU"},
    "MetricStatisticRecommendation": "Maximum",
}


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    for stubber in stub.stubbers:
        stubber.assert_no_pending_responses()


def quotas(stub: Stub, **answers: list[tuple[str, dict[str, Any], Any]]) -> AwsQuotas:
    services = ("service-quotas", "cloudwatch", "ec2", "elbv2", "efs", "rds", "iam", "logs")
    return AwsQuotas(*(stub(each, *answers.get(each.replace("-", "_"), ())) for each in services))


def test_a_quota_is_the_accounts_or_else_the_default(stub: Stub) -> None:
    missing = ("NoSuchResourceException", "no quota")
    made = quotas(
        stub,
        service_quotas=[
            ("get_service_quota", ASKED, {"Quota": {"Value": 6.0, "UsageMetric": METRIC}}),
            ("get_service_quota", ASKED, missing),
            ("get_aws_default_service_quota", ASKED, {"Quota": {"Value": 4.0}}),
            ("get_service_quota", ASKED, missing),
            ("get_aws_default_service_quota", ASKED, missing),
            ("get_service_quota", ASKED, ("AccessDeniedException", "no")),
        ],
    )
    assert made.quota("fargate", "L-3032A538") == Quota(6.0, METRIC)
    assert made.quota("fargate", "L-3032A538") == Quota(4.0)
    assert made.quota("fargate", "L-3032A538") is None
    with pytest.raises(AccessDenied) as raised:
        made.quota("fargate", "L-3032A538")
    assert raised.value.hint == "the caller's role needs servicequotas:GetServiceQuota"


def test_the_use_of_a_quota_is_the_last_point_of_its_metric(stub: Stub) -> None:
    asked = {
        "Namespace": "AWS/Usage",
        "MetricName": "ResourceCount",
        "Dimensions": [
            {"Name": "Service", "Value": "Fargate"},
            {"Name": "Resource", "Value": "vCPU"},
        ],
        "StartTime": ANY,
        "EndTime": ANY,
        "Period": 300,
        "Statistics": ["Maximum"],
    }
    points = [
        {"Timestamp": NOW, "Maximum": 3.0},
        {"Timestamp": NOW.replace(hour=11), "Maximum": 9.0},
    ]
    made = quotas(
        stub,
        cloudwatch=[
            ("get_metric_statistics", asked, {"Datapoints": points}),
            ("get_metric_statistics", asked, {"Datapoints": []}),
        ],
    )
    assert made.used(METRIC) == 3.0
    assert made.used(METRIC) is None


def test_what_uses_quotas_is_counted(stub: Stub) -> None:
    gateways = [{"SubnetId": "s1"}, {"SubnetId": "s2"}, {"SubnetId": "s2"}]
    using = [{"Name": "state", "Values": ["pending", "available"]}]
    balancers = [{"Type": "application"}, {"Type": "network"}, {"Type": "network"}]
    made = quotas(
        stub,
        ec2=[
            (
                "describe_addresses",
                {},
                {
                    "Addresses": [
                        {},
                        {"PublicIpv4Pool": "amazon"},
                        {"PublicIpv4Pool": "ipv4pool-ec2-1"},
                    ]
                },
            ),
            ("describe_nat_gateways", {"Filter": using}, {"NatGateways": gateways}),
            (
                "describe_subnets",
                {"Filters": [{"Name": "subnet-id", "Values": ["s1", "s2"]}]},
                {
                    "Subnets": [
                        {"SubnetId": "s1", "AvailabilityZone": "a"},
                        {"SubnetId": "s2", "AvailabilityZone": "b"},
                    ]
                },
            ),
            ("describe_nat_gateways", {"Filter": using}, {"NatGateways": []}),
        ],
        elbv2=[("describe_load_balancers", {}, {"LoadBalancers": balancers})],
        efs=[("describe_file_systems", {}, {"FileSystems": []})],
    )
    assert made.addresses() == 2
    assert made.nat_gateways() == {"a": 1, "b": 2}
    assert made.nat_gateways() == {}
    assert made.load_balancers() == {"application": 1, "network": 2}
    assert made.file_systems() == 0


def test_permissions_are_simulated(stub: Stub) -> None:
    arn = "arn:aws:iam::111122223333:role/deploy"
    role = {
        "Path": "/sso/",
        "RoleName": "deploy",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": "arn:aws:iam::111122223333:role/sso/deploy",
        "CreateDate": NOW,
    }
    asked = {
        "PolicySourceArn": arn,
        "ActionNames": ["iam:PassRole", "iam:GetRole"],
        "ResourceArns": ["*"],
        "ContextEntries": [
            {
                "ContextKeyName": "iam:PassedToService",
                "ContextKeyValues": ["lambda.amazonaws.com"],
                "ContextKeyType": "string",
            }
        ],
    }
    answer = {
        "EvaluationResults": [
            {"EvalActionName": "iam:PassRole", "EvalDecision": "explicitDeny"},
            {"EvalActionName": "iam:GetRole", "EvalDecision": "allowed"},
            {
                "EvalActionName": "iam:CreateRole",
                "EvalDecision": "implicitDeny",
                "ResourceSpecificResults": [
                    {"EvalResourceName": "a", "EvalResourceDecision": "implicitDeny"},
                    {"EvalResourceName": "b", "EvalResourceDecision": "allowed"},
                ],
            },
        ]
    }
    iam = stub(
        "iam",
        ("get_role", {"RoleName": "deploy"}, {"Role": role}),
        ("get_role", {"RoleName": "gone"}, ("NoSuchEntity", "gone")),
        ("simulate_principal_policy", asked, answer),
    )
    made = AwsPermissions(iam)
    assert made.role_arn("deploy") == "arn:aws:iam::111122223333:role/sso/deploy"
    assert made.role_arn("gone") is None
    context = {"iam:PassedToService": ["lambda.amazonaws.com"]}
    denied = made.denied(arn, ["iam:PassRole", "iam:GetRole"], ["*"], context)
    assert denied == (Denial("iam:PassRole", "*", explicit=True),)


def test_vpcs_and_their_connections(stub: Stub) -> None:
    vpc = {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.1.0.0/16"}],
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/56"}],
    }
    peering = {
        "VpcPeeringConnectionId": "pcx-1",
        "RequesterVpcInfo": {"VpcId": "vpc-1", "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}]},
        "AccepterVpcInfo": {"VpcId": "vpc-2", "CidrBlock": "10.2.0.0/16"},
    }
    subnet = {
        "SubnetId": "s1",
        "VpcId": "vpc-1",
        "AvailabilityZone": "eu-west-2a",
        "CidrBlock": "10.0.1.0/24",
        "AvailableIpAddressCount": 7,
    }
    support = {"VpcId": "vpc-1", "Attribute": "enableDnsSupport"}
    hostnames = {"VpcId": "vpc-1", "Attribute": "enableDnsHostnames"}
    ec2 = stub(
        "ec2",
        ("describe_vpcs", {}, {"Vpcs": [vpc]}),
        ("describe_vpcs", {"VpcIds": ["vpc-1"]}, {"Vpcs": [vpc]}),
        ("describe_vpc_attribute", support, {"EnableDnsSupport": {"Value": True}}),
        ("describe_vpc_attribute", hostnames, {"EnableDnsHostnames": {"Value": False}}),
        ("describe_vpcs", {"VpcIds": ["vpc-9"]}, ("InvalidVpcID.NotFound", "none")),
        (
            "describe_subnets",
            {"Filters": [{"Name": "subnet-id", "Values": ["s1", "s2"]}]},
            {"Subnets": [subnet]},
        ),
        (
            "describe_vpc_peering_connections",
            {"Filters": [{"Name": "status-code", "Values": ["active"]}]},
            {"VpcPeeringConnections": [peering]},
        ),
        (
            "describe_managed_prefix_lists",
            {"Filters": [{"Name": "prefix-list-id", "Values": ["pl-1"]}]},
            {"PrefixLists": [{"PrefixListId": "pl-1", "MaxEntries": 55}]},
        ),
    )
    made = AwsVpcs(ec2)
    blocks = ("10.0.0.0/16", "10.1.0.0/16")
    assert made.vpcs() == (Vpc("vpc-1", blocks, ipv6_cidrs=("2001:db8::/56",)),)
    found = made.vpc("vpc-1")
    assert found and found.dns_support and not found.dns_hostnames
    assert made.vpc("vpc-9") is None
    assert made.subnets(["s1", "s2"]) == (Subnet("s1", "vpc-1", "eu-west-2a", "10.0.1.0/24", 7),)
    cidrs = {"vpc-1": ("10.0.0.0/16",), "vpc-2": ("10.2.0.0/16",)}
    assert made.peerings() == (Peering("pcx-1", ("vpc-1", "vpc-2"), cidrs),)
    assert made.prefix_lists(["pl-1"]) == {"pl-1": 55}


def test_engines_and_classes(stub: Stub) -> None:
    version = {"Engine": "aurora-postgresql", "EngineVersion": "17.5"}
    capable = {
        "EngineVersion": "17.5",
        "ExportableLogTypes": ["postgresql"],
        "ServerlessV2FeaturesSupport": {"MinCapacity": 0.0, "MaxCapacity": 256.0},
    }
    offer = {**version, "DBInstanceClass": "db.r6g.large"}
    invalid = ("InvalidParameterCombination", "Cannot find version 99 for aurora-postgresql")
    rds = stub(
        "rds",
        ("describe_db_engine_versions", version, {"DBEngineVersions": [version, capable]}),
        ("describe_db_engine_versions", version, invalid),
        ("describe_db_engine_versions", version, ("InternalThing", "no")),
        (
            "describe_orderable_db_instance_options",
            offer,
            {"OrderableDBInstanceOptions": [{**offer, "AvailabilityZones": [{"Name": "a"}]}]},
        ),
        ("describe_orderable_db_instance_options", offer, invalid),
    )
    made = AwsEngines(rds)
    assert made.versions("aurora-postgresql", "17.5") == (
        EngineVersion("17.5"),
        EngineVersion("17.5", ("postgresql",), 0, 256),
    )
    assert made.versions("aurora-postgresql", "17.5") == ()
    with pytest.raises(Refused):
        made.versions("aurora-postgresql", "17.5")
    asked = ("aurora-postgresql", "17.5", "db.r6g.large")
    assert made.orderable(*asked) == (Orderable("db.r6g.large", ("a",)),)
    assert made.orderable(*asked) == ()


def test_images_say_their_architectures_in_an_index(stub: Stub) -> None:
    index = json.dumps(
        {
            "manifests": [
                {"platform": {"architecture": "amd64"}},
                {"platform": {"architecture": "unknown"}},
                {"platform": {"architecture": "arm64"}},
            ]
        }
    )

    def asked(**which: str) -> dict[str, Any]:
        return {
            "registryId": "111122223333",
            "repositoryName": "camunda",
            "imageIds": [which],
            "acceptedMediaTypes": MANIFESTS,
        }

    digest = f"sha256:{'a' * 64}"
    ecr = stub(
        "ecr",
        ("batch_get_image", asked(imageTag="8.10"), {"images": [{"imageManifest": index}]}),
        ("batch_get_image", asked(imageDigest=digest), {"images": [{"imageManifest": "{}"}]}),
        ("batch_get_image", asked(imageTag="8.9"), {"images": [], "failures": []}),
        ("batch_get_image", asked(imageTag="8.8"), ("RepositoryNotFoundException", "none")),
    )
    regions: list[str] = []

    def client(region: str) -> Any:
        regions.append(region)
        return ecr

    made = AwsRegistries(client)
    where = ("111122223333", "eu-central-1", "camunda")
    assert made.image(*where, "8.10") == Image(("amd64", "arm64"))
    assert made.image(*where, digest) == Image()
    assert made.image(*where, "8.9") is None
    assert made.image(*where, "8.8") is None
    assert set(regions) == {"eu-central-1"}


def test_certificates_and_hosted_zones(stub: Stub) -> None:
    arn = "arn:aws:acm:eu-west-2:111122223333:certificate/1234abcd"
    certificate = {
        "Status": "ISSUED",
        "DomainName": "a.example.com",
        "SubjectAlternativeNames": ["a.example.com", "b.example.com"],
        "NotAfter": NOW,
    }
    zone = {"Id": "Z1", "Name": "example.com.", "CallerReference": "c"}
    private = {**zone, "Config": {"PrivateZone": True}}
    made = AwsDomains(
        stub(
            "acm",
            ("describe_certificate", {"CertificateArn": arn}, {"Certificate": certificate}),
            ("describe_certificate", {"CertificateArn": arn}, ("ResourceNotFoundException", "no")),
        ),
        stub("acm-pca"),
        stub(
            "route53",
            ("get_hosted_zone", {"Id": "Z1"}, {"HostedZone": zone}),
            (
                "get_hosted_zone",
                {"Id": "Z1"},
                {"HostedZone": private, "VPCs": [{"VPCId": "vpc-1"}]},
            ),
            ("get_hosted_zone", {"Id": "Z1"}, ("NoSuchHostedZone", "none")),
        ),
    )
    names = ("a.example.com", "b.example.com")
    assert made.certificate(arn) == Certificate("ISSUED", names, NOW)
    assert made.certificate(arn) is None
    assert made.hosted_zone("Z1") == HostedZone("example.com", private=False)
    assert made.hosted_zone("Z1") == HostedZone("example.com", private=True, vpcs=("vpc-1",))
    assert made.hosted_zone("Z1") is None


def test_private_authorities_and_their_tags(stub: Stub) -> None:
    arn = (
        "arn:aws:acm-pca:eu-west-2:111122223333:certificate-authority/"
        "1234abcd-12ab-34cd-56ef-1234567890ab"
    )
    asked = {"CertificateAuthorityArn": arn}
    active = {"CertificateAuthority": {"Arn": arn, "Status": "ACTIVE"}}
    made = AwsDomains(
        stub("acm"),
        stub(
            "acm-pca",
            ("describe_certificate_authority", asked, active),
            ("list_tags", asked, {"Tags": [{"Key": "team", "Value": "bpm"}], "NextToken": "n"}),
            (
                "list_tags",
                {**asked, "NextToken": "n"},
                {"Tags": [{"Key": "AmazonECSManaged", "Value": "true"}]},
            ),
            ("describe_certificate_authority", asked, active),
            ("list_tags", asked, {"Tags": [{"Key": "AmazonECSManaged", "Value": "false"}]}),
            ("describe_certificate_authority", asked, ("ResourceNotFoundException", "no")),
        ),
        stub("route53"),
    )
    assert made.authority(arn) == Authority("ACTIVE", managed=True)
    assert made.authority(arn) == Authority("ACTIVE", managed=False)
    assert made.authority(arn) is None


def test_secrets_give_the_names_of_keys_with_a_value(stub: Stub) -> None:
    asked = {"SecretId": "s"}
    missing = ("ResourceNotFoundException", "none")
    by_name = {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": ["/a/b"]}]}
    either = {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": ["/a", "a"]}]}
    used = {"VersionIdsToStages": {"v" * 32: ["AWSCURRENT"]}}
    key = {"KeyMetadata": {"KeyId": "k", "KeyState": "Disabled"}}
    signing = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", **key["KeyMetadata"]}
    policy = {"Policy": '{"Statement": []}', "PolicyName": "default"}
    text = json.dumps({"a": "hidden", "b": "", "c": None, "d": 0})
    made = AwsSecretValues(
        stub(
            "secretsmanager",
            ("describe_secret", asked, {"Name": "s", **used}),
            ("describe_secret", asked, {"Name": "s", "KmsKeyId": "k", **used, "DeletedDate": NOW}),
            ("describe_secret", asked, {"Name": "s"}),
            ("describe_secret", asked, missing),
            ("get_secret_value", asked, {"SecretString": text}),
            ("get_secret_value", asked, {"SecretString": "hidden"}),
            ("get_secret_value", asked, {"SecretString": "[1]"}),
            ("get_secret_value", asked, missing),
        ),
        stub(
            "ssm",
            ("describe_parameters", by_name, {"Parameters": [{"Name": "/a/b"}]}),
            ("describe_parameters", either, {"Parameters": []}),
        ),
        stub(
            "kms",
            ("describe_key", {"KeyId": "k"}, key),
            (
                "describe_key",
                {"KeyId": "k"},
                {"KeyMetadata": {**signing, "Arn": "arn:aws:kms:eu-west-2:1:key/k"}},
            ),
            ("describe_key", {"KeyId": "k"}, ("NotFoundException", "none")),
            ("get_key_policy", {"KeyId": "k", "PolicyName": "default"}, policy),
        ),
    )
    assert made.secret("s") == Secret()
    assert made.secret("s") == Secret(deleting=True, key="k")
    assert made.secret("s") == Secret(empty=True)
    assert made.secret("s") is None
    assert made.keys("s") == ("a", "d")
    assert made.keys("s") is None
    assert made.keys("s") is None
    assert made.keys("s") == ()
    assert made.parameter("arn:aws:ssm:eu-west-2:111122223333:parameter/a/b")
    assert not made.parameter("arn:aws:ssm:eu-west-2:111122223333:parameter/a")
    assert made.key("k") == Key("k", "Disabled")
    assert made.key("k") == Key("arn:aws:kms:eu-west-2:1:key/k", "Disabled", encrypts=False)
    assert made.key("k") is None
    assert made.key_policy("k") == {"Statement": []}


def test_names_that_are_taken(stub: Stub) -> None:
    made = AwsNames(
        stub(
            "logs",
            (
                "describe_log_groups",
                {"logGroupNamePrefix": "/ecs/a"},
                {"logGroups": [{"logGroupName": "/ecs/a"}, {"logGroupName": "/ecs/ab"}]},
            ),
        ),
        stub(
            "ecs",
            (
                "describe_clusters",
                {"clusters": ["a", "b"]},
                {
                    "clusters": [
                        {
                            "clusterName": "a",
                            "status": "ACTIVE",
                            "capacityProviders": ["FARGATE"],
                        },
                        {"clusterName": "b", "status": "INACTIVE"},
                    ]
                },
            ),
        ),
        stub(
            "servicediscovery",
            ("list_namespaces", {}, {"Namespaces": [{"Type": "HTTP", "Name": "a"}]}),
        ),
        stub("backup", ("list_backup_vaults", {}, {"BackupVaultList": [{"BackupVaultName": "v"}]})),
    )
    assert made.log_groups("/ecs/a") == ("/ecs/a", "/ecs/ab")
    assert made.clusters(["a", "b"]) == {"a": ("FARGATE",)}
    assert made.namespaces() == (("HTTP", "a"),)
    assert made.backup_vaults() == ("v",)


@pytest.mark.parametrize(
    ("headers", "time"),
    [
        ({"date": "Mon, 05 Jan 2026 12:00:00 GMT"}, NOW),
        ({"date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_awss_time_is_that_of_an_answer(
    stub: Stub, headers: dict[str, str], time: datetime | None
) -> None:
    answer = {
        "Account": "111122223333",
        "Arn": "arn:aws:iam::111122223333:user/anna",
        "ResponseMetadata": {"HTTPHeaders": headers},
    }
    sts = stub("sts", ("get_caller_identity", {}, answer))
    assert AwsIdentity(sts, stub("ec2")).time() == time


def test_groups_and_endpoints_of_a_vpc(stub: Stub) -> None:
    states = ["available", "pending", "pendingAcceptance"]
    ec2 = stub(
        "ec2",
        (
            "describe_security_groups",
            {"Filters": [{"Name": "group-id", "Values": ["sg-1", "sg-2"]}]},
            {"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1"}]},
        ),
        (
            "describe_vpc_endpoints",
            {
                "Filters": [
                    {"Name": "vpc-id", "Values": ["vpc-1"]},
                    {"Name": "vpc-endpoint-state", "Values": states},
                ]
            },
            {
                "VpcEndpoints": [
                    {
                        "VpcEndpointId": "vpce-1",
                        "ServiceName": "com.amazonaws.eu-west-2.logs",
                        "PrivateDnsEnabled": True,
                    },
                    {
                        "VpcEndpointId": "vpce-2",
                        "ServiceName": "com.amazonaws.eu-west-2.s3",
                        "RouteTableIds": ["rtb-1"],
                    },
                ]
            },
        ),
    )
    made = AwsVpcs(ec2)
    assert made.security_groups(["sg-1", "sg-2"]) == {"sg-1": "vpc-1"}
    assert made.endpoints("vpc-1") == (
        Endpoint("vpce-1", "com.amazonaws.eu-west-2.logs", private_dns=True),
        Endpoint(
            "vpce-2", "com.amazonaws.eu-west-2.s3", private_dns=False, route_tables=("rtb-1",)
        ),
    )


def test_rules_and_names_of_a_vpc(stub: Stub) -> None:
    entries: list[dict[str, Any]] = [
        {
            "RuleNumber": 100,
            "Egress": True,
            "RuleAction": "allow",
            "Protocol": "6",
            "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 443, "To": 445},
        },
        {
            "RuleNumber": 32768,
            "Egress": False,
            "RuleAction": "deny",
            "Protocol": "-1",
            "Ipv6CidrBlock": "::/0",
        },
    ]
    acl = {
        "NetworkAclId": "acl-1",
        "Entries": entries,
        "Associations": [{"SubnetId": "subnet-1"}],
    }
    within = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}
    named = {"Filters": [{"Name": "service-name", "Values": ["a", "b"]}]}
    one = {"VpcIds": ["vpc-1"]}
    servers = [{"Value": "10.0.0.2"}, {"Value": "10.9.0.2"}]
    options = {
        "DhcpConfigurations": [
            {"Key": "domain-name", "Values": [{"Value": "eu-west-2.compute.internal"}]},
            {"Key": "domain-name-servers", "Values": servers},
        ]
    }
    service = {"ServiceName": "a", "AvailabilityZones": ["eu-west-2a"]}
    ec2 = stub(
        "ec2",
        ("describe_network_acls", within, {"NetworkAcls": [acl]}),
        ("describe_vpcs", one, {"Vpcs": [{"VpcId": "vpc-1", "DhcpOptionsId": "dopt-1"}]}),
        ("describe_dhcp_options", {"DhcpOptionsIds": ["dopt-1"]}, {"DhcpOptions": [options]}),
        ("describe_vpcs", one, {"Vpcs": [{"VpcId": "vpc-1", "DhcpOptionsId": "default"}]}),
        ("describe_vpc_endpoint_services", named, {"ServiceDetails": [service]}),
    )
    made = AwsVpcs(ec2)
    rules = (
        AclRule(100, True, True, "6", "10.0.0.0/8", (443, 445)),
        AclRule(32768, False, False, "-1", "::/0"),
    )
    assert made.acls("vpc-1") == (NetworkAcl("acl-1", rules, ("subnet-1",)),)
    assert (made.name_servers("vpc-1"), made.name_servers("vpc-1")) == (
        ("10.0.0.2", "10.9.0.2"),
        (),
    )
    assert made.endpoint_services(["a", "b"]) == {"a": ("eu-west-2a",)}


def test_an_account_may_have_a_plan(stub: Stub) -> None:
    state = {
        "accountId": "111122223333",
        "accountPlanType": "FREE",
        "accountPlanStatus": "ACTIVE",
    }
    made = AwsPlans(
        stub(
            "freetier",
            ("get_account_plan_state", {}, state),
            ("get_account_plan_state", {}, ("ResourceNotFoundException", "no plan")),
            ("get_account_plan_state", {}, ("ValidationException", "no")),
        )
    )
    assert (made.plan(), made.plan()) == ("FREE", None)
    with pytest.raises(Refused):
        made.plan()


def test_endpoints_of_a_region_count_by_their_kind(stub: Stub) -> None:
    there = {"Filters": [{"Name": "vpc-endpoint-state",
                          "Values": ["available", "pending", "pendingAcceptance"]}]}  # fmt: skip
    found = [
        {"VpcEndpointType": "Gateway", "VpcId": "vpc-1"},
        {"VpcEndpointType": "Interface", "VpcId": "vpc-2"},
    ]
    made = quotas(stub, ec2=[("describe_vpc_endpoints", there, {"VpcEndpoints": found})])
    assert made.endpoints() == (("Gateway", "vpc-1"), ("Interface", "vpc-2"))


def test_managed_policies(stub: Stub) -> None:
    arn = "arn:aws:iam::111122223333:policy/boundary"
    made = AwsPermissions(
        stub(
            "iam",
            ("get_policy", {"PolicyArn": arn}, {"Policy": {"Arn": arn}}),
            ("get_policy", {"PolicyArn": arn}, ("NoSuchEntity", "none")),
            ("get_policy", {"PolicyArn": arn}, ("AccessDenied", "no")),
        )
    )
    assert made.policy_exists(arn)
    assert not made.policy_exists(arn)
    with pytest.raises(AccessDenied):
        made.policy_exists(arn)


def test_trust_policies_of_roles(stub: Stub) -> None:
    policy = '{"Statement": [{"Effect": "Allow"}]}'
    role = {"Path": "/", "RoleName": "cfn", "RoleId": "A" * 16, "CreateDate": NOW}
    arn = "arn:aws:iam::111122223333:role/cfn"
    whole = {**role, "Arn": arn, "AssumeRolePolicyDocument": policy}
    made = AwsPermissions(
        stub(
            "iam",
            ("get_role", {"RoleName": "cfn"}, {"Role": whole}),
            ("get_role", {"RoleName": "cfn"}, {"Role": {**role, "Arn": arn}}),
            ("get_role", {"RoleName": "cfn"}, ("NoSuchEntity", "none")),
        )
    )
    assert made.trust("cfn") == {"Statement": [{"Effect": "Allow"}]}
    assert made.trust("cfn") == {}
    assert made.trust("cfn") is None


def test_routes_of_a_vpc(stub: Stub) -> None:
    def route(to: dict[str, str], way: dict[str, str], state: str = "active") -> dict[str, str]:
        return {**to, **way, "Origin": "CreateRoute", "State": state}

    four, six = {"DestinationCidrBlock": "0.0.0.0/0"}, {"DestinationIpv6CidrBlock": "::/0"}
    prefixes = {"DestinationPrefixListId": "pl-1"}
    found = {
        "RouteTableId": "rtb-1",
        "Routes": [
            route({"DestinationCidrBlock": "10.0.0.0/16"}, {"GatewayId": "local"}),
            route(four, {"NatGatewayId": "nat-1"}, "blackhole"),
            route(six, {"EgressOnlyInternetGatewayId": "eigw-1"}),
            route(prefixes, {"GatewayId": "vpce-1"}),
            route(four, {"InstanceOwnerId": "111122223333", "NetworkInterfaceId": "eni-1"}),
        ],
        "Associations": [{"SubnetId": "subnet-1", "Main": False}, {"Main": True}],
    }
    within = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}
    options = {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-ingress"}}
    ec2 = stub(
        "ec2",
        ("describe_route_tables", within, {"RouteTables": [found]}),
        ("describe_vpc_block_public_access_options", {}, options),
        ("describe_vpc_block_public_access_options", {}, {}),
    )
    routes = (
        Route("10.0.0.0/16", "local"),
        Route("0.0.0.0/0", "nat-1", active=False),
        Route("::/0", "eigw-1"),
        Route("pl-1", "vpce-1"),
        Route("0.0.0.0/0", "eni-1"),
    )
    made = AwsVpcs(ec2)
    assert made.route_tables("vpc-1") == (RouteTable("rtb-1", routes, ("subnet-1",), main=True),)
    assert (made.blocked(), made.blocked()) == ("block-ingress", "off")


def test_counts_of_rds_and_iam(stub: Stub) -> None:
    quota = {"AccountQuotaName": "DBClusters", "Used": 3, "Max": 40}
    summary = {"SummaryMap": {"Roles": 20, "RolesQuota": 1000}}
    made = quotas(
        stub,
        rds=[("describe_account_attributes", {}, {"AccountQuotas": [quota]})],
        iam=[("get_account_summary", {}, summary)],
        logs=[("describe_resource_policies", {}, {"resourcePolicies": [{"policyName": "p"}]})],
    )
    assert made.log_policies() == ("p",)
    assert made.databases() == {"DBClusters": (3, 40)}
    assert made.roles() == (20, 1000)


def test_zones_of_a_vpc_and_caa_records(stub: Stub) -> None:
    def page(name: str, **more: str) -> dict[str, Any]:
        owner = {"OwningAccount": "111122223333"}
        found = {"HostedZoneId": "Z1", "Name": name, "Owner": owner}
        return {"HostedZoneSummaries": [found], "MaxItems": "1", **more}

    asked = {"VPCId": "vpc-1", "VPCRegion": "eu-west-2"}
    record = {
        "HostedZoneId": "Z1",
        "StartRecordName": "example.com",
        "StartRecordType": "CAA",
        "MaxItems": "1",
    }
    value = {"Value": '0 issue "amazon.com"'}
    caa = {"Name": "example.com.", "Type": "CAA", "ResourceRecords": [value]}
    rest = {"IsTruncated": False, "MaxItems": "1"}
    made = AwsDomains(
        stub("acm"),
        stub("acm-pca"),
        stub(
            "route53",
            ("list_hosted_zones_by_vpc", asked, page("a.local.", NextToken="n")),
            ("list_hosted_zones_by_vpc", {**asked, "NextToken": "n"}, page("b.local.")),
            ("list_resource_record_sets", record, {"ResourceRecordSets": [caa], **rest}),
            ("list_resource_record_sets", record, {"ResourceRecordSets": [], **rest}),
        ),
    )
    assert made.private_zones("vpc-1", "eu-west-2") == ("a.local", "b.local")
    assert made.issuers("Z1", "example.com") == ('0 issue "amazon.com"',)
    assert made.issuers("Z1", "example.com") is None


def test_what_a_spec_refers_to(stub: Stub) -> None:
    snapshot = {"Status": "available", "Engine": "aurora-postgresql", "EngineVersion": "17.4"}
    cluster = {**snapshot, "EarliestRestorableTime": NOW, "LatestRestorableTime": NOW}
    asked = {"DBClusterSnapshotIdentifier": "s", "IncludeShared": True}
    named = {"DBClusterIdentifier": "c"}
    system = {
        "OwnerId": "1",
        "CreationToken": "t",
        "FileSystemId": "fs-1",
        "CreationTime": NOW,
        "LifeCycleState": "available",
        "NumberOfMountTargets": 1,
        "SizeInBytes": {"Value": 1},
        "PerformanceMode": "generalPurpose",
        "Tags": [],
        "Encrypted": True,
    }
    target = {
        "MountTargetId": "fsmt-01234567",
        "FileSystemId": "fs-1",
        "SubnetId": "subnet-01234567",
        "LifeCycleState": "available",
        "AvailabilityZoneName": "eu-west-2a",
    }
    point = {"FileSystemId": "fs-1", "PosixUser": {"Uid": 1000, "Gid": 1000}}
    topic = "arn:aws:sns:eu-west-2:111122223333:t"
    taken = {"EFS": True, "S3": False, "Aurora": False}
    attributes = {"Policy": '{"Statement": []}', "KmsMasterKeyId": "alias/aws/sns"}
    workspace = {
        "workspaceId": "ws-1",
        "arn": "arn:aws:aps:eu-west-2:111122223333:workspace/ws-1",
        "status": {"statusCode": "ACTIVE"},
        "createdAt": NOW,
    }
    made = AwsReferences(
        stub(
            "rds",
            ("describe_db_cluster_snapshots", asked, {"DBClusterSnapshots": [snapshot]}),
            ("describe_db_cluster_snapshots", asked, ("DBClusterSnapshotNotFoundFault", "none")),
            ("describe_db_clusters", named, {"DBClusters": [cluster]}),
            ("describe_db_clusters", named, {"DBClusters": []}),
        ),
        stub(
            "efs",
            ("describe_file_systems", {"FileSystemId": "fs-1"}, {"FileSystems": [system]}),
            ("describe_mount_targets", {"FileSystemId": "fs-1"}, {"MountTargets": [target]}),
            ("describe_file_systems", {"FileSystemId": "fs-1"}, ("FileSystemNotFound", "none")),
            ("describe_access_points", {"AccessPointId": "fsap-1"}, {"AccessPoints": [point]}),
            ("describe_access_points", {"AccessPointId": "fsap-1"}, ("AccessPointNotFound", "no")),
        ),
        stub(
            "s3",
            ("get_bucket_versioning", {"Bucket": "b"}, {"Status": "Enabled"}),
            ("get_bucket_versioning", {"Bucket": "b"}, {}),
            ("get_bucket_versioning", {"Bucket": "b"}, ("NoSuchBucket", "none")),
        ),
        stub(
            "sns",
            ("get_topic_attributes", {"TopicArn": topic}, {"Attributes": {}}),
            ("get_topic_attributes", {"TopicArn": topic}, {"Attributes": attributes}),
            ("get_topic_attributes", {"TopicArn": topic}, ("NotFound", "none")),
        ),
        stub(
            "amp",
            ("describe_workspace", {"workspaceId": "ws-1"}, {"workspace": workspace}),
            ("describe_workspace", {"workspaceId": "ws-1"}, ("ResourceNotFoundException", "none")),
        ),
        stub(
            "backup",
            ("describe_region_settings", {}, {"ResourceTypeOptInPreference": taken}),
            ("describe_region_settings", {}, {}),
        ),
    )
    assert (made.left_out(), made.left_out()) == (("Aurora", "S3"), ())
    assert made.snapshot("s") == Snapshot("available", "aurora-postgresql", "17.4")
    assert made.snapshot("s") is None
    assert made.origin("c") == Origin("aurora-postgresql", "17.4", NOW, NOW)
    assert made.origin("c") is None
    assert made.file_system("fs-1") == SharedFileSystem("available", True, ("eu-west-2a",))
    assert made.file_system("fs-1") is None
    assert made.access_point("fsap-1") == AccessPoint("fs-1", 1000, 1000)
    assert made.access_point("fsap-1") is None
    assert [made.versioned("b") for _ in range(3)] == [True, False, None]
    assert made.topic(topic) == Topic({})
    assert made.topic(topic) == Topic({"Statement": []}, "alias/aws/sns")
    assert made.topic(topic) is None
    assert (made.workspace("ws-1"), made.workspace("ws-1")) == ("ACTIVE", None)


def test_records_of_a_hosted_zone(stub: Stub) -> None:
    asked = {
        "HostedZoneId": "Z1",
        "StartRecordName": "a.example.com",
        "StartRecordType": "A",
        "MaxItems": "1",
    }

    def answer(name: str, kind: str) -> dict[str, Any]:
        sets = [{"Name": name, "Type": kind}]
        return {"ResourceRecordSets": sets, "IsTruncated": False, "MaxItems": "1"}

    made = AwsDomains(
        stub("acm"),
        stub("acm-pca"),
        stub(
            "route53",
            ("list_resource_record_sets", asked, answer("a.example.com.", "A")),
            ("list_resource_record_sets", asked, answer("a.example.com.", "AAAA")),
            ("list_resource_record_sets", asked, answer("b.example.com.", "A")),
            ("list_resource_record_sets", asked, ("NoSuchHostedZone", "none")),
        ),
    )
    assert made.record("Z1", "a.example.com", "A")
    for _ in range(3):
        assert not made.record("Z1", "a.example.com", "A")
