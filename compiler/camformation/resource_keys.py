"""Advice for arguments of resources in Terraform and CloudFormation that have no field here.

Keys are compared by their letters alone. Sources: Terraform docs, aws_rds_cluster, aws_ecs_service,
aws_s3_bucket, aws_backup_plan, aws_cloudwatch_metric_alarm; terraform-aws-modules/vpc; AWS
CloudFormation Template Reference.
"""

from collections.abc import Mapping

PATCH = "there is no field for it: use a patch"
_ENCRYPTED = "everything is encrypted; kms_key_arn names your own key"
_NAT = "set network.nat_gateways to none, single or per_zone"
_TASKS = "it follows from the number of tasks; for another, use a patch"

ARGUMENTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("minimumhealthypercent", "maximumpercent", "deploymentconfiguration"),
            *("deploymentminimumhealthypercent", "deploymentmaximumpercent"),
        ),
        _TASKS,
    ),
    **dict.fromkeys(
        ("operatingsystem", "operatingsystemfamily", "runtimeplatform", "osfamily"),
        "tasks run Linux, on the `architecture` that you choose: remove it",
    ),
    **dict.fromkeys(
        ("availabilityzonename", "onezone"), "the file system is in every zone: remove it"
    ),
    **dict.fromkeys(
        ("backuppolicy", "automaticbackups", "efsbackup"),
        "see `aws_backup`, whose resources may include the file_system",
    ),
    **dict.fromkeys(
        ("coldstorageafter", "coldstorageafterdays", "movetocoldstorageafterdays"),
        "AWS Backup moves no databases of Aurora and no buckets to cold storage: remove it",
    ),
    **dict.fromkeys(("deleteafter", "deleteafterdays"), "set retention_days"),
    **dict.fromkeys(
        ("vaultname", "targetvaultname"), "the deployment makes its own vault: remove it"
    ),
    **dict.fromkeys(
        (
            *("startwindow", "completionwindow", "enablecontinuousbackup", "storagetype"),
            *("globalclusteridentifier", "loggroupclass", "evaluationperiods", "threshold"),
            *("datapointstoalarm", "eipallocationids", "eips", "reuseeips"),
        ),
        PATCH,
    ),
    **dict.fromkeys(
        ("alarmactions", "okactions", "snstopic", "snstopicarn"), "name the topic in topic_arn"
    ),
    **dict.fromkeys(
        ("allocatedstorage", "maxallocatedstorage", "storagethroughput", "iops"),
        "the storage of Aurora grows by itself: remove it",
    ),
    **dict.fromkeys(
        ("enablednshostnames", "enablednssupport", "createigw", "mappubliciponlaunch"),
        "it is decided already, as the deployment needs it: remove it",
    ),
    **dict.fromkeys(("enablenatgateway", "onenatgatewayperaz", "natinstance"), _NAT),
    "singlenatgateway": _NAT,
    **dict.fromkeys(("enableflowlog", "enableflowlogs"), "set network.flow_logs to {}"),
    **dict.fromkeys(
        ("peering", "vpcpeering", "transitgateway", "transitgatewayid"),
        "bring a VPC that has these routes, in network.existing; or use a patch",
    ),
    **dict.fromkeys(
        ("ssealgorithm", "kmsmasterkeyid", "bucketkeyenabled", "kmsdatakeyreuseperiodseconds"),
        _ENCRYPTED,
    ),
    **dict.fromkeys(("acl", "mfadelete"), "the deployment's buckets have none: remove it"),
    **dict.fromkeys(
        ("subjectalternativenames", "validationmethod"),
        "a requested certificate covers both hostnames, and is validated by DNS: remove it",
    ),
    **dict.fromkeys(
        ("targetvalue", "predefinedmetrictype", "policytype"),
        "set target_cpu_percent, target_memory_percent or both",
    ),
    "loggroupname": "log groups are named after the deployment: remove it",
}
OF_SECTIONS: Mapping[tuple[str, ...], Mapping[str, str]] = {
    ("orchestration",): {
        **dict.fromkeys(
            ("capacityproviderstrategy", "spot", "fargatespot"),
            "brokers do not run on Fargate Spot, which takes tasks away: only connectors have it",
        ),
        **dict.fromkeys(
            ("autoscaling", "scaling", "mintasks", "maxtasks"),
            "brokers hold data, so nothing scales them by itself: only connectors have it",
        ),
    },
    ("connectors",): {
        "ephemeralstoragegib": "connectors keep nothing on disk: only brokers have it",
    },
    ("database",): {
        "autoscaling": "for capacity that follows the load, see `serverless`",
        "proxy": "make the proxy yourself, and name it in database.existing",
    },
    ("storage", "backup"): {"expirationdays": "set `retention`: brokers delete older backups"},
    ("observability", "alarms"): dict.fromkeys(
        ("email", "emails", "subscribers", "subscription", "subscriptions"),
        "subscribe to the topic, whose ARN is the output AlarmTopicArn",
    ),
    ("observability",): {"logdriver": "see `log_router` of orchestration and connectors"},
}
"""Advice for what only another section has, or what means something else in it."""
