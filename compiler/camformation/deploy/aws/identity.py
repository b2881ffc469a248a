"""STS and EC2 over boto3."""

from datetime import datetime
from email.utils import parsedate_to_datetime

from camformation.deploy.aws.client import Client
from camformation.deploy.cloud.stacks import Caller, Zone


class AwsIdentity:
    """Implements `Identity`."""

    def __init__(self, sts: Client, ec2: Client) -> None:
        self._sts = sts
        self._ec2 = ec2

    def caller(self) -> Caller:
        """See `Identity`."""
        answer = self._sts.call("get_caller_identity")
        return Caller(answer["Account"], answer["Arn"])

    def time(self) -> datetime | None:
        """See `Identity`."""
        answer = self._sts.call("get_caller_identity")
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        try:
            return parsedate_to_datetime(headers.get("date", ""))
        except (TypeError, ValueError):
            return None

    def zones(self) -> tuple[Zone, ...]:
        """See `Identity`."""
        answer = self._ec2.call("describe_availability_zones", AllAvailabilityZones=False)
        return tuple(
            Zone(
                name=zone["ZoneName"],
                id=zone.get("ZoneId", ""),
                state=zone.get("State", ""),
                kind=zone.get("ZoneType", "availability-zone"),
                opt_in=zone.get("OptInStatus", "opt-in-not-required"),
            )
            for zone in answer["AvailabilityZones"]
        )
