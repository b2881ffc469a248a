"""Settings in groups of Camunda's that have no such part."""

from collections.abc import Mapping
from functools import cache

from camformation.rules.known_settings import BROKERS, known
from camformation.rules.settings import Setting
from camformation.spelling import bound, variable

CLOSED = (
    *(f"camunda.{each}" for each in ("api", "cluster", "data", "processing", "security")),
    *(f"camunda.cluster.{each}" for each in ("membership", "metadata", "raft")),
    "camunda.data.secondary-storage.rdbms.connection-pool",
    "camunda.security.authentication.providers",
)
OF_NAMES = {"camunda.security.authentication.providers": ("oidc", "assigned")}
"""Groups of which every part is known, and parts of those that hold names of people's choice."""


def stranger(setting: Setting) -> tuple[str, tuple[str, ...]] | None:
    """Return the innermost group that a setting is in without being of any of its parts, and
    these."""
    name = setting.variable.upper()
    for group in sorted(CLOSED, key=len, reverse=True):
        if name.startswith(f"{variable(group)}_"):
            rest = setting.key[len(bound(group)) :]
            parts = children()[group]
            return None if any(rest.startswith(bound(each)) for each in parts) else (group, parts)
    return None


@cache
def children() -> Mapping[str, tuple[str, ...]]:
    """Return the groups that are closed, with the names of what is directly in them."""
    found: dict[str, dict[str, None]] = {each: {} for each in CLOSED}
    for of in known(BROKERS).values():
        for group in CLOSED:
            if of.name.startswith(f"{group}."):
                found[group][of.name[len(group) + 1 :].partition(".")[0]] = None
    for group, parts in OF_NAMES.items():
        found[group] = dict.fromkeys(parts)
    return {group: tuple(sorted(names)) for group, names in found.items()}
