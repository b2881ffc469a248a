"""A part of a deployment, and how it is."""

from enum import StrEnum

from camformation.frozen import frozen


class State(StrEnum):
    """How a part is."""

    HEALTHY = "healthy"
    CHANGING = "changing"
    UNHEALTHY = "unhealthy"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@frozen
class Part:
    """A part of the deployment; `needed`: the whole is not healthy while it is unknown."""

    name: str
    state: State
    says: str
    details: tuple[str, ...] = ()
    hint: str | None = None
    needed: bool = False
