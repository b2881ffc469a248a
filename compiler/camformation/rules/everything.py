"""All rules: importing this module registers every one."""

from camformation.rules import (
    access,
    arns,
    authentication,
    cluster,
    database,
    identity_providers,
    names,
    network,
    oidc,
    reachability,
    storage,
    tasks,
    variables,
    versions,
)
from camformation.rules.registry import RULES, findings

__all__ = [
    "RULES",
    "access",
    "arns",
    "authentication",
    "cluster",
    "database",
    "findings",
    "identity_providers",
    "names",
    "network",
    "oidc",
    "reachability",
    "storage",
    "tasks",
    "variables",
    "versions",
]
