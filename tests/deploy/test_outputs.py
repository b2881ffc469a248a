"""Outputs in each form, and the password for who asks for it."""

import json
import subprocess

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.outputs import chosen, stack_outputs, variable
from camformation.deploy.live_stack.password import admin_password
from camformation.report.deployment.outputs_text import outputs_text
from deploy.fake_cloud import FakeCloud

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:AdminPassword"
OUTPUTS = {"Url": "https://camunda", "AdminPasswordSecretArn": SECRET}


def cloud() -> FakeCloud:
    fake = FakeCloud()
    fake.stacks.add("camunda", outputs=dict(OUTPUTS))
    fake.secrets.values[SECRET] = "p4ss"
    return fake


def test_outputs_come_by_key() -> None:
    found = stack_outputs(cloud().stacks, "camunda")
    assert list(found) == ["AdminPasswordSecretArn", "Url"] and found == OUTPUTS


@pytest.mark.parametrize("key", ["Url", "URL"])
def test_one_output_may_be_asked_for_in_either_form(key: str) -> None:
    assert chosen(OUTPUTS, [key]) == {"Url": "https://camunda"}
    assert chosen(OUTPUTS, []) == OUTPUTS


def test_an_unknown_output_is_answered_with_the_nearest() -> None:
    with pytest.raises(DeployError) as raised:
        chosen(OUTPUTS, ["AdminPaswordSecretArn"])
    assert "AdminPasswordSecretArn" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("Url", "URL"),
        ("EcsClusterName", "ECS_CLUSTER_NAME"),
        ("NodeIdBucketName", "NODE_ID_BUCKET_NAME"),
        ("HTTPPort2", "HTTP_PORT2"),
    ],
)
def test_variables_are_in_capitals(key: str, name: str) -> None:
    assert variable(key) == name


def test_a_shell_reads_the_environment_form_literally() -> None:
    text = outputs_text({"Url": "https://x/?a=1&b=$(date) 'q'"}, "env")
    done = subprocess.run(
        ["/bin/sh", "-c", f'{text}printf %s "$URL"'], capture_output=True, text=True, check=True
    )
    assert done.stdout == "https://x/?a=1&b=$(date) 'q'"


def test_json_and_table_have_every_output() -> None:
    assert json.loads(outputs_text(OUTPUTS, "json")) == OUTPUTS
    assert outputs_text(OUTPUTS).splitlines()[0].split() == ["Url", "https://camunda"]
    assert outputs_text({}) == ""


def test_a_stack_without_outputs_says_why() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", "ROLLBACK_COMPLETE")
    with pytest.raises(DeployError, match="ROLLBACK_COMPLETE"):
        stack_outputs(fake.stacks, "camunda")
    with pytest.raises(DeployError, match="no deployment named other"):
        stack_outputs(fake.stacks, "other")


def test_the_password_is_read_from_its_secret() -> None:
    fake = cloud()
    assert admin_password(fake.stacks, fake.secrets, "camunda") == "p4ss"
    assert fake.secrets.called("value") == [SECRET]


def test_with_an_identity_provider_there_is_no_password() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", outputs={"Url": "https://camunda"})
    with pytest.raises(DeployError, match="no administrator password"):
        admin_password(fake.stacks, fake.secrets, "camunda")
    assert not fake.secrets.calls
