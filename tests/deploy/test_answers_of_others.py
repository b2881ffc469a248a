"""Answers that are not AWS's, sign-ins that have ended, and where the region comes from."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import AssumeRoleProvider
from botocore.exceptions import ClientError, RefreshWithMFAUnsupportedError

from camformation.deploy.aws.connection import connect
from camformation.deploy.aws.failures import translated
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError, Unreachable
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.target import Target
from deploy.test_connection import Raw

ROLE = "arn:aws:iam::222222222222:role/deploy"
WORDS = {
    "text": "Welcome to our proxy",
    "html": "<html><body>Welcome</body></html>",
    "list": "[]",
    "number": "7",
    "empty": "",
    "object": "{}",
    "xml": "<Other/>",
}
CALLS: dict[str, Callable[[Cloud], Any]] = {
    "ecs": lambda cloud: cloud.services.services("camunda", ["core"]),
    "tasks": lambda cloud: cloud.services.tasks("camunda", "core", stopped=True),
    "logs": lambda cloud: cloud.services.log_lines("group", "stream", 5),
    "secret": lambda cloud: cloud.secrets.value("arn"),
    "caller": lambda cloud: cloud.identity.caller(),
    "zones": lambda cloud: cloud.identity.zones(),
    "stack": lambda cloud: cloud.stacks.describe_stack("camunda"),
    "template": lambda cloud: cloud.stacks.template("camunda"),
    "events": lambda cloud: list(cloud.stacks.events("camunda")),
    "resources": lambda cloud: cloud.stacks.resources("camunda"),
    "change set": lambda cloud: cloud.stacks.describe_change_set("c", "s", with_values=True),
    "policy": lambda cloud: cloud.stacks.stack_policy("camunda"),
    "cluster": lambda cloud: cloud.databases.cluster("camunda"),
    "snapshots": lambda cloud: cloud.databases.snapshots("camunda"),
    "bucket": lambda cloud: cloud.objects.holds_objects("artifacts"),
    "endpoints": lambda cloud: cloud.networks.endpoints("vpc-1"),
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    """A cloud of AWS, whose clients take long to make."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "AKIAOWN")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        return connect(Target(region="eu-west-2"))


def answering(monkeypatch: pytest.MonkeyPatch, text: str, status: int = 200) -> None:
    def send(self: Any, request: Any) -> AWSResponse:
        return AWSResponse(request.url, status, {}, Raw(text))

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_does_not_speak_as_aws_does_is_no_traceback(
    call: Callable[[Cloud], Any], words: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, words)
    try:
        call(cloud)
    except DeployError as error:
        assert isinstance(error, Unreachable) and error.code == "CAM605"
        assert error.hint


def test_an_answer_that_is_not_json_says_who_may_have_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, WORDS["text"])
    with pytest.raises(Unreachable, match="does not answer as AWS does") as raised:
        connect(Target(region="eu-west-2")).services.services("camunda", ["core"])
    assert "AWS_ENDPOINT_URL" in str(raised.value.hint)


def refused(operation: str, code: str, message: str = "no", service: str = "sts") -> DeployError:
    error = ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return translated(error, service, "ap-east-1")


def test_a_head_refused_without_a_reason_says_to_sign_in() -> None:
    error = refused("HeadBucket", "400", "Bad Request", "s3")
    assert isinstance(error, CredentialsExpired) and "sign in" in str(error.hint)


def test_an_expired_session_of_a_role_is_an_expired_sign_in() -> None:
    error = translated(RefreshWithMFAUnsupportedError(), "sts", "eu-west-2")
    assert isinstance(error, CredentialsExpired) and error.code == "CAM602"


def test_refusals_of_the_identity_center_say_what_they_are() -> None:
    error = refused("GetRoleCredentials", "ForbiddenException", "No access")
    assert error.code == "CAM601" and "Identity Center" in error.message
    assert "sso_role_name" in str(error.hint)
    assert refused("GetRoleCredentials", "UnauthorizedException").code == "CAM602"


@pytest.mark.parametrize("code", ["OptInRequired", "RegionDisabledException"])
def test_a_region_that_is_not_enabled_says_how_to(code: str) -> None:
    assert "aws account enable-region --region-name ap-east-1" in str(refused("X", code).hint)


def test_a_service_role_that_was_deleted_names_the_option() -> None:
    said = f"Role {ROLE} is invalid or cannot be assumed"
    error = refused("CreateChangeSet", "ValidationError", said, "cloudformation")
    assert "--service-role-arn" in str(error.hint)


def test_the_region_is_that_of_the_option_the_environment_then_the_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile team]\nregion = eu-central-1\n")
    where = Target(profile="team")
    assert connect(where).region == "eu-central-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert connect(where).region == "eu-west-3"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert connect(where).region == "eu-north-1"
    assert connect(Target(profile="team", region="eu-west-2")).region == "eu-west-2"


def test_a_role_with_mfa_is_assumed_once_for_several_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from deploy.test_connection import ASSUMED, CALLER, body_of

    (tmp_path / "config").write_text(
        f"[profile team]\nrole_arn = {ROLE}\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::111111111111:mfa/anna\nregion = eu-west-2\n"
    )
    (tmp_path / "credentials").write_text(
        "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
    )
    asked: list[str] = []

    def code(prompt: str) -> str:
        asked.append(prompt)
        return "123456"

    found = AssumeRoleProvider.__init__.__defaults__
    prompting = tuple(code if each is getpass.getpass else each for each in found)
    monkeypatch.setattr(AssumeRoleProvider.__init__, "__defaults__", prompting)

    def send(self: Any, request: Any) -> AWSResponse:
        text = ASSUMED if b"AssumeRole" in body_of(request) else CALLER
        return AWSResponse(request.url, 200, {"content-type": "text/xml"}, Raw(text))

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    for _ in range(2):
        assert connect(Target(profile="team")).identity.caller().account == "222222222222"
    (kept,) = (tmp_path / ".aws" / "cli" / "cache").iterdir()
    assert json.loads(kept.read_text())["Credentials"]["AccessKeyId"] == "ASIAASSUMED"
    assert kept.stat().st_mode & 0o077 == 0
    assert len(asked) == 1
