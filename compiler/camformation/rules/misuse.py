"""Values that patches write into templates, and those with which something fails."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.frozen import frozen


@frozen
class Misuse:
    """A value at places of a component's template, as a pattern, with which something fails."""

    component: str
    place: str
    wrong: Callable[[Deployment, Any], bool]
    message: str
    hint: str
    severity: Severity | None = None


def written(d: Deployment) -> Iterator[tuple[Path, str, str, Any]]:
    """Yield what patches put into templates, each value at every depth: its path in the spec, the
    component, and its place, without what a lifecycle rule has that is off."""
    for index, spec in enumerate(d.patches):
        for position, operation in enumerate(spec.patch):
            if operation["op"] in ("add", "replace") and "value" in operation:
                place = str(operation["path"]).strip("/")
                path = ("patches", index, "patch", position)
                for inner, value in _nested(place, operation["value"]):
                    yield path, str(spec.component), inner, value


def _nested(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value.get("Status") == "Disabled":
        return
    yield place, value
    parts: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, Mapping):
        parts = iter(value.items())
    elif isinstance(value, list | tuple):
        parts = iter(enumerate(value))
    for key, each in parts:
        yield from _nested(f"{place}/{key}", each)
