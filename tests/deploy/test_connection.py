"""Credentials: none, unknown, assumed, local. HTTP ends before it leaves the process."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError
from botocore.utils import parse_timestamp

from camformation.deploy.aws import connection
from camformation.deploy.aws.connection import connect
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.parallel import in_parallel
from camformation.deploy.cloud.target import LocalEndpoint, Target

ROLE = "arn:aws:iam::222222222222:role/deploy"
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::222222222222:assumed-role/deploy/c</Arn>
<AssumedRoleId>A:c</AssumedRoleId></AssumedRoleUser><Credentials>
<AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
CALLER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:sts::222222222222:assumed-role/deploy/c</Arn>
<UserId>A:c</UserId><Account>222222222222</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""


class Raw:
    def __init__(self, text: str) -> None:
        self.content = text.encode()

    def stream(self, **_: Any) -> Any:
        yield self.content


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every HTTP request, answered by STS's own words."""
    sent: list[Any] = []

    def send(self: Any, request: Any) -> AWSResponse:
        sent.append(request)
        text = ASSUMED if b"AssumeRole" in body_of(request) else CALLER
        return AWSResponse(request.url, 200, {"content-type": "text/xml"}, Raw(text))

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    return sent


def body_of(request: Any) -> bytes:
    body = request.body
    return body if isinstance(body, bytes) else str(body).encode()


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize("role_arn", [None, ROLE])
def test_no_credentials_are_told_with_the_ways_to_give_some(
    role_arn: str | None, requests: list[Any]
) -> None:
    with pytest.raises(DeployError) as raised:
        connect(Target(region="eu-west-2", role_arn=role_arn)).identity.caller()
    assert raised.value.code == "CAM601"
    assert "--profile" in str(raised.value.hint) and "--local" in str(raised.value.hint)
    assert requests == []


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(DeployError) as raised:
        connect(Target(region="eu-west-2", profile="typo"))
    assert raised.value.code == "CAM601" and "typo" in raised.value.message


def test_no_region_is_told() -> None:
    with pytest.raises(DeployError) as raised:
        connect(Target())
    assert raised.value.code == "CAM608" and "--region" in str(raised.value.hint)


def test_the_profile_may_say_the_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile team]\nregion = eu-central-1\n")
    assert connect(Target(profile="team")).region == "eu-central-1"
    assert connect(Target(profile="team", region="eu-west-2")).region == "eu-west-2"


def test_own_credentials_sign_the_call(
    monkeypatch: pytest.MonkeyPatch, requests: list[Any]
) -> None:
    keys(monkeypatch)
    cloud = connect(Target(region="eu-west-2"))
    assert not cloud.local
    assert cloud.identity.caller().account == "222222222222"
    (request,) = requests
    assert "AKIAOWN" in str(request.headers["Authorization"])


def test_a_role_is_assumed_once_and_signs_every_call(
    monkeypatch: pytest.MonkeyPatch, requests: list[Any]
) -> None:
    keys(monkeypatch)
    cloud = connect(Target(region="eu-west-2", role_arn=ROLE, service_role_arn="arn:other"))
    assert requests == []
    cloud.identity.caller()
    cloud.identity.caller()
    assume, *calls = requests
    assert parse_qs(body_of(assume).decode())["RoleArn"] == [ROLE]
    assert "AKIAOWN" in str(assume.headers["Authorization"])
    assert len(calls) == 2
    assert all("ASIAASSUMED" in str(call.headers["Authorization"]) for call in calls)
    assert all("sts.eu-west-2.amazonaws.com" in request.url for request in requests)


def test_the_local_target_is_called_at_its_address_with_its_keys(
    monkeypatch: pytest.MonkeyPatch, requests: list[Any]
) -> None:
    keys(monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    endpoint = LocalEndpoint("http://127.0.0.1:4566", "000000000000", "local")
    cloud = connect(Target(region="eu-west-2", local=endpoint))
    assert cloud.local
    cloud.identity.caller()
    (request,) = requests
    assert request.url.startswith("http://127.0.0.1:4566")
    assert "Credential=000000000000/" in str(request.headers["Authorization"])


@pytest.mark.parametrize(
    "given",
    [
        "2026-01-05T12:00:00.123Z",
        "2026-01-05T12:00:00Z",
        "2026-01-05T12:00:00.123456789+00:00",
        "2026-01-05T12:00:00-05:00",
        "2026-01-05T12:00:00",
        "Mon, 05 Jan 2026 12:00:00 GMT",
        "20260105T120000Z",
        "20260105",
        "1767614400",
        "1767614400.5",
        1767614400,
        1767614400.5,
    ],
)
def test_points_in_time_are_read_as_botocore_reads_them(
    given: str | float, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys(monkeypatch)
    session, _ = connection._session(Target(region="eu-west-2"))
    parsers = session._session.get_component("response_parser_factory")
    found = parsers.create_parser("query")._timestamp_parser(given)
    expected = parse_timestamp(given)
    assert (found, found.utcoffset()) == (expected, expected.utcoffset())


def test_no_point_in_time_is_an_error_of_botocore() -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        connection._time("2026-soon")


def test_a_region_that_aws_cannot_have_is_said_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, requests: list[Any]
) -> None:
    keys(monkeypatch)
    with pytest.raises(DeployError, match="no region eu-west2") as raised:
        connect(Target(region="eu-west2"))
    assert raised.value.code == "CAM608" and not requests


def test_no_network_is_told_after_a_few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def send(self: Any, request: Any) -> AWSResponse:
        tried.append(request.url)
        raise EndpointConnectionError(endpoint_url=request.url)

    keys(monkeypatch)
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(DeployError, match="AWS does not answer"):
        connect(Target(region="eu-west-2")).identity.caller()
    assert len(tried) == 3


def test_clients_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's sessions are not safe for threads, and the checks before a deployment use many."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    cloud = connect(Target(region="eu-west-2"))
    making: list[str] = []
    most = 0

    def client(self: Any, service: str, **_: Any) -> Any:
        nonlocal most
        making.append(service)
        most = max(most, len(making))
        time.sleep(0.01)
        making.remove(service)
        return SimpleNamespace(meta=SimpleNamespace(region_name=service))

    monkeypatch.setattr("boto3.Session.client", client)
    used = [
        cloud.account.names._logs,  # type: ignore[attr-defined]
        cloud.account.names._ecs,  # type: ignore[attr-defined]
        cloud.account.domains._acm,  # type: ignore[attr-defined]
        cloud.account.domains._acm,  # type: ignore[attr-defined]
        cloud.account.registries._ecr("eu-central-1"),  # type: ignore[attr-defined]
    ]
    found = list(in_parallel(lambda each: each.region, used, 5))
    assert found == ["logs", "ecs", "acm", "acm", "ecr"]
    assert most == 1
    assert cloud.account.vpcs._ec2 is cloud.identity._ec2  # type: ignore[attr-defined]
