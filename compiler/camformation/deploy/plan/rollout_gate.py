"""Gate checks for rollouts: alarms that may end an upgrade, which cannot be rolled back, alarms
that stay on, and brokers that are not replaced one by one."""

from collections.abc import Iterator, Mapping
from math import ceil, floor
from typing import Any

from camformation.deploy.plan.blocks import blocked, warned
from camformation.deploy.plan.containers import (
    SERVICE,
    Broker,
    broker_services,
    changed_brokers,
    dotted,
)
from camformation.deploy.plan.containers import version_tag as version
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import shown
from camformation.deploy.plan.template_diff import properties_of
from camformation.deploy.plan.values import number

REBALANCING = "AvailabilityZoneRebalancing"


def rollout_gate(situation: Situation) -> Iterator[Block]:
    """Block an upgrade that an alarm may end (CAM792); warn of alarms that stay on (CAM793).

    An alarm goes off only after brokers have migrated their data. The version that CloudFormation
    then restores refuses it (Camunda docs, Upgrade).
    """
    watched = {
        address.logical_id
        for address, service in situation.after.items()
        if service["Type"] == SERVICE and _alarms(service).get("Enable") is True
    }
    for broker in changed_brokers(situation):
        if broker.service in watched and (between := _upgrade(broker)):
            yield blocked(
                broker.change,
                "CAM792",
                f"{broker.change.logical_id}: brokers go {between}, while alarms may end their "
                "rollout: CloudFormation would restore the older version, which refuses the data "
                "that the newer one has migrated",
                "set orchestration.rollout.alarms.error_percent to null for this update, and "
                "watch the cluster yourself; to update anyway, pass --allow-data-loss {}",
                broker.change.location,
                broker.service,
            )
    yield from _several(situation)
    for change in situation.changes:
        if change.type != SERVICE or change.action is not Action.CHANGE:
            continue
        before = _alarms(situation.before.get(change.address, {}))
        after = situation.after.get(change.address, {})
        if before.get("Enable") is True and not _alarms(after):
            section = "connectors" if "Connectors" in change.logical_id else "orchestration"
            yield warned(
                change,
                "CAM793",
                f"{change.logical_id}: ECS keeps its rollout alarms, which the template no longer "
                "mentions",
                f"to remove them, set {section}.rollout.alarms.error_percent to null first",
                change.location,
            )


def _several(situation: Situation) -> Iterator[Block]:
    """Warn if ECS may replace several brokers at a time, or start one before another has ended
    (Amazon ECS API Reference, DeploymentConfiguration): partitions lose their quorum, and a broker
    beyond the size of the cluster finds no node id. Or by itself (Amazon ECS Developer Guide,
    Balancing an Amazon ECS service across Availability Zones)."""
    for address in broker_services(situation.after):
        change = situation.change(address)
        strategy = change and change.change_of("DeploymentConfiguration.Strategy")
        spread = change and change.change_of(REBALANCING)
        if change and spread and spread.after == "ENABLED":
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: with {REBALANCING} ENABLED, ECS replaces brokers whenever "
                "zones have different numbers of them, and it refuses that with MaximumPercent "
                "100: the deployment would fail at this resource, and be rolled back",
                f"leave {REBALANCING} at DISABLED: a broker that starts again is placed in the "
                "zone with the fewest",
                spread.location,
            )
        if change and strategy and strategy.after not in (None, "ROLLING"):
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: with Strategy {strategy.after}, ECS starts all brokers "
                "again before it stops any: they find no node id, and the rollout does not end",
                "leave the strategy out: ECS then replaces one broker after the other",
                strategy.location,
            )
        leaf = change and change.change_of("DeploymentConfiguration.M")
        if not change or not leaf or change.action is not Action.CHANGE:
            continue
        properties = properties_of(situation.after, address)
        percent = properties.get("DeploymentConfiguration", {})
        tasks, least, most = (
            number(value)
            for value in (
                properties.get("DesiredCount"),
                percent.get("MinimumHealthyPercent"),
                percent.get("MaximumPercent"),
            )
        )
        if tasks is None or least is None or most is None:
            continue
        stopped, more = tasks - ceil(tasks * least / 100), floor(tasks * most / 100) - tasks
        if stopped > 1 or more > 0:
            does = (
                f"stops up to {stopped:g} brokers at once: partitions lose their quorum"
                if stopped > 1
                else f"starts up to {more:g} more brokers before others end: they find no free "
                "node id, and wait"
            )
            yield warned(
                change,
                "CAM799",
                f"{change.logical_id}: with {leaf.path} {shown(leaf.after)}, ECS {does}",
                "keep the compiled percentages: they let ECS replace one broker at a time",
                leaf.location,
            )


def _alarms(service: Mapping[str, Any]) -> Mapping[str, Any]:
    configuration = service.get("Properties", {}).get("DeploymentConfiguration", {})
    found = configuration.get("Alarms") if isinstance(configuration, dict) else None
    return found if isinstance(found, dict) else {}


def _upgrade(broker: Broker) -> str:
    """Return the minor versions before and after, or nothing if they are the same."""
    old, new = (version(shown(each["Image"])) for each in (broker.before, broker.after))
    if old is None or new is None or new[:2] == old[:2]:
        return ""
    return f"from {dotted(old[:2])} to {dotted(new[:2])}"
