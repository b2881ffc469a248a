"""Variables of OpenID Connect that do not go together, or with what the deployment generates."""

import re
from collections.abc import Iterator

from camformation.diagnostics import quoted
from camformation.rules.addresses import inside, url_addresses
from camformation.rules.registry import Violation
from camformation.rules.settings import Settings

_START = "CAMUNDASECURITYAUTHENTICATION"
_RETURN = rf"{_START}PROVIDERSOIDC\w+REDIRECTURI"
_BROWSERS = rf"{_START}(?:PROVIDERS)?OIDC\w*?(?:AUTHORIZATION|ENDSESSIONENDPOINT)URI"
_GRANT = rf"{_START}(?:OIDC|PROVIDERSOIDC\w+)GRANTTYPE"
_METHOD = rf"({_START}(?:OIDC|PROVIDERSOIDC\w+))CLIENTAUTHENTICATIONMETHOD"


def returns(settings: Settings) -> Iterator[Violation]:
    """Yield addresses to which further providers send people back in vain."""
    for each in settings.all:
        value = (each.value or "").strip()
        if re.fullmatch(_RETURN, each.key) and value and not value.endswith("/sso-callback"):
            host = re.match(r"https?://[^/]+|\{baseUrl\}", value)
            yield Violation(
                each.path,
                f"Camunda expects people back at /sso-callback, not at {quoted(value, 60)}: nobody "
                "can log in with this provider",
                f"write {host[0] if host else '{baseUrl}'}/sso-callback, or {each.removal}",
            )


def browsers(settings: Settings) -> Iterator[Violation]:
    """Yield addresses at which people's browsers find themselves, not a provider."""
    for each in settings.all:
        value = (each.value or "").strip()
        if re.fullmatch(_BROWSERS, each.key) and any(inside(h) for h, _ in url_addresses(value)):
            yield Violation(
                each.path,
                f"people's browsers are sent to {quoted(value, 60)}, where no provider is",
                f"write the address at which people reach the provider, or {each.removal}",
            )


def grants(settings: Settings) -> Iterator[Violation]:
    """Yield grants with which no people log in."""
    for each in settings.all:
        value = (each.value or "").strip().lower()
        if re.fullmatch(_GRANT, each.key) and value not in ("", "authorization_code"):
            yield Violation(
                each.path,
                f"nobody logs in with the grant {quoted(value, 40)}, which is not for people",
                f"write authorization_code, or {each.removal}; applications get tokens anyway",
            )


def keys(settings: Settings) -> Iterator[Violation]:
    """Yield logins with a signature that have no key to sign with."""
    for each in settings.all:
        found = re.fullmatch(_METHOD, each.key)
        if not found or (each.value or "").strip().lower() != "private_key_jwt":
            continue
        store = f"{found[1]}ASSERTIONKEYSTOREPATH"
        if not any(other.key == store or other.in_json for other in settings.all):
            start = re.sub(r"CLIENT_?AUTHENTICATION_?METHOD$", "", each.variable)
            yield Violation(
                each.path,
                "private_key_jwt needs a key to sign with, in a keystore: without one nobody can "
                "log in",
                f"set {start}ASSERTION_KEYSTORE_PATH, and let init_container bring the file",
            )
