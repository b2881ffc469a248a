"""Rules for who may use Camunda."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, broker_settings

OIDC = ("authentication", "oidc")
ID_PATTERN = "CAMUNDA_SECURITY_IDVALIDATIONPATTERN"
UNPROTECTED = "CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI"
INSECURE = "CAMUNDA_INSECURE"
_ID = r"[a-zA-Z0-9_~@.+-]+"
_INITIAL_ID = (
    r"CAMUNDASECURITYINITIALIZATION(?:USERS\d+USERNAME|ROLES\d+ROLEID|GROUPS\d+GROUPID"
    r"|TENANTS\d+TENANTID|MAPPINGRULES\d+MAPPINGRULEID|AUTHORIZATIONS\d+OWNERID)"
)
_MEMBERS = (
    r"CAMUNDASECURITYINITIALIZATION(?:ROLES\d+|GROUPS\d+|TENANTS\d+|DEFAULTROLES[A-Z]+?)"
    r"(?:USERS|CLIENTS|GROUPS|ROLES|MAPPINGRULES)\d*"
)


@rule("CAM142", "One user shared by people and connectors")
def users(d: Deployment) -> Iterator[Violation]:
    """The administrator and the connectors' user have separate passwords. With the same name, one
    of the passwords would be lost.

    Source: Camunda docs, Configure initial users (camunda.security.initialization.users).
    """
    given = d.authentication.users
    if d.authentication.mode != "basic" or not d.connectors.enabled:
        return
    if given.admin.username == given.connectors.username:
        yield Violation(
            ("authentication", "users", "connectors", "username"),
            f"{given.connectors.username!r} is already the administrator",
            "choose another name, for example connectors",
        )


@rule("CAM143", "Unprotected API", Severity.WARNING)
def unprotected(d: Deployment) -> Iterator[Violation]:
    """`CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI` lets everybody who reaches the load
    balancers call the API without logging in, and without
    `CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED` every user may do everything. `CAMUNDA_INSECURE` does
    both if `CAMUNDA_MODE` is set. In production all of these are errors.

    Multi-tenancy checks need to know the caller, so they do not work with an unprotected API.

    Source: Camunda docs, Orchestration Cluster security properties; Camunda docs, Multi-tenancy;
    camunda/camunda, ModesAndProfilesProcessor.
    """
    settings = broker_settings(d)
    severity = Severity.ERROR if d.profile == "production" else None

    def saying(name: str, wanted: bool) -> Setting | None:
        return settings.find(name) if settings.switch(name) is wanted else None

    insecure = saying(INSECURE, True) if settings.value("CAMUNDA_MODE") else None
    opened = saying(UNPROTECTED, True)
    for setting in (opened, insecure):
        if setting:
            yield Violation(
                setting.path,
                "anyone who can reach the API can use it",
                setting.removal,
                severity,
            )
    checks = saying("CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED", True)
    if checks and (unsafe := opened or insecure):
        yield Violation(
            checks.path,
            "multi-tenancy checks need a protected API",
            unsafe.removal,
            Severity.ERROR,
        )
    if setting := saying("CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED", False):
        yield Violation(
            setting.path,
            "without authorizations, every user may do everything",
            setting.removal,
            severity,
        )


@rule("CAM144", "Identifier that Camunda rejects")
def identifiers(d: Deployment) -> Iterator[Violation]:
    """IDs of users, clients, groups, roles, tenants and mapping rules consist of letters, digits
    and `_~@.+-`, unless `CAMUNDA_SECURITY_IDVALIDATIONPATTERN` says otherwise. Camunda refuses
    other IDs when it first starts.

    Source: Camunda docs, Orchestration Cluster security properties
    (camunda.security.id-validation-pattern); Camunda docs, REST API, Identifiers.
    """
    settings = broker_settings(d)
    if settings.find(ID_PATTERN):
        return
    given: list[tuple[Path, str]] = []
    for each in settings.below("CAMUNDA_SECURITY_INITIALIZATION"):
        if re.fullmatch(_INITIAL_ID, each.key):
            given.append((each.path, each.value or "none"))
        elif re.fullmatch(_MEMBERS, each.key):
            members = (each.value or "").split(",")
            given += [(each.path, member.strip()) for member in members if member.strip()]
    if d.authentication.mode == "oidc" and (provider := d.authentication.oidc):
        admin = provider.admin
        kinds = (("users", admin.users), ("clients", admin.clients), ("groups", admin.groups))
        for kind, values in kinds:
            given += [((*OIDC, "admin", kind, i), value) for i, value in enumerate(values)]
        for index, mapping in enumerate(admin.mapping_rules):
            given.append(((*OIDC, "admin", "mapping_rules", index, "id"), mapping.id))
        if provider.connectors:
            given.append(((*OIDC, "connectors", "client_id"), provider.connectors.client_id))
    for path, identifier in given:
        if not re.fullmatch(_ID, identifier):
            yield Violation(
                path,
                f"{identifier!r} is not a valid ID: an ID contains only letters, digits and _~@.+-",
                "use a claim whose values are valid IDs, or set a pattern that accepts this one "
                f"in orchestration.environment.{ID_PATTERN}",
            )
