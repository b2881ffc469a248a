"""The field of the spec behind a change, found by compiling the spec with other values.

A value that passes through to a template knows its field (the source map). A computed value does
not, and a resource does not know the field that created it. But if a field's old value in the
current spec restores the deployed template, that field was changed. So each written field gets
another value, its old one if the deployed templates show it, and the moved places are compared with
the differences (`search` alters many fields at once where it can).

- A field whose value is the same in the deployed templates was not changed.
- An alternative that restores all places that it moves explains the change, the one that explains
most first. If two fields explain the same, neither counts.
- The rest was changed by the only field that moves it; of several, by the one whose text is the
changed part. Items of one list are shown at the first of them.
- Resources that no written field explains are due to a removed part (`omitted`), shown at the line
of its section, or the spec's first.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from camformation.deploy.plan.alternatives import (
    Alternative,
    Alternatives,
    is_within,
    known_value,
    value_at,
    written_fields,
)
from camformation.deploy.plan.omitted import left_out_fields, list_around, omitted
from camformation.deploy.plan.origins import Parameters, place
from camformation.deploy.plan.places import (
    Differences,
    Place,
    befores,
    by_place,
    covers_change,
    place_of,
)
from camformation.deploy.plan.search import Found, Search, likeliest_first
from camformation.deploy.plan.symbols import Address, Resolver, Templates
from camformation.deploy.plan.template_diff import AttributeDifference, ResourceDiff, diff
from camformation.diagnostics import Location, Path
from camformation.pipeline import Compiled


class Attribution:
    """Origins of the changes from deployed templates to a compiled spec's, as `planned`, found on
    demand."""

    def __init__(
        self,
        compiled: Compiled,
        deployed: Templates,
        parameters: Parameters,
        planned: Templates,
    ) -> None:
        self._compiled = compiled
        self._old = Resolver(deployed, parameters[0])
        self._new = Resolver(planned, parameters[1])

    def of_value(self, address: Address, leaf: AttributeDifference) -> Location | None:
        """Return the line behind a value that differs."""
        if leaf.cause is not None:
            return None
        found = self._fields.get(place_of(address, leaf))
        around = list_around(self._compiled, self._new, address, leaf)
        if around and (found is None or is_within(found, around)):
            return self._compiled.resolved.decided(around)
        return self._line(found)

    def of_resource(self, address: Address) -> Location | None:
        """Return the line behind a resource that is added or removed."""
        return self._line(self._fields.get((address.logical_id, "", ())))

    def of_field(self, field: Path) -> Location | None:
        """Return the line that decides a field."""
        return self._compiled.resolved.decided(field)

    def of_section(self, address: Address) -> Location | None:
        """Return the line of a resource's section, or the spec's first, if that is not written."""
        field = self._compiled.spec_path(address.template, f"/Resources/{address.logical_id}")
        return self._compiled.resolved.location(field[:1] if field else ())

    def _line(self, field: Path | None) -> Location | None:
        """Return the line that decides a field; for a removed one, the line of its section."""
        resolved = self._compiled.resolved
        if field is None or field not in self._absent:
            return resolved.decided(field) if field else None
        return resolved.location(field)

    @cached_property
    def _absent(self) -> set[Path]:
        return set(left_out_fields(self._compiled))

    @cached_property
    def _differing(self) -> list[ResourceDiff]:
        return diff(self._old, self._new)

    @cached_property
    def _present(self) -> Differences:
        """The differences, with their current values."""
        return by_place(diff(self._new, self._old))

    @cached_property
    def _fields(self) -> Mapping[Place, Path]:
        changed = by_place(self._differing)
        own, known, unchanged = self._own_fields()
        passing = {there: field for there, field in own.items() if field not in unchanged}
        alternatives = self._alternatives(changed, known, unchanged)
        found = self._explained(changed, alternatives, passing)
        left = {there: changed[there] for there in changed.keys() - found.keys()}
        return found | self._explained(left, omitted(self._compiled, left), {})

    def _explained(
        self,
        changed: Differences,
        alternatives: Collection[Alternative],
        passing: Mapping[Place, Path],
    ) -> dict[Place, Path]:
        """Return the fields behind the changes, from alternatives, or otherwise from values that
        pass through."""
        found: dict[Place, Path] = {}
        wholes = [each for each in alternatives if each.whole]
        for each in sorted(wholes, key=lambda a: (-len(a.explains), -len(a.field))):
            rivals = {
                other.field
                for other in wholes
                if other.explains == each.explains and not is_within(other.field, each.field)
            }
            if rivals <= {each.field}:
                found |= {there: each.field for there in each.explains - found.keys()}
        unexplained = changed.keys() - found.keys()
        more: dict[Place, Path] | None = None
        while more is None or more:  # the field behind one place may also explain another
            more, guilty = {}, set(found.values())
            for there in unexplained:
                movers = {each.field for each in alternatives if there in each.moves}
                movers = {m for m in movers if not any(n != m and is_within(m, n) for n in movers)}
                movers = movers & guilty or movers
                if one := self._changed_one(movers, there, changed[there]):
                    more[there] = one
                elif not movers and there in passing:
                    more[there] = passing[there]
            found |= more
            unexplained -= more.keys()
        return found

    def _changed_one(self, movers: set[Path], there: Place, before: str) -> Path | None:
        """Return the field behind a value composed of several: the one whose text is the changed or
        added part. For a list's items, of which one may have been removed, otherwise the first."""
        if len(movers) < 2:
            return next(iter(movers), None)
        after = self._present.get(there, "")
        values = {field: value_at(self._compiled.resolved.data, field) for field in movers}
        texts = {field: str(value) for field, value in values.items()}
        changed = [
            field
            for field, value in values.items()
            if not isinstance(value, dict | list) and covers_change(texts[field], before, after)
        ]
        if len(changed) == 1:
            return changed[0]
        if not all(text in after for text in texts.values()):  # computed: no text to compare
            return None
        fresh = {field for field, text in texts.items() if text not in before}
        if len(fresh) == 1:
            return fresh.pop()
        lists = {field[:-1] for field in movers if isinstance(field[-1], int)}
        if len(lists) == 1 and all(field[:-1] in lists for field in movers):
            return min(fresh or movers, key=lambda field: int(field[-1]))
        return None

    def _own_fields(self) -> tuple[dict[Place, Path], dict[Path, list[Any]], set[Path]]:
        """Return the fields of changed values that pass through, the known old values of fields,
        and the fields whose value is the same in the deployed templates."""
        own: dict[Place, Path] = {}
        known: dict[Path, list[Any]] = {}
        differing: set[tuple[str, Path]] = set()
        for each in self._differing:
            template, logical_id = each.address.template, each.address.logical_id
            for leaf in each.differences:
                path = place(leaf)
                differing |= {(logical_id, path[:length]) for length in range(1, len(path) + 1)}
                while path and not (field := self._compiled.field(template, logical_id, path)):
                    path = path[:-1]  # JSON in a text of the spec
                if not path or field is None:
                    continue
                own[place_of(each.address, leaf)] = field
                if path == place(leaf):
                    present = value_at(self._compiled.resolved.data, field)
                    values = known.setdefault(field, [])
                    for before in befores(each, leaf):
                        value = known_value(before, present)
                        if value is not None and value not in values:
                            values.append(value)
        return own, known, self._unchanged(differing)

    def _unchanged(self, differing: set[tuple[str, Path]]) -> set[Path]:
        deployed = {
            logical_id
            for template in self._old.templates.values()
            for logical_id in template.get("Resources", {})
        }
        found = set()
        for origins in self._compiled.source_map.values():
            for pointer, field in origins.items():
                _, section, *names = pointer.split("/")
                if section != "Resources" or names[0] not in deployed or not names[1:]:
                    continue
                logical_id, path = names[0], tuple(map(_step, names[1:]))
                if not any(
                    (logical_id, path[:length]) in differing for length in range(2, len(path) + 1)
                ):
                    found.add(field)
        return found

    def _alternatives(
        self, changed: Differences, known: Mapping[Path, list[Any]], unchanged: set[Path]
    ) -> list[Alternative]:
        """Return the places that the written fields behind a change may move; only one field that
        explains everything, if there is one. If old values of fields restore everything, there are
        no other fields."""
        spec = Alternatives(self._compiled)
        fields = [f for f in written_fields(self._compiled.resolved.sources) if f not in unchanged]
        search = Search(spec, changed)
        found: list[Alternative] = []

        def explains_all(behind: Iterable[Found]) -> bool:
            for field, moves in behind:
                explained = {p for p in moves if p in changed and moves[p] == changed[p]}
                found.append(Alternative(field, frozenset(moves), frozenset(explained)))
                if found[-1].whole and explained == changed.keys():
                    found[:] = found[-1:]
                    return True
            return False

        had = {f: spec.of(f, known[f]) for f in fields if f in known}
        for field, changes in had.items():
            for change in changes:
                if explains_all(search.behind([change])):
                    return found
                if found and found[-1].field == field and found[-1].whole:
                    break
        settled = {there for each in found if each.whole for there in each.explains}
        first = [changes[0] for changes in had.values() if changes]
        if settled == changed.keys() or (
            len(first) > 1 and search.moves_together(first) == changed
        ):
            return found
        search.leave(settled)
        unsettled = changed.keys() - settled
        others = likeliest_first(
            (f for f in fields if f not in known), self._sections(unsettled), unsettled
        )
        explains_all(search.fields_behind(others))
        return found

    def _sections(self, changed: Collection[Place]) -> set[str | int]:
        """Return the sections of the spec that the changed resources belong to."""
        resources = {logical_id for logical_id, _, _ in changed}
        return {
            section[0]
            for name, template in self._compiled.templates.items()
            for logical_id in resources & template["Resources"].keys()
            if (section := self._compiled.spec_path(name, f"/Resources/{logical_id}"))
        }


def origins_of(
    compiled: Compiled,
    deployed: Templates | None,
    parameters: Parameters = ({}, {}),
    planned: Templates | None = None,
) -> Attribution | None:
    """Return the origins of a deployment's changes; none if nothing is deployed.

    `planned` are its templates with values kept from the deployment, which are then not changes.
    """
    if not deployed:
        return None
    return Attribution(compiled, deployed, parameters, planned or compiled.templates)


def _step(text: str) -> str | int:
    """Return a step of a JSON pointer (RFC 6901) as a step of a path."""
    return int(text) if text.isdigit() else text.replace("~1", "/").replace("~0", "~")
