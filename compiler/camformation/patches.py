"""The checked escape hatch: RFC 6902 patches of a component's template, as the spec lists them.

A `test` operation pins what a patch expects; where the compiler has come to produce something
else, the build stops and shows both values. Patches are applied to the linked templates, so in the
flat layout to the one template there is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
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
        origins = source_map.setdefault(name, {})
        source_map[name] = _still_true(origins, templates[name], outcome)
        for operation, pointer, where in _touched(spec, (*path, "patch")):
            if operation != "remove" and _missing(outcome, pointer) is None:
                source_map[name][pointer] = where
        changed = [(name, title) for title in _changed(templates[name], outcome)]
        patched += [each for each in changed if each not in patched]
        templates[name] = outcome
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
                if _text(found) != _text(op["value"]):
                    message = f"the patch expects {_short(op['value'])} at {op['path']}"
                    hint = f"the template has {_short(found)}: see whether the patch still applies"
                    return Finding(where, "CAM212", message, hint)
            else:
                template = jsonpatch.apply_patch(template, [op])
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError):
            message = f"{op['op']} {op['path'] or '(all of it)'} does not apply"
            return Finding(where, "CAM211", message, _reason(template, op))
        if reason := _broken(template):
            message = f"{op['op']} {op['path'] or '(all of it)'} leaves no template: {reason}"
            return Finding(where, "CAM211", message)
    return template


def _reason(template: Template, op: dict[str, Any]) -> str:
    needed = "from" if op["op"] in ("move", "copy") else "value"
    if needed not in op and op["op"] != "remove":
        return f"{op['op']} takes `{needed}` too (RFC 6902)"
    adds = op["op"] in ("add", "move", "copy")
    home = op["path"].rpartition("/")[0] if adds else op["path"]
    pointers = [op["from"], home] if "from" in op else [home]
    missing = next(filter(None, (_missing(template, each) for each in pointers)), None)
    if missing or op["path"]:
        return missing or f"there is no place {op['path'].rpartition('/')[2]!r} in {home}"
    return "a template cannot do without itself"


def _broken(template: Any) -> str | None:
    """Return why something patched is no template any more, as far as the compiler relies on it."""
    if not isinstance(template, dict):
        return "it is not a mapping"
    for name in ("Resources", "Parameters", "Outputs"):
        if not isinstance(template.get(name, {}), dict):
            return f"{name} is not a mapping"
    for title, resource in template.get("Resources", {}).items():
        if not (title.isascii() and title.isalnum()):
            return f"the logical ID {title!r} has more than letters and digits"
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            return f"{title} is not a resource with a Type"
        if not isinstance(resource.get("Properties", {}), dict):
            return f"the Properties of {title} are not a mapping"
    return None if "Resources" in template else "it has no Resources"


def _still_true(origins: Mapping[str, Path], before: Template, after: Template) -> dict[str, Path]:
    """Return the places whose values a patch left as they were, and the resources that exist."""
    from jsonpointer import resolve_pointer

    def same(pointer: str) -> bool:
        if pointer.count("/") == 2:
            return _missing(after, pointer) is None
        gone = object()
        return bool(resolve_pointer(before, pointer) == resolve_pointer(after, pointer, gone))

    return {pointer: path for pointer, path in origins.items() if same(pointer)}


def _missing(template: Template, pointer: str) -> str | None:
    """Return which step of a JSON pointer leads nowhere, and what was probably meant."""
    node: Any = template
    done = ""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            known = list(node) if isinstance(node, dict) else []
            close = get_close_matches(key, known, n=1)
            better = f": did you mean {close[0]!r}?" if close else ""
            return f"there is no {key!r} in {done or 'the template'}{better}"
        done += f"/{step}"
    return None


def _changed(before: Template, after: Template) -> Iterator[str]:
    """Yield the logical IDs of resources that a patch added, changed or removed."""
    old, new = before["Resources"], after["Resources"]
    yield from (title for title in old | new if _text(old.get(title)) != _text(new.get(title)))


def _touched(spec: PatchSpec, path: Path) -> Iterator[tuple[str, str, Path]]:
    for index, operation in enumerate(spec.patch):
        if operation["op"] != "test":
            yield str(operation["op"]), str(operation["path"]), (*path, index)


def _plain(operation: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(operation)))
    return plain


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)  # as JSON sees it, 1 is not true


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
