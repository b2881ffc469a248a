"""Most tests call the local target without a socket: it answers as it does over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.httpsession import URLLib3Session

import direct_calls
from local.cloud import BUCKET, Cloud

TEMPLATE = {
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}},
}
KEY = "a b/ö"
Call = Callable[[Cloud], Any]
CALLS: dict[str, Call] = {
    "query": lambda cloud: cloud.outputs("stack"),
    "error of a query": lambda cloud: cloud.cloudformation.describe_stacks(StackName="none"),
    "JSON": lambda cloud: cloud.client("ecs").list_clusters(),
    "error in JSON": lambda cloud: cloud.client("secretsmanager").get_secret_value(SecretId="no"),
    "object": lambda cloud: cloud.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read(),
    "head": lambda cloud: cloud.client("s3").head_object(Bucket=BUCKET, Key=KEY)["ETag"],
    "no head": lambda cloud: cloud.client("s3").head_object(Bucket=BUCKET, Key="no"),
    "list": lambda cloud: cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="a b/"),
    "nothing": lambda cloud: cloud.client("s3").put_object(Bucket=BUCKET, Key="e", Body=b""),
}
CHANGING = {"ResponseMetadata", "Date"}


def outcome(call: Call, cloud: Cloud) -> Any:
    """Return what a call answers, without what is new each time."""
    try:
        answer = call(cloud)
    except ClientError as error:
        return error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if isinstance(answer, dict):
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return status, {key: value for key, value in answer.items() if key not in CHANGING}
    return answer


def test_every_kind_of_answer_is_the_same(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.deploy("stack", TEMPLATE)
    cloud.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body="text")
    over_http = {name: outcome(call, cloud) for name, call in CALLS.items()}
    monkeypatch.setattr(URLLib3Session, "send", direct_calls.directly)
    assert {name: outcome(call, cloud) for name, call in CALLS.items()} == over_http


def test_a_target_that_has_ended_answers_nobody(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(URLLib3Session, "send", direct_calls.directly)
    cloud.client("s3").list_buckets()
    address = cloud.target.endpoint_url.removeprefix("http://")
    known = direct_calls.serving[address]
    cloud.target.stop()
    direct_calls.serving[address] = known
    with pytest.raises(ConnectionClosedError):
        cloud.client("s3").list_buckets()
    del direct_calls.serving[address]
