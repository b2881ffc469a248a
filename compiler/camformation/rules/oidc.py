"""Rules for OpenID Connect as such: whether anybody can log in, and do anything then."""

import re
from collections.abc import Iterator

from camformation.components.authentication import OidcSpec, scopes
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules import oidc_variables
from camformation.rules.login import OIDC, login
from camformation.rules.providers import recognized
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import JSON, broker_settings

_PREFIX = "CAMUNDASECURITY"
_ADMINISTRATORS = (
    rf"{_PREFIX}INITIALIZATION(?:DEFAULTROLESADMIN(?:USERS|CLIENTS|GROUPS|MAPPINGRULES|ROLES)\d*"
    r"|ROLES\d+(?:USERS|CLIENTS|GROUPS|MAPPINGRULES)\d*|AUTHORIZATIONS\d+OWNERID)"
)
_SCOPE = rf"{_PREFIX}AUTHENTICATION(?:PROVIDERS)?OIDC\w*?SCOPE\d*"
_LIST = rf"{_PREFIX}AUTHENTICATION(?:PROVIDERS)?OIDC\w*?(?:SCOPE|AUDIENCES)\d*"


@rule("CAM140", "Incomplete OpenID Connect settings")
def oidc(d: Deployment) -> Iterator[Violation]:
    """With `mode: oidc`, people log in at an OpenID Connect provider, which sends them back to the
    public hostname. This needs TLS, because browsers accept nothing less, and the scope `openid`.
    Authorizations are on, so nobody has any permission unless the username, the client ID, a group
    or a mapping rule, in `admin` or in variables, makes somebody an administrator. Without
    `client_id_claim`, tokens of applications are treated as users' and refused; without
    `audiences`, tokens for other applications are accepted.

    Brokers with a client as cluster administrator do not even start without `client_id_claim`.

    Further providers in variables send people back to `/sso-callback`, too. A client that signs
    its logins, `private_key_jwt`, needs a keystore with the key. An address for logins or logouts
    has to be one that browsers reach, and people log in with the grant `authorization_code` only.

    With `mode: basic`, settings of a provider are not read.

    A missing provider with `mode: oidc` cannot be ignored: without one, there is nothing to
    compile.

    Source: Camunda docs, Connect to an external identity provider, Identity as Code, Cluster admin
    and Special OIDC cases; camunda/camunda issue 45555; Spring Security docs, OAuth 2.0 login;
    OpenID Connect Core 1.0, section 3.1.2.1.
    """
    auth = d.authentication
    if auth.mode == "basic":
        if auth.oidc is not None:
            yield Violation(
                OIDC,
                "`mode: basic` allows no OpenID Connect settings",
                "set authentication.mode to oidc, or remove authentication.oidc",
                required=True,
            )
        yield from _of_no_use(d)
        return
    if d.access.tls is None:
        yield Violation(
            ("authentication", "mode"),
            "OpenID Connect needs TLS and a public hostname",
            "set access.tls.hostname, and certificate_arn or hosted_zone_id",
        )
    if auth.oidc is None:
        yield Violation(
            ("authentication", "mode"),
            "`mode: oidc` needs a provider",
            "add authentication.oidc with issuer, client_id, client_secret_arn and admin",
            required=True,
        )
        return
    if way := login(d):
        for violation in (*_people(d, way.oidc), *_applications(d, way.oidc)):
            yield way.placed(violation)
        settings = broker_settings(d)
        yield from oidc_variables.returns(settings)
        yield from oidc_variables.keys(settings)
        yield from oidc_variables.browsers(settings)
        yield from oidc_variables.grants(settings)


def _of_no_use(d: Deployment) -> Iterator[Violation]:
    provider = (f"{_PREFIX}AUTHENTICATIONOIDC", f"{_PREFIX}AUTHENTICATIONPROVIDERSOIDC")
    if setting := next((x for x in broker_settings(d).all if x.key.startswith(provider)), None):
        yield Violation(
            setting.path,
            f"with `mode: basic` nothing reads {setting.said}",
            "set authentication.mode to oidc, and authentication.oidc; or " + setting.removal,
            Severity.WARNING,
        )


def _people(d: Deployment, provider: OidcSpec) -> Iterator[Violation]:
    admin = provider.admin
    named = admin.users or admin.clients or admin.groups or admin.mapping_rules
    if not named and not _named_elsewhere(d):
        yield Violation(
            (*OIDC, "admin"),
            "no administrator is set, so no one could use the cluster",
            "list administrators in authentication.oidc.admin: in users, by the value of their "
            "claim, or in groups, clients or mapping_rules",
        )
    if admin.groups and not provider.groups_claim:
        yield Violation(
            (*OIDC, "admin", "groups"),
            "groups need groups_claim, the claim that lists them",
            "set authentication.oidc.groups_claim, for example to groups",
        )
    ids = [each.id for each in admin.mapping_rules]
    for index, identifier in enumerate(ids):
        if identifier in ids[:index]:
            yield Violation(
                (*OIDC, "admin", "mapping_rules", index, "id"),
                f"another mapping rule has the ID {identifier}",
                "give each mapping rule its own id",
            )
    listed = set('["') & set(provider.scope or "")  # which is said as a list read as one value
    if provider.scope and not listed and "openid" not in scopes(provider.scope):
        yield Violation(
            (*OIDC, "scope"),
            "without the scope openid, logins fail: the provider issues no ID token",
            f"set authentication.oidc.scope to openid {' '.join(scopes(provider.scope))}",
        )


def _named_elsewhere(d: Deployment) -> bool:
    """Return whether variables name an administrator, or may: a secret's value is not known."""
    if JSON in d.orchestration.secrets:
        return True
    settings = broker_settings(d)
    return settings.switch("CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED") is False or any(
        re.fullmatch(_ADMINISTRATORS, each.key) for each in settings.all
    )


def _applications(d: Deployment, provider: OidcSpec) -> Iterator[Violation]:
    client = provider.connectors
    known = recognized(provider.issuer, client.token_url if client else None)
    if d.connectors.enabled and client is None and (known is None or known.machines):
        yield Violation(
            (*OIDC, "connectors"),
            "connectors have no client to log in as",
            "set client_id, client_secret_arn and token_url in authentication.oidc.connectors, "
            "or connectors.enabled to false",
            Severity.WARNING,
        )
    if provider.cluster_admin and not provider.client_id_claim:
        yield Violation(
            (*OIDC, "cluster_admin"),
            "without client_id_claim, brokers that have a client as cluster administrator do not "
            "start",
            "set authentication.oidc.client_id_claim to the claim that holds the client ID, often "
            "client_id or azp",
        )
        return
    machines = client or provider.admin.clients
    if not provider.client_id_claim and machines and (known is None or known.machines):
        claim = (
            f"{known.client_claims[0]}, as in tokens of {known.name}"
            if known
            else "the claim that holds the client ID in its tokens, often client_id or azp"
        )
        yield Violation(
            (*OIDC, "client_id_claim"),
            "without client_id_claim, Camunda treats applications as users",
            f"set authentication.oidc.client_id_claim to {claim}",
            Severity.WARNING,
        )
    if not provider.audiences and (known is None or known.machines_have_audience):
        yield Violation(
            (*OIDC, "audiences"),
            "without audiences, Camunda accepts tokens issued for any application of the provider",
            "list Camunda's audience; leave it empty only for Amazon Cognito, whose tokens have "
            "none",
            Severity.WARNING,
        )


@rule("CAM146", "List read as one value")
def lists(d: Deployment) -> Iterator[Violation]:
    """The scopes and the audiences of OpenID Connect are lists: separate their values by commas in
    one variable, or use one variable for each, ending in `_0`, `_1` and so on. A scope with a
    space keeps the brokers from starting, and no token has an audience with a space or in
    brackets. The connectors' `CAMUNDA_CLIENT_AUTH_SCOPE` is not a list: it is sent unchanged.

    Source: Camunda docs, Orchestration Cluster security properties; Spring Boot docs, Relaxed
    binding; RFC 6749, section 3.3.
    """
    for each in broker_settings(d).all:
        if each.value is None or not re.fullmatch(_LIST, each.key):
            continue
        values = [value.strip() for value in each.value.split(",")]
        if any(re.search(r"[\s\[\]\"]", value) for value in values):
            kind = "scope" if re.fullmatch(_SCOPE, each.key) else "audience"
            parted = ",".join(re.findall(r"[^\s,\[\]\"']+", each.value))
            yield Violation(
                each.path,
                f"{each.said} is a list, but Camunda reads {each.value!r} as one {kind} with "
                "spaces, quotes or brackets in it",
                f"write {parted}, separated by commas only",
            )
