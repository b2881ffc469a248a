"""Templates are packaged by content: what changed is sent, and shows; what is there is not."""

import json
from datetime import timedelta
from hashlib import sha256
from itertools import permutations
from typing import Any

import pytest

from camformation.deploy.change.package import (
    MAX_BODY_BYTES,
    REFRESH_AFTER,
    ArtifactBucket,
    check_bucket,
    make_package,
    minified,
    upload,
)
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.layout import Layout, component_of, logical_id
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import REGION
from deployments import templates

BUCKET = ArtifactBucket("artifacts", REGION)


def nested() -> dict[str, Any]:
    return {
        "root": {
            "Resources": {
                "Network": {
                    "Type": "AWS::CloudFormation::Stack",
                    "Properties": {"TemplateURL": "network.template.json"},
                },
                "Database": {
                    "Type": "AWS::CloudFormation::Stack",
                    "Properties": {"TemplateURL": "database.template.json", "Parameters": {}},
                },
            }
        },
        "network": {"Resources": {"Vpc": {"Type": "AWS::EC2::VPC"}}},
        "database": {"Resources": {"Group": {"Type": "AWS::RDS::DBSubnetGroup"}}},
    }


def flat(size: int) -> dict[str, Any]:
    empty = len(minified({"Description": "", "Resources": {}}))
    return {"root": {"Description": "x" * (size - empty), "Resources": {}}}


def test_a_flat_template_that_fits_into_the_call_needs_no_bucket() -> None:
    for bucket in (None, BUCKET):
        package = make_package(flat(MAX_BODY_BYTES), bucket, REGION)
        assert package.body and len(package.body.encode()) == 51_200
        assert (package.url, package.artifacts, package.nested) == (None, (), False)


def test_bytes_count_and_not_characters() -> None:
    template = {"root": {"Description": "ü" * (MAX_BODY_BYTES // 2), "Resources": {}}}
    with pytest.raises(DeployError) as raised:
        make_package(template, None, REGION)
    assert raised.value.code == "CAM501"


def test_a_flat_template_that_does_not_fit_goes_to_the_bucket() -> None:
    package = make_package(flat(MAX_BODY_BYTES + 1), BUCKET, REGION)
    assert package.body is None and not package.nested
    assert package.url == BUCKET.url(package.artifacts[0].key)
    with pytest.raises(DeployError, match="51,201 bytes"):
        make_package(flat(MAX_BODY_BYTES + 1), None, REGION)


def test_nested_stacks_without_a_bucket_name_the_command_that_makes_one() -> None:
    with pytest.raises(DeployError) as raised:
        make_package(nested(), None, REGION)
    assert raised.value.code == "CAM501"
    assert "camformation bootstrap --region eu-west-2" in str(raised.value.hint)


def test_keys_are_hashes_and_children_come_before_the_root() -> None:
    package = make_package(nested(), BUCKET, REGION)
    assert package.nested and package.body is None
    assert [artifact.name for artifact in package.artifacts] == ["network", "database", "root"]
    for artifact in package.artifacts:
        digest = sha256(artifact.content).hexdigest()
        assert artifact.key == f"camformation/{digest}.template.json"
    root = json.loads(package.artifacts[-1].content)
    for title, artifact in zip(("Network", "Database"), package.artifacts[:2], strict=True):
        url = root["Resources"][title]["Properties"]["TemplateURL"]
        assert url == f"https://artifacts.s3.eu-west-2.amazonaws.com/{artifact.key}"
    assert package.url == BUCKET.url(package.artifacts[-1].key)


def test_the_templates_stay_as_they_are() -> None:
    given = nested()
    make_package(given, BUCKET, REGION)
    assert given == nested()


def test_a_change_in_a_child_shows_in_the_root() -> None:
    before = make_package(nested(), BUCKET, REGION)
    changed = nested()
    changed["database"]["Description"] = "new"
    after = make_package(changed, BUCKET, REGION)
    keys = [{a.name: a.key for a in package.artifacts} for package in (before, after)]
    assert {name for name in keys[0] if keys[0][name] != keys[1][name]} == {"database", "root"}
    assert before.url != after.url


def test_the_order_of_keys_is_no_change() -> None:
    for order in permutations(nested().items()):
        package = make_package(dict(order), BUCKET, REGION)
        assert package.url == make_package(nested(), BUCKET, REGION).url


def test_stacks_nested_deeper_are_packaged_too() -> None:
    deep = nested()
    deep["network"]["Resources"]["Database"] = deep["root"]["Resources"].pop("Database")
    package = make_package(deep, BUCKET, REGION)
    assert [artifact.name for artifact in package.artifacts] == ["database", "network", "root"]
    network = json.loads(package.artifacts[1].content)
    url = network["Resources"]["Database"]["Properties"]["TemplateURL"]
    assert url == BUCKET.url(package.artifacts[0].key)


def test_real_templates_refer_to_no_file_once_packaged() -> None:
    compiled = templates(Layout.NESTED)
    package = make_package(compiled, BUCKET, REGION)
    assert {artifact.name for artifact in package.artifacts} == set(compiled)
    root = json.loads(package.artifacts[-1].content)
    urls = {r["Properties"]["TemplateURL"] for r in root["Resources"].values()}
    assert urls == {BUCKET.url(artifact.key) for artifact in package.artifacts[:-1]}


def test_only_what_is_absent_is_sent() -> None:
    fake = FakeCloud()
    fake.objects.buckets["artifacts"] = {}
    package = make_package(nested(), BUCKET, REGION)
    sent = upload(fake.objects, BUCKET, [package], fake.clock.now())
    assert sorted(sent) == sorted(artifact.key for artifact in package.artifacts)
    stored = {key: body for key, (body, _) in fake.objects.buckets["artifacts"].items()}
    assert stored == {artifact.key: artifact.content for artifact in package.artifacts}
    assert upload(fake.objects, BUCKET, [package], fake.clock.now()) == ()
    changed = nested()
    changed["network"]["Description"] = "new"
    after = make_package(changed, BUCKET, REGION)
    assert len(upload(fake.objects, BUCKET, [after, package], fake.clock.now())) == 2


def test_what_is_in_use_is_sent_again_before_the_bucket_expires_it() -> None:
    fake = FakeCloud()
    fake.objects.buckets["artifacts"] = {}
    package = make_package(nested(), BUCKET, REGION)
    upload(fake.objects, BUCKET, [package], fake.clock.now())
    fake.clock.time += REFRESH_AFTER - timedelta(seconds=1)
    assert upload(fake.objects, BUCKET, [package], fake.clock.now()) == ()
    fake.clock.time += timedelta(seconds=1)
    assert len(upload(fake.objects, BUCKET, [package], fake.clock.now())) == 3


def test_a_failed_upload_is_the_persons_to_know() -> None:
    fake = FakeCloud()
    fake.objects.buckets["artifacts"] = {}
    fake.objects.fail("put", DeployError("CAM603", "not allowed"))
    with pytest.raises(DeployError, match="not allowed"):
        upload(fake.objects, BUCKET, [make_package(nested(), BUCKET, REGION)], fake.clock.now())


def test_without_artifacts_nothing_is_called() -> None:
    fake = FakeCloud()
    package = make_package(flat(100), None, REGION)
    assert upload(fake.objects, BUCKET, [package], fake.clock.now()) == ()
    assert fake.objects.calls == []


@pytest.mark.parametrize(
    ("bucket", "url"),
    [
        (BUCKET, "https://artifacts.s3.eu-west-2.amazonaws.com/k"),
        (
            ArtifactBucket("artifacts", "cn-north-1", "amazonaws.com.cn"),
            "https://artifacts.s3.cn-north-1.amazonaws.com.cn/k",
        ),
        (ArtifactBucket("a.b", REGION), "https://s3.eu-west-2.amazonaws.com/a.b/k"),
        (
            ArtifactBucket("artifacts", REGION, local=True),
            "https://s3.eu-west-2.amazonaws.com/artifacts/k",
        ),
    ],
)
def test_addresses_are_regional(bucket: ArtifactBucket, url: str) -> None:
    assert bucket.url("k") == url


def test_a_bucket_that_is_not_there_is_named() -> None:
    fake = FakeCloud()
    fake.objects.buckets["artifacts"] = {}
    assert check_bucket(fake.objects, "artifacts") == REGION
    with pytest.raises(DeployError) as raised:
        check_bucket(fake.objects, "typo")
    assert raised.value.code == "CAM502" and "typo" in raised.value.message


def test_a_bucket_of_a_stranger_is_named() -> None:
    fake = FakeCloud()
    fake.objects.fail("bucket_region", AccessDenied("CAM603", "Forbidden", "needs s3:ListBucket"))
    with pytest.raises(DeployError) as raised:
        check_bucket(fake.objects, "theirs")
    assert raised.value.code == "CAM502" and "theirs" in raised.value.message
    assert "another account" in str(raised.value.hint)


def test_components_are_known_by_their_logical_ids() -> None:
    for name in templates(Layout.NESTED):
        assert component_of(logical_id(name)) == name
