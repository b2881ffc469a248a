"""The check of what Camunda itself is told of its own protection."""

from collections.abc import Iterator

from camformation.audit.permissions import Check, Failure
from camformation.audit.values import Template
from camformation.rules.protections import PROTECTIONS
from camformation.rules.settings import settings
from camformation.shapes import entries, resources


def camunda_protections(template: Template, kind: str) -> Iterator[Failure]:
    """Yield settings of tasks that switch a protection of Camunda's off."""
    for name, task in resources(template, kind):
        for number, container in entries(task.get("ContainerDefinitions")):
            variables = entries(container.get("Environment"))
            places = {str(each.get("Name")): index for index, each in reversed(variables)}
            plain = {
                str(each.get("Name")): each["Value"]
                for _, each in variables
                if isinstance(each.get("Value"), str)
            }
            said = settings((), plain, {}, client=False)
            for setting, (safe, what) in PROTECTIONS.items():
                found = said.find(setting)
                if found and said.switch(setting) is (not safe):
                    index = places[found.source or found.name]
                    path = ("Properties", "ContainerDefinitions", number, "Environment", index)
                    yield name, path, f"{found.said}: {what}"


APPLICATION_CHECKS: tuple[Check, ...] = (camunda_protections,)
