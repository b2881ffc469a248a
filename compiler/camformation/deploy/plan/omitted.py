"""The parts that a spec leaves out, and the places that they would move.

A section removed from a spec no longer has a line. The deployed template shows it by the deleted
resources, or their replacements: so each part that may have been written is tried.
"""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.plan.alternatives import (
    NO_TEMPLATE,
    Alternative,
    Alternatives,
    value_at,
)
from camformation.deploy.plan.places import Differences
from camformation.deploy.plan.search import Search, likeliest_first
from camformation.deploy.plan.symbols import Address, Resolver
from camformation.deploy.plan.template_diff import AttributeDifference, resolved_resources
from camformation.deploy.plan.values import ABSENT
from camformation.diagnostics import Path
from camformation.pipeline import Compiled
from camformation.schema import Schema, part_at, resolved


def omitted(compiled: Compiled, changed: Differences) -> list[Alternative]:
    """Return the places that omitted fields may move, if whole resources depend on them.

    Nothing where these are most of the template: another deployment was there, or none yet.
    """
    waiting = {there for there in changed if not there[1]}
    found: list[Alternative] = []
    resources = sum(len(template["Resources"]) for template in compiled.templates.values())
    if not waiting or len(waiting) > resources / 2:
        return found
    search = Search(Alternatives(compiled), changed)
    fields = likeliest_first(left_out_fields(compiled), (), waiting)
    for field, moves in search.fields_behind(fields):
        explained = {there for there in moves if moves[there] == changed.get(there)}
        if waiting & explained:
            found.append(Alternative(field, frozenset(moves), frozenset(explained)))
            waiting -= explained
            if not waiting:
                break
    return found


def left_out_fields(compiled: Compiled) -> Iterator[Path]:
    """Yield the path of every switch and every optional part without a value: it may have been
    removed from the spec."""
    decided = compiled.resolved.decided

    def below(path: Path, part: Schema, data: Any) -> Iterator[Path]:
        for name, inner in part.get("properties", {}).items():
            place, inner = (*path, name), resolved(inner)
            if place[0] in NO_TEMPLATE or not isinstance(data, dict):
                continue
            optional = "null" in inner.get("type", ()) and data.get(name) is None
            if (optional or inner.get("type") == "boolean") and decided(place) is None:
                yield place
            yield from below(place, inner, data.get(name))

    yield from below((), part_at(()) or {}, compiled.resolved.data)


def list_around(
    compiled: Compiled, new: Resolver, address: Address, leaf: AttributeDifference
) -> Path | None:
    """Return the list of the spec out of which an item was taken: that of those that remain."""
    names = [step for step in leaf.path[:-1] if isinstance(step, str)]
    if leaf.after is not ABSENT or len(names) + 1 != len(leaf.path):
        return None  # in a list of others, where places are not the same
    path = (leaf.attribute, *names)
    remaining = value_at(resolved_resources(new).get(address, {}), path)
    items = range(len(remaining)) if isinstance(remaining, list) else ()
    found = (compiled.field(address.template, address.logical_id, (*path, at)) for at in items)
    lists = {field[:-1] for field in found if field and isinstance(field[-1], int)}
    return lists.pop() if len(lists) == 1 else None
