"""Gate checks for settings that stay when a template no longer mentions them.

An update without the property does not pass it on, and the service keeps the setting: the templates
differ, but nothing changes (CloudFormation Template Reference, AWS::ECS::Service,
CapacityProviderStrategy; source of AWS's handler of AWS::RDS::DBCluster, which passes on only
existing properties). The database's seed never removes a user. Brokers keep an exporter's position
in their log when its configuration is removed, and delete nothing after it (camunda/camunda pull
request 35504; Camunda docs, Management API, Exporters API).
"""

from collections.abc import Iterator

from camformation.components.seed_sql import VARIABLE as SEED_SQL
from camformation.components.seed_sql import seeded_users
from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.containers import (
    changed_brokers,
    containers_of,
    environment,
    place,
    told,
)
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import DATABASE
from camformation.deploy.plan.symbols import Address, shown
from camformation.deploy.plan.template_diff import Resources
from camformation.frozen import frozen
from camformation.rules.exporters import exporter_classes

SERVICE = "AWS::ECS::Service"
CLUSTER = "AWS::RDS::DBCluster"
STRATEGY = "CapacityProviderStrategy"


@frozen
class Kept:
    """A property that stays in effect without being mentioned. `fails`: a resource deleted in the
    same update is still in use, so its deletion fails."""

    type: str
    name: str
    what: str
    instead: str
    fails: bool = False


KEPT = (
    Kept(
        SERVICE,
        STRATEGY,
        "ECS keeps the capacity providers of a service: tasks continue to run on Fargate Spot, "
        "and the cluster cannot remove providers that are in use",
        "to stop using Spot, keep a capacity provider strategy with FARGATE as the only provider",
        fails=True,
    ),
    Kept(
        CLUSTER,
        "DBClusterParameterGroupName",
        "RDS keeps the parameter group of a cluster: its parameters stay in effect, and a "
        "parameter group in use cannot be deleted",
        "keep a parameter group with the values that you want: set `database.cluster_parameters`, "
        "such as "
        '`rds.force_ssl: "0"`',
        fails=True,
    ),
    Kept(
        CLUSTER,
        "DatabaseInsightsMode",
        "RDS keeps Database Insights on, with its costs",
        "set `database.insights` to standard; to switch it off altogether, afterwards: aws rds "
        "modify-db-cluster --database-insights-mode standard --no-enable-performance-insights",
    ),
    Kept(
        CLUSTER,
        "StorageType",
        "RDS keeps the storage type, with its prices",
        "set StorageType to aurora",
    ),
    Kept(
        CLUSTER,
        "MonitoringInterval",
        "RDS keeps enhanced monitoring on, with a role that is deleted",
        "set MonitoringInterval to 0",
    ),
)


def kept_gate(situation: Situation) -> Iterator[Block]:
    """Yield settings that stay although the template no longer has them (CAM794)."""
    for change, before, after in situation.updated():
        for kept in KEPT:
            if kept.type != change.type or kept.name not in before or kept.name in after:
                continue
            leaf = change.change_of(kept.name)
            at = leaf.location if leaf else change.location
            message = (
                f"{change.logical_id}: {kept.name} is removed from the template, but {kept.what}"
            )
            if kept.fails:
                yield blocked(change, "CAM794", message, f"{kept.instead}; {ALLOW}", at)
            else:
                yield warned(change, "CAM794", message, kept.instead, at)
    yield from _database_users(situation)
    yield from _exporters(situation)


def _database_users(situation: Situation) -> Iterator[Block]:
    """Warn of users that the seed created, and that stay in the database."""
    before, after = _seeds(situation.before), _seeds(situation.after)
    owners = {told(each.before).value(f"{DATABASE}RDBMS_USERNAME")
              for each in changed_brokers(situation)}  # fmt: skip
    now = {user for users in after.values() for user in users}
    for task, users in before.items():
        gone = sorted(users - now - owners)
        change = situation.change(task)
        if not gone or not now or change is None:
            continue
        names = ", ".join(gone)
        yield warned(
            change,
            "CAM794",
            f"{change.logical_id}: the seed no longer creates {names}, but it never removes "
            "users: the database keeps the user, with its privileges and the objects that it owns",
            "as the database's administrator: "
            + "; ".join(f'ALTER ROLE "{name}" NOLOGIN' for name in gone)
            + "; drop it once nothing that it owns is needed (DROP OWNED, DROP ROLE)",
            place(change, [f"[{SEED_SQL}]"]) or change.location,
        )
        return  # init containers have the same script


def _seeds(resources: Resources) -> dict[Address, set[str]]:
    """Return the users of each task that seeds the database."""
    found = {}
    for address, resource in resources.items():
        for container in containers_of(resource):
            if sql := environment(container).get(SEED_SQL):
                found[address] = seeded_users(shown(sql))
    return found


def _exporters(situation: Situation) -> Iterator[Block]:
    """Warn of exporters that are no longer configured, and keep the log from being deleted."""
    for broker in changed_brokers(situation):
        old, new = (exporter_classes(told(each).settings) for each in (broker.before, broker.after))
        gone = sorted(old.keys() - new.keys())
        if gone:
            names = ", ".join(gone)
            delete = "; ".join(f"`camformation task run SPEC DELETE /actuator/exporters/{name}`"
                               for name in gone)  # fmt: skip
            yield warned(
                broker.change,
                "CAM794",
                f"{broker.change.logical_id}: the exporter {names} is no longer configured, but "
                "brokers keep its position in their log, and delete nothing after it: their disks "
                "fill up until it is configured again, or deleted",
                f"to remove it, once all brokers are replaced: {delete}",
                place(broker.change, [f"[{old[name].source or old[name].name}]" for name in gone]),
            )
