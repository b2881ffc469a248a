"""Rewriting of a unit's values for a template.

A view replaces imports, references replace open values, and the paths of the spec's own values are
recorded in the source map.
"""

from collections.abc import Callable, Iterable
from typing import Any

from camformation.diagnostics import Path
from camformation.specs import Number, Open, Real, Text
from camformation.units import IMPORT, Assembly, Export, Parameter, Unit, Value, opened

SourceMap = dict[str, dict[str, Path]]
"""Template name -> JSON pointer (RFC 6901) into the template -> path of the spec."""

View = Callable[[Export | Parameter], Any]
"""View of values of other units and of parameters from one template."""

_AS_IT_IS = frozenset((str, int, bool))
_PLAIN: dict[type, Callable[[Any], Any]] = {Text: str, Number: int, Real: float}


def json_pointer(steps: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    names = [str(step) for step in steps]
    text = "/".join(["", *names])
    if "~" not in text and text.count("/") == len(names):  # as most are: nothing to escape
        return text
    return "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names)


class Linker:
    """Replaces imports with a view's values, and records which values come from the spec."""

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
        """Return the unit's resources as written in the named template."""
        origins = self.source_map.setdefault(template, {})
        linked = {}
        for name, resource in unit.resources.items():
            origins[f"/Resources/{name}"] = unit.sections[name]
            linked[name] = self._visit(resource, view, ["Resources", name], origins)
        return linked

    def value(self, value: Value | Any, view: View) -> Any:
        """Return a value rewritten for the view's template."""
        return self._visit(value, view, [], {})

    def _visit(self, node: Any, view: View, trail: list[Any], origins: dict[str, Path]) -> Any:
        kind = type(node)
        if kind is dict:
            if IMPORT in node:
                return self._visit(view(self._exports[node[IMPORT]]), view, trail, origins)
            visited = {}
            for key, value in node.items():
                if type(value) in _AS_IT_IS:  # most are: no call for them
                    visited[key] = value
                    continue
                trail.append(key)
                visited[key] = self._visit(value, view, trail, origins)
                trail.pop()
            return visited
        if kind is list or kind is tuple:
            items: list[Any] = []
            for index, value in enumerate(node):
                if type(value) in _AS_IT_IS:
                    items.append(value)
                    continue
                trail.append(index)
                items.append(self._visit(value, view, trail, origins))
                trail.pop()
            return items
        if kind in _AS_IT_IS:
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
