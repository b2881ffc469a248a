"""The cluster administrator of a live deployment: the login for `/cluster/v2`."""

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

from camformation.components.authentication import OidcClusterAdminSpec
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.live_stack.camunda import MAX_BYTES, Login, NoRedirect
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.variables import variable

SECRET = "ClusterAdminPasswordSecretArn"
USERNAME = "CAMUNDA_SECURITY_CLUSTERADMIN_BASIC_USERS_0_NAME"
CLIENT = "CAMUNDA_SECURITY_CLUSTERADMIN_OIDC_CLIENTS_0"
TIMEOUT_S = 20.0

Post = Callable[[str, bytes], tuple[int, Any]]


def cluster_admin(
    cloud: Cloud, deployed: Deployed, client: OidcClusterAdminSpec | None
) -> Callable[[], Login] | None:
    """Return the function that logs the cluster administrator in on demand; None if there is none.

    `client` is the spec's: templates do not contain the source of its tokens.
    """
    if arn := deployed.stack.outputs.get(SECRET):
        name = variable(deployed, USERNAME)
        return lambda: Login(name if isinstance(name, str) else "cluster-admin", _value(cloud, arn))
    if client and variable(deployed, CLIENT) is not None:
        return lambda: Login("", token(client, _value(cloud, client.client_secret_arn)))
    return None


def token(client: OidcClusterAdminSpec, secret: str, post: Post | None = None) -> str:
    """Return a token of the provider, by the client credentials grant (RFC 6749, section 4.4)."""
    asked = {
        "grant_type": "client_credentials",
        "client_id": str(client.client_id),
        "client_secret": secret,
        **({"audience": str(client.audience)} if client.audience else {}),
        **({"scope": str(client.scope)} if client.scope else {}),
    }
    status, answer = (post or _post)(str(client.token_url), urlencode(asked).encode())
    found = answer.get("access_token") if isinstance(answer, dict) else None
    if status != 200 or not isinstance(found, str):
        why = answer.get("error") if isinstance(answer, dict) else None
        raise DeployError(
            "CAM745",
            f"{client.token_url} issues no token for {client.client_id}"
            f" ({why or status or 'no answer'})",
            "check authentication.oidc.cluster_admin, and the client's secret",
        )
    return found


def _value(cloud: Cloud, arn: str) -> str:
    """Return a secret's value, or one key of it: `arn:…:secret:NAME:KEY::`."""
    parts = arn.split(":")
    value = cloud.secrets.value(":".join(parts[:7]))
    key = parts[7] if len(parts) > 7 else ""
    if not key:
        return value
    try:
        return str(json.loads(value)[key])
    except (ValueError, KeyError, TypeError):
        raise DeployError("CAM745", f"the secret {':'.join(parts[:7])} has no key {key}") from None


def _post(url: str, body: bytes) -> tuple[int, Any]:
    request = Request(url, body, {"Content-Type": "application/x-www-form-urlencoded"})
    try:
        with build_opener(NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
            return answer.status, _json(answer.read(MAX_BYTES))
    except HTTPError as error:
        with error:
            return error.code, _json(error.read(MAX_BYTES))
    except (URLError, OSError, ValueError):
        return 0, None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
