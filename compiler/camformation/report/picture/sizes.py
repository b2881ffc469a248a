"""The width of text and the size of boxes, in pixels of a picture."""

from math import fsum  # not `sum`, which rounds differently since Python 3.12

from camformation.diagram.model import Edge, Group, Line, Node

TITLE, TEXT, SMALL = 14, 12.5, 12
LINE, PAD = 18, 12
WIDEST = 330

NARROW, MIDDLING, WIDE = "iljtfrI.,:;'|!()[] /", "abcdeghknopqsuvxyzJL0123456789-_", "mwMWGOQ@%"
WIDTHS = {
    **dict.fromkeys(NARROW, 0.32),
    **dict.fromkeys(MIDDLING, 0.57),
    **dict.fromkeys(WIDE, 0.88),
}
"""As a share of the font size: Helvetica's (Adobe's metrics), rounded up for similar fonts."""


def width(text: str, size: float = TEXT) -> float:
    """Return the approximate width of a text, rather too large than too small."""
    return fsum(WIDTHS.get(each, 0.72 if ord(each) < 0x2E80 else 1.05) for each in text) * size


def cut(text: str, widest: float, size: float = TEXT) -> str:
    """Return a text cut to a width; a character stands for its end."""
    if width(text, size) <= widest:
        return text
    while text and width(f"{text}…", size) > widest:
        text = text[:-1]
    return f"{text.rstrip()}…"


def line_text(line: Line) -> tuple[str, str]:
    """Return the text of a line, and the name of its key."""
    return (cut(line.text, WIDEST - 2 * PAD) if line.text else ""), cut(line.key, 150, SMALL)


def line_width(line: Line) -> float:
    """Return the width of a line, with its key."""
    text, key = line_text(line)
    return width(text) + (width(key, SMALL) + (34 if text else 18) if key else 0)


def node_size(node: Node, *, badge: bool) -> tuple[float, float]:
    """Return the width and height of a box; a badge shows the plan's effect."""
    title = width(node.title, TITLE) * 1.06 + (84 if badge else 0)
    lines = max(map(line_width, node.lines), default=0.0)
    across = max(title, lines, 110.0) + 2 * PAD
    return round(across), LINE * len(node.lines) + TITLE + 2 * PAD + (4 if node.lines else -2)


def group_head(group: Group) -> tuple[float, float]:
    """Return the width and height of the heading of a group."""
    cells = sum(cell_width(each) for each in group.cells) + 8 * max(0, len(group.cells) - 1)
    title = width(group.title, TITLE) * 1.06
    return max(title, cells) + 2 * PAD, 26 + (30 if group.cells else 0)


def cell_width(line: Line) -> float:
    """Return the width of a subnet's cell."""
    return round(width(line.text, SMALL) + 20)


def label_size(edge: Edge) -> tuple[float, float]:
    """Return the width and height of an arrow's label."""
    return width(edge.label, SMALL) + 10, 18
