"""Application of a spec's patches to the linked templates, and checks of the result."""

from collections.abc import Iterable, Iterator, Mapping

from camformation.components.stack_spec import PatchSpec
from camformation.diagnostics import Finding, Path
from camformation.layout import ROOT, Layout, Linked, Template, Templates, logical_id
from camformation.patches.anatomy import refused
from camformation.patches.exports import exports_of, order_of, written_out
from camformation.patches.operations import Room, apply, missing, plain, position, same
from camformation.patches.outcome import Step, unresolved
from camformation.patches.scope import Owners, made, out_of_scope
from camformation.references import all_references, section
from camformation.schema import copied
from camformation.units import Assembly

Patched = list[tuple[str, str]]
"""(template, logical ID) of every patched resource."""


def apply_patches(
    linked: Linked, patches: Iterable[PatchSpec], layout: Layout, assembly: Assembly
) -> tuple[Linked, Patched, list[Finding]]:
    """Return the patched templates, the patched resources, and all findings on patches."""
    owners: Owners = {unit.name: unit.resources.keys() for unit in assembly.units if unit.resources}
    exports, order = exports_of(assembly), order_of(assembly)
    known: list[tuple[Path, PatchSpec]] = []
    failed: list[Finding] = []
    strayed: list[Finding] = []
    for index, spec in enumerate(patches):
        if spec.component == ROOT or spec.component in owners:
            known.append((("patches", index, "patch"), spec))
            continue
        message = f"there is no component {str(spec.component)!r}"
        hint = f"one of {', '.join([ROOT, *owners])}"
        failed.append(Finding(("patches", index, "component"), "CAM210", message, hint))
    made_by: dict[str, set[str]] = {}
    for _, spec in known:
        made_by.setdefault(str(spec.component), set()).update(made(spec))
    for path, spec in known:
        strayed += out_of_scope(spec, made_by, owners, exports, order, layout, path)
    templates, steps, unapplied = _applied(linked, known, layout)
    if layout is Layout.NESTED:
        _pass_on(templates, {step.template for step in steps})
    elsewhere = {each.path for each in strayed}
    failed += [each for each in unapplied if each.path not in elsewhere] + strayed
    if not failed:  # else what is refused or broken is a consequence
        failed += refused(linked.templates, templates, steps)
    if not failed:
        home = {title: owner for owner, titles in owners.items() for title in titles}
        failed += unresolved(linked.templates, templates, steps, home)
    if failed:
        return linked, [], failed
    names = list(dict.fromkeys(step.template for step in steps))
    source_map = {name: dict(origins) for name, origins in linked.source_map.items()}
    for name in names:
        origins = source_map.setdefault(name, {})
        source_map[name] = _still_true(origins, linked.templates[name], templates[name])
    for step in steps:
        pointer = position(templates[step.template], step.operation)
        if step.operation["op"] != "remove" and missing(templates[step.template], pointer) is None:
            source_map[step.template][pointer] = step.path
    patched = [
        (name, title)
        for name in names
        for title in _changed(linked.templates[name], templates[name])
    ]
    return Linked(templates, source_map, linked.used), patched, []


def _applied(
    linked: Linked, patches: Iterable[tuple[Path, PatchSpec]], layout: Layout
) -> tuple[Templates, list[Step], list[Finding]]:
    """Return patched copies of the templates, the operations that changed them, and failures.

    A patch ends at the first operation that fails; later patches see its earlier operations.
    """
    templates = dict(linked.templates)
    rooms: dict[str, Room] = {}
    steps: list[Step] = []
    failed: list[Finding] = []
    for path, spec in patches:
        name = ROOT if layout is Layout.FLAT else str(spec.component)
        if name not in rooms:
            rooms[name] = Room()
            templates[name] = copied(templates[name])
        values = linked.read if spec.component != ROOT else {}
        for index, operation in enumerate(map(plain, spec.patch)):
            where = (*path, index)
            if values and "value" in operation:
                operation["value"] = written_out(operation["value"], values)
            given = plain(operation)  # what is added becomes the template's
            outcome = apply(templates[name], given, rooms[name], where)
            if isinstance(outcome, Finding):
                failed.append(outcome)
                break
            templates[name] = outcome
            if operation["op"] != "test":
                steps.append(Step(name, operation, where))
    return templates, steps, failed


def _pass_on(templates: Templates, patched: Iterable[str]) -> None:
    """Pass the root's parameters to the stacks whose patches name them, as the linker would."""
    root = templates[ROOT] = dict(templates[ROOT])
    parameters = section(root, "Parameters")
    for name in sorted(set(patched) - {ROOT}):
        template, title = templates[name], logical_id(name)
        stack = section(root, "Resources").get(title)
        known = section(template, "Parameters").keys() | section(template, "Resources").keys()
        named = {each.name for _, each in all_references(template) if not each.attribute}
        wanted = sorted((named & parameters.keys()) - known)
        if not wanted or not stack:
            continue
        properties = dict(section(stack, "Properties"))
        given = {each: {"Ref": each} for each in wanted}
        properties["Parameters"] = section(properties, "Parameters") | given
        root["Resources"] = root["Resources"] | {title: stack | {"Properties": properties}}
        types = {each: {"Type": parameters[each]["Type"]} for each in wanted}
        template["Parameters"] = section(template, "Parameters") | types


def _still_true(origins: Mapping[str, Path], before: Template, after: Template) -> dict[str, Path]:
    """Return the paths whose values a patch did not change, and the existing resources."""
    from jsonpointer import resolve_pointer

    def kept(pointer: str) -> bool:
        if pointer.count("/") == 2:
            return missing(after, pointer) is None
        gone = object()
        return same(resolve_pointer(before, pointer), resolve_pointer(after, pointer, gone))

    return {pointer: path for pointer, path in origins.items() if kept(pointer)}


def _changed(before: Template, after: Template) -> Iterator[str]:
    """Yield the logical IDs of resources that a patch added, changed or removed."""
    old, new = before["Resources"], after["Resources"]
    yield from (title for title in old | new if not same(old.get(title), new.get(title)))
