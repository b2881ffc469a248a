"""The arrows of a picture: the traffic that security groups allow."""

from collections.abc import Iterable, Iterator, Mapping

from camformation.audit.matrix import EVERYWHERE, Flow, Matrix
from camformation.audit.values import Template
from camformation.diagram.model import Edge, Line, Node, Way
from camformation.diagram.values import cidr, said
from camformation.frozen import replaced
from camformation.shapes import resources

SHOWN = 4
"""Networks that a box of clients names."""

MANY = 3
"""Minimum number of boxes in a group of which one may differ."""

OUTSIDE = "out "
"""Prefix of addresses outside the deployment: their arrows lead to the single box `out`."""


def traffic(
    template: Template,
    matrix: Matrix,
    nodes: Iterable[Node],
    vpc: str,
    groups: Mapping[str, str],
    existing: Mapping[str, str],
) -> tuple[list[Node], list[Edge], dict[str, list[Flow]]]:
    """Return boxes for what is outside the deployment, the arrows of all traffic, and for each
    box the traffic among its own members. `existing`: address to box of data that exists."""
    at = _boxes(matrix, nodes)
    blocks = _own_blocks(template, vpc)
    arrows: dict[tuple[str, str, Way], list[Flow]] = {}
    among: dict[str, list[Flow]] = {}
    outside: dict[tuple[str, str], list[tuple[str, Flow]]] = {}
    for flow in matrix.flows:
        source, target = at.get(flow.source), at.get(flow.target)
        if source and target:
            if source == target:
                among.setdefault(source, []).append(flow)
            elif flow.way == "in" or not _answered(flow, matrix):
                arrows.setdefault((source, target, Way.TRAFFIC), []).append(flow)
        elif flow.way == "in" and target and flow.source not in dict(matrix.holders):
            inside = said(template, _back(template, flow.source)) in blocks
            outside.setdefault(("inside" if inside else "outside", target), []).append(
                (flow.source, flow)
            )
        elif flow.way == "out" and source and flow.target not in dict(matrix.holders):
            address = said(template, _back(template, flow.target))
            data, way = existing.get(address), Way.TRAFFIC
            if data is None:
                data, way = f"{OUTSIDE}{flow.target}", Way.OUTBOUND
            arrows.setdefault((source, data, way), []).append(flow)
    found: list[Node] = []
    _clients(template, outside, groups, found, arrows)
    _targets(template, groups, found, arrows, {each.kind for each in nodes})
    edges = [
        Edge(
            source,
            target,
            way,
            ports(flows),
            tuple(dict.fromkeys(f"{f.ports}: {f.reason}" for f in flows if f.reason)),
            tuple(dict.fromkeys(each.logical_id for each in _with_answers(flows, matrix))),
        )
        for (source, target, way), flows in arrows.items()
    ]
    return found, edges, among


def _boxes(matrix: Matrix, nodes: Iterable[Node]) -> dict[str, str]:
    """Return the box of each security group: that of the first resource in it."""
    at = {member: node.id for node in nodes for member in node.members}
    return {
        group: box
        for group, held in matrix.holders
        if (box := next((at[each] for each in held if each in at), None))
    }


def _own_blocks(template: Template, vpc: str) -> set[str]:
    """Return the blocks of the deployment's VPC."""
    found = {vpc} - {""}
    for name, properties in resources(template, "AWS::EC2::VPC"):
        found |= {said(template, properties.get("CidrBlock")), name, f"{name}.CidrBlock"}
        found.add(f"{name}.Ipv6CidrBlocks")
    return found


def _back(template: Template, text: str) -> object:
    return {"Ref": text} if text in template.get("Parameters", {}) else text


def _answered(flow: Flow, matrix: Matrix) -> bool:
    return any(
        other.way == "in"
        and (other.source, other.target, other.first, other.last)
        == (flow.source, flow.target, flow.first, flow.last)
        for other in matrix.flows
    )


def _with_answers(flows: Iterable[Flow], matrix: Matrix) -> Iterator[Flow]:
    """Yield flows, and the rules of the other side of each."""
    for flow in flows:
        yield flow
        for other in matrix.flows:
            same = (other.source, other.target, other.first, other.last)
            if same == (flow.source, flow.target, flow.first, flow.last) and other is not flow:
                yield other


def ports(flows: Iterable[Flow]) -> str:
    """Return the ports of flows in one line."""
    return ", ".join(dict.fromkeys(_each_port(flows)))


def _each_port(flows: Iterable[Flow]) -> Iterator[str]:
    for flow in sorted(flows, key=lambda each: (each.first, each.last)):
        text = "all ports" if flow.ports == "all" else flow.ports.replace("-", "\N{EN DASH}")
        yield text + ("/udp" if flow.protocol == "udp" else "")


def _clients(
    template: Template,
    outside: Mapping[tuple[str, str], list[tuple[str, Flow]]],
    groups: Mapping[str, str],
    found: list[Node],
    arrows: dict[tuple[str, str, Way], list[Flow]],
) -> None:
    """Add a box for all networks that reach the same boxes."""
    reach: dict[tuple[str, str], dict[str, list[Flow]]] = {}
    for (place, target), pairs in outside.items():
        for source, flow in pairs:
            reach.setdefault((place, source), {}).setdefault(target, []).append(flow)
    alike: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for (place, source), targets in reach.items():
        signature = tuple(sorted((target, ports(flows)) for target, flows in targets.items()))
        alike.setdefault((place, signature), []).append(source)
    for number, ((place, _), sources) in enumerate(sorted(alike.items()), 1):
        everyone = any(each in EVERYWHERE for each in sources)
        names = [said(template, _back(template, each)) for each in sources]
        lines = [Line(each) for each in names[:SHOWN]]
        if names[SHOWN:]:
            lines.append(Line(f"and {len(names) - SHOWN} more"))
        title = "Clients in the VPC" if place == "inside" else "Clients"
        if everyone:
            title = "Everyone"
        node = Node(
            f"clients{number}",
            "everyone" if everyone else "clients",
            groups[place],
            title,
            tuple(lines),
        )
        found.append(node)
        for source in sources:
            for target, flows in reach[place, source].items():
                way = Way.EXPOSED if place == "outside" else Way.TRAFFIC
                arrows.setdefault((node.id, target, way), []).extend(flows)


def _targets(
    template: Template,
    groups: Mapping[str, str],
    found: list[Node],
    arrows: dict[tuple[str, str, Way], list[Flow]],
    kinds: set[str],
) -> None:
    """Draw arrows to addresses outside the deployment, through the NAT gateways if there are
    any."""
    lines: dict[str, None] = {}
    for key in [each for each in arrows if each[2] is Way.OUTBOUND]:
        address = key[1].removeprefix(OUTSIDE)
        if address in EVERYWHERE and "nat" in kinds:
            flows = arrows.pop(key)
            arrows.setdefault((key[0], "nat", Way.OUTBOUND), []).extend(flows)
        else:
            text = said(template, _back(template, address))
            reason = next((each.reason for each in arrows[key] if each.reason), "")
            everywhere = address in EVERYWHERE
            lines["Internet and AWS APIs" if everywhere else f"{reason}  {text}".strip()] = None
    if lines:
        shown = tuple(map(Line, lines))
        found.append(Node("out", "external", groups["beside"], "Other addresses", shown))


def bundled(edges: Iterable[Edge], boxes: Mapping[str, Node]) -> Iterator[Edge]:
    """Yield arrows; those that every box of a group has alike, or all but one of several, become
    one of the group, and those between the same two boxes become one. `boxes`: those in groups."""
    alike: dict[tuple[str, str, str, Way], list[Edge]] = {}
    for edge in edges:
        group = boxes[edge.source].group if edge.source in boxes else edge.source
        alike.setdefault((group, edge.target, edge.label, edge.way), []).append(edge)
    merged: dict[tuple[str, str, Way], list[Edge]] = {}
    for (group, target, _, way), same in alike.items():
        sources = {edge.source for edge in same}
        inside = [each for each in boxes.values() if each.group == group]
        but = [each.title for each in inside if each.id not in sources]
        whole = len(inside) > 1 and len(but) <= (len(inside) > MANY)
        end = "out" if target.startswith(OUTSIDE) else target
        for edge in same:
            if whole and but:
                edge = replaced(edge, label=f"{edge.label} (not {but[0]})")
            merged.setdefault((group if whole else edge.source, end, way), []).append(edge)
    for (source, target, way), same in merged.items():
        label = ", ".join(dict.fromkeys(p for each in same for p in each.label.split(", ")))
        reasons = tuple(dict.fromkeys(r for each in same for r in each.reasons))
        members = tuple(dict.fromkeys(m for each in same for m in each.members))
        yield Edge(source, target, way, label, reasons, members)


def block_of(template: Template) -> str:
    """Return the block of the VPC that the template creates, if it does."""
    blocks = (cidr(template, p.get("CidrBlock")) for _, p in resources(template, "AWS::EC2::VPC"))
    return next(blocks, "")
