"""The rule for connectors of a deployment with several tenants."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, broker_settings, connectors_settings

CHECKS = "CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED"
TENANTS = "CAMUNDA_SECURITY_INITIALIZATION_TENANTS_"
WORKERS = "CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTIDS"
FILES = ("SPRING_CONFIG_IMPORT", "SPRING_CONFIG_ADDITIONALLOCATION")  # may say what is not seen
CLIENTS = "CAMUNDA_CLIENTS_"  # one client for each tenant, with settings of its own


@rule("CAM197", "Tenants not served by connectors", Severity.WARNING)
def tenants(d: Deployment) -> Iterator[Violation]:
    """With multi-tenancy checks, a client gets only the jobs of tenants that it requests and is
    assigned to. Connectors request only the tenant `<default>`, to which nobody is assigned at
    first, unless `CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTIDS` lists others. Assign the user or
    client that connectors log in as to a tenant: in `_USERS` or `_CLIENTS` of
    `CAMUNDA_SECURITY_INITIALIZATION_TENANTS_n`, through the role `connectors` in `_ROLES`, or
    later in the Admin application.

    Without these checks, there is only the tenant `<default>`: brokers refuse requests for other
    tenants, and connectors that make them get no jobs at all, which is an error.

    Source: Camunda docs, Multi-tenancy; Camunda docs, Spring Boot Starter, Properties reference
    (tenant ids); Camunda docs, Admin as code.
    """
    if not d.connectors.enabled:
        return
    brokers, runtime = broker_settings(d), connectors_settings(d)
    checks = brokers.find(CHECKS)
    if not checks or not brokers.switch(CHECKS):
        yield from _without_checks(brokers, runtime)
        return
    known = _known(brokers)
    asked = runtime.elements(WORKERS)
    elsewhere = any(
        (runtime.find(name) or next(runtime.below(name), None)) for name in (CLIENTS, *FILES)
    )
    whom, kind = _connectors(d)
    if not asked and not elsewhere and not runtime.find(WORKERS):
        names = ",".join(known.values()) or "…"
        yield Violation(
            checks.path,
            "connectors request only the tenant <default>, to which no user or client is "
            "assigned at first",
            f"set {WORKERS} in connectors.environment to {names}, and assign the {kind.lower()} "
            "that connectors log in as to these tenants; or assign it to <default> in Admin",
        )
    if whom is None:
        return
    for number, tenant in known.items():
        if asked and tenant not in asked:
            continue  # not theirs
        members = brokers.elements(f"{TENANTS}{number}_{kind}S")
        roles = brokers.elements(f"{TENANTS}{number}_ROLES")
        groups = brokers.elements(f"{TENANTS}{number}_GROUPS")  # who is in them nobody knows here
        found = brokers.find(f"{TENANTS}{number}_TENANTID")
        if found and whom not in members and "connectors" not in roles and not groups:
            yield Violation(
                found.path,
                f"connectors, which log in as the {kind.lower()} {whom!r}, are not assigned to the "
                f"tenant {tenant!r}",
                f"add {whom} to {TENANTS}{number}_{kind}S",
            )


def _without_checks(brokers: Settings, runtime: Settings) -> Iterator[Violation]:
    checks = brokers.find(CHECKS)
    others = [each for each in runtime.elements(WORKERS) if each != "<default>"]
    named = runtime.find(WORKERS) or next(runtime.below(WORKERS), None)
    if not others or named is None or (checks and checks.value is None):
        return
    if any(brokers.find(each) or next(brokers.below(each), None) for each in FILES):
        return
    yield Violation(
        named.path,
        "without checks of multi-tenancy, brokers know only the tenant <default>, and refuse "
        f"connectors that ask for jobs of {others[0]!r}",
        f'set orchestration.environment.{CHECKS} to "true", or {named.removal}',
        Severity.ERROR,
    )


def _known(brokers: Settings) -> dict[str, str]:
    """Return the tenants that the spec defines, by their numbers."""
    found: dict[str, str] = {}
    start = TENANTS.replace("_", "")
    for each in brokers.below(TENANTS):
        number = each.key.removeprefix(start).removesuffix("TENANTID")
        if number.isdigit() and each.key.endswith("TENANTID") and each.value:
            found.setdefault(number, each.value)
    return found


def _connectors(d: Deployment) -> tuple[str | None, str]:
    """Return whom connectors log in as, and which kind of member that is."""
    if d.authentication.oidc is None:
        return d.authentication.users.connectors.username, "USER"
    client = d.authentication.oidc.connectors
    return client.client_id if client else None, "CLIENT"
