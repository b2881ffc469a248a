"""All rules: importing this module registers every one."""

from camformation.rules import (  # noqa: F401 - a module that is imported has its rules registered
    access,
    applications,
    arns,
    aurora,
    authentication,
    cluster,
    context_paths,
    contradictions,
    database,
    dual_stack,
    heap,
    hostnames,
    identity_providers,
    lists,
    memory,
    names,
    network,
    oidc,
    reachability,
    secrets,
    sides,
    storage,
    tasks,
    tenants,
    variables,
    versions,
)
from camformation.rules.registry import RULES, findings

__all__ = ["RULES", "findings"]
