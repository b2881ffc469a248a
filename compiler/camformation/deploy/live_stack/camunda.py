"""Camunda's REST API, through the load balancer or any other endpoint."""

import json
from base64 import b64encode
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.topology import Topology, topology_of
from camformation.frozen import frozen

TIMEOUT_S = 10.0
MAX_BYTES = 10_000_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@frozen
class Login:
    """A login: a user with a password, or a token of the identity provider."""

    user: str = ""
    secret: str = ""

    @property
    def header(self) -> str:
        """The value of the header `Authorization`."""
        if not self.user:
            return f"Bearer {self.secret}"
        return f"Basic {b64encode(f'{self.user}:{self.secret}'.encode()).decode()}"


class NoRedirect(HTTPRedirectHandler):
    """Does not follow redirects, which would send the password elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Make no other request."""


def check_endpoint(endpoint: str, *, secret: bool) -> None:
    """Raise DeployError for an invalid endpoint, or one that would expose the password."""
    found = urlsplit(endpoint)
    if found.scheme not in ("http", "https") or not found.hostname:
        near = "" if "://" in endpoint else f"http://{endpoint}"
        hint = f"did you mean {near}?" if near else "give one such as https://camunda.example"
        raise DeployError("CAM741", f"{endpoint} is not an endpoint", hint)
    if secret and found.scheme == "http" and found.hostname not in LOOPBACK:
        raise DeployError(
            "CAM742",
            f"{endpoint} has no TLS: the password would cross the network unencrypted",
            "ask without a login, set `access.tls` in the spec, or ask through `camformation "
            "port-forward` with --endpoint http://localhost:8080",
        )


class Camunda:
    """A cluster behind an endpoint, context path included."""

    def __init__(self, endpoint: str, login: Login | None = None) -> None:
        """Raises DeployError for an invalid endpoint, or one that would expose the password."""
        check_endpoint(endpoint, secret=login is not None)
        self.endpoint = endpoint.rstrip("/")
        self._login = login

    @property
    def logged_in(self) -> bool:
        """Whether there is a login."""
        return self._login is not None

    def topology(self) -> Topology:
        """Return the topology of the cluster. Raises DeployError."""
        found = topology_of(self._json(self._get("/v2/topology")[1]))
        if found is None:
            raise self._strange("/v2/topology", "the answer is not a topology")
        return found

    def has_leader(self) -> bool:
        """Whether a partition has a healthy leader, which needs no login (Orchestration Cluster
        REST API, Get cluster status: 204, or 503)."""
        status, _ = self._get("/v2/status", also=(503,))
        return status in (200, 204)

    def _get(self, path: str, also: tuple[int, ...] = ()) -> tuple[int, bytes]:
        request = Request(f"{self.endpoint}{path}", headers={"Accept": "application/json"})
        if self._login:
            request.add_header("Authorization", self._login.header)
        try:
            with build_opener(NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read(MAX_BYTES)
        except HTTPError as error:
            error.close()
            if error.code in also:
                return error.code, b""
            raise self._refused(path, error.code) from error
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise DeployError(
                "CAM741",
                f"{self.endpoint} does not answer: {reason}",
                "ask from a network that `access.allowed_cidrs` allows, or through `camformation "
                "port-forward`, with --endpoint URL",
            ) from error

    def _refused(self, path: str, code: int) -> DeployError:
        if code in (401, 403):
            what = "the login" if self._login else "a call without a login"
            return DeployError(
                "CAM741",
                f"Camunda refuses {what} at {path} ({code})",
                "log in as a user who may read the cluster's topology: --user NAME "
                "--password-stdin, or --token-stdin with an identity provider",
            )
        if 300 <= code < 400:
            return self._strange(path, f"it redirects ({code})")
        return self._strange(path, f"it answers {code}")

    def _strange(self, path: str, why: str) -> DeployError:
        return DeployError(
            "CAM741",
            f"{self.endpoint}{path} does not answer as Camunda does: {why}",
            "check --endpoint, with the context path if there is one",
        )

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            return None
