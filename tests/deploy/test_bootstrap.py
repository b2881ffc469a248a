"""`camformation bootstrap` makes one bucket, private and encrypted, and finds it again."""

import json

import pytest

from camformation.deploy.change.bootstrap import (
    EXPIRE_AFTER_DAYS,
    STACK_NAME,
    bootstrap,
    bootstrap_template,
    find_bucket,
)
from camformation.deploy.change.package import MAX_BODY_BYTES, REFRESH_AFTER, minified
from camformation.deploy.cloud.protocols import AccessDenied, DeployError
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, Script, Step, entry
from lint_process import api_matches, elsewhere


def cloud(*scripts: Script) -> FakeCloud:
    fake = FakeCloud()
    fake.stacks.script.extend(scripts)
    fake.stacks.new_outputs = {"ArtifactBucketName": "made-bucket"}
    return fake


def test_the_template_is_clean() -> None:
    text = json.dumps(bootstrap_template())
    assert elsewhere(api_matches, text, ["eu-west-2", "us-east-1"]) == []


def test_the_bucket_is_private_encrypted_read_over_tls_and_kept() -> None:
    resources = bootstrap_template()["Resources"]
    bucket = resources["ArtifactBucket"]
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    statement = resources["ArtifactBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Action"]) == ("Deny", ["s3:*"])
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_only_artifacts_that_no_deployment_refreshes_expire() -> None:
    properties = bootstrap_template()["Resources"]["ArtifactBucket"]["Properties"]
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("camformation/", EXPIRE_AFTER_DAYS)
    assert REFRESH_AFTER.days * 2 < EXPIRE_AFTER_DAYS


def test_it_needs_no_bucket_itself() -> None:
    assert len(minified(bootstrap_template()).encode()) < MAX_BODY_BYTES
    assert minified(bootstrap_template()) == minified(bootstrap_template())


def test_the_first_time_makes_the_bucket_and_protects_it() -> None:
    fake = cloud(Script([entry("ArtifactBucket", "Add")]))
    assert find_bucket(fake.stacks) is None
    assert bootstrap(fake.stacks, fake.clock, "t1") == "made-bucket"
    assert find_bucket(fake.stacks) == "made-bucket"
    assert fake.stacks.called("execute_change_set")[0][1:] == ("t1", False)
    stack = fake.stacks.describe_stack(STACK_NAME)
    assert stack and stack.termination_protection


def test_the_second_time_changes_nothing() -> None:
    fake = cloud(
        Script([entry("ArtifactBucket", "Add")]), Script(status="FAILED", reason=NO_CHANGES)
    )
    bootstrap(fake.stacks, fake.clock, "t1")
    assert bootstrap(fake.stacks, fake.clock, "t2") == "made-bucket"
    assert len(fake.stacks.called("execute_change_set")) == 1
    assert fake.stacks.sets == {}


def test_a_failure_tells_the_first_reason_and_can_be_tried_again() -> None:
    fake = cloud(Script([entry("ArtifactBucket", "Add")]), Script([entry("ArtifactBucket", "Add")]))
    fake.stacks.operations.append(
        [
            Step(0, "CREATE_IN_PROGRESS"),
            Step(2, "CREATE_FAILED", "ArtifactBucket", reason="too many buckets"),
            Step(3, "CREATE_FAILED", "ArtifactBucketPolicy", reason="Resource creation cancelled"),
            Step(4, "ROLLBACK_IN_PROGRESS"),
            Step(9, "ROLLBACK_COMPLETE"),
        ]
    )
    with pytest.raises(DeployError) as raised:
        bootstrap(fake.stacks, fake.clock, "t1")
    assert raised.value.code == "CAM640"
    assert "ROLLBACK_COMPLETE: ArtifactBucket: too many buckets" in raised.value.message

    assert bootstrap(fake.stacks, fake.clock, "t2") == "made-bucket"
    assert fake.stacks.called("delete_stack") == [STACK_NAME]
    assert [stack.status for stack in fake.stacks.list_stacks()] == ["CREATE_COMPLETE"]


def test_a_refusal_leaves_neither_change_set_nor_empty_stack() -> None:
    fake = cloud(Script([entry("ArtifactBucket")]))
    fake.stacks.fail("execute_change_set", AccessDenied("CAM603", "not allowed"))
    with pytest.raises(AccessDenied):
        bootstrap(fake.stacks, fake.clock, "t1")
    assert not fake.stacks.sets and fake.stacks.describe_stack(STACK_NAME) is None


def test_waiting_ends() -> None:
    fake = cloud(Script([entry("ArtifactBucket", "Add")]))
    fake.stacks.operations.append([Step(0, "CREATE_IN_PROGRESS")])
    with pytest.raises(DeployError, match="15 min"):
        bootstrap(fake.stacks, fake.clock, "t1")
