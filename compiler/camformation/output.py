"""The files of a compilation: the templates, and a manifest that describes them."""

import json
import re
from collections import Counter
from errno import ENAMETOOLONG, ENOTDIR
from functools import cache
from pathlib import Path
from posixpath import isabs, relpath
from sys import intern
from typing import Any

import troposphere

from camformation import __version__
from camformation.diagnostics import Diagnostic, Location, SpecError, quoted
from camformation.digest import sha256
from camformation.frozen import frozen
from camformation.layout import ROOT, template_file
from camformation.pipeline import Compiled
from camformation.reading import read_json
from camformation.rendering import Line, render
from camformation.resolve import Resolved
from camformation.sources import is_setting
from camformation.writing import Staged

MANIFEST = "manifest.json"
OURS = (
    r"[\w-]+\.template\.json|(?:stackset|create-stack-set|bucket-policy)\.json"
    r"|artifacts/camformation/[0-9a-f]+\.template\.json|overrides/[\w-]+/[\w-]+\.json"
)
"""File names that a manifest may list for removal: only those that camformation writes."""


@frozen
class Written:
    """The files of one compilation, `changed` being those whose content is new."""

    folder: Path
    files: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def files(compiled: Compiled) -> dict[str, str]:
    """Return the content of every file of a compilation, by name; the manifest is one of them."""
    contents = {template_file(name): text for name, text in compiled.texts.items()}
    contents[MANIFEST] = render(manifest(compiled, contents))
    return contents


def manifest(compiled: Compiled, contents: dict[str, str]) -> dict[str, Any]:
    """Describe the compilation: versions, layout, templates and where their values come from.

    Spec files are named relative to the folder of the spec, so that the manifest is the same
    wherever the spec lies; those that a spec extends by an absolute path, by that.
    """
    home = compiled.resolved.file.rpartition("/")[0] or "."
    absolute = _absolute(compiled.resolved)
    deployment = compiled.deployment
    types: Counter[str] = Counter(
        resource["Type"]
        for t in compiled.templates.values()
        for resource in t["Resources"].values()
    )

    @cache
    def relative(file: str) -> str:
        kept = file.startswith("--set ") or file in absolute
        return file if kept else relpath(file, home)

    @cache
    def place(path: tuple[str | int, ...]) -> Line:
        where = compiled.resolved.origin(path)
        origin: dict[str, Any] = (
            {"from": where}
            if isinstance(where, str)
            else {"column": where.column, "file": relative(where.file), "line": where.line}
        )
        return Line(json.dumps(origin | {"path": ".".join(map(str, path))}))

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


def _absolute(resolved: Resolved) -> set[str]:
    """Return the files that `extends` names by an absolute path, and what those extend."""
    chain = [source for source in resolved.sources if not is_setting(source)]
    for index, source in enumerate(chain, 1):
        if isinstance(base := source.data.get("extends"), str) and isabs(base):
            return {source.file for source in chain[index:]}
    return set()


@frozen
class Staging:
    """Files that are written, but not moved into place yet; a context that removes what is left."""

    staged: Staged
    files: tuple[str, ...]
    before: tuple[str, ...]

    def commit(self) -> Written:
        """Move the files into place. Raises `OSError`."""
        folder = self.staged.folder
        stale = [name for name in self.before if name not in self.files]
        ours = [name for name in stale if re.fullmatch(OURS, name)]
        removed = [name for name in ours if (folder / name).is_file()]
        self.staged.commit(removed)
        return Written(folder, self.files, tuple(self.staged.changed), tuple(removed))


def stage(compiled: Compiled, folder: Path) -> Staging:
    """Write the compilation beside the folder's files; `commit` takes the place of an earlier one.

    Only files that the folder's own manifest names are removed. Raises `SpecError` where the folder
    belongs to another deployment, and `OSError` where it cannot be written.
    """
    before = _files_of(folder, MANIFEST, str(compiled.deployment.name), "templates")
    return _stage(files(compiled), folder, before)


def write(compiled: Compiled, folder: Path) -> Written:
    """Write the compilation into the folder, all or nothing, as `stage` does."""
    staging = stage(compiled, folder)
    with staging.staged:
        return staging.commit()


def stage_export(contents: dict[str, str], folder: Path, name: str, manifest: str) -> Staging:
    """Write the files of a StackSet as `stage` does; `manifest` is the one that names them all."""
    return _stage(contents, folder, _files_of(folder, manifest, name, "files"))


def _stage(contents: dict[str, str], folder: Path, before: list[str]) -> Staging:
    staged = Staged(folder, {name: text.encode() for name, text in contents.items()})
    return Staging(staged, tuple(contents), tuple(before))


def _files_of(folder: Path, manifest: str, name: str, key: str) -> list[str]:
    """Return the files that the folder's manifest lists under a name."""
    path = folder / manifest
    owner: str | None = None
    listed: Any = None
    reason = "it names no deployment"
    try:
        old = read_json(path)
        if isinstance(old, dict) and isinstance(old.get("name"), str):
            owner, listed = old["name"], old.get(key)
    except FileNotFoundError:
        if not path.is_symlink():
            return []
        reason = "it is a broken link"
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (ENOTDIR, ENAMETOOLONG):
            raise OSError(error.errno, error.strerror, str(folder)) from error
        reason = str(getattr(error, "strerror", None) or error).lower()
    if owner == name and isinstance(listed, dict | list):
        return [intern(each) for each in listed if isinstance(each, str)]  # many have the same
    other = owner is not None and owner != name
    message = (
        f"{folder} holds the deployment {quoted(str(owner))}"
        if other
        else f"not a manifest of camformation: {reason}"
    )
    hint = "choose another folder with --out"
    raise SpecError([Diagnostic(Location(str(path)), "CAM030", message, hint)])
