"""The search for other values of a spec that move given places of its template.

Most fields are not involved in a change, so many are altered at once: if none of the places change,
none of these fields matters. Otherwise each half is tried, down to a single field. The most likely
fields come first, so the first groups are small.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from camformation.deploy.plan.alternatives import Alternatives, Change, is_choice, is_within
from camformation.deploy.plan.places import Differences, Place, moved
from camformation.deploy.plan.symbols import Resolver
from camformation.diagnostics import Path
from camformation.layout import ROOT

FIRST_GROUP = 4
"""Number of fields altered at first; then twice as many, and so on, until all have been."""

Found = tuple[Path, Differences]
"""A field, and the places that another value of it moves."""


class Search:
    """Finds the fields of a spec that move places of its flat template."""

    def __init__(self, spec: Alternatives, places: Collection[Place]) -> None:
        self._spec = spec
        self._present = Resolver({ROOT: spec.present})
        self._disturbing: set[Path] = (
            set()
        )  # fields that moved a place, or were not valid: alone next time
        self._places: dict[str, list[Place]] = {}
        for place in places:
            self._places.setdefault(place[0], []).append(place)

    def leave(self, places: Collection[Place]) -> None:
        """Stop searching for places."""
        for logical_id, there in self._places.items():
            self._places[logical_id] = [place for place in there if place not in places]

    def fields_behind(self, fields: Iterable[Path]) -> Iterator[Found]:
        """Yield the changes that move the places, the most likely fields first. A field with
        similar values is finished with the first value that moves one."""
        waiting = {field: self._spec.of(field, ()) for field in fields}
        first = FIRST_GROUP
        while waiting := {field: changes for field, changes in waiting.items() if changes}:
            batch = _together(waiting.values())
            groups = [[change] for change in batch if change.field in self._disturbing]
            batch = [change for change in batch if change.field not in self._disturbing]
            while batch:
                groups.append(batch[:first])
                batch, first = batch[first:], 2 * first
            for group in groups:
                for field, moves in self.behind(group):
                    yield field, moves
                    if not is_choice(field):
                        waiting.pop(field)
            first = len(waiting)

    def behind(self, changes: Sequence[Change]) -> Iterator[Found]:
        """Yield those of some changes that move the places."""
        moves = self.moves_together(changes)
        if moves is None or any(map(self._matters, moves)):
            yield from self._behind(changes, moves)

    def moves_together(self, changes: Sequence[Change]) -> Differences | None:
        """Return the places that changes move together; None if they cannot be compiled."""
        template = self._spec.template(changes)
        return None if template is None else moved(Resolver({ROOT: template}), self._present)

    def _behind(self, changes: Sequence[Change], moves: Differences | None) -> Iterator[Found]:
        """Yield the changes behind relevant moves: if it is not the first half, it is the other,
        which is halved without compiling it as a whole."""
        if len(changes) == 1:
            self._disturbing.add(changes[0].field)
            if moves is not None:
                yield changes[0].field, moves
            return
        half = len(changes) // 2
        first, other = changes[:half], changes[half:]
        found = self.moves_together(first)
        if found is None or any(map(self._matters, found)):
            yield from self._behind(first, found)
            yield from self.behind(other)
        elif moves is None or len(other) == 1:
            yield from self.behind(other)
        else:
            yield from self._behind(other, moves)

    def _matters(self, move: Place) -> bool:
        """Whether one of the places moves, or a part or a parent of it."""
        logical_id, attribute, steps = move
        return any(
            not attribute
            or not ours
            or (attribute == ours and (is_within(steps, path) or is_within(path, steps)))
            for _, ours, path in self._places.get(logical_id, ())
        )


def likeliest_first(
    fields: Iterable[Path], sections: Collection[str | int], places: Collection[Place]
) -> list[Path]:
    """Return fields in the order of likelihood for places of a spec's sections: those of the
    sections, then those with the most words in common with the places, then those that choose a
    layer."""
    words = str(places).lower()

    def unlikely(field: Path) -> tuple[bool, int, bool]:
        said = {word for step in field for word in str(step).split("_")}
        return field[0] not in sections, -sum(word in words for word in said), not is_choice(field)

    return sorted(fields, key=unlikely)


def _together(waiting: Iterable[list[Change]]) -> list[Change]:
    """Take the next change of each field, but only one of overlapping fields."""
    taken: set[Path] = set()
    around: set[Path] = set()
    batch: list[Change] = []
    for changes in waiting:
        there = changes[0].field
        above = {there[:length] for length in range(1, len(there) + 1)}
        if there not in around and taken.isdisjoint(above):
            batch.append(changes.pop(0))
            taken.add(there)
            around |= above
    return batch
