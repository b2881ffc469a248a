"""The situation that the gate judges: the changes, and the resources before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from camformation.deploy.plan.model import Action, ResourceChange
from camformation.deploy.plan.running import Running
from camformation.deploy.plan.symbols import Address, Resolver
from camformation.deploy.plan.template_diff import Resources, properties_of

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Situation:
    """The changes of an update, and the resources before and after it, resolved."""

    changes: tuple[ResourceChange, ...]
    old: Resolver
    new: Resolver
    before: Resources
    after: Resources
    running: Running | None = None  # not asked for

    def change(self, address: Address) -> ResourceChange | None:
        """Return the change of one resource, if it changes."""
        return next((change for change in self.changes if change.address == address), None)

    def updated(self) -> Iterator[tuple[ResourceChange, Properties, Properties]]:
        """Yield the resources that change in place, with their properties before and after."""
        for change in self.changes:
            if change.action is Action.CHANGE:
                before = properties_of(self.before, change.address)
                yield change, before, properties_of(self.after, change.address)

    def remaining(self, resource_type: str) -> Iterator[tuple[Address, Mapping[str, Any]]]:
        """Yield the resources of a type that this update neither deletes nor replaces."""
        gone = {
            change.address
            for change in self.changes
            if change.action in (Action.DELETE, Action.REPLACE)
        }
        for address, resource in self.before.items():
            if resource["Type"] == resource_type and address not in gone:
                yield address, resource


def template_metadata(resolver: Resolver) -> Mapping[str, Any]:
    """Return the compiler's metadata about the deployment in the root template."""
    found = resolver.templates.get("root", {}).get("Metadata", {}).get("Camformation", {})
    return found if isinstance(found, dict) else {}
