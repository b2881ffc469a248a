"""What was measured, as a table: each figure with its target, where it has one."""

import os
import sys
from typing import Any


def figure(title: str, value: float, unit: str, target: float | None = None) -> dict[str, Any]:
    """Return a line of the table; the target is the most that the value may be."""
    met = None if target is None else value <= target
    return {"title": title, "value": round(value, 3), "unit": unit, "target": target, "met": met}


def show(figures: list[dict[str, Any]]) -> None:
    """Print the table."""
    print(
        f"CPU time (user + system), medians, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs"
    )
    for each in figures:
        value = (
            f"{each['value']:.2f} x"
            if each["unit"] == "x"
            else f"{each['value']:.0f} {each['unit']}"
        )
        target = "" if each["target"] is None else f"at most {each['target']:g}"
        verdict = {None: "", True: "", False: "  <-- MISSED"}[each["met"]]
        print(f"{each['title']:<42}{value:>12}  {target:<12}{verdict}".rstrip())
    missed = sum(each["met"] is False for each in figures)
    print(f"{missed} of {sum(each['met'] is not None for each in figures)} targets missed")
