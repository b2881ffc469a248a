"""Service Quotas, and counts of their use, over boto3."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.account import Quota
from camformation.deploy.cloud.errors import Refused

AMAZON = "amazon"  # the pool of Amazon's addresses; the quota is for these
USING = ("pending", "available")  # states of NAT gateways that count
PRESENT = [{"Name": "vpc-endpoint-state", "Values": ["available", "pending", "pendingAcceptance"]}]
SINCE = timedelta(hours=1)  # metrics of use have a point every five minutes, and come late


class AwsQuotas:
    """Implements `Quotas`."""

    def __init__(
        self,
        quotas: Client,
        cloudwatch: Client,
        ec2: Client,
        elb: Client,
        efs: Client,
        rds: Client,
        iam: Client,
        logs: Client,
    ) -> None:
        self._quotas = quotas
        self._cloudwatch = cloudwatch
        self._ec2 = ec2
        self._elb = elb
        self._efs = efs
        self._rds = rds
        self._iam = iam
        self._logs = logs

    def quota(self, service: str, code: str) -> Quota | None:
        """See `Quotas`."""
        for operation in ("get_service_quota", "get_aws_default_service_quota"):
            try:
                answer = self._quotas.call(operation, ServiceCode=service, QuotaCode=code)
            except Refused as error:
                if not _is_unknown(error):
                    raise
            else:
                found = answer["Quota"]
                return Quota(float(found["Value"]), found.get("UsageMetric") or None)
        return None

    def used(self, metric: Mapping[str, Any]) -> float | None:
        """See `Quotas`."""
        now = datetime.now(UTC)
        statistic = metric.get("MetricStatisticRecommendation") or "Maximum"
        answer = self._cloudwatch.call(
            "get_metric_statistics",
            Namespace=metric["MetricNamespace"],
            MetricName=metric["MetricName"],
            Dimensions=[
                {"Name": name, "Value": value}
                for name, value in metric.get("MetricDimensions", {}).items()
            ],
            StartTime=now - SINCE,
            EndTime=now,
            Period=300,
            Statistics=[statistic],
        )
        points = sorted(answer.get("Datapoints", ()), key=lambda point: point["Timestamp"])
        return float(points[-1][statistic]) if points else None

    def addresses(self) -> int:
        """See `Quotas`."""
        found = self._ec2.call("describe_addresses")["Addresses"]
        return sum(each.get("PublicIpv4Pool", AMAZON) == AMAZON for each in found)

    def nat_gateways(self) -> Mapping[str, int]:
        """See `Quotas`."""
        found = [
            gateway["SubnetId"]
            for gateway in self._ec2.items(
                "describe_nat_gateways",
                "NatGateways",
                Filter=[{"Name": "state", "Values": list(USING)}],
            )
            if gateway.get("SubnetId")
        ]
        if not found:
            return {}
        subnets = self._ec2.items(
            "describe_subnets",
            "Subnets",
            Filters=[{"Name": "subnet-id", "Values": sorted(set(found))}],
        )
        zones = {each["SubnetId"]: each["AvailabilityZone"] for each in subnets}
        return Counter(zones[subnet] for subnet in found if subnet in zones)

    def endpoints(self) -> tuple[tuple[str, str], ...]:
        """See `Quotas`."""
        found = self._ec2.items("describe_vpc_endpoints", "VpcEndpoints", Filters=PRESENT)
        return tuple((str(each["VpcEndpointType"]), str(each.get("VpcId", ""))) for each in found)

    def load_balancers(self) -> Mapping[str, int]:
        """See `Quotas`."""
        found = self._elb.items("describe_load_balancers", "LoadBalancers")
        return Counter(str(each.get("Type", "")) for each in found)

    def file_systems(self) -> int:
        """See `Quotas`."""
        return sum(1 for _ in self._efs.items("describe_file_systems", "FileSystems"))

    def databases(self) -> Mapping[str, tuple[float, float]]:
        """See `Quotas`."""
        found = self._rds.call("describe_account_attributes").get("AccountQuotas", ())
        return {
            str(each["AccountQuotaName"]): (float(each["Used"]), float(each["Max"]))
            for each in found
        }

    def roles(self) -> tuple[float, float]:
        """See `Quotas`."""
        found = self._iam.call("get_account_summary")["SummaryMap"]
        return float(found["Roles"]), float(found["RolesQuota"])

    def log_policies(self) -> tuple[str, ...]:
        """See `Quotas`."""
        found = self._logs.items("describe_resource_policies", "resourcePolicies")
        return tuple(str(each["policyName"]) for each in found)


def _is_unknown(error: Refused) -> bool:
    return is_missing(error) or error.aws_code == "NoSuchResourceException"
