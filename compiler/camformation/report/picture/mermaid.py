"""A picture in Mermaid, which GitHub and many wikis draw inside Markdown."""

from collections.abc import Iterator

from camformation.diagram.model import Edge, Group, Mark, Node, Picture, Way, mark_of
from camformation.report.terminal_text import readable

SHAPES = {
    "database": ("[(", ")]"),
    "files": ("[(", ")]"),
    "bucket": ("[(", ")]"),
    "clients": ("([", "])"),
    "everyone": ("([", "])"),
    "external": ("([", "])"),
}
ARROWS = {Way.EXPOSED: "==>", Way.TRAFFIC: "-->", Way.OUTBOUND: "-.->", Way.ACCESS: "-.->"}
CLASSES = {
    Mark.CREATE: "fill:#e4f7e8,stroke:#1a7f37,color:#0b3d1a",
    Mark.UPDATE: "fill:#fff6d6,stroke:#9a6700,color:#3d2a00",
    Mark.REPLACE: "fill:#ffe8d9,stroke:#bc4c00,color:#4a1e00",
    Mark.DELETE: "fill:#ffe5e5,stroke:#cf222e,color:#570a10",
    Mark.BLOCKED: "fill:#ffd3d8,stroke:#86061d,color:#4b0310,stroke-width:3px",
}
BREAK = "<br>"


@readable
def mermaid(picture: Picture) -> str:
    """Return the picture as a Mermaid flowchart."""
    marks = dict(picture.marks)
    names = {each.id: f"n{number}" for number, each in enumerate(picture.nodes)}
    names |= {each.id: f"g{number}" for number, each in enumerate(picture.groups)}
    lines = ["flowchart TB", *_inside(picture, "", names, marks, "  ")]
    lines += [f"  {_arrow(edge, names)}" for edge in picture.edges]
    for mark in Mark:
        of = [names[n.id] for n in picture.nodes if mark_of(n, marks) is mark]
        if of:
            lines += [f"  classDef {mark} {CLASSES[mark]}", f"  class {','.join(of)} {mark}"]
    return "\n".join(lines) + "\n"


def _inside(
    picture: Picture, parent: str, names: dict[str, str], marks: dict[str, Mark], indent: str
) -> Iterator[str]:
    for node in picture.nodes:
        if node.group == parent:
            left, right = SHAPES.get(node.kind, ("[", "]"))
            yield f"{indent}{names[node.id]}{left}{_text(_says(node, marks))}{right}"
    for group in picture.groups:
        if group.parent == parent:
            yield f"{indent}subgraph {names[group.id]} [{_text(_heads(group))}]"
            yield from _inside(picture, group.id, names, marks, f"{indent}  ")
            yield f"{indent}end"


def _says(node: Node, marks: dict[str, Mark]) -> list[str]:
    mark = mark_of(node, marks)
    lines = [f"{node.title} ({mark})" if mark else node.title]
    for line in node.lines:
        key = f"key {line.key}" if line.key else ""
        lines.append(f"{line.text} ({key})" if line.text and key else line.text or key)
    return lines


def _heads(group: Group) -> list[str]:
    return (
        [group.title, ", ".join(each.text for each in group.cells)]
        if group.cells
        else [group.title]
    )


def _arrow(edge: Edge, names: dict[str, str]) -> str:
    label = f"|{_text([edge.label])}|" if edge.label else ""
    return f"{names[edge.source]} {ARROWS[edge.way]}{label} {names[edge.target]}"


def _text(lines: list[str]) -> str:
    """Return lines as one quoted label. Mermaid reads `#quot;` and the like (Entity codes)."""
    return f'"{BREAK.join(map(_escaped, lines))}"'


def _escaped(text: str) -> str:
    for sign, code in (
        ("#", "#35;"),
        ("&", "#amp;"),
        ('"', "#quot;"),
        ("<", "#lt;"),
        (">", "#gt;"),
        ("`", "#96;"),
    ):
        text = text.replace(sign, code)
    return text.replace("\n", " ")
