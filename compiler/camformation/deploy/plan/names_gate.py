"""The gate check for names that are taken: CloudFormation makes the new before it deletes the old.

It refuses to replace a resource that keeps the name which its template gives it, and AWS refuses a
new resource with the name of one that goes (CloudFormation User Guide, Name type).
"""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import forbidden
from camformation.deploy.plan.containers import SERVICE
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.names import Name, name_of, name_properties
from camformation.deploy.plan.situation import Situation, template_metadata
from camformation.deploy.plan.symbols import Address, symbols

FRESH = (Action.ADD, Action.REPLACE)


def names_gate(situation: Situation) -> Iterator[Block]:
    """Block new resources with a name that is still taken (CAM796)."""
    old, new = template_metadata(situation.old), template_metadata(situation.new)
    if not situation.before or any(old.get(k) != new.get(k) for k in ("Deployment", "Layout")):
        return  # blocked as a whole
    taken: dict[tuple[str, Name], Address] = {}
    for address, resource in situation.before.items():
        if name := name_of(resource):
            taken[resource["Type"], name] = address
    for change in situation.changes:
        new_one = situation.after.get(change.address)
        if change.action not in FRESH or new_one is None or new_one["Type"] == SERVICE:
            continue  # a service is blocked in any case, in words of its own
        name = name_of(new_one)
        holder = taken.get((new_one["Type"], name)) if name else None
        if holder is None or _elsewhere(situation, change.address):
            continue
        itself = holder == change.address
        whose = "the one that it replaces" if itself else holder.logical_id
        yield forbidden(
            change,
            "CAM796",
            f"{change.logical_id}: the new one has the name of {whose}, {name[0]}, which is there "
            "until everything new is made: the deployment would fail there, and be rolled back",
            "give it another name in the same deployment, or undo the change"
            if itself
            else f"keep {holder.logical_id}, or remove it in a deployment before this one",
            change.location,
        )


def _elsewhere(situation: Situation, address: Address) -> bool:
    """Whether a part of the name is a resource that is new itself."""
    resource = situation.after[address]
    properties = resource.get("Properties", {})
    parts = [properties.get(name) for name in name_properties(resource["Type"])]
    return any(
        (its := situation.change(symbol.resource)) is not None and its.action in FRESH
        for symbol in symbols(parts)
    )
