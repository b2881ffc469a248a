"""Gate checks for the brokers' data volume: brokers find their data on one file system only.

The leases in the node-id bucket assign the directories to brokers; on another file system, or
behind another access point, those directories are missing (Camunda docs, Amazon ECS reference
architecture).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.plan.blocks import ALLOW, blocked
from camformation.deploy.plan.containers import (
    SIZE,
    broker_services,
    containers_of,
    environment,
    place,
    task_of,
)
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, shown
from camformation.deploy.plan.template_diff import Resources
from camformation.shapes import mapping, mappings


def volume_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block if brokers would keep their data in another place."""
    for service, (task, _) in broker_services(situation.before).items():
        later = task_of(situation.after.get(service, {}))
        change = situation.change(task) or (later and situation.change(later))
        if later is None or not change:
            continue
        old, new = (
            _places(resources.get(address, {}))
            for resources, address in ((situation.before, task), (situation.after, later))
        )
        for name in sorted(old.keys() & new.keys()):
            moved = old[name], new[name]
            if moved[0] != moved[1]:
                yield blocked(
                    change,
                    "CAM763",
                    f"{service.logical_id}: the brokers' data moves from {_said(*moved)} to "
                    f"{_said(*moved[::-1])}: brokers start there without their data, and with "
                    "leases for directories that do not exist",
                    "undo the change, or stop the brokers and copy the file system first "
                    "(docs/operations.md); once that is done, pass --allow-data-loss {}",
                    next(
                        (
                            leaf.location
                            for leaf in change.properties
                            if "Volumes" in leaf.path or "MountPoints" in leaf.path
                        ),
                        change.location,
                    ),
                    of=service.logical_id,
                )
        for path in sorted(_read_only(situation.after, later) - _read_only(situation.before, task)):
            yield blocked(
                change,
                "CAM763",
                f"{service.logical_id}: the brokers' data at {path} becomes read-only: brokers "
                "cannot write, and do not start",
                "undo the change; " + ALLOW,
                place(change, ["MountPoints"]) or change.location,
                of=service.logical_id,
            )


def _read_only(resources: Resources, task: Address) -> set[str]:
    """Return the paths at which brokers cannot write."""
    return {
        shown(mount.get("ContainerPath", ""))
        for container in containers_of(resources.get(task, {}))
        if SIZE in environment(container)
        for mount in mappings(container.get("MountPoints"))
        if mount.get("ReadOnly") is True
    }


Place = tuple[str, str, str]


def _places(task: Mapping[str, Any]) -> dict[str, Place]:
    """Return file system, access point and the brokers' mount path of each EFS volume of a task, by
    the volume's name."""
    paths = {
        shown(mount.get("SourceVolume", "")): shown(mount.get("ContainerPath", ""))
        for container in containers_of(task)
        if SIZE in environment(container)
        for mount in mappings(container.get("MountPoints"))
    }
    found = {}
    for volume in mappings(task.get("Properties", {}).get("Volumes")):
        for efs in mappings(volume.get("EFSVolumeConfiguration")):
            access = mapping(efs.get("AuthorizationConfig")).get("AccessPointId", "")
            name = shown(volume.get("Name", ""))
            system = shown(efs.get("FilesystemId", ""))
            found[name] = (system, shown(access), paths.get(name, ""))
    return found


def _said(place: Place, other: Place) -> str:
    system, access, path = place
    at = f" at {path}" if path != other[2] else ""
    return (f"{system} ({access})" if access else system) + at
