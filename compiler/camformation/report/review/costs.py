"""The monthly cost before and after a change."""

from camformation.cost.estimate import NOT_COUNTED, CostChange
from camformation.report.cost import usd
from camformation.report.html.markup import Content, Html, table, tag
from camformation.report.html.page import section


def _sentence(line: str) -> str:
    text = line.removeprefix("Cost: ").strip()
    return text[:1].upper() + text[1:]


def cost_html(cost: CostChange | None, said: list[str]) -> Html | None:
    """Return the cost by component, before and after; only the line without prices."""
    lines = [tag("p", _sentence(each)) for each in said if each]
    if cost is None or not cost.after.known:
        return section("cost", "Cost", *lines) if lines else None
    rows: list[list[Content]] = []
    for name, (before, after) in cost.components().items():
        more = round(after - before, 2)
        sign = "+" if more > 0 else "\N{MINUS SIGN}"
        change = f"{sign}{usd(abs(more))}" if more else "\N{EN DASH}"
        rows.append([name, usd(before) if cost.before else None, usd(after), change])
    total = cost.before.total if cost.before else 0.0
    rows.append(
        [
            tag("strong", "Sum"),
            usd(total) if cost.before else None,
            tag("strong", usd(cost.after.total)),
            usd(cost.difference),
        ]
    )
    note = tag("p", f"An estimate in USD. Not counted: {NOT_COUNTED}.", class_="soft")
    heads = ["Component", "Before, a month", "After, a month", "Change"]
    return section("cost", "Cost", *lines, table(heads, rows), note)
