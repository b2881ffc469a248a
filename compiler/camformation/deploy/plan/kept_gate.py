"""Gate checks for settings that a service keeps when a template no longer mentions them.

An update that leaves a property out passes nothing on, and the service goes on as before: the
templates compare as changed, and nothing has changed (CloudFormation Template Reference,
AWS::ECS::Service, CapacityProviderStrategy; source of AWS's handler of AWS::RDS::DBCluster, which
passes on the properties that are there).
"""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.situation import Situation
from camformation.frozen import frozen

SERVICE = "AWS::ECS::Service"
CLUSTER = "AWS::RDS::DBCluster"
STRATEGY = "CapacityProviderStrategy"


@frozen
class Kept:
    """A property that stays in effect without being mentioned. `fails`: something else, deleted in
    the same update, cannot be."""

    type: str
    name: str
    what: str
    instead: str
    fails: bool = False


KEPT = (
    Kept(
        SERVICE,
        STRATEGY,
        "ECS keeps the capacity providers of a service: tasks go on running on Fargate Spot, and "
        "the cluster does not let go of providers that are in use",
        "to leave Spot, keep a strategy, of the one provider FARGATE",
        fails=True,
    ),
    Kept(
        CLUSTER,
        "DBClusterParameterGroupName",
        "RDS keeps the parameter group of a cluster: its parameters stay in effect, and a group "
        "that is in use cannot be deleted",
        "keep a group with the values that you want, by `database.cluster_parameters`, such as "
        '`rds.force_ssl: "0"`',
        fails=True,
    ),
    Kept(
        CLUSTER,
        "DatabaseInsightsMode",
        "RDS keeps Database Insights switched on, with its costs",
        "set `database.insights` to standard; to switch it off altogether, afterwards: aws rds "
        "modify-db-cluster --database-insights-mode standard --no-enable-performance-insights",
    ),
    Kept(
        CLUSTER,
        "MonitoringInterval",
        "RDS keeps enhanced monitoring switched on, with a role that is deleted",
        "set MonitoringInterval to 0",
    ),
)


def kept_gate(situation: Situation) -> Iterator[Block]:
    """Yield what stays as it is although the template no longer says so (CAM794)."""
    for change, before, after in situation.updated():
        for kept in KEPT:
            if kept.type != change.type or kept.name not in before or kept.name in after:
                continue
            leaf = change.change_of(kept.name)
            at = leaf.location if leaf else change.location
            message = f"{change.logical_id}: {kept.name} is left out, and {kept.what}"
            if kept.fails:
                yield blocked(change, "CAM794", message, f"{kept.instead}; {ALLOW}", at)
            else:
                yield warned(change, "CAM794", message, kept.instead, at)
