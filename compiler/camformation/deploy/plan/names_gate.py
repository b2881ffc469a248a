"""The gate check for names in use: CloudFormation creates the new resource before it deletes the
old one.

It refuses to replace a resource that keeps the name from its template, and AWS refuses a new
resource with the name of one to be deleted (CloudFormation User Guide, Name type). It also refuses
another type under an existing logical ID ("Update of resource type is not permitted").
"""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import forbidden
from camformation.deploy.plan.containers import SERVICE
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.names import SAME, Name, name_of, name_properties, same_of
from camformation.deploy.plan.situation import Situation, template_metadata
from camformation.deploy.plan.symbols import Address, symbols

FRESH = (Action.ADD, Action.REPLACE)


def names_gate(situation: Situation) -> Iterator[Block]:
    """Block new resources with a name that is still in use (CAM796)."""
    old, new = template_metadata(situation.old), template_metadata(situation.new)
    if not situation.before or any(old.get(k) != new.get(k) for k in ("Deployment", "Layout")):
        return  # blocked as a whole
    for change in situation.changes:
        if retyped(situation, change):
            old_type = situation.before[change.address]["Type"]
            yield forbidden(
                change,
                "CAM796",
                f"{change.logical_id}: the logical ID belongs to {old_type}, and CloudFormation "
                f"does not accept {change.type} under it: the update would be refused",
                "give the new resource a logical ID of its own",
                change.location,
            )
    taken: dict[tuple[str, Name], Address] = {}
    for address, resource in situation.before.items():
        if name := name_of(resource) or same_of(resource):
            taken[resource["Type"], name] = address
    for change in situation.changes:
        new_one = situation.after.get(change.address)
        if new_one is None or new_one["Type"] == SERVICE:
            continue  # a service is blocked anyway, with its own message
        name = name_of(new_one) or same_of(new_one)
        if change.action not in FRESH and not _moves(situation, change, name):
            continue
        holder = taken.get((new_one["Type"], name)) if name else None
        if holder is None or (holder == change.address and not _own(change)):
            continue
        if not _elsewhere(situation, change.address):
            yield _taken(change, holder, "" if new_one["Type"] in SAME else name[0])


def _moves(situation: Situation, change: ResourceChange, name: Name) -> bool:
    """Whether a resource that changes in place takes another's place."""
    old = situation.before.get(change.address)
    if change.action is not Action.CHANGE or old is None or change.type not in SAME:
        return False
    return name != same_of(old)


def _own(change: ResourceChange) -> bool:
    """Whether a resource is replaced because of its own properties, or has a unique name: one that
    only follows another is blocked there, or its name is free by then.
    """
    return change.type not in SAME or not all(leaf.cause for leaf in change.properties)


def _taken(change: ResourceChange, holder: Address, name: str) -> Block:
    itself = holder == change.address
    whose = "the one that it replaces" if itself else holder.logical_id
    instead = f"keep {holder.logical_id}, or remove it in a deployment before this one"
    if change.action is Action.CHANGE:
        own = next((leaf for leaf in change.properties if leaf.path in SAME[change.type]), None)
        what = f"{own.path} becomes {own.after}" if own else "takes a place"
        return forbidden(
            change,
            "CAM796",
            f"{change.logical_id}: {what}, which {whose} still has: AWS refuses the second, and "
            "the deployment would fail at this resource, and be rolled back",
            f"choose a free one; or change {whose} in a deployment before this one",
            own.location if own else change.location,
        )
    if not name:
        opened = (
            "; a field that becomes a parameter, or stops being one, also gives it another name"
        )
        return forbidden(
            change,
            "CAM796",
            f"{change.logical_id}: the new one is for the same object as {whose}, which exists "
            "until all new resources are created, and AWS accepts only one: the deployment would "
            "fail at this resource, and be rolled back",
            "undo the change" if itself else instead + opened,
            change.location,
        )
    return forbidden(
        change,
        "CAM796",
        f"{change.logical_id}: the new one has the name of {whose}, {name}, which exists until "
        "all new resources are created: the deployment would fail at this resource, and be rolled "
        "back",
        "give it another name in the same deployment, or undo the change" if itself else instead,
        change.location,
    )


def retyped(situation: Situation, change: ResourceChange) -> bool:
    """Whether a logical ID would get a resource of another type."""
    before, after = (each.get(change.address) for each in (situation.before, situation.after))
    return bool(before and after and before["Type"] != after["Type"])


def _elsewhere(situation: Situation, address: Address) -> bool:
    """Whether a part of the name is itself a new resource."""
    resource = situation.after[address]
    properties = resource.get("Properties", {})
    names = SAME.get(resource["Type"]) or name_properties(resource["Type"])
    parts = [properties.get(name) for name in names]
    return any(
        (its := situation.change(symbol.resource)) is not None and its.action in FRESH
        for symbol in symbols(parts)
    )
