"""The actions that camformation itself calls, by command: the table in docs/deploying.md."""

from collections.abc import Mapping

STACK_READS = (
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackResources",
)
EVIDENCE = (
    "cloudtrail:LookupEvents",
    "ecs:DescribeServices",
    "ecs:DescribeTasks",
    "ecs:ListTasks",
    "elasticloadbalancing:DescribeTargetHealth",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
)
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "plan": (
        *STACK_READS,
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeChangeSet",
        "cloudformation:TagResource",
        "ec2:DescribeAvailabilityZones",
        "ecs:DescribeServices",
        "rds:DescribeDBClusters",
    ),
    "deploy": (
        *EVIDENCE,
        "cloudformation:CancelUpdateStack",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:GetStackPolicy",
        "cloudformation:SetStackPolicy",
        "cloudformation:UpdateTerminationProtection",
    ),
    "watch": (*STACK_READS, *EVIDENCE, "cloudformation:CancelUpdateStack"),
    "diagnose": (*STACK_READS, *EVIDENCE),
    "drift": (
        "cloudformation:DescribeStackDriftDetectionStatus",
        "cloudformation:DescribeStackResourceDrifts",
        "cloudformation:DetectStackDrift",
        "cloudformation:DetectStackResourceDrift",
    ),
    "destroy": (
        *STACK_READS,
        *EVIDENCE,
        "cloudformation:DeleteStack",
        "cloudformation:UpdateTerminationProtection",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcEndpoints",
        "ecs:UpdateService",
        "rds:CreateDBClusterSnapshot",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBClusters",
        "rds:ModifyDBCluster",
    ),
}
"""Of all commands but `bootstrap`, which an administrator runs once, and `password`, which shows a
secret."""

EMPTYING = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
)
"""Actions of `destroy` on buckets that the spec deletes."""

ARTIFACTS = ("s3:GetObject", "s3:PutObject")  # and s3:ListBucket, on the bucket itself
