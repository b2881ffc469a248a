"""Rules for who may use Camunda."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, broker_settings

OIDC = ("authentication", "oidc")
ID_PATTERN = "CAMUNDA_SECURITY_IDVALIDATIONPATTERN"
UNPROTECTED = "CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI"
INSECURE = "CAMUNDA_INSECURE"
_ID = r"[a-zA-Z0-9_~@.+-]+"
_JAVA_ONLY = r"\\[pPQhHRXzZGk]|&&|\(\?<[A-Za-z]|\(\?[a-zA-Z-]*[dUu]"  # or another way there
_LONGEST, _REPEATED = 300, 4  # a pattern, and parts of it, that IDs are compared with
_TENANT = r"CAMUNDASECURITYINITIALIZATIONTENANTS\d+TENANTID"
_INITIAL_ID = (
    r"CAMUNDASECURITYINITIALIZATION(?:USERS\d+USERNAME|ROLES\d+ROLEID|GROUPS\d+GROUPID"
    r"|MAPPINGRULES\d+MAPPINGRULEID|AUTHORIZATIONS\d+OWNERID)"
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
    other IDs when it first starts, and does not start with an invalid pattern. The deployment's
    own users have to fit the pattern, too. An ID of a tenant has at most 31 letters, digits and
    `_.-`, whatever the pattern is.

    A pattern with what only Java's regular expressions have, such as `\\p{Alnum}`, is taken as it
    is.

    Source: Camunda docs, Orchestration Cluster security properties
    (camunda.security.id-validation-pattern); Camunda docs, REST API, Identifiers; camunda/camunda,
    IdentifierValidator.
    """
    settings = broker_settings(d)
    given: list[tuple[Path, str]] = []
    for each in settings.below("CAMUNDA_SECURITY_INITIALIZATION"):
        if re.fullmatch(_TENANT, each.key):
            yield from _tenant(each)
        elif re.fullmatch(_INITIAL_ID, each.key):
            given.append((each.path, each.value or "none"))
        elif re.fullmatch(_MEMBERS, each.key):
            if (each.value or "").strip()[:1] in ("'", '"'):
                continue  # CAM243
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
    if own := settings.find(ID_PATTERN):
        yield from _of_pattern(d, own, given)
        return
    for path, identifier in given:
        if not re.fullmatch(_ID, identifier):
            yield Violation(
                path,
                f"{identifier!r} is not a valid ID: an ID contains only letters, digits and _~@.+-",
                "use a claim whose values are valid IDs, or set a pattern that accepts this one "
                f"in orchestration.environment.{ID_PATTERN}",
            )


def _tenant(setting: Setting) -> Iterator[Violation]:
    name = (setting.value or "none").strip()
    if name != "<default>" and not re.fullmatch(r"[A-Za-z0-9_.-]{1,31}", name):
        yield Violation(
            setting.path,
            f"{quoted(name)} is not a valid ID of a tenant, which has at most 31 letters, digits "
            "and _.-",
            "shorten it" if len(name) > 31 else "leave out other signs",
        )


def _of_pattern(
    d: Deployment, setting: Setting, given: list[tuple[Path, str]]
) -> Iterator[Violation]:
    """Yield that a pattern is none, or the IDs that do not fit it."""
    text = setting.value
    if text is None or len(text) > _LONGEST or re.search(_JAVA_ONLY, text):
        return
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError) as error:
        yield Violation(
            setting.path,
            f"{setting.said} is not a regular expression, so brokers do not start: {error}",
            "write for example ^[a-zA-Z0-9_@.+-]+$",
        )
        return
    if "(" in text or len(re.findall("[*+?{]", text)) > _REPEATED:
        return  # comparing may take very long
    own: list[str] = []
    if d.authentication.mode == "basic":
        users = d.authentication.users
        own = [users.admin.username, *[users.connectors.username] * d.connectors.enabled]
    unfit = " and ".join(repr(each) for each in own if not pattern.fullmatch(each))
    said = [(setting.path, unfit)] if unfit else []
    said += [(path, repr(each)) for path, each in given if not pattern.fullmatch(each)]
    for path, what in said:
        yield Violation(
            path,
            f"the pattern of IDs in {setting.said} does not accept {what}: brokers refuse such IDs "
            "when they first start",
            f"widen the pattern, {setting.removal}, or choose another ID",
        )
