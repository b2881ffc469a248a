"""Findings, the reasons for them, and their table in docs/security.md."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from camformation.source import parse
from scanners.tools import Findings

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "security.md"
FOUND = HERE / "findings.yaml"
REASONS = HERE / "reasons.yaml"
BEGIN, END = "<!-- findings: make audit ARGS=--update -->", "<!-- end of findings -->"
Rules = dict[str, dict[str, list[str]]]
"""Resources by spec and by rule; a rule is named with its tool: `checkov CKV_AWS_18`."""


def read(path: Path) -> Any:
    """Return the data of one of our YAML files."""
    return parse(path.read_bytes(), path.name).data or {}


def by_rule(tool: str, findings: Findings) -> Rules:
    """Return a tool's findings by rule and spec."""
    rules: Rules = {}
    for spec, rule, name in sorted(findings):
        rules.setdefault(f"{tool} {rule}", {}).setdefault(spec, []).append(name)
    return dict(sorted(rules.items()))


def text(rules: Rules) -> str:
    """Return the text of findings.yaml."""
    lines = ["# Findings in the shipped specs, written by `make audit ARGS=--update`."]
    for rule, specs in rules.items():
        lines.append(f"{rule}:")
        lines += [f"  {spec}: [{', '.join(names)}]" for spec, names in sorted(specs.items())]
    return "\n".join(lines) + "\n"


def reason(reasons: Mapping[str, Any], rule: str, spec: str, name: str) -> str | None:
    """Return why a finding stays, or None if nobody says so."""
    for each in reasons.get(rule, ()):
        specs, names = each.get("specs", ["*"]), each.get("resources", ["*"])
        if any(fnmatch(spec, s) for s in specs) and any(fnmatch(name, n) for n in names):
            return str(each["why"])
    return None


def unexplained(rules: Rules, reasons: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each finding without a reason."""
    for rule, specs in rules.items():
        for spec, names in specs.items():
            for name in names:
                if reason(reasons, rule, spec, name) is None:
                    yield f"{rule}: {spec}: {name}"


def idle(rules: Rules, reasons: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each reason that explains nothing."""
    for rule, entries in reasons.items():
        used = {
            reason(reasons, rule, spec, name)
            for spec, names in rules.get(rule, {}).items()
            for name in names
        }
        yield from (f"{rule}: {e['why']}" for e in entries if e["why"] not in used)


def table(rules: Rules, reasons: Mapping[str, Any]) -> str:
    """Return the table for the page: a row for each rule and reason, production first."""
    rows = ["| Rule | Specs | Resources | Why it stays |", "|---|---|---|---|"]
    for rule, specs in rules.items():
        grouped: dict[str, dict[str, list[str]]] = {}
        for spec, names in specs.items():
            for name in names:
                why = reason(reasons, rule, spec, name) or "?"
                grouped.setdefault(why, {}).setdefault(spec, []).append(name)
        for why, found in grouped.items():
            names = list(dict.fromkeys(name for each in found.values() for name in each))
            shown = ", ".join(f"`{name}`" for name in names[:4])
            if len(names) > 4:
                shown += f" and {len(names) - 4} more"
            rows.append(f"| {rule} | {', '.join(_ordered(found))} | {shown} | {why} |")
    return "\n".join(rows)


def _ordered(specs: Iterable[str]) -> list[str]:
    return sorted(specs, key=lambda each: (each != "production", each))


def page(current: str, rules: Rules, reasons: Mapping[str, Any]) -> str:
    """Return the page with the table of today."""
    before, _, rest = current.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(rules, reasons)}\n\n{END}{after}"


def differences(known: Rules, now: Rules) -> Iterator[str]:
    """Yield a line for each finding that is new, or gone."""

    def each(rules: Rules) -> set[str]:
        return {
            f"{r}: {s}: {n}" for r, specs in rules.items() for s, ns in specs.items() for n in ns
        }

    yield from (f"new: {line}" for line in sorted(each(now) - each(known)))
    yield from (f"gone: {line}" for line in sorted(each(known) - each(now)))
