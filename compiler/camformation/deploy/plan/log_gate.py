"""The gate check for logs that RDS starts to export: the log group has to exist first."""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import ALLOW, blocked
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.situation import Situation

CLUSTER = "AWS::RDS::DBCluster"
EXPORTS = "EnableCloudwatchLogsExports"
GROUP = "AWS::Logs::LogGroup"
PLACE = "/aws/rds/cluster/"


def log_gate(situation: Situation) -> Iterator[Block]:
    """Block exports of a live cluster that come together with their log group (CAM716).

    The log group's name contains the cluster's, so CloudFormation changes the cluster first. RDS
    then creates the log group itself, and CloudFormation fails because it exists already.
    """
    for change, before, after in situation.updated():
        old, later = before.get(EXPORTS, []), after.get(EXPORTS, [])
        if change.type != CLUSTER or not isinstance(old, list) or not isinstance(later, list):
            continue  # a patch may have another value there
        new = [each for each in later if each not in old]
        added = [
            address.logical_id
            for address, resource in situation.after.items()
            if resource["Type"] == GROUP
            and address not in situation.before
            and PLACE in str(resource.get("Properties", {}).get("LogGroupName"))
        ]
        if new and added:
            leaf = change.change_of(EXPORTS)
            yield blocked(
                change,
                "CAM716",
                f"{change.logical_id}: RDS would start to export logs ({', '.join(new)}) and "
                f"create the log group before CloudFormation does: {', '.join(added)} would fail, "
                "and the deployment be rolled back",
                "first deploy with `active: false` under `database.log_exports`, which only "
                "creates the log groups, then without it; " + ALLOW,
                leaf.location if leaf else change.location,
            )
