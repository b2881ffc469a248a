"""Access logs of load balancers and buckets and VPC flow logs, and the bucket that holds them."""

from typing import Any

import pytest

from camformation.layout import Layout
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

CERTIFICATE = "arn:aws:acm:eu-west-2:123456789012:certificate/1234"
TLS = {"tls": {"hostname": "camunda.example.com", "certificate_arn": CERTIFICATE}}
ON: dict[str, Any] = {"observability": {"access_logs": {}}}
EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
    "public_subnet_ids": ["subnet-0a1b2c3d4e5f60003", "subnet-0a1b2c3d4e5f60004"],
}


def attributes(resource: dict[str, Any]) -> dict[str, Any]:
    return {each["Key"]: each["Value"] for each in resource["Properties"]["LoadBalancerAttributes"]}


def test_nothing_is_logged_unless_the_spec_says_so() -> None:
    found = resources(access=TLS)
    assert "AccessLogsBucket" not in found and "VpcFlowLog" not in found
    assert logging(found["WebLoadBalancer"]) == {
        "access_logs.s3.enabled": "false",  # what is left out stays as it was
        "connection_logs.s3.enabled": "false",
    }


def logging(load_balancer: Any) -> dict[str, Any]:
    """Return what the attributes of a load balancer say of logs."""
    return {name: value for name, value in attributes(load_balancer).items() if "logs" in name}


def test_load_balancers_write_below_prefixes_of_their_own() -> None:
    found = resources(access=TLS, **ON)
    bucket = {"Ref": "AccessLogsBucket"}
    web = attributes(found["WebLoadBalancer"])
    for kind, prefix in (("access_logs", "alb"), ("connection_logs", "alb-connections")):
        assert web[f"{kind}.s3.enabled"] == "true"
        assert web[f"{kind}.s3.bucket"] == bucket
        assert web[f"{kind}.s3.prefix"] == prefix
    assert attributes(found["GrpcLoadBalancer"])["access_logs.s3.prefix"] == "nlb"
    for name in ("WebLoadBalancer", "GrpcLoadBalancer"):  # it writes a file when logs are set
        assert "AccessLogsBucketPolicy" in found[name]["DependsOn"]


def test_a_network_load_balancer_without_tls_writes_no_access_logs() -> None:
    grpc = resources(**ON)["GrpcLoadBalancer"]
    assert logging(grpc) == {"access_logs.s3.enabled": "false"}


def test_every_other_bucket_is_logged() -> None:
    found = resources(storage={"documents": {"enabled": True}}, **ON)
    logged = {
        title: resource["Properties"].get("LoggingConfiguration")
        for title, resource in found.items()
        if resource["Type"] == "AWS::S3::Bucket"
    }
    assert logged.pop("AccessLogsBucket") is None  # its own log would log itself
    assert len(logged) == 3
    for logging in logged.values():
        assert logging["DestinationBucketName"] == {"Ref": "AccessLogsBucket"}
        assert logging["LogFilePrefix"].startswith("buckets/")
    assert len({logging["LogFilePrefix"] for logging in logged.values()}) == 3


def test_the_bucket_admits_aws_services_alone_for_this_account() -> None:
    found = resources(network={"flow_logs": {}}, **ON)
    first, *writers = found["AccessLogsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert first["Sid"] == "OnlyTls" and first["Effect"] == "Deny"
    written: dict[str, set[str]] = {}
    for each in writers:
        assert each["Effect"] == "Allow" and each["Condition"]
        services, conditions = each["Principal"]["Service"], str(each["Condition"])
        assert "AWS::AccountId" in conditions
        if services == "delivery.logs.amazonaws.com":
            equal = each["Condition"]["StringEquals"]
            assert equal["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
            owner = equal.get("s3:x-amz-acl") == "bucket-owner-full-control"
            assert owner is (each["Action"] == ["s3:PutObject"])
        if each["Action"] == ["s3:PutObject"]:
            written[services] = {
                resource["Fn::Sub"].partition("/")[2] for resource in each["Resource"]
            }
    assert written == {
        "logdelivery.elasticloadbalancing.amazonaws.com": {
            "alb/AWSLogs/${AWS::AccountId}/*",
            "alb-connections/AWSLogs/${AWS::AccountId}/*",
        },
        "delivery.logs.amazonaws.com": {
            "nlb/AWSLogs/${AWS::AccountId}/*",
            "vpc-flows/AWSLogs/${AWS::AccountId}/*",
        },
        "logging.s3.amazonaws.com": {"buckets/*"},
    }


def test_the_bucket_is_private_expires_logs_and_stays() -> None:
    bucket = resources(observability={"access_logs": {"expiration_days": 90}})["AccessLogsBucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90
    # Load balancers write to no bucket with a KMS key.
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_the_flow_log_of_an_own_vpc_goes_to_the_bucket() -> None:
    wanted = {"traffic": "REJECT", "aggregation_seconds": 60}
    log = resources(network={"flow_logs": wanted}, **ON)["VpcFlowLog"]
    assert log["DependsOn"] == "AccessLogsBucketPolicy"
    properties = log["Properties"]
    assert properties["ResourceId"] == {"Ref": "Vpc"}
    assert (properties["TrafficType"], properties["MaxAggregationInterval"]) == ("REJECT", 60)
    assert properties["LogDestinationType"] == "s3"
    assert "VpcFlowLog" not in resources(network={"flow_logs": {}, "existing": EXISTING}, **ON)


@pytest.mark.parametrize("network", [{}, {"flow_logs": None}, {"existing": EXISTING}])
def test_flow_logs_that_are_off_need_no_bucket(network: dict[str, Any]) -> None:
    flows: dict[str, Any] = {"flow_logs": {}} if "existing" in network else {}
    found = findings(deployment(network={**network, **flows}))
    assert not [each for each in found if each.code == "CAM226"]


def test_in_nested_stacks_the_bucket_comes_before_what_writes_to_it() -> None:
    found = templates(Layout.NESTED, access=TLS, network={"flow_logs": {}}, **ON)
    assert {"AccessLogsBucket", "VpcFlowLog"} <= found["access_logs"]["Resources"].keys()
    for stack in ("Storage", "LoadBalancers"):
        parameters = found["root"]["Resources"][stack]["Properties"]["Parameters"]
        assert {"Fn::GetAtt": ["AccessLogs", "Outputs.AccessLogsBucketName"]} in (
            parameters.values()
        )
