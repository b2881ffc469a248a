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
        "application-autoscaling:DescribeScalableTargets",
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
    "preflight": (
        *STACK_READS,
        "acm:DescribeCertificate",
        "cloudwatch:GetMetricStatistics",
        "ec2:DescribeAddresses",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeManagedPrefixLists",
        "ec2:DescribeNatGateways",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcPeeringConnections",
        "ec2:DescribeVpcs",
        "ecr:BatchGetImage",
        "ecs:DescribeClusters",
        "elasticfilesystem:DescribeFileSystems",
        "elasticloadbalancing:DescribeLoadBalancers",
        "iam:GetRole",
        "iam:SimulatePrincipalPolicy",
        "kms:DescribeKey",
        "logs:DescribeLogGroups",
        "rds:DescribeDBEngineVersions",
        "rds:DescribeOrderableDBInstanceOptions",
        "route53:GetHostedZone",
        "secretsmanager:DescribeSecret",
        "servicediscovery:ListNamespaces",
        "servicequotas:GetAWSDefaultServiceQuota",
        "servicequotas:GetServiceQuota",
        "ssm:DescribeParameters",
    ),
    "recover": (
        *STACK_READS,
        *EVIDENCE,
        "cloudformation:CancelUpdateStack",
        "cloudformation:ContinueUpdateRollback",
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeChangeSet",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:RollbackStack",
        "ecs:StopServiceDeployment",
        "ecs:UpdateService",
    ),
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
secret. The checks that read a secret's keys are skipped without secretsmanager:GetSecretValue."""

ANYWHERE = (
    "acm:DescribeCertificate",
    "ec2:DescribeVpcAttribute",
    "ecr:BatchGetImage",
    "elasticfilesystem:DescribeFileSystems",
    "iam:GetRole",
    "iam:SimulatePrincipalPolicy",
    "kms:DescribeKey",
    "rds:DescribeDBEngineVersions",
    "route53:GetHostedZone",
    "secretsmanager:DescribeSecret",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
)
"""Actions that read what the deployment did not make: the spec's references, the account."""

EMPTYING = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
)
"""Actions of `destroy` on buckets that the spec deletes."""

ARTIFACTS = ("s3:GetObject", "s3:PutObject")  # and s3:ListBucket, on the bucket itself
