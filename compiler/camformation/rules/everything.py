"""All rules: importing this module registers every one."""

from camformation.rules import (  # noqa: F401 - a module that is imported has its rules registered
    access,
    applications,
    arns,
    aurora,
    authentication,
    cluster,
    container_order,
    contradictions,
    database,
    heap,
    identity_providers,
    lists,
    log_router,
    memory,
    names,
    network,
    oidc,
    reachability,
    restore,
    secrets,
    storage,
    task_containers,
    tasks,
    tenants,
    variables,
    versions,
)
from camformation.rules.registry import RULES, findings

__all__ = ["RULES", "findings"]
