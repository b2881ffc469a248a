"""What a rule or a field of the spec means: the text behind `camformation explain`."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from inspect import cleandoc
from typing import Any

from camformation.assets import asset
from camformation.codes import CODES
from camformation.resolve import fragment
from camformation.rules.everything import RULES
from camformation.schema import FLEET, SPEC, Schema, resolved, schema


class Unknown(Exception):
    """There is no such rule or field; the message says so and suggests one."""


def explain(subject: str) -> dict[str, Any]:
    """Return what there is to say about a code or a dotted path; raise `Unknown`."""
    if subject[:3].upper() == "CAM" and subject[3:].isdigit():
        return _code(subject.upper())
    return _field(subject.strip("."))


def _code(code: str) -> dict[str, Any]:
    if code in RULES:
        rule = RULES[code]
        return {
            "code": code,
            "title": rule.title,
            "severity": rule.severity.value,
            "text": cleandoc(rule.text),
        }
    if code in CODES:
        title, text = CODES[code]
        return {"code": code, "title": title, "text": text}
    raise Unknown(f"there is no code {code}; the rules are {min(RULES)} to {max(RULES)}")


def _field(subject: str) -> dict[str, Any]:
    steps = [step.partition("[")[0] for step in subject.split(".")]
    language = FLEET if steps[0] == FLEET else SPEC  # no field of a spec is called so
    first = int(language == FLEET)
    part: Schema = schema(language)
    for depth, step in enumerate(steps[first:], first):
        keys = _keys(part, language)
        if not keys and isinstance(values := part.get("additionalProperties"), dict):
            part = resolved(values, language)
            continue
        if step not in keys:
            within = ".".join(steps[:depth]) or "a spec"
            close = get_close_matches(step, keys, n=1)
            better = f"did you mean {'.'.join([*steps[:depth], *close])}?" if close else ""
            options = f"it has {', '.join(keys)}" if keys else "it has no keys"
            raise Unknown(f"{within} has no key {step!r}: {better or options}")
        part = resolved(keys[step], language)
    layered = _layered(steps) if language == SPEC else {}
    found: dict[str, Any] = {
        "field": subject,
        "title": part.get("title", ""),
        "text": part.get("description", ""),
        "type": _type(part, language),
    }
    if "default" in part or layered:
        found["default"] = part.get("default")
        found |= {"defaults": layered} if layered else {}
    for keyword, name in (
        ("enum", "allowed"),
        ("pattern", "pattern"),
        ("minimum", "minimum"),
        ("maximum", "maximum"),
        ("x-unit", "unit"),
        ("x-affects", "affects"),
        ("x-change", "change"),
        ("examples", "examples"),
    ):
        if keyword in part:
            found[name] = part[keyword]
    if "x-open" in part:
        found["open"] = "can be left open until deployment, with `parameters`"
    if keys := _keys(part, language):
        found["keys"] = {
            key: resolved(each, language).get("title", "") for key, each in keys.items()
        }
    return found


def _keys(part: Schema, language: str) -> dict[str, Schema]:
    part = resolved(part, language)
    items = part.get("items")
    return part.get("properties") or (_keys(items, language) if isinstance(items, dict) else {})


def _type(part: Schema, language: str) -> str:
    kinds = part.get("type")
    if not kinds:
        options = [
            _type(resolved(each, language), language)
            for each in part.get("anyOf") or part.get("oneOf") or ()
        ]
        return " or ".join(dict.fromkeys(options)) or "any"
    return kinds if isinstance(kinds, str) else " or ".join(map(str, kinds))


def _layered(steps: list[str]) -> dict[str, Any]:
    """Return the default of each profile and version that has one of its own."""
    found = {}
    for folder in ("profiles", "versions"):
        for file in sorted(asset("schemas", folder).glob("*.yaml")):
            value: Any = fragment(folder, file.stem)
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            if value is not None and not isinstance(value, dict):
                found[f"{folder[:-1]} {file.stem}"] = value
    return found


def as_text(found: dict[str, Any]) -> str:
    """Return an explanation as text for a terminal."""
    return "\n".join(_text(found)) + "\n"


def _text(found: dict[str, Any]) -> Iterator[str]:
    severity = f" ({found['severity']})" if "severity" in found else ""
    yield f"{found.get('code') or found['field']}: {found['title']}{severity}"
    if found["text"]:
        yield ""
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
    if "keys" in found:
        width = max(map(len, found["keys"])) + 2
        yield ""
        yield "keys:"
        yield from (f"  {key:<{width}}{title}" for key, title in found["keys"].items())


def _wrapped(text: str) -> Iterator[str]:
    from textwrap import wrap

    for paragraph in text.split("\n\n"):
        if paragraph.startswith(("    ", "```", "- ", "| ")):
            yield from paragraph.split("\n")
        else:
            yield from wrap(paragraph, 90)
        yield ""


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(each if isinstance(each, str) else json.dumps(each) for each in value)
    return json.dumps(value)
