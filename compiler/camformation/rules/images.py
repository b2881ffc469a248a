"""What an image reference says about the version in it."""

import re

from camformation.frozen import frozen

_TAG = r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@sha256:[0-9a-f]{64})?$"
_VERSION = r"(?P<major>\d+)\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?(?P<rest>[-.].*)?"
_UNRELEASED = r"(?i)alpha|beta|rc\d*|snapshot|latest|edge|nightly"
_ECR = r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/"


@frozen
class Image:
    """An image reference, taken apart: `minor` is like (8, 10), or None where the tag says none."""

    tag: str | None
    minor: tuple[int, int] | None
    unreleased: bool
    in_ecr: bool


def image(reference: str) -> Image:
    """Take an image reference apart."""
    found = re.search(_TAG, reference)
    tag = found["tag"] if found else None
    version = re.fullmatch(_VERSION, tag) if tag else None
    minor = (int(version["major"]), int(version["minor"])) if version else None
    unreleased = bool(tag and re.search(_UNRELEASED, tag))
    return Image(tag, minor, unreleased, bool(re.match(_ECR, reference)))


def minor(version: str) -> tuple[int, int]:
    """Return a minor version such as `8.10` as numbers, which sort as versions do."""
    major, _, rest = version.partition(".")
    return int(major), int(rest)
