"""Brokers in templates: their services, containers, and settings.

Spring takes a property from several places, in several spellings; `rules.settings` reads them all,
so a setting is checked wherever it is.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from camformation.deploy.plan.model import ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, Symbol, shown
from camformation.deploy.plan.template_diff import Resources
from camformation.diagnostics import Location
from camformation.frozen import frozen
from camformation.rules.settings import Setting, Settings, settings
from camformation.shapes import mappings

SERVICE = "AWS::ECS::Service"
SIZE = "CAMUNDA_CLUSTER_SIZE"
OPEN, KEPT = "${", "\ue000{"
"""The start of a reference, and its replacement, which the reader of settings takes for text: the
same reference before and after is the same value."""


@frozen
class Broker:
    """A container of brokers before and after an update, and the change behind it."""

    service: str  # the logical ID of its ECS service
    change: ResourceChange
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    deployed: str = ""  # the number of tasks of the service


def changed_brokers(situation: Situation) -> list[Broker]:
    """Return the brokers' containers in an update's changes, each with its successor."""
    found = []
    for service, (task, containers) in broker_services(situation.before).items():
        later_task = task_of(situation.after.get(service, {}))
        later = situation.after.get(later_task) if later_task else None
        change = (
            situation.change(task)
            or (later_task and situation.change(later_task))
            or situation.change(service)
        )
        if later is None or not change:
            continue
        now = {name_of(container): container for container in containers_of(later)}
        sized = [each for each in _lasting(containers_of(later)) if SIZE in environment(each)]
        for container in _lasting(containers):
            successor = now.get(name_of(container)) or next(iter(sized), None)
            if successor is not None:
                count = situation.before[service].get("Properties", {}).get("DesiredCount", "")
                found.append(Broker(service.logical_id, change, container, successor, shown(count)))
    return found


def _lasting(containers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return containers without restore containers, which have the same variables."""
    every = list(containers)
    lasting = [each for each in every if not name_of(each).endswith("-restore")]
    return lasting if any(SIZE in environment(each) for each in lasting) else every


def broker_services(
    resources: Resources,
) -> dict[Address, tuple[Address, list[Mapping[str, Any]]]]:
    """Return the ECS services of brokers, with their task definition and broker containers."""
    found: dict[Address, tuple[Address, list[Mapping[str, Any]]]] = {}
    for address, resource in resources.items():
        task = task_of(resource) if resource["Type"] == SERVICE else None
        containers = [
            container
            for container in containers_of(resources.get(task, {}) if task else {})
            if SIZE in environment(container)
        ]
        if task and containers:
            found[address] = (task, containers)
    return found


def task_of(service: Mapping[str, Any]) -> Address | None:
    """Return the task definition of a service, if it is in the templates."""
    definition = service.get("Properties", {}).get("TaskDefinition")
    return definition.resource if isinstance(definition, Symbol) else None


def containers_of(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the containers of a task definition."""
    found = mappings(task.get("Properties", {}).get("ContainerDefinitions"))
    return [each for each in found if "Image" in each]


def name_of(container: Mapping[str, Any]) -> str:
    """Return a container's name."""
    return shown(container.get("Name", ""))


def environment(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return a container's variables."""
    return _named(container, "Environment", "Value")


@frozen
class Told:
    """The settings of a container."""

    settings: Settings

    def find(self, *names: str) -> Setting | None:
        """Return the setting of a property, by the first of its names that is set."""
        found = (self.settings.find(name) for name in names)
        return next((setting for setting in found if setting), None)

    def value(self, *names: str, default: str = "") -> str:
        """Return the value of a property, or the ARN if it is in a secret."""
        found = self.find(*names)
        return self._text(found) if found else default

    def below(self, name: str) -> dict[str, str]:
        """Return everything below a property, by the common part of its spellings."""
        return {each.key: self._text(each) for each in reversed([*self.settings.below(name)])}

    def _text(self, setting: Setting) -> str:
        value = setting.value
        if value is None:
            value = self.settings.secrets.get(setting.name, "")
        return value.replace(KEPT, OPEN).strip()


def told(container: Mapping[str, Any]) -> Told:
    """Return the settings of a container from its variables and secrets."""
    plain = {name: shown(value) for name, value in environment(container).items()}
    secret = {n: shown(v) for n, v in _named(container, "Secrets", "ValueFrom").items()}
    plain = {name: value.replace(OPEN, KEPT) for name, value in plain.items()}
    return Told(settings((), plain, secret, client=False))


def place(change: ResourceChange, words: Iterable[str]) -> Location | None:
    """Return the line of the first property with one of the words in its path, if any."""
    lines = (leaf.location for word in words for leaf in change.properties if word in leaf.path)
    return next((line for line in lines if line), None)


def version_tag(image: str) -> tuple[int, ...] | None:
    """Return the version in an image's tag, such as (8, 10, 2), or None."""
    match = re.search(r":v?(\d+)\.(\d+)(?:\.(\d+))?(?:-[\w.]+)?(?:@sha256:\w+)?$", image)
    return tuple(int(part) for part in match.groups() if part) if match else None


def dotted(version: tuple[int, ...]) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def _named(container: Mapping[str, Any], key: str, value: str) -> dict[str, Any]:
    pairs = container.get(key, [])
    if not isinstance(pairs, list):
        return {}
    return {shown(p["Name"]): p.get(value) for p in pairs if isinstance(p, dict) and "Name" in p}
