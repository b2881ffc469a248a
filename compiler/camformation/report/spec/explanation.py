"""Explanations as text for a terminal."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def as_text(found: dict[str, Any]) -> str:
    """Return an explanation as text for a terminal."""
    return "\n".join(_text(found)) + "\n"


def overview_text(found: dict[str, Any]) -> str:
    """Return the subjects that can be explained, as text for a terminal."""
    lines = ["Fields of a spec; those of a section are written database.engine_version:"]
    lines += [*_table(found["spec"]), "", "Fields of a fleet file, written fleet.waves:"]
    lines += [
        *_table(found["fleet"]),
        "",
        "Codes by topic; for example, CAM6 lists the codes that start with CAM6:",
    ]
    return "\n".join([*lines, *_table(found["codes"])]) + "\n"


def _table(rows: Mapping[str, str]) -> Iterator[str]:
    width = max(map(len, rows)) + 2
    yield from (f"  {key:<{width}}{title}" for key, title in rows.items())


def _text(found: dict[str, Any]) -> Iterator[str]:
    severity = f" ({found['severity']})" if "severity" in found else ""
    subject = next(found[kind] for kind in ("code", "field", "range") if kind in found)
    yield f"{subject}: {found['title']}{severity}"
    if found.get("text"):
        yield from _wrapped(found["text"])
    details = {
        key: found[key]
        for key in (
            "type", "unit", "default", "defaults", "allowed", "pattern", "minimum", "maximum",
            "examples", "affects", "change", "open",
        )
        if key in found
    }  # fmt: skip
    if details:
        yield ""
    for key, value in details.items():
        if key == "defaults":
            yield from (f"{'':10}{json.dumps(each)} ({layer})" for layer, each in value.items())
        else:
            yield f"{key + ':':10}{_inline(value)}"
    for kind in ("keys", "codes"):
        if kind in found:
            yield ""
            yield f"{kind}:"
            yield from _table(found[kind])


def _wrapped(text: str) -> Iterator[str]:
    from textwrap import wrap

    for paragraph in text.split("\n\n"):
        yield ""
        if paragraph.startswith(("    ", "```", "- ", "| ")):
            yield from paragraph.split("\n")
        else:
            yield from wrap(paragraph, 90)


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(each if isinstance(each, str) else json.dumps(each) for each in value)
    return json.dumps(value)
