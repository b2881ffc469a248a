"""Change sets are read to the last page, told apart from no change, and leave nothing behind."""

from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.change.change_set import ChangeSet, Submission, create, discard
from camformation.deploy.change.package import Package
from camformation.deploy.cloud.protocols import AccessDenied, DeployError, Unreachable
from camformation.deploy.cloud.stacks import ChangeSetPage, ValidationFailure
from camformation.deploy.live_stack.status import UPDATABLE, WAYS_OUT, change_set_type, check_owner
from camformation.deploy.plan.merge import StackChanges, merged
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import NO_CHANGES, Script, Step, entry

NESTED = "Nested change set {} was not successfully created: Currently in FAILED."
FLAT = Package("{}", None, (), nested=False)
SUBMISSION = Submission("camunda", FLAT, "camformation-anna-1", tags={"team": "bpm"})


def made(fake: FakeCloud, *scripts: Script, submission: Submission = SUBMISSION) -> ChangeSet:
    fake.stacks.script.extend(scripts)
    return create(fake.stacks, fake.clock, submission)


def refused(fake: FakeCloud, *scripts: Script) -> DeployError:
    with pytest.raises(DeployError) as raised:
        made(fake, *scripts)
    return raised.value


def ids(changes: StackChanges) -> list[str]:
    return list(merged(changes))


def statuses(fake: FakeCloud) -> dict[str, str]:
    return {stack.name: stack.status for stack in fake.stacks.list_stacks()}


# What is asked for.


def test_a_stack_that_is_not_there_is_created() -> None:
    fake = FakeCloud()
    change_set = made(fake, Script([entry("Vpc", "Add")]))
    request = fake.stacks.called("create_change_set")[0]
    assert (request.kind, request.body, request.tags) == ("CREATE", "{}", {"team": "bpm"})
    assert request.capabilities == ("CAPABILITY_NAMED_IAM",)
    assert change_set.first and change_set.made_stack and not change_set.no_changes
    assert ids(change_set.changes["root"]) == ["Vpc"]


def test_a_stack_that_is_there_is_updated() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    change_set = made(fake, Script([entry("Vpc")]))
    assert fake.stacks.called("create_change_set")[0].kind == "UPDATE"
    assert not change_set.first and not change_set.made_stack


def test_a_stack_left_under_review_counts_as_new_but_is_not_ours() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    change_set = made(fake, Script([entry("Vpc", "Add")]))
    assert fake.stacks.called("create_change_set")[0].kind == "CREATE"
    assert change_set.first and not change_set.made_stack
    discard(fake.stacks, fake.clock, change_set)
    assert statuses(fake) == {"camunda": "REVIEW_IN_PROGRESS"}


def test_nested_change_sets_and_the_service_role_are_asked_for() -> None:
    fake = FakeCloud()
    package = Package(None, "https://a/b", (), nested=True)
    submission = replace(
        SUBMISSION, package=package, service_role_arn="arn:r", express=True, disable_rollback=True
    )
    made(fake, Script(), submission=submission)
    request = fake.stacks.called("create_change_set")[0]
    assert (request.url, request.body, request.nested) == ("https://a/b", None, True)
    assert (request.role_arn, request.express, request.disable_rollback) == ("arn:r", True, True)


# In which states.


@pytest.mark.parametrize("status", UPDATABLE)
def test_states_that_take_an_update(status: str) -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", status)
    assert change_set_type(fake.stacks.describe_stack("camunda")) == "UPDATE"


@pytest.mark.parametrize("status", WAYS_OUT)
def test_states_that_take_none_say_the_way_out(status: str) -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", status)
    error = refused(fake)
    assert error.code == "CAM622" and status in error.message
    assert error.hint and "{" not in error.hint
    assert fake.stacks.called("create_change_set") == []


@pytest.mark.parametrize(
    "status", ["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS"]
)
def test_a_busy_stack_is_left_to_whoever_is_at_it(status: str) -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", status)
    error = refused(fake)
    assert error.code == "CAM623" and "camformation watch" in str(error.hint)
    assert fake.stacks.called("create_change_set") == []


def test_a_nested_stack_is_deployed_with_its_parent() -> None:
    fake = FakeCloud()
    parent = fake.stacks.add("prod")
    fake.stacks.add("camunda", parent=parent.id)
    error = refused(fake)
    assert "nested stack of prod" in error.message


def test_a_stack_of_somebody_else_is_not_touched() -> None:
    check_owner({"Deployment": "prod"}, "camunda", "prod")
    for metadata, words in (({}, "not made by camformation"), ({"Deployment": "dev"}, "dev")):
        with pytest.raises(DeployError, match=words) as raised:
            check_owner(metadata, "camunda", "prod")
        assert raised.value.code == "CAM625"


# How it is read.


def test_every_page_of_both_readings_is_read_in_every_nested_stack() -> None:
    fake = FakeCloud()
    change_set = made(
        fake,
        Script(
            [entry(f"A{n}") for n in range(7)],
            page_size=2,
            nested={
                "Network": Script([entry(f"B{n}") for n in range(5)], page_size=2),
                "DatabaseSeed": Script(
                    [entry("C0")], plain=[entry("C0"), entry("Dropped")], page_size=1, seconds=40
                ),
            },
        ),
    )
    assert set(change_set.changes) == {"root", "network", "database_seed"}
    root = ids(change_set.changes["root"])
    assert root == [*(f"A{n}" for n in range(7)), "Network", "DatabaseSeed"]
    assert ids(change_set.changes["network"]) == [f"B{n}" for n in range(5)]
    assert ids(change_set.changes["database_seed"]) == ["C0", "Dropped"]
    with_values = change_set.changes["database_seed"].with_values
    assert [change["ResourceChange"]["LogicalResourceId"] for change in with_values] == ["C0"]


def test_a_nested_stack_without_changes_has_none() -> None:
    fake = FakeCloud()
    nested = {"Network": Script(status="FAILED", reason=NO_CHANGES)}
    change_set = made(fake, Script([entry("Vpc")], nested=nested))
    assert change_set.changes["network"] == StackChanges((), ())
    assert not change_set.no_changes


def test_a_change_set_takes_its_time_and_may_be_unknown_at_first() -> None:
    fake = FakeCloud()
    describe = fake.stacks.describe_change_set
    unknown = [None, None]

    def late(*args: Any, **kw: Any) -> ChangeSetPage | None:
        return unknown.pop() if unknown else describe(*args, **kw)

    fake.stacks.describe_change_set = late  # type: ignore[method-assign]
    change_set = made(fake, Script([entry("Vpc")], seconds=300))
    assert ids(change_set.changes["root"]) == ["Vpc"]
    assert 300 <= sum(fake.clock.slept) < 310


def test_waiting_ends() -> None:
    fake = FakeCloud()
    error = refused(fake, Script(seconds=10**6))
    assert error.code == "CAM624" and "20 minutes" in error.message
    assert len(fake.stacks.called("describe_change_set")) < 400


# No changes.


@pytest.mark.parametrize("reason", [NO_CHANGES, "No updates are to be performed."])
def test_no_changes_is_told_by_its_reason(reason: str) -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    change_set = made(fake, Script(status="FAILED", reason=reason))
    assert change_set.no_changes and change_set.changes == {}
    discard(fake.stacks, fake.clock, change_set)
    assert fake.stacks.sets == {} and statuses(fake) == {"camunda": "CREATE_COMPLETE"}


def test_an_empty_list_of_changes_is_a_change_of_outputs() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    change_set = made(fake, Script())
    assert not change_set.no_changes
    assert change_set.changes == {"root": StackChanges((), ())}


def test_no_changes_in_every_nested_stack_is_no_changes() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda")
    nested = {name: Script(status="FAILED", reason=NO_CHANGES) for name in ("Network", "Logs")}
    script = Script(status="FAILED", reason=NESTED.format("arn:x"), nested=nested)
    assert made(fake, script).no_changes


# Failures.


def test_the_reason_is_that_of_the_nested_stack_that_failed() -> None:
    fake = FakeCloud()
    deep = {"Deep": Script(status="FAILED", reason="Template error: no such resource")}
    nested = {
        "Network": Script(status="FAILED", reason=NO_CHANGES),
        "Database": Script(status="FAILED", reason=NESTED.format("arn:y"), nested=deep),
    }
    error = refused(fake, Script(status="FAILED", reason=NESTED.format("arn:x"), nested=nested))
    assert error.code == "CAM620"
    assert "camunda-Database-ABC-Deep-ABC: Template error: no such resource" in error.message
    assert "didn't contain" not in error.message


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Template error: resource Foo does not support attribute type Arn in Fn::GetAtt", "lint"),
        ("Parameters: [VpcId] must have values", "valid one in the spec"),
        ("User: x is not authorized to perform: ssm:GetParameters on resource: y", "`camformation"),
        ("The following hook(s) failed: [Company::S3::Encryption]", "owner"),
        ("something else", None),
    ],
)
def test_a_known_reason_says_what_to_do(reason: str, hint: str | None) -> None:
    fake = FakeCloud()
    nested = {"Database": Script(status="FAILED", reason=reason)}
    error = refused(fake, Script(status="FAILED", reason=NESTED.format("arn:x"), nested=nested))
    assert (hint in str(error.hint)) if hint else error.hint is None


def test_a_nested_failure_without_a_trace_keeps_its_own_words() -> None:
    error = refused(FakeCloud(), Script(status="FAILED", reason=NESTED.format("arn:gone")))
    assert "arn:gone" in error.message


def test_a_nested_stack_that_fails_after_the_root_is_made_is_a_failure() -> None:
    fake = FakeCloud()
    error = refused(fake, Script(nested={"Network": Script(status="FAILED", reason="bad CIDR")}))
    assert "bad CIDR" in error.message
    assert fake.stacks.sets == {} and statuses(fake) == {}


def test_early_validation_names_resource_property_and_check() -> None:
    fake = FakeCloud()
    found = ValidationFailure(
        "arn", "Bucket", "AWS::S3::Bucket", "NAME_CONFLICT_VALIDATION", "exists", "/BucketName"
    )
    warned = replace(found, logical_id="Other", mode="WARN")
    reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistence]"
    script = Script(status="FAILED", reason=reason, validations=(found, warned))
    error = refused(fake, script)
    assert error.code == "CAM621"
    assert "Bucket /BucketName: exists (NAME_CONFLICT_VALIDATION)" in error.message
    assert "Other" not in error.message

    fake.stacks.fail("validation_failures", AccessDenied("CAM603", "no", "DescribeEvents needed"))
    assert "DescribeEvents needed" in refused(fake, script).message


def test_an_unreadable_bucket_says_who_must_read_it() -> None:
    error = refused(FakeCloud(), Script(status="FAILED", reason="S3 error: Access Denied"))
    assert "s3:GetObject" in str(error.hint)


# What is left behind.


@pytest.mark.parametrize("existing", [False, True])
def test_a_plan_leaves_no_trace(existing: bool) -> None:
    fake = FakeCloud()
    if existing:
        fake.stacks.add("camunda")
    nested = {"Network": Script([entry("Vpc", "Add")])}
    discard(fake.stacks, fake.clock, made(fake, Script([entry("Vpc")], nested=nested)))
    assert fake.stacks.sets == {}
    assert statuses(fake) == ({"camunda": "CREATE_COMPLETE"} if existing else {})
    assert fake.stacks.called("delete_stack") == ([] if existing else ["camunda"])


@pytest.mark.parametrize("existing", [False, True])
def test_a_failure_leaves_no_trace(existing: bool) -> None:
    fake = FakeCloud()
    if existing:
        fake.stacks.add("camunda")
    refused(fake, Script(status="FAILED", reason="bad"))
    assert fake.stacks.sets == {}
    assert statuses(fake) == ({"camunda": "CREATE_COMPLETE"} if existing else {})


@pytest.mark.parametrize("call", ["create_change_set", "describe_change_set"])
def test_an_interruption_leaves_no_trace(call: str) -> None:
    fake = FakeCloud()
    fake.stacks.script.append(Script([entry("Vpc")]))
    fake.stacks.fail(call, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        create(fake.stacks, fake.clock, SUBMISSION)
    assert fake.stacks.sets == {} and statuses(fake) == {}


def test_the_first_error_is_told_even_if_cleaning_up_fails_too() -> None:
    fake = FakeCloud()
    fake.stacks.fail("delete_change_set", Unreachable("CAM605", "no network"))
    assert refused(fake, Script(status="FAILED", reason="bad CIDR")).message.endswith("bad CIDR")


def test_a_stack_that_somebody_began_to_create_meanwhile_stays() -> None:
    fake = FakeCloud()
    change_set = made(fake, Script([entry("Vpc", "Add")]))
    stack = fake.stacks.find("camunda")
    assert stack
    fake.stacks.play(stack, [Step(0, "CREATE_IN_PROGRESS")])
    discard(fake.stacks, fake.clock, change_set)
    assert fake.stacks.called("delete_stack") == []


def test_a_stack_with_somebody_elses_change_set_stays() -> None:
    fake = FakeCloud()
    mine = made(fake, Script([entry("Vpc", "Add")]))
    theirs = made(fake, Script([entry("Vpc", "Add")]), submission=replace(SUBMISSION, token="b"))
    assert not theirs.made_stack
    discard(fake.stacks, fake.clock, mine)
    assert list(fake.stacks.sets) == [theirs.id]
    assert statuses(fake) == {"camunda": "REVIEW_IN_PROGRESS"}
