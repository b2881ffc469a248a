"""Digests of images in registries that answer without a login.

Source: Open Container Initiative, Distribution Specification (Pulling manifests); Docker docs,
Registry API, Token authentication. Docker Hub does not count a HEAD request as a pull.
"""

import json
import re
from hashlib import sha256
from http.client import HTTPException, HTTPMessage
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from camformation.deploy.cloud.errors import DeployError
from camformation.frozen import frozen

HUB, HUB_HOST = "docker.io", "registry-1.docker.io"
MANIFESTS = (  # indexes first: a digest for every architecture
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
SECONDS = 20
LIMIT = 4 << 20  # bytes of a manifest, as registries allow
DIGEST = r"sha256:[0-9a-f]{64}"
_LOOPBACK = r"(?:localhost|127(?:\.\d{1,3}){3})(?::\d{1,5})?"  # without TLS, as Docker reads them
_CHALLENGE = r'([a-z]+)="([^"]*)"'


@frozen
class Reference:
    """An image's reference, split into its parts."""

    host: str
    repository: str
    tag: str


def reference(image: str) -> Reference:
    """Split a reference with or without a tag."""
    first, slash, rest = image.partition("/")
    host, name = HUB, image
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, name = first, rest
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, "latest"
    if host == HUB and "/" not in head:
        head = f"library/{head}"
    return Reference(host, head, tag)


def digest(image: str) -> str:
    """Return the current digest of a tag. Raises DeployError."""
    named = reference(image)
    host = HUB_HOST if named.host == HUB else named.host
    url = f"{_scheme(host)}://{host}/v2/{named.repository}/manifests/{named.tag}"
    try:
        return _digest(url)
    except HTTPError as error:
        if error.code == 404:
            raise _failed(image, "there is no such image", "check its name and tag") from error
        if error.code in (401, 403):
            hint = "write its digest in registry.digests yourself"
            raise _failed(image, f"{named.host} requires a login", hint) from error
        said = f"{named.host} answers {error.code} {error.reason}"
        raise _failed(image, said, "try again later") from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        said = f"{named.host} does not answer as a registry: {reason}"
        hint = "check the network, or write the digest in registry.digests yourself"
        raise _failed(image, said, hint) from error


def _digest(url: str) -> str:
    headers = {"Accept": ", ".join(MANIFESTS)}
    try:
        found, _ = _ask("HEAD", url, headers)
    except HTTPError as error:
        if error.code != 401:
            raise
        token = _token(error.headers.get("WWW-Authenticate", ""))
        if token is None:
            raise
        headers["Authorization"] = f"Bearer {token}"
        found, _ = _ask("HEAD", url, headers)
    named = found.get("Docker-Content-Digest", "")
    if re.fullmatch(DIGEST, named):
        return named
    _, body = _ask("GET", url, headers)
    return f"sha256:{sha256(body).hexdigest()}"


def _token(challenge: str) -> str | None:
    """Return an anonymous token from the address in a registry's challenge; None if there is
    none."""
    fields = dict(re.findall(_CHALLENGE, challenge))
    realm = fields.pop("realm", "")
    parts = urlsplit(realm)
    if not challenge.startswith("Bearer ") or parts.scheme != _scheme(parts.netloc):
        return None
    query = urlencode({name: fields[name] for name in ("service", "scope") if name in fields})
    try:
        _, body = _ask("GET", f"{realm}{'&' if parts.query else '?'}{query}", {})
        answer = json.loads(body)
    except (HTTPError, ValueError):
        return None
    given = answer if isinstance(answer, dict) else {}
    token = given.get("token") or given.get("access_token")
    return token if isinstance(token, str) and re.fullmatch(r"[\x21-\x7e]+", token) else None


def _ask(method: str, url: str, headers: dict[str, str]) -> tuple[HTTPMessage, bytes]:
    request = Request(url, method=method, headers=headers)
    try:
        opened = urlopen(request, timeout=SECONDS)
    except HTTPError as error:
        error.close()
        raise
    with opened as answer:
        body = answer.read(LIMIT + 1)
        if len(body) > LIMIT:
            raise ValueError(f"its answer has more than {LIMIT >> 20} MiB")
        return answer.headers, body


def _scheme(host: str) -> str:
    return "http" if re.fullmatch(_LOOPBACK, host) else "https"


def _failed(image: str, said: str, hint: str) -> DeployError:
    return DeployError("CAM785", f"no digest of {image}: {said}", hint)
