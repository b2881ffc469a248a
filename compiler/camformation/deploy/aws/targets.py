"""Elastic Load Balancing's target groups over boto3."""

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.services import TargetState

PROTECTION = "deletion_protection.enabled"


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

    def deletion_protection(self, balancer: str) -> bool | None:
        """See `Targets`."""
        try:
            answer = self._elb.call("describe_load_balancer_attributes", LoadBalancerArn=balancer)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return any(
            each.get("Key") == PROTECTION and each.get("Value") == "true"
            for each in answer["Attributes"]
        )

    def set_deletion_protection(self, balancer: str, enabled: bool) -> None:
        """See `Targets`."""
        self._elb.call(
            "modify_load_balancer_attributes",
            LoadBalancerArn=balancer,
            Attributes=[{"Key": PROTECTION, "Value": "true" if enabled else "false"}],
        )
