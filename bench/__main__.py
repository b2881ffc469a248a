"""`make bench`: measure, compare with the targets, print a table. A miss is shown, no error."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.figures import figure, show
from bench.measure import Case, extra, interleave, ratio, ratio_elapsed

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "spec" / "reference.yaml"
EVERYTHING = ROOT / "bench" / "everything.yaml"
BUILD = ROOT / "build" / "bench"
CAMFORMATION = [str(Path(sys.executable).with_name("camformation"))]
CFN_LINT = [str(Path(sys.executable).with_name("cfn-lint"))]
RAW_PATH = {"PYTHONPATH": str(BUILD)}
RAW = {"raw_reference": SPEC, "raw_everything": EVERYTHING}
"""Scripts of plain troposphere, and the spec whose templates each builds."""
BESIDE = {"raw_everything": "raw", "everything": "compile"}  # with every field, and without
MORE_MS = {"everything": 30}
MORE = 50  # further deployments in one process
FEW, MANY = 200, 1000  # deployments in one process, for memory
TARGETS, FEWER, MORE_TARGETS = 1000, 100, 10_000  # stacks of a fleet


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="rounds of the quick commands")
    parser.add_argument("--slow-runs", type=int, default=3, help="rounds of the slow ones")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("--json", action="store_true", help="print data")
    options = parser.parse_args()
    prepare()
    quick, slow = quick_cases(), [] if options.quick else slow_cases()
    interleave(list(quick.values()), options.runs)
    figures = quick_figures(quick)
    interleave(slow, options.slow_runs)
    figures += slow_figures(slow)
    figures += further_deployments(0 if options.quick else MANY, options.slow_runs)
    figures += fleets(0 if options.quick else MORE_TARGETS, options.slow_runs)
    if options.json:
        print(json.dumps({"python": sys.version.split()[0], "figures": figures}, indent=2))
    else:
        show(figures)


def prepare() -> None:
    """Write what the measured commands need into the build folder."""
    shutil.rmtree(BUILD, ignore_errors=True)
    for name in ("floor", "specs", *RAW):
        (BUILD / name).mkdir(parents=True)
    for (name, spec), ready in zip(
        RAW.items(), (BUILD / "ready", BUILD / "everything"), strict=True
    ):
        compile_ = [*CAMFORMATION, "compile", str(spec), "--out", str(ready)]
        subprocess.run(compile_, check=True, stdout=subprocess.DEVNULL)
        # Not in this process: the peak memory that a child is told to have is never below its
        # parent's.
        script = [sys.executable, "-m", "bench.raw", str(ready), str(BUILD / f"{name}.py")]
        subprocess.run(script, cwd=ROOT, check=True)
        plain = [sys.executable, "-c", _raw(name)]
        subprocess.run(plain, env={**os.environ, **RAW_PATH}, check=True)
        for file in ready.glob("*.template.json"):
            built = json.loads((BUILD / name / file.name).read_bytes())
            assert json.loads(file.read_bytes()) == built, f"{name} builds another {file.name}"
    text = SPEC.read_text("utf-8")
    for number in range(MANY):
        spec = BUILD / "specs" / f"{number}.yaml"
        named, found = re.subn(r"(?m)^name: \S+", f"name: camunda-{number}", text)
        assert found == 1, f"{SPEC} has no name of its own"
        spec.write_text(named, "utf-8")


def quick_cases() -> dict[str, Case]:
    """Return the commands that are compared with each other."""
    python = [sys.executable]
    cache = {"XDG_CACHE_HOME": str(BUILD / "cache")}
    out = ["--out", str(BUILD / "out")]
    floor = [str(ROOT / "bench" / "floor.py"), str(SPEC), str(BUILD / "ready")]
    return {
        "python": Case("empty Python", [*python, "-c", ""]),
        "click": Case("python -c 'import click'", [*python, "-c", "import click"]),
        "floor": Case("floor: parse the spec, write text", [*python, *floor, str(BUILD / "floor")]),
        "raw": Case(
            "plain troposphere, same templates", [*python, "-c", _raw("raw_reference")], RAW_PATH
        ),
        "compile": Case("compile", [*CAMFORMATION, "compile", str(SPEC), *out]),
        "raw_everything": Case(
            "plain troposphere, with every field",
            [*python, "-c", _raw("raw_everything")],
            RAW_PATH,
        ),
        "everything": Case(
            "compile, with every field",
            [*CAMFORMATION, "compile", str(EVERYTHING), "--out", str(BUILD / "everything")],
        ),
        "lint": Case(
            "compile --lint, cached", [*CAMFORMATION, "compile", str(SPEC), *out, "--lint"], cache
        ),
        "help": Case("--help", [*CAMFORMATION, "--help"]),
        "version": Case("--version", [*CAMFORMATION, "--version"]),
        "command": Case("completing a command", CAMFORMATION, _typed("camformation com")),
        "option": Case("completing an option", CAMFORMATION, _typed("camformation compile --la")),
    }


def _raw(name: str) -> str:
    return f"import {name}; {name}.main({str(BUILD / name)!r})"


def _typed(words: str) -> dict[str, str]:
    """Return what bash tells a command it wants completed (click's protocol)."""
    return {
        "_CAMFORMATION_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }


def quick_figures(cases: dict[str, Case]) -> list[dict[str, Any]]:
    """Return the CPU times in milliseconds, and the ratios that have a target."""
    targets: dict[str, list[tuple[str, float | None]]] = {
        "raw": [("floor", None)],
        "compile": [("raw", 1.3), ("floor", 2.5)],
        "everything": [("raw_everything", 1.3)],
        "lint": [("compile", 1.2)],
        "help": [("click", 2.5)],
        "version": [("click", 2.5)],
        "command": [("click", 2.5)],
        "option": [("click", 2.5)],
    }
    figures = []
    for name, case in cases.items():
        figures.append(figure(case.title, case.cpu * 1000, "ms"))
        for base, target in targets.get(name, []):
            title = f"  / {cases[base].title}"
            figures.append(figure(title, ratio(case, cases[base]), "x", target))
        if beside := BESIDE.get(name):
            more = extra(case, cases[beside]) * 1000
            figures.append(figure(f"  - {cases[beside].title}", more, "ms", MORE_MS.get(name)))
    return figures


def slow_cases() -> list[Case]:
    """Return the commands that load a linter's rules, the last one by itself."""
    cache = BUILD / "no-cache"
    templates = sorted(map(str, (BUILD / "ready").glob("*.template.json")))

    def lint(title: str, *options: str) -> Case:
        command = [*CAMFORMATION, "lint", str(SPEC), *options]
        return Case(title, command, {"XDG_CACHE_HOME": str(cache)}, ["rm", "-rf", str(cache)])

    return [
        lint("lint, nothing cached"),
        lint("lint with AWS's linter, nothing cached", "--engine", "cloudformation-validate"),
        Case("cfn-lint's own command", [*CFN_LINT, "--ignore-checks", "W3002", "--", *templates]),
    ]


def slow_figures(cases: list[Case]) -> list[dict[str, Any]]:
    """Return the CPU times, and how they and the times on the clock compare with cfn-lint's."""
    figures = []
    for case in cases:
        figures.append(figure(case.title, case.cpu * 1000, "ms"))
        if case is not (base := cases[-1]):
            figures.append(figure(f"  / {base.title}", ratio(case, base), "x", 0.6))
            figures.append(figure("  on the clock", ratio_elapsed(case, base), "x", 0.6))
    return figures


def further_deployments(many: int, runs: int) -> list[dict[str, Any]]:
    """Return what each further spec of one `compile` takes, and the memory of very many."""

    def specs(count: int) -> Case:
        files = [str(BUILD / "specs" / f"{number}.yaml") for number in range(count)]
        out = ["--out", str(BUILD / "outs")]
        return Case(f"compile, {count} specs", [*CAMFORMATION, "compile", *files, *out])

    one, more = specs(1), specs(1 + MORE)
    interleave([one, more], runs)
    each = (more.cpu - one.cpu) / MORE * 1000
    figures = [figure("each further spec of one compile", each, "ms", 20)]
    if many:
        few, all_ = specs(FEW), specs(many)
        for case in (few, all_):
            interleave([case], 1)
            figures.append(figure(f"{case.title}: peak memory", max(case.peak) / 2**20, "MiB"))
        grown = max(all_.peak) / max(few.peak)
        figures.append(figure(f"  / {few.title}", grown, "x", 1.1))
    return figures


def fleets(more: int, runs: int) -> list[dict[str, Any]]:
    """Return what planning a fleet takes: time and memory, and how both grow with its targets."""

    def plan(targets: int) -> Case:
        script = [sys.executable, str(ROOT / "bench" / "fleet.py"), str(SPEC), str(targets)]
        return Case(f"fleet plan, {targets:,} targets", script)

    fewer, all_ = plan(FEWER), plan(TARGETS)
    cases = [fewer, all_, *([plan(more)] if more else [])]
    interleave(cases, runs)
    figures = [
        figure(all_.title, all_.cpu * 1000, "ms", 3000),
        figure(f"{all_.title}: peak memory", max(all_.peak) / 2**20, "MiB"),
        figure(f"  / {fewer.title}", max(all_.peak) / max(fewer.peak), "x", 1.1),
    ]
    for case in cases[2:]:
        each = (case.cpu - all_.cpu) / (more - TARGETS) * 1_000_000
        figures += [
            figure(case.title, case.cpu * 1000, "ms"),
            figure(f"  / {all_.title}", ratio(case, all_), "x", more / TARGETS * 1.1),
            figure("each further target of a fleet", each, "us", 500),
        ]
    return figures


if __name__ == "__main__":
    main()
