"""References to images in private registries of Amazon ECR."""

import re
from collections.abc import Collection

from camformation.frozen import frozen

# Amazon ECR User Guide, Amazon ECR private registries, and Making requests over IPv6 (dkr-ecr).
REGISTRY = (
    r"(?P<account>\d{12})\.(?:dkr\.ecr|dkr-ecr)(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn)"
    r"/"
)
ROOT = "ROOT"
"""The prefix of a pull-through cache rule that serves every repository (Amazon ECR User Guide)."""


@frozen
class EcrRepository:
    """A repository of a private registry, as an image's reference names it."""

    account: str
    region: str
    name: str
    fips: bool  # through the FIPS endpoint

    @property
    def arn(self) -> str:
        """The repository's ARN, for `Fn::Sub`."""
        where = f"{self.region}:{self.account}"
        return f"arn:${{AWS::Partition}}:ecr:{where}:repository/{self.name}"

    def cached_by(self, prefixes: Collection[str]) -> bool:
        """Return whether the repository belongs to a pull-through cache with one of these
        prefixes."""
        names = [prefix.rstrip("/") for prefix in prefixes]
        return ROOT in names or any(self.name.startswith(f"{name}/") for name in names)


def ecr_repository(image: str) -> EcrRepository | None:
    """Return the private Amazon ECR repository of an image, or None."""
    found = re.match(REGISTRY + "(?P<name>[^:@]+)", image) if "dkr" in image else None
    if found is None:
        return None
    return EcrRepository(found["account"], found["region"], found["name"], bool(found["fips"]))
