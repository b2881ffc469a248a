"""The rule for what the recognized identity provider does in its own way."""

import re
from collections.abc import Iterator

from camformation.components.authentication import OidcConnectorsSpec, OidcSpec, scopes
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.addresses import inside, url_addresses
from camformation.rules.login import OIDC, login
from camformation.rules.providers import GUID, Provider, claim_name, recognized
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings

_PREFIX = "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_"
_USER_INFO = f"{_PREFIX}USERINFOENABLED"
_PREFER_USERNAME = f"{_PREFIX}PREFERUSERNAMECLAIM"
_DISCOVERY = r"/?\.well-known/(?:openid-configuration|oauth-authorization-server)$"
_GITHUB = "://github.com/login"
_IN_EVERY_TOKEN = ("sub", "oid")


@rule("CAM145", "Settings the identity provider does not support")
def providers(d: Deployment) -> Iterator[Violation]:
    """Microsoft Entra ID and External ID, Keycloak, Amazon Cognito, Okta, Auth0, Google and Ping
    are recognized by their issuer; each has its own conventions, and a spec that is right for one
    fails with another.

    The issuer has to be exactly the one in the tokens, including a trailing slash. If Entra's login
    scope contains `<client ID>/.default`, its access token is not valid for the endpoint from which
    Camunda then requests the user's details, and the login fails with status 500 unless that
    request is turned off. Entra issues tokens to applications only for the scope
    `<client ID>/.default`, with that client ID as the audience if the issuer is a v2.0 one; Okta
    only for a scope of its server; Auth0 only for an audience; Google issues none. Cognito's tokens
    for applications have no `aud`, so no audience matches. The claim with the client ID has a
    different name with almost every provider. With multi-tenancy in 8.9, the username claim must
    not be one that Entra's tokens for applications also have: `oid`, `sub`.

    GitHub supports only OAuth 2.0 for people, not OpenID Connect: its discovery document has no
    address for logins.

    Examples for each are in [Identity providers](identity-providers.md).

    Source: Camunda docs, Connect to an identity provider, Microsoft Entra, Ping Identity;
    camunda/camunda issues 44650 and 53685; camunda/camunda-docs issue 8802;
    percona/pg_oidc_validator issue 26; the providers' documentation, named in
    `camformation/rules/providers.py`.
    """
    if way := login(d):
        for violation in _provider(d, way.oidc):
            yield way.placed(violation)


def _provider(d: Deployment, oidc: OidcSpec) -> Iterator[Violation]:
    if found := re.search(_DISCOVERY, oidc.issuer):
        yield Violation(
            (*OIDC, "issuer"),
            "this is the address of the discovery document, not the issuer",
            f"write {oidc.issuer[: found.start()]}, the value of `issuer` in that document",
        )
        return
    if _GITHUB in oidc.issuer:
        yield Violation(
            (*OIDC, "issuer"),
            "nobody can log in with GitHub: it does not support OpenID Connect logins",
            "use a provider that has GitHub as a source of identities, such as Keycloak",
        )
        return
    client = oidc.connectors if d.connectors.enabled else None
    for field, url in (
        (("issuer",), oidc.issuer),
        (("connectors", "token_url"), client and client.token_url),
    ):
        if url and any(inside(host) for host, _ in url_addresses(url)):
            yield Violation(
                (*OIDC, *field),
                "a task that calls this address reaches itself, not a provider",
                "write the address at which people and tasks reach the provider",
            )
    known = recognized(oidc.issuer, client.token_url if client else None)
    if known is None:
        return
    settings = broker_settings(d)
    yield from _issuer(known, oidc)
    yield from _login(known, oidc, settings.switch(_USER_INFO) is False)
    yield from _claims(known, oidc, client, settings.switch(_PREFER_USERNAME) is True)
    yield from _audiences(known, oidc, client)
    checks = settings.switch("CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED")
    if d.version == "8.9" and checks and client and known.name.startswith("Microsoft"):
        yield from _tenants(known, oidc)
    if not known.machines:
        yield from _no_machines(known, d, oidc)
    elif client:
        yield from _machines(known, oidc, client)


def _tenants(known: Provider, oidc: OidcSpec) -> Iterator[Violation]:
    """Yield that connectors count as a user of no tenant: 8.9 looks at the username's claim."""
    claim = claim_name(oidc.username_claim or "sub")
    if claim in _IN_EVERY_TOKEN:
        yield Violation(
            (*OIDC, "username_claim") if oidc.username_claim else (*OIDC, "connectors"),
            f"with multi-tenancy, Camunda 8.9 refuses all jobs to connectors: their tokens of "
            f"{known.name} have {claim} too",
            "set authentication.oidc.username_claim to preferred_username",
        )


def _issuer(known: Provider, oidc: OidcSpec) -> Iterator[Violation]:
    if re.fullmatch(known.issuer, oidc.issuer):
        return
    message = f"tokens of {known.name} have another issuer, so every login would fail"
    if re.search(r"/(?:common|organizations|consumers)(?:/|$)", oidc.issuer):
        message = "this is not the issuer of one tenant: tokens name the tenant that issued them"
    elif known.name == "Keycloak" and "/protocol/" in oidc.issuer:
        issuer = oidc.issuer.partition("/protocol/")[0]
        message = "this is an endpoint of Keycloak's realm, not its issuer"
        yield Violation((*OIDC, "issuer"), message, f"write {issuer}")
        return
    elif known.name == "Okta" and re.fullmatch(r"https://[^/]+/?", oidc.issuer):
        message = "only Okta can read access tokens of its org server; Camunda cannot"
    elif re.fullmatch(known.issuer, oidc.issuer.rstrip("/")) or re.fullmatch(
        known.issuer, f"{oidc.issuer}/"
    ):
        message = f"the issuer of {known.name} differs in the trailing slash"
    yield Violation((*OIDC, "issuer"), message, f"write {known.issuer_form}")


def _login(known: Provider, oidc: OidcSpec, user_info_off: bool) -> Iterator[Violation]:
    for scope in scopes(oidc.scope) if oidc.scope else ():
        if scope in known.login_refuses:
            yield Violation(
                (*OIDC, "scope"),
                f"{known.name} does not know the scope {scope}, and rejects the login",
                f"remove {scope} from authentication.oidc.scope",
            )
        elif known.machine_scope and scope.endswith("/.default") and not user_info_off:
            yield Violation(
                (*OIDC, "scope"),
                f"with the scope {scope}, a login fails with status 500: the access token is for "
                "Camunda, and Microsoft Graph rejects it when Camunda requests the user's "
                "details",
                f'set orchestration.environment.{_USER_INFO} to "false", or remove {scope}',
            )


def _claims(
    known: Provider, oidc: OidcSpec, client: OidcConnectorsSpec | None, prefers_username: bool
) -> Iterator[Violation]:
    claim = claim_name(oidc.client_id_claim or "")
    if claim in known.never_claims:
        yield Violation(
            (*OIDC, "client_id_claim"),
            f"tokens of {known.name} have no claim {claim}"
            + (": " if known.claims_fixed else " unless one is added: ")
            + "Camunda would treat applications as users",
            f"set authentication.oidc.client_id_claim to {known.client_claims[0]}",
            None if known.claims_fixed and (client or oidc.admin.clients) else Severity.WARNING,
        )
    elif known.name == "Keycloak" and claim == "azp" and not prefers_username:
        yield Violation(
            (*OIDC, "client_id_claim"),
            "Keycloak's tokens for people also have azp, so Camunda would treat people as "
            "applications",
            "set authentication.oidc.client_id_claim to client_id, or "
            f'orchestration.environment.{_PREFER_USERNAME} to "true"',
            Severity.WARNING,
        )
    if prefers_username and claim and claim_name(oidc.username_claim or "sub") in _IN_EVERY_TOKEN:
        yield Violation(
            (*OIDC, "username_claim"),
            f"tokens for applications also have {oidc.username_claim or 'sub'}, and with "
            f"{_PREFER_USERNAME} Camunda treats them as users",
            "set authentication.oidc.username_claim to a claim that only people have, for "
            "example preferred_username",
            Severity.WARNING,
        )
    groups = known.groups_claims
    if groups is not None and oidc.groups_claim and claim_name(oidc.groups_claim) not in groups:
        yield Violation(
            (*OIDC, "groups_claim"),
            f"tokens of {known.name} have no claim {claim_name(oidc.groups_claim)} by default",
            f"set authentication.oidc.groups_claim to {groups[0]}"
            if groups
            else "remove it, and manage groups in Camunda",
            Severity.WARNING,
        )


def _audiences(
    known: Provider, oidc: OidcSpec, client: OidcConnectorsSpec | None
) -> Iterator[Violation]:
    if oidc.audiences and not known.machines_have_audience:
        yield Violation(
            (*OIDC, "audiences"),
            f"access tokens of {known.name} have no `aud`: Camunda rejects those of applications",
            "remove authentication.oidc.audiences, and use the user pool for Camunda alone",
            None if client or oidc.admin.clients else Severity.WARNING,
        )
    if not oidc.audiences:
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


def _no_machines(known: Provider, d: Deployment, oidc: OidcSpec) -> Iterator[Violation]:
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


def _machines(known: Provider, oidc: OidcSpec, client: OidcConnectorsSpec) -> Iterator[Violation]:
    section = (*OIDC, "connectors")
    found = re.fullmatch(known.issuer, oidc.issuer)
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
