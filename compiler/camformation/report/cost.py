"""Estimates of cost as text and data."""

from collections.abc import Iterator
from typing import Any

from camformation.cost.estimate import NOT_COUNTED, CostChange, Estimate, Line
from camformation.cost.prices import priced, prices, regions, sources
from camformation.counting import counted
from camformation.frozen import replaced


def usd(amount: float) -> str:
    """Return an amount as people write it, to the dollar from ten dollars on."""
    return f"${amount:,.0f}" if abs(amount) >= 10 else f"${amount:,.2f}"


def estimate_text(name: str, found: Estimate) -> str:
    """Return an estimate by component, with what it assumes, ending with a newline."""
    lines = [f"{name}: about {usd(found.total)} a month in {found.region}, an estimate in USD"]
    for component in dict.fromkeys(line.component for line in found.lines):
        own = [line for line in found.lines if line.component == component]
        lines += ["", f"{component}  {usd(sum(line.monthly or 0 for line in own))}"]
        lines += _table(own)
    lines += ["", f"Prices: {_prices(found)}."]
    if found.assumed:
        lines += ["Assumed (--usage NAME=VALUE):"]
        lines += [
            f"  {each.name}={each.value:g}".ljust(34) + f"{each.unit}; {each.about}".lstrip("; ")
            for each in found.assumed
        ]
    if missing := _missing(found):
        lines += [f"Without: {missing}."]
    lines += [f"Not counted: {NOT_COUNTED}."]
    return "\n".join(lines) + "\n"


def _prices(found: Estimate) -> str:
    used = {line.key for line in found.lines if line.price is not None}
    table = prices(found.region)
    said = sorted({table[key].source for key in used})
    days = found.oldest if found.oldest == found.newest else f"{found.oldest} to {found.newest}"
    return f"list prices read {days} ({'; '.join(sources()[each] for each in said)})"


def _missing(found: Estimate) -> str:
    parts = [priced(key).title for key in dict.fromkeys(line.key for line in found.unpriced)]
    text = f"{', '.join(parts)} (no price known for {found.region})" if parts else ""
    types = ", ".join(dict.fromkeys(each.type for each in found.unknown))
    return "; ".join(each for each in (text, f"{types} (unknown)" if types else "") if each)


def _merged(lines: list[Line]) -> list[tuple[Line, int]]:
    """Return the lines, those of the same kind of thing as one, with their number."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.key, line.note), []).append(line)
    return [(_sum(same), len(same)) for same in found.values()]


def _sum(same: list[Line]) -> Line:
    first = same[0]
    monthly = None if first.monthly is None else sum(line.monthly or 0.0 for line in same)
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


def change_line(cost: CostChange | None, region: str | None) -> str | None:
    """Return the line of a plan about cost; None where no region is known."""
    if cost is None:
        if region is None:
            return None
        return f"Cost: unknown, without list prices of {region}; there are {', '.join(regions())}."
    total = f"Cost: about {usd(cost.after.total)} a month"
    if cost.before:
        more = round(cost.difference, 2)
        word = "more" if more > 0 else "less"
        total += f", {usd(abs(more))} {word}" if more else ", as before"
    missing = len({line.key for line in cost.after.unpriced}) + len(cost.after.unknown)
    without = f", besides {counted(missing, 'item')} without a known price" if missing else ""
    return f"{total}{without}; `camformation compile --cost` shows how."


def estimate_data(found: Estimate | None) -> dict[str, Any] | None:
    """Return an estimate as JSON data."""
    if found is None:
        return None
    return {
        "region": found.region,
        "currency": "USD",
        "monthly": round(found.total, 2),
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
        "unknown_types": sorted({each.type for each in found.unknown}),
    }
