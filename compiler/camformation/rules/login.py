"""Login at an OpenID Connect provider, as the spec's fields and variables say it."""

from collections.abc import Mapping
from typing import Any

from camformation.components.authentication import OidcConnectorsSpec, OidcSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.frozen import frozen, replaced
from camformation.rules.registry import Violation
from camformation.rules.settings import Settings, broker_settings, connectors_settings
from camformation.spelling import bound

OIDC: Path = ("authentication", "oidc")
_BROKERS = {
    "scope": "SCOPE",
    "audiences": "AUDIENCES",
    "username_claim": "USERNAMECLAIM",
    "client_id_claim": "CLIENTIDCLAIM",
    "groups_claim": "GROUPSCLAIM",
}
_CONNECTORS = {
    "client_id": "CLIENTID",
    "token_url": "TOKENURL",
    "audience": "AUDIENCE",
    "scope": "SCOPE",
}


@frozen
class Login:
    """The settings that hold, and where those are written that come from variables."""

    oidc: OidcSpec
    written: Mapping[Path, Path]

    def placed(self, violation: Violation) -> Violation:
        """Return a violation of a field, at the variable that sets it if there is one."""
        return replaced(violation, path=self.written.get(violation.path, violation.path))


def login(d: Deployment) -> Login | None:
    """Return the login settings; variables override missing fields. None with `mode: basic` and
    without a provider.
    """
    oidc = d.authentication.oidc
    if d.authentication.mode != "oidc" or oidc is None:
        return None
    written: dict[Path, Path] = {}
    brokers = broker_settings(d)
    found: dict[str, Any] = {}
    for field, name in _BROKERS.items():
        values, path = _read(brokers, f"CAMUNDA_SECURITY_AUTHENTICATION_OIDC_{name}")
        if path and not getattr(oidc, field):
            written[(*OIDC, field)] = path
            found[field] = tuple(values) if field == "audiences" else " ".join(values)
    client = _client(d, oidc.connectors, written)
    return Login(replaced(oidc, **found, connectors=client), written)


def _client(
    d: Deployment, client: OidcConnectorsSpec | None, written: dict[Path, Path]
) -> OidcConnectorsSpec | None:
    variables = connectors_settings(d)
    found: dict[str, Any] = {}
    for field, name in _CONNECTORS.items():
        values, path = _read(variables, f"CAMUNDA_CLIENT_AUTH_{name}")
        if path and not (client and getattr(client, field)):
            written[(*OIDC, "connectors", field)] = path
            found[field] = ",".join(values)
    if client:
        return replaced(client, **found)
    if "token_url" not in found:
        return None
    return OidcConnectorsSpec(
        client_id=found.get("client_id", ""),
        client_secret_arn="",
        token_url=found["token_url"],
        audience=found.get("audience"),
        scope=found.get("scope"),
    )


def _read(settings: Settings, name: str) -> tuple[list[str], Path | None]:
    """Return the elements of a setting and where it stands, unless nobody can know its value."""
    start = bound(name)
    numbered = (each for each in settings.below(name) if each.key.removeprefix(start).isdigit())
    found = settings.find(name) or next(numbered, None)
    if found is None or found.value is None:
        return [], None
    return settings.elements(name), found.path
