"""The scope of a component's patch: only its own component, so that both layouts mean the same.

In the flat layout all resources share one template, so a patch of one component could reach any
other's; nested, each component has a template of its own.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from camformation.components.stack_spec import PatchSpec
from camformation.diagnostics import Finding, Path
from camformation.layout import ROOT, Layout
from camformation.patches.operations import plain, steps
from camformation.references import references

Owners = Mapping[str, Set[str]]
"""The logical IDs of each component's resources."""

NAMING = ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::FindInMap", "Fn::If", "DependsOn")


def out_of_scope(
    spec: PatchSpec,
    made_by: Owners,
    owners: Owners,
    exports: Mapping[str, Sequence[str]],
    order: Mapping[str, int],
    layout: Layout,
    path: Path,
) -> Iterator[Finding]:
    """Yield a component's patch operations that change, or refer to, another component.

    `made_by` has the resources that patches give each component, `exports` the names of what
    components export about theirs, to those behind them in `order`. `root` is free: it has another
    template in each layout.
    """
    component = str(spec.component)
    if component == ROOT:
        return
    others = {
        title: owner
        for group in (made_by, owners)
        for owner, titles in group.items()
        if owner not in (component, ROOT)
        for title in titles
    }
    own = owners[component] | made_by[component]
    for index, operation in enumerate(map(plain, spec.patch)):
        where = (*path, index)
        if strays := _strays(operation, others, own - made_by[component]):
            owner = others[strays]
            yield Finding(
                where,
                "CAM214",
                f"{strays} is a resource of {owner}, not of {component}",
                f"make it a patch of {owner}, or choose another logical ID"
                if len(steps(operation["path"])) == 2
                else f"make it a patch of {owner}",
            )
            continue
        if operation["op"] == "test":  # placed there by the linker, which is allowed
            continue
        for name in sorted((_names(operation) & others.keys()) - own):
            yield Finding(
                where,
                "CAM214",
                f"a patch of {component} names {name}, which is a resource of {others[name]}: "
                "with nested stacks, it is in another template",
                _way_out(
                    exports.get(name, ()) if order[others[name]] < order[component] else (),
                    others[name],
                ),
            )
        if layout is Layout.FLAT and operation["op"] in ("add", "replace"):
            yield from _not_passed(component, operation, where)


def _way_out(exports: Sequence[str], owner: str) -> str:
    if exports:
        names = " or ".join(f"{{Ref: {name}}}" for name in exports[:3])
        return f"{names} reads it in both layouts"
    return f"write the value itself, such as its ARN or name, or do it in a patch of {owner}"


def _strays(operation: Mapping[str, Any], others: Mapping[str, str], own: Set[str]) -> str | None:
    """Return the resource of another component that an operation is about."""
    for pointer in (operation["path"], operation.get("from", "")):
        match steps(pointer):
            case ["Resources", title, *_] if title in others and title not in own:
                return title
    return None


def _not_passed(component: str, operation: Mapping[str, Any], where: Path) -> Iterator[Finding]:
    match steps(operation["path"]), operation.get("value"):
        case ["Parameters", name], dict() as definition if "Default" not in definition:
            yield Finding(
                where,
                "CAM213",
                f"{component} has the parameter {name} without a default or a value",
                "give it a Default",
            )


def made(spec: PatchSpec) -> Iterator[str]:
    """Yield the logical IDs of resources that a patch may make."""
    for operation in map(plain, spec.patch):
        match steps(operation["path"]), operation["op"]:
            case ["Resources", title], "add" | "copy" | "move":
                yield title


def _names(operation: Mapping[str, Any]) -> set[str]:
    """Return the references in an operation's value, wherever in a resource it is put."""
    value: Any = operation.get("value")
    for step in reversed(steps(operation["path"])):
        if step in NAMING:
            value = {step: value}
            break
        if not step.isdecimal() and step != "-":
            break
        value = [value]
    return {each.name for each in references(value)} | set(_waits(value))


def _waits(value: Any) -> Iterator[str]:
    """Yield the names in `DependsOn` of a value that is or contains resources."""
    if isinstance(value, list):
        for each in value:
            yield from _waits(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "DependsOn":
                yield from _texts(each)
            else:
                yield from _waits(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
