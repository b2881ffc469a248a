"""What comes before a deployment leaves nothing behind when it breaks off."""

from typing import Any

import pytest

from camformation.deploy.change import preparation
from camformation.deploy.change.preparation import DeployOptions, fingerprint_of, prepare
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.plan.plan_file import moved
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import Script, Step, entry

SPEC = b"name: camunda\nregion: eu-west-2\nprofile: development\n"
CALLER = Caller("111122223333", "arn:aws:iam::111122223333:user/anna")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_breaking_off_while_the_plan_is_made_leaves_no_trace(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise error

    fake = FakeCloud()
    fake.stacks.script.append(Script([entry("Vpc")]))
    fake.objects.buckets["artifacts"] = {}
    monkeypatch.setattr(preparation, "make_plan", broken)
    compiled = compile_spec("camunda.yaml", lambda file: SPEC, Layout.FLAT)
    with pytest.raises(error):
        prepare(fake.cloud, fake.clock, CALLER, compiled, DeployOptions("artifacts"))
    assert fake.stacks.called("create_change_set") and not fake.stacks.sets
    assert fake.stacks.describe_stack("camunda") is None


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("tags.team=b", "tags"),
        ("stack.notification_topic_arns=[arn:aws:sns:eu-west-2:111122223333:t]", "topics"),
        ("stack.termination_protection=true", "termination protection"),
        ("stack.protect_data=true", "data protection"),
    ],
)
def test_a_plan_file_is_refused_for_what_is_not_in_the_templates(setting: str, says: str) -> None:
    cloud = FakeCloud().cloud

    def fingerprint(*settings: str) -> Any:
        compiled = compile_spec("camunda.yaml", lambda file: SPEC, Layout.FLAT, settings)
        return fingerprint_of(cloud, CALLER, compiled, compiled.templates, None)

    assert moved(fingerprint(), fingerprint()) == ()
    assert says in moved(fingerprint(), fingerprint(setting))[-1]


def test_whoever_comes_second_is_told_who_and_what_is_running() -> None:
    fake = FakeCloud()
    root = fake.stacks.add("camunda", "UPDATE_COMPLETE")
    began = Step(0, "UPDATE_IN_PROGRESS")
    fake.stacks.play(root, [began], "camformation-berta-20260105-120000-0123456789ab")
    compiled = compile_spec("camunda.yaml", lambda file: SPEC, Layout.FLAT)
    with pytest.raises(
        DeployError, match=r"UPDATE_IN_PROGRESS since .*, started by berta"
    ) as raised:
        prepare(fake.cloud, fake.clock, CALLER, compiled, DeployOptions())
    assert raised.value.code == "CAM623"
    assert not fake.stacks.called("create_change_set") and not fake.objects.called("put")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111122223333:root", "root"),
        ("arn:aws:iam::111122223333:user/team/anna.b", "anna-b"),
        ("arn:aws:sts::111122223333:assumed-role/admin/jane@example.com", "jane-example-com"),
    ],
)
def test_a_token_names_who_deploys(arn: str, name: str) -> None:
    assert Caller("111122223333", arn).name == name
