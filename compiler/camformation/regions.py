"""The regions that AWS has, by partition.

A copy of the names in botocore's endpoint data, which a test compares, because importing botocore
takes longer than compiling.
"""

import re
from collections.abc import Mapping

from camformation.closeness import distance

PARTITIONS: Mapping[str, tuple[str, ...]] = {
    "aws": (
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2"),
        *("ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2"),
        *("ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
        *("ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2"),
        *("eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    ),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
    "aws-iso": ("us-iso-east-1", "us-iso-west-1"),
    "aws-iso-b": ("us-isob-east-1", "us-isob-west-1"),
    "aws-iso-e": ("eu-isoe-west-1",),
    "aws-iso-f": ("us-isof-east-1", "us-isof-south-1"),
    "aws-eusc": ("eusc-de-east-1",),
}
FARGATE_ZONES: Mapping[str, tuple[str, ...]] = {
    "apne1": ("apne1-az1", "apne1-az2", "apne1-az4"),
    "cnn1": ("cnn1-az1", "cnn1-az2"),
    "usw1": ("usw1-az1", "usw1-az3"),
}
"""The zones with Fargate, where not all of a region have it (Amazon ECS Developer Guide, Supported
Regions for Amazon ECS on AWS Fargate)."""

LONGEST = 30  # characters: nothing longer is nearly a region
REGIONS = frozenset(region for regions in PARTITIONS.values() for region in regions)


IN_USD = ("aws", "aws-us-gov", None)
"""The partitions whose prices the AWS Price List has in USD; None: that of a new region. The list
of China has other prices, in CNY."""


FORM = r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}"
"""The form of every region's name, new ones included."""


def partition_of(region: str | None) -> str | None:
    """Return the partition of a region, or None of an unknown one."""
    return next((name for name, regions in PARTITIONS.items() if region in regions), None)


def closest(region: str) -> str | None:
    """Return the region closest to a misspelt one, or None if none is close."""
    if len(region) > LONGEST:
        return None

    def nearness(other: str) -> tuple[int, bool]:
        return distance(region, other), _numbers_differ(region, other)

    best = min(sorted(REGIONS), key=nearness)
    return best if distance(region, best) <= 2 else None


def misspelt(region: str) -> bool:
    """Return whether a region is a misspelt existing one.

    One that differs only in its number may be newer than this release.
    """
    near = closest(region)
    return near is not None and not _numbers_differ(region, near)


def _numbers_differ(region: str, other: str) -> bool:
    return re.findall(r"\d+", region) != re.findall(r"\d+", other)


def has_fargate(zone: str) -> bool:
    """Return whether Fargate is in a zone, by its ID."""
    return zone in FARGATE_ZONES.get(zone.partition("-az")[0], (zone,))
