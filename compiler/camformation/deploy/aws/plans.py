"""AWS Free Tier over boto3: the plan of an account."""

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused

REGION = "us-east-1"
"""The only region that answers, for all (AWS General Reference, AWS Billing endpoints)."""


class AwsPlans:
    """Implements `Plans`."""

    def __init__(self, free_tier: Client) -> None:
        self._free_tier = free_tier

    def plan(self) -> str | None:
        """See `Plans`."""
        try:
            answer = self._free_tier.call("get_account_plan_state")
        except Refused as error:
            if is_missing(error):
                return None
            raise
        return str(answer["accountPlanType"])
