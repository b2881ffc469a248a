"""The whole compiler, in one direction: text → sources → deployment → assembly → templates.

Pure except for reading its own packaged data: the function that reads spec files is passed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from camformation.deployment import Deployment, assemble
from camformation.diagnostics import (
    Diagnostic,
    Finding,
    Location,
    Path,
    Severity,
    SpecError,
    in_order,
)
from camformation.frozen import frozen
from camformation.layout import ROOT, Layout, Reads, Templates, link, names_in_templates
from camformation.limits import check_limits
from camformation.linker import SourceMap, json_pointer
from camformation.rendering import render
from camformation.resolve import Resolved, complete, resolve
from camformation.rules.everything import findings
from camformation.sources import Read, read_sources
from camformation.specs import decode, leave_open
from camformation.units import Assembly, Parameter


@frozen
class Loaded:
    """A valid spec: the deployment it describes, and its warnings."""

    deployment: Deployment
    resolved: Resolved
    warnings: tuple[Diagnostic, ...]
    parameters: tuple[Parameter, ...]


@frozen
class Compiled:
    """The outcome of a compilation."""

    deployment: Deployment
    resolved: Resolved
    layout: Layout
    templates: Templates
    texts: Mapping[str, str]  # of the templates, as they are written
    source_map: SourceMap
    warnings: tuple[Diagnostic, ...]
    patched: tuple[tuple[str, str], ...]  # (template, logical ID) of every patched resource
    parameters: tuple[Parameter, ...]  # of the root template
    anywhere: bool = False  # the templates are for any region, not for the spec's

    def locate(self, template: str, pointer: str) -> Location | None:
        """Return the spec's location of the value at a template's JSON pointer, if it has one."""
        return self.resolved.written(self.spec_path(template, pointer) or ())

    def locate_in_resource(self, template: str, logical_id: str, path: Path) -> Location | None:
        """Return the spec's location of a resource's value, or of its section for `()`."""
        if path:
            field = self.field(template, logical_id, path)
            return self.resolved.decided(field) if field else None
        name = ROOT if self.layout is Layout.FLAT else template
        return self.locate(name, json_pointer(["Resources", logical_id]))

    def written(self, path: Path) -> Location | None:
        """Return the line of a field that the spec sets itself; None of any other."""
        for source in self.resolved.sources:
            if path in source.keys or path in source.values:
                return source.location(path)
        return None

    def field(self, template: str, logical_id: str, path: Path) -> Path | None:
        """Return the spec path of a resource's value that comes unchanged from the spec; None of
        any other: attributes of resources, constants, computed values. A pair of name and value is
        its value."""
        origins = self.source_map.get(ROOT if self.layout is Layout.FLAT else template, {})
        pointer = json_pointer(["Resources", logical_id, *path])
        return origins.get(pointer) or origins.get(f"{pointer}/Value")

    def locate_finding(self, template: str, logical_id: str, path: Path) -> Location | None:
        """Return the location in the spec that decides a value: its own, that of the patch that
        added it or changed a part of it, or that of the list item it is made from; that of its
        section for `()`.
        """
        if not path:
            return self.locate_in_resource(template, logical_id, path)
        for length in range(len(path), 0, -1):
            found = self.field(template, logical_id, path[:length])
            if found and (line := self.resolved.decided(found)):
                return line
        origins = self.source_map.get(ROOT if self.layout is Layout.FLAT else template, {})
        resource, whole = (json_pointer(["Resources", logical_id, *p]) for p in ((), path))
        parts = [field for there, field in origins.items() if there.startswith(f"{whole}/")]
        patches = [field for field in parts if field[:1] == ("patches",)]
        patches += [
            ("patches", number, "patch", place)
            for number, each in enumerate(self.deployment.patches)
            for place, operation in enumerate(each.patch)
            if operation["op"] == "remove" and f"{whole}/".startswith(f"{operation['path']}/")
        ]
        made = origins.get(resource, ())
        if made[:1] == ("patches",) or patches:
            return self.resolved.decided(made if made[:1] == ("patches",) else patches[-1])
        return next(filter(None, map(self.written, parts)), None) if _one_item(parts) else None

    def spec_path(self, template: str, pointer: str) -> Path | None:
        """Return the spec path behind a JSON pointer, or behind its nearest known ancestor."""
        origins = self.source_map.get(template, {})
        while pointer:
            if pointer in origins:
                return origins[pointer]
            pointer = pointer.rpartition("/")[0]
        return None


def _one_item(fields: Sequence[Path]) -> bool:
    """Whether fields are all of one item of a list."""
    together = takewhile(lambda steps: len(set(steps)) == 1, zip(*fields, strict=False))
    return any(isinstance(steps[0], int) for steps in together)


def load(file: str, read: Read, settings: Iterable[str] = (), *, strict: bool = False) -> Loaded:
    """Return the deployment a spec file describes; `read` returns the content of a file.

    Raises `SpecError` with every finding; with `strict`, warnings too are errors.
    """
    resolved = resolve(read_sources(file, read, settings))
    deployment = decode(Deployment, resolved.data)
    parameters: tuple[Parameter, ...] = ()
    found = findings(deployment, resolved.chooses)
    if deployment.parameters:
        from camformation.parameters import open_parameters

        parameters, problems = open_parameters(resolved.data, deployment.parameters)
        found += problems
    diagnostics = [resolved.locate(finding) for finding in found]
    errors = [d for d in diagnostics if strict or d.severity is Severity.ERROR]
    if errors:
        raise SpecError(diagnostics)
    return Loaded(deployment, resolved, tuple(in_order(diagnostics)), parameters)


def compile_loaded(
    loaded: Loaded, layout: Layout = Layout.NESTED, *, anywhere: bool = False
) -> Compiled:
    """Compile a loaded spec to templates, for the spec's region or `anywhere`; raise `SpecError`
    where a patch or a limit fails."""
    deployment, resolved = loaded.deployment, loaded.resolved
    assembly = assemble(_placed(_left_open(deployment, loaded.parameters), anywhere))
    patched: list[tuple[str, str]] = []
    problems: list[Finding] = []
    if loaded.parameters:
        from camformation.parameters import size_rules

        assembly.parameters = loaded.parameters
        assembly.rules = size_rules(loaded.parameters)
    linked = link(assembly, layout, _reads(deployment, assembly))
    if loaded.parameters:
        from camformation.parameters import taken_names, unused

        problems += unused(loaded.parameters, linked.used)
        problems += taken_names(loaded.parameters, names_in_templates(assembly))
    if deployment.patches:
        from camformation.patches.patching import apply_patches

        linked, patched, failed = apply_patches(linked, deployment.patches, layout, assembly)
        problems += failed
    texts = {name: render(template) for name, template in linked.templates.items()}
    problems += check_limits(linked.templates, texts, linked.source_map)
    if problems:
        raise SpecError(resolved.locate(finding) for finding in problems)
    return Compiled(
        deployment,
        resolved,
        layout,
        linked.templates,
        texts,
        linked.source_map,
        loaded.warnings,
        tuple(patched),
        loaded.parameters,
        anywhere,
    )


def altered_template(data: dict[str, Any], anywhere: bool) -> dict[str, Any]:
    """Return the flat template of a spec's data, which fits the schema, for the spec's region or
    `anywhere`.

    No rule judges it, no limit holds it: whoever asks wants to know what a value decides. Raises
    whatever builders raise.
    """
    resolved = complete(data, ())
    deployment = decode(Deployment, resolved.data)
    parameters: tuple[Parameter, ...] = ()
    if deployment.parameters:
        from camformation.parameters import open_parameters

        parameters, _ = open_parameters(resolved.data, deployment.parameters)
    assembly = assemble(_placed(_left_open(deployment, parameters), anywhere))
    assembly.parameters = parameters
    linked = link(assembly, Layout.FLAT, _reads(deployment, assembly))
    if deployment.patches:
        from camformation.patches.patching import apply_patches

        linked, _, _ = apply_patches(linked, deployment.patches, Layout.FLAT, assembly)
    return linked.templates[ROOT]


def _reads(deployment: Deployment, assembly: Assembly) -> Reads:
    if not deployment.patches:
        return {}
    from camformation.patches.exports import reads_of

    return reads_of(deployment.patches, assembly)


def _placed(deployment: Deployment, anywhere: bool) -> Deployment:
    return replace(deployment, region=None) if anywhere and deployment.region else deployment


def _left_open(deployment: Deployment, parameters: Iterable[Parameter]) -> Deployment:
    for parameter in parameters:
        deployment = leave_open(deployment, parameter.path, parameter.name)
    return deployment


def compile_spec(
    file: str,
    read: Read,
    layout: Layout = Layout.NESTED,
    settings: Iterable[str] = (),
    *,
    strict: bool = False,
    anywhere: bool = False,
) -> Compiled:
    """Compile a spec file to templates; raise `SpecError` with every finding."""
    loaded = load(file, read, settings, strict=strict)
    return compile_loaded(loaded, layout, anywhere=anywhere)
