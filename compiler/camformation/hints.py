"""Hints for values that do not fit the schema: how to write what was meant."""

import json
import re
import shlex
from typing import Any

from camformation.aws_hints import FOREVER, of_aws
from camformation.closeness import closest
from camformation.diagnostics import Path, quoted
from camformation.durations import seconds
from camformation.nearly import longest, nearly
from camformation.other_tools import OPTIONS, SWITCHES, note
from camformation.schema import Schema, matches
from camformation.spelling import names_secret, parameter_name

_PLAIN = r"[A-Za-z0-9][\w./:@+-]*(?<!:)"  # what YAML reads as text, or as a number, between commas
_TEMPLATE = ("${", "{{", "{%", "<%", "$(")
_NOTHING = ("none", "null", "nil", "off", "no", "false", "never", "disabled", "")
_DEFAULTS = ("true", "yes", "on", "enabled", "default")
_SWITCHES = {*_NOTHING, *_DEFAULTS} - {"", "default"}
OTHER_ENGINES = ("mysql", "mariadb", "aurora-mysql", "oracle", "sqlserver", "h2")
_PERCENT = ("percent", "%")
_UNITS = {"seconds": 1, "minutes": 60, "days": 86_400}
_SIZES = {"MiB": {"m": 1.0, "g": 1024.0}, "GiB": {"m": 1 / 1024, "g": 1.0, "t": 1024.0}}


def example(part: Schema) -> str | None:
    """Return the first example of a part of the schema."""
    examples = part.get("examples")
    return f"for example {json.dumps(examples[0])}" if examples else None


def close_to(word: str, known: list[Any]) -> str | None:
    """Return the known word that another one was meant as."""
    close = closest(word, [each for each in known if isinstance(each, str)])
    return f"did you mean {close!r}?" if close else None


def option_hint(value: Any, options: list[Any], path: Path) -> str | None:
    """Return the option that an invalid value was meant as."""
    if path[-1:] == ("cpu",) and isinstance(value, int) and value * 1024 in options:
        return f"{value} vCPU are {value * 1024} units"
    if not isinstance(value, str):
        return None
    if value.rpartition(".")[0] in options:
        minor, patch = value.rsplit(".", 1)
        return f'write "{minor}"; an image has the patch, such as .{patch}'
    if (meant := OPTIONS.get(value.lower())) in options:
        return f"did you mean {meant!r}?"
    if path[:2] == ("network", "vpc_endpoints"):
        if value == "all":
            return "write [all] alone: it includes the others"
        if value.rpartition(".")[2] == "s3":
            return "remove it: the gateway endpoint of Amazon S3 is always there"
    if value == "NONE" and path[-2:] == ("account_filter", "type"):
        return "without account_filter, every account of the units is a target: remove it"
    if path[-1:] == ("engine",) and value.lower() in OTHER_ENGINES:
        return "brokers keep this data in PostgreSQL: name a PostgreSQL database"
    tails = [each for each in options if isinstance(each, str) and value.endswith(f".{each}")]
    return f"did you mean {tails[0]!r}?" if len(tails) == 1 else close_to(value, options)


def larger(value: float, part: Schema, path: Path) -> str | None:
    """Return what was meant by a number that is too small."""
    if path[0] == "connectors" and "tasks" in str(path[-1]) and value == 0:
        return "for none, set connectors.enabled: false"
    if part.get("x-unit") == "MiB" and part.get("minimum", 0) <= value * 1024 <= part.get(
        "maximum", 0
    ):
        return f"{value} GiB are {value * 1024}"
    return None


def beyond(path: Path) -> str | None:
    """Return what serves a number that is too large."""
    kept = path == ("database", "backup_retention_days")
    return "aws_backup keeps recovery points for longer" if kept else None


def type_hint(
    value: Any, kinds: list[str], raw: str | None, part: Schema, path: Path
) -> str | None:
    """Return a replacement for a value of the wrong type."""
    if value is None:
        empty = {"object": ", or write {}", "array": ", or write []"}.get(kinds[0], "")
        return f"remove the key{empty}"
    said = str(value).lower()
    if kinds == ["object"] and "enabled" in part.get("properties", ()) and said in _SWITCHES:
        return f"write {{enabled: {'true' if said in _DEFAULTS else 'false'}}}"
    if kinds == ["object"] and str(value).lower() in _NOTHING and "null" in part.get("type", ()):
        return "write null"
    if kinds == ["object"] and str(value).lower() in _DEFAULTS and not part.get("required"):
        return "write {} for its defaults"
    if kinds == ["object"] and str(value).startswith("arn:"):
        if "/webacl/" in str(value):
            return note("webaclarn", path)
        keys = [key for key in part.get("properties", ()) if key.endswith("arn")]
        return f"write {{{keys[0]}: {quoted(str(value), 80)[1:-1]}}}" if len(keys) == 1 else None
    text = str(value).lower() if raw is None and isinstance(value, bool) else raw
    words = SWITCHES[value] if isinstance(value, bool) else ()
    if word := next((each for each in words if each in part.get("enum", ())), None):
        return f"did you mean {word!r}?"
    if kinds == ["boolean"] and isinstance(value, dict) and len(value) == 1:
        inner = next(iter(value.values()))
        return f"write {str(inner).lower()}" if isinstance(inner, bool) else None
    if kinds == ["string"] and text is not None:
        if "enum" in part and text not in part["enum"]:
            return f"one of {', '.join(part['enum'])}"
        if "pattern" in part and not matches(part["pattern"], text):
            return None
        return f'put it in quotes: "{text}"'
    if "object" in kinds and isinstance(value, list):
        return _as_mapping(value, path)
    if shaped := _shaped(value, kinds, part, path):
        return shaped
    if path[-1:] == ("depends_on",) and isinstance(value, dict) and value:
        name, condition = next(iter(value.items()))
        named = condition.get("condition") if isinstance(condition, dict) else condition
        named = OPTIONS.get(str(named).lower(), named if isinstance(named, str) else "START")
        return f"write {json.dumps([{'container': name, 'condition': named.upper()}])}"
    if isinstance(value, float) and part.get("x-unit") in _PERCENT and 0 < value < 1:
        return f"write {value * 100:g}, in percent"
    if not isinstance(value, str):
        return None
    if "boolean" in kinds and value.lower() in ("yes", "on", "no", "off", "true", "false"):
        return f"write {'true' if value.lower() in ('yes', 'on', 'true') else 'false'}" + (
            " without quotes" if value.lower() in ("true", "false") else ""
        )
    if {"integer", "number"} & set(kinds):
        if value.lower() in FOREVER and (most := max(part.get("enum", [0]))):
            return f"write {most}, the longest"
        return _number(value, part)
    if found := re.fullmatch(r"([\w-]{1,60}):(/[^:\s]{0,200})(?::ro|:rw)?", value):
        key = {"volumes": "name", "mounts": "volume"}.get(str(path[-2] if path[1:] else ""))
        if key and "object" in kinds:  # as Compose has it
            return f"write {{{key}: {found[1]}, path: {found[2]}}}"
    if "object" in kinds and (assigned := re.match(r"([\w.]+) ?= ?(\S.{0,60})$", value, re.M)):
        secret = names_secret(assigned[1]) or str(path[-1]).endswith("secrets")
        shown = "…" if secret else assigned[2]
        return f"write {assigned[1]}: {shown}"
    if "array" in kinds:
        return f"write {_as_list(value, path, part)}"
    return None


def _number(text: str, part: Schema) -> str | None:
    if re.fullmatch("[0-9]{1,18}", text):
        return f"write {text} without quotes"
    if (percent := re.fullmatch(r"(\d{1,3}) ?%", text)) and part.get("x-unit") in _PERCENT:
        return f"write {percent[1]}"
    if length := re.fullmatch(r"/(\d{1,3})", text):  # of a prefix
        return f"write {length[1]}"
    if re.fullmatch(r"\d{1,3}(?:[_,]\d{3})+", text):
        return f"write {re.sub('[_,]', '', text)}"
    if re.fullmatch("0[xX][0-9a-fA-F]{1,8}", text):
        return f"write {int(text, 16)}"
    unit = part.get("x-unit", "")
    if scale := _UNITS.get(unit):
        given = re.sub(r"(?<=\d) *([a-zA-Z])[a-zA-Z]*$", r"\1", text.strip())  # 10 minutes: 10m
        number = None if given.isdecimal() else seconds(given)
        return f"write {number / scale:g}, in {unit}" if number and number % scale == 0 else None
    size = re.fullmatch(r"(?i)(\d{1,6})\s*([mgt])i?b?", text.strip())
    if size and (factor := _SIZES.get(unit, {}).get(size[2].lower())):
        number = int(size[1]) * factor
        return f"write {number:g}, in {unit}" if number == int(number) else None
    if port := re.fullmatch(r"(?:[\d.]+:)?(\d{1,5})(?:/(?:tcp|udp))?", text):
        return f"write {port[1]}"  # as a port is published elsewhere: 8080:8080/tcp
    return None


def _shaped(value: Any, kinds: list[str], part: Schema, path: Path) -> str | None:
    """Return the correct form of a value in another shape: a switch, an entry by its key."""
    fields = part.get("properties", {})
    if "object" in kinds:
        if isinstance(value, bool) and "enabled" in fields:
            return f"write {{enabled: {str(value).lower()}}}"
        if path[:1] == ("ignore",) and re.fullmatch("CAM[0-9]{3}", str(value)):
            return f"write {{rule: {value}, reason: …}}"
        if "accounts" in fields and re.fullmatch("[0-9]{12}", str(value)):
            return f'write {{accounts: ["{value}"], regions: […]}}'
        if "pool" in fields and isinstance(value, str):
            return f"write {{pool: {quoted(value, 40)[1:-1]}, prefix_length: 16}}"
    if "array" in kinds and isinstance(value, dict) and value:
        key = str(next(iter(value)))[:60]
        if path == ("ignore",):
            return f"write a list: [{{rule: {key}, reason: …}}]"
        within = part.get("items", {}).get("properties", {})
        if key not in within and "name" in within:
            return f"write a list: [{{name: {key}, …}}]"
    return None


def _as_list(text: str, path: Path, part: Schema) -> str:
    """Return a text as a list of YAML: its words if it is a command, else its parts at commas.

    Digits are in quotes, or YAML reads a number, unless entries are numbers.
    """
    numbers = "integer" in part.get("items", {}).get("type", ())
    parts = re.split(r"\s*,\s*", text.strip())
    if path[-2:] == ("health_check", "command") and not text.startswith("CMD "):
        parts = ["CMD-SHELL", text.removeprefix("CMD-SHELL").strip()]
    elif path[-1:] in (("command",), ("entry_point",)):
        try:
            parts = shlex.split(text)
        except ValueError:
            parts = [text]
    plain = [re.fullmatch(_PLAIN, p) and (numbers or not p.isdecimal()) for p in parts]
    shown = (p if bare else json.dumps(p) for p, bare in zip(parts, plain, strict=True))
    return f"[{', '.join(shown)}]"


def _as_mapping(items: list[Any], path: Path) -> str | None:
    """Return the first setting of a list, as in Compose and ECS, as an entry of a mapping."""
    match items[:1]:
        case [str() as text] if path == ("parameters",) and "." in text:
            return f"write a mapping: {{{parameter_name(text)}: {text[:60]}}}"
        case [{"ParameterKey": name, "ParameterValue": _} | {"parameter_key": name}]:
            return f"write a mapping, without hyphens: {{{name}: …}}"
        case [str() as text] if "=" in text:
            name, _, value = text.partition("=")
        case [{"name": name, "value": value} | {"name": name, "valueFrom": value}]:
            pass
        case [dict() as entry] if len(entry) == 1:
            ((name, value),) = entry.items()
        case _:
            return None
    shown = json.dumps(value) if isinstance(value, str | int | float | bool) else "…"
    if isinstance(value, str) and re.fullmatch(_PLAIN, value) and not value[:1].isdigit():
        shown = value
    if path[-1:] not in (("environment",), ("tags",)) or len(shown) > 60 or names_secret(str(name)):
        shown = "…"  # it may be a secret
    return f"write a mapping, without hyphens: {{{name}: {shown}}}"


def pattern_hint(value: str, pattern: str, part: Schema, path: Path) -> str | None:
    """Return a replacement for a text that does not match its pattern."""
    if any(each in value for each in _TEMPLATE):
        field = ".".join(map(str, path))
        return f"a spec has no variables: write the value, or give it with --set {field}=…"
    if value.lower() in _NOTHING and "null" in part.get("type", ()):
        return "write null"
    if said := of_aws(value, pattern, path):
        return said
    port = re.search(r":(\d{1,5})(?:/|$)", value) if path[-2:] == ("existing", "host") else None
    if port and (host := nearly(value, pattern)):
        return f"write {host}, and {port[1]} in `port`"
    if "^(?:ou-" in pattern and value.startswith("o-"):
        return "for the whole organization write its root, which begins with r-"
    if close := nearly(value, pattern):
        return f"did you mean {quoted(close)}?"
    if value.startswith("*.") and str(path[-1]).endswith("hostname"):
        return "write one name: its certificate may have a wildcard"
    if "P(?=" in pattern and re.fullmatch(r"P\d+[MY]", value):
        return "months differ in length: write days, such as P30D"
    if pattern == "^[0-9]{12}$":
        return "an account's ID has 12 digits" + f", this one {len(value)}" * value.isdecimal()
    if path[-2:-1] == ("ports",) and value.lower() in ("all", "any", "*", "0-65535", "-1"):
        return "write protocol: all without ports; or 1-65535 for every port of TCP"
    if "(?:tcp" not in pattern and path[-2:-1] == ("ports",):
        if port := re.fullmatch(r"(\d{1,5})/(?:tcp|udp)", value):
            return f"write {port[1]}, and the protocol in `protocol`"
        if ports := re.fullmatch(r"(\d{1,5})[:.]+(\d{1,5})", value):
            return f"write {ports[1]}-{ports[2]}"
    if "sha256" in pattern and matches(pattern, f"{value}:1"):
        return f"name its tag too: {value}:<tag>"
    if re.fullmatch(r"\d{2}", value) and matches(pattern, f"{value}.1"):
        return f'name the minor release too: "{value}.<release>"'
    if (
        "cidr" in str(path[-1:])
        and path[0] != "parameters"
        and re.fullmatch(r"(?i)[a-z][a-z0-9.-]+", value)
    ):
        return f"rules take networks, not names: {example(part)}"
    if (
        "(?!" in pattern
        and re.fullmatch(r"[a-z][a-z0-9_]*", value)
        and matches(_without_exceptions(pattern), value)
    ):
        return "this name is reserved: choose another"
    if "[0-9a-f]{17}" in pattern and re.fullmatch("[a-z]+-[0-9a-f]+", value):
        if value.partition("-")[0] in re.split(r"[^a-z]+", pattern):
            return f"an ID has 17 or 8 digits; this one has {len(value.partition('-')[2])}"
    elif most := longest(value, pattern):
        return f"at most {most} characters"
    return example(part) or f"pattern: {pattern}"


def _without_exceptions(pattern: str) -> str:
    return re.sub(r"\(\?!(?:[^()]|\([^()]*\))*\)", "", pattern)
