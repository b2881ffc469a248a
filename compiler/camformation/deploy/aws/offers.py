"""RDS and ECR over boto3: available engines, classes and images."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.account import EngineVersion, Image, Orderable
from camformation.deploy.cloud.errors import Refused

MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]


class AwsEngines:
    """Implements `Engines`."""

    def __init__(self, rds: Client) -> None:
        self._rds = rds

    def versions(self, engine: str, version: str) -> tuple[EngineVersion, ...]:
        """See `Engines`."""
        try:
            return tuple(
                _version(each)
                for each in self._rds.items(
                    "describe_db_engine_versions",
                    "DBEngineVersions",
                    Engine=engine,
                    EngineVersion=version,
                )
            )
        except Refused as error:
            if error.aws_code == "InvalidParameterCombination":  # RDS's word for no such version
                return ()
            raise

    def orderable(self, engine: str, version: str, instance_class: str) -> tuple[Orderable, ...]:
        """See `Engines`."""
        try:
            return tuple(
                Orderable(
                    str(each["DBInstanceClass"]),
                    tuple(zone["Name"] for zone in each.get("AvailabilityZones", ())),
                )
                for each in self._rds.items(
                    "describe_orderable_db_instance_options",
                    "OrderableDBInstanceOptions",
                    Engine=engine,
                    EngineVersion=version,
                    DBInstanceClass=instance_class,
                )
            )
        except Refused as error:
            if error.aws_code in ("InvalidParameterCombination", "InvalidParameterValue"):
                return ()
            raise


def _version(found: Mapping[str, Any]) -> EngineVersion:
    capacity = found.get("ServerlessV2FeaturesSupport") or {}
    logs = found.get("ExportableLogTypes")
    return EngineVersion(
        str(found["EngineVersion"]),
        None if logs is None else tuple(map(str, logs)),
        capacity.get("MinCapacity"),
        capacity.get("MaxCapacity"),
    )


class AwsRegistries:
    """Implements `Registries`. Images may be in another region, so it creates its own clients."""

    def __init__(self, ecr: Callable[[str], Client]) -> None:
        self._ecr = ecr

    def image(self, account: str, region: str, repository: str, which: str) -> Image | None:
        """See `Registries`."""
        named = {"imageDigest" if which.startswith("sha256:") else "imageTag": which}
        try:
            answer = self._ecr(region).call(
                "batch_get_image",
                registryId=account,
                repositoryName=repository,
                imageIds=[named],
                acceptedMediaTypes=MANIFESTS,
            )
        except Refused as error:
            if is_missing(error):
                return None
            raise
        images = answer.get("images", ())
        if not images:
            return None
        found = images[0].get("imageId", {}).get("imageDigest", "")
        return Image(_architectures(images[0].get("imageManifest", "")), found)


def _architectures(manifest: str) -> tuple[str, ...]:
    """Return the architectures of an index; a single manifest does not name its own."""
    try:
        listed: list[dict[str, Any]] = json.loads(manifest).get("manifests", [])
        found = [str(each.get("platform", {}).get("architecture", "")) for each in listed]
    except (ValueError, AttributeError):
        return ()
    return tuple(dict.fromkeys(each for each in found if each and each != "unknown"))
