"""The search for other values of a spec that move given places of its template.

Most fields have nothing to do with a change, so many are altered at once: where all the places stay
as they are, none of these fields matters. Otherwise each half is tried, down to a single field.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.plan.alternatives import Alternatives, Change, is_choice, is_within
from camformation.deploy.plan.places import Differences, Place, moved
from camformation.deploy.plan.symbols import Resolver
from camformation.diagnostics import Path
from camformation.layout import ROOT

Found = tuple[Path, Differences]
"""A field, and what another value of it moves."""


class Search:
    """Finds the fields of a spec that move places of its flat template."""

    def __init__(self, spec: Alternatives, places: Collection[Place]) -> None:
        self._spec = spec
        self._present = Resolver({ROOT: spec.present})
        self._places: dict[str, list[Place]] = {}
        for place in places:
            self._places.setdefault(place[0], []).append(place)

    def fields_behind(
        self, fields: Sequence[Path], known: Mapping[Path, list[Any]]
    ) -> Iterator[Found]:
        """Yield what moves the places: first the fields whose other values are known. A field
        whose values are alike is done with the first that moves one."""
        for field in filter(known.__contains__, fields):
            for change in self._spec.of(field, known[field]):
                yield from self._moving([change])
        waiting = {field: self._spec.of(field, ()) for field in fields if field not in known}
        while waiting := {field: changes for field, changes in waiting.items() if changes}:
            batch = _together(waiting.values())
            for field, moves in self._moving(batch):
                yield field, moves
                if not is_choice(field):
                    waiting.pop(field)

    def _moving(self, changes: Sequence[Change]) -> Iterator[Found]:
        moves = self._moves(changes)
        if moves is None or any(map(self._matters, moves)):
            yield from self._behind(changes, moves)

    def _moves(self, changes: Sequence[Change]) -> Differences | None:
        """Return what changes move together; None if that cannot be compiled."""
        template = self._spec.template(changes)
        return None if template is None else moved(Resolver({ROOT: template}), self._present)

    def _behind(self, changes: Sequence[Change], moves: Differences | None) -> Iterator[Found]:
        """Yield the changes behind moves that matter: if it is not the first half, it is the other,
        which is halved without a look at the whole of it."""
        if len(changes) == 1:
            if moves is not None:
                yield changes[0].field, moves
            return
        half = len(changes) // 2
        first, other = changes[:half], changes[half:]
        found = self._moves(first)
        if found is None or any(map(self._matters, found)):
            yield from self._behind(first, found)
            yield from self._moving(other)
        elif moves is None or len(other) == 1:
            yield from self._moving(other)
        else:
            yield from self._behind(other, moves)

    def _matters(self, move: Place) -> bool:
        """Whether one of the places moves, or something that it is a part of, or a part of it."""
        logical_id, attribute, steps = move
        return any(
            not attribute
            or not ours
            or (attribute == ours and (is_within(steps, path) or is_within(path, steps)))
            for _, ours, path in self._places.get(logical_id, ())
        )


def _together(waiting: Iterable[list[Change]]) -> list[Change]:
    """Take the next change of each field, but of fields with parts in common, only one's."""
    taken: set[Path] = set()
    around: set[Path] = set()
    batch: list[Change] = []
    for changes in waiting:
        there = changes[0].field
        there = there[:-1] if isinstance(there[-1], int) else there  # items go, and others move up
        above = {there[:length] for length in range(1, len(there) + 1)}
        if there not in around and taken.isdisjoint(above):
            batch.append(changes.pop(0))
            taken.add(there)
            around |= above
    return batch
