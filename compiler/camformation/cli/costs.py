"""Estimates of cost on the command line."""

from collections.abc import Iterable

import click

from camformation.cli.own_prices import price_table
from camformation.closeness import closest
from camformation.cost.estimate import Estimate, estimate
from camformation.cost.prices import assumptions
from camformation.pipeline import Compiled
from camformation.report.cost import estimate_text


def usage_values(given: Iterable[str]) -> dict[str, float]:
    """Return the values of --usage by name. Raises click.BadParameter."""
    known, found = assumptions(), {}
    for each in given:
        name, _, text = (part.strip() for part in each.partition("="))
        if name not in known:
            near = closest(name, list(known))
            hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise click.BadParameter(
                f"there is no assumption {name!r}; {hint}", param_hint="--usage"
            )
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < 1e12 or (name == "lease_seconds" and not value):
            raise click.BadParameter(
                f"{name} needs a number of {known[name].unit or 'at least 0'}, not {text!r}",
                param_hint="--usage",
            )
        found[name] = value
    return found


def estimate_of(compiled: Compiled, usage: dict[str, float]) -> Estimate | None:
    """Return the estimate of a compiled spec; None without a region."""
    region = compiled.deployment.region
    if not region:
        return None
    return estimate(compiled.templates, str(region), usage=usage, prices=price_table())


def cost_text(compiled: Compiled, found: Estimate | None) -> str:
    """Return an estimate as text, or the reason why there is none."""
    name = str(compiled.deployment.name)
    if found:
        return estimate_text(name, found)
    have = f"there are prices of {', '.join(price_table().regions())}"
    return (
        f"{name}: cost unknown, because the spec names no region: give --set region=eu-west-2, for "
        f"example; {have}\n"
    )
