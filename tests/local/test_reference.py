"""The reference deployment itself, compiled and deployed, in both layouts."""

from pathlib import Path
from typing import Any

import pytest

from camformation.fleet.export import export
from camformation.fleet.protection import OFF, ON, PROTECTION
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from local.cloud import ACCOUNT, REGION, Cloud

REFERENCE = Path(__file__).parents[2] / "spec" / "reference.yaml"
PRODUCTION = REFERENCE.with_name("production.yaml")
STACK = "camunda"


def compiled(cloud: Cloud, layout: Layout, *settings: str) -> Any:
    """The root template of the reference, its children uploaded."""

    def read(file: str) -> bytes:
        return Path(file).read_bytes()

    return uploaded(cloud, compile_spec(str(REFERENCE), read, layout, settings))


def uploaded(cloud: Cloud, compiled: Compiled) -> Any:
    """The root template of what was compiled, its children uploaded."""
    templates = dict(compiled.templates)
    root = templates.pop("root")
    for resource in root["Resources"].values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            properties = resource["Properties"]
            name = properties["TemplateURL"].removesuffix(".template.json")
            properties["TemplateURL"] = cloud.upload(name, templates[name])
    return root


@pytest.mark.parametrize("layout", list(Layout))
def test_the_reference_is_deployed_updated_and_deleted(cloud: Cloud, layout: Layout) -> None:
    assert cloud.deploy(STACK, compiled(cloud, layout)) == "CREATE_COMPLETE"
    outputs = cloud.outputs(STACK)
    assert outputs["EcsClusterName"] == "camunda-cluster"
    assert outputs["GrpcAddress"].endswith(":26500")
    ecs = cloud.client("ecs")
    services = ecs.list_services(cluster="camunda-cluster")["serviceArns"]
    found = ecs.describe_services(cluster="camunda-cluster", services=services)["services"]
    assert sorted(service["runningCount"] for service in found) == [1, 3]

    again = cloud.review(STACK, compiled(cloud, layout), "UPDATE")
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")

    changed = compiled(cloud, layout, "connectors.cpu=1024")
    assert cloud.deploy(STACK, changed) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK) == outputs

    broken = compiled(cloud, layout, "orchestration.image=camunda/fail:8.10.9")
    assert cloud.deploy(STACK, broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.outputs(STACK) == outputs

    assert cloud.delete(STACK) == "DELETE_COMPLETE"
    buckets = {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}
    assert {outputs["NodeIdBucketName"], outputs["BackupBucketName"]} <= buckets
    assert len(cloud.client("efs").describe_file_systems()["FileSystems"]) == 1
    assert len(cloud.client("rds").describe_db_cluster_snapshots()["DBClusterSnapshots"]) == 1


def protected(cloud: Cloud) -> bool:
    (cluster,) = cloud.client("rds").describe_db_clusters()["DBClusters"]
    return bool(cluster["DeletionProtection"])


def test_what_stack_sets_are_given_works_as_a_plain_stack(cloud: Cloud) -> None:
    """With another target's values, in its own account and region."""
    one = compile_spec(str(PRODUCTION), lambda file: Path(file).read_bytes(), Layout.FLAT)
    exported = export(one)
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
    values = {
        "VpcCidr": "10.77.0.0/16",
        "Hostname": "other.example.com",
        "CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{'0' * 8}",
        "LicenseSecretArn": f"{arn}:license-a1B2c3",
        "SlackSecretArn": f"{arn}:slack-a1B2c3:token::",
        PROTECTION: OFF,
    }
    assert values.keys() == exported.definitions.keys()
    assert cloud.deploy(STACK, exported.template, values) == "CREATE_COMPLETE"
    assert cloud.outputs(STACK)["Url"] == "https://other.example.com"
    subnets = cloud.client("ec2").describe_subnets()["Subnets"]
    blocks = {each["CidrBlock"] for each in subnets if each["CidrBlock"].startswith("10.77.")}
    assert blocks == {f"10.77.{32 * index}.0/19" for index in range(6)}
    assert not protected(cloud)
    values[PROTECTION] = ON
    assert cloud.deploy(STACK, exported.template, values) == "UPDATE_COMPLETE"
    assert protected(cloud)

    again = cloud.review(STACK, exported.template, "UPDATE", **values)
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")
    values["Hostname"] = "third.example.com"
    assert cloud.deploy(STACK, exported.template, values) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK)["Url"] == "https://third.example.com"


@pytest.mark.parametrize("layout", list(Layout))
def test_a_parameter_that_only_an_output_takes_is_a_change(cloud: Cloud, layout: Layout) -> None:
    """Also where the output is a nested stack's, and the root's template stays as it is."""
    certificate = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{'0' * 8}"
    tls = f"access.tls={{hostname: one.example.com, certificate_arn: '{certificate}'}}"
    root = compiled(cloud, layout, tls, "parameters.Hostname=access.tls.hostname")
    for hostname in ("one.example.com", "other.example.com"):
        assert cloud.deploy(STACK, root, {"Hostname": hostname}).endswith("_COMPLETE")
        assert cloud.outputs(STACK)["Url"] == f"https://{hostname}"


@pytest.mark.parametrize("layout", list(Layout))
def test_addresses_come_and_go(cloud: Cloud, layout: Layout) -> None:
    """IPv6, context paths and a private zone; then without HTTP, then without load balancers."""
    certificate = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{'0' * 8}"
    zone = (
        cloud.client("route53")
        .create_hosted_zone(
            Name="example.com",
            CallerReference=STACK,
            VPC={"VPCRegion": REGION, "VPCId": "vpc-00000000"},
        )["HostedZone"]["Id"]
        .removeprefix("/hostedzone/")
    )
    tls = f"hostname: one.example.com, certificate_arn: '{certificate}'"
    everything = [
        "network.ipv6=true",
        "access.ip_address_type=dualstack",
        "access.allowed_cidrs=[0.0.0.0/0, '::/0']",
        "access.scheme=internal",
        "access.management_port=vpc",
        f"access.tls={{{tls}, private_hosted_zone_id: {zone}}}",
        "orchestration.context_path=/camunda",
        "connectors.context_path=/camunda/connectors",
    ]
    assert cloud.deploy(STACK, compiled(cloud, layout, *everything)) == "CREATE_COMPLETE"
    outputs = cloud.outputs(STACK)
    assert outputs["Url"] == "https://one.example.com/camunda"
    again = cloud.review(STACK, compiled(cloud, layout, *everything), "UPDATE")
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")

    grpc = compiled(cloud, layout, "access.scheme=internal", "access.http=false")
    assert cloud.deploy(STACK, grpc) == "UPDATE_COMPLETE"
    left = {"NlbEndpoint", "GrpcAddress"}
    assert cloud.outputs(STACK).keys() == outputs.keys() - {"Url", "AlbEndpoint"}
    none = compiled(cloud, layout, "access.http=false", "access.grpc=false")
    assert cloud.deploy(STACK, none) == "UPDATE_COMPLETE"
    assert not left & cloud.outputs(STACK).keys()
    assert not cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert cloud.deploy(STACK, compiled(cloud, layout)) == "UPDATE_COMPLETE"
    assert cloud.outputs(STACK).keys() == outputs.keys()
