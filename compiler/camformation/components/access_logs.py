"""The bucket for access logs of load balancers and buckets and for VPC flow logs, with the policy
that allows AWS services to write them, each below its own prefix.

Sources: Elastic Load Balancing User Guides, Access logs and Connection logs; Amazon VPC User Guide,
Publish flow logs to Amazon S3; Amazon S3 User Guide, Logging requests with server access logging.
"""

from collections.abc import Iterable

from awacs.aws import (
    Action,
    Allow,
    ArnLike,
    Condition,
    ConditionElement,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import AccountId, AWSHelperFn, GetAtt, Ref, Sub, Tags, ec2, s3

from camformation.components.access_logs_spec import AccessLogsSpec, FlowLogsSpec
from camformation.components.buckets import add_bucket
from camformation.components.policies import arn
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value

SECTION = ("observability", "access_logs")
ALB, ALB_CONNECTIONS, NLB, FLOWS, BUCKETS = "alb", "alb-connections", "nlb", "vpc-flows", "buckets"
RECOVERY_DAYS = 7  # how long a log that was deleted or overwritten can be brought back
# Services with one name in all partitions.
LOAD_BALANCING = "logdelivery.elasticloadbalancing.amazonaws.com"
DELIVERY = "delivery.logs.amazonaws.com"
SERVER_LOGGING = "logging.s3.amazonaws.com"


@frozen
class AccessLogs:
    """Exports of the bucket."""

    bucket_name: Value
    writable: Ready  # after its policy, which allows the services

    def of_load_balancer(self, kind: str, prefix: str) -> dict[str, str | Value]:
        """Return the attributes of a load balancer that writes access logs below a prefix."""
        return {
            f"{kind}.s3.enabled": "true",
            f"{kind}.s3.bucket": self.bucket_name,
            f"{kind}.s3.prefix": prefix,
        }

    def of_bucket(self, name: str) -> s3.LoggingConfiguration:
        """Return the logging configuration of another bucket."""
        return s3.LoggingConfiguration(
            DestinationBucketName=self.bucket_name, LogFilePrefix=f"{BUCKETS}/{name}/"
        )


def build_access_logs(
    unit: Unit, spec: AccessLogsSpec, flow_logs: FlowLogsSpec | None, vpc_id: Value
) -> AccessLogs:
    """Create the bucket, and the flow log of the VPC.

    S3's own key encrypts the bucket: load balancers do not support other keys.
    """
    name = "AccessLogsBucket"
    bucket = add_bucket(
        unit,
        name,
        None,
        "always retain",
        SECTION,
        RECOVERY_DAYS,
        statements=_writers(name),
        LifecycleConfiguration=_lifecycle(spec.expiration_days),
    )
    policy = unit.resources[f"{name}Policy"]
    if flow_logs:
        unit.add(
            ec2.FlowLog(
                "VpcFlowLog",
                ResourceId=vpc_id,
                ResourceType="VPC",
                TrafficType=flow_logs.traffic,
                MaxAggregationInterval=flow_logs.aggregation_seconds,
                LogDestinationType="s3",
                LogDestination=Sub("${Bucket}/" + FLOWS + "/", Bucket=GetAtt(bucket, "Arn")),
                Tags=Tags(Name=f"{unit.deployment}-flows"),
                DependsOn=policy,
            ),
            section=("network", "flow_logs"),
        )
    return AccessLogs(
        bucket_name=unit.export("AccessLogsBucketName", Ref(bucket)), writable=unit.ready(policy)
    )


def _writers(bucket: str) -> list[Statement]:
    """Allow services to write logs of this account, and nothing else."""
    source = {"aws:SourceAccount": AccountId}
    account = StringEquals(source)
    owned = StringEquals({**source, "s3:x-amz-acl": "bucket-owner-full-control"})
    balancers = ArnLike({"aws:SourceArn": arn("elasticloadbalancing", "loadbalancer/*")})
    deliveries = ArnLike({"aws:SourceArn": arn("logs", "*")})
    below = "AWSLogs/${AWS::AccountId}/*"
    return [
        _allow(
            "WriteLoadBalancerLogs",
            LOAD_BALANCING,
            ["PutObject"],
            [_objects(bucket, f"{each}/{below}") for each in (ALB, ALB_CONNECTIONS)],
            [balancers],
        ),
        _allow(
            "AWSLogDeliveryWrite",
            DELIVERY,
            ["PutObject"],
            [_objects(bucket, f"{each}/{below}") for each in (NLB, FLOWS)],
            [owned, deliveries],
        ),
        _allow(
            "AWSLogDeliveryAclCheck",
            DELIVERY,
            ["GetBucketAcl", "ListBucket"],
            [GetAtt(bucket, "Arn")],
            [account, deliveries],
        ),
        _allow(
            "WriteBucketLogs",
            SERVER_LOGGING,
            ["PutObject"],
            [_objects(bucket, f"{BUCKETS}/*")],
            [account],
        ),
    ]


def _allow(
    sid: str,
    service: str,
    actions: Iterable[str],
    resources: list[AWSHelperFn],
    conditions: list[ConditionElement],
) -> Statement:
    return Statement(
        Sid=sid,
        Effect=Allow,
        Principal=Principal("Service", service),
        Action=[Action("s3", each) for each in actions],
        Resource=resources,
        Condition=Condition(conditions),
    )


def _objects(bucket: str, path: str) -> Sub:
    return Sub(f"${{{bucket}.Arn}}/{path}")


def _lifecycle(expiration_days: int) -> s3.LifecycleConfiguration:
    return s3.LifecycleConfiguration(
        Rules=[
            s3.LifecycleRule(
                Id="ExpireLogs",
                Status="Enabled",
                ExpirationInDays=expiration_days,
                NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(
                    NoncurrentDays=RECOVERY_DAYS
                ),
                AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
                    DaysAfterInitiation=7
                ),
            )
        ]
    )
