"""The files of a compilation: the templates, and a manifest that describes them."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from posixpath import relpath
from typing import Any

import troposphere

from camformation import __version__
from camformation.diagnostics import Diagnostic, Location, SpecError
from camformation.digest import sha256
from camformation.frozen import frozen
from camformation.layout import ROOT, template_file
from camformation.pipeline import Compiled
from camformation.rendering import render

MANIFEST = "manifest.json"
OURS = re.compile(
    r"[\w-]+\.template\.json|(?:stackset|create-stack-set|bucket-policy)\.json"
    r"|artifacts/camformation/[0-9a-f]+\.template\.json|overrides/[\w-]+/[\w-]+\.json"
)
"""Names that a manifest may have removed: of files that we wrote, wherever they come from."""


@frozen
class Written:
    """The files of one compilation, `changed` being those whose content is new."""

    folder: Path
    files: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def files(compiled: Compiled) -> dict[str, str]:
    """Return the content of every file of a compilation, by name; the manifest is one of them."""
    contents = {template_file(n): render(t) for n, t in compiled.templates.items()}
    contents[MANIFEST] = render(manifest(compiled, contents))
    return contents


def manifest(compiled: Compiled, contents: dict[str, str]) -> dict[str, Any]:
    """Describe the compilation: versions, layout, templates and where their values come from.

    Spec files are named relative to the folder of the spec, so that the manifest is the same
    wherever the spec lies.
    """
    home = compiled.resolved.file.rpartition("/")[0] or "."
    deployment = compiled.deployment
    types: Counter[str] = Counter(
        resource["Type"]
        for t in compiled.templates.values()
        for resource in t["Resources"].values()
    )

    @cache
    def relative(file: str) -> str:
        return file if file.startswith("--set ") else relpath(file, home)

    @cache
    def place(path: tuple[str | int, ...]) -> dict[str, Any]:
        where = compiled.resolved.origin(path)
        found: dict[str, Any] = {"path": ".".join(map(str, path))}
        if isinstance(where, str):
            return found | {"from": where}
        return found | {
            "file": relative(where.file),
            "line": where.line,
            "column": where.column,
        }

    return {
        "name": deployment.name,
        "layout": compiled.layout,
        "profile": deployment.profile,
        "region": deployment.region,
        "tags": dict(deployment.tags),
        "parameters": {each.name: ".".join(map(str, each.path)) for each in compiled.parameters},
        "versions": {
            "camformation": __version__,
            "camunda": deployment.version,
            "troposphere": troposphere.__version__,
        },
        "templates": {
            template_file(name): {
                "bytes": len(contents[template_file(name)].encode()),
                "resources": len(template["Resources"]),
                "sha256": sha256(contents[template_file(name)].encode()),
            }
            for name, template in compiled.templates.items()
        },
        "root": template_file(ROOT),
        "resources": dict(sorted(types.items())),
        "patched": [f"{template}/{title}" for template, title in compiled.patched],
        "sourceMap": {
            template_file(name): {pointer: place(path) for pointer, path in origins.items()}
            for name, origins in compiled.source_map.items()
            if origins
        },
    }


def write(compiled: Compiled, folder: Path) -> Written:
    """Write the compilation into the folder, and remove what an earlier one left there.

    Only files that the folder's own manifest names are removed. Raises `SpecError` where the folder
    belongs to another deployment, and `OSError` where it cannot be written.
    """
    before = _files_of(folder, MANIFEST, str(compiled.deployment.name), "templates")
    return _write(files(compiled), folder, before)


def write_export(contents: dict[str, str], folder: Path, name: str, manifest: str) -> Written:
    """Write the files of a StackSet into the folder, as `write` does; `manifest` names them all."""
    return _write(contents, folder, _files_of(folder, manifest, name, "files"))


def _write(contents: dict[str, str], folder: Path, before: list[str]) -> Written:
    changed = []
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        if path.is_file() and path.read_bytes() == data:
            continue
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(data)
        fresh.replace(path)
        changed.append(name)
    removed = [name for name in before if name not in contents and (folder / name).is_file()]
    for name in removed:
        (folder / name).unlink()
    return Written(folder, tuple(contents), tuple(changed), tuple(removed))


def _files_of(folder: Path, manifest: str, name: str, key: str) -> list[str]:
    """Return the files that the folder's manifest lists for what has that name."""
    path = folder / manifest
    if not path.is_file():
        return []
    try:
        old = json.loads(path.read_text("utf-8"))
        owner, listed = old["name"], list(old[key])
    except (ValueError, KeyError, TypeError):
        owner, listed = None, []
    if owner != name:
        message = f"{folder} holds the deployment {owner!r}" if owner else "not our manifest"
        hint = "choose another folder with --out"
        raise SpecError([Diagnostic(Location(str(path)), "CAM030", message, hint)])
    return [each for each in listed if OURS.fullmatch(each)]
