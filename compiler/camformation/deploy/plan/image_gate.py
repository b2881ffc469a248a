"""A gate check for brokers' images whose names do not tell their version: digests, `nightly`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, shown
from camformation.deploy.plan.template_diff import Resources, properties_of
from camformation.shapes import mappings

TELLS_VERSION = re.compile(r":v?\d+\.\d+[^/]*$")
GOES = (Action.CHANGE, Action.REPLACE)


def image_gate(situation: Situation) -> Iterator[Block]:
    """Warn if it is unknown whether brokers go back a version, or skip one."""
    for change in situation.changes:
        if change.type != "AWS::ECS::TaskDefinition" or change.action not in GOES:
            continue
        before = _images(situation.before, change.address)
        for name, image in _images(situation.after, change.address).items():
            old = before.get(name, image)
            unknown = [each for each in (old, image) if not TELLS_VERSION.search(each)]
            if old == image or not unknown:
                continue
            at = (leaf.location for leaf in change.properties if leaf.path.endswith("].Image"))
            yield warned(
                change,
                "CAM659",
                f"{change.logical_id}: brokers' image changes from {old} to {image}: "
                f"{' and '.join(unknown)} does not show its version",
                "check that it is not an older version of Camunda and does not skip a minor "
                "version: brokers refuse newer data, and migrate only the data of the minor "
                "version before theirs",
                next(at, None),
            )


def _images(resources: Resources, task: Address) -> dict[str, str]:
    """Return the images of a task's brokers, by the container's name."""
    return {
        shown(each.get("Name", "")): shown(each["Image"])
        for each in mappings(properties_of(resources, task).get("ContainerDefinitions"))
        if "Image" in each and _is_broker(each)
    }


def _is_broker(container: Mapping[str, Any]) -> bool:
    names = {shown(each.get("Name")) for each in mappings(container.get("Environment"))}
    return "CAMUNDA_CLUSTER_SIZE" in names
