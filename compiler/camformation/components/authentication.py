"""Authentication of Camunda's users: by Camunda itself, or by an OpenID Connect provider."""

import re
from typing import Any

from troposphere import Join, Split

from camformation.components.fargate import Variables
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Value, joined, text


@frozen
class UserSpec:
    """A user that Camunda creates at its first start."""

    username: str
    name: str
    email: str
    password_secret_arn: str | None  # None: generated


@frozen
class UsersSpec:
    """`authentication.users`: the administrator, and the user that connectors log in as."""

    admin: UserSpec
    connectors: UserSpec


@frozen
class MappingRuleSpec:
    """An entry of `authentication.oidc.admin.mapping_rules`: a claim and the value it must have."""

    id: str
    claim: str
    value: str


@frozen
class OidcAdminSpec:
    """`authentication.oidc.admin`: claim values that identify administrators."""

    users: tuple[str, ...]
    clients: tuple[str, ...]
    groups: tuple[str, ...]
    mapping_rules: tuple[MappingRuleSpec, ...]


@frozen
class ClusterAdminSpec:
    """`authentication.cluster_admin`: who may manage the whole cluster."""

    username: str
    password_secret_arn: str | None  # None: generated


@frozen
class OidcClusterAdminSpec:
    """`authentication.oidc.cluster_admin`: the client that may manage the whole cluster."""

    client_id: str
    client_secret_arn: str
    token_url: str
    audience: str | None
    scope: str | None


@frozen
class OidcConnectorsSpec:
    """`authentication.oidc.connectors`: the client that connectors use."""

    client_id: str
    client_secret_arn: str
    token_url: str
    audience: str | None
    scope: str | None


@frozen
class OidcSpec:
    """`authentication.oidc`: the provider, and Camunda's client of it."""

    issuer: str
    client_id: str
    client_secret_arn: str
    audiences: tuple[str, ...]
    scope: str | None
    username_claim: str | None
    client_id_claim: str | None
    groups_claim: str | None
    admin: OidcAdminSpec
    connectors: OidcConnectorsSpec | None
    cluster_admin: OidcClusterAdminSpec | None


@frozen
class AuthenticationSpec:
    """The `authentication` section of a spec."""

    mode: str  # basic | oidc
    users: UsersSpec
    cluster_admin: ClusterAdminSpec | None
    oidc: OidcSpec | None


def broker_variables(
    spec: AuthenticationSpec,
    *,
    hostname: str | None,
    path: str = "",
    connectors: bool,
    admin_password: Value,
    connectors_password: Value,
) -> Variables:
    """Return the brokers' authentication settings; `hostname` is the public one with TLS, and
    `path` is the prefix of its paths."""
    if spec.oidc is None:
        return _basic(spec.users, connectors, admin_password, connectors_password)
    oidc = spec.oidc
    prefix = "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_"
    optional = {
        "AUDIENCES": joined(",", oidc.audiences),
        "SCOPE": _listed(oidc.scope) if oidc.scope else None,
        "USERNAMECLAIM": oidc.username_claim,
        "CLIENTIDCLAIM": oidc.client_id_claim,
        "GROUPSCLAIM": oidc.groups_claim,
        "REDIRECTURI": hostname
        and text(f"https://${{Hostname}}{path}/sso-callback", Hostname=hostname),
    }
    return Variables(
        plain={
            "CAMUNDA_SECURITY_AUTHENTICATION_METHOD": "oidc",
            f"{prefix}ISSUERURI": oidc.issuer,
            f"{prefix}CLIENTID": oidc.client_id,
            **{prefix + name: value for name, value in optional.items() if value},
            **_members("ADMIN_USERS", oidc.admin.users),
            **_members("ADMIN_CLIENTS", oidc.admin.clients),
            **_members("ADMIN_GROUPS", oidc.admin.groups),
            **_mapping_rules(oidc.admin.mapping_rules),
            **_members(
                "CONNECTORS_CLIENTS",
                (oidc.connectors.client_id,) if connectors and oidc.connectors else (),
            ),
        },
        secret={f"{prefix}CLIENTSECRET": oidc.client_secret_arn},
    )


def cluster_admin_user(spec: AuthenticationSpec, version: str) -> ClusterAdminSpec | None:
    """Return the cluster administrator who logs in with a password, from 8.10 on."""
    return spec.cluster_admin if spec.mode == "basic" and version != "8.9" else None


def cluster_admin_variables(
    spec: AuthenticationSpec, *, version: str, password: Value
) -> Variables:
    """Return the principals that may use `/cluster/v2` (Camunda docs, Cluster admin); none before
    8.10."""
    prefix = "CAMUNDA_SECURITY_CLUSTERADMIN_"
    if user := cluster_admin_user(spec, version):
        return Variables(
            plain={f"{prefix}BASIC_USERS_0_NAME": user.username},
            secret={f"{prefix}BASIC_USERS_0_PASSWORD": password},
        )
    client = spec.oidc.cluster_admin if spec.oidc and spec.mode == "oidc" else None
    if client is None or version == "8.9":
        return Variables({}, {})
    return Variables(plain={f"{prefix}OIDC_CLIENTS_0": client.client_id}, secret={})


def connectors_variables(spec: AuthenticationSpec, *, password: Value) -> Variables:
    """Return the connectors' login settings for the brokers."""
    prefix = "CAMUNDA_CLIENT_AUTH_"
    if spec.oidc is None:
        return Variables(
            plain={
                f"{prefix}METHOD": "basic",
                f"{prefix}USERNAME": spec.users.connectors.username,
            },
            secret={f"{prefix}PASSWORD": password},
        )
    client = spec.oidc.connectors
    if client is None:  # the rest comes from connectors.environment and connectors.secrets
        return Variables(plain={f"{prefix}METHOD": "oidc"}, secret={})
    optional = {"AUDIENCE": client.audience, "SCOPE": client.scope}
    return Variables(
        plain={
            f"{prefix}METHOD": "oidc",
            f"{prefix}CLIENTID": client.client_id,
            f"{prefix}TOKENURL": client.token_url,
            **{prefix + name: value for name, value in optional.items() if value},
        },
        secret={f"{prefix}CLIENTSECRET": client.client_secret_arn},
    )


def _basic(
    users: UsersSpec, connectors: bool, admin_password: Value, connectors_password: Value
) -> Variables:
    """Return the users that Camunda creates at its first start and never changes afterwards."""
    made = [("ADMIN", users.admin, admin_password)]
    if connectors:
        made.append(("CONNECTORS", users.connectors, connectors_password))
    plain = {"CAMUNDA_SECURITY_AUTHENTICATION_METHOD": "basic"}
    secret = {}
    for number, (role, user, password) in enumerate(made):
        prefix = f"CAMUNDA_SECURITY_INITIALIZATION_USERS_{number}_"
        plain |= {
            f"{prefix}USERNAME": user.username,
            f"{prefix}NAME": user.name,
            f"{prefix}EMAIL": user.email,
            **_members(f"{role}_USERS", (user.username,)),
        }
        secret[f"{prefix}PASSWORD"] = password
    return Variables(plain=plain, secret=secret)


def _members(role: str, members: tuple[str, ...]) -> dict[str, str]:
    prefix = f"CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_{role}_"
    return {f"{prefix}{number}": member for number, member in enumerate(members)}


def _mapping_rules(rules: tuple[MappingRuleSpec, ...]) -> dict[str, str]:
    """Return the administrators' mapping rules that Camunda creates at its first start."""
    variables = _members("ADMIN_MAPPINGRULES", tuple(rule.id for rule in rules))
    for number, rule in enumerate(rules):
        prefix = f"CAMUNDA_SECURITY_INITIALIZATION_MAPPINGRULES_{number}_"
        variables |= {
            f"{prefix}MAPPINGRULEID": rule.id,
            f"{prefix}CLAIMNAME": rule.claim,
            f"{prefix}CLAIMVALUE": rule.value,
        }
    return variables


def scopes(text: str) -> list[str]:
    """Return the scopes in a text that separates them by spaces, commas or both."""
    return re.split(r"[\s,]+", text.strip(" ,"))


def _listed(text: str) -> Any:
    """Return scopes as Camunda reads a list, separated by commas: now, or at deployment if the text
    is an open field.

    Spring Security refuses a scope that has a space in it (RFC 6749, section 3.3).
    """
    if not isinstance(text, Open):
        return text if len(scopes(text)) == 1 else ",".join(scopes(text))
    return Join(",", Split(",,", Join(",", Split(" ", text))))
