"""Templates for CloudFormation: in an artifact bucket, or in the call itself.

Keys are hashes of contents: a changed template has another key, so a change in a nested stack
always shows in its parent, and an existing template is never uploaded again.
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
from camformation.shapes import properties

MAX_BODY_BYTES = 51_200
"""Limits of a call (CloudFormation User Guide, Understand CloudFormation quotas)."""

PREFIX = "camformation"
STACK = "AWS::CloudFormation::Stack"
CONNECTIONS = 8

REFRESH_AFTER = timedelta(days=90)
"""Age at which an artifact is written again, so that the bucket never expires one in use."""


@frozen
class ArtifactBucket:
    """The location of artifacts, and their URLs for CloudFormation.

    `local`: the local target supports S3's URLs only as `https://s3.<region>.…/<bucket>/<key>`;
    they are used instead of its own address, whose port differs each time.
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
    """A template in the bucket."""

    name: str
    key: str
    content: bytes


@frozen
class Package:
    """The input of CreateChangeSet: the root template's `body`, or its `url` among `artifacts`."""

    body: str | None
    url: str | None
    artifacts: tuple[Artifact, ...]
    nested: bool


def minified(template: Mapping[str, Any]) -> str:
    """Return a template as compact JSON, independent of the order of its keys."""
    return json.dumps(template, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def make_package(templates: Templates, bucket: ArtifactBucket | None, region: str) -> Package:
    """Return the package of the templates without changing or uploading them.

    One flat template that fits into the call needs no bucket. Raises DeployError if a bucket is
    needed and missing; `region` is for the hint.
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
    """Upload the packages' artifacts that are missing or expire soon; return their keys.

    Pass the package of the deployed templates, too: a rollback reads those.
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
    """Return the region of an artifact bucket; raise DeployError if it does not exist or is not
    ours."""
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
    """Return a template's artifact, after those of its nested stacks."""
    if name not in artifacts:
        files = {template_file(other): other for other in templates}
        resources = {}
        for title, resource in templates[name]["Resources"].items():
            child = files.get(str(properties(resource).get("TemplateURL")))
            if resource["Type"] == STACK and child:
                url = bucket.url(_artifact(child, templates, bucket, artifacts).key)
                resource = {**resource, "Properties": {**properties(resource), "TemplateURL": url}}
            resources[title] = resource
        content = minified({**templates[name], "Resources": resources}).encode()
        key = f"{PREFIX}/{template_file(sha256(content).hexdigest())}"
        artifacts[name] = Artifact(name, key, content)
    return artifacts[name]
