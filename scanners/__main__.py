"""`python -m scanners [--update]`: run every tool over the shipped specs, and compare."""

import sys
from pathlib import Path

from camformation.layout import ROOT, Layout
from camformation.pipeline import compile_spec
from camformation.rendering import render
from scanners.findings import (
    FOUND,
    HERE,
    PAGE,
    REASONS,
    Rules,
    by_rule,
    differences,
    idle,
    page,
    read,
    text,
    unexplained,
)
from scanners.tools import TOOLS

BUILD = HERE.parent / "build" / "audit"


def flat_templates() -> dict[str, Path]:
    """Write the flat template of each shipped spec, and return the files by the spec's name."""
    folder = BUILD / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    for spec in sorted((HERE.parent / "spec").glob("*.yaml")):
        compiled = compile_spec(str(spec), lambda file: Path(file).read_bytes(), Layout.FLAT, ())
        files[spec.stem] = folder / f"{spec.stem}.template.json"
        files[spec.stem].write_text(render(compiled.templates[ROOT]), "utf-8")
    return files


def main(update: bool) -> int:
    """Run the tools; return 1 if something is new, gone or unexplained."""
    templates = flat_templates()
    now: Rules = {}
    for name, tool in TOOLS.items():
        found = by_rule(name, tool(templates, BUILD))
        now |= found
        counts = {spec: sum(len(s.get(spec, [])) for s in found.values()) for spec in templates}
        print(f"{name}: " + ", ".join(f"{spec} {count}" for spec, count in counts.items()))
    reasons = read(REASONS)
    problems = [f"no reason: {line}" for line in unexplained(now, reasons)]
    problems += [f"reason for nothing: {line}" for line in idle(now, reasons)]
    if update:
        FOUND.write_text(text(now), "utf-8")
        PAGE.write_text(page(PAGE.read_text("utf-8"), now, reasons), "utf-8")
    else:
        problems += differences(read(FOUND), now)
    for line in problems:
        print(line, file=sys.stderr)
    if problems:
        hint = "fix it, or explain it in scanners/reasons.yaml; make audit ARGS=--update"
        print(hint, file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
