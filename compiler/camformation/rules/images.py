"""What an image reference says about the version in it."""

import re

from camformation.frozen import frozen

_TAG = re.compile(r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@sha256:[0-9a-f]{64})?$")
_VERSION = re.compile(r"(?P<major>\d+)\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?P<rest>[-.].*)?")
_UNRELEASED = re.compile(r"alpha|beta|rc\d*|snapshot|latest|edge|nightly", re.IGNORECASE)
_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/")


@frozen
class Image:
    """An image reference, taken apart: `minor` is like (8, 10), or None where the tag says none."""

    tag: str | None
    minor: tuple[int, int] | None
    unreleased: bool
    in_ecr: bool


def image(reference: str) -> Image:
    """Take an image reference apart."""
    found = _TAG.search(reference)
    tag = found["tag"] if found else None
    version = _VERSION.fullmatch(tag) if tag else None
    minor = (int(version["major"]), int(version["minor"])) if version else None
    unreleased = bool(tag and _UNRELEASED.search(tag))
    return Image(tag, minor, unreleased, bool(_ECR.match(reference)))


def minor(version: str) -> tuple[int, int]:
    """Return a minor version such as `8.10` as numbers, which sort as versions do."""
    major, _, rest = version.partition(".")
    return int(major), int(rest)
