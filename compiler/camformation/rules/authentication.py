"""Rules for who logs in, and for the secrets of the spec."""

import re
from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

OIDC = ("authentication", "oidc")
_ARN = r"arn:aws[a-z-]*:[a-z0-9-]+:(?P<region>[a-z0-9-]*):(?P<account>\d*):"


@rule("CAM140", "OpenID Connect that nobody can use")
def oidc(d: Deployment) -> Iterator[Violation]:
    """With `mode: oidc` people log in at an OpenID Connect provider, which sends them back to the
    public hostname: that takes TLS, for browsers accept no less. Authorizations are on, so unless a
    claim makes somebody an administrator nobody can do anything. Without `client_id_claim` tokens
    of applications are taken for users and refused; without `audiences` tokens for other
    applications are accepted.

    Source: Camunda docs, Connect to an external identity provider.
    """
    auth = d.authentication
    if auth.mode == "basic":
        if auth.oidc is not None:
            yield Violation(
                OIDC,
                "with `mode: basic` the OpenID Connect settings do nothing",
                "use `mode: oidc`, or remove them",
                Severity.WARNING,
            )
        return
    if auth.oidc is None:
        yield Violation(
            ("authentication", "mode"),
            "`mode: oidc` needs the provider",
            "add authentication.oidc: issuer, client_id and client_secret_arn",
        )
        return
    if d.access.tls is None:
        yield Violation(
            ("authentication", "mode"),
            "OpenID Connect needs TLS and a public hostname",
            "set access.tls",
        )
    admin = auth.oidc.admin
    if not (admin.users or admin.clients or admin.groups):
        yield Violation(
            (*OIDC, "admin"),
            "nobody is an administrator, so nobody could use the cluster",
            "list the claim values of one in authentication.oidc.admin.users",
        )
    if admin.groups and not auth.oidc.groups_claim:
        yield Violation(
            (*OIDC, "admin", "groups"),
            "groups need groups_claim, the claim that lists them",
            "set authentication.oidc.groups_claim",
        )
    if d.connectors.enabled and auth.oidc.connectors is None:
        yield Violation(
            (*OIDC, "connectors"),
            "connectors have no client to log in as",
            "set authentication.oidc.connectors, or connectors.enabled to false",
            Severity.WARNING,
        )
    if not auth.oidc.client_id_claim and (auth.oidc.connectors or admin.clients):
        yield Violation(
            (*OIDC, "client_id_claim"),
            "without client_id_claim the tokens of applications are taken for users",
            "set it: client_id for Keycloak and Cognito, azp or appid for Entra ID",
            Severity.WARNING,
        )
    if not auth.oidc.audiences:
        yield Violation(
            (*OIDC, "audiences"),
            "without audiences tokens for any application of the provider are accepted",
            "list Camunda's audience; only Amazon Cognito, whose tokens have none, must do without",
            Severity.WARNING,
        )


@rule("CAM141", "Something of another region or account")
def elsewhere(d: Deployment) -> Iterator[Violation]:
    """ECS tasks, load balancers and databases use keys, secrets and certificates of their own
    region. A secret or a key of another account can be used only if its policies say so.

    Source: AWS Secrets Manager User Guide, Access from a different account; AWS Certificate Manager
    User Guide, Services integrated; AWS KMS Developer Guide, Allow users in other accounts.
    """
    for path, text in _arns(d):
        found = re.match(_ARN, text)
        if not found:
            continue
        if d.region and found["region"] and found["region"] != d.region:
            yield Violation(
                path,
                f"this is in {found['region']}, the deployment in {d.region}",
                f"use one of {d.region}",
            )
        elif d.account and found["account"] and found["account"] != d.account:
            yield Violation(
                path,
                f"this is in account {found['account']}, the deployment in {d.account}",
                "its own policies, and its key's, have to allow that",
                Severity.WARNING,
            )


def _arns(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield every ARN of a thing that has to be in the deployment's region."""
    found: list[tuple[Path, str | None]] = [
        (("database", "password_secret_arn"), d.database.password_secret_arn),
        (("database", "kms_key_arn"), d.database.kms_key_arn),
        (("storage", "node_id_kms_key_arn"), d.storage.node_id_kms_key_arn),
        (("storage", "efs", "kms_key_arn"), d.storage.efs.kms_key_arn),
        (("storage", "backup", "kms_key_arn"), d.storage.backup.kms_key_arn),
        (("storage", "documents", "kms_key_arn"), d.storage.documents.kms_key_arn),
        (("secrets", "kms_key_arn"), d.secrets.kms_key_arn),
        (("registry", "credentials_secret_arn"), d.registry.credentials_secret_arn),
        (("registry", "kms_key_arn"), d.registry.kms_key_arn),
    ]
    if d.access.tls:
        found.append((("access", "tls", "certificate_arn"), d.access.tls.certificate_arn))
    if provider := d.authentication.oidc:
        found.append(((*OIDC, "client_secret_arn"), provider.client_secret_arn))
        if provider.connectors:
            path = (*OIDC, "connectors", "client_secret_arn")
            found.append((path, provider.connectors.client_secret_arn))
    for section, secrets in _secret_sections(d):
        found += [((*section, name), arn) for name, arn in secrets.items()]
    yield from ((path, arn) for path, arn in found if arn)


def _secret_sections(d: Deployment) -> Iterator[tuple[Path, Mapping[str, str]]]:
    yield ("orchestration", "secrets"), d.orchestration.secrets
    if d.orchestration.init_container:
        yield ("orchestration", "init_container", "secrets"), d.orchestration.init_container.secrets
    yield ("connectors", "secrets"), d.connectors.secrets


@rule("CAM142", "One user for people and connectors")
def users(d: Deployment) -> Iterator[Violation]:
    """The administrator and the user that connectors log in as have a password each. With the same
    name one of the passwords would be lost.

    Source: Camunda docs, Initialize users (camunda.security.initialization.users).
    """
    given = d.authentication.users
    if d.authentication.mode == "basic" and given.admin.username == given.connectors.username:
        yield Violation(
            ("authentication", "users", "connectors", "username"),
            f"{given.connectors.username!r} is the administrator already",
            "choose another name",
        )
