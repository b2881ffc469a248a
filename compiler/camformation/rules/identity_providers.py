"""The rule for what the recognized identity provider does in its own way."""

from collections.abc import Iterator

from camformation.components.authentication import OidcConnectorsSpec, OidcSpec, scopes
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules import provider_issuers as issuers
from camformation.rules import provider_machines as machines
from camformation.rules.login import OIDC, login
from camformation.rules.providers import Provider, claim_name, recognized
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings

_PREFIX = "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_"
_USER_INFO = f"{_PREFIX}USERINFOENABLED"
_PREFER_USERNAME = f"{_PREFIX}PREFERUSERNAMECLAIM"
_IN_EVERY_TOKEN = ("sub", "oid")


@rule("CAM145", "Settings the identity provider does not support")
def providers(d: Deployment) -> Iterator[Violation]:
    """Microsoft Entra ID and External ID, Azure AD B2C, AD FS, Keycloak, Amazon Cognito, Okta,
    Auth0, Google and Ping are recognized by their issuer; each has its own conventions, and a spec
    that is right for one fails with another.

    The issuer has to be exactly the one in the tokens, including a trailing slash, which that of
    authentik has too. AD FS has another in access tokens than in ID tokens unless that is changed,
    and that of WSO2 is not where its discovery document is; these are warnings, and so are the port
    443 and an endpoint in an issuer.

    If Entra's login scope contains `<client ID>/.default`, its access token is not valid for the
    endpoint from which Camunda then requests the user's details, and the login fails with status
    500 unless that request is turned off. Entra issues tokens to applications only for the scope
    `<client ID>/.default`, with that client ID as the audience if the issuer is a v2.0 one; Okta
    only for a scope of its server, Cognito for one of a resource server; Auth0 only for an
    audience; Google issues none. Cognito's tokens for applications have no `aud`, so no audience
    matches. The claim with the client ID has a different name with almost every provider, and a
    name of people that one has, another has not. With multi-tenancy in 8.9, the username claim must
    not be one that Entra's tokens for applications also have: `oid`, `sub`.

    GitHub supports only OAuth 2.0 for people, not OpenID Connect: its discovery document has no
    address for logins.

    Examples for each are in [Identity providers](identity-providers.md).

    Source: Camunda docs, Connect to an identity provider, Microsoft Entra, Ping Identity;
    camunda/camunda issues 44650 and 53685; camunda/camunda-docs issue 8802;
    percona/pg_oidc_validator issue 26; canonical/lxd issue 14175; wso2/product-is issue 8622;
    Stirling-Tools/Stirling-PDF issue 5461; the providers' documentation, named in
    `camformation/rules/providers.py`.
    """
    if way := login(d):
        for violation in _provider(d, way.oidc):
            yield way.placed(violation)


def _provider(d: Deployment, oidc: OidcSpec) -> Iterator[Violation]:
    client = oidc.connectors if d.connectors.enabled else None
    if wrong := issuers.no_issuer(oidc, client):
        yield wrong
        return
    yield from issuers.at_home(oidc, client)
    known = recognized(oidc.issuer, client.token_url if client else None)
    yield from issuers.doubtful(known, oidc, client)
    if known is None:
        return
    settings = broker_settings(d)
    yield from issuers.of(known, oidc)
    yield from _ids(known, oidc, client)
    yield from _login(known, oidc, settings.switch(_USER_INFO) is False)
    yield from _claims(known, oidc, client, settings.switch(_PREFER_USERNAME) is True)
    yield from machines.audiences(known, oidc, client)
    checks = settings.switch("CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED")
    if d.version == "8.9" and checks and client and known.name.startswith("Microsoft"):
        yield from _tenants(known, oidc)
    if not known.machines:
        yield from machines.none(known, d, oidc)
    elif client:
        yield from machines.tokens(known, oidc, client)


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


def _ids(known: Provider, oidc: OidcSpec, client: OidcConnectorsSpec | None) -> Iterator[Violation]:
    """Yield addresses of applications in the place of their IDs."""
    section = (*OIDC, "connectors")
    for path, given in ((OIDC, oidc.client_id), (section, client.client_id if client else "")):
        if known.name.startswith("Microsoft") and given.startswith("api://"):
            yield Violation(
                (*path, "client_id"),
                f"{known.name} knows an application by its client ID, not by a URI",
                f"write {given.removeprefix('api://')}",
            )


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
    person = claim_name(oidc.username_claim or "")
    if person in known.no_usernames:
        yield Violation(
            (*OIDC, "username_claim"),
            f"people's tokens of {known.name} have no claim {person}, unless it is added: they "
            "could not log in",
            f"set authentication.oidc.username_claim to {known.username}",
            Severity.WARNING,
        )
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
