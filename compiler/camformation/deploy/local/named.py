"""Existing resources that a spec names: VPC, subnets, route tables, hosted zones.

The local target trusts their names, and creates them before a stack that names them is deployed.
Whether they exist and fit can only be checked in AWS.
"""

import re
from collections.abc import Iterator
from typing import Any

from camformation.deploy.local.modules import module

_ID = re.compile(r"(vpc|subnet|rtb)-[0-9a-f]{8,17}")
_ZONES = "abc"


def know(template: dict[str, Any], parameters: dict[str, Any], vpcs: list[str]) -> None:
    """Create missing resources that the template and its parameters name.

    `vpcs` are those named by the stacks of this operation so far: a nested stack may name only
    subnets.
    """
    given = {name: value.get("Value") for name, value in parameters.items()}
    texts = list(_texts([template.get("Resources", {}), template.get("Outputs", {}), given]))
    found = dict.fromkeys(text for text in texts if _ID.fullmatch(text))
    vpcs += [each for each in found if each.startswith("vpc-") and each not in vpcs]
    _network([*found], vpcs)
    for zone_id, name in _hosted_zones(template.get("Resources", {}), given):
        _hosted_zone(zone_id, name)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        # A parameter may be a list.
        yield from value.split(",") if _ID.match(value) else (value,)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _network(names: list[str], vpcs: list[str]) -> None:
    ec2 = module("services.ec2")
    kinds = {"vpc": ec2._vpcs, "subnet": ec2._subnets, "rtb": ec2._route_tables}
    unknown = [each for each in names if each not in kinds[each.partition("-")[0]]]
    if not unknown:
        return
    vpc = vpcs[-1] if vpcs else "vpc-00000000"
    for name in dict.fromkeys([vpc, *unknown]):
        if name.startswith("vpc-") and name not in ec2._vpcs:
            _vpc(name)
    for index, name in enumerate(each for each in unknown if each.startswith("subnet-")):
        _subnet(name, vpc, index)
    for name in (each for each in unknown if each.startswith("rtb-")):
        ec2._route_tables[name] = {
            "RouteTableId": name,
            "VpcId": vpc,
            "OwnerId": module("core.responses").get_account_id(),
            "Routes": [],
            "Associations": [],
        }


def _vpc(name: str) -> None:
    """Create the VPC with MiniStack, under the name."""
    provisioners, ec2 = module("services.cloudformation.provisioners"), module("services.ec2")
    made, _ = provisioners._ec2_vpc_create("Named", {"CidrBlock": "10.0.0.0/16"}, "")
    ec2._vpcs[name] = {**ec2._vpcs.pop(made), "VpcId": name}
    for store in (ec2._network_acls, ec2._route_tables, ec2._security_groups):
        for record in store.values():
            if record.get("VpcId") == made:
                record["VpcId"] = name


def _subnet(name: str, vpc: str, index: int) -> None:
    """Create the subnet; zones alternate, as in a spec with one subnet in each."""
    provisioners, ec2 = module("services.cloudformation.provisioners"), module("services.ec2")
    properties = {
        "VpcId": vpc,
        "CidrBlock": f"10.0.{16 * (index % 16)}.0/20",
        "AvailabilityZone": module("core.responses").get_region() + _ZONES[index % len(_ZONES)],
    }
    made, _ = provisioners._ec2_subnet_create("Named", properties, "")
    ec2._subnets[name] = {**ec2._subnets.pop(made), "SubnetId": name}


def _hosted_zones(resources: dict[str, Any], given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The hosted zones that records and certificates name, each with a name in it."""
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Route53::RecordSet":
            named = [(properties.get("HostedZoneId"), properties.get("Name"))]
        elif resource["Type"] == "AWS::CertificateManager::Certificate":
            options = properties.get("DomainValidationOptions") or []
            named = [(each.get("HostedZoneId"), each.get("DomainName")) for each in options]
        else:
            continue
        for zone, name in named:
            zone_id, host = (
                given.get(str(value.get("Ref"))) if isinstance(value, dict) else value
                for value in (zone, name)
            )
            if isinstance(zone_id, str) and isinstance(host, str):
                yield zone_id.removeprefix("/hostedzone/"), host


def _hosted_zone(zone_id: str, host: str) -> None:
    """Create the hosted zone of the host's domain."""
    route53 = module("services.route53")
    with route53._lock:
        if zone_id in route53._zones:
            return
        name = route53._normalise_name(host.partition(".")[2] or host)
        route53._zones[zone_id] = {
            "id": zone_id,
            "name": name,
            "caller_reference": zone_id,
            "comment": "",
            "private": False,
            "vpcs": [],
        }
        route53._records[zone_id] = route53._default_records(name)
