"""The -XX options of Java 21, the Java of Camunda's images, and why a JVM refuses one.

Sources: schemas/jvm-options.txt, made of what OpenJDK 21 prints of itself; The java command
(Advanced options, Removed Java options); OpenJDK, arguments.cpp.
"""

import re
from collections.abc import Collection
from functools import cache

from camformation.assets import asset
from camformation.closeness import distance
from camformation.frozen import frozen

REMOVED = {
    *("UseConcMarkSweepGC", "UseParNewGC", "UseParallelOldGC", "UseCMSInitiatingOccupancyOnly"),
    *("CMSInitiatingOccupancyFraction", "CMSClassUnloadingEnabled", "CMSParallelRemarkEnabled"),
    *(
        "CMSScavengeBeforeRemark",
        "CMSIncrementalMode",
        "ExplicitGCInvokesConcurrentAndUnloadsClasses",
    ),
    *("MaxPermSize", "PermSize", "AggressiveOpts", "UseCGroupMemoryLimitForHeap"),
    *("PrintGCDateStamps", "PrintGCTimeStamps", "PrintGCApplicationStoppedTime", "PrintHeapAtGC"),
    *("PrintGCApplicationConcurrentTime", "PrintTenuringDistribution", "PrintAdaptiveSizePolicy"),
    *("PrintPromotionFailure", "PrintReferenceGC", "PrintGCCause", "UseGCLogFileRotation"),
    *("NumberOfGCLogFiles", "GCLogFileSize", "UseBiasedLocking", "UseSplitVerifier"),
    *("UseFastAccessorMethods", "UseCompressedStrings", "UseStringCache", "UseVMInterruptibleIO"),
}
"""Options that no Java since 21 has (The java command, Removed Java options; JEP 158, JEP 271, JEP
363, JEP 374)."""
ALONE = ("StartFlightRecording",)  # text, but may be given without a value
ELSEWHERE = ("MaxHeapSize", "InitialHeapSize", "MaxDirectMemorySize", "ThreadStackSize")
"""Options whose values other rules judge, as those that start with `MaxRAM`."""
LEAST = {"MaxMetaspaceSize": 2**20}
"""Bounds below which no JVM starts, though it takes the option: a unit is missing, most likely."""
WORDS = {"NativeMemoryTracking": ("off", "summary", "detail")}
SLIPS = 2
_OPTION = r"(?s)-XX:([+-]?)(\w*)(?:([=:])(.*))?.*"
_NUMBER = r"(-?\d{1,20}|0[xX][0-9a-fA-F]{1,16})([kKmMgGtT]?)"
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}

Refusal = tuple[str, str]
"""The reason why a JVM does not start, and the remedy."""


@frozen
class Flag:
    """An option: what unlocks it, what it holds, and its bounds."""

    kind: str  # product | diagnostic | experimental | ignored
    holds: str  # switch | number | decimal | text
    low: float | None
    high: float | None


@cache
def _lines() -> str:
    return asset("schemas", "jvm-options.txt").read_text("utf-8")


@cache
def flag_of(name: str) -> Flag | None:
    """Return the option of a name; the others are not read."""
    found = re.search(rf"^(\w+) (\w+) (?:.* )?{name}(?:=(\S*))?(?: .*)?$", _lines(), re.M)
    if not name or not found:
        return None
    kind, holds, bounds = found.groups()
    low, _, high = (bounds or "").partition("..")
    return Flag(kind, holds, float(low) if low else None, float(high) if high else None)


def _names() -> set[str]:
    """Return the names of all options."""
    entries = re.sub(r"(?m)^(?:#.*|\w+ \w+ )", "", _lines()).split()
    return {entry.partition("=")[0] for entry in entries}


def refused(word: str, before: Collection[str], *, known: bool) -> Refusal | None:
    """Return why a JVM does not start with a -XX option, given those before it; an unknown option
    is only refused if the Java is `known` to be 21."""
    found = re.fullmatch(_OPTION, word)
    sign, name, separator, value = found.groups() if found else ("", "", None, "")
    flag = flag_of(name)
    if flag is None:
        return _unknown(word, name) if known or name in REMOVED else None
    start = f"the JVM does not start with {word[:60]}"
    unlock = f"-XX:+Unlock{flag.kind.title()}VMOptions"
    if flag.kind in ("diagnostic", "experimental") and unlock not in before:
        return f"{start}: {unlock} has to be given first", f"add {unlock} before it, or remove it"
    if flag.holds == "switch":
        if separator and sign:
            return f"{start}: it has both a sign and a value", f"write -XX:{sign}{name}"
        if separator:
            on = "-" if value == "false" else "+"
            return f"{start}: a switch has no value", f"write -XX:{on}{name}"
        if not sign:
            return f"{start}: it has neither + nor -", f"write -XX:+{name}"
        return None
    if sign:
        return f"{start}: {name} is no switch", f"write -XX:{name}=…"
    if not separator:
        return None if name in ALONE else (f"{start}: it has no value", f"write -XX:{name}=…")
    if name in ELSEWHERE or name.startswith("MaxRAM"):
        return None
    return _value(start, name, flag, value)


def _unknown(word: str, name: str) -> Refusal:
    message = f"the JVM does not start with {word[:60]}: Java 21 has no {name[:60]}"
    if name in REMOVED:
        prints = name.startswith("Print") or "GCLog" in name
        return message, "remove it" + (", and use -Xlog:gc*" if prints else "")
    near = [(d, each) for each in _names() if (d := distance(name[:60], each)) <= SLIPS]
    return message, f"did you mean {min(near)[1]}?" if near else "remove it"


def _value(start: str, name: str, flag: Flag, value: str) -> Refusal | None:
    if flag.holds == "text":
        words = WORDS.get(name, (value,))
        what = f"one of {', '.join(words)}"
        return None if value in words else (f"{start}: {name} is {what}", f"write {what}")
    size = name.endswith("Size")
    if flag.holds == "decimal":
        number = float(value) if re.fullmatch(r"-?\d+(\.\d*)?([eE][+-]?\d+)?", value) else None
        what = "a number"
    else:
        found = re.fullmatch(_NUMBER, value)
        number = (
            int(found[1], 0 if "x" in found[1].lower() else 10) * _UNITS[found[2].lower()]
            if found
            else None
        )
        what = "a size such as 256m" if size else "a whole number"
    if number is None:
        digits = re.match(r"\d+[kKmMgGtT]?" if size else r"\d+", value)
        hint = f"write -XX:{name}={digits[0]}" if digits else f"write {what}"
        return f"{start}: {name} is {what}", hint
    low = LEAST.get(name, flag.low)
    if low is not None and number < low:
        bound = f"at least {low:.0f}"
    elif flag.high is not None and number > flag.high:
        bound = f"at most {flag.high:.0f}"
    else:
        return None
    return f"{start}: {name} is {bound}", f"write {bound}" + (
        ", or a size with its unit" if size else ""
    )
