"""The rule for administrators whom the provider's tokens do not call so."""

import re
from collections.abc import Iterator, Mapping

from camformation.components.authentication import OidcSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Severity, quoted
from camformation.rules.login import OIDC, login
from camformation.rules.providers import GUID, claim_name, recognized
from camformation.rules.registry import Violation, rule

OPAQUE: Mapping[
    str, Mapping[str, str | None]
] = {  # claims that hold an ID made by the provider, and its form; None: of no known form
    "Microsoft Entra ID": {"oid": GUID, "sub": None},
    "Microsoft Entra External ID": {"oid": GUID, "sub": None},
    "Keycloak": {"sub": rf"{GUID}|f:.*"},
    "Amazon Cognito": {"sub": GUID},
    "Google": {"sub": r"[^@]+"},
}
READABLE = "preferred_username, or email"


@rule("CAM252", "Administrator that no token names", Severity.WARNING)
def administrators(d: Deployment) -> Iterator[Violation]:
    """Camunda compares `admin.users` with the value of `username_claim`, which is `sub` unless the
    spec sets another claim, and `admin.groups` with those of `groups_claim`. Entra's `oid`, and the
    `sub` of Keycloak, Cognito and Google, hold an ID that the provider generates, not a name;
    `email` holds an address; Entra's groups are object IDs, unless the application requests names.
    Somebody listed under another name can log in, but has no permissions.

    Source: Microsoft identity platform docs, Access token claims reference and Configure group
    claims; Keycloak docs, Server Administration (subject claim); Amazon Cognito Developer Guide,
    Understanding the ID token; Google docs, OpenID Connect (sub).
    """
    if way := login(d):
        for violation in _named(way.oidc):
            yield way.placed(violation)


def _named(oidc: OidcSpec) -> Iterator[Violation]:
    known = recognized(oidc.issuer, oidc.connectors.token_url if oidc.connectors else None)
    claim = claim_name(oidc.username_claim or "sub")
    opaque = OPAQUE.get(known.name, {}) if known else {}
    for index, user in enumerate(oidc.admin.users):
        path = (*OIDC, "admin", "users", index)
        if claim == "email" and "@" not in user:
            yield Violation(
                path,
                f"{quoted(user)} is not an email address, which tokens have in the claim email",
                "write the administrator's address",
            )
        elif known and claim in opaque and not _fits(user, opaque[claim]):
            kind = "a GUID" if opaque[claim] and GUID in str(opaque[claim]) else "a separate ID"
            yield Violation(
                path,
                f"{quoted(user)} is not a value of the claim {claim}, in which tokens of "
                f"{known.name} have {kind}",
                f"write that ID, or set authentication.oidc.username_claim to {READABLE}",
            )
    if known and known.name.startswith("Microsoft Entra") and oidc.groups_claim:
        for index, group in enumerate(oidc.admin.groups):
            if claim_name(oidc.groups_claim) == "groups" and not re.fullmatch(GUID, group):
                yield Violation(
                    (*OIDC, "admin", "groups", index),
                    f"tokens of {known.name} have the object IDs of groups, not {quoted(group)}",
                    "write the group's object ID; if the application's claims have names, ignore "
                    "this",
                )


def _fits(user: str, form: str | None) -> bool:
    if form is None:  # letters and digits without sense, 43 of them
        return len(user) > 30 and "@" not in user
    return re.fullmatch(form, user) is not None
