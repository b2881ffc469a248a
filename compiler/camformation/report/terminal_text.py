"""Safe text for a terminal: control and hidden characters are written out.

Content of specs, file names and stacks appears in messages. An escape sequence there could colour,
move or forge them, and a bidirectional control could reorder them (Trojan Source, CVE-2021-42574).
"""

import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_COMMANDS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 except tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional controls (UAX 9), deprecated
    "\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # breaks, invisible
    "\ud800-\udfff"  # half a character, such as a byte of a file name that is not UTF-8
)
_IN_TEXT = f"[{_COMMANDS}]"  # compiled on demand: it is rarely needed
_IN_LINE = f"[\n{_COMMANDS}]"


def visible(text: str) -> str:
    """Return text as one line, every character of it to be seen, as in `\\x1b` and `\\u202e`."""
    return text if text.isascii() and text.isprintable() else re.sub(_IN_LINE, _written, text)


def visible_lines(text: str) -> str:
    """Return text of several lines with every character visible."""
    plain = text.isascii() and text.replace("\n", "").isprintable()
    return text if plain else re.sub(_IN_TEXT, _written, text)


def visible_data(value: T) -> T:
    """Return data with every text in it as `visible_lines`; the same object if nothing differs.

    For reports in colours: afterwards only our own escape sequences remain.
    """
    found: Any = value
    if isinstance(value, Enum) or found is None:
        return value
    if isinstance(value, str):
        found = visible_lines(value)
        return value if found == value else found
    if isinstance(value, Mapping):
        found = {visible_data(key): visible_data(each) for key, each in value.items()}
        return value if _all_same(value.items(), found.items()) else found
    if isinstance(value, list | tuple | set | frozenset):
        each_visible = [visible_data(each) for each in value]
        if all(a is b for a, b in zip(value, each_visible, strict=True)):
            return value
        named = hasattr(value, "_fields")
        return type(value)(*each_visible) if named else type(value)(each_visible)
    if is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in fields(value)]
        changed = {
            name: now
            for name in names
            if (now := visible_data(before := getattr(value, name))) is not before
        }
        if not changed:
            return value
        found = copy(value)
        state = {name: getattr(value, name) for name in names} | changed
        found.__dict__.clear()  # of what was computed from the fields, too
        found.__dict__.update(state)
        return found  # type: ignore[no-any-return]
    return value


def readable(report: Callable[P, T]) -> Callable[P, T]:
    """Make a report show all of its input as `visible_data`."""

    @wraps(report)
    def shown(*args: P.args, **kwargs: P.kwargs) -> T:
        given: Any = map(visible_data, args)
        return report(*given, **kwargs)

    return shown


def _all_same(before: Any, after: Any) -> bool:
    return all(a is c and b is d for (a, b), (c, d) in zip(before, after, strict=True))


def columns(text: str) -> int:
    """Return the width of visible text in columns of a terminal (UAX 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text
    )


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    short = {"\n": "\\n", "\r": "\\r"}.get(found[0])
    return short or (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )
