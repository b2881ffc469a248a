"""EC2: the contents of a VPC."""

from typing import Any

from camformation.deploy.aws.client import Client
from camformation.deploy.cloud.services import Interface, SecurityGroup, VpcEndpoint

GONE = ("deleting", "deleted")


class AwsNetworks:
    """Implements `Networks`."""

    def __init__(self, ec2: Client) -> None:
        self._ec2 = ec2

    def endpoints(self, vpc: str) -> tuple[VpcEndpoint, ...]:
        """See `Networks`."""
        return tuple(
            VpcEndpoint(
                found["VpcEndpointId"],
                found.get("ServiceName", ""),
                tuple(group["GroupId"] for group in found.get("Groups", ())),
            )
            for found in self._ec2.items("describe_vpc_endpoints", "VpcEndpoints", **_within(vpc))
            if str(found.get("State", "")).lower() not in GONE
        )

    def interfaces(self, vpc: str) -> tuple[Interface, ...]:
        """See `Networks`."""
        return tuple(
            Interface(
                found["NetworkInterfaceId"],
                found.get("Description", ""),
                found.get("InterfaceType", "interface"),
                tuple(group["GroupId"] for group in found.get("Groups", ())),
            )
            for found in self._ec2.items(
                "describe_network_interfaces", "NetworkInterfaces", **_within(vpc)
            )
        )

    def security_groups(self, vpc: str) -> tuple[SecurityGroup, ...]:
        """See `Networks`."""
        return tuple(
            SecurityGroup(found["GroupId"], found.get("GroupName", ""))
            for found in self._ec2.items(
                "describe_security_groups", "SecurityGroups", **_within(vpc)
            )
        )


def _within(vpc: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
