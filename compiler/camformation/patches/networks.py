"""Routes, endpoints and rules of security groups in patches that Amazon EC2 refuses.

Source: Amazon EC2 API Reference, CreateRoute, CreateVpcEndpoint, AuthorizeSecurityGroupIngress and
CreateSecurityGroup.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.patches.property_kinds import Misfit, Place
from camformation.shapes import entries, off, on, whole

TARGETS = (
    *("CarrierGatewayId", "CoreNetworkArn", "EgressOnlyInternetGatewayId", "GatewayId"),
    *("InstanceId", "LocalGatewayId", "NatGatewayId", "NetworkInterfaceId", "TransitGatewayId"),
    *("VpcEndpointId", "VpcPeeringConnectionId"),
)
OF_INTERFACES = ("SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled")
DESCRIPTION = r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{0,255}"
"""Signs that EC2 takes in descriptions of security groups and their rules."""


def vpc(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what EC2 refuses of a VPC."""
    if off(p.get("EnableDnsSupport")) and on(p.get("EnableDnsHostnames")):
        message = "a VPC has no DNS hostnames without DNS support"
        hint = "leave both on: tasks mount the file system by its name"
        yield ("EnableDnsSupport",), message, hint


def route(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what EC2 refuses of a route."""
    given = [name for name in TARGETS if name in p]
    if len(given) > 1:
        message = f"a route has one target, not {' and '.join(given)}"
        yield (given[-1],), message, "keep one of them"


def endpoint(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what EC2 refuses of a VPC endpoint."""
    kind = p.get("VpcEndpointType", "Gateway")
    wrong = {"Interface": ("RouteTableIds",), "Gateway": OF_INTERFACES}.get(str(kind), ())
    for name in wrong:
        if p.get(name) and not off(p[name]):
            message = f"an endpoint of type {kind} has no {name}"
            yield (name,), message, "remove it, or change VpcEndpointType"


def group(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what EC2 refuses of a security group, with the rules inside it."""
    yield from _described(p, "GroupDescription")
    name = p.get("GroupName")
    if isinstance(name, str) and name.startswith("sg-"):
        yield ("GroupName",), "the name of a security group cannot begin with sg-", "write another"
    for section in ("SecurityGroupIngress", "SecurityGroupEgress"):
        for index, each in entries(p.get(section)):
            for place, message, hint in group_rule(each):
                yield (section, index, *place), message, hint


def group_rule(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what EC2 refuses of a rule of a security group."""
    yield from _described(p, "Description")
    first, last = whole(p.get("FromPort")), whole(p.get("ToPort"))
    ported = str(p.get("IpProtocol")) in ("tcp", "udp", "6", "17")
    if ported and first is not None and last is not None and first > last:
        message = f"FromPort, {first}, is above ToPort, {last}"
        yield ("FromPort",), message, "write the lower port in FromPort"
    for name, length in (("CidrIp", 32), ("CidrIpv6", 128)):
        text = p.get(name)
        if isinstance(text, str) and text and "/" not in text:
            message = f"{name} is an address without the length of a network"
            yield (name,), message, f"write {text[:60]}/{length}"


def _described(p: Mapping[str, Any], name: str) -> Iterator[Misfit]:
    place: Place = (name,)
    text = p.get(name)
    if not isinstance(text, str) or re.fullmatch(DESCRIPTION, text):
        return
    strange = next((each for each in text if not re.fullmatch(DESCRIPTION, each)), None)
    if strange is None:
        yield place, f"{name} has more than 255 characters", "write a shorter one"
    else:
        message = f"EC2 does not take {strange!r} in {name}"
        yield place, message, "write ASCII letters, digits and ._-:/()#,@[]+=&;{}!$* alone"
