"""Stack policies and termination protection: set, relaxed for what is allowed, and put back."""

from typing import Any

import pytest

from camformation.deploy.change.protection import RelaxedPolicies, protect, relax, restore
from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, DeployError
from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.live_stack.settings import ANYTHING, policy, protected_by, read_settings
from camformation.deploy.operation.events import Notice
from camformation.deploy.plan.holdings import PROTECTED
from camformation.deploy.plan.symbols import STACK, Address
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START, FakeStack

FILES, CLUSTER, BUCKET = "AWS::EFS::FileSystem", "AWS::RDS::DBCluster", "AWS::S3::Bucket"


def deny(*names: str, **more: Any) -> dict[str, Any]:
    usual = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": [f"LogicalResourceId/{name}" for name in names],
    }
    return {"Statement": [ANYTHING, usual | more]}


OPEN = {"Statement": [ANYTHING]}
THEIRS = {"Statement": [{**ANYTHING, "Action": "Update:Modify"}]}


def test_a_policy_denies_to_replace_and_delete_what_it_names_and_nothing_else() -> None:
    assert policy(["B", "A"]) == deny("A", "B")
    assert policy([]) == OPEN
    assert ANYTHING["Effect"] == "Allow" and ANYTHING["Action"] == "Update:*"


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (None, set()),
        (OPEN, set()),
        (deny("A"), {"A"}),
        (deny("A", "B"), {"A", "B"}),
        (THEIRS, None),
        (deny("A", Action="Update:*"), None),
        (deny("A", Condition={}), None),
        (deny("B", "A"), None),  # not in our order
        ({"Statement": [*deny("A")["Statement"], ANYTHING]}, None),
        ({"Statement": [THEIRS["Statement"][0], deny("A")["Statement"][1]]}, None),
        ({"Statement": [ANYTHING, {"Resource": "*"}]}, None),
        ({"Statement": []}, None),
        ({}, None),
    ],
)
def test_policies_of_others_are_told_from_ours(found: Any, names: set[str] | None) -> None:
    assert protected_by(found) == names


def test_what_holds_data_is_protected_but_instances() -> None:
    assert {FILES, CLUSTER, BUCKET, "AWS::KMS::Key", "AWS::SecretsManager::Secret"} <= PROTECTED
    assert "AWS::RDS::DBInstance" not in PROTECTED


def resource(name: str, kind: str, status: str = "CREATE_COMPLETE") -> StackResource:
    return StackResource(name, f"id-{name}", kind, status)


def deployed(fake: FakeCloud, **more: Any) -> tuple[FakeStack, FakeStack, FakeStack]:
    """Return a root with data, a nested stack with data, and one without."""
    root = fake.stacks.add("camunda", **more)
    storage, network = fake.stacks.child(root, "Storage"), fake.stacks.child(root, "Network")
    root.resources = (
        StackResource("Storage", storage.id, STACK, "CREATE_COMPLETE"),
        StackResource("Network", network.id, STACK, "CREATE_COMPLETE"),
        StackResource("Unmade", None, STACK, "CREATE_FAILED"),
        resource("Bucket", BUCKET),
        resource("Old", BUCKET, "DELETE_COMPLETE"),
        resource("Task", "AWS::ECS::TaskDefinition"),
    )
    storage.resources = (resource("Files", FILES), resource("Point", "AWS::EFS::AccessPoint"))
    network.resources = (resource("Vpc", "AWS::EC2::VPC"),)
    return root, storage, network


def notices(
    fake: FakeCloud, root: FakeStack, *, termination: bool = True, data: bool = True
) -> list[Notice]:
    return list(protect(fake.stacks, START, root.id, termination=termination, data=data))


def test_every_stack_that_holds_data_gets_a_policy() -> None:
    fake = FakeCloud()
    root, storage, network = deployed(fake)
    said = notices(fake, root)
    assert root.protected
    assert root.policy == deny("Bucket", "Storage")
    assert storage.policy == deny("Files", "Point")
    assert network.policy is None
    assert [(n.code, n.message, n.warning, n.time) for n in said] == [
        ("CAM633", "termination protection is on", False, START),
        ("CAM633", "a stack policy protects the data in 2 stacks", False, START),
    ]
    assert notices(fake, root) == []  # all is there
    storage.resources += (resource("More", FILES),)
    assert [n.message for n in notices(fake, root)] == [
        "a stack policy protects the data in 1 stack"
    ]


@pytest.mark.parametrize(
    ("policy", "protects", "known"),
    [(deny("A"), False, True), (OPEN, False, False), (None, False, False), (deny("A"), True, None)],
)
def test_a_plan_knows_of_a_policy_that_the_spec_turns_off(
    policy: Any, protects: bool, known: bool | None
) -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", policy=policy)
    stack = fake.stacks.describe_stack(root.id)
    assert stack
    found = read_settings(fake.stacks, stack, local=False, protects=protects)
    assert (found.data_protection, found.data_protection_unknown) == (known, "")


def test_a_plan_works_without_the_policy() -> None:
    fake = FakeCloud()
    stack = fake.stacks.describe_stack(fake.stacks.add("camunda", policy=deny("A")).id)
    assert stack
    fake.stacks.fail("stack_policy", AccessDenied("CAM600", "access denied"))
    found = read_settings(fake.stacks, stack, local=False, protects=False)
    assert (found.data_protection, found.data_protection_unknown) == (None, "access denied")
    fake.stacks.fail("stack_policy", CredentialsExpired("CAM601", "expired"))
    with pytest.raises(CredentialsExpired):
        read_settings(fake.stacks, stack, local=False, protects=False)


# protected before; what the spec wishes; what is told, and what is so afterwards
WISHES: list[tuple[bool, bool, str | None, bool]] = [
    (False, False, None, False),
    (False, True, "termination protection is on", True),
    (True, True, None, True),
    (True, False, "termination protection stays on, although the spec turns it off", True),
]


@pytest.mark.parametrize(("before", "wish", "told", "after"), WISHES)
def test_termination_protection_is_switched_on_but_never_off(
    before: bool, wish: bool, told: str | None, after: bool
) -> None:
    fake = FakeCloud()
    root, *_ = deployed(fake, protected=before)
    said = notices(fake, root, termination=wish, data=False)
    assert [n.message for n in said] == ([told] if told else [])
    assert root.protected is after
    assert all("--disable-protection" in str(n.hint) for n in said if not wish)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (None, []),
        (OPEN, []),
        (THEIRS, []),
        (deny("Bucket"), ["the stack policy stays, although the spec turns it off"]),
    ],
)
def test_a_stack_policy_is_never_taken_off(before: Any, told: list[str]) -> None:
    fake = FakeCloud()
    root, *_ = deployed(fake, policy=before)
    said = notices(fake, root, termination=False, data=False)
    assert [n.message for n in said] == told and root.policy == before
    assert all("--allow-data-loss" in str(n.hint) and not n.warning for n in said)


def test_somebody_elses_policy_is_left_and_told() -> None:
    fake = FakeCloud()
    root, storage, _ = deployed(fake)
    storage.policy = THEIRS
    _, theirs, ours = notices(fake, root)
    assert "camunda-Storage-ABC has a stack policy that camformation did not set" in theirs.message
    assert "stack.protect_data: false" in str(theirs.hint)
    assert "1 stack" in ours.message and storage.policy == THEIRS


def test_what_cannot_be_protected_is_a_warning() -> None:
    fake = FakeCloud()
    root, *_ = deployed(fake)
    denied = AccessDenied("CAM603", "not allowed", "ask somebody")
    fake.stacks.fail("set_termination_protection", denied)
    (notice,) = notices(fake, root)
    assert (notice.code, notice.warning, notice.time) == ("CAM639", True, START)
    assert notice.message == "deployed, but not protected: not allowed"
    assert notice.hint == "deploy again to set it; ask somebody"
    fake.stacks.fail("set_termination_protection", AccessDenied("CAM603", "not allowed"))
    assert [n.hint for n in notices(fake, root)] == ["deploy again to set it"]


def test_a_stack_that_is_gone_is_not_protected() -> None:
    fake = FakeCloud()
    assert list(protect(fake.stacks, START, "nobody", termination=True, data=True)) == []


# the stacks' policies; what is allowed; the policies meanwhile
RELAXED: dict[str, tuple[Any, Any, list[str], Any, Any]] = {
    "nothing allowed": (deny("Bucket"), deny("Files"), [], deny("Bucket"), deny("Files")),
    "one of the root": (deny("A", "B"), deny("Files"), ["root/A"], deny("B"), deny("Files")),
    "the only one": (deny("A"), None, ["root/A"], OPEN, None),
    "one that is not protected": (deny("A"), None, ["root/C"], deny("A"), None),
    "one of a nested stack, with the stack": (
        deny("Bucket", "Storage"),
        deny("Files", "Point"),
        ["storage/Files"],
        deny("Bucket"),
        deny("Point"),
    ),
    "one of both": (
        deny("Bucket", "Storage"),
        deny("Files"),
        ["storage/Files", "root/Bucket"],
        OPEN,
        OPEN,
    ),
    "somebody else's policy": (THEIRS, deny("Files"), ["root/A", "storage/Files"], THEIRS, OPEN),
    "no policy": (None, deny("Files"), ["storage/Files"], None, OPEN),
    "an open policy": (OPEN, None, ["root/A"], OPEN, None),
    "of a stack that is new": (deny("Bucket"), None, ["other/A"], deny("Bucket"), None),
}


@pytest.mark.parametrize("case", RELAXED)
def test_policies_are_relaxed_for_what_is_allowed_and_put_back(case: str) -> None:
    before, nested, allowed, meanwhile, nested_meanwhile = RELAXED[case]
    fake = FakeCloud()
    root, storage, network = deployed(fake)
    root.policy, storage.policy, network.policy = before, nested, deny("Vpc")
    arns = {"network": network.id, "storage": storage.id, "root": root.id}
    addresses = [Address(*each.split("/")) for each in allowed]
    relaxed = relax(fake.stacks, arns, addresses)
    assert (root.policy, storage.policy) == (meanwhile, nested_meanwhile)
    changed = {root.id: before != meanwhile, storage.id: nested != nested_meanwhile}
    assert relaxed.policies.keys() == {arn for arn, so in changed.items() if so}
    assert len(fake.stacks.called("set_stack_policy")) == len(relaxed.policies)
    assert list(restore(fake.stacks, START, relaxed)) == []
    assert (root.policy, storage.policy, network.policy) == (before, nested, deny("Vpc"))


def test_relaxing_is_undone_where_it_fails() -> None:
    fake = FakeCloud()
    root, storage, _ = deployed(fake)
    root.policy, storage.policy = deny("Storage"), deny("Files")
    fake.stacks.fail(
        "set_stack_policy", None, AccessDenied("CAM603", "no"), None, DeployError("", "")
    )
    with pytest.raises(AccessDenied):
        relax(fake.stacks, {"root": root.id, "storage": storage.id}, [Address("storage", "Files")])
    assert (root.policy, storage.policy) == (deny("Storage"), deny("Files"))
    assert len(fake.stacks.called("set_stack_policy")) == 4  # also the one that failed


def test_a_policy_that_cannot_be_put_back_is_a_warning_and_the_others_are() -> None:
    fake = FakeCloud()
    root, storage, _ = deployed(fake)
    fake.stacks.fail("set_stack_policy", AccessDenied("CAM603", "not allowed"))
    relaxed = RelaxedPolicies({storage.id: deny("Files"), root.id: deny("Storage")})
    (notice,) = restore(fake.stacks, START, relaxed)
    assert (notice.code, notice.warning, notice.time) == ("CAM639", True, START)
    assert notice.message == "the stack policy of camunda-Storage-ABC stays relaxed: not allowed"
    assert "the next successful deployment sets it again" in str(notice.hint)
    assert (root.policy, storage.policy) == (deny("Storage"), None)
