"""A picture in DOT, the language of Graphviz: to read and draw, and to be laid out."""

from collections.abc import Callable, Iterator

from camformation.diagram.model import Edge, Group, Mark, Node, Picture, Way, gravest, mark_of
from camformation.report.picture.sizes import group_head, label_size, node_size
from camformation.report.terminal_text import readable

STYLES = {Way.EXPOSED: "bold", Way.TRAFFIC: "solid", Way.OUTBOUND: "dashed", Way.ACCESS: "dotted"}
COLOURS = {
    Mark.CREATE: "#1a7f37",
    Mark.UPDATE: "#9a6700",
    Mark.REPLACE: "#bc4c00",
    Mark.DELETE: "#cf222e",
    Mark.BLOCKED: "#a40e26",
}
UPWARD = ("nat",)
"""Boxes that are placed above the boxes with arrows to them."""

WIDEST_ROW, GAP = 1060, 25

Attributes = dict[str, str]


@readable
def dot(picture: Picture) -> str:
    """Return the picture for Graphviz."""
    marks = dict(picture.marks)

    def box(node: Node) -> Attributes:
        lines = [node.title, *(_line(each.text, each.key) for each in node.lines)]
        mark = mark_of(node, marks)
        colour = {"color": COLOURS[mark], "penwidth": "2"} if mark else {}
        lines += [f"({mark})"] if mark else []
        return {"label": "\n".join(lines), **colour}

    def frame(group: Group) -> Attributes:
        cells = "   ".join(each.text for each in group.cells)
        return {"label": f"{group.title}\n{cells}" if cells else group.title}

    def arrow(edge: Edge) -> Attributes:
        mark = gravest(edge.members, marks)
        colour = {"color": COLOURS[mark]} if mark else {}
        return {"label": edge.label, "style": STYLES[edge.way], **colour}

    general = {
        "label": picture.title,
        "labelloc": "t",
        "fontname": "Helvetica",
        "fontsize": "12",
        "compound": "true",
        "newrank": "true",
        "nodesep": "0.4",
    }
    small = {"fontname": "Helvetica", "fontsize": "11"}
    parts = [
        "digraph architecture {",
        f"  graph {_list(general)}",
        f"  node {_list({'shape': 'box', 'style': 'rounded', **small})}",
        f"  edge {_list(small)}",
        *_inside(picture, "", box, frame, "  "),
        *(f"  {line}" for line in _edges(picture, arrow)),
        "}",
    ]
    return "\n".join(parts) + "\n"


def layout_dot(picture: Picture) -> str:
    """Return the picture with boxes and labels in their drawn size.

    Graphviz measures labels with its own fonts, so they are replaced with Courier characters of the
    same width.
    """

    def box(node: Node) -> Attributes:
        wide, high = node_size(node, badge=picture.planned)
        return {"width": f"{wide / 72:.4f}", "height": f"{high / 72:.4f}"}

    def frame(group: Group) -> Attributes:
        wide, high = group_head(group)
        rows = "\n".join([_filler(wide, 10)] * max(1, round(high / 12)))
        return {"label": rows, "margin": "12"}

    def arrow(edge: Edge) -> Attributes:
        wide, high = label_size(edge)
        return {"label": _filler(wide, 10) + "\n" * (high > 14)} if edge.label else {}

    general = {
        "compound": "true",
        "newrank": "true",
        "nodesep": "0.25",
        "ranksep": "0.45",
        "fontname": "Courier",
        "fontsize": "10",
    }
    fixed = {"shape": "box", "fixedsize": "true", "label": ""}
    parts = [
        "digraph {",
        f"graph {_list(general)}",
        f"node {_list(fixed)}",
        f"edge {_list({'fontname': 'Courier', 'fontsize': '10'})}",
        *_inside(picture, "", box, frame, ""),
        *_edges(picture, arrow),
        *_order(picture),
        "}",
    ]
    return "\n".join(parts) + "\n"


def _order(picture: Picture) -> Iterator[str]:
    """Yield the order of rows: clients, the VPC, services of the Region, the rest."""
    boxes = picture.nodes
    first = [quoted(each.id) for each in boxes if each.kind in ("clients", "everyone")]
    outside = [quoted(each.id) for each in boxes if not each.group]
    top = [each for each in first if each in outside]
    if top:
        yield f'{{ rank="min"; {"; ".join(top)} }}'
        for name in first:
            if name not in top:
                yield f'{top[0]} -> {name} [style="invis", weight="0"]'
    balancers = [each for each in boxes if each.kind == "balancer"]
    beside = {each.group for each in balancers}
    level = [each for each in boxes if each.kind == "nat" and each.group in beside]
    if names := [quoted(each.id) for each in (*balancers, *level)]:
        yield f'{{ rank="same"; {"; ".join(names)} }}'
    for node in boxes:
        if node.kind == "nat" and node not in level and balancers:
            yield f'{quoted(node.id)} -> {quoted(balancers[0].id)} [style="invis", weight="0"]'
            if top:
                yield f'{top[0]} -> {quoted(node.id)} [style="invis", weight="0"]'
    inside = [each for each in boxes if each.kind in ("database", "files") and each.group]
    inside = inside or [each for each in boxes if each.kind == "service"]
    last = quoted(inside[-1].id) if inside else ""
    for row in _rows(picture):
        yield f'{{ rank="same"; {"; ".join(row)} }}'
        if last:
            yield from (f'{last} -> {name} [style="invis", weight="0"]' for name in row)
        last = row[-1]
    for name in outside:
        if name not in top and last:
            yield f'{last} -> {name} [style="invis", weight="0"]'


def _rows(picture: Picture) -> list[list[str]]:
    """Return the boxes of services of the Region, in rows that are not too wide."""
    rows: list[list[str]] = []
    across = float(WIDEST_ROW)
    for node in picture.nodes:
        if node.group == "services":
            wide = node_size(node, badge=picture.planned)[0] + GAP
            if across + wide > WIDEST_ROW:
                rows.append([])
                across = 0.0
            rows[-1].append(quoted(node.id))
            across += wide
    return rows


def _filler(wide: float, size: float) -> str:
    return "x" * max(1, round(wide / (0.6 * size)))  # Courier: characters are 0.6 of it wide


def _inside(
    picture: Picture,
    parent: str,
    box: Callable[[Node], Attributes],
    frame: Callable[[Group], Attributes],
    indent: str,
) -> Iterator[str]:
    level = parent == "tasks"  # side by side, whatever arrows are between them
    if level:
        yield f"{indent}{{"
        yield f'{indent}rank="same"'
    for node in picture.nodes:
        if node.group == parent:
            yield f"{indent}{quoted(node.id)} {_list(box(node))}"
    if level:
        yield f"{indent}}}"
    for group in picture.groups:
        if group.parent == parent:
            yield f"{indent}subgraph {quoted(f'cluster {group.id}')} {{"
            yield f"{indent}  graph {_list(frame(group))}"
            yield from _inside(picture, group.id, box, frame, f"{indent}  ")
            yield f"{indent}}}"


def _edges(picture: Picture, arrow: Callable[[Edge], Attributes]) -> Iterator[str]:
    for edge in picture.edges:
        attributes = arrow(edge)
        source, target = ends(picture, edge)
        tail = f"cluster {edge.source}" if source != edge.source else ""
        if edge.target in UPWARD:
            attributes |= {"dir": "back"} | ({"lhead": tail} if tail else {})
            source, target = target, source
        elif tail:
            attributes |= {"ltail": tail}
        yield f"{quoted(source)} -> {quoted(target)} {_list(attributes)}"


def ends(picture: Picture, edge: Edge) -> tuple[str, str]:
    """Return the boxes between which an arrow is drawn: for a group, the middle one."""
    boxes = {each.id for each in picture.nodes}
    if edge.source in boxes:
        return edge.source, edge.target
    inside = [each.id for each in picture.nodes if each.group == edge.source]
    return inside[len(inside) // 2], edge.target


def _line(text: str, key: str) -> str:
    return f"{text} (key {key})" if text and key else text or f"key {key}"


def _list(attributes: Attributes) -> str:
    return "[" + ", ".join(f"{key}={quoted(value)}" for key, value in attributes.items()) + "]"


def quoted(text: str) -> str:
    """Return a text as DOT quotes it: line breaks are `\\n`, other backslashes stay."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
