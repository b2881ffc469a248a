"""The rule for values that an application cannot read."""

import re
from collections.abc import Iterator

from camformation.closeness import closest, letters
from camformation.deployment import Deployment
from camformation.diagnostics import Severity, quoted
from camformation.rules import placeholders
from camformation.rules.generated import broker_variables, connectors_variables
from camformation.rules.jvm import OPTIONS
from camformation.rules.known_settings import BROKERS, CONNECTORS, SPRING, Known, known
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import (
    Setting,
    Settings,
    broker_settings,
    connectors_settings,
    switched,
)
from camformation.spelling import bound

LOG4J = ("CAMUNDA_LOG_LEVEL", "ZEEBE_LOG_LEVEL", "ATOMIX_LOG_LEVEL")
APPENDERS = ("Console", "Stackdriver", "RollingFile")  # of the brokers' image
SMALLEST = 1024  # bytes: no limit is less
LONGEST_NUMBER = 20  # characters of one in 64 bits, with its sign
MEANT = (  # settings whose numbers below this are meant in another unit than milliseconds
    (r"HISTORY|(?<!CACHE)TTL$", 1000, "d"),
    (r"MAXINACTIVEINTERVAL$|MAXCONNECTIONAGE$", 1000, "m"),
    (r"REFRESHINTERVAL$|MONITORINGINTERVAL$", 61, "s"),
    (r"CLOCKSKEW$", 301, "s"),
    (r"^CAMUNDACLIENTKEEPALIVE$", 1000, "s"),
    (r"^CAMUNDA(?!.*CONNECTIONPOOL).*(?<!PROBE)TIMEOUT$", 61, "s"),
)
POLLING = "CAMUNDACONNECTORPOLLINGINTERVAL"
TYPES = r"CONNECTOR(?:OUT|IN)BOUNDDISABLED"
CLAIMS = ("USERNAMECLAIM", "CLIENTIDCLAIM", "GROUPSCLAIM")
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF")
_SIMPLE = r"(?a)[+-]?\d+(?i:ns|us|ms|s|m|h|d|)"
_ISO = (
    r"(?ai)[+-]?P(?=[0-9T+-])(?:[+-]?\d+D)?"
    r"(?:T(?=[0-9+-])(?:[+-]?\d+H)?(?:[+-]?\d+M)?(?:[+-]?\d+(?:[.,]\d{0,9})?S)?)?"
)
_SIZE = r"(?a)[+-]?\d+(?:B|KB|MB|GB|TB|)"
_NUMBER = r"[+-]?(?:\d+|0[xX][0-9a-fA-F]+|#[0-9a-fA-F]+)"
_DECIMAL = (
    r"(?a)[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?"
    r"|0[xX][0-9a-fA-F]+\.?[0-9a-fA-F]*[pP][+-]?\d+[fFdD]?)"
)
_UNITS = {"second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "day": "d"}


@rule("CAM243", "Value that Camunda cannot read")
def values(d: Deployment) -> Iterator[Violation]:
    """Spring converts the text of a variable into the setting's type: true or false, a number, a
    duration, a size, one of a few words. A text that it cannot convert keeps the application from
    starting. A duration is a whole number with a unit (`500ms`, `30s`, `15m`, `2h`, `1d`) or ISO
    8601 (`PT0.5S`, `P30D`): `2.5s`, `1w` and `P1M` are not durations. A number without a unit is in
    milliseconds: `30` for the days that history is kept deletes it at once, which is a warning, as
    is `30` for a timeout. Nothing may be around a duration, no space and no end of a line. A size
    is a whole number with a unit in capitals: `4MB`, not `4mb` or `4M`; without a unit it is of
    bytes, and less than 1024 are a warning. Quotes inside a value, as in `'"debug"'`, are part of
    it.

    `${NAME}` is replaced by another variable or property. If nothing has the name, it stays as it
    is; if the value is made of itself, the application does not start.

    A level that Log4j does not know, in `CAMUNDA_LOG_LEVEL` and similar variables, is a warning,
    and so is an appender that the image does not have, a file of Logback's in `LOGGING_CONFIG`, as
    brokers log with Log4j, an interval of polling below a second, and a switch in
    `CONNECTOR_OUTBOUND_DISABLED`, which is a list of types.

    Source: Spring Boot docs, Externalized configuration (properties conversion, converting
    durations, converting data sizes); Camunda docs, Orchestration Cluster properties;
    MDeLuise/plant-it issue 302 and jef/streetmerchant issue 1059 (quotes);
    lymengg/spring-boilerplate issue 89 and paascloud/paascloud-master issue 40 (placeholders);
    camunda/camunda, dist/src/main/config/log4j2.xml; camunda/camunda-docs pull request 5390.
    """
    brokers = broker_settings(d)
    yield from _of(brokers, BROKERS, SPRING)
    yield from placeholders.unfilled(brokers, broker_variables(d), BROKERS, SPRING)
    file = brokers.find("LOGGING_CONFIG")
    if file and "logback" in (file.value or "").lower():
        yield Violation(
            file.path,
            f"{file.said} is a file of Logback's, but brokers log with Log4j, which does not read "
            "it",
            "write the address of a log4j2.xml",
            Severity.WARNING,
        )
    if d.connectors.enabled:
        runtime = connectors_settings(d)
        yield from _of(runtime, CONNECTORS, SPRING)
        yield from placeholders.unfilled(runtime, connectors_variables(d), CONNECTORS, SPRING)


def _of(settings: Settings, *tables: str) -> Iterator[Violation]:
    for each in settings.all:
        value = (each.value or "").strip()
        if not value:
            continue  # not set, or not known
        if value[0] in "\"'" and value.find(value[0], 1) == len(value) - 1 > 1:
            if each.name not in OPTIONS:
                yield _in_quotes(each, tables)
            continue
        if each.key.startswith("LOGGINGLEVEL"):
            if value.upper() not in (*LEVELS, "FALSE"):
                yield _unread(each, value, f"is one of {', '.join(LEVELS)}", _level(value))
            continue
        if each.name in LOG4J and value.upper() not in (*LEVELS, "ALL") and "$" not in value:
            said = f"{each.said} is one of {', '.join(LEVELS)}, not {quoted(value, 40)}"
            yield Violation(each.path, said, _level(value), Severity.WARNING)
            continue
        if each.name == "ZEEBE_LOG_APPENDER" and value not in APPENDERS and "$" not in value:
            said = f"{each.said} is one of {', '.join(APPENDERS)}: with {quoted(value, 40)} nothing"
            said += " is logged"
            hint = "remove it, and set observability.log_format to json for logs in JSON"
            yield Violation(each.path, said, hint, Severity.WARNING)
            continue
        if re.fullmatch(TYPES, each.key) and switched(value) is not None:
            discovery = each.variable.upper().replace("_DISABLED", "_DISCOVERY_DISABLED")
            yield Violation(
                each.path,
                f"{each.said} is a list of types of connectors, of which none is "
                f"{quoted(value, 40)}",
                f"write for example io.camunda:http-json:1, or set {discovery}",
                Severity.WARNING,
            )
        if each.key == POLLING and value.isdecimal() and 0 < int(value[:18]) < 1000:
            yield Violation(
                each.path,
                f"{each.said} is in milliseconds: connectors ask more than once in a second",
                f"write {value}000 if you mean seconds",
                Severity.WARNING,
            )
        if not each.key.startswith(("CAMUNDA", "ZEEBE", "SERVER", "SPRING", "MANAGEMENT")):
            continue
        key = bound(each.replaced_by) if each.replaced_by else each.key
        names = known(*tables)
        if holds := names.get(key) or names.get(key.rstrip("0123456789")):
            yield from _judged(each, value, holds)


def _in_quotes(setting: Setting, tables: tuple[str, ...]) -> Violation:
    """Return that quotes are a part of a value, as env files of other tools have them."""
    of = known(*tables).get(bound(setting.replaced_by) if setting.replaced_by else setting.key)
    typed = (
        setting.key.startswith("LOGGINGLEVEL")
        or (setting.key.endswith(CLAIMS) and "'" in (setting.value or ""))
        or (of and (of.words or of.holds in tuple("bnfzd")))
    )
    return Violation(
        setting.path,
        f"the quotes inside the value of {setting.said} are part of it"
        + (": the application does not start" if typed else ""),
        "remove the inner quotes",
        None if typed else Severity.WARNING,
    )


def _judged(setting: Setting, value: str, known_: Known) -> Iterator[Violation]:
    if known_.words:
        given = [part.strip() for part in value.split(",")] if known_.is_list else [value]
        words = {letters(each) for each in known_.words}
        for each in given:
            if each and letters(each) not in words:
                near = closest(each, known_.words)
                yield _unread(
                    setting,
                    each,
                    f"is {'made of' if known_.is_list else 'one of'} {', '.join(known_.words)}",
                    f"did you mean {near}?" if near else "write one of these",
                )
        return
    packed = "".join(value.split())  # Spring takes spaces out of numbers and sizes
    match known_.holds:
        case "b" if switched(value) is None:
            yield _unread(setting, value, "is true or false", 'write "true" or "false"')
        case "n" if not re.fullmatch(_NUMBER, packed) or len(packed) > LONGEST_NUMBER:
            yield _unread(setting, value, "is a whole number", "write one, without a unit")
        case "f" if not re.fullmatch(_DECIMAL, packed):
            yield _unread(setting, value, "is a number", "write one with a point, such as 0.5")
        case "z" if not re.fullmatch(_SIZE, packed):
            yield _unread(setting, value, "is a size of data", f"write {_size(value)}")
        case "d" if not (re.fullmatch(_SIMPLE, value) or re.fullmatch(_ISO, value)):
            yield _unread(setting, value, "is a duration", f"write {_duration(value)}")
        case "d" if setting.value != value:  # no spaces around durations, nor the end of a line
            yield _unread(setting, str(setting.value), "is a duration", f"write {value} alone")
        case "d" if value.isdecimal() and (unit := _meant(setting.key, int(value[:18]))):
            yield _without_unit(setting, f"{value} milliseconds", f"{value}{unit}")
        case "z" if value.isdecimal() and 0 < int(value[:18]) < SMALLEST:
            yield _without_unit(setting, f"{value} bytes", f"{value}MB")


def _meant(key: str, number: int) -> str | None:
    """Return the unit that a number without one was meant in, if not in milliseconds."""
    return next((u for name, most, u in MEANT if 0 < number < most and re.search(name, key)), None)


def _without_unit(setting: Setting, what: str, example: str) -> Violation:
    return Violation(
        setting.path,
        f"{setting.said} is {what}, because it has no unit",
        f"write its unit too, such as {example}",
        Severity.WARNING,
    )


def _unread(setting: Setting, value: str, what: str, hint: str) -> Violation:
    return Violation(
        setting.path,
        f"{setting.said} {what}: with {quoted(value, 40)} the application does not start",
        hint,
    )


def _level(word: str) -> str:
    """Return the level of the log that was meant by another word."""
    return f"write {'WARN' if word.upper().startswith('WARN') else 'INFO'}"


def _size(text: str) -> str:
    found = re.fullmatch(r"(?i)\s*(\d{1,15})\s*([kmgt])i?(?:b|bytes?)?\s*", text)
    unit = {"k": "KB", "m": "MB", "g": "GB", "t": "TB"}
    return found[1] + unit[found[2].lower()] if found else "a number and a unit, such as 4MB"


def _duration(text: str) -> str:
    """Return the likely duration for a text that is nearly one."""
    given = text.strip().lower()
    if found := re.fullmatch(r"(\d{1,9}\.\d{1,3})(s|m|h|d)", given):
        seconds = float(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]
        return f"{round(seconds * 1000)}ms"
    if found := re.fullmatch(r"p?(\d{1,6})w|(\d{1,6}) ?weeks?", given):
        return f"{int(found[1] or found[2]) * 7}d"
    if found := re.fullmatch(r"(\d{1,9}) ?([a-z]+?)s?", given):
        unit = _UNITS.get(found[2], found[2])
        if unit in ("s", "m", "h", "d", "ms"):
            return f"{found[1]}{unit}"
    return "for example 30s, 15m or P30D"
