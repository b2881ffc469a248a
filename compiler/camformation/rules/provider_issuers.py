"""Addresses that are no issuer, or not that of the provider."""

import re
from collections.abc import Iterator

from camformation.components.authentication import OidcConnectorsSpec, OidcSpec
from camformation.diagnostics import Severity
from camformation.rules.addresses import inside, url_addresses
from camformation.rules.login import OIDC
from camformation.rules.providers import Provider
from camformation.rules.registry import Violation

_DISCOVERY = r"/?\.well-known/(?:openid-configuration|oauth-authorization-server)$"
_GITHUB = "://github.com/login"
_ENDPOINT = r"/(?:authorize|userinfo|certs|keys|jwks(?:\.json)?|introspect|logout)/?$"
_WSO2 = r"(https://[^/]+(?:/t/[^/]+)?/oauth2/)oidcdiscovery/?"
_REALM = r"(https://[^/]+(?:/[^?#]*?)??)(/admin(?:/master/console)?)?(/realms/[^/?#]+)(?:/[^?#]*)?"
_TOKENS = r"(https://[^/]+(?:/[^?#]+)?/realms/[^/?#]+)/protocol/openid-connect/token/?"
_AUTHENTIK = r"https://[^/]+(?:/\S+)?/application/o/[\w-]+"


def no_issuer(oidc: OidcSpec, client: OidcConnectorsSpec | None) -> Violation | None:
    """Return why an address is that of no issuer, whatever the provider is."""
    if found := re.search(_DISCOVERY, oidc.issuer):
        return Violation(
            (*OIDC, "issuer"),
            "this is the address of the discovery document, not the issuer",
            f"write {oidc.issuer[: found.start()]}, the value of `issuer` in that document",
        )
    if _GITHUB in oidc.issuer:
        return Violation(
            (*OIDC, "issuer"),
            "nobody can log in with GitHub: it does not support OpenID Connect logins",
            "use a provider that has GitHub as a source of identities, such as Keycloak",
        )
    if re.fullmatch(_AUTHENTIK, oidc.issuer):
        return Violation(
            (*OIDC, "issuer"),
            "the issuer of authentik differs in the trailing slash, so brokers do not start",
            f"write {oidc.issuer}/",
        )
    tokens = re.fullmatch(_TOKENS, client.token_url) if client else None
    if (
        tokens
        and tokens[1].startswith(f"{oidc.issuer.rstrip('/')}/")
        and "/realms" not in (oidc.issuer)
    ):
        return Violation(
            (*OIDC, "issuer"),
            "this is the address of Keycloak, not of the realm, which is the issuer",
            f"write {tokens[1]}",
        )
    return None


def at_home(oidc: OidcSpec, client: OidcConnectorsSpec | None) -> Iterator[Violation]:
    """Yield addresses at which a task finds itself."""
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


def doubtful(
    known: Provider | None, oidc: OidcSpec, client: OidcConnectorsSpec | None
) -> Iterator[Violation]:
    """Yield what providers hardly have in their tokens as the issuer."""
    place = (*OIDC, "issuer")
    if found := re.fullmatch(_WSO2, oidc.issuer):
        yield Violation(
            place,
            "this is where WSO2 has its discovery document; its issuer is another, unless that "
            "was changed",
            f"write {found[1]}token, the value of `issuer` in that document",
            Severity.WARNING,
        )
    elif known is None and re.search(_ENDPOINT, oidc.issuer):
        yield Violation(
            place,
            "this looks like an endpoint of the provider, not its issuer",
            "write the value of `issuer` in the provider's discovery document",
            Severity.WARNING,
        )
    if found := re.fullmatch(r"(https://[^/:]+):443(/.*)?", oidc.issuer):
        yield Violation(
            place,
            "an issuer hardly has the port 443 in it, and brokers do not start with another than "
            "the provider has",
            f"write {found[1]}{found[2] or ''}",
            Severity.WARNING,
        )
    if known and known.name == "AD FS" and (client or oidc.admin.clients):
        trust = oidc.issuer.replace("https://", "http://").rstrip("/") + "/services/trust"
        yield Violation(
            place,
            f"AD FS has another issuer in access tokens, {trust}: Camunda refuses those of "
            "applications unless that was changed",
            f"let it be the same there, Set-AdfsProperties -Identifier {oidc.issuer}",
            Severity.WARNING,
        )


def of(known: Provider, oidc: OidcSpec) -> Iterator[Violation]:
    """Yield that tokens of a known provider have another issuer."""
    realm = re.fullmatch(_REALM, oidc.issuer) if known.name == "Keycloak" else None
    if realm and realm[2]:
        yield Violation(
            (*OIDC, "issuer"),
            "this is an address for Keycloak's administrators, not the issuer",
            f"write {realm[1]}{realm[3]}",
        )
        return
    if re.fullmatch(known.issuer, oidc.issuer):
        return
    message = f"tokens of {known.name} have another issuer, so every login would fail"
    hint = f"write {known.issuer_form}"
    if realm:
        hint = f"write {realm[1]}{realm[3]}"
    elif meant := _shortened(known, oidc.issuer):
        hint = f"write {meant}"
    admins = re.fullmatch(r"https://([\w-]+)-admin(\.[^/]+)(/.*)?", oidc.issuer)
    if re.search(r"/(?:common|organizations|consumers)(?:/|$)", oidc.issuer):
        message = "this is not the issuer of one tenant: tokens name the tenant that issued them"
    elif known.name == "Keycloak" and "/protocol/" in oidc.issuer:
        message = "this is an endpoint of Keycloak's realm, not its issuer"
        hint = f"write {oidc.issuer.partition('/protocol/')[0]}"
    elif known.name == "Okta" and admins:
        message = "this is the address of Okta's administrators, and no issuer"
        path = (
            admins[3] if re.match("/oauth2/[A-Za-z0-9]+$", admins[3] or "") else "/oauth2/default"
        )
        hint = f"write https://{admins[1]}{admins[2]}{path}"
    elif known.name == "Okta" and re.fullmatch(r"https://[^/]+/?", oidc.issuer):
        message = "only Okta can read access tokens of its org server; Camunda cannot"
    elif re.fullmatch(known.issuer, oidc.issuer.rstrip("/")) or re.fullmatch(
        known.issuer, f"{oidc.issuer}/"
    ):
        message = f"the issuer of {known.name} differs in the trailing slash"
    yield Violation((*OIDC, "issuer"), message, hint)


def _shortened(known: Provider, address: str) -> str | None:
    """Return the issuer that an endpoint of a provider belongs to."""
    while address.count("/") > 2:
        for ending in ("", "/", "/v2.0"):
            if re.fullmatch(known.issuer, f"{address}{ending}"):
                return f"{address}{ending}"
        address = address.rpartition("/")[0]
    return f"{address}/" if re.fullmatch(known.issuer, f"{address}/") else None
