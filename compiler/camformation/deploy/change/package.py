"""Templates as CloudFormation reads them: from an artifact bucket, or in the call itself.

Keys are hashes of contents: what changed has another key, so a change in a nested stack always
shows in its parent, and what is there already is never sent again.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.parallel import in_parallel
from camformation.deploy.cloud.protocols import Objects
from camformation.frozen import frozen
from camformation.layout import ROOT, Templates, template_file

MAX_BODY_BYTES = 51_200
"""Limits of a call (CloudFormation User Guide, Understand CloudFormation quotas)."""

PREFIX = "camformation"
STACK = "AWS::CloudFormation::Stack"
CONNECTIONS = 8

REFRESH_AFTER = timedelta(days=90)
"""Age at which an artifact is written again, so that the bucket never expires one in use."""


@frozen
class ArtifactBucket:
    """Where artifacts lie, and how CloudFormation addresses them.

    `local`: the local target knows S3's addresses only as `https://s3.<region>.…/<bucket>/<key>`;
    they are used there rather than its own address, whose port is another one each time.
    """

    name: str
    region: str
    url_suffix: str = "amazonaws.com"
    local: bool = False

    def url(self, key: str) -> str:
        """Return the address of an object."""
        host = f"s3.{self.region}.{self.url_suffix}"
        if self.local or "." in self.name:  # a dot would not match the host's certificate
            return f"https://{host}/{self.name}/{key}"
        return f"https://{self.name}.{host}/{key}"


@frozen
class Artifact:
    """A template as it lies in the bucket."""

    name: str
    key: str
    content: bytes


@frozen
class Package:
    """What CreateChangeSet is given: the root template's `body`, or its `url` among `artifacts`."""

    body: str | None
    url: str | None
    artifacts: tuple[Artifact, ...]
    nested: bool


def minified(template: Mapping[str, Any]) -> str:
    """Return a template in as few bytes as JSON can, the same ones whatever order its keys have."""
    return json.dumps(template, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def make_package(templates: Templates, bucket: ArtifactBucket | None, region: str) -> Package:
    """Return the package of the templates, which stay as they are; nothing is uploaded.

    One flat template that fits into the call needs no bucket. Raises DeployError where one is
    needed and there is none; `region` is for the hint.
    """
    if len(templates) == 1:
        body = minified(templates[ROOT])
        size = len(body.encode())
        if size <= MAX_BODY_BYTES:
            return Package(body, None, (), nested=False)
        needs = f"a template of {size:,} bytes (over {MAX_BODY_BYTES:,}) is"
    else:
        needs = "nested stacks are"
    if bucket is None:
        raise DeployError(
            "CAM501",
            f"{needs} read from S3, but there is no artifact bucket in {region}",
            f"`camformation bootstrap --region {region}` creates one; or set your own bucket "
            "with --artifact-bucket, or with `artifact_bucket` (in a spec under `stack`)",
        )
    artifacts: dict[str, Artifact] = {}
    root = _artifact(ROOT, templates, bucket, artifacts)
    nested = len(templates) > 1
    return Package(None, bucket.url(root.key), tuple(artifacts.values()), nested)


def upload(
    objects: Objects, bucket: ArtifactBucket, packages: Iterable[Package], now: datetime
) -> tuple[str, ...]:
    """Write the packages' artifacts that are absent, or soon to expire; return their keys.

    Besides the new package give that of the deployed templates: a rollback reads those.
    """
    artifacts = {artifact.key: artifact for package in packages for artifact in package.artifacts}

    def put(artifact: Artifact) -> str | None:
        written = objects.last_modified(bucket.name, artifact.key)
        if written is not None and now - written < REFRESH_AFTER:
            return None
        objects.put(bucket.name, artifact.key, artifact.content)
        return artifact.key

    return tuple(key for key in in_parallel(put, artifacts.values(), CONNECTIONS) if key)


def check_bucket(objects: Objects, name: str) -> str:
    """Return the region of an artifact bucket; raise DeployError if we have no such bucket."""
    try:
        region = objects.bucket_region(name)
    except AccessDenied as error:
        raise DeployError(
            "CAM502",
            f"the artifact bucket {name} cannot be used: {error.message}",
            f"it belongs to another account, or {error.hint}",
        ) from error
    if region is None:
        raise DeployError(
            "CAM502",
            f"there is no artifact bucket {name}",
            "check --artifact-bucket and `artifact_bucket` (in a spec under `stack`); or leave "
            "both out and create one with `camformation bootstrap`",
        )
    return region


def _artifact(
    name: str, templates: Templates, bucket: ArtifactBucket, artifacts: dict[str, Artifact]
) -> Artifact:
    """Return a template's artifact, those of its nested stacks having been made before it."""
    if name not in artifacts:
        files = {template_file(other): other for other in templates}
        resources = {}
        for title, resource in templates[name]["Resources"].items():
            child = files.get(resource.get("Properties", {}).get("TemplateURL", ""))
            if resource["Type"] == STACK and child:
                url = bucket.url(_artifact(child, templates, bucket, artifacts).key)
                properties = {**resource["Properties"], "TemplateURL": url}
                resource = {**resource, "Properties": properties}
            resources[title] = resource
        content = minified({**templates[name], "Resources": resources}).encode()
        key = f"{PREFIX}/{template_file(sha256(content).hexdigest())}"
        artifacts[name] = Artifact(name, key, content)
    return artifacts[name]
