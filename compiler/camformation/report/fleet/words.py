"""Wording shared by the reports of a fleet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from camformation.counting import counted
from camformation.deploy.fleet.causes import CauseGroup, essence
from camformation.fleet.targets import Place
from camformation.report.deployment.words import printable
from camformation.report.plan.text import BOLD, DIM, RED, Paint

ACCOUNTS, REGIONS = 3, 4  # that are named; the others are counted
SHAPES = 3  # sets of regions by which accounts are grouped
CAUSES = 10
EVERY = "--every"
"""The option that lists every target."""

STATES = ("SUCCEEDED", "FAILED", "CANCELLED", "RUNNING", "PENDING")
REASON = 300  # characters of a reason


def place_text(place: Place) -> str:
    """Return an account and region in the form for commands."""
    return "/".join(place)


def places_text(places: Iterable[Place]) -> str:
    """Return a short description of accounts and their regions."""
    regions: dict[str, list[str]] = {}
    for account, region in places:
        regions.setdefault(account, []).append(region)
    shapes: dict[tuple[str, ...], list[str]] = {}
    for account, some in regions.items():
        shapes.setdefault(tuple(sorted(set(some))), []).append(account)
    if len(shapes) <= SHAPES:
        return "; ".join(_grid(accounts, some) for some, accounts in shapes.items())
    every = sorted({region for some in shapes for region in some})
    accounts = named(list(regions), ACCOUNTS, "accounts")
    return f"{accounts} in some of {named(every, REGIONS, 'regions')}"


def one_line(text: str, width: int = REASON) -> str:
    """Return foreign text on one line, shortened, without control characters for the terminal."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else f"{line[: width - 1]}…"


def states_text(counts: Mapping[str, int]) -> str:
    """Return the number of instances in each state: `9 succeeded, 1 failed`."""
    known = [state for state in STATES if counts.get(state)]
    others = sorted(state for state, number in counts.items() if number and state not in STATES)
    return ", ".join(f"{counts[s]} {s.lower().replace('_', ' ')}" for s in (*known, *others))


def done(counts: Mapping[str, int]) -> tuple[int, int]:
    """Return the number of finished instances, and of all."""
    total = sum(counts.values())
    return total - counts.get("RUNNING", 0) - counts.get("PENDING", 0), total


def cause_lines(
    groups: Sequence[CauseGroup], paint: Paint, most: int | None = CAUSES
) -> Iterator[str]:
    """Yield lines on each cause of failures: number, places, an example, and the advice."""
    for group in groups[:most]:
        yield paint(f"  {counted(len(group.places), 'stack')}: {one_line(group.cause.text)}", RED)
        yield f"      {places_text(group.places)}"
        said = one_line(essence(group.example))
        if said not in ("", group.cause.text) and not group.cause.text.startswith(f"{said}: "):
            yield f"      for example: {said}"
        yield f"      hint: {group.cause.advice}"
    rest = groups[most:] if most is not None else ()
    if rest:
        number = sum(len(group.places) for group in rest)
        yield paint(f"  {counted(number, 'stack')}: {counted(len(rest), 'other cause')}", DIM)


def cause_data(groups: Iterable[CauseGroup]) -> list[dict[str, Any]]:
    """Return the causes of failures as JSON data."""
    return [
        {
            "key": group.cause.key,
            "text": group.cause.text,
            "advice": group.cause.advice,
            "example": group.example,
            "places": [place_data(place) for place in group.places],
        }
        for group in groups
    ]


def place_data(place: Place) -> dict[str, str]:
    """Return an account and region as JSON data."""
    return {"account": place[0], "region": place[1]}


def region_of(arn: str) -> str:
    """Return the region in an ARN, or nothing."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 else ""


def titled(title: str, aside: str, paint: Paint) -> str:
    """Return a heading with a note."""
    return paint(title, BOLD) + (f"  {aside}" if aside else "")


def named(names: Sequence[str], most: int, what: str) -> str:
    """Return names, of which no more than so many are spelt out; `what` the others are."""
    more = len(names) - most
    if more == 1:
        more, most = 0, most + 1
    return ", ".join(names[:most]) + (f" and {more} more {what}" if more > 0 else "")


def _grid(accounts: Sequence[str], regions: Sequence[str]) -> str:
    if len(accounts) == len(regions) == 1:
        return f"{accounts[0]}/{regions[0]}"
    return f"{named(accounts, ACCOUNTS, 'accounts')} in {named(regions, REGIONS, 'regions')}"
