"""A part of a deployment, and its health."""

from enum import StrEnum

from camformation.frozen import frozen


class State(StrEnum):
    """The health of a part."""

    HEALTHY = "healthy"
    CHANGING = "changing"
    UNHEALTHY = "unhealthy"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@frozen
class Part:
    """A part of the deployment; `needed`: while it is unknown, the deployment does not count as
    healthy."""

    name: str
    state: State
    says: str
    details: tuple[str, ...] = ()
    hint: str | None = None
    needed: bool = False
