"""All rules: importing this module registers every one."""

from camformation.rules import (
    access,
    arns,
    authentication,
    cluster,
    contradictions,
    database,
    heap,
    lists,
    memory,
    network,
    secrets,
    storage,
    tasks,
    tenants,
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
    "contradictions",
    "database",
    "findings",
    "heap",
    "lists",
    "memory",
    "network",
    "secrets",
    "storage",
    "tasks",
    "tenants",
    "variables",
    "versions",
]
