"""What a spec names and others look after: the local target takes it on trust."""

from pathlib import Path

import pytest

from camformation.layout import Layout
from camformation.pipeline import compile_spec
from local.cloud import Cloud
from local.test_reference import uploaded

EXISTING = Path(__file__).parents[2] / "spec" / "existing-vpc.yaml"
ZONE = b"""\
name: camunda
region: eu-west-2
database: {seed: none}
ignore:
  - {rule: CAM121, reason: the seed is tried elsewhere}
access:
  tls:
    hostname: camunda.example.com
    hosted_zone_id: Z0123456789ABCDEFGHIJ
"""


def as_literals(spec: bytes) -> bytes:
    """The spec with nothing left open."""
    return spec.partition(b"\nparameters:")[0]


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("opened", [True, False])
def test_an_existing_vpc_can_be_rehearsed(cloud: Cloud, layout: Layout, opened: bool) -> None:
    spec = EXISTING.read_bytes() if opened else as_literals(EXISTING.read_bytes())
    settings = ["database.seed=none"]
    compiled = compile_spec("camunda.yaml", lambda _: spec, layout, settings)
    assert cloud.deploy("camunda", uploaded(cloud, compiled)) == "CREATE_COMPLETE"
    ec2 = cloud.client("ec2")
    [vpc] = ec2.describe_vpcs(VpcIds=["vpc-0a1b2c3d4e5f60718"])["Vpcs"]
    named = {"Name": "vpc-id", "Values": [vpc["VpcId"]]}
    subnets = ec2.describe_subnets(Filters=[named])["Subnets"]
    assert "subnet-0a1b2c3d4e5f60001" in [subnet["SubnetId"] for subnet in subnets]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 3


@pytest.mark.parametrize("layout", list(Layout))
def test_a_hosted_zone_can_be_rehearsed(cloud: Cloud, layout: Layout) -> None:
    compiled = compile_spec("camunda.yaml", lambda _: ZONE, layout)
    assert cloud.deploy("camunda", uploaded(cloud, compiled)) == "CREATE_COMPLETE"
    route53 = cloud.client("route53")
    zone = route53.get_hosted_zone(Id="Z0123456789ABCDEFGHIJ")["HostedZone"]
    assert zone["Name"] == "example.com."
    records = route53.list_resource_record_sets(HostedZoneId="Z0123456789ABCDEFGHIJ")
    names = [record["Name"] for record in records["ResourceRecordSets"]]
    assert {"camunda.example.com.", "grpc.camunda.example.com."} <= set(names)
    assert cloud.delete("camunda") == "DELETE_COMPLETE"
