"""Audits and exposure matrices as text, JSON, Markdown and SARIF."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from camformation.audit.audit import Fault, Result, Status
from camformation.audit.controls import ORDER, Weight
from camformation.audit.matrix import Matrix
from camformation.diagnostics import Diagnostic, Location, Severity
from camformation.report.terminal_text import visible

SHOWN = 5
"""Limit on the resources that text names for one control; JSON and SARIF name all."""


def render(results: Sequence[Result], style: str, spec: str) -> str:
    """Return an audit in a format."""
    match style:
        case "json":
            return json.dumps({"spec": spec, "controls": [*map(_data, results)]}, indent=2) + "\n"
        case "markdown":
            return _markdown(results)
        case "sarif":
            from camformation.report.spec.diagnostics import sarif

            return json.dumps(sarif(_diagnostics(results, spec)), indent=2) + "\n"
    return _text(results)


def _text(results: Sequence[Result]) -> str:
    lines: list[str] = []
    for each in _by_severity(results):
        if each.status is Status.FAIL:
            lines.append(f"{each.control.id} {each.control.severity}: {each.control.title}")
            lines += [f"    {_fault(fault)}" for fault in each.faults[:SHOWN]]
            if len(each.faults) > SHOWN:
                lines.append(f"    and {len(each.faults) - SHOWN} more")
            lines.append(f"    write: {each.control.write}")
            if each.control.references:
                lines.append(f"    see: {_references(each)}")
        elif each.status is Status.IGNORED:
            reason = visible(each.reason or "")
            lines.append(f"{each.control.id} ignored: {each.control.title}: {reason}")
    return "\n".join([*lines, summary(results)]) + "\n"


def _by_severity(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda each: ORDER.index(each.control.severity))


def summary(results: Sequence[Result]) -> str:
    """Return the number of controls by status."""
    counts = (f"{sum(r.status is status for r in results)} {status}" for status in Status)
    return f"{len(results)} controls: {', '.join(counts)}"


def _fault(fault: Fault) -> str:
    where = f"{fault.location}: " if fault.location else ""
    return visible(f"{where}{fault.logical_id}: {fault.problem}")


def _references(result: Result) -> str:
    names = {
        "securityhub": "Security Hub",
        "cis": "CIS",
        "nist": "NIST 800-53",
        "pci": "PCI DSS",
    }
    return "; ".join(f"{names[key]} {value}" for key, value in result.control.references.items())


def _markdown(results: Sequence[Result]) -> str:
    rows = [
        "| Control | Severity | Status | What | Where | References |",
        "|---|---|---|---|---|---|",
    ]
    for each in _by_severity(results):
        where = "<br>".join(_fault(fault) for fault in each.faults[:SHOWN]) or "-"
        if each.reason:
            where += f"<br>ignored: {visible(each.reason)}"
        cells = (
            *(each.control.id, each.control.severity, each.status, each.control.title),
            *(where, _references(each)),
        )
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join([*rows, "", summary(results)]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _data(result: Result) -> dict[str, Any]:
    control = result.control
    return {
        "id": control.id,
        "title": control.title,
        "severity": control.severity.value,
        "status": result.status.value,
        "reason": result.reason,
        "references": dict(control.references),
        "write": control.write,
        "faults": [
            {
                "resource": fault.logical_id,
                "path": list(fault.path),
                "problem": fault.problem,
                "location": _place(fault.location),
            }
            for fault in result.faults
        ],
    }


def _place(where: Location | None) -> dict[str, Any] | None:
    return {"file": where.file, "line": where.line, "column": where.column} if where else None


def _diagnostics(results: Sequence[Result], spec: str) -> list[Diagnostic]:
    errors = (Weight.CRITICAL, Weight.HIGH)
    return [
        Diagnostic(
            fault.location or Location(spec),
            each.control.id,
            f"{each.control.title}: {fault.logical_id}: {fault.problem}",
            each.control.write,
            Severity.ERROR if each.control.severity in errors else Severity.WARNING,
        )
        for each in results
        if each.status is Status.FAIL
        for fault in each.faults
    ]


def render_matrix(exposure: Matrix, style: str) -> str:
    """Return an exposure matrix in a format."""
    groups = dict(exposure.holders)
    flows = [(f.way, f.source, f.target, f.protocol, f.ports, f.reason) for f in exposure.flows]
    access = [
        (a.principal, a.effect, _lines(a.actions), _lines(a.resources), _lines(a.conditions))
        for a in exposure.access
    ]
    if style == "json":
        data = {
            "groups": {name: list(held) for name, held in groups.items()},
            "flows": [dict(zip(FLOW, each, strict=True)) for each in flows],
            "access": [
                {
                    "principal": a.principal,
                    "effect": a.effect,
                    "actions": list(a.actions),
                    "resources": list(a.resources),
                    "conditions": list(a.conditions),
                }
                for a in exposure.access
            ],
        }
        return json.dumps(data, indent=2) + "\n"
    tables = (
        ("Security groups", ("group", "used by"), [(n, _lines(h)) for n, h in groups.items()]),
        ("Who reaches what", FLOW, flows),
        ("Who may do what", ("principal", "effect", "actions", "resources", "conditions"), access),
    )
    return "\n".join(_table(title, heads, rows, style) for title, heads, rows in tables)


FLOW = ("way", "source", "target", "protocol", "ports", "reason")


def _lines(items: Iterable[str]) -> str:
    return ", ".join(items) or "-"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], style: str) -> str:
    if style == "markdown":
        lines = [f"## {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        lines += [f"| {' | '.join(_cell(visible(cell)) for cell in row)} |" for row in rows]
        return "\n".join(lines) + "\n"
    shown = [[visible(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(heads) - 1)]
    body = [
        "  "
        + "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in shown
    ]
    return "\n".join([title, *body]) + "\n"
