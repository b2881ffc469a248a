"""The tools: what each finds in flat templates, as (rule, logical ID) by spec."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Templates = Mapping[str, Path]
"""The flat template of each spec, by the spec's name."""
Findings = set[tuple[str, str, str]]
"""Spec, rule and logical ID."""
CONTROL = re.compile(r"\[(CT\.[A-Z0-9.]+)\]")


def run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """Return what a tool prints; its exit code says only that it found something."""
    env = {**os.environ, **(environment or {})}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if not done.stdout.strip():
        raise ValueError(f"{command[0]} printed nothing: {done.stderr.strip()[-2000:]}")
    return done.stdout


def checkov(templates: Templates, build: Path) -> Findings:
    """Return the findings of checkov's rules for CloudFormation."""
    files = [option for path in templates.values() for option in ("--file", str(path))]
    command = [str(build / "venv" / "bin" / "checkov"), *files]
    options = ["--framework", "cloudformation", "--output", "json", "--compact", "--quiet"]
    reports = json.loads(run([*command, *options], {"CHECKOV_RUN_SCA_PACKAGE_SCAN": "false"}))
    return set(of_checkov(reports, templates))


def of_checkov(reports: Any, templates: Templates) -> Iterator[tuple[str, str, str]]:
    """Yield the findings in a report of checkov; ValueError if it could not read a template."""
    for report in reports if isinstance(reports, list) else [reports]:
        if report["summary"]["parsing_errors"] or not report["summary"]["resource_count"]:
            raise ValueError(f"checkov could not read the templates: {report['summary']}")
        for each in report["results"]["failed_checks"]:
            spec = _spec(each["file_abs_path"], templates)
            yield spec, each["check_id"], each["resource"].rpartition(".")[2]


def nag(templates: Templates, build: Path) -> Findings:
    """Return the findings of cdk-nag's packs AwsSolutions and NIST 800-53 revision 5."""
    files = map(str, templates.values())
    text = run(["node", str(build / "node" / "nag.mjs"), str(build / "cdk.out"), *files])
    pairs = json.loads(text.strip().splitlines()[-1])
    return {(_spec(file, templates), rule, name) for file, rule, name in pairs}


def guard(templates: Templates, build: Path) -> Findings:
    """Return the findings of cfn-guard with the proactive controls of AWS Control Tower."""
    package = build / "node" / "node_modules" / "@cdklabs" / "cdk-validator-cfnguard"
    machine = "aarch64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    system = "macos" if os.uname().sysname == "Darwin" else "ubuntu"
    program = package / "bin" / system / machine / "cfn-guard"
    program.chmod(0o755)
    files = [option for path in templates.values() for option in ("--data", str(path))]
    rules = ["--rules", str(package / "rules" / "control-tower" / "cfn-guard")]
    options = ["--output-format", "json", "--structured", "--show-summary", "none"]
    reports = json.loads(run([str(program), "validate", *rules, *files, *options]))
    return {
        (_spec(report["name"], templates), control, name)
        for report in reports
        for control, name in of_guard(report["not_compliant"], "")
    }


def of_guard(node: Any, control: str) -> Iterator[tuple[str, str]]:
    """Yield the control and the logical ID of each failed clause in a report of cfn-guard."""
    if isinstance(node, list):
        for each in node:
            yield from of_guard(each, control)
    elif isinstance(node, dict):
        message = (node.get("messages") or {}).get("custom_message") or ""
        if found := CONTROL.search(message):
            control = found[1]
        for key, value in node.items():
            if key == "path" and str(value).startswith("/Resources/"):
                yield control, str(value).split("/")[2]
            else:
                yield from of_guard(value, control)


def _spec(file: str, templates: Templates) -> str:
    return next(name for name, path in templates.items() if path.samefile(file))


TOOLS: Mapping[str, Callable[[Templates, Path], Findings]] = {
    "checkov": checkov,
    "cdk-nag": nag,
    "cfn-guard": guard,
}
