"""All rules: importing this module registers every one."""

from camformation.rules import (
    access,
    arns,
    authentication,
    cluster,
    database,
    network,
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
    "network",
    "storage",
    "tasks",
    "variables",
    "versions",
]
