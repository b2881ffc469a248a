"""Changes of single values in the text of a spec, which leave every other character as it is."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import yaml

from camformation.deploy.cloud.errors import DeployError
from camformation.diagnostics import Path
from camformation.reading import is_regular_file, read_file
from camformation.writing import write_file

STEP = "  "
Value = str | int


def check_writable(file: str) -> None:
    """Raise DeployError for a spec that is not a regular file."""
    if not is_regular_file(file):
        raise DeployError(
            "CAM788", f"{file} is not a file that can be written", "leave out --write"
        )


def write_values(file: str, values: Iterable[tuple[str, Value]]) -> list[str]:
    """Write values into a spec; return the fields that have to be written by hand. Raises
    DeployError if the file cannot be written."""
    try:
        before = read_file(file)
        text = before.decode("utf-8")
        left = []
        for field, value in values:
            changed = with_value(text, tuple(field.split(".")), value)
            if changed is None:
                left.append(field)
            text = text if changed is None else changed
        if text.encode() != before:
            write_file(file, text.encode())
    except (OSError, UnicodeDecodeError) as error:
        raise DeployError(
            "CAM788", f"{file} cannot be changed: {error}", "write the lines into it by hand"
        ) from error
    return left


def with_value(text: str, path: Path, value: Value) -> str | None:
    """Return the text with another value, or with an additional line; None if its place is not
    clear: a mapping in braces, an anchor that others refer to, several documents."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        before = yaml.safe_load(text)
        wanted = _with(before, path, value)
        changed = _replaced(text, root, path, value) or _inserted(text, root, path, value)
        return changed if changed and yaml.safe_load(changed) == wanted else None
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return None


def _replaced(text: str, root: Any, path: Path, value: Value) -> str | None:
    _, node = _find(root, path)
    if not isinstance(node, yaml.ScalarNode) or node.style in ("|", ">"):
        return None
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    style = node.style if isinstance(value, str) else None
    quoted = f"{style}{value}{style}" if style else _plain(value)
    return text[:start] + quoted + text[end:]


def _inserted(text: str, root: Any, path: Path, value: Value) -> str | None:
    """Add a line directly below its section, or a section or a top-level line at the end."""
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f"{path[-1]}: {_plain(value)}{newline}"
    key, node = _find(root, path[:-1]) if path[:-1] else (None, None)
    if key is not None:
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
            return None
        end = text.find("\n", int(key.end_mark.index)) + 1
        return text[:end] + " " * int(node.value[0][0].start_mark.column) + line + text[end:]
    if len(path) > 2:
        return None
    above = f"{path[0]}:{newline}{STEP}" if path[:-1] else ""
    return text + ("" if text.endswith("\n") or not text else newline) + above + line


def _find(node: Any, path: Path) -> tuple[Any, Any]:
    """Return the nodes of the key at a path and of its value; None where there is none."""
    key = None
    for name in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        key, node = next((pair for pair in pairs if pair[0].value == name), (None, None))
    return key, node


def _with(data: Any, path: Path, value: Value) -> Any:
    """Return data with a value at a path."""
    changed = deepcopy(data)
    section = changed
    for name in path[:-1]:
        section = section.setdefault(name, {})
    section[path[-1]] = value
    return changed


def _plain(value: Value) -> str:
    """Return a value as YAML: text stays text."""
    if isinstance(value, int):
        return str(value)
    try:
        plain = yaml.safe_load(value) == value
    except yaml.YAMLError:
        plain = False
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
