"""Schema errors of a spec, worded in terms of the spec."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from camformation.diagnostics import Finding, Path, quoted, shortened
from camformation.hints import (
    beyond,
    close_to,
    example,
    larger,
    option_hint,
    pattern_hint,
    type_hint,
)
from camformation.misplaced import belongs
from camformation.name_hints import name_hint
from camformation.nearly import cpu_units, nearly
from camformation.other_tools import note, of_stacksets, place
from camformation.schema import FLEET, SPEC, matches, named, part_at, resolved, schema
from camformation.spelling import names_secret, variable

_SECRET_ARN = r"arn:aws[a-z-]*:secretsmanager:[^:\s]*:\d*:secret:[^:\s]+"
_ARN_AND_KEY = rf"{_SECRET_ARN}:[^:\s]+:?"  # of JSON
_MANY = (("environment",), ("secrets",), ("output",), ("output_secrets",))  # maybe with secrets
_NAMES = ("Aurora", "Camunda", "Amazon", "Cloud")  # stay in capitals
MAX_ERRORS = 1000  # what jsonschema is asked for: more than anybody reads


def explain(data: Any, raw: Mapping[Path, str], language: str = SPEC) -> Iterator[Finding]:
    """Yield a finding for every schema error; `raw` has numbers as written."""
    errors = list(islice(_reader(language)(schema(language)).iter_errors(data), MAX_ERRORS))
    mistyped = {tuple(e.absolute_path) for e in errors if e.validator == "type"}
    for error in errors:
        # A value of the wrong type is not one of the allowed values either; once is enough.
        again = error.validator in ("enum", "minimum", "maximum")
        if not again or tuple(error.absolute_path) not in mistyped:
            yield from _findings(error, raw, language)


@cache
def _reader(language: str) -> Any:
    """Return jsonschema's validator, with patterns as `schema` reads them; references lead into a
    language's own schema, and need no registry of others."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def pattern(_: Any, value: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not matches(value, instance):
            yield ValidationError(f"{instance!r} does not match {value!r}")

    def ref(validator: Any, value: str, instance: Any, _: Any) -> Any:
        return validator.descend(instance, named(value, language))

    return validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"pattern": pattern, "$ref": ref}
    )


def _findings(error: Any, raw: Mapping[Path, str], language: str) -> Iterator[Finding]:
    path: Path = tuple(error.absolute_path)
    part, value = error.schema, error.instance
    if list(error.absolute_schema_path)[-2:-1] == ["propertyNames"]:
        message = f"{quoted(value)} is not a valid name here"
        rule = None
        if error.validator == "pattern":
            rule = name_hint(value, error.validator_value, path, language)
            rule = rule or example(part) or f"names match {error.validator_value}"
        yield Finding((*path, value), "CAM010", message, rule, at_key=True)
        return
    match error.validator:
        case "additionalProperties" if part["additionalProperties"] is False:
            known = list(part.get("properties", ()))
            for key in sorted(value.keys() - known):
                close = _meant(str(key), known, path, language)
                close = close or f"the keys here are {', '.join(known)}"
                message, code = f"unknown key {quoted(key)}", "CAM011"
                if names_secret(str(key)) and _may_be_secret(value[key]):
                    message, code = f"{message}, with what looks like a secret", "CAM014"
                yield Finding((*path, key), code, message, close, at_key=True)
        case "required":
            for key in part["required"]:
                if key not in value and f"{key!r} is a required" in error.message:
                    about = resolved(part.get("properties", {}).get(key, {}), language).get(
                        "title", ""
                    )
                    hint = f"{key}: {about}" if about.lower() != key else None
                    yield Finding(path, "CAM012", f"the key {key!r} is missing", hint, at_key=True)
        case _ if _is_secret(path):
            message = "this is not the ARN of a secret"
            hint = example(part_at(path, language) or {})
            whole = rf"({_SECRET_ARN}):[^:]*:[^:]*:[^:]*"
            if isinstance(value, str) and re.fullmatch(whole, value):
                hint = "name the whole secret: end the ARN behind its name"
            elif isinstance(value, dict) and len(value) == 1:
                hint = "write the ARN alone, without a key before it"
            elif isinstance(value, str) and re.fullmatch(_ARN_AND_KEY, value):
                hint = "two more colons belong after the key: …:<key>::"
            elif re.fullmatch(r"arn:[\w-]+:ssm:[^:\s]*:\d*:parameter/[^:\s]+:\S+", str(value)):
                hint = "end the ARN after the name: ECS reads only a parameter's latest version"
            elif re.fullmatch(r"/[\w./-]{1,1000}", str(value)) and "ssm" in str(
                error.validator_value
            ):
                hint = "write a parameter's ARN: arn:aws:ssm:<region>:<account>:parameter/<name>"
            yield Finding(path, "CAM014", message, hint)
        case _ if path[-2:-1] == ("environment",) and names_secret(str(path[-1])):
            message = "this looks like a secret, and would be stored in plain text"
            section = ".".join(map(str, path[:-2]))
            yield Finding(path, "CAM014", message, f"put its ARN under {section}.secrets")
        case "pattern" if path[-2:] == ("proxy", "address") and "@" in value:
            message = "the proxy's address contains a login"
            hint = f"let the proxy allow the tasks' addresses; {example(part)}"
            yield Finding(path, "CAM017", message, hint)
        case "anyOf":
            yield from _of_several(error, path, raw, language)
        case _:
            message, hint = _sentence(error, path, raw, language)
            yield Finding(path, "CAM010", message, hint)


def _is_secret(path: Path) -> bool:
    """Return whether a path holds secrets' ARNs: its value may be a secret, and is not shown."""
    return path == ("license",) or (
        len(path) > 1
        and (
            path[1:-1][-1:] in (("secrets",), ("output_secrets",))
            or str(path[-1]).endswith("secret_arn")
        )
    )


def _may_be_secret(value: Any) -> bool:
    return isinstance(value, str | int) and not str(value).startswith("arn:")


def _meant(key: str, known: list[str], path: Path, language: str) -> str | None:
    """Return the likely meaning of an unknown key, and where it belongs."""
    if "\u00a0" in key:
        return "it contains a no-break space (U+00A0): write a plain space"
    there = place(key) if language == SPEC else None
    if there and not path:
        return f"did you mean {there!r}?"
    if language == SPEC and (said := note(key, path)):
        return said
    if language == FLEET and (said := of_stacksets(key, known)):
        return said
    if close := close_to(key, known):
        return close
    if there and there.rpartition(".")[0] == ".".join(map(str, path)):
        there = there.rpartition(".")[2]
    if there or (there := belongs(key, path, language)):
        if there == key:
            return f"{key} belongs to the top level: write it without indentation"
        return f"did you mean {there!r}?"
    return None


def _of_several(
    error: Any, path: Path, raw: Mapping[Path, str], language: str
) -> Iterator[Finding]:
    """Explain the alternative that fits best: one of the value's own type, else all of them."""
    options: dict[Any, list[Any]] = {}
    for each in error.context:
        options.setdefault(each.schema_path[0], []).append(each)
    unfit = ("type", "enum", "const")  # of the value itself: another option was meant
    fit = [
        each
        for each in options.values()
        if not any(e.validator in unfit and len(e.absolute_path) == len(path) for e in each)
    ]
    if fit:
        best = min(fit, key=lambda option: (not any(map(_near, option)), len(option)))
        yield from (found for each in best for found in _findings(each, raw, language))
        return
    part = part_at(path, language) or {}
    hint = example(part) or part.get("title")
    kinds = [str(each["type"]) for each in part.get("anyOf", ()) if "type" in each]
    if isinstance(error.instance, str) and kinds:
        listed = ["array"] * ("," in error.instance and "array" in kinds)
        hint = type_hint(error.instance, listed or kinds, None, {}, path) or hint
    elif error.instance is True and "'all'" in str(part):
        hint = "write [all]"
    elif "string" in kinds and isinstance(error.instance, int | float):
        hint = type_hint(error.instance, ["string"], raw.get(path), {}, path)
    yield Finding(path, "CAM010", f"{_shown(error.instance)} is not allowed here", hint)


def _near(error: Any) -> bool:
    return (
        error.validator == "pattern" and nearly(error.instance, error.validator_value) is not None
    )


def _sentence(
    error: Any, path: Path, raw: Mapping[Path, str], language: str
) -> tuple[str, str | None]:
    value, limit = error.instance, error.validator_value
    part = part_at(path, language) or error.schema
    unit = f" {part['x-unit']}" if "x-unit" in part else ""
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else [k for k in limit if k != "null"]
            shown = "text" if path[-1:] in _MANY and isinstance(value, str) else _shown(value)
            message = f"expected {' or '.join(map(_kind, kinds))}, not {shown}"
            if path[-2:-1] == ("environment",) and isinstance(value, dict):
                return message, f"write each setting as a variable: {_first(path[-1], value)}"
            if path[-1:] == ("cpu",) and (units := cpu_units(value, part)):
                return message, f"write {units}: 1024 units are a vCPU"
            hint = type_hint(value, kinds, raw.get(path), part, path) or example(part)
            keys = part.get("properties") if kinds == ["object"] else None
            named = f"its keys are {', '.join(keys)}" if keys else None
            return message, hint or _example_of_list(path, language) or named
        case "enum":
            options = ", ".join(json.dumps(each) for each in limit)
            return f"{_shown(value)} is not one of {options}", option_hint(value, limit, path)
        case "minimum":
            return f"{value}{unit} is too small: at least {limit}{unit}", larger(value, part, path)
        case "maximum":
            return f"{value}{unit} is too large: at most {limit}{unit}", beyond(path)
        case "minItems":
            entries = "1 entry is" if len(value) == 1 else f"{len(value)} entries are"
            return f"{entries} too few: at least {limit}", example(part)
        case "maxItems":
            return f"{len(value)} entries are too many: at most {limit}", None
        case "maxProperties":
            return f"{len(value)} keys are too many: at most {limit}", None
        case "uniqueItems":
            return "an entry is repeated", None
        case "minProperties":
            return "the mapping is empty", example(part)
        case "minLength":
            return f"{quoted(value)} is too short: at least {limit} characters", None
        case "maxLength":
            return f"{quoted(value)} is too long: at most {limit} characters", None
        case "pattern":
            title = part.get("title", "value")
            if not (title[1:2].isupper() or title.startswith(_NAMES)):
                title = title[:1].lower() + title[1:]
            hint = pattern_hint(value, limit, part, path)
            named = f"cannot be {title}" if "'s " in title else f"is not a valid {title}"
            return f"{quoted(value)} {named}", hint
    return shortened(str(error.message)), example(part)


def _example_of_list(path: Path, language: str) -> str | None:
    """Return the first entry of the example of the list that a path leads into."""
    lists = part_at(path[:-1], language) if isinstance(path[-1], int) else None
    given = (lists or {}).get("examples") or [[]]
    return f"for example {json.dumps(given[0][0])}" if given[0] else None


def _first(name: Any, value: Any) -> str:
    """Return the variable of the first of nested settings."""
    while isinstance(value, dict) and value:
        inner, value = next(iter(value.items()))
        name = f"{name}.{inner}"
    return variable(str(name))


def _kind(kind: str) -> str:
    return {
        "object": "a mapping",
        "array": "a list",
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "null": "nothing",
    }[kind]


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str() if len(value) > 40:
            return quoted(value, 40)
        case _:
            return json.dumps(value)
