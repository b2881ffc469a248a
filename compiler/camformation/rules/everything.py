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
    egress,
    heap,
    hostnames,
    identity_providers,
    lists,
    memory,
    names,
    network,
    oidc,
    proxy,
    reachability,
    secrets,
    sides,
    storage,
    subnets,
    tasks,
    tenants,
    variables,
    versions,
)
from camformation.rules.registry import RULES, findings

__all__ = ["RULES", "findings"]
