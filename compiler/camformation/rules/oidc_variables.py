"""Variables of OpenID Connect that do not go together, or with what the deployment generates."""

import re
from collections.abc import Iterator

from camformation.diagnostics import quoted
from camformation.rules.registry import Violation
from camformation.rules.settings import Settings

_START = "CAMUNDASECURITYAUTHENTICATION"
_RETURN = rf"{_START}PROVIDERSOIDC\w+REDIRECTURI"
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
