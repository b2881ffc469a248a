"""Cron expressions of AWS and of Spring, and why they cannot be read."""

import re
from collections.abc import Iterator, Mapping

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MACROS: Mapping[str, float] = {
    **dict.fromkeys(("@yearly", "@annually"), 1),
    "@monthly": 12,
    "@weekly": 365 / 7,
    **dict.fromkeys(("@daily", "@midnight"), 365),
    "@hourly": 365 * 24,
}
"""Expressions of Spring in a word, and how often a year each comes."""
A_MONTH = 365 / 12
LONGEST = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}  # month: its days, where these are not 31
SINGLE = r"(?i)L|LW|L-\d+|\d+W|\w+L|\w+#[1-5]"
"""A single day of each month."""

Field = tuple[str, int, int, tuple[str, ...]]
AWS: tuple[Field, ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 1, 7, DAYS),
    ("year", 1970, 2199, ()),
)
SPRING: tuple[Field, ...] = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, DAYS),
)


def aws(expression: str) -> str | None:
    """Return why AWS refuses a `cron(…)`, or None (EventBridge Scheduler, Cron-based schedules)."""
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    if len(fields) != len(AWS):
        return f"it has {len(fields)} fields, and needs six: minute hour day month weekday year"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "exactly one of the day of the month and the day of the week is ?"
    return next(_wrong(fields, AWS, days=(2, 4)), None)


def often(expression: str) -> bool:
    """Return whether a `cron(…)` comes more than once an hour."""
    minutes = expression.removeprefix("cron(").partition(" ")[0]
    return not minutes.isdecimal()


def yearly(expression: str) -> float | None:
    """Return about how often a year a schedule of AWS or of Spring comes; None if it is neither."""
    if expression in MACROS:
        return MACROS[expression]
    of_aws = expression.startswith("cron(")
    if (aws if of_aws else spring)(expression):
        return None
    kinds = AWS if of_aws else SPRING
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    many = {kind[0]: _many(field, kind) for field, kind in zip(fields, kinds, strict=True)}
    times = many.get("second", 1) * many["minute"] * many["hour"]
    days = min(many["day of the month"], A_MONTH) * min(many["day of the week"], 7) / 7
    return times * days * many["month"]


def _many(field: str, kind: Field) -> float:
    """Return the number of a field's values; for weekdays in a month, the number per week."""
    name, least, most, words = kind
    values: set[int] = set()
    single = 0
    for part in field.split(","):
        if re.fullmatch(SINGLE, part) and part.upper() not in words:
            single += 1
            continue
        start, _, step = part.partition("/")
        ends = [_number(each, words, least) or 0 for each in start.split("-")]
        first, last = (ends[0], ends[-1]) if start not in "*?" else (least, most)
        if step and "-" not in start:
            last = most
        values |= {*range(first, (last if first <= last else last + most) + 1, int(step or 1))}
    return len(values) + single * (7 / A_MONTH if name == "day of the week" else 1)


def spring(expression: str) -> str | None:
    """Return why Spring cannot read an expression, or None (Spring Framework, CronExpression)."""
    fields = expression.split()
    if expression in MACROS:
        return None
    if len(fields) != len(SPRING):
        return f"it has {len(fields)} fields, and needs six: second minute hour day month weekday"
    wrong = next(_wrong(fields, SPRING, days=(3, 5)), None)
    return wrong or next(_unread(fields), None)


def _unread(fields: list[str]) -> Iterator[str]:
    """Yield what Spring alone cannot read: ranges that end before they begin, and single days in
    small letters or of no month."""
    for field, (name, least, most, words) in zip(fields, SPRING, strict=True):
        for part in field.split(","):
            if (ends := part.partition("/")[0].split("-"))[1:]:
                first, last = (_number(each, words, least) for each in ends)
                last = 7 if ends[-1].upper() == "SUN" else last
                if first is not None and last is not None and first > last:
                    yield f"{part!r} ends before it begins: write two ranges"
            elif found := re.fullmatch(r"(\w+?)(?:W|L|#[1-5])", part, re.I):
                number = _number(found[1], words, least)
                of_month = found[1] == "L"
                if part != part.upper() or not (
                    of_month or (number is not None and least <= number <= most)
                ):
                    yield f"{part!r} is not a valid {name}: that is {least} to {most}"
            elif part == "l" or (part == "L" and words is DAYS):
                yield f"{part!r} is not a valid {name}"


def _wrong(fields: list[str], kinds: tuple[Field, ...], days: tuple[int, int]) -> Iterator[str]:
    for index, (field, (name, least, most, words)) in enumerate(zip(fields, kinds, strict=True)):
        for part in field.split(","):
            if part == "*" or (part == "?" and index in days):
                continue
            if part.isdecimal() and len(part) < 5 and least <= int(part) <= most:
                continue
            if index in days and re.fullmatch(SINGLE, part):
                continue
            step = re.fullmatch(r"([^/]+)(?:/(\d{1,4}))?", part)
            if not step or (step[2] and int(step[2]) == 0):
                yield f"{part!r} is not a valid {name}"
                continue
            ends = step[1].split("-") if step[1] != "*" else []
            numbers = [_number(each, words, least) for each in ends]
            if len(ends) > 2 or any(each is None or not least <= each <= most for each in numbers):
                yield f"{part!r} is not a valid {name}: that is {least} to {most}"
    day, months = fields[days[0]], fields[days[0] + 1].split(",")
    if day.isdecimal() and int(day) > 28:
        numbers = [_number(each, MONTHS, 1) for each in months]
        if all(each in LONGEST and int(day) > LONGEST[each] for each in numbers):
            yield f"month {fields[days[0] + 1]} has no day {day}"


def _number(text: str, words: tuple[str, ...], least: int) -> int | None:
    if text.isdecimal() and len(text) < 5:
        return int(text)
    first = 1 if len(words) > 7 else least
    return words.index(text.upper()) + first if text.upper() in words else None
