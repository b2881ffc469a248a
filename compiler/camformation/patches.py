"""The checked escape hatch: RFC 6902 patches of a component's template, as the spec lists them.

A `test` operation pins what a patch expects; where the compiler has come to produce something
else, the build stops and shows both values. Patches are applied to the linked templates, so in the flat layout
to the one template there is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from camformation.deployment import PatchSpec
from camformation.diagnostics import Finding, Path
from camformation.layout import ROOT, Layout, Linked, Template, Templates

Patched = list[tuple[str, str]]
"""(template, logical ID) of every patched resource."""


def apply_patches(
    linked: Linked, patches: Iterable[PatchSpec], layout: Layout, components: Iterable[str]
) -> tuple[Linked, Patched, list[Finding]]:
    """Return the patched templates, what was patched, and every patch that does not apply."""
    templates: Templates = dict(linked.templates)
    source_map = {name: dict(origins) for name, origins in linked.source_map.items()}
    patched: Patched = []
    findings: list[Finding] = []
    for index, spec in enumerate(patches):
        path: Path = ("patches", index)
        if spec.component != ROOT and spec.component not in components:
            known = ", ".join([ROOT, *components])
            message = f"there is no component {str(spec.component)!r}"
            findings.append(Finding((*path, "component"), "CAM210", message, f"one of {known}"))
            continue
        name = ROOT if layout is Layout.FLAT else str(spec.component)
        outcome = _apply(templates[name], spec, (*path, "patch"))
        if isinstance(outcome, Finding):
            findings.append(outcome)
            continue
        templates[name] = outcome
        for pointer, where in _touched(spec, (*path, "patch")):
            source_map.setdefault(name, {})[pointer] = where
            steps = pointer.split("/")
            if len(steps) > 2 and steps[1] == "Resources" and (name, steps[2]) not in patched:
                patched.append((name, steps[2]))
    return Linked(templates, source_map), patched, findings


def _apply(template: Template, spec: PatchSpec, path: Path) -> Template | Finding:
    import jsonpatch
    import jsonpointer

    for index, operation in enumerate(spec.patch):
        op = _plain(operation)
        where = (*path, index)
        try:
            if op["op"] == "test" and "value" in op:
                found = jsonpointer.resolve_pointer(template, op["path"])
                if found != op["value"]:
                    message = f"the patch expects {_short(op['value'])} at {op['path']}"
                    hint = f"the template has {_short(found)}: see whether the patch still applies"
                    return Finding(where, "CAM212", message, hint)
            template = jsonpatch.apply_patch(template, [op])
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            return Finding(where, "CAM211", f"{op['op']} {op['path']} does not apply: {error}")
    return template


def _touched(spec: PatchSpec, path: Path) -> Iterator[tuple[str, Path]]:
    for index, operation in enumerate(spec.patch):
        if operation["op"] != "test":
            yield str(operation["path"]), (*path, index)


def _plain(operation: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(operation)))
    return plain


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 200 else f"{text[:197]}..."
