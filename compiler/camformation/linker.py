"""Visit every value of a unit on its way into a template.

Imports become what a view makes of them, values that are left open become references, and the
spec's own values are noted: that is the source map.
"""

from collections.abc import Callable, Iterable
from typing import Any

from camformation.diagnostics import Path
from camformation.specs import Number, Open, Real, Text
from camformation.units import IMPORT, Assembly, Export, Parameter, Unit, Value, opened

SourceMap = dict[str, dict[str, Path]]
"""Template name -> JSON pointer (RFC 6901) into the template -> path of the spec."""

View = Callable[[Export | Parameter], Any]
"""What a value of another unit, or a parameter, looks like from a template."""

_PLAIN: dict[type, Callable[[Any], Any]] = {Text: str, Number: int, Real: float}


def json_pointer(steps: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


class Linker:
    """Replaces imports by what a view makes of them, and notes which values are the spec's own."""

    def __init__(self, assembly: Assembly) -> None:
        self.source_map: SourceMap = {}
        self.used: set[str] = set()
        self._exports = {
            f"{unit.name}.{export.name}": export
            for unit in assembly.units
            for export in unit.exports.values()
        }
        self._parameters = {each.name: each for each in assembly.parameters}

    def resources(self, unit: Unit, template: str, view: View) -> dict[str, Any]:
        """Return the unit's resources as they stand in the template of that name."""
        origins = self.source_map.setdefault(template, {})
        linked = {}
        for name, resource in unit.resources.items():
            origins[f"/Resources/{name}"] = unit.sections[name]
            linked[name] = self._visit(resource, view, ["Resources", name], origins)
        return linked

    def value(self, value: Value | Any, view: View) -> Any:
        """Return a value as the view has it."""
        return self._visit(value, view, [], {})

    def _visit(self, node: Any, view: View, trail: list[Any], origins: dict[str, Path]) -> Any:
        kind = type(node)
        if kind is dict:
            if IMPORT in node:
                return self._visit(view(self._exports[node[IMPORT]]), view, trail, origins)
            visited = {}
            for key, value in node.items():
                if type(value) is str:  # most are: no call for them
                    visited[key] = value
                    continue
                trail.append(key)
                visited[key] = self._visit(value, view, trail, origins)
                trail.pop()
            return visited
        if kind is list or kind is tuple:
            items = []
            for index, value in enumerate(node):
                trail.append(index)
                items.append(self._visit(value, view, trail, origins))
                trail.pop()
            return items
        if kind is str or kind is int or kind is bool:
            return node
        if kind in _PLAIN:
            origins[json_pointer(trail)] = node.path
            return _PLAIN[kind](node)
        if isinstance(node, Open):
            origins[json_pointer(trail)] = node.path
            self.used.add(node.parameter)
            return view(self._parameters[node.parameter])
        inner = opened(node)
        return node if inner is node else self._visit(inner, view, trail, origins)
