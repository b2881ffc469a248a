"""The IAM actions that CloudFormation calls for a type of resource.

They are those of the handlers in the provider schemas. The schemas name more than a deployment
needs: actions for properties that no resource sets, and a few that IAM does not have. They name
less than it needs if a service checks more than the handler calls.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.provider_schemas import handlers_of, iam_services

ONLY_FOR: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "AWS::Backup::BackupVault": {
        "AccessPolicy": ("backup:DeleteBackupVaultAccess", "backup:PutBackupVaultAccess"),
        "Notifications": ("backup:DeleteBackupVaultNotif", "backup:PutBackupVaultNotif"),
    },
    "AWS::EC2::EIP": {"TransferAddress": ("ec2:AcceptAddressTransfer",)},
    "AWS::EC2::FlowLog": {"DeliverLogsPermissionArn": ("iam:PassRole",)},
    "AWS::EC2::VPC": {"VpcEncryptionControl": ("ec2:CreateVpcEncryptionControl",)},
    "AWS::EC2::VPCCidrBlock": {"Ipv4IpamPoolId": ("ec2:AllocateIpamPoolCidr",)},
    "AWS::EC2::VPCEndpoint": {
        "ServiceNetworkArn": ("vpc-lattice:",),
        "ServiceRegion": ("vpce:AllowMultiRegion",),
    },
    "AWS::EC2::VPCGatewayAttachment": {
        "VpnGatewayId": ("ec2:AttachVpnGateway", "ec2:DetachVpnGateway")
    },
    "AWS::EFS::FileSystem": {
        "ReplicationConfiguration": (
            "elasticfilesystem:CreateReplicationConfiguration",
            "elasticfilesystem:DeleteReplicationConfiguration",
            "iam:PassRole",
        ),
    },
    "AWS::ElasticLoadBalancingV2::Listener": {"AuthenticateCognitoConfig": ("cognito-idp:",)},
    "AWS::ElasticLoadBalancingV2::ListenerRule": {"AuthenticateCognitoConfig": ("cognito-idp:",)},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
        "Ipv4IpamPoolId": ("ec2:DescribeIpamPools", "elasticloadbalancing:ModifyIpPools"),
        "MinimumLoadBalancerCapacity": ("elasticloadbalancing:ModifyCapacityReservation",),
    },
    "AWS::CertificateManager::Certificate": {"CertificateAuthorityArn": ("acm-pca:",)},
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "RoleARN": ("iam:PassRole",),
        "ScheduledActions": (
            "application-autoscaling:DeleteScheduledAction",
            "application-autoscaling:PutScheduledAction",
        ),
        "lambda:function:ProvisionedConcurrency": ("lambda:",),  # a dimension, never of ECS
    },
    "AWS::IAM::Policy": {
        "Groups": ("iam:DeleteGroupPolicy", "iam:GetGroupPolicy", "iam:PutGroupPolicy"),
        "Users": ("iam:DeleteUserPolicy", "iam:GetUserPolicy", "iam:PutUserPolicy"),
    },
    "AWS::IAM::Role": {
        "ManagedPolicyArns": ("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        "PermissionsBoundary": (
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
        ),
    },
    "AWS::CloudFormation::Stack": {"RoleARN": ("iam:PassRole",)},
    "AWS::Lambda::Function": {
        "FileSystemConfigs": ("elasticfilesystem:", "s3files:"),
        "S3Bucket": ("s3:",),
        "KmsKeyArn": ("kms:",),
        "Layers": ("lambda:GetLayerVersion",),
        "CodeSigningConfigArn": ("lambda:PutFunctionCodeSign", "lambda:DeleteFunctionCodeSign"),
        "CapacityProviderConfig": (
            "lambda:PassCapacityProvider",
            "lambda:PutFunctionScalingConfig",
        ),
    },
    "AWS::Logs::LogGroup": {
        "DataProtectionPolicy": (
            "logs:PutDataProtectionPolicy",
            "logs:DeleteDataProtectionPolicy",
            "logs:CreateLogDelivery",
            "firehose:",
        ),
        "FieldIndexPolicies": ("logs:PutIndexPolicy", "logs:DeleteIndexPolicy"),
        "ResourcePolicyDocument": ("logs:PutResourcePolicy", "logs:DeleteResourcePolicy"),
        "BearerTokenAuthenticationEnabled": ("logs:PutBearerTokenAuthentication",),
    },
    "AWS::RDS::DBCluster": {
        "AssociatedRoles": ("rds:AddRoleToDBCluster", "rds:RemoveRoleFromDBCluster"),
        "MonitoringRoleArn": ("iam:PassRole",),
        "SnapshotIdentifier": ("rds:RestoreDBClusterFromSnapshot",),
        "SourceDBClusterIdentifier": ("rds:RestoreDBClusterToPointInTime",),
        "GlobalClusterIdentifier": ("rds:RemoveFromGlobalCluster",),
        "EnableHttpEndpoint": ("rds:EnableHttpEndpoint", "rds:DisableHttpEndpoint"),
        "ManageMasterUserPassword": ("secretsmanager:",),
        "DBClusterInstanceClass": (
            "rds:CreateDBInstance",
            "rds:DeleteDBInstance",
            "rds:ModifyDBInstance",
        ),
    },
    "AWS::RDS::DBInstance": {
        "AssociatedRoles": ("rds:AddRoleToDBInstance", "rds:RemoveRoleFromDBInstance"),
        "MonitoringRoleArn": ("iam:PassRole",),
        "ManageMasterUserPassword": ("secretsmanager:",),
        "DBSnapshotIdentifier": ("rds:RestoreDBInstanceFromDBSnapshot",),
        "SourceDBInstanceIdentifier": (
            "rds:CreateDBInstanceReadReplica",
            "rds:PromoteReadReplica",
            "rds:RestoreDBInstanceToPointInTime",
        ),
        "AutomaticBackupReplicationRegion": (
            "rds:StartDBInstanceAutomatedBackupsReplication",
            "rds:StopDBInstanceAutomatedBackupsReplication",
        ),
        "AllocatedStorage": ("rds:CreateDBSnapshot",),  # Aurora's instances have no snapshots
    },
    "AWS::SNS::Topic": {
        "DataProtectionPolicy": ("sns:PutDataProtectionPolicy",),
        "DeliveryStatusLogging": ("iam:GetRole", "iam:PassRole"),
        "Subscription": ("sns:Subscribe", "sns:Unsubscribe"),
    },
    "AWS::S3::Bucket": {
        "AbacStatus": ("s3:PutBucketAbac",),
        "AccelerateConfiguration": ("s3:PutAccelerateConfiguration",),
        "AccessControl": ("s3:PutBucketAcl", "s3:PutObjectAcl"),
        "AnalyticsConfigurations": ("s3:PutAnalyticsConfiguration",),
        "CorsConfiguration": ("s3:PutBucketCORS",),
        "IntelligentTieringConfigurations": ("s3:PutIntelligentTieringConfiguration",),
        "InventoryConfigurations": ("s3:PutInventoryConfiguration",),
        "LoggingConfiguration": ("s3:PutBucketLogging", "s3:DeleteObject"),
        "MetadataConfiguration": (
            "s3tables:",
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:UpdateBucketMetadata",
        ),
        "MetricsConfigurations": ("s3:PutMetricsConfiguration",),
        "NotificationConfiguration": ("s3:PutBucketNotification",),
        "ObjectLockEnabled": ("s3:PutBucketObjectLockConfiguration",),
        "ReplicationConfiguration": ("s3:PutReplicationConfiguration", "iam:PassRole"),
        "WebsiteConfiguration": ("s3:PutBucketWebsite", "s3:DeleteBucketWebsite"),
    },
    "AWS::WAFv2::WebACL": {"MonetizationConfig": ("payments:",)},
    "AWS::ServiceDiscovery::PrivateDnsNamespace": {"SOA": ("route53:ChangeResourceRecordSets",)},
    "AWS::SecretsManager::Secret": {
        "ReplicaRegions": (
            "secretsmanager:ReplicateSecretToRegions",
            "secretsmanager:RemoveRegionsFromReplication",
        ),
    },
}
"""Actions, or their prefixes, that a handler needs only for one property. Actions of the read
handler are always needed, because CloudFormation reads a resource as a whole."""

NEVER: Mapping[str, tuple[str, ...]] = {
    # For other resources that a web ACL can protect, and other destinations of its log.
    "AWS::WAFv2::WebACLAssociation": (
        *("amplify:", "apigateway:", "apprunner:", "appsync:", "bedrock-agentcore:"),
        *("cognito-idp:", "ec2:", "wafv2:GetPermissionPolicy", "wafv2:PutPermissionPolicy"),
    ),
    "AWS::WAFv2::LoggingConfiguration": ("firehose:", "s3:"),
}
"""Actions, or their prefixes, that a handler needs for services outside a deployment, even to read
a resource."""

ALSO: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Lambda invokes the function with the caller's permissions.
    "Custom::": {"": ("lambda:InvokeFunction",)},
    # CloudFormation User Guide, "Nested stacks": child stacks have change sets of their own.
    "AWS::CloudFormation::Stack": {
        "": (
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:TagResource",
        ),
    },
    # EFS API Reference, CreateMountTarget, DeleteMountTarget, ModifyMountTargetSecurityGroups
    "AWS::EFS::MountTarget": {
        "": (
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:ModifyNetworkInterfaceAttribute",
        ),
    },
    # Elastic Load Balancing, "API permissions": the network of a load balancer
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
        "": (
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "iam:CreateServiceLinkedRole",
        ),
    },
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": {
        "": (
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:RemoveListenerCertificates",
        ),
    },
    "AWS::EC2::VPCEndpoint": {"PrivateDnsEnabled": ("route53:AssociateVPCWithHostedZone",)},
    # AWS Cloud Map Developer Guide, "API permissions reference"
    "AWS::ServiceDiscovery::PrivateDnsNamespace": {"": ("route53:DeleteHostedZone",)},
    # RDS User Guide, "Password management with Secrets Manager": of the cluster's creator
    "AWS::RDS::DBCluster": {
        "KmsKeyId": ("kms:CreateGrant", "kms:DescribeKey"),
        "ManageMasterUserPassword": (
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "secretsmanager:DescribeSecret",
        ),
    },
    # Secrets Manager User Guide, "Secret encryption and decryption"
    "AWS::SecretsManager::Secret": {"KmsKeyId": ("kms:Decrypt", "kms:GenerateDataKey")},
    "AWS::Logs::LogGroup": {"KmsKeyId": ("logs:AssociateKmsKey",)},
    "AWS::KMS::Key": {"": ("kms:CancelKeyDeletion",)},
}
"""Actions that a service checks and the schema does not name, by the property that needs them."""


def actions_of(resource_type: str, names: frozenset[str]) -> frozenset[str]:
    """Return the actions for a type whose resources have properties of these names, at any depth.

    Actions that IAM does not have are left out.
    """
    handlers = _handlers(resource_type)
    reads = handlers.get("read", frozenset())
    only = ONLY_FOR.get(resource_type, {})
    unused = tuple(
        beginning for name, actions in only.items() if name not in names for beginning in actions
    )
    used = tuple(beginning for name, those in only.items() if name in names for beginning in those)
    found = {
        action
        for actions in handlers.values()
        for action in actions
        if action in reads or action.startswith(used) or not action.startswith(unused)
    }
    key = "Custom::" if resource_type.startswith(("Custom::", CUSTOM)) else resource_type
    for name, actions in ALSO.get(key, {}).items():
        if not name or name in names:
            found |= set(actions)
    return frozenset(filter(is_known, found))


def is_covered(resource_type: str) -> bool:
    """Return whether the actions for a type are known."""
    custom = resource_type.startswith(("Custom::", CUSTOM))
    return custom or resource_type in ALSO or bool(handlers_of(resource_type))


def reads_of(resource_type: str) -> frozenset[str]:
    """Return the actions for reading a resource, for example for its drift."""
    return frozenset(filter(is_known, _handlers(resource_type).get("read", ())))


def _handlers(resource_type: str) -> Mapping[str, frozenset[str]]:
    handlers, never = handlers_of(resource_type), NEVER.get(resource_type, ())
    if not never:
        return handlers
    return {
        name: frozenset(each for each in actions if not each.startswith(never))
        for name, actions in handlers.items()
    }


def is_known(action: str) -> bool:
    """Return whether IAM has an action; without cfn-lint's data, every action counts."""
    services = iam_services()
    service, _, name = action.partition(":")
    return not services or name.lower() in services.get(service, {}).get("Actions", {})


def takes_resources(action: str) -> bool:
    """Return whether a policy can limit an action to resources."""
    service, _, name = action.partition(":")
    actions = iam_services().get(service, {}).get("Actions", {})
    return bool(actions.get(name.lower(), {}).get("Resources"))


def property_names(value: Any) -> Iterator[str]:
    """Yield the names of a resource's properties, at any depth."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from property_names(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from property_names(each)


CUSTOM = "AWS::CloudFormation::CustomResource"
