"""A picture as SVG: light or dark as the reader's screen is, light on paper."""

from collections.abc import Iterator
from html import escape

from camformation.diagram.model import Edge, Group, Line, Mark, Node, Picture, Way, gravest, mark_of
from camformation.report.picture.placed import Box, Curve, Placed, placed
from camformation.report.picture.sizes import (
    LINE,
    PAD,
    SMALL,
    TITLE,
    cell_width,
    cut,
    label_size,
    line_text,
    width,
)
from camformation.report.picture.style import style
from camformation.report.terminal_text import readable

MARGIN, HEAD, OTHER_LINES = 20, 52, 4

LEGEND = (
    (Way.EXPOSED, "from outside the VPC"),
    (Way.TRAFFIC, "inside the VPC"),
    (Way.OUTBOUND, "to other addresses"),
    (Way.ACCESS, "what a role may do"),
)


@readable
def svg(picture: Picture) -> str:
    """Return the picture as an SVG file."""
    return svg_element(placed(picture), f"<style>\n{style()}\n</style>") + "\n"


def svg_element(found: Placed, head: str = "") -> str:
    """Return the picture as an element of a page that has `style`."""
    picture = found.picture
    foot = list(_foot(found))
    wide = round(max(found.width, 640) + 2 * MARGIN)
    high = round(found.height + HEAD + 34 + 20 * len(_others(picture, wide)) + MARGIN)
    shift = round((wide - found.width) / 2, 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="architecture" width="{wide}" '
        f'height="{high}" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-label="{escape(picture.title)}">',
        f"<title>{escape(picture.title)}</title>",
        f"{head}",
        f'<rect class="page" width="{wide}" height="{high}"/>',
        f'<text class="heading" x="{MARGIN}" y="{MARGIN + 14}">{escape(picture.title)}</text>',
        f'<g transform="translate({shift} {HEAD})">',
        *_frames(found),
        *_edges(found),
        *_heads(found),
        *_nodes(found),
        *_labels(found),
        "</g>",
        f'<g transform="translate({MARGIN} {round(HEAD + found.height)})">',
        *foot,
        *_other_lines(picture, wide),
        "</g>",
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _frames(found: Placed) -> Iterator[str]:
    marks = dict(found.picture.marks)
    for group in found.picture.groups:
        box = found.groups.get(group.id)
        if box is None:
            continue
        kind = group.id if group.id == "tasks" else "inner" if _depth(found, group) > 1 else "frame"
        mark = gravest(group.members, marks)
        yield (
            f'<rect class="{kind}{_marked(mark)}" x="{box.x}" y="{box.y}" width="{box.width}" '
            f'height="{box.height}" rx="8"/>'
        )


def _heads(found: Placed) -> Iterator[str]:
    """Yield the titles and subnets of groups, which are drawn above arrows."""
    marks = dict(found.picture.marks)
    for group in found.picture.groups:
        box = found.groups.get(group.id)
        if box is None:
            continue
        mark = gravest(group.members, marks)
        suffix = f" ({mark})" if mark else ""
        yield (
            f'<text class="title soft head{_text_marked(mark)}" x="{box.x + PAD:g}" '
            f'y="{box.y + 21:g}">{escape(group.title + suffix)}</text>'
        )
        x = box.x + PAD
        for cell in group.cells:
            across = cell_width(cell)
            own = gravest(cell.members, marks)
            yield (
                f'<rect class="cell{_marked(own)}" x="{x:g}" y="{box.y + 31:g}" '
                f'width="{across:g}" height="22" rx="4"/>'
            )
            yield (
                f'<text class="small{_text_marked(own)}" x="{x + across / 2:g}" '
                f'y="{box.y + 46:g}" text-anchor="middle">{escape(cell.text)}</text>'
            )
            x = round(x + across + 8, 1)


def _depth(found: Placed, group: Group) -> int:
    parents = {each.id: each.parent for each in found.picture.groups}
    depth, above = 0, group.parent
    while above:
        depth, above = depth + 1, parents.get(above, "")
    return depth


def _nodes(found: Placed) -> Iterator[str]:
    marks = dict(found.picture.marks)
    for node in found.picture.nodes:
        yield from _node(node, found.nodes[node.id], marks)


def _node(node: Node, box: Box, marks: dict[str, Mark]) -> Iterator[str]:
    mark = mark_of(node, marks)
    tip = ", ".join(node.members[:40])
    yield f"<g>{f'<title>{escape(tip)}</title>' if tip else ''}"
    yield (
        f'<rect class="box k-{node.kind}{_marked(mark)}" x="{box.x}" y="{box.y}" '
        f'width="{box.width}" height="{box.height}" rx="6"/>'
    )
    y = box.y + PAD + TITLE - 2
    yield f'<text class="title" x="{box.x + PAD:g}" y="{y:g}">{escape(node.title)}</text>'
    if mark:
        across = width(mark, SMALL) + 16
        x = round(box.x + box.width - across - 8, 1)
        yield (
            f'<rect class="badge m-{mark}" x="{x}" y="{box.y + 8:g}" width="{across:.1f}" '
            'height="18" rx="9"/>'
        )
        yield (
            f'<text class="small badge-text" x="{x + across / 2:.1f}" y="{box.y + 21:g}" '
            f'text-anchor="middle">{mark}</text>'
        )
    for line in node.lines:
        y += LINE
        yield from _line(line, box, round(y, 1), marks)
    yield "</g>"


def _line(line: Line, box: Box, y: float, marks: dict[str, Mark]) -> Iterator[str]:
    text, key = line_text(line)
    mark = gravest(line.members, marks)
    x = box.x + PAD
    if text:
        yield f'<text class="soft{_text_marked(mark)}" x="{x:g}" y="{y:g}">{escape(text)}</text>'
    if key:
        start = x if not text else box.x + box.width - PAD - width(key, SMALL) - 16
        yield (
            f'<path class="key" d="M{start + 6:.1f} {y - 4:g}h7m-2.5 0v3M{start + 6:.1f} {y - 4:g}'
            'a3 3 0 1 0 -6 0a3 3 0 1 0 6 0"/>'
        )
        yield f'<text class="small soft" x="{start + 17:.1f}" y="{y:g}">{escape(key)}</text>'


def _edges(found: Placed) -> Iterator[str]:
    marks = dict(found.picture.marks)
    for edge, curve in found.curves:
        mark = gravest(edge.members, marks)
        name = f"{edge.way}{_marked(mark)}"
        first, *rest = curve.points
        path = f"M{_at(first)}C{' '.join(_at(each) for each in rest)}L{_at(curve.tip)}"
        yield f'<path class="edge {name}" d="{path}"/>'
        yield f'<path class="tip {name}" d="{_arrow_head(curve)}"/>'


def _arrow_head(curve: Curve) -> str:
    (x, y), (tip_x, tip_y) = curve.points[-1], curve.tip
    dx, dy = tip_x - x, tip_y - y
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    ux, uy = dx / length, dy / length
    back_x, back_y = tip_x - 10 * ux, tip_y - 10 * uy
    one, other = (back_x - 4 * uy, back_y + 4 * ux), (back_x + 4 * uy, back_y - 4 * ux)
    return f"M{_at(curve.tip)}L{_at(one)}L{_at(other)}Z"


def _labels(found: Placed) -> Iterator[str]:
    marks = dict(found.picture.marks)
    for edge, curve in found.curves:
        if edge.label and curve.label:
            yield from _label(edge, curve.label, gravest(edge.members, marks))


def _label(edge: Edge, at: tuple[float, float], mark: Mark | None) -> Iterator[str]:
    across, high = label_size(edge)
    x, y = at
    tip = "; ".join(edge.reasons)
    yield f"<g>{f'<title>{escape(tip)}</title>' if tip else ''}"
    yield (
        f'<rect class="label" x="{x - across / 2:.1f}" y="{y - high / 2:.1f}" '
        f'width="{across:.1f}" height="{high}" rx="3"/>'
    )
    yield (
        f'<text class="small{_text_marked(mark)}" x="{x:g}" y="{y + 4:g}" '
        f'text-anchor="middle">{escape(edge.label)}</text></g>'
    )


def _foot(found: Placed) -> Iterator[str]:
    """Yield the legend: only for elements of the picture."""
    ways = {edge.way for edge in found.picture.edges}
    marks = dict(found.picture.marks)
    x = 0.0
    for way, text in LEGEND:
        if way in ways:
            yield f'<path class="edge {way}" d="M{x:g} 20h34"/>'
            yield f'<path class="tip {way}" d="M{x + 40:g} 20l-9 -4v8Z"/>'
            yield f'<text class="small soft" x="{x + 46:g}" y="24">{text}</text>'
            x = round(x + 62 + width(text, SMALL), 1)
    for mark in Mark:
        if mark in marks.values():
            across = round(width(mark, SMALL) + 16, 1)
            yield (
                f'<rect class="badge m-{mark}" x="{x:g}" y="11" width="{across}" height="18" '
                'rx="9"/>'
            )
            yield (
                f'<text class="small badge-text" x="{x + across / 2:.1f}" y="24" '
                f'text-anchor="middle">{mark}</text>'
            )
            x = round(x + across + 8, 1)


def _others(picture: Picture, wide: float) -> list[str]:
    if not picture.others:
        return []
    lines, line = [], "Also changed:"
    for number, name in enumerate(picture.others):
        more = f" {name}{',' if number + 1 < len(picture.others) else ''}"
        if width(line + more, SMALL) > wide - 2 * MARGIN:
            lines.append(line)
            line = "   "
        line += more
    lines.append(line)
    if len(lines) > OTHER_LINES:
        lines = [*lines[: OTHER_LINES - 1], "    and more: see the plan"]
    return lines


def _other_lines(picture: Picture, wide: float) -> Iterator[str]:
    for number, line in enumerate(_others(picture, wide)):
        text = cut(line, wide - 2 * MARGIN, SMALL)
        yield f'<text class="small soft" x="0" y="{50 + 20 * number}">{escape(text)}</text>'


def _marked(mark: Mark | None) -> str:
    return f" m-{mark}" if mark else ""


def _text_marked(mark: Mark | None) -> str:
    return f" t-{mark}" if mark else ""


def _at(point: tuple[float, float]) -> str:
    return f"{round(point[0], 1):g},{round(point[1], 1):g}"
