"""Gate checks for the alarms that end a rollout: no way back from an upgrade, and none left on."""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.blocks import blocked, warned
from camformation.deploy.plan.containers import SERVICE, Broker, changed_brokers, dotted
from camformation.deploy.plan.containers import version_tag as version
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import shown


def rollout_gate(situation: Situation) -> Iterator[Block]:
    """Block an upgrade that an alarm may end (CAM792); warn of alarms that are left on (CAM793).

    An alarm goes off when brokers have migrated their data already. What CloudFormation brings back
    then refuses it (Camunda docs, Upgrade).
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
                "rollout: CloudFormation would bring the older version back, which refuses the "
                "data that the newer one has migrated",
                "set orchestration.rollout.alarms.error_percent to null for this update, and look "
                "at the cluster yourself; to update all the same, pass --allow-data-loss {}",
                broker.change.location,
                broker.service,
            )
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
                f"to give them up, set {section}.rollout.alarms.error_percent to null first",
                change.location,
            )


def _alarms(service: Mapping[str, Any]) -> Mapping[str, Any]:
    configuration = service.get("Properties", {}).get("DeploymentConfiguration", {})
    found = configuration.get("Alarms") if isinstance(configuration, dict) else None
    return found if isinstance(found, dict) else {}


def _upgrade(broker: Broker) -> str:
    """Return the minor versions that brokers go between, and nothing if it is the same one."""
    old, new = (version(shown(each["Image"])) for each in (broker.before, broker.after))
    if old is None or new is None or new[:2] == old[:2]:
        return ""
    return f"from {dotted(old[:2])} to {dotted(new[:2])}"
