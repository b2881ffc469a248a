"""Tokens that providers give to applications, with their audiences and scopes."""

import re
from collections.abc import Iterator

from camformation.components.authentication import OidcConnectorsSpec, OidcSpec, scopes
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.login import OIDC
from camformation.rules.providers import GUID, Provider
from camformation.rules.registry import Violation


def audiences(
    known: Provider, oidc: OidcSpec, client: OidcConnectorsSpec | None
) -> Iterator[Violation]:
    """Yield audiences that no token has."""
    if oidc.audiences and not known.machines_have_audience:
        yield Violation(
            (*OIDC, "audiences"),
            f"access tokens of {known.name} have no `aud`: Camunda rejects those of applications",
            "remove authentication.oidc.audiences, and use the user pool for Camunda alone",
            None if client or oidc.admin.clients else Severity.WARNING,
        )
    if not oidc.audiences:
        return
    asked = [each for each in oidc.audiences if each.endswith("/.default")]
    if known.machine_scope and asked:
        yield Violation(
            (*OIDC, "audiences"),
            f"{asked[0]} is a scope, for which {known.name} issues tokens with another audience",
            f"write {asked[0].removesuffix('/.default').removeprefix('api://')}",
            None if client and len(asked) == len(oidc.audiences) else Severity.WARNING,
        )
        return
    if known.audience_is_id and all("://" in each for each in oidc.audiences):
        yield Violation(
            (*OIDC, "audiences"),
            f"tokens of {known.name} that have a v2.0 issuer are for a client ID, never for a URI",
            "write the client ID of the application, a GUID without api://",
            None if client or oidc.admin.clients else Severity.WARNING,
        )
        return
    if not client:
        return
    if known.machine_audience and client.audience and client.audience not in oidc.audiences:
        yield Violation(
            (*OIDC, "connectors", "audience"),
            f"tokens for {client.audience} are rejected: it is not in "
            "authentication.oidc.audiences",
            "add it to authentication.oidc.audiences",
        )
    if known.machine_scope and (found := re.fullmatch(r"(\S+)/\.default", client.scope or "")):
        named = {found[1], found[1].removeprefix("api://")}
        if re.search(rf"{GUID}$", found[1]) and named.isdisjoint(oidc.audiences):
            yield Violation(
                (*OIDC, "audiences"),
                f"connectors get tokens for {found[1]}, which is not one of the audiences",
                "add that client ID to authentication.oidc.audiences",
                Severity.WARNING,
            )


def none(known: Provider, d: Deployment, oidc: OidcSpec) -> Iterator[Violation]:
    """Yield applications that get no tokens."""
    if d.connectors.enabled:
        yield Violation(
            (*OIDC, "connectors") if oidc.connectors else ("connectors", "enabled"),
            f"{known.name} issues no tokens to applications, so connectors cannot log in",
            "set connectors.enabled to false, or use a provider that supports the client "
            f"credentials grant and federates users from {known.name}, such as Keycloak",
        )
    if oidc.admin.clients:
        yield Violation(
            (*OIDC, "admin", "clients"),
            f"{known.name} issues no tokens to applications, so no application can be an "
            "administrator",
            "list people in authentication.oidc.admin.users",
        )


def tokens(known: Provider, oidc: OidcSpec, client: OidcConnectorsSpec) -> Iterator[Violation]:
    """Yield what keeps connectors from getting a token."""
    section = (*OIDC, "connectors")
    nearly = (oidc.issuer, oidc.issuer.rstrip("/"), f"{oidc.issuer}/")
    found = next((f for each in nearly if (f := re.fullmatch(known.issuer, each))), None)
    parts = {key: re.escape(value) for key, value in found.groupdict().items()} if found else {}
    expected = re.sub(r"\{([a-z]\w*)\}", lambda name: parts.get(name[1], r"[^/]+"), known.token_url)
    if not re.fullmatch(expected, client.token_url):
        yield Violation(
            (*section, "token_url"),
            f"this is not the token endpoint of {known.name} for that issuer",
            f"write {known.token_form.replace('<issuer>', oidc.issuer if found else '<issuer>')}",
            Severity.WARNING if known.name == "Keycloak" else None,
        )
    asked = scopes(client.scope) if client.scope else []
    if refused := [scope for scope in asked if scope in known.machine_refuses]:
        yield Violation(
            (*section, "scope"),
            f"{known.name} issues no token to applications for the scope {refused[0]}",
            "name a scope that is defined for Camunda there, or remove scope if none is needed",
        )
    elif known.name == "Amazon Cognito" and (bare := [each for each in asked if "/" not in each]):
        yield Violation(
            (*section, "scope"),
            f"Amazon Cognito has no scope {bare[0]}: those for applications begin with the "
            "identifier of a resource server",
            f"write <identifier>/{bare[0]}",
        )
    elif known.machine_scope and not re.fullmatch(known.machine_scope, client.scope or ""):
        entra = known.name.startswith("Microsoft")
        yield Violation(
            (*section, "scope") if client.scope else section,
            f"{known.name} issues tokens to applications only for a single scope that ends in "
            "/.default"
            if entra
            else f"{known.name} issues no token to applications without a scope, unless its "
            "server has a default scope",
            f"set authentication.oidc.connectors.scope to {oidc.client_id}/.default"
            if entra
            else "set authentication.oidc.connectors.scope to a scope that is defined there",
            None if entra else Severity.WARNING,
        )
    if known.machine_audience and not client.audience:
        yield Violation(
            section,
            f"without an audience, {known.name} issues applications a token for its own API, "
            "unless the tenant has a default audience",
            "set authentication.oidc.connectors.audience to the identifier of Camunda's API",
            Severity.WARNING,
        )
