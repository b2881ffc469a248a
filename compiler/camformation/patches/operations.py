"""One operation of a patch (RFC 6902), applied in place, or the reason why it does not apply.

What an operation adds is measured before it is added: a `copy` of a template into itself, repeated,
doubles it each time.
"""

import json
from collections.abc import Mapping
from typing import Any

from camformation.closeness import closest
from camformation.diagnostics import Finding, Path
from camformation.layout import Template
from camformation.limits import MAX_TEMPLATE_BYTES

MAX_CHARACTERS = 2 * MAX_TEMPLATE_BYTES
"""Limit on a template's size between operations; CAM201 checks the result."""
MAX_DEPTH = 100
SHALLOW = 3  # steps of a pointer to what makes a template one: /Resources/Title/Properties
ESSENTIAL = ("Resources", "Parameters", "Outputs")

Operation = dict[str, Any]


class Room:
    """Remaining growth of a template; recounted only when it seems to be used up."""

    def __init__(self) -> None:
        self._left = 0

    def has(self, template: Template, added: int) -> bool:
        """Return whether a template may grow by that many characters, and count them."""
        if added > self._left:
            self._left = MAX_CHARACTERS - size(template)[0]
        self._left -= added
        return self._left >= 0


def plain(operation: Mapping[str, Any]) -> Operation:
    """Return an operation as plain JSON, independent of the spec."""
    found: Operation = json.loads(json.dumps(dict(operation)))
    return found


def apply(template: Template, op: Operation, room: Room, where: Path) -> Template | Finding:
    """Apply an operation in place and return the template, or the reason that it does not apply."""
    import jsonpatch
    import jsonpointer

    named = f"{op['op']} {op['path'] or '(all of it)'}"
    try:
        if op["op"] == "test" and "value" in op:
            found = jsonpointer.resolve_pointer(template, op["path"])
            if not same(found, op["value"]):
                message = f"the patch expects {_short(op['value'])} at {op['path']}"
                hint = f"the template has {_short(found)}: check whether the patch still applies"
                return Finding(where, "CAM212", message, hint)
            return template
        added = _added(template, op)
        if added is not None and (reason := _too_large(template, op, added, room)):
            hint = "patch only what you need, in small operations"
            return Finding(where, "CAM216", f"{named} {reason}", hint)
        shallow = any(_is_shallow(op[key]) for key in ("path", "from") if key in op)
        whole: Template = _copied(template) if shallow else template
        whole = jsonpatch.apply_patch(whole, [op], in_place=True)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError):
        return Finding(where, "CAM211", f"{named} does not apply", _reason(template, op))
    if shallow and (broken := _broken(whole)):
        return Finding(where, "CAM211", f"{named} leaves no template: {broken}")
    return whole


def position(template: Template, operation: Operation) -> str:
    """Return an operation's position in the patched template; for elements appended to a list, the
    new index.
    """
    from jsonpointer import resolve_pointer

    pointer = str(operation["path"])
    if not pointer.endswith("/-") or "value" not in operation:
        return pointer
    items = resolve_pointer(template, pointer[:-2], [])
    listed = items if isinstance(items, list) else []
    places = [n for n, item in enumerate(listed) if same(item, operation["value"])]
    return f"{pointer[:-1]}{places[-1]}" if places else pointer


def _is_shallow(pointer: str) -> bool:
    done = steps(pointer)
    return not done or (len(done) <= SHALLOW and done[0] in ESSENTIAL)


def _copied(template: Template) -> Template:
    """Return a template whose upper mappings are copied, for operations near the top."""
    copied = dict(template)
    for name, section in template.items():
        if isinstance(section, dict):
            copied[name] = {
                title: dict(each) if isinstance(each, dict) else each
                for title, each in section.items()
            }
    return copied


def _added(template: Template, op: Operation) -> Any:
    """Return the value that an operation adds to a template, or None if it adds nothing."""
    import jsonpointer

    if op["op"] in ("add", "replace"):
        return op.get("value")
    if op["op"] in ("copy", "move") and "from" in op:
        return jsonpointer.resolve_pointer(template, op["from"])
    return None


def _too_large(template: Template, op: Operation, added: Any, room: Room) -> str | None:
    characters, depth = size(added)
    if depth + op["path"].count("/") > MAX_DEPTH:
        return f"nests values more than {MAX_DEPTH} levels deep"
    if op["op"] != "move" and not room.has(template, characters):
        return f"makes the template larger than {MAX_CHARACTERS:,} characters"
    return None


def size(value: Any) -> tuple[int, int]:
    """Return a value's approximate length as JSON, and its depth."""
    characters, deepest = 0, 0
    nodes = [(value, 0)]
    while nodes:
        node, depth = nodes.pop()
        characters += 2
        if isinstance(node, dict):
            characters += sum(len(key) + 4 for key in node)
            nodes += [(each, depth + 1) for each in node.values()]
        elif isinstance(node, list):
            nodes += [(each, depth + 1) for each in node]
        elif isinstance(node, str):
            characters += len(node)
        if depth > deepest:
            deepest = depth
    return characters, deepest


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal as JSON, where 1 is not true, but 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _reason(template: Template, op: Operation) -> str:
    needed = "from" if op["op"] in ("move", "copy") else "value"
    if needed not in op and op["op"] != "remove":
        return f"{op['op']} also needs `{needed}` (RFC 6902)"
    if op["op"] == "move" and op["path"].startswith(f"{op['from']}/"):
        return "a value cannot be moved into itself (RFC 6902)"
    adds = op["op"] in ("add", "move", "copy")
    home = op["path"].rpartition("/")[0] if adds else op["path"]
    pointers = [op["from"], home] if "from" in op else [home]
    lost = next(filter(None, (missing(template, each) for each in pointers)), None)
    if lost and op["op"] == "replace" and "did you mean" not in lost:
        above = op["path"].rpartition("/")[0]
        return f"{lost}: use add" if missing(template, above) is None else lost
    if lost or op["path"]:
        return lost or _no_place(template, home, op["path"].rpartition("/")[2])
    return "the whole template cannot be removed"


def _broken(template: Any) -> str | None:
    """Return why a patched template is no longer valid for the compiler."""
    if not isinstance(template, dict):
        return "it is not a mapping"
    for name in ESSENTIAL:
        if not isinstance(template.get(name, {}), dict):
            return f"{name} is not a mapping"
    for title, resource in template.get("Resources", {}).items():
        if not (title.isascii() and title.isalnum()):
            return f"the logical ID {title!r} has characters other than letters and digits"
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            return f"{title} is not a resource with a Type"
        if not isinstance(resource.get("Properties", {}), dict):
            return f"the Properties of {title} are not a mapping"
    return None if "Resources" in template else "it has no Resources"


def _no_place(template: Template, home: str, step: str) -> str:
    import jsonpointer

    node = jsonpointer.resolve_pointer(template, home)
    said = f"there is no place {step!r} in {home}"
    if isinstance(node, list):
        return f"{said}: it has entries {_numbered(node)}, and {home}/- adds one"
    return said


def _numbered(entries: list[Any]) -> str:
    return f"0 to {len(entries) - 1}" if entries else "none"


def steps(pointer: str) -> list[str]:
    """Return the steps of a JSON pointer (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def missing(template: Template, pointer: str) -> str | None:
    """Return the step of a JSON pointer that does not exist, and a suggestion."""
    node: Any = template
    done = ""
    for key, step in zip(steps(pointer), pointer.split("/")[1:], strict=True):
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            close = closest(key, node) if isinstance(node, dict) else None
            better = f": did you mean {close!r}?" if close else ""
            if isinstance(node, list):
                better = f": it is a list, with entries {_numbered(node)}"
            return f"there is no {key!r} in {done or 'the template'}{better}"
        done += f"/{step}"
    return None


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 200 else f"{text[:197]}..."
