"""Digests of a spec's images: read from registries, recorded in a file that the spec extends."""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from posixpath import normpath

import click

from camformation.cli.specs import SpecFiles
from camformation.components.ecr import ecr_repository
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.preflight.oci_registry import digest, reference
from camformation.diagnostics import Diagnostic, Location, Path, Severity, SpecError
from camformation.pipeline import Loaded, load
from camformation.reading import exists, read_file
from camformation.report.terminal_text import visible
from camformation.rules.images import all_images
from camformation.source import Source
from camformation.writing import write_file

SUFFIX = ".digests.yaml"
NOTE = "# Digests of images, written by `camformation compile --resolve-digests`. Commit it."


def resolve_digests(spec: str, files: SpecFiles, settings: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Read the digests of a spec's images and record them; yield the problems.

    Errors of the spec itself are found when it is compiled.
    """
    try:
        loaded = load(spec, files.read, settings)
    except SpecError:
        return
    found: dict[str, str] = {}
    failed = False
    for image, path in _tags(loaded).items():
        try:
            found[image] = _ecr_digest(image) or digest(image)
        except DeployError as error:
            failed = True
            where = loaded.resolved.location(path)
            yield Diagnostic(where, error.code, error.message, error.hint)
    if failed or not found:
        return
    file = str(PurePath(spec).with_suffix(SUFFIX))
    own = next((s for s in loaded.resolved.sources if normpath(s.file) == normpath(file)), None)
    text = _text(_base(loaded, own, spec), found)
    if not exists(file) or read_file(file) != text.encode():
        try:
            write_file(file, text.encode())
        except OSError as error:
            message = f"cannot write {file}: {error.strerror}"
            yield Diagnostic(Location(file), "CAM786", message, "check the folder's permissions")
            return
        count = "1 image" if len(found) == 1 else f"{len(found)} images"
        click.echo(f"{visible(file)} records the digests of {count}: commit it", err=True)
    if own is None:
        name = PurePath(file).name
        message = f"the digests are in {name}, and this spec does not extend it"
        hint = f"write `extends: {name}` in it once" + (
            f"; {name} then extends what the spec extends now" if "extends:" in text else ""
        )
        yield Diagnostic(Location(spec, 1, 1), "CAM786", message, hint, Severity.ERROR)


def _tags(loaded: Loaded) -> dict[str, Path]:
    """Return the images without a digest that are not open fields, and their paths."""
    d = loaded.deployment
    opened = {parameter.path for parameter in loaded.parameters}
    return {
        str(use.reference): use.path
        for use in all_images(d)
        if "@" not in use.reference and use.path not in opened
    }


def _ecr_digest(image: str) -> str | None:
    """Return the digest of an image in a private repository of Amazon ECR; None of any other."""
    repository = ecr_repository(image)
    if repository is None:
        return None
    from camformation.deploy.aws.connection import connect
    from camformation.deploy.cloud.target import Target

    cloud = connect(Target(region=repository.region))
    found = cloud.account.registries.image(
        repository.account, repository.region, repository.name, reference(image).tag
    )
    if found is None or not found.digest:
        message = f"no digest of {image}: there is no such image"
        raise DeployError("CAM785", message, "check its name and tag")
    return found.digest


def _base(loaded: Loaded, own: Source | None, spec: str) -> str | None:
    """Return the value of `extends` for the recording file: as before, or the spec's current
    one."""
    if own:
        base = own.data.get("extends")
    else:
        sources = loaded.resolved.sources
        base = next(
            (s.data.get("extends") for s in sources if normpath(s.file) == normpath(spec)), None
        )
    return base if isinstance(base, str) else None


def _text(base: str | None, found: Mapping[str, str]) -> str:
    lines = [NOTE]
    if base is not None:
        lines.append(f"extends: {json.dumps(base, ensure_ascii=False)}")
    lines += ["registry:", "  digests:"]
    lines += [f"    {json.dumps(image)}: {found[image]}" for image in sorted(found)]
    return "\n".join(lines) + "\n"
