"""Schema errors of a spec, worded in terms of the spec."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from posixpath import dirname, join, normpath
from typing import Any

from camformation.closeness import closest
from camformation.diagnostics import Finding, Path, quoted, shortened
from camformation.misplaced import belongs
from camformation.nearly import cpu_units, longest, nearly
from camformation.schema import FLEET, SPEC, Schema, matches, named, part_at, resolved, schema
from camformation.spelling import variable

_ARN_AND_KEY = r"arn:aws[a-z-]*:secretsmanager:[^:\s]*:\d*:secret:[^:\s]+:[^:\s]+:?"  # of JSON
MAX_ERRORS = 1000  # what jsonschema is asked for: more than anybody reads


def explain(data: Any, raw: Mapping[Path, str], language: str = SPEC) -> Iterator[Finding]:
    """Yield a finding for every schema error; `raw` has numbers as written."""
    errors = list(islice(_reader(language)(schema(language)).iter_errors(data), MAX_ERRORS))
    mistyped = {tuple(e.absolute_path) for e in errors if e.validator == "type"}
    for error in errors:
        # A value of the wrong type is not one of the allowed values either; once is enough.
        if error.validator != "enum" or tuple(error.absolute_path) not in mistyped:
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


def other_language(data: Mapping[str, Any], file: str, language: str) -> Finding | None:
    """Return that a fleet file stands in the place of a spec, or a spec in that of a fleet file.

    The keys tell: those that only one of the languages has.
    """
    names = {each: set(schema(each)["properties"]) for each in (SPEC, FLEET)}
    other = FLEET if language == SPEC else SPEC
    keys = data.keys()
    own = keys & names[language] - names[other]
    foreign = keys & names[other] - names[language]
    if language == SPEC and len(foreign) > len(own) and foreign & {"spec", "waves"}:
        message = "this is a fleet file, not a spec"
        hint = "use it with the `camformation fleet` commands"
        if isinstance(named := data.get("spec"), str) and len(named) <= 120:
            hint += f"; its spec is {normpath(join(dirname(file), named))}"
    elif language == FLEET and (len(foreign) > len(own) or keys <= names[SPEC]):
        message = "this is a spec, not a fleet file"
        hint = "use it with `camformation plan`; a fleet file names it in `spec`, and has `waves`"
    else:
        return None
    first = next(key for key in data if key in (foreign or keys))
    return Finding((first,), "CAM015", message, hint, at_key=True)


def _findings(error: Any, raw: Mapping[Path, str], language: str) -> Iterator[Finding]:
    path: Path = tuple(error.absolute_path)
    part, value = error.schema, error.instance
    if list(error.absolute_schema_path)[-2:-1] == ["propertyNames"]:
        message = f"{quoted(value)} is not a valid name here"
        rule = None
        if error.validator == "pattern":
            rule = _example(part) or f"names match {error.validator_value}"
            if path == ("tags",) and value.lower().startswith("aws:"):
                rule = "tags that begin with aws: are AWS's own"
        if rule and path[-1:] in (("environment",), ("secrets",)):  # a property, as files have it
            dashes = "." not in value and ("_" not in value or value.startswith("SECRET_"))
            name = variable(value.replace("-", "_") if dashes else value)
            if matches(error.validator_value, name):
                rule = f"its name as a variable is {name}"
        yield Finding((*path, value), "CAM010", message, rule, at_key=True)
        return
    match error.validator:
        case "additionalProperties" if part["additionalProperties"] is False:
            known = list(part.get("properties", ()))
            for key in sorted(value.keys() - known):
                close = _closest(key, known)
                if close is None and (field := belongs(str(key), path, language)):
                    if field == key:
                        close = f"{key} belongs to the top level: write it without indentation"
                    else:
                        close = f"did you mean {field!r}?"
                close = close or f"the keys here are {', '.join(known)}"
                message = f"unknown key {quoted(key)}"
                yield Finding((*path, key), "CAM011", message, close, at_key=True)
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
            hint = _example(part_at(path, language) or {})
            if isinstance(value, str) and re.fullmatch(_ARN_AND_KEY, value):
                hint = "two more colons belong behind the key: …:<key>::"
            elif re.fullmatch(r"/[\w./-]{1,1000}", str(value)) and "ssm" in str(
                error.validator_value
            ):
                hint = "write a parameter's ARN: arn:aws:ssm:<region>:<account>:parameter/<name>"
            yield Finding(path, "CAM014", message, hint)
        case "pattern" if path[-2:] == ("proxy", "address") and "@" in value:
            message = "the proxy's address has a login in it"
            hint = f"let the proxy admit the tasks' addresses; {_example(part)}"
            yield Finding(path, "CAM017", message, hint)
        case "anyOf":
            yield _of_several(error, path, raw, language)
        case _:
            message, hint = _sentence(error, path, raw, language)
            yield Finding(path, "CAM010", message, hint)


def _is_secret(path: Path) -> bool:
    """Return whether a path holds secrets' ARNs: its value may be a secret, and is not shown."""
    return path == ("license",) or (
        len(path) > 1
        and (
            path[1:-1][-1:] in (("secrets",), ("output_secrets",))
            or str(path[-1]).endswith("_secret_arn")
        )
    )


def _of_several(error: Any, path: Path, raw: Mapping[Path, str], language: str) -> Finding:
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
    for option in sorted(fit, key=len):
        if deeper := next(_findings(option[0], raw, language), None):
            return deeper
    part = part_at(path, language) or {}
    hint = _example(part) or part.get("title")
    return Finding(path, "CAM010", f"{_shown(error.instance)} is not allowed here", hint)


def _sentence(
    error: Any, path: Path, raw: Mapping[Path, str], language: str
) -> tuple[str, str | None]:
    value, limit = error.instance, error.validator_value
    part = part_at(path, language) or error.schema
    unit = f" {part['x-unit']}" if "x-unit" in part else ""
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else [k for k in limit if k != "null"]
            message = f"expected {' or '.join(map(_kind, kinds))}, not {_shown(value)}"
            if path[-2:-1] == ("environment",) and isinstance(value, dict):
                return message, f"write each setting as a variable: {_first(path[-1], value)}"
            if path[-1:] == ("cpu",) and (units := cpu_units(value, part)):
                return message, f"write {units}: 1024 units are a vCPU"
            return message, _type_hint(value, kinds, raw.get(path), part) or _example(part)
        case "enum":
            options = ", ".join(json.dumps(each) for each in limit)
            if path[-1:] == ("cpu",) and isinstance(value, int) and value * 1024 in limit:
                return f"{value} is not one of {options}", f"{value} vCPU are {value * 1024} units"
            if isinstance(value, str) and value.rpartition(".")[0] in limit:
                minor, patch = value.rsplit(".", 1)
                return (
                    f"{_shown(value)} is not one of {options}",
                    f'write "{minor}"; an image has the patch, such as .{patch}',
                )
            close = _closest(value, limit) if isinstance(value, str) else None
            return f"{_shown(value)} is not one of {options}", close
        case "minimum":
            return f"{value}{unit} is too small: at least {limit}{unit}", None
        case "maximum":
            return f"{value}{unit} is too large: at most {limit}{unit}", None
        case "minItems":
            return f"{len(value)} entries are too few: at least {limit}", _example(part)
        case "maxItems":
            return f"{len(value)} entries are too many: at most {limit}", None
        case "maxProperties":
            return f"{len(value)} keys are too many: at most {limit}", None
        case "uniqueItems":
            return "an entry is repeated", None
        case "minProperties":
            return "the mapping is empty", _example(part)
        case "minLength":
            return f"{quoted(value)} is too short: at least {limit} characters", None
        case "maxLength":
            return f"{quoted(value)} is too long: at most {limit} characters", None
        case "pattern":
            title = part.get("title", "value")
            title = title if title[1:2].isupper() else title[:1].lower() + title[1:]
            if ":kms:" in value and ":alias/" in value:
                hint: str | None = "an alias is not enough: write the ARN of its key, with :key/"
            elif value == "db.serverless":
                hint = "set database.serverless, with min_acu and max_acu, instead"
            elif path[:2] == ("access", "allowed_cidrs") and value.startswith("pl-"):
                hint = "put prefix lists under access.allowed_prefix_list_ids"
            elif close := nearly(value, limit):
                hint = f"did you mean {quoted(close)}?"
            elif most := longest(value, limit):
                hint = f"at most {most} characters"
            else:
                hint = _example(part) or f"pattern: {limit}"
            return f"{quoted(value)} is not a valid {title}", hint
    return shortened(str(error.message)), _example(part)


def _first(name: Any, value: Any) -> str:
    """Return the variable of the first of nested settings."""
    while isinstance(value, dict) and value:
        inner, value = next(iter(value.items()))
        name = f"{name}.{inner}"
    return variable(str(name))


def _type_hint(value: Any, kinds: list[str], raw: str | None, part: Any) -> str | None:
    text = str(value).lower() if raw is None and isinstance(value, bool) else raw
    if kinds == ["string"] and text is not None:
        if "enum" in part and text not in part["enum"]:
            return f"one of {', '.join(part['enum'])}"
        if "pattern" in part and not matches(part["pattern"], text):
            return None
        return f'put it in quotes: "{text}"'
    if (
        "boolean" in kinds
        and isinstance(value, str)
        and value.lower() in ("yes", "on", "no", "off")
    ):
        return f"write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if (
        kinds
        and kinds[0] in ("integer", "number")
        and isinstance(value, str)
        and re.fullmatch("[0-9]{1,18}", value)
    ):
        return f"write {value} without quotes"
    if kinds and kinds[0] == "integer" and isinstance(value, str):
        if size := re.fullmatch(r"(?i)(\d{1,6})\s*Gi?B?", value):
            return f"write {int(size[1]) * 1024}, in MiB"
        if size := re.fullmatch(r"(?i)(\d{1,6})\s*Mi?B?", value):
            return f"write {size[1]}, in MiB"
    if "array" in kinds and isinstance(value, str):
        return f"write [{value}]"
    return None


def _closest(word: str, known: list[Any]) -> str | None:
    close = closest(word, [each for each in known if isinstance(each, str)])
    return f"did you mean {close!r}?" if close else None


def _example(part: Schema) -> str | None:
    examples = part.get("examples")
    return f"for example {json.dumps(examples[0])}" if examples else None


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
