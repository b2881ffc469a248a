"""Profiles, versions and the shipped specs; what the spec language takes, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from camformation.assets import asset
from camformation.deployment import Deployment
from camformation.resolve import resolve
from camformation.schema import is_valid, part_at, schema
from camformation.source import parse
from camformation.specs import decode

PROFILES = schema()["properties"]["profile"]["enum"]
VERSIONS = schema()["properties"]["version"]["enum"]
LAYERS = [*(("profiles", name) for name in PROFILES), *(("versions", name) for name in VERSIONS)]
SPECS = sorted(Path(asset("spec", "reference.yaml")).parent.glob("*.yaml"))
each_layer = pytest.mark.parametrize(("folder", "name"), LAYERS)


def layer(folder: str, name: str) -> dict[str, Any]:
    """Return a profile's or version's fragment."""
    return yaml.safe_load(asset("schemas", f"{folder}/{name}.yaml").read_text("utf-8")) or {}


def leaves(fragment: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path and value of whatever a fragment's sections hold; fail on unknown keys."""
    for name, value in fragment.items():
        part = part_at((*path, name))
        assert part is not None, f"{'.'.join((*path, name))} is not in the language"
        if part.get("type") == "object" and "properties" in part:
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def complete(text: str) -> dict[str, Any]:
    """Return the complete spec of some text."""
    return resolve([parse(text.encode(), "camunda.yaml")]).data


def test_every_profile_and_version_has_its_layer() -> None:
    found = {
        (folder, path.stem)
        for folder in ("profiles", "versions")
        for path in Path(str(asset("schemas", folder))).glob("*.yaml")
    }
    assert found == set(LAYERS)


@each_layer
def test_layer_holds_only_what_differs_from_the_defaults(folder: str, name: str) -> None:
    fragment = layer(folder, name)
    for path, value in leaves(fragment):
        part = part_at(path) or {}
        assert value != part.get("default", ...), f"{'.'.join(path)} is the default already"
    assert is_valid({"name": "camunda", **fragment})


def test_profiles_and_versions_do_not_speak_of_the_same_field() -> None:
    """A profile wins over a version, so that neither may depend on the other."""
    profiles = {path for name in PROFILES for path, _ in leaves(layer("profiles", name))}
    versions = {path for name in VERSIONS for path, _ in leaves(layer("versions", name))}
    assert versions and not profiles & versions


@pytest.mark.parametrize("version", VERSIONS)
def test_version_supplies_images_of_its_own(version: str) -> None:
    fragment = layer("versions", version)
    for section in ("orchestration", "connectors"):
        assert f":{version}." in fragment[section]["image"]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("version", VERSIONS)
def test_name_alone_makes_a_complete_deployment(profile: str, version: str) -> None:
    data = complete(f'name: camunda\nprofile: {profile}\nversion: "{version}"\n')
    assert is_valid(data)
    deployment = decode(Deployment, data)
    assert deployment.profile == profile
    assert f":{version}." in deployment.orchestration.image


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.name)
def test_shipped_spec_is_valid_and_known_to_editors(file: Path) -> None:
    text = file.read_text("utf-8")
    assert (
        text.splitlines()[0] == "# yaml-language-server: $schema=../schemas/deployment.schema.json"
    )
    written = parse(text.encode(), file.name).data
    assert not list(Draft202012Validator(schema()).iter_errors(written))
    assert decode(Deployment, complete(text)).name == written["name"]


def test_reference_spec_writes_out_the_defaults() -> None:
    written = complete(asset("spec", "reference.yaml").read_text("utf-8"))
    assert written == complete("name: camunda\nregion: eu-west-2\n")


ACCEPTED = [
    ({"region": "us-gov-west-1"}, "a region of another partition"),
    ({"account": "011122223333"}, "an account that begins with 0"),
    ({"tags": {"Größe": "klein", "a:b/c": ""}}, "tags with letters of other languages"),
    ({"network": {"availability_zones": ["euw2-az1", "euw2-az3"]}}, "zone IDs"),
    ({"network": {"availability_zones": ["eu-west-2a", "eu-west-2b"]}}, "zone names"),
    ({"network": {"vpc_endpoints": ["all"]}}, "all endpoints"),
    ({"orchestration": {"restore": {}}}, "a restore of the newest backup"),
    ({"orchestration": {"environment": {"CAMUNDA_LOG_LEVEL": ""}}}, "an empty variable"),
    ({"orchestration": {"image": "localhost:5000/camunda@sha256:" + "0a" * 32}}, "a digest"),
    ({"database": {"serverless": {"min_acu": 0.5, "max_acu": 8}}}, "half capacity units"),
    ({"storage": {"backup": {"schedule": "0 0 */4 * * *"}}}, "a cron expression"),
    ({"storage": {"backup": {"retention": "P1DT12H"}}}, "a duration of days and hours"),
]
REFUSED = [
    ({"nmae": "camunda"}, "an unknown key"),
    ({"name": "aa"}, "a name of 2 characters"),
    ({"name": "a" * 23}, "a name of 23 characters"),
    ({"name": "camunda--prod"}, "a name with two hyphens"),
    ({"name": "camunda-"}, "a name that ends with a hyphen"),
    ({"name": "Camunda"}, "a name with a capital"),
    ({"account": 111122223333}, "an account that is a number"),
    ({"tags": {"aws:team": "bpm"}}, "a tag of AWS's"),
    ({"tags": {"team": "a,b"}}, "a tag that IAM does not take"),
    ({"tags": {"cost-center": 1234}}, "a tag that is a number"),
    ({"network": {"availability_zones": 1}}, "a single zone"),
    ({"network": {"availability_zones": ["euw2-az1", "eu-west-2b"]}}, "zone names and IDs"),
    ({"network": {"availability_zones": ["euw2-az1", "euw2-az1"]}}, "a zone twice"),
    ({"network": {"vpc_endpoints": ["all", "kms"]}}, "all endpoints and one"),
    ({"network": {"cidr": "10.190.0.0/28"}}, "a network too small for six subnets"),
    ({"network": {"cidr": "10.190.0.256/16"}}, "a number above 255"),
    ({"network": {"existing": {"vpc_id": "vpc-0a1b2c3d4e5f60718"}}}, "a VPC without subnets"),
    ({"access": {"tls": {}}}, "TLS without a hostname"),
    ({"access": {"tls": {"hostname": "https://camunda.example.com"}}}, "a URL as hostname"),
    ({"access": {"tls": {"hostname": "localhost"}}}, "a hostname without a domain"),
    ({"orchestration": {"cpu": 3072}}, "a CPU size Fargate does not have"),
    ({"orchestration": {"brokers": 0}}, "no broker"),
    ({"orchestration": {"brokers": True}}, "a boolean as number"),
    ({"orchestration": {"image": "camunda/camunda"}}, "an image without tag"),
    ({"orchestration": {"lease_seconds": 31}}, "a long lease"),
    ({"orchestration": {"rollout": {"health_check_start_seconds": 301}}}, "more than ECS takes"),
    ({"orchestration": {"environment": {"LOG-LEVEL": "INFO"}}}, "a variable with a hyphen"),
    ({"orchestration": {"environment": {"LEVEL": 1}}}, "a variable that is a number"),
    ({"orchestration": {"secrets": {"KEY": "hunter2"}}}, "a secret instead of its ARN"),
    ({"orchestration": {"restore": {"to": "yesterday"}}}, "a time that is none"),
    ({"database": {"engine_version": 18.4}}, "a version that is a number"),
    ({"database": {"user": "camunda; DROP"}}, "a user that is SQL"),
    ({"database": {"instances": 17}}, "more instances than Aurora takes"),
    ({"database": {"serverless": {"min_acu": 0.3, "max_acu": 8}}}, "a third of a capacity unit"),
    ({"database": {"name": "postgres"}}, "a database that exists already"),
    ({"storage": {"backup": {"retention": "P"}}}, "a duration of nothing"),
    ({"storage": {"backup": {"schedule": "0 * * * *"}}}, "a cron expression of 5 fields"),
    ({"observability": {"log_retention_days": 31}}, "days CloudWatch Logs does not have"),
    ({"ignore": [{"rule": "CAM101", "reason": "because"}]}, "a reason that is none"),
    ({"patches": [{"component": "lambda", "patch": []}]}, "an unknown component"),
    ({"patches": [{"component": "keys", "patch": [{"op": "add"}]}]}, "a patch without path"),
]


@pytest.mark.parametrize(("spec", "what"), ACCEPTED, ids=[what for _, what in ACCEPTED])
def test_accepts(spec: dict[str, Any], what: str) -> None:
    spec = {"name": "camunda", **spec}
    assert is_valid(spec)
    assert Draft202012Validator(schema()).is_valid(spec)


@pytest.mark.parametrize(("spec", "what"), REFUSED, ids=[what for _, what in REFUSED])
def test_refuses(spec: dict[str, Any], what: str) -> None:
    spec = {"name": "camunda", **spec}
    assert not is_valid(spec)
    assert not Draft202012Validator(schema()).is_valid(spec)
