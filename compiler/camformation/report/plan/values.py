"""Values of a plan on one line, shortened if they are long."""

import json

from camformation.report.terminal_text import visible

WIDTH = 100
BEFORE = 30  # characters shown before the first difference of two long values


def value(shown: object) -> str:
    """Return a value on one line, shortened if it is long."""
    return _cut(_line(shown))


def absent(shown: object) -> str:
    """Return a value, or a word for none."""
    return "(none)" if shown is None else value(shown)


def sides(before: object, after: object) -> tuple[str, str]:
    """Return two values as `absent` does, both shortened around their first difference."""
    if before is None or after is None:
        return absent(before), absent(after)
    old, new = _line(before), _line(after)
    if old == new and before != after:  # the text "1" and the number, a line break and its symbol
        old, new = (visible(json.dumps(each, default=str)) for each in (before, after))
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    if same is None:  # one is the start of the other
        same = min(len(old), len(new))
    skipped = same - BEFORE if same > WIDTH - BEFORE else 0
    return _cut(old, skipped), _cut(new, skipped)


def _line(shown: object) -> str:
    text = str(shown).lower() if isinstance(shown, bool) else str(shown)
    return visible(text.replace("\n", "⏎"))


def _cut(text: str, skipped: int = 0) -> str:
    """Return at most WIDTH characters of a text, from `skipped` on; `…` stands for the rest."""
    if skipped and len(text) > WIDTH:
        text = f"…{text[skipped + 1 :]}"
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
