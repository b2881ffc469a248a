"""The expected schedule of a deployment, and its critical path.

CloudFormation starts a resource as soon as everything it refers to exists. A nested stack starts
when its arguments are known, and is available to others only when every resource in it is: a
sibling may wait for resources that it does not need. Computed with usual creation times
(`durations`); CloudFormation starts some dependants before a resource is stable, which is ignored
because AWS does not say which.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.operation.durations import GATEWAY_ENDPOINT, Usual, usual
from camformation.deploy.plan.symbols import (
    PLACEHOLDER,
    STACK,
    Address,
    Resolver,
    Templates,
)
from camformation.frozen import frozen
from camformation.shapes import properties, texts


@frozen
class Step:
    """The creation of a resource, in seconds from the start."""

    address: Address
    type: str
    usual: Usual
    start: float
    finish: float
    after: Address | None  # its last dependency to be ready
    nested: str | None = None  # the template of a nested stack, whose bar spans its resources

    @property
    def seconds(self) -> float:
        """Its duration."""
        return self.finish - self.start


@frozen
class Schedule:
    """The steps in the order they start; `critical` are those that decide the total, in order."""

    steps: tuple[Step, ...]
    critical: tuple[Address, ...]
    total: float

    def step(self, address: Address) -> Step:
        """Return the step of a resource; raises KeyError."""
        for step in self.steps:
            if step.address == address:
                return step
        raise KeyError(address)


@frozen
class NestingCost:
    """The time that nested stacks add over one flat template, in seconds."""

    nested: float
    resources: float
    components: tuple[tuple[str, float], ...]  # name, seconds that its barrier adds

    @property
    def ratio(self) -> float:
        """The ratio of the nested layout's duration to the flat one's."""
        return self.nested / self.resources if self.resources else 1.0


def schedule(templates: Templates, only: Collection[Address] | None = None) -> Schedule:
    """Return the schedule of creating the templates, in either layout.

    With `only`, the rest exists already and takes no time: the estimate of an update, computed as
    if each changed resource were created. Raises DeployError if resources wait for each other in a
    circle.
    """
    return _Planner(templates, only).schedule()


def nesting_cost(nested: Templates, flat: Templates) -> NestingCost:
    """Compare the two layouts of one deployment.

    `components` explains the difference: for each nested stack on the critical path, the additional
    time over its resources on the flat layout's critical path.
    """
    barred, free = schedule(nested), schedule(flat)
    home = {step.address.logical_id: step.address.template for step in barred.steps}
    ends = {step.nested: step.finish for step in barred.steps if step.nested}
    spent: dict[str, float] = {}
    before = 0.0
    for name in dict.fromkeys(address.template for address in barred.critical):
        end = ends.get(name, barred.total)
        spent[name], before = end - before, end
    for address in free.critical:
        name = home.get(address.logical_id, address.template)
        spent[name] = spent.get(name, 0.0) - free.step(address).seconds
    return NestingCost(barred.total, free.total, tuple(spent.items()))


def dependencies(template: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the dependencies of each resource of one template, by logical ID."""
    resources = template.get("Resources", {})
    found: dict[str, tuple[str, ...]] = {}
    for name, resource in resources.items():
        names = [*texts(resource.get("DependsOn")), *references(properties(resource))]
        found[name] = tuple(dict.fromkeys(n for n in names if n in resources and n != name))
    return found


def references(node: Any) -> Iterator[str]:
    """Yield the names that `Ref`, `Fn::GetAtt` and `Fn::Sub` in a value refer to."""
    match node:
        case {"Ref": str(name)} if len(node) == 1:
            yield name
        case {"Fn::GetAtt": [str(name), *_]} if len(node) == 1:
            yield name
        case {"Fn::GetAtt": str(dotted)} if len(node) == 1:
            yield dotted.partition(".")[0]
        case {"Fn::Sub": str(text)} if len(node) == 1:
            yield from _placeholders(text)
        case {"Fn::Sub": [str(text), dict(variables)]} if len(node) == 1:
            yield from (name for name in _placeholders(text) if name not in variables)
            yield from references(variables)
        case dict():
            for value in node.values():
                yield from references(value)
        case list():
            for value in node:
                yield from references(value)


def _placeholders(text: str) -> Iterator[str]:
    for literal, name in re.findall(PLACEHOLDER, text):
        if not literal:
            yield name.strip().partition(".")[0]


class _Planner:
    """Walks the templates from the root, nested stacks in their order."""

    def __init__(self, templates: Templates, only: Collection[Address] | None) -> None:
        self._templates = templates
        self._only = None if only is None else set(only)
        self._nested = Resolver(templates).nested
        self._steps: dict[Address, Step] = {}

    def schedule(self) -> Schedule:
        total, last = self._stack("root", 0.0, None)
        steps = sorted(self._steps.values(), key=lambda s: (s.start, s.nested is None, s.finish))
        return Schedule(tuple(steps), tuple(self._path(last)), total)

    def _stack(
        self, name: str, start: float, after: Address | None
    ) -> tuple[float, Address | None]:
        """Schedule a stack's resources; return the time when all are ready, and the last of
        them."""
        template = self._templates[name]
        waits = dependencies(template)
        finish, last = start, after
        for logical_id in _ordered(name, waits):
            address = Address(name, logical_id)
            begin, cause = start, after
            for needed in waits[logical_id]:
                step = self._steps[Address(name, needed)]
                if step.finish > begin or cause is None:
                    begin, cause = step.finish, step.address
            resource = template["Resources"][logical_id]
            self._steps[address] = self._step(address, resource, begin, cause)
            if self._steps[address].finish > finish or last is None:
                finish, last = self._steps[address].finish, address
        return finish, last

    def _step(
        self, address: Address, resource: Mapping[str, Any], start: float, after: Address | None
    ) -> Step:
        kind = resource["Type"]
        known = _usual(address.logical_id, resource)
        child = self._nested.get(address) if kind == STACK else None
        if child is None:
            seconds = known.typical if self._only is None or address in self._only else 0.0
            return Step(address, kind, known, start, start + seconds, after)
        overhead = known.typical / 2 if self._touched(child) else 0.0
        finish, last = self._stack(child, start + overhead, after)
        return Step(address, kind, known, start, finish + overhead, last, child)

    def _touched(self, name: str) -> bool:
        if self._only is None:
            return True
        children = (c for at, c in self._nested.items() if at.template == name)
        return any(a.template == name for a in self._only) or any(map(self._touched, children))

    def _path(self, last: Address | None) -> list[Address]:
        """Follow the dependencies back from the last resource; for a stack, from its last one."""
        path: list[Address] = []
        while last is not None:
            step = self._steps[last]
            if step.nested is None and step.seconds:
                path.append(last)
            last = step.after
        return path[::-1]


def _ordered(name: str, waits: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    try:
        yield from TopologicalSorter(waits).static_order()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise DeployError(
            "CAM680",
            f"the resources of template {name} depend on each other in a circle: {circle}",
            "remove one of the references; if a patch added it, change `patches`",
        ) from None


def _usual(logical_id: str, resource: Mapping[str, Any]) -> Usual:
    kind, endpoint = resource["Type"], properties(resource).get("VpcEndpointType")
    if kind == "AWS::EC2::VPCEndpoint" and endpoint in (None, "Gateway"):
        return GATEWAY_ENDPOINT
    return usual(kind, logical_id)
