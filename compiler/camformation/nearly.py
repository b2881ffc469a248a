"""Suggestions for a text that does not fit its pattern: other notations of the same value."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from typing import Any

from camformation.assets import asset
from camformation.schema import Schema, matches

_UNITS = {"second": "S", "minute": "M", "hour": "H", "day": "D", "week": "W"}
_SHORT, _LONGEST = 12, 300  # characters of texts whose length may be what is wrong
_CHANGES: tuple[Callable[[str], str], ...] = (
    lambda text: re.sub("[_ ]", "-", text.lower()),
    lambda text: text.rstrip("/"),
    lambda text: f"/{text.strip('/')}",
    lambda text: f"/{text.strip('/')}/",
    lambda text: re.sub(r"^[a-z]+://([^/]+).*", r"\1", text.lower()),  # a host's address
    lambda text: text.lower().rstrip("."),
    lambda text: re.sub(r"^s3://([^/]+).*", r"\1", text),
    lambda text: text.removeprefix("arn:aws:s3:::"),
    lambda text: re.sub(r"^(arn:[\w-]+:sns:[^:]+:\d+:[^:]+):.*", r"\1", text),  # a subscription's
    lambda text: re.sub(
        r"^arn:.*/((?:[a-z]+-[0-9a-f]{8,17})|ou-[a-z0-9-]+)$", r"\1", text
    ),  # an ID
    lambda text: re.sub(r"^https?://", "", text),
    lambda text: text.partition("/")[0],
    lambda text: re.sub(r"^https://", "http://", text),
    lambda text: text.removeprefix("/hostedzone/"),
    lambda text: re.sub(r"^jdbc:[a-z:-]+//([^:/]+).*", r"\1", text),
    lambda text: re.sub(r"^([a-z]{2,4}(?:-[a-z]+)+-\d)[a-z]$", r"\1", text),  # a zone's region
    lambda text: f"{text}/0" if text in ("0.0.0.0", "::") else text,
    lambda text: text if ":" in text else f"{text}/32",  # of one address
    lambda text: f"{text}/128",
    lambda text: "0.0.0.0/0" if text.lower() in ("any", "all", "*", "everyone", "world") else text,
    lambda text: text.removeprefix("*"),
    lambda text: f"0 {text}" if text.count(" ") > 3 else text,  # a second before the minute
    lambda text: re.sub(r":\d{1,5}$", "", text),  # a host without its port
    lambda text: re.sub(r"(?<=\d)[ -](?=\d)", "", text),  # digits in groups
    lambda text: re.sub("[- ]", "_", text),
)

_OF_KINDS: tuple[tuple[str, Callable[[str], str]], ...] = (  # where a pattern has this in it
    ("[^/~]", lambda text: re.sub(r"^(?=Resources\.)", "/", text).replace(".", "/")),
    ("[^/~]", lambda text: re.sub("~(?![01])", "~0", text)),
    (":s3:::", lambda text: re.sub(r"^(arn:[\w-]+:s3):[^:]*:\d*:", r"\1:::", text)),
    (":s3:::", lambda text: re.sub(r"^(?:s3://)?([a-z0-9.-]+)/?$", r"arn:aws:s3:::\1", text)),
    ("^Z[A-Z", str.upper),
    ("^CAM", str.upper),
    ("^db\\.", lambda text: f"db.{text}"),
    ("^https://", lambda text: f"https://{text}"),
    (":policy/", lambda text: _policy(text)),
    ("(?!arn:)", lambda text: re.sub(r"^arn:[\w-]+:cloudwatch:[^:]*:\d*:alarm:", "", text)),
    (
        ":role/",
        lambda t: re.sub(r"^(arn:[\w-]+):sts::(\d+):assumed-(role/[^/]+)/.*", r"\1:iam::\2:\3", t),
    ),
    ("_0-9+=,.@-]{1,64}", lambda text: re.sub(r"^arn:[\w-]+:iam::\d+:role/(?:.*/)?", "", text)),
    (
        "^[A-Za-z0-9]{1,64}$",  # a statement's ID
        lambda t: re.sub(r"(?:^|[ _.-])([A-Za-z0-9])", lambda found: found[1].upper(), t),
    ),
    (
        ":cluster/",
        lambda t: re.sub(r"^(arn:[\w-]+:ecs:[^/]+:)service/([^/]+)/.*", r"\1cluster/\2", t),
    ),
    (
        "sha256",
        lambda t: re.sub(r"^(?:https?://)?hub\.docker\.com/(?:r/|_/|layers/)([^?#\s]+)", r"\1", t),
    ),
    (
        "sha256",
        lambda t: re.sub(r"^(?:https?://)?gallery\.ecr\.aws/", "public.ecr.aws/", t),
    ),
    ("{0,62}:", lambda text: text.partition(":")[0].lower() + ":" + text.partition(":")[2]),
    ("(?:1[6-9]|2[0-4])$", lambda text: re.sub(r"/\d{1,2}$", "/16", text)),  # a VPC's
    ("^[a-z][a-z0-9_]*(?:\\.", lambda text: re.sub(r"\[(\d+)\]", r".\1", text)),
    ("^[a-z][a-z0-9_]*(?:\\.", lambda text: text.strip("/").replace("/", ".")),
)


def nearly(text: str, pattern: str) -> str | None:
    """Return a text that matches the pattern and means the same as the one that does not, or None.

    A pattern with letters of both cases does not restrict case, except that of an image.
    """
    cased = "A-Z" in pattern and "sha256" not in pattern
    of_kind = (change(text) for part, change in _OF_KINDS if part in pattern)
    changed = (change(text) for change in _CHANGES)
    for close in (*of_kind, *_interval(text), *_schedule(text), *_network(text), *changed):
        if close == text or not close or not matches(pattern, close):
            continue
        if close.lower() == close != text and text.lower() == close and cased:
            continue
        return close
    return _moment(text, pattern)


def _policy(name: str) -> str:
    """Return the ARN of AWS's managed policy of a name, with its path; or the name."""
    for line in asset("schemas", "managed-policies.txt").read_text("utf-8").splitlines():
        path, *names = line.split()
        if name in names:
            return f"arn:aws:iam::aws:policy{path}{name}"
    return name


def longest(text: str, pattern: str) -> int | None:
    """Return the allowed length of a text that matches its pattern except for its length."""
    for length in range(min(len(text) - 1, _LONGEST), _SHORT - 1, -1):
        if matches(pattern, text[:length]):
            other = text[: length - 1] + text[length]  # the next character is no worse than others
            return length if matches(pattern, other) else None
    return None


def _moment(text: str, pattern: str) -> str | None:
    """Return the time in UTC for one with an offset, or without one."""
    if len(text) < 16 or not matches(pattern, "2026-11-20T10:15:00Z"):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    in_utc = time.astimezone(UTC) if time.tzinfo else time
    return in_utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def _schedule(text: str) -> Iterator[str]:
    """Yield the schedule for `rate(1 hour)`, `@daily` or a line of crontab."""
    if rate := re.fullmatch(r"rate\((\d{1,4} \w+)\)", text):
        yield from _interval(rate[1])
        if rate[1] in ("1 day", "24 hours"):
            yield "cron(0 3 * * ? *)"
    elif text in (every := {"@daily": "P1D", "@hourly": "PT1H", "@weekly": "P7D"}):
        yield every[text]
    elif (fields := text.split()) and len(fields) == 5 and "(" not in text:
        days = "?" if fields[4] == "*" else fields[4]
        date = "?" if days != "?" and fields[2] == "*" else fields[2]
        if not re.search("[0-7]", days):  # numbered from 1 by AWS, from 0 in crontab
            yield f"cron({' '.join((*fields[:2], date, fields[3], days))} *)"


def _network(text: str) -> Iterator[str]:
    """Yield the network for a first and last address, or for a mask."""
    found = re.fullmatch(r"([\d.]{7,15}) ?(-|/| ) ?([\d.]{7,15})", text.strip())
    try:
        if found and found[2] == "-":
            first, last = IPv4Address(found[1]), IPv4Address(found[3])
            networks = list(summarize_address_range(first, last))
            yield from map(str, networks[:1] if len(networks) == 1 else ())
        elif found:
            yield str(IPv4Network(f"{found[1]}/{found[3]}"))
    except ValueError:
        return


def _interval(text: str) -> Iterator[str]:
    """Yield the interval in ISO 8601 for `7d`, `12 hours` or `P2W`."""
    found = re.fullmatch(r"(?i)\s*p?(\d{1,6})\s*([a-z]+)\s*", text)
    if not found or re.fullmatch(r"P\d+[MY]", text):  # months and years differ in length
        return
    number, unit = int(found[1]), found[2].lower()
    unit = _UNITS.get(unit.removesuffix("s"), unit.upper())
    unit = {"MIN": "M", "MINS": "M", "HRS": "H", "SEC": "S", "SECS": "S"}.get(unit, unit)
    if unit == "W":
        yield f"P{7 * number}D"
    elif unit == "D":
        yield f"P{number}D"
    elif unit in ("H", "M", "S"):
        yield f"PT{number}{unit}"


def cpu_units(value: Any, part: Schema) -> int | None:
    """Return the CPU units of `0.5`, `2 vCPU` or `500m`, or None."""
    found = re.fullmatch(r"(?i)(\d{1,5}(?:\.\d{1,3})?)\s*(m|v?cpus?|)", str(value))
    if not found or isinstance(value, bool):
        return None
    units = round(float(found[1]) * (1.024 if found[2].lower() == "m" else 1024))
    return units if 128 <= units <= 32768 and units in part.get("enum", (units,)) else None
