"""Text that a terminal shows as it is: characters that would command it, or hide, are written out.

What people write into specs, file names and stacks ends in messages. An escape sequence there could
colour, move or forge them, a bidirectional control reorder them (Trojan Source, CVE-2021-42574).
"""

import re

_COMMANDS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but for tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional controls (UAX 9), deprecated
    "\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # breaks, invisible
    "\ud800-\udfff"  # half a character, such as a byte of a file name that is not UTF-8
)
_IN_TEXT = re.compile(f"[{_COMMANDS}]")
_IN_LINE = re.compile(f"[\n{_COMMANDS}]")


def visible(text: str) -> str:
    """Return text as one line, every character of it to be seen, as in `\\x1b` and `\\u202e`."""
    return text if text.isascii() and text.isprintable() else _IN_LINE.sub(_written, text)


def visible_lines(text: str) -> str:
    """Return text of several lines, every character of it to be seen."""
    return text if text.isascii() and text.isprintable() else _IN_TEXT.sub(_written, text)


def columns(text: str) -> int:
    """Return how many columns of a terminal text takes that is visible (UAX 11)."""
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
