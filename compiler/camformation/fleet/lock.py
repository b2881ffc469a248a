"""The lock file: the permanent block of each target.

It is written by this program and merged by people, so it may contain anything.
"""

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from camformation.diagnostics import Diagnostic, Finding, Location, SpecError, quoted, shortened
from camformation.fleet.targets import Place
from camformation.source import parse

Blocks = Mapping[str, Mapping[Place, IPv4Network]]
"""Parameter -> account and region -> block."""

VERSION = 1
PLACE = re.compile("([0-9]{12})/([a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2})")
RESTORE = "restore the file from version control, or repair it"


def place_in(text: str) -> Place | None:
    """Return the account and region of `account/region`."""
    match = PLACE.fullmatch(text)
    return (match[1], match[2]) if match else None


def read_lock(content: bytes | None, file: str) -> Blocks:
    """Return the blocks of a lock file, none if there is no file; raise `SpecError`."""
    if content is None:
        return {}
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(pairs)
        twice.extend([] if len(mapping) == len(pairs) else [key for key, _ in pairs])
        return mapping

    try:
        data = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = Location(file, error.lineno, error.colno)
        conflict = any(mark in error.doc for mark in ("<<<<<<<", ">>>>>>>"))
        hint = "resolve the merge: keep the lines of both sides" if conflict else RESTORE
        message = f"not valid JSON: {error.msg.lower()}"
        raise SpecError([Diagnostic(where, "CAM737", message, hint)]) from error
    except (ValueError, RecursionError) as error:  # not text, or a number of thousands of digits
        message = "the lock file is not JSON text"
        raise SpecError([Diagnostic(Location(file), "CAM737", message, RESTORE)]) from error
    if (found := list(_misfits(data))) or twice:
        raise SpecError(_located(content, file, found))
    blocks = {
        name: {
            place: IPv4Network(block)
            for key, block in places.items()
            if (place := place_in(key)) is not None
        }
        for name, places in data["cidrs"].items()
    }
    if found := list(_overlapping(blocks)):
        raise SpecError(_located(content, file, found))
    return blocks


def _located(content: bytes, file: str, findings: list[Finding]) -> list[Diagnostic]:
    """Locate the findings and repeated keys; JSON is YAML, whose parser keeps positions."""
    try:
        source = parse(content, file)
    except SpecError:
        return [each.at(Location(file)) for each in findings]
    located = (each.at(source.location(each.path, at_key=each.at_key)) for each in findings)
    return [*source.problems, *located]


def _misfits(data: Any) -> Iterator[Finding]:
    """Yield everything that `lock_text` would not write."""
    if not isinstance(data, dict) or not isinstance(data.get("cidrs"), dict):
        message = "the lock file has no mapping `cidrs`"
        yield Finding((), "CAM737", message, RESTORE)
        return
    if data.get("version") != VERSION:
        message = f"the lock file's version is not {VERSION}"
        yield Finding(("version",), "CAM737", message, "use the camformation version that wrote it")
        return
    for name, places in data["cidrs"].items():
        if not isinstance(places, dict):
            message = f"{shortened(name)} is not a mapping of targets to blocks"
            yield Finding(("cidrs", name), "CAM737", message, RESTORE)
            continue
        for key, block in places.items():
            if place_in(key) is None:
                message = f"{quoted(key)} is not an account and region"
                hint = "for example 222233334444/eu-west-2"
                yield Finding(("cidrs", name, key), "CAM737", message, hint, at_key=True)
            elif not _is_block(block):
                message = "this is not a CIDR block"
                yield Finding(("cidrs", name, key), "CAM737", message, RESTORE)


def _is_block(text: Any) -> bool:
    try:
        return isinstance(text, str) and str(IPv4Network(text)) == text
    except ValueError:
        return False


def _overlapping(blocks: Blocks) -> Iterator[Finding]:
    """Yield each block that overlaps with one before it."""
    everywhere = sorted(
        (int(block.network_address), int(block.broadcast_address), name, place)
        for name, places in blocks.items()
        for place, block in places.items()
    )
    end, holder = -1, ("", ("", ""))
    for first, last, name, place in everywhere:
        if first <= end:
            whose = "/".join(holder[1])
            other = blocks[holder[0]][holder[1]]
            message = f"{blocks[name][place]} overlaps with {other}, the block of {whose}"
            hint = "remove the entry of the target that is not deployed yet: it gets another block"
            yield Finding(("cidrs", name, "/".join(place)), "CAM739", message, hint)
        if last > end:
            end, holder = last, (name, place)


def lock_text(blocks: Blocks) -> str:
    """Return the lock file's text: the same blocks, the same text."""
    cidrs = {
        name: {"/".join(place): str(places[place]) for place in sorted(places)}
        for name, places in sorted(blocks.items())
        if places
    }
    return json.dumps({"cidrs": cidrs, "version": VERSION}, indent=2) + "\n"
