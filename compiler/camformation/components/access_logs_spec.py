"""Sections of a spec for access and flow logs, which share one bucket."""

from camformation.frozen import frozen


@frozen
class AccessLogsSpec:
    """`observability.access_logs`: the bucket for logs of load balancers, buckets and flows."""

    expiration_days: int


@frozen
class FlowLogsSpec:
    """`network.flow_logs`: the flow log of the deployment's own VPC."""

    traffic: str  # ALL | ACCEPT | REJECT
    aggregation_seconds: int  # 60 | 600
