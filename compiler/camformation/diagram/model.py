"""A picture before it is drawn: boxes in groups, and arrows between them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from camformation.frozen import frozen


class Mark(StrEnum):
    """The effect of a plan on a resource, the most serious last."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    BLOCKED = "blocked"


GRAVITY = tuple(Mark)
Marks = Mapping[str, Mark]
"""Effects of a plan by logical ID."""


class Way(StrEnum):
    """The nature of an arrow."""

    EXPOSED = "exposed"  # traffic from outside the VPC
    TRAFFIC = "traffic"  # traffic that security groups allow inside it
    OUTBOUND = "outbound"  # traffic to addresses outside the deployment
    ACCESS = "access"  # what a role may do to a resource


@frozen
class Line:
    """A line of a box. `members`: the logical IDs that it stands for; `key`: what encrypts it."""

    text: str
    members: tuple[str, ...] = ()
    key: str = ""


@frozen
class Node:
    """A box. `members`: the logical IDs that it stands for, those of its lines included."""

    id: str
    kind: str
    group: str
    title: str
    lines: tuple[Line, ...] = ()
    members: tuple[str, ...] = ()


@frozen
class Group:
    """A frame around boxes. `cells`: its subnets."""

    id: str
    parent: str
    title: str
    cells: tuple[Line, ...] = ()
    members: tuple[str, ...] = ()


@frozen
class Edge:
    """An arrow between boxes or groups. `reasons`: the purposes of the rules behind it."""

    source: str
    target: str
    way: Way
    label: str
    reasons: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@frozen
class Picture:
    """Everything to be drawn. `others`: changed resources without a box or arrow."""

    title: str
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    marks: tuple[tuple[str, Mark], ...] = ()
    others: tuple[str, ...] = ()

    @property
    def planned(self) -> bool:
        """Whether the picture shows a plan."""
        return bool(self.marks)


LISTS = ("bucket", "secret", "key", "watch", "endpoint", "nat")
"""Kinds of boxes that list things of their own."""


def mark_of(node: Node, marks: Marks) -> Mark | None:
    """Return the effect on a box. One that lists things is updated if some of them change."""
    mark = gravest(node.members, marks)
    alike = {marks.get(each) for line in node.lines for each in line.members} == {mark}
    if mark and mark is not Mark.BLOCKED and node.kind in LISTS and not alike:
        return Mark.UPDATE
    return mark


def gravest(members: Iterable[str], marks: Marks) -> Mark | None:
    """Return the most serious effect on these resources, if any."""
    found = [marks[each] for each in members if each in marks]
    return max(found, key=GRAVITY.index) if found else None
