"""cfn-lint over compiled templates: findings that name the resource and point at the spec line.

cfn-lint is imported, and its rules are loaded, once a process and only for templates whose verdict
is not in the cache. A verdict depends on the template's bytes, the region and cfn-lint's version.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from camformation.diagnostics import Diagnostic, Location, Severity, quoted
from camformation.digest import sha256
from camformation.frozen import frozen
from camformation.layout import ROOT, Template
from camformation.output import MANIFEST, OURS
from camformation.pipeline import Compiled
from camformation.reading import read_file, read_json, read_template
from camformation.rendering import render
from camformation.user_cache import cache_folder, keep

DEFAULT_REGION = "us-east-1"  # where the spec leaves the region open; cfn-lint's own default
CACHE = "lint"
NOT_PACKAGED = "W3002"
"""TemplateURL is a local file: it is, until packaging uploads it. Ignored in the root only."""


@frozen
class Match:
    """A finding of cfn-lint: `path` leads into the template."""

    rule: str
    severity: Severity
    message: str
    path: tuple[str | int, ...]

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer."""
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)


def lint_all(compiled: Iterable[Compiled], folder: Path | None = None) -> list[Diagnostic]:
    """Return cfn-lint's findings for every template of every compilation."""
    folder = folder or cache_folder(CACHE)
    return [found for one in compiled for found in lint(one, folder)]


def lint(compiled: Compiled, folder: Path) -> Iterator[Diagnostic]:
    """Yield cfn-lint's findings for the templates of one compilation, at the spec's lines."""
    region = str(compiled.deployment.region or DEFAULT_REGION)
    for name, template in compiled.templates.items():
        yield from lint_template(compiled, name, template, [region], folder)


def lint_template(
    compiled: Compiled, name: str, template: Template, regions: Sequence[str], folder: Path
) -> Iterator[Diagnostic]:
    """Yield what cfn-lint finds for some regions in a template that comes of a compilation's."""
    for match in _matches(render(template), ",".join(regions), name == ROOT, folder):
        where = compiled.locate(name, match.pointer) or Location(compiled.resolved.file)
        yield _diagnostic(match, name, where)


def lint_folder(folder: Path, cache_folder: Path) -> Iterator[Diagnostic]:
    """Yield what cfn-lint finds in the templates of a folder that `compile` wrote.

    The manifest says which spec lines they are from. Raises `OSError` or `ValueError` where the
    folder has no manifest of ours, or lacks a template.
    """
    try:
        manifest = read_json(folder / MANIFEST)
    except ValueError as error:
        raise ValueError(f"{MANIFEST} is {error}") from error
    if not isinstance(manifest, dict):
        raise ValueError(f"{MANIFEST} is not a manifest")
    templates, sources, root = map(manifest.get, ("templates", "sourceMap", "root"))
    region = manifest.get("region") or DEFAULT_REGION
    if not (
        isinstance(templates, dict)
        and isinstance(sources, dict)
        and isinstance(root, str)
        and isinstance(region, str)
    ):
        raise ValueError(f"{MANIFEST} is not a manifest")
    for file in templates:
        if not OURS.fullmatch(file):
            raise ValueError(f"{MANIFEST} names {quoted(file)}, which is not a template's name")
        read_template(folder / file)
        text = read_file(folder / file).decode("utf-8")
        origins = sources.get(file, {})
        for match in _matches(text, region, file == root, cache_folder):
            yield _diagnostic(
                match, file.removesuffix(".template.json"), _place(match, origins, folder / file)
            )


def _place(match: Match, origins: Any, template: Path) -> Location:
    pointer = match.pointer
    while pointer and isinstance(origins, dict):
        match origins.get(pointer):
            case {"file": str(file), "line": int(line), "column": int(column)}:
                return Location(file, line, column)
        pointer = pointer.rpartition("/")[0]
    return Location(str(template))


def _diagnostic(match: Match, template: str, where: Location) -> Diagnostic:
    about = "/".join(str(step) for step in match.path[1:]) or "the template"
    message = f"{match.message} [{template}: {about}, cfn-lint {match.rule}]"
    code = "CAM301" if match.severity is Severity.ERROR else "CAM302"
    return Diagnostic(where, code, message, None, match.severity)


def _matches(text: str, regions: str, is_root: bool, folder: Path) -> Sequence[Match]:
    ignored = [NOT_PACKAGED] if is_root else []
    key = sha256("\0".join([cfn_lint_version(), regions, *ignored, text]).encode())
    path = folder / f"{key}.json"
    try:
        return [_match(*each) for each in read_json(path)]
    except (OSError, ValueError, TypeError):  # not there, or not what we wrote: lint again
        found = list(_run(text, regions, ignored))
    keep(path, json.dumps([[m.rule, m.severity, m.message, m.path] for m in found]))
    return found


def _match(rule: Any, severity: Any, message: Any, steps: Any) -> Match:
    """Return a match as it was remembered. Raises ValueError or TypeError of anything else."""
    if not (isinstance(rule, str) and isinstance(message, str) and isinstance(steps, list)):
        raise TypeError
    if not all(isinstance(step, str | int) for step in steps):
        raise TypeError
    return Match(rule, Severity(severity), message, tuple(steps))


@cache
def cfn_lint_version() -> str:
    """Return cfn-lint's version without importing it."""
    spec = find_spec("cfnlint")
    assert spec is not None and spec.origin is not None  # a dependency of ours
    text = Path(spec.origin).with_name("version.py").read_text("utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found is not None
    return found[1]


@cache
def _rules() -> Any:
    from cfnlint.core import get_rules

    return get_rules([], [], [])


def _run(text: str, regions: str, ignored: list[str]) -> Iterator[Match]:
    from cfnlint.config import ConfigMixIn
    from cfnlint.decode.decode import decode_str
    from cfnlint.helpers import REGIONS
    from cfnlint.runner import run_template_by_data

    template, errors = decode_str(text)
    if errors:  # of a template that was edited, such as a key that is there twice
        raise ValueError(" ".join(str(errors[0].message).split()))
    # A newer region than cfn-lint knows is linted as its default; no .cfnlintrc decides for us.
    known = [each for each in regions.split(",") if each in REGIONS] or [DEFAULT_REGION]
    config = ConfigMixIn(regions=known, config_file=os.devnull)
    for match in run_template_by_data(template, config, _rules()):
        if match.rule.id not in ignored:
            severity = Severity.ERROR if match.rule.severity == "error" else Severity.WARNING
            path = tuple(
                step for step in getattr(match, "path", None) or () if isinstance(step, str | int)
            )
            yield Match(match.rule.id, severity, " ".join(match.message.split()), path)
