"""Data made from a schema: at random, mostly fitting it, and just beyond each of its limits."""

import copy
import math
import re._constants as op  # type: ignore[import-not-found]
import re._parser as regex  # type: ignore[import-not-found]
from collections.abc import Iterator
from random import Random
from typing import Any

from camformation.schema import matches, resolved

Schema = dict[str, Any]

STRANGE: list[Any] = [
    *(None, True, False, 0, 1, -1, 0.5, 1.0, -0.0, 1e99, 10**30, math.inf),
    *("", "x", "ä", "🚀", "x\n", [], [1, 1.0], [0, False], [None, None], {}, {"": 1}),
]


def generated(part: Schema, language: str, random: Random, depth: int = 0) -> Any:
    """Return data that fits a part of a schema, as far as its patterns can be satisfied."""
    part = resolved(part, language)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return random.choice(part["enum"])
    if "anyOf" in part:
        return generated(random.choice(part["anyOf"]), language, random, depth)
    if "examples" in part and random.random() < 0.3:
        return copy.deepcopy(random.choice(part["examples"]))
    kinds = part.get("type", ["null", "boolean", "integer", "string", "array", "object"])
    match random.choice(kinds) if isinstance(kinds, list) else kinds:
        case "object":
            return _mapping(part, language, random, depth)
        case "array":
            return _list(part, language, random, depth)
        case "string":
            return text(part, random)
        case "boolean":
            return random.random() < 0.5
        case "integer":
            return random.randint(*_range(part))
        case "number":
            step = part.get("multipleOf", 0.25)
            low, high = _range(part)
            return random.randint(math.ceil(low / step), math.floor(high / step)) * step
    return None


def _range(part: Schema) -> tuple[int, int]:
    low = math.ceil(part.get("minimum", -9))
    return low, math.floor(part.get("maximum", low + 999))


def _mapping(part: Schema, language: str, random: Random, depth: int) -> dict[str, Any]:
    known, required = part.get("properties", {}), part.get("required", ())
    likely = random.random() / (1 + depth / 4)
    found = {
        key: generated(each, language, random, depth + 1)
        for key, each in known.items()
        if key in required or random.random() < likely
    }
    extra = part.get("additionalProperties", True)
    if extra is not False and depth < 6:
        for _ in range(random.randint(part.get("minProperties", 0), 3)):
            name = text(resolved(part.get("propertyNames", {}), language), random)
            value = {} if extra is True else extra
            found[name] = generated(value, language, random, depth + 1)
    return found


def _list(part: Schema, language: str, random: Random, depth: int) -> list[Any]:
    least = part.get("minItems", 0)
    count = random.randint(least, min(part.get("maxItems", least + 3), least + 3))
    return [generated(part.get("items", {}), language, random, depth + 1) for _ in range(count)]


def text(part: Schema, random: Random) -> str:
    """Return a text of a schema: one that matches its pattern, where one is found soon."""
    found = ""
    for _ in range(20):
        if "pattern" in part:
            found = "".join(_matching(regex.parse(part["pattern"]), random))
        else:
            least = part.get("minLength", 0)
            length = random.randint(least, min(part.get("maxLength", least + 12), least + 12))
            found = "".join(random.choices("abcABC019-_./: é", k=length))
        fits = part.get("minLength", 0) <= len(found) <= part.get("maxLength", len(found))
        if fits and ("pattern" not in part or matches(part["pattern"], found)):
            break
    return found


def _matching(tokens: Any, random: Random) -> Iterator[str]:
    """Yield pieces of a text that matches a parsed pattern, but for what looks ahead in it."""
    for kind, value in tokens:
        if kind is op.LITERAL:
            yield chr(value)
        elif kind is op.NOT_LITERAL:
            yield "x" if value != ord("x") else "y"
        elif kind is op.ANY:
            yield random.choice("abz09-.")
        elif kind is op.IN:
            yield _one_of(value, random)
        elif kind is op.BRANCH:
            yield from _matching(random.choice(value[1]), random)
        elif kind is op.SUBPATTERN:
            yield from _matching(value[-1], random)
        elif kind is op.MAX_REPEAT:
            low, high, repeated = value
            for _ in range(random.randint(low, min(int(high), low + 4))):
                yield from _matching(repeated, random)
        else:
            assert kind in (op.AT, op.ASSERT, op.ASSERT_NOT), kind


def _one_of(members: Any, random: Random) -> str:
    if members[0][0] is op.NEGATE:
        return random.choice("abzAZ09-_")
    kind, value = random.choice(members)
    if kind is op.RANGE:
        return chr(random.randint(*value))
    if kind is op.CATEGORY:
        return {op.CATEGORY_DIGIT: "7", op.CATEGORY_NOT_SPACE: "x"}[value]
    return chr(value)


def near_misses(part: Schema, fitting: Any, language: str, random: Random) -> Iterator[Any]:
    """Yield data at the limits of a part and just beyond them, one for each limit, and others."""
    part = resolved(part, language)
    yield random.choice(STRANGE)
    for limit, beyond in (("minimum", -1), ("maximum", 1)):
        if limit in part:
            yield part[limit]
            yield part[limit] + beyond
            yield float(part[limit]) + beyond / 1024
    if "multipleOf" in part:
        yield part.get("minimum", 0) + part["multipleOf"] / 2
    for limit, beyond in (("minLength", -1), ("maxLength", 1)):
        if limit in part:
            yield "x" * part[limit]
            yield "x" * max(0, part[limit] + beyond)
    if isinstance(fitting, str):
        cut = random.randrange(len(fitting) + 1)
        yield from (fitting + "\n", fitting[:cut], fitting[:cut] + "-" + fitting[cut:], [fitting])
        yield fitting.swapcase()
    if isinstance(fitting, int) and not isinstance(fitting, bool):
        yield from (float(fitting), str(fitting))
    if isinstance(fitting, list):
        yield from (fitting * 2, fitting[:-1], fitting * (1 + part.get("maxItems", 9)))
    if isinstance(fitting, dict):
        for key in part.get("required", ()):
            yield {name: value for name, value in fitting.items() if name != key}
        yield from ({**fitting, "unknown": 1}, {**fitting, "": None})
        for value in list(fitting.values())[:1]:
            yield from ({**fitting, name: value} for name in ("", "a\n", "ä b!", "x" * 300))
        most = part.get("maxProperties")
        if most is not None and fitting:
            value = next(iter(fitting.values()))
            yield {f"Key{number}": value for number in range(most)}
            yield {f"Key{number}": value for number in range(most + 1)}


def parts(part: Schema) -> Iterator[Schema]:
    """Yield a schema and every schema within it."""
    yield part
    for holder in ("properties", "$defs"):
        for each in part.get(holder, {}).values():
            yield from parts(each)
    for holder in ("items", "additionalProperties", "propertyNames"):
        if isinstance(part.get(holder), dict):
            yield from parts(part[holder])
    for each in part.get("anyOf", ()):
        yield from parts(each)
