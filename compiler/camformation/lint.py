"""Linters over compiled templates: findings that name the resource and point at the spec line.

cfn-lint is imported, and its rules are loaded, once and only for templates whose verdict is not in
the cache. A verdict depends on the template's bytes, the region and the linter's version. Several
templates are shared by processes that are forked with the rules loaded.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from camformation.diagnostics import Diagnostic, Location, Severity, quoted
from camformation.digest import sha256
from camformation.layout import ROOT, Template
from camformation.lean_cfn_lint import rules
from camformation.linting import CFN_LINT, Match, Question
from camformation.output import MANIFEST, OURS
from camformation.pipeline import Compiled
from camformation.reading import read_file, read_json, read_template
from camformation.rendering import render
from camformation.user_cache import cache_folder, keep

DEFAULT_REGION = "us-east-1"  # where the spec leaves the region open; cfn-lint's own default
CACHE = "lint"
PROCESSES = 4  # at most; each takes some 100 MB more
NOT_PACKAGED = "W3002"
"""TemplateURL is a local file, which is true until packaging uploads it. Ignored in the root only.
"""


def lint_all(
    compiled: Iterable[Compiled], folder: Path | None = None, engine: str = CFN_LINT
) -> list[Diagnostic]:
    """Return the linter's findings for every template of every compilation."""
    folder = folder or cache_folder(CACHE)
    return [found for one in compiled for found in lint(one, folder, engine)]


def lint(compiled: Compiled, folder: Path, engine: str = CFN_LINT) -> Iterator[Diagnostic]:
    """Yield the linter's findings for the templates of one compilation, at the spec's lines.

    Raises `NoEngineError` if its package is not installed.
    """
    region = str(compiled.deployment.region or DEFAULT_REGION)
    asked = [
        Question(text, region, (NOT_PACKAGED,) if name == ROOT else ())
        for name, text in compiled.texts.items()
    ]
    verdicts = _verdicts(asked, folder, engine)
    for name, found in zip(compiled.texts, verdicts, strict=True):
        yield from _located(compiled, name, found, engine)


def lint_template(
    compiled: Compiled, name: str, template: Template, regions: Sequence[str], folder: Path
) -> Iterator[Diagnostic]:
    """Yield cfn-lint's findings for some regions in a template derived from a compilation's
    template."""
    ignored = (NOT_PACKAGED,) if name == ROOT else ()
    asked = [Question(render(template), ",".join(regions), ignored)]
    (found,) = _verdicts(asked, folder, CFN_LINT)
    yield from _located(compiled, name, found, CFN_LINT)


def _located(
    compiled: Compiled, name: str, found: Iterable[Match], engine: str
) -> Iterator[Diagnostic]:
    for match in found:
        where = compiled.locate(name, match.pointer) or Location(compiled.resolved.file)
        yield _diagnostic(match, name, where, engine)


def lint_folder(folder: Path, cache_folder: Path, engine: str = CFN_LINT) -> Iterator[Diagnostic]:
    """Yield the linter's findings for the templates of a folder that `compile` wrote.

    The manifest has the spec lines behind them. Raises `OSError` or `ValueError` if the folder has
    no manifest of camformation, or lacks a template.
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
        if not re.fullmatch(OURS, file):
            raise ValueError(f"{MANIFEST} names {quoted(file)}, which is not a template's name")
        read_template(folder / file)
    asked = [
        Question(
            read_file(folder / file).decode("utf-8"),
            region,
            (NOT_PACKAGED,) if file == root else (),
        )
        for file in templates
    ]
    for file, found in zip(templates, _verdicts(asked, cache_folder, engine), strict=True):
        origins = sources.get(file, {})
        for match in found:
            where = _place(match, origins, folder / file)
            yield _diagnostic(match, file.removesuffix(".template.json"), where, engine)


def _place(match: Match, origins: Any, template: Path) -> Location:
    pointer = match.pointer
    while pointer and isinstance(origins, dict):
        match origins.get(pointer):
            case {"file": str(file), "line": int(line), "column": int(column)}:
                return Location(file, line, column)
        pointer = pointer.rpartition("/")[0]
    return Location(str(template))


def _diagnostic(match: Match, template: str, where: Location, engine: str) -> Diagnostic:
    about = "/".join(str(step) for step in match.path[1:]) or "the template"
    message = f"{match.message} [{template}: {about}, {engine} {match.rule}]"
    code = "CAM301" if match.severity is Severity.ERROR else "CAM302"
    return Diagnostic(where, code, message, None, match.severity)


def _verdicts(asked: Sequence[Question], folder: Path, engine: str) -> list[Sequence[Match]]:
    """Return the linter's findings for each template, from the cache if possible."""
    if engine == CFN_LINT:
        version, answers = cfn_lint_version(), _answers
    else:
        from camformation import aws_lint

        version, answers = f"{engine} {aws_lint.version()}", aws_lint.answers
    keys = [folder / f"{_key(each, version)}.json" for each in asked]
    found = dict(zip(keys, map(_remembered, keys), strict=True))
    missing = {key: each for key, each in zip(keys, asked, strict=True) if found[key] is None}
    for key, matches in zip(missing, answers(list(missing.values())), strict=True):
        keep(key, json.dumps([[m.rule, m.severity, m.message, m.path] for m in matches]))
        found[key] = matches
    return [found[key] or () for key in keys]


def _key(asked: Question, version: str) -> str:
    """Return the inputs of a verdict as a file name."""
    parts = (version, asked.regions, *asked.ignored, asked.text)
    return sha256("\0".join(parts).encode())


def _remembered(path: Path) -> Sequence[Match] | None:
    try:
        return [_match(*each) for each in read_json(path)]
    except (OSError, ValueError, TypeError):  # not there, or not what we wrote
        return None


def _match(rule: Any, severity: Any, message: Any, steps: Any) -> Match:
    """Return a match from the cache. Raises ValueError or TypeError for anything else."""
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


def _answers(asked: Sequence[Question]) -> list[list[Match]]:
    """Return cfn-lint's findings for each template: largest first, in up to `PROCESSES`
    processes."""
    processes = min(PROCESSES, len(asked), _processors())
    if processes < 2:
        return [_run(each) for each in asked]
    import gc
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    rules()  # once, before the processes are forked
    gc.freeze()  # the collector would touch, and so copy, what they share
    order = sorted(range(len(asked)), key=lambda number: -len(asked[number].text))
    with ProcessPoolExecutor(processes, get_context("fork"), _hear_nothing) as pool:
        found = dict(zip(order, pool.map(_run, (asked[number] for number in order)), strict=True))
    return [found[number] for number in range(len(asked))]


def _processors() -> int:
    """Return the number of processors that this process may use; one if it cannot fork."""
    if not hasattr(os, "fork") or sys.platform == "darwin":  # where a fork may not use frameworks
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _hear_nothing() -> None:
    """Ignore Ctrl-C: the parent handles it and ends the pool."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(asked: Question) -> list[Match]:
    from cfnlint.config import ConfigMixIn
    from cfnlint.decode.decode import decode_str
    from cfnlint.helpers import REGIONS
    from cfnlint.runner import run_template_by_data

    template, errors = decode_str(asked.text)
    if errors:  # of a template that was edited, such as a key that is there twice
        raise ValueError(" ".join(str(errors[0].message).split()))
    # A newer region than cfn-lint knows is linted as its default; no .cfnlintrc decides for us.
    known = [each for each in asked.regions.split(",") if each in REGIONS] or [DEFAULT_REGION]
    config = ConfigMixIn(regions=known, config_file=os.devnull)
    return [
        Match(
            match.rule.id,
            Severity.ERROR if match.rule.severity == "error" else Severity.WARNING,
            " ".join(match.message.split()),
            tuple(_plain(getattr(match, "path", None) or ())),
        )
        for match in run_template_by_data(template, config, rules())
        if match.rule.id not in asked.ignored
    ]


def _plain(path: Iterable[Any]) -> Iterator[str | int]:
    """Yield the steps of a path without cfn-lint's own kind of text, which knows its line."""
    for step in path:
        if isinstance(step, str | int):
            yield step if isinstance(step, int) else "".join(step)
