"""The container images of a deployment, and the parts of their references."""

import re
from collections.abc import Iterator

from camformation.components.ecr import ecr_repository
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.rules.containers import RESTORE, beside, services

_TAG = r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@sha256:[0-9a-f]{64})?$"
_VERSION = r"v?(?P<major>[78])\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?P<more>[-._].*)?"
_APPLICATIONS = {  # Camunda's repositories, by the section whose application they hold
    "camunda": "orchestration",
    "connectors": "connectors",
    "connectors-bundle": "connectors",
    **dict.fromkeys(
        (
            *("zeebe", "operate", "tasklist", "identity", "optimize", "console", "hub", "keycloak"),
            *("web-modeler-restapi", "web-modeler-webapp", "web-modeler-websockets"),
            *("hub-websockets", "camunda-bpm-platform"),
        ),
        "another application",
    ),
}
_UNRELEASED = r"(?i)(?:^|[-._])(?:alpha|beta|rc|snapshot|latest|edge|nightly)\d*(?:$|[-._])"
_ARCHITECTURE = (
    r"(?i)(?:^|[-._])(?:(?P<arm>arm64|aarch64)|(?P<x86>amd64|x86_64))(?:v\d)?(?:$|[-._])"
)


@frozen
class Image:
    """An image reference, taken apart; what the tag does not say is None."""

    tag: str | None
    minor: tuple[int, int] | None  # like (8, 10); None for a version that is none of Camunda's
    release: tuple[int, int, int] | None  # like (8, 10, 2); None for what is no release of Camunda
    unreleased: bool
    architecture: str | None  # X86_64 | ARM64
    ecr_region: str | None  # of a private repository of Amazon ECR


@frozen
class Use:
    """An image, where the spec names it, and the architecture of the task that runs it."""

    path: Path
    reference: str
    architecture: str


def image(reference: str) -> Image:
    """Take an image reference apart."""
    found = re.search(_TAG, reference)
    tag = found["tag"] if found else None
    version = re.fullmatch(_VERSION, tag) if tag else None
    more = "" if version and not version["more"] else tag or ""
    built = re.search(_ARCHITECTURE, more) if more else None
    unreleased = bool(more and re.search(_UNRELEASED, more))
    minor = (int(version["major"]), int(version["minor"])) if version else None
    ecr = ecr_repository(reference)
    return Image(
        tag=tag,
        minor=minor,
        release=(*minor, int(version["patch"]))
        if minor and version and version["patch"] and not unreleased
        else None,
        unreleased=unreleased,
        architecture=("ARM64" if built["arm"] else "X86_64") if built else None,
        ecr_region=ecr.region if ecr else None,
    )


def application(reference: str) -> str | None:
    """Return the section whose application one of Camunda's images holds; None for all others."""
    found = re.search(r"(?:^|/)camunda/([a-z-]+)(?=[:@])", reference)
    return _APPLICATIONS.get(found[1]) if found else None


def official(reference: str) -> str | None:
    """Return the name of one of Docker's official images, from Docker Hub or Amazon's copy."""
    hub = r"(?:(?:docker\.io/)?(?:library/)?|public\.ecr\.aws/docker/library/)"
    found = re.match(rf"{hub}([a-z0-9-]+)[:@]", reference)
    return found[1] if found else None


def moves(reference: str) -> bool:
    """Return whether a tag in Camunda's registries is a minor version's, and moves with it."""
    own = re.match(r"(?:(?:docker\.io|registry\.camunda\.cloud)/)?camunda/", reference)
    return bool(own and re.search(r":\d+(?:\.\d+)?$", reference))


def minor(version: str) -> tuple[int, int]:
    """Return a minor version such as `8.10` as numbers, which sort as versions do."""
    major, _, rest = version.partition(".")
    return int(major), int(rest)


def camunda_images(d: Deployment) -> Iterator[Use]:
    """Yield the images of Camunda itself."""
    o, c = d.orchestration, d.connectors
    yield Use(("orchestration", "image"), o.image, o.architecture)
    if c.enabled:
        yield Use(("connectors", "image"), c.image, c.architecture)


def all_images(d: Deployment) -> Iterator[Use]:
    """Yield every image that a task of the deployment runs."""
    yield from camunda_images(d)
    o = d.orchestration
    architectures = {"orchestration": o.architecture, "connectors": d.connectors.architecture}
    for service in services(d):
        for each in beside(service):
            path: Path = (*each.path, "image")
            yield Use(path, each.spec.image, architectures[service.section])
    if o.restore and o.restore.image:
        yield Use((*RESTORE, "image"), o.restore.image, o.architecture)
    if d.observability.prometheus:
        place: Path = ("observability", "prometheus", "image")
        for architecture in dict.fromkeys(architectures.values()):
            yield Use(place, d.observability.prometheus.image, architecture)
    if d.operations.task:
        yield Use(("operations", "task", "image"), d.operations.task.image, "X86_64")
    if d.database.seed != "none":
        inside = d.database.seed == "init_container"
        architecture = o.architecture if inside else "X86_64"
        yield Use(("database", "seed_image"), d.database.seed_image, architecture)
