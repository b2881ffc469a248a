"""Values of other components that a component's patch may read, in either layout.

Nested stacks are passed what others export as parameters, such as `NetworkVpcId`. A patch may name
any of them: nested, the linker passes it; in the flat layout its value stands in its place.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from camformation.components.stack_spec import PatchSpec
from camformation.layout import Reads, export_names
from camformation.patches.operations import plain
from camformation.references import references
from camformation.schema import copied
from camformation.units import Assembly


def reads_of(patches: Iterable[PatchSpec], assembly: Assembly) -> Reads:
    """Return the exports of other components that each component's patches name.

    A component reads those before it: the others wait for it.
    """
    exports = export_names(assembly)
    order = order_of(assembly)
    found: dict[str, set[str]] = {}
    for spec in patches:
        component = str(spec.component)
        if component not in order:
            continue
        for operation in spec.patch:
            for each in references(plain(operation).get("value")):
                export = exports.get(each.name)
                if export and not each.attribute and order[export.unit] < order[component]:
                    found.setdefault(component, set()).add(each.name)
    return {component: sorted(names) for component, names in found.items()}


def order_of(assembly: Assembly) -> dict[str, int]:
    """Return the order of components, in which none waits for a later one."""
    return {unit.name: place for place, unit in enumerate(assembly.units) if unit.resources}


def exports_of(assembly: Assembly) -> dict[str, list[str]]:
    """Return the names of the exports of each resource, the simplest first."""
    found: dict[str, list[str]] = {}
    for name, export in sorted(export_names(assembly).items()):
        match getattr(export.value, "data", None):
            case {"Ref": str() as title}:
                found.setdefault(title, []).insert(0, name)
            case {"Fn::GetAtt": [str() as title, *_]}:
                found.setdefault(title, []).append(name)
    return found


def written_out(node: Any, values: Mapping[str, Any]) -> Any:
    """Return a value in which names of other components' exports are replaced with the exports."""
    if isinstance(node, list):
        return [written_out(each, values) for each in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"Ref": str() as name} if len(node) == 1 and name in values:
            return copied(values[name])
        case {"Fn::Sub": text} if len(node) == 1:
            named = {each.name for each in references(node) if each.function == "Fn::Sub"}
            if wanted := {name: copied(values[name]) for name in named & values.keys()}:
                words, own = (text[0], text[1]) if isinstance(text, list) else (text, {})
                own = {name: written_out(each, values) for name, each in own.items()}
                return {"Fn::Sub": [words, own | wanted]}
    return {key: written_out(each, values) for key, each in node.items()}
