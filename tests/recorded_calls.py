"""The calls of AWS that a command makes over HTTP, and whether its policy allows them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest
from botocore.client import BaseClient

SERVICES = {"monitoring": "cloudwatch", "elasticloadbalancing": "elasticloadbalancing"}
"""Names that services sign with, and the prefix of their actions where it is another."""

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "s3:DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
}
"""Operations of S3 whose action has another name (Service Authorization Reference)."""

FREE = {"sts:GetCallerIdentity"}
"""Calls that need no permission."""

Call = tuple[str, str]  # an action, and the resource as far as the call names it


class Recorded:
    """Keeps what was called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: set[Call] = set()
        make = BaseClient._make_api_call

        def recorded(client: Any, operation: str, given: Mapping[str, Any]) -> Any:
            model = client.meta.service_model
            name = SERVICES.get(model.signing_name, model.signing_name)
            for action in ACTIONS.get(f"{name}:{operation}", (f"{name}:{operation}",)):
                self.calls.add((action, _resource(name, given)))
            return make(client, operation, given)

        monkeypatch.setattr(BaseClient, "_make_api_call", recorded)

    def refused(self, documents: Sequence[Mapping[str, Any]]) -> list[Call]:
        """Return the calls that policies do not allow."""
        return sorted(each for each in self.calls if not _allowed(each, documents))


def _allowed(call: Call, documents: Iterable[Mapping[str, Any]]) -> bool:
    action, resource = call
    return action in FREE or any(
        action in statement["Action"]
        and (not resource or any(_covers(pattern, resource) for pattern in statement["Resource"]))
        for document in documents
        for statement in document["Statement"]
    )


def _covers(pattern: str, resource: str) -> bool:
    """Whether a pattern of ARNs has a resource, of which partition, region and account are left
    out: those of the local target are its own."""
    return fnmatchcase(resource, ":".join(pattern.split(":")[5:]) or pattern)


def _resource(service: str, given: Mapping[str, Any]) -> str:
    return next(filter(None, _named(service, given)), "")


def _named(service: str, given: Mapping[str, Any]) -> Iterator[str | None]:
    match service:
        case "cloudformation":
            if name := given.get("StackName"):
                yield name.split(":")[5] if name.startswith("arn:") else f"stack/{name}/0a1b"
        case "ecs":
            if services := given.get("services") or [given.get("service")]:
                name = services[0]
                cluster = str(given.get("cluster")).rpartition("/")[2]
                if name:
                    yield f"service/{cluster}/{str(name).rpartition('/')[2]}"
        case "rds":
            if name := given.get("DBClusterIdentifier"):
                yield f"cluster:{name}"
        case "secretsmanager":
            if name := given.get("SecretId"):
                yield f"secret:{str(name).rpartition(':')[2]}"
        case "s3":
            if bucket := given.get("Bucket"):
                yield f"{bucket}/{given['Key']}" if given.get("Key") else str(bucket)
