"""Rules for who may use Camunda."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule
from camformation.rules.spelling import spelled, value

OIDC = ("authentication", "oidc")
ENVIRONMENT = ("orchestration", "environment")
ID_PATTERN = "CAMUNDA_SECURITY_IDVALIDATIONPATTERN"
UNPROTECTED = "CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI"
INSECURE = "CAMUNDA_INSECURE"
_ID = r"[a-zA-Z0-9_~@.+-]+"
_INITIAL_ID = (
    r"CAMUNDA_SECURITY_INITIALIZATION_(?:USERS_\d+_USERNAME|ROLES_\d+_ROLEID|GROUPS_\d+_GROUPID"
    r"|TENANTS_\d+_TENANTID|MAPPINGRULES_\d+_MAPPINGRULEID)"
)


@rule("CAM142", "One user for people and connectors")
def users(d: Deployment) -> Iterator[Violation]:
    """The administrator and the user that connectors log in as have a password each. With the same
    name one of the passwords would be lost.

    Source: Camunda docs, Configure initial users (camunda.security.initialization.users).
    """
    given = d.authentication.users
    if d.authentication.mode != "basic" or not d.connectors.enabled:
        return
    if given.admin.username == given.connectors.username:
        yield Violation(
            ("authentication", "users", "connectors", "username"),
            f"{given.connectors.username!r} is the administrator already",
            "choose another name, for example connectors",
        )


@rule("CAM143", "API that is not protected", Severity.WARNING)
def unprotected(d: Deployment) -> Iterator[Violation]:
    """`CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI` lets everybody who reaches the load
    balancers call the API without logging in, and without
    `CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED` every user may do everything. `CAMUNDA_INSECURE` does
    both, where `CAMUNDA_MODE` is set. Production refuses them all.

    Checks of multi-tenancy need to know who calls, so they cannot be had with an unprotected API.

    Source: Camunda docs, Orchestration Cluster security properties; Camunda docs, Multi-tenancy;
    camunda/camunda, ModesAndProfilesProcessor.
    """
    environment = d.orchestration.environment
    severity = Severity.ERROR if d.profile == "production" else None

    def saying(name: str, wanted: str) -> str | None:
        return spelled(environment, name) if value(environment, name).lower() == wanted else None

    insecure = saying(INSECURE, "true") if value(environment, "CAMUNDA_MODE") else None
    opened = saying(UNPROTECTED, "true")
    for name in (opened, insecure):
        if name:
            yield Violation(
                (*ENVIRONMENT, name),
                "anybody who reaches the API may use it",
                f"remove {name}",
                severity,
            )
    checks = saying("CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED", "true")
    if checks and (opened or insecure):
        yield Violation(
            (*ENVIRONMENT, checks),
            "checks of multi-tenancy need a protected API",
            f"remove {opened or insecure}",
            Severity.ERROR,
        )
    if name := saying("CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED", "false"):
        yield Violation(
            (*ENVIRONMENT, name),
            "without authorizations every user may do everything",
            f"remove {name}",
            severity,
        )


@rule("CAM144", "Identifier that Camunda refuses")
def identifiers(d: Deployment) -> Iterator[Violation]:
    """Ids of users, clients, groups, roles, tenants and mapping rules consist of letters, digits
    and `_~@.+-`, unless `CAMUNDA_SECURITY_IDVALIDATIONPATTERN` says otherwise. Camunda refuses
    others when it first starts.

    Source: Camunda docs, Orchestration Cluster security properties
    (camunda.security.id-validation-pattern); Camunda docs, REST API, Identifiers.
    """
    environment = d.orchestration.environment
    if spelled(environment, ID_PATTERN):
        return
    given: list[tuple[Path, str]] = [
        ((*ENVIRONMENT, name), identifier)
        for name, identifier in environment.items()
        if re.fullmatch(_INITIAL_ID, name)
    ]
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
                f"{identifier!r} is not an id: only letters, digits and _~@.+- may be in one",
                "use a claim with such values, or set a pattern that admits it in "
                f"orchestration.environment.{ID_PATTERN}",
            )
