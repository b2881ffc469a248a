"""Elastic Load Balancing's target groups over boto3."""

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.services import TargetState


class AwsTargets:
    """Implements `Targets`."""

    def __init__(self, elb: Client) -> None:
        self._elb = elb

    def health(self, group: str) -> tuple[TargetState, ...]:
        """See `Targets`."""
        try:
            answer = self._elb.call("describe_target_health", TargetGroupArn=group)
        except Refused as error:
            if is_missing(error):
                return ()
            raise
        return tuple(
            TargetState(
                id=str(each["Target"]["Id"]),
                port=each["Target"].get("Port"),
                state=each.get("TargetHealth", {}).get("State", ""),
                reason=each.get("TargetHealth", {}).get("Reason", ""),
                description=each.get("TargetHealth", {}).get("Description", ""),
            )
            for each in answer["TargetHealthDescriptions"]
        )
