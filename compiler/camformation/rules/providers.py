"""Identity providers by their issuers, and their differences.

Sources: Camunda docs, Connect to an identity provider, Microsoft Entra, Ping Identity and JWT token
claims reference; Microsoft Entra docs, OpenID Connect on the Microsoft identity platform and Access
token claims reference; Keycloak docs, Securing applications with OpenID Connect; Amazon Cognito
Developer Guide, Understanding the access token and Token endpoint; Okta docs, Authorization servers
and OpenID Connect & OAuth 2.0; Auth0 docs, Access token profiles and Get access tokens; Google
Identity docs, OpenID Connect; PingOne docs, OpenID Connect/OAuth 2; Azure AD B2C docs, Tokens
(compatibility); AD FS docs, OpenID Connect/OAuth flows.
"""

import re

from camformation.frozen import frozen

GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_LOGIN = r"login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn)"
_EXTERNAL = r"[\w-]+\.ciamlogin\.com"
_TOKENS = r"/(?:{tenant}|[\w-]+(?:\.[\w-]+)+)/oauth2/v2\.0/token"


@frozen
class Provider:
    """Facts about a provider: addresses as patterns, claims and scopes as names."""

    name: str
    hosts: tuple[str, ...]  # of its issuers, right or wrong; or their ends, with a dot
    issuer: str  # of issuers that its tokens have
    issuer_form: str
    token_url: str  # of token URLs; groups of `issuer` may be referred to as {name}
    token_form: str
    client_claims: tuple[str, ...]  # any of which holds a machine's client ID
    never_claims: tuple[str, ...] = ()  # which hold it elsewhere, but not in these tokens
    claims_fixed: bool = False  # whether nobody can add claims of other names
    login_refuses: tuple[str, ...] = ()  # scopes that end a login
    machine_refuses: tuple[str, ...] = ()  # scopes that a machine gets no token with
    machine_scope: str | None = None  # the form of a scope that a machine has to ask for
    machine_audience: bool = False  # whether a machine has to ask for an audience
    audience_is_id: bool = False  # whether its tokens are for a client ID, and never for a URI
    machines: bool = True  # whether there is a client credentials grant
    machines_have_audience: bool = True  # whether a machine's tokens have the claim aud
    groups_claims: tuple[str, ...] | None = None  # None: whatever is configured there
    no_usernames: tuple[str, ...] = ()  # claims of people elsewhere, here only if they are added
    username: str = "preferred_username"  # or another claim that they have instead


_REALM = r"(?!.*/oauth2/)(?:/[^?#]*)?/realms/[^/]"
_USER_SCOPES = ("openid", "profile", "email", "phone", "address", "offline_access")
_NO_SCOPES = ("groups", "roles")
"""Claims that are no scopes (booklore-app/booklore issue 3261)."""
_ENTRA = Provider(
    name="Microsoft Entra ID",
    hosts=(
        *("login.microsoftonline.com", "login.microsoftonline.us", "login.windows.net"),
        *("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    issuer=rf"https://(?P<host>{_LOGIN})/(?P<tenant>{GUID})/v2\.0",
    issuer_form="https://login.microsoftonline.com/<tenant ID>/v2.0",
    token_url=rf"https://{_LOGIN}{_TOKENS}",
    token_form="https://login.microsoftonline.com/<tenant ID>/oauth2/v2.0/token",
    client_claims=("azp",),
    never_claims=("appid", "client_id", "cid"),
    claims_fixed=True,
    login_refuses=_NO_SCOPES,
    machine_scope=r"\S+/\.default",
    audience_is_id=True,
    no_usernames=("upn", "unique_name"),
)
_KEYCLOAK = Provider(
    name="Keycloak",
    hosts=(),  # any: by its path alone
    issuer=r"https://[^/]+(?P<path>(?:/[^?#]+)?/realms/[^/?#]+)",
    issuer_form="https://<host>/realms/<realm>",
    token_url=r"https://[^/]+{path}/protocol/openid-connect/token",
    token_form="<issuer>/protocol/openid-connect/token",
    client_claims=("client_id", "azp", "clientId"),
    never_claims=("appid", "cid"),
)
PROVIDERS = (
    _ENTRA,
    Provider(
        name="Microsoft Entra ID (v1.0 tokens)",
        hosts=("sts.windows.net", "sts.chinacloudapi.cn"),
        issuer=rf"https://(?P<host>sts\.[\w.]+)/(?P<tenant>{GUID})/",
        issuer_form="https://sts.windows.net/<tenant ID>/",
        token_url=_ENTRA.token_url,
        token_form=_ENTRA.token_form,
        client_claims=("appid",),
        never_claims=("azp", "client_id", "cid"),
        claims_fixed=True,
        login_refuses=_NO_SCOPES,
        machine_scope=_ENTRA.machine_scope,
    ),
    Provider(
        name="Microsoft Entra External ID",
        hosts=(".ciamlogin.com",),
        issuer=rf"https://(?P<tenant>{GUID})\.ciamlogin\.com/(?P=tenant)/v2\.0",
        issuer_form="https://<tenant ID>.ciamlogin.com/<tenant ID>/v2.0",
        token_url=rf"https://{_EXTERNAL}{_TOKENS}",
        token_form="https://<tenant>.ciamlogin.com/<tenant ID>/oauth2/v2.0/token",
        client_claims=("azp",),
        never_claims=_ENTRA.never_claims,
        claims_fixed=True,
        login_refuses=_NO_SCOPES,
        machine_scope=_ENTRA.machine_scope,
        audience_is_id=True,
        no_usernames=_ENTRA.no_usernames,
    ),
    Provider(
        name="Azure AD B2C",
        hosts=(".b2clogin.com",),
        issuer=rf"https://[\w-]+\.b2clogin\.com/tfp/{GUID}/[^/?#]+/v2\.0/",
        issuer_form="https://<tenant>.b2clogin.com/tfp/<tenant ID>/<user flow>/v2.0/, and let "
        "tokens of the user flow have this issuer, the one with tfp",
        token_url=r"https://[\w-]+\.b2clogin\.com/\S+/oauth2/v2\.0/token(?:\?\S+)?",
        token_form="https://<tenant>.b2clogin.com/<tenant>/<user flow>/oauth2/v2.0/token",
        client_claims=("azp",),
        never_claims=("appid", "client_id", "cid"),
    ),
    Provider(
        name="Amazon Cognito",
        hosts=("cognito-idp.", "cognito-idp-fips.", ".amazoncognito.com"),
        issuer=r"https://cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
        r"/(?P=region)_[A-Za-z0-9]+",
        issuer_form="https://cognito-idp.<region>.amazonaws.com/<user pool ID>",
        token_url=r"https://(?!cognito-idp)[^/]+/oauth2/token",
        token_form="https://<domain of the user pool>/oauth2/token",
        client_claims=("client_id",),
        never_claims=("azp", "appid", "cid"),
        claims_fixed=True,
        login_refuses=("offline_access", *_NO_SCOPES),
        machine_refuses=(*_USER_SCOPES, "aws.cognito.signin.user.admin"),
        machines_have_audience=False,
        groups_claims=("cognito:groups",),
        no_usernames=("upn", "unique_name"),
        username="username",
    ),
    Provider(
        name="Okta",
        hosts=(
            *(".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com"),
            *(".okta.mil", ".oktapreview.mil", ".okta-emea.mil", ".okta-gov.mil"),
        ),
        issuer=r"https://(?P<host>(?!\w[\w-]*-admin\.)[\w.-]+)/oauth2/(?P<server>(?!v1$)[A-Za-z0-9]+)",
        issuer_form="https://<domain>/oauth2/default, or the ID of another custom server",
        token_url=r"https://{host}/oauth2/{server}/v1/token",
        token_form="<issuer>/v1/token",
        client_claims=("cid",),
        never_claims=("azp", "appid", "client_id"),
        machine_refuses=_USER_SCOPES,
        machine_scope=r"\S+(?:[ ,]+\S+)*",
    ),
    Provider(
        name="Auth0",
        hosts=(".auth0.com",),
        issuer=r"https://(?P<host>[\w.-]+)/",
        issuer_form="https://<tenant>.<region>.auth0.com/, with the slash at its end",
        token_url=r"https://{host}/oauth/token",
        token_form="https://<tenant>.<region>.auth0.com/oauth/token",
        client_claims=("azp", "client_id"),
        never_claims=("appid", "cid"),
        machine_audience=True,
        no_usernames=("upn", "unique_name"),
        username="email",
    ),
    Provider(
        name="Google",
        hosts=("accounts.google.com",),
        issuer=r"https://accounts\.google\.com",
        issuer_form="https://accounts.google.com",
        token_url=r"https://oauth2\.googleapis\.com/token",
        token_form="https://oauth2.googleapis.com/token",
        client_claims=("azp",),
        login_refuses=("offline_access", *_NO_SCOPES),
        machines=False,
        groups_claims=(),
        no_usernames=("preferred_username", "username", "upn", "unique_name"),
        username="email",
    ),
    Provider(
        name="PingOne",
        hosts=("auth.pingone.",),
        issuer=rf"https://(?P<host>[\w.]+)/(?P<environment>{GUID})/as",
        issuer_form="https://auth.pingone.<com, eu, …>/<environment ID>/as",
        token_url=r"https://{host}/{environment}/as/token",
        token_form="<issuer>/token",
        client_claims=("client_id",),
        never_claims=("appid", "cid"),
    ),
    _KEYCLOAK,
)
ADFS = Provider(
    name="AD FS",
    hosts=(),  # any: by its path alone
    issuer=r"https://(?P<host>[^/]+)/adfs",
    issuer_form="https://<host>/adfs",
    token_url=r"https://{host}/adfs/oauth2/token/?",
    token_form="<issuer>/oauth2/token",
    client_claims=("appid", "client_id"),
    never_claims=("azp", "cid"),
)
FEDERATE = Provider(
    name="PingFederate",
    hosts=(),  # by its token URL alone: the issuer is a host like any other
    issuer=r"\S+",
    issuer_form="the base URL of PingFederate",
    token_url=r"https://[^/]+(?:/\S*)?/as/token\.oauth2",
    token_form="https://<host>/as/token.oauth2",
    client_claims=("client_id",),
    never_claims=("azp", "appid", "cid"),
)


def recognized(issuer: str, token_url: str | None = None) -> Provider | None:
    """Return the provider with an issuer or a token URL; None if it is not known."""
    host, _, path = issuer.removeprefix("https://").partition("/")
    for provider in PROVIDERS:
        if any(_matches(host, each) for each in provider.hosts):
            return provider
    if "realms/" in path and re.match(_REALM, f"/{path}"):
        return _KEYCLOAK
    if re.fullmatch(r"adfs(?:/services/trust)?/?", path, re.IGNORECASE):
        return ADFS
    if token_url and re.fullmatch(FEDERATE.token_url, token_url):
        return FEDERATE
    return None


def _matches(host: str, known: str) -> bool:
    if known.startswith("."):
        return host.endswith(known)
    return host.startswith(known) if known.endswith(".") else host == known


def claim_name(claim: str) -> str:
    """Return the name in a claim that may be written as a JSONPath expression (RFC 9535)."""
    found = re.fullmatch(r"\$(?:\.([\w:-]+)|\[(['\"])(.+?)\2\])", claim)
    return (found[1] or found[3]) if found else claim
