"""Identity providers: the pages' examples are sound, and each way to get one wrong is found."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.diagnostics import Finding
from camformation.rules.everything import findings
from camformation.rules.providers import FEDERATE, PROVIDERS, recognized
from deployments import deployment, templates

PAGE = Path(__file__).parents[1] / "docs" / "identity-providers.md"
EXAMPLES = [
    yaml.safe_load(block) for block in re.findall(r"```yaml spec\n(.*?)```", PAGE.read_text(), re.S)
]
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:oidc-a1B2c3"
TLS = {"tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABC"}}
TENANT = "8c6a1b7e-4f0d-4f3a-9a51-0d2f6a7b3c11"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
KEYCLOAK = "https://idp.example.com/realms/camunda"
OIDC = "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_"
INITIAL = "CAMUNDA_SECURITY_INITIALIZATION_"


def spec(issuer: str = KEYCLOAK, *, environment: dict[str, str] | None = None, **oidc: Any) -> Any:
    """Return the sections of a spec whose people log in at an issuer, without connectors."""
    settings = {
        "issuer": issuer,
        "client_id": "camunda",
        "client_secret_arn": SECRET,
        "audiences": ["camunda"],
        "admin": {"users": ["0a0a0a0a-bbbb-4ccc-8ddd-eeeeeeeeeeee"]},  # what most have in `sub`
    }
    return {
        "access": TLS,
        "connectors": {"enabled": "connectors" in oidc},
        "orchestration": {"environment": environment or {}},
        "authentication": {"mode": "oidc", "oidc": settings | oidc},
    }


def found(**sections: Any) -> list[Finding]:
    return findings(deployment(**sections))


def said(**sections: Any) -> list[tuple[str, str, str]]:
    return [
        (each.code, ".".join(map(str, each.path[2:])), each.severity) for each in found(**sections)
    ]


def name(example: dict[str, Any]) -> str:
    oidc = example["authentication"]["oidc"]
    client = oidc.get("connectors")
    provider = recognized(oidc["issuer"], client["token_url"] if client else None)
    return provider.name if provider else "none"


@pytest.mark.parametrize("example", EXAMPLES, ids=name)
def test_examples_break_no_rule(example: dict[str, Any]) -> None:
    sections = {key: value for key, value in example.items() if key != "name"}
    assert found(**sections) == []


def test_every_provider_has_an_example() -> None:
    names = {each.name for each in (*PROVIDERS, FEDERATE)}
    others = {"Microsoft Entra ID (v1.0 tokens)", "Microsoft Entra External ID", "Azure AD B2C"}
    assert names - {name(each) for each in EXAMPLES} == others
    v1 = spec(
        f"https://sts.windows.net/{TENANT}/", client_id_claim="appid", audiences=["api://camunda"]
    )
    assert said(**v1) == []
    external = spec(f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0", client_id_claim="azp")
    assert said(**external) == []


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.microsoftonline.com/organizations/v2.0",
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0",
        f"https://login.microsoftonline.com/{TENANT}",
        f"{ENTRA}/",
        f"https://sts.windows.net/{TENANT}",
        "https://cognito-idp.eu-west-2.amazonaws.com/us-east-1_aBcDeFgHi",
        "https://example.auth.eu-west-2.amazoncognito.com",
        "https://example.okta.com",
        "https://example.okta.com/oauth2/default/",
        "https://example-admin.okta.com/oauth2/default",
        "https://example.eu.auth0.com",
        "https://accounts.google.com/",
        f"https://auth.pingone.eu/{TENANT}",
        "https://idp.example.com/realms/camunda/",
        "https://idp.example.com/auth/realms/camunda/protocol/openid-connect",
        "https://idp.example.com/.well-known/openid-configuration",
    ],
)
def test_issuers_that_tokens_do_not_have_are_errors(issuer: str) -> None:
    audiences = [] if "cognito" in issuer else ["camunda"]
    assert said(**spec(issuer, audiences=audiences)) == [("CAM145", "issuer", "error")]


@pytest.mark.parametrize(
    "issuer",
    [
        ENTRA,
        f"https://login.microsoftonline.us/{TENANT}/v2.0",
        f"https://sts.windows.net/{TENANT}/",
        "https://example.okta.com/oauth2/aus1a2b3c4d5e6f7g8h9",
        "https://login.example.oktapreview.com/oauth2/default",
        "https://example.eu.auth0.com/",
        "https://accounts.google.com",
        f"https://auth.pingone.com.au/{TENANT}/as",
        "https://idp.example.com/auth/realms/camunda",
        "https://idp.example.com/sso/realms/camunda",
        "https://idp.example.com",
        "https://login.example.com/",
        "https://example.forgeblocks.com/am/oauth2/realms/root/realms/alpha",
    ],
)
def test_issuers_that_tokens_have_are_right(issuer: str) -> None:
    assert said(**spec(issuer)) == []


def connectors(token_url: str, **more: str) -> dict[str, str]:
    client = {"client_id": "connectors", "client_secret_arn": SECRET, "token_url": token_url}
    return client | more


@pytest.mark.parametrize(
    ("issuer", "claim", "client", "expected"),
    [
        (ENTRA, "azp", {"token_url": f"{ENTRA[:-5]}/oauth2/v2.0/token", "scope": "x/.default"}, []),
        (ENTRA, "azp", {"token_url": f"{ENTRA[:-5]}/oauth2/v2.0/token"}, ["connectors"]),
        (
            ENTRA,
            "azp",
            {"token_url": f"{ENTRA[:-5]}/oauth2/v2.0/token", "scope": "openid x/.default"},
            ["connectors.scope"],
        ),
        (
            ENTRA,
            "appid",
            {
                "token_url": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                "scope": "x/.default",
            },
            ["client_id_claim", "connectors.token_url"],
        ),
        (
            "https://example.okta.com/oauth2/default",
            "cid",
            {"token_url": "https://example.okta.com/oauth2/default/v1/token", "scope": "camunda"},
            [],
        ),
        (
            "https://example.okta.com/oauth2/default",
            "$.client_id",
            {"token_url": "https://example.okta.com/oauth2/v1/token", "scope": "openid"},
            ["client_id_claim", "connectors.token_url", "connectors.scope"],
        ),
        (KEYCLOAK, "client_id", {"token_url": f"{KEYCLOAK}/protocol/openid-connect/token"}, []),
        (
            KEYCLOAK,
            "client_id",
            {"token_url": "https://inside.example.com/realms/camunda/protocol/openid-connect/token"},
            [],
        ),
        (KEYCLOAK, "$['client_id']", {"token_url": f"{KEYCLOAK}/token"}, ["connectors.token_url"]),
        ("https://accounts.google.com", None, {"token_url": "https://oauth2.googleapis.com/token"},
         ["connectors"]),
    ],
)  # fmt: skip
def test_applications_get_tokens(
    issuer: str, claim: str | None, client: dict[str, str], expected: list[str]
) -> None:
    sections = spec(issuer, client_id_claim=claim, connectors=connectors(**client))
    assert [where for _, where, _ in said(**sections)] == expected


def test_cognito_has_no_audiences() -> None:
    issuer = "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_aBcDeFgHi"
    assert said(**spec(issuer, audiences=[])) == []
    assert said(**spec(issuer)) == [("CAM145", "audiences", "warning")]
    client = connectors("https://example.auth.eu-west-2.amazoncognito.com/oauth2/token")
    machines = spec(issuer, client_id_claim="client_id", connectors=client)
    assert said(**machines) == [("CAM145", "audiences", "error")]


def test_entra_is_not_asked_about_the_user_with_a_token_for_camunda() -> None:
    scope = "openid profile x/.default"
    assert said(**spec(ENTRA, scope=scope)) == [("CAM145", "scope", "error")]
    assert said(**spec(ENTRA, scope="openid profile")) == []
    assert said(**spec(ENTRA, scope=scope, environment={f"{OIDC}USERINFOENABLED": "false"})) == []
    inside = {"SPRING_APPLICATION_JSON": '{"camunda.security.authentication.oidc":'
              ' {"user-info-enabled": false}}'}  # fmt: skip
    assert said(**spec(ENTRA, scope=scope, environment=inside)) == []


@pytest.mark.parametrize("host", ["localhost:8443", "127.0.0.1", "orchestration-cluster-rest"])
def test_a_provider_is_somewhere_else(host: str) -> None:
    assert said(**spec(f"https://{host}/realms/camunda")) == [("CAM145", "issuer", "error")]


def test_what_variables_set_counts_as_what_fields_set() -> None:
    cognito = "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_aBcDeFgHi"
    given = {f"{OIDC}AUDIENCES": "camunda"}
    (one,) = found(**spec(cognito, audiences=[], environment=given))
    assert one.code == "CAM145"
    assert one.path == ("orchestration", "environment", f"{OIDC}AUDIENCES")
    assert said(**spec(audiences=[], environment=given)) == []
    claim = {f"{OIDC}CLIENTIDCLAIM": "client_id"}
    assert said(**spec(admin={"clients": ["ci"]}, environment=claim)) == []


def test_connectors_may_be_described_by_variables() -> None:
    sections = spec(ENTRA, client_id_claim="azp")
    environment = {
        "CAMUNDA_CLIENT_AUTH_CLIENTID": "connectors",
        "CAMUNDA_CLIENT_AUTH_TOKENURL": f"{ENTRA[:-5]}/oauth2/v2.0/token",
        "CAMUNDA_CLIENT_AUTH_SCOPE": "x/.default",
    }
    secrets = {"CAMUNDA_CLIENT_AUTH_CLIENTSECRET": SECRET}
    connectors = {"enabled": True, "environment": environment, "secrets": secrets}
    assert said(**sections | {"connectors": connectors}) == []
    del environment["CAMUNDA_CLIENT_AUTH_SCOPE"]
    assert [code for code, *_ in said(**sections | {"connectors": connectors})] == ["CAM145"]


# Administrators


@pytest.mark.parametrize(
    "environment",
    [
        {f"{INITIAL}DEFAULTROLES_ADMIN_MAPPINGRULES_0": "platform",
         f"{INITIAL}MAPPINGRULES_0_MAPPINGRULEID": "platform",
         f"{INITIAL}MAPPINGRULES_0_CLAIMNAME": "team",
         f"{INITIAL}MAPPINGRULES_0_CLAIMVALUE": "platform"},
        {f"{INITIAL}DEFAULTROLES_ADMIN_USERS": "ada,ben"},
        {f"{INITIAL}ROLES_0_ROLEID": "admin", f"{INITIAL}ROLES_0_NAME": "Admin",
         f"{INITIAL}ROLES_0_USERS": "ada"},
        {f"{INITIAL}AUTHORIZATIONS_0_OWNERTYPE": "USER",
         f"{INITIAL}AUTHORIZATIONS_0_OWNERID": "ada",
         f"{INITIAL}AUTHORIZATIONS_0_RESOURCETYPE": "USER",
         f"{INITIAL}AUTHORIZATIONS_0_RESOURCEID": "*",
         f"{INITIAL}AUTHORIZATIONS_0_PERMISSIONS": "CREATE,READ"},
        {"SPRING_APPLICATION_JSON": '{"camunda": {"security": {"initialization":'
         ' {"default-roles": {"admin": {"mappingRules": ["platform"]}}}}}}'},
        {"JAVA_TOOL_OPTIONS":
         "-Dcamunda.security.initialization.default-roles.admin.groups[0]=ops"},
    ],
)  # fmt: skip
def test_administrators_may_be_named_by_variables(environment: dict[str, str]) -> None:
    assert said(**spec(admin={}, environment=environment)) == []


def test_somebody_has_to_be_an_administrator() -> None:
    nobody = ("CAM140", "admin", "error")
    assert said(**spec(admin={})) == [nobody]
    other = {f"{INITIAL}DEFAULTROLES_CONNECTORS_CLIENTS_0": "ada", "OTHER": "admin"}
    assert said(**spec(admin={}, environment=other)) == [nobody]
    rule = {"id": "platform", "claim": "roles", "value": "camunda-admin"}
    assert said(**spec(admin={"mapping_rules": [rule]})) == []


def test_mapping_rules_are_made_and_are_administrators() -> None:
    rules = [
        {"id": "platform", "claim": "roles", "value": "camunda-admin"},
        {"id": "ops", "claim": "$['department']", "value": "Operations"},
    ]
    environment = brokers(**spec(admin={"mapping_rules": rules}))
    for number, rule in enumerate(rules):
        assert environment[f"{INITIAL}DEFAULTROLES_ADMIN_MAPPINGRULES_{number}"] == rule["id"]
        assert environment[f"{INITIAL}MAPPINGRULES_{number}_MAPPINGRULEID"] == rule["id"]
        assert environment[f"{INITIAL}MAPPINGRULES_{number}_CLAIMNAME"] == rule["claim"]
        assert environment[f"{INITIAL}MAPPINGRULES_{number}_CLAIMVALUE"] == rule["value"]


# Scopes


def brokers(**sections: Any) -> dict[str, Any]:
    """Return the environment of the brokers."""
    root = templates(**sections)["root"]["Resources"]
    containers = root["OrchestrationTaskDefinition"]["Properties"]["ContainerDefinitions"]
    return {each["Name"]: each["Value"] for each in containers[-1]["Environment"]}


@pytest.mark.parametrize(
    "text",
    ["openid profile email", "openid,profile,email", "openid, profile, email"],
)  # fmt: skip
def test_scopes_of_the_login_are_a_list(text: str) -> None:
    assert brokers(**spec(scope=text))[f"{OIDC}SCOPE"] == "openid,profile,email"
    assert said(**spec(scope=text)) == []


def test_openid_is_among_the_scopes() -> None:
    assert said(**spec(scope="profile,email")) == [("CAM140", "scope", "error")]
    assert said(**spec(scope="openid")) == []


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        (f"{OIDC}SCOPE", "openid profile", True),
        (f"{OIDC}SCOPE_0", "openid profile", True),
        (f"{OIDC}SCOPE", '["openid"]', True),
        ("CAMUNDA_SECURITY_AUTHENTICATION_PROVIDERS_OIDC_B_AUDIENCES", "a b", True),
        (f"{OIDC}SCOPE", "openid,profile", False),
        (f"{OIDC}SCOPE", "openid, profile", False),
        (f"{OIDC}SCOPE_0", "openid", False),
        ("CAMUNDA_SECURITY_AUTHENTICATION_OIDC_RESOURCE", "a b", False),
    ],
)
def test_lists_in_variables(name: str, value: str, wrong: bool) -> None:
    assert bool(said(**spec(environment={name: value}))) is wrong
