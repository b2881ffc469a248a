"""Estimates of cost as text and data."""

from collections.abc import Iterable, Iterator
from math import fsum
from typing import Any

from camformation.cost.estimate import NOT_COUNTED, CostChange, Estimate, Line
from camformation.cost.prices import OWN, priced, sources
from camformation.counting import counted
from camformation.frozen import replaced
from camformation.regions import IN_USD, partition_of

MOST = 3
"""Limit of kinds without a known price that are named in a line."""


def usd(amount: float) -> str:
    """Return an amount in readable form, to the dollar from ten dollars on."""
    return f"${amount:,.0f}" if abs(amount) >= 10 else f"${amount:,.2f}"


def about(lines: Iterable[Line], *, more: bool = False) -> str:
    """Return the sum of lines in words; `more`: other things have no price either."""
    amounts = [line.monthly for line in lines]
    if amounts and not any(each is not None for each in amounts):
        return "an unknown amount"
    word = "more than" if more or None in amounts else "about"
    return f"{word} {usd(fsum(each or 0.0 for each in amounts))}"


def estimate_text(name: str, found: Estimate) -> str:
    """Return an estimate by component, with its assumptions, ending with a newline."""
    hint = reading(found)
    lines = [f"{name}: cost unknown: camformation has no list prices of {found.region}", f"{hint}."]
    if found.known:
        total = about(found.lines, more=bool(found.unknown))
        lines = [f"{name}: {total} a month in {found.region}, an estimate in USD"]
    for component in dict.fromkeys(line.component for line in found.lines):
        own = [line for line in found.lines if line.component == component]
        lines += ["", f"{component}  {_sum_of(own)}"]
        lines += _table(own)
    lines += ["", f"Prices: {_prices(found)}."] if found.oldest else [""]
    if found.assumed:
        lines += ["Assumed (--usage NAME=VALUE):"]
        lines += [
            f"  {each.name}={each.value:g}".ljust(34) + f"{each.unit}; {each.about}".lstrip("; ")
            for each in found.assumed
        ]
    if missing := _missing(found):
        lines += [f"Without a price: {missing}."]
    if hint and found.known:
        lines += [f"{hint}."]
    lines += [f"Not counted: {NOT_COUNTED}."]
    if found.outside:
        lines += [
            "Used by the deployment, but not created by it, and not counted: "
            f"{'; '.join(found.outside)}."
        ]
    return "\n".join(lines) + "\n"


def _sum_of(lines: list[Line]) -> str:
    amounts = [line.monthly for line in lines if line.monthly is not None]
    parts = [usd(fsum(amounts))] if amounts else []
    return " + ".join([*parts, "?"] if len(amounts) < len(lines) else parts)


def reading(found: Estimate) -> str:
    """Return the hint for missing prices; nothing if none are missing, or they were read."""
    if not found.unpriced or OWN in found.sources:
        return ""
    if (partition := partition_of(found.region)) not in IN_USD:
        return f"The AWS Price List has no prices in USD of the partition {partition}"
    return (
        f"`camformation prices {found.region}` reads them from the AWS Price List, with "
        "credentials that allow pricing:GetProducts"
    )


def _prices(found: Estimate) -> str:
    days = found.oldest if found.oldest == found.newest else f"{found.oldest} to {found.newest}"
    return f"list prices read {days} ({'; '.join(sources()[each] for each in found.sources)})"


def _missing(found: Estimate) -> str:
    keys = dict.fromkeys(line.key for line in found.unpriced) if found.known else {}
    parts = [priced(key).title for key in keys]
    text = f"{'; '.join(parts)} ({found.region})" if parts else ""
    types = ", ".join(dict.fromkeys(each.type for each in found.unknown))
    return "; ".join(each for each in (text, f"{types} (unknown)" if types else "") if each)


def _merged(lines: list[Line]) -> list[tuple[Line, int]]:
    """Return the lines, grouped by kind with their number."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.key, line.note), []).append(line)
    return [(_sum(same), len(same)) for same in found.values()]


def _sum(same: list[Line]) -> Line:
    first = same[0]
    monthly = None if first.monthly is None else fsum(line.monthly or 0.0 for line in same)
    return replaced(first, quantity=sum(line.quantity for line in same), monthly=monthly)


def _table(lines: list[Line]) -> Iterator[str]:
    rows = [
        (
            each.logical_id + (f" and {count - 1} more" if count > 1 else ""),
            priced(each.key).title,
            f"{each.quantity:,.4g}" if each.quantity < 100 else f"{each.quantity:,.0f}",
            priced(each.key).unit,
            "" if each.price is None else f"${each.price:.6g}",
            "?" if each.monthly is None else f"${each.monthly:,.2f}",
            each.note,
        )
        for each, count in _merged(lines)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [
            cell.rjust(width) if column in (2, 4, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        yield "  " + "  ".join([*cells, row[6]]).rstrip()


def change_line(cost: CostChange | None) -> str | None:
    """Return the line of a plan about cost; None if no region is known."""
    if cost is None:
        return None
    if not cost.after.known:
        region = cost.after.region
        return f"Cost: unknown: there are no list prices of {region}. {reading(cost.after)}."
    total = f"Cost: {about(cost.after.lines, more=bool(cost.after.unknown))} a month"
    if cost.before:
        more = round(cost.difference, 2)
        word = "more" if more > 0 else "less"
        total += f", {usd(abs(more))} {word}{_parts(cost)}" if more else ", unchanged"
        if cost.untold:
            titles = list(dict.fromkeys(priced(key).title for key in cost.untold))
            rest = [f"{len(titles) - MOST} more"] if len(titles) > MOST else []
            total += f", not counting {'; '.join([*titles[:MOST], *rest])} (unknown price)"
    missing = len({line.key for line in cost.after.unpriced}) + len(cost.after.unknown)
    without = f", plus {counted(missing, 'item')} without a known price" if missing else ""
    if cost.before and (new := [e for e in cost.after.outside if e not in cost.before.outside]):
        without += f", not counting {' and '.join(new)}"
    return f"{total}{without}; `camformation compile --cost` shows how."


def _parts(cost: CostChange) -> str:
    """Return the change by component; nothing if there is only one, of a flat template."""
    changes = {name: after - before for name, (before, after) in cost.components().items()}
    told = [
        f"{name} {'+' if each > 0 else '-'}{usd(abs(each))}"
        for name, each in sorted(changes.items(), key=lambda pair: -abs(pair[1]))
        if round(each, 2)
    ]
    return f" ({', '.join(told)})" if len(changes) > 1 else ""


def estimate_data(found: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON data."""
    return {
        "region": found.region,
        "currency": "USD",
        "monthly": round(found.total, 2) if found.known else None,
        "prices_read": [found.oldest, found.newest],
        "lines": [
            {
                "component": each.component,
                "resource": each.logical_id,
                "price": each.key,
                "title": priced(each.key).title,
                "quantity": round(each.quantity, 4),
                "unit": priced(each.key).unit,
                "usd": each.price,
                "monthly": None if each.monthly is None else round(each.monthly, 2),
                "note": each.note,
            }
            for each in found.lines
        ],
        "assumed": {each.name: each.value for each in found.assumed},
        "unpriced": sorted({line.key for line in found.unpriced}),
        "unknown_types": sorted({each.type for each in found.unknown}),
        "outside": list(found.outside),
    }
