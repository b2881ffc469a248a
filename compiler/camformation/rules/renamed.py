"""Successors of settings that were renamed."""

from collections.abc import Mapping
from functools import cache, lru_cache

from camformation.spelling import bound, rest

FIRST_WORDS = ("ZEEBE", "CAMUNDA", "OPERATE", "TASKLIST", "COMMON")  # of all old names
OPERATE_CLIENTS = (
    "OPERATE_CLIENT_",
    "TASKLIST_CLIENT_",
    "CAMUNDA_OPERATE_CLIENT_",
    "CAMUNDA_TASKLIST_CLIENT_",
)


@lru_cache(1024)
def replaced(name: str, *, client: bool) -> str | None:
    """Return the variable that replaced an old one; empty if none did, None if it is not old.

    `client` says whose setting it is: that of a client such as connectors, or the cluster's own.
    """
    key = bound(name)
    if not key.startswith(FIRST_WORDS):
        return None
    known = _client() if client else _cluster()
    if (new := known.get(key)) is not None:
        return new
    for length in range(len(key) - 1, 0, -1):
        if (start := known.get(f"{key[:length]}_")) is not None:
            return start and start + rest(name.upper(), key[:length])
    return None


@cache
def _cluster() -> Mapping[str, str]:
    from camformation.rules import successors  # seldom needed

    return {
        **_read(successors.CLUSTER),
        **_read(successors.STORAGE, new_start="CAMUNDA_DATA_SECONDARYSTORAGE_"),
        **_read(successors.GATEWAY, "ZEEBE_GATEWAY_"),
        **_read(successors.GATEWAY_CLUSTER, "ZEEBE_GATEWAY_CLUSTER_"),
        **_read(successors.GATEWAY, "ZEEBE_BROKER_GATEWAY_"),
        **_read(successors.BROKER, "ZEEBE_BROKER_"),
    }


@cache
def _client() -> Mapping[str, str]:
    from camformation.rules import successors  # seldom needed

    found = dict(_read(successors.CLIENT))
    for start in OPERATE_CLIENTS:
        found |= {f"{bound(start)}_": "", **_read(successors.OPERATE_CLIENT, start)}
    return found


def _read(table: str, start: str = "", new_start: str = "CAMUNDA_") -> Mapping[str, str]:
    """Return new names by old ones in the form `bound` gives, with an underscore for beginnings."""
    found = {}
    for line in table.split("\n"):
        if line:
            old, new = line.split(" ")
            key = bound(start + old) + "_" * old.endswith("_")
            found[key] = "" if new == "-" else new_start + new
    return found
