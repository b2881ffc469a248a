"""Explanations of codes and fields, as data: the content of `camformation explain`."""

import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any

from camformation.assets import asset
from camformation.closeness import closest
from camformation.codes import CODES
from camformation.diagnostics import MAX_QUOTED, quoted, shortened
from camformation.resolve import fragment
from camformation.rules.everything import RULES
from camformation.schema import FLEET, SPEC, Schema, resolved, schema

RANGES: Mapping[str, str] = {
    "CAM0": "Reading and resolving specs, writing the output",
    "CAM1": "Rules for specs",
    "CAM2": "More rules for specs; limits of CloudFormation, IAM and ECS; patches, parameters",
    "CAM3": "Linters",
    "CAM5": "Uploading templates",
    "CAM6": "Planning, deploying, destroying",
    "CAM7": "Fleet files, and specs for StackSets; more about plans, operating, diagnosing, "
    "recovering",
}
"""Topics of the codes, by their first digits."""

LIST = "`camformation explain"


class Unknown(Exception):
    """There is no such rule or field; the message says so and suggests one."""


def explain(subject: str) -> dict[str, Any]:
    """Return the explanation of a code, a range of codes or a dotted path.

    A range is written as CAM6 or CAM6xx. Raises `Unknown`.
    """
    if found := re.fullmatch(r"CAM(\d*)(X*)", subject.upper()):
        digits, rest = found.groups()
        if rest and len(digits + rest) > 3:
            raise Unknown(f"there is no code {quoted(subject)}: did you mean {_nearest(digits)}?")
        return _code(f"CAM{digits}") if len(digits) > 2 else _range(f"CAM{digits}")
    return _field(subject.strip("."))


def overview() -> dict[str, Any]:
    """Return all subjects: the sections of a spec and of a fleet file, and ranges of codes."""
    return {
        **{
            name: {key: resolved(each, language).get("title", "")
                   for key, each in _keys(schema(language), language).items()}
            for name, language in (("spec", SPEC), ("fleet", FLEET))
        },
        "codes": {f"{start:x<6}": about for start, about in RANGES.items()},
    }  # fmt: skip


def subjects(language: str = SPEC) -> Iterator[str]:
    """Yield the dotted path of every field of a language."""
    return _paths(schema(language), language, "" if language == SPEC else f"{language}.")


def _paths(part: Schema, language: str, prefix: str) -> Iterator[str]:
    part = resolved(part, language)
    for option in (part, *part.get("anyOf", ())):
        for name, each in _keys(option, language).items():
            yield f"{prefix}{name}"
            yield from _paths(each, language, f"{prefix}{name}.")


def titles() -> dict[str, str]:
    """Return the title of every code, in their order."""
    found = {code: title for code, (title, _) in CODES.items()}
    found |= {code: rule.title for code, rule in RULES.items()}
    return dict(sorted(found.items()))


def _nearest(digits: str) -> str:
    """Return the code or the range that these digits name, or start with."""
    code = f"CAM{digits}"
    if len(digits) > 2:
        return code if code in titles() else f"{code[:4]:x<6}"
    return f"{code:x<6}"


def _range(start: str) -> dict[str, Any]:
    found = {code: title for code, title in titles().items() if code.startswith(start)}
    if not found:
        raise Unknown(f"there are no codes {shortened(start):x<6}; {LIST}` lists the ranges")
    return {"range": f"{start:x<6}", "title": RANGES.get(start[:4], "All codes"), "codes": found}


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
    start = code[:4] if code[:4] in RANGES else "CAM"
    raise Unknown(f"there is no code {shortened(code)}; {LIST} {start}` lists the codes")


def _field(subject: str) -> dict[str, Any]:
    if len(subject) > MAX_QUOTED:
        raise Unknown(
            f"no field has a name as long as {quoted(subject, 60)}; {LIST}` lists some fields"
        )
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
            near = closest(step, keys)
            meant = [".".join([*steps[:depth], near])] if near else _elsewhere(step)
            better = f"did you mean {' or '.join(meant)}?" if meant else ""
            options = f"it has {', '.join(keys)}" if keys else "it has no keys"
            raise Unknown(f"{within} has no key {quoted(step)}: {better or options}")
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


def _elsewhere(name: str) -> list[str]:
    """Return the code, or up to three fields of other sections, that a name may stand for."""
    digits = re.fullmatch(r"\D{0,5}(\d{3})", name)
    if digits and f"CAM{digits[1]}" in titles():
        return [f"CAM{digits[1]}"]
    fields: dict[str, list[str]] = {}
    for field in sorted([*subjects(), *subjects(FLEET)], key=lambda field: field.count(".")):
        fields.setdefault(field.rpartition(".")[2], []).append(field)
    near = closest(name, fields)
    return fields[near][:3] if near else []


def _keys(part: Schema, language: str) -> dict[str, Schema]:
    part = resolved(part, language)
    items = part.get("items")
    return part.get("properties") or (_keys(items, language) if isinstance(items, dict) else {})


def _type(part: Schema, language: str) -> str:
    kinds = part.get("type")
    if not kinds:
        options = [_type(resolved(each, language), language) for each in part.get("anyOf", ())]
        return " or ".join(dict.fromkeys(options)) or "any"
    return kinds if isinstance(kinds, str) else " or ".join(map(str, kinds))


def _layered(steps: list[str]) -> dict[str, Any]:
    """Return the default of each profile and version that sets one."""
    found = {}
    for folder in ("profiles", "versions"):
        for file in sorted(asset("schemas", folder).glob("*.yaml")):
            value: Any = fragment(folder, file.stem)
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            if value is not None and not isinstance(value, dict):
                found[f"{folder[:-1]} {file.stem}"] = value
    return found
