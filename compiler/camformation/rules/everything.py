"""All rules: importing this module registers every one."""

from camformation.rules import (  # noqa: F401 - a module that is imported has its rules registered
    access,
    applications,
    arns,
    aurora,
    authentication,
    cluster,
    contradictions,
    database,
    heap,
    iam,
    identity_providers,
    lists,
    memory,
    names,
    network,
    oidc,
    reachability,
    secrets,
    services,
    storage,
    tasks,
    tenants,
    variables,
    versions,
)
from camformation.rules.registry import RULES, findings

__all__ = ["RULES", "findings"]
