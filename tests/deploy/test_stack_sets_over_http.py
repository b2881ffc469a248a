"""StackSets over HTTP: boto3 on one end, moto's server on the other."""

import json
from dataclasses import replace
from uuid import uuid4

import boto3
import pytest

from camformation.deploy.aws.connection import connect
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stack_sets import (
    AutoDeployment,
    Places,
    Preferences,
    StackSet,
    StackSetRequest,
)
from camformation.deploy.cloud.target import Target
from deploy.moto_server import ACCOUNT

REGION = "eu-west-2"
ONE, TWO = "111111111111", "222222222222"
EVERYWHERE = Places(("eu-west-1", "us-east-1"), (ONE, TWO))
FIRST = Places(("eu-west-1",), (ONE,))
PREFERENCES = Preferences(
    failure_tolerance_count=1, max_concurrent_count=2, region_order=("us-east-1", "eu-west-1")
)


def template(suffix: str = "") -> str:
    """Return a template whose resource tells what its stack was deployed with."""
    # by Ref: moto does not see that a changed parameter is used in Fn::Sub
    value = {"Fn::Join": [" ", [{"Ref": "Cidr"}, {"Ref": "Size"}, *suffix.split()]]}
    parameter = {"Type": "String", "Name": "/camunda", "Value": value}
    return json.dumps(
        {
            "Parameters": {
                "Cidr": {"Type": "String", "Default": "10.0.0.0/16"},
                "Size": {"Type": "String", "Default": "1"},
            },
            "Resources": {"Told": {"Type": "AWS::SSM::Parameter", "Properties": parameter}},
        }
    )


REQUEST = StackSetRequest(
    name="camunda",
    description="Camunda for all",
    body=template(),
    url=None,
    parameters={"Cidr": "10.1.0.0/16"},
    capabilities=("CAPABILITY_IAM",),
    tags={"team": "bpm"},
    permission_model="SELF_MANAGED",
)


@pytest.fixture
def cloud(moto: str) -> Cloud:
    return connect(Target(region=REGION))


def token() -> str:
    return str(uuid4())


def described(cloud: Cloud) -> StackSet:
    found = cloud.stack_sets.describe("camunda")
    assert found
    return found


def done(cloud: Cloud, operation: str, name: str = "camunda") -> int:
    """Return how many instances an operation has done; it must have succeeded."""
    found = cloud.stack_sets.operation(name, operation)
    assert found and found.status == "SUCCEEDED" and not found.in_progress
    results = list(cloud.stack_sets.results(name, operation))
    assert {result.status for result in results} <= {"SUCCEEDED"}
    return len(results)


def deployed(moto: str, account: str, region: str) -> str | None:
    """Return what the stack in an account tells, as somebody there sees it."""
    role = f"arn:aws:iam::{account}:role/reader"
    answer = boto3.client("sts", region_name=region).assume_role(
        RoleArn=role, RoleSessionName="reader"
    )
    keys = answer["Credentials"]
    ssm = boto3.client(
        "ssm",
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    try:
        return str(ssm.get_parameter(Name="/camunda")["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return None


def everywhere(moto: str) -> dict[tuple[str, str], str | None]:
    return {
        (account, region): deployed(moto, account, region)
        for account in EVERYWHERE.accounts
        for region in EVERYWHERE.regions
    }


def test_a_self_managed_stack_set_from_its_creation_to_its_end(cloud: Cloud, moto: str) -> None:
    sets = cloud.stack_sets
    assert sets.describe("camunda") is None
    begun = token()
    id = sets.create(REQUEST, begun)
    assert sets.create(REQUEST, begun) == id
    found = described(cloud)
    assert (found.id, found.status, found.tags) == (id, "ACTIVE", {"team": "bpm"})
    assert found.template == json.loads(template()) and found.parameters == REQUEST.parameters
    assert found.capabilities == ("CAPABILITY_IAM",) and found.managed_execution

    made = token()
    assert sets.create_instances("camunda", EVERYWHERE, {}, PREFERENCES, made) == made
    assert done(cloud, made) == 4
    instances = list(sets.instances("camunda"))
    assert {(each.status, each.detailed_status) for each in instances} == {("CURRENT", "SUCCEEDED")}
    assert len({each.stack_id for each in instances}) == 4
    assert set(everywhere(moto).values()) == {"10.1.0.0/16 1"}

    changed = sets.update_instances("camunda", FIRST, {"Size": "3"}, PREFERENCES, token())
    assert done(cloud, changed) == 1
    assert sets.overrides("camunda", ONE, "eu-west-1") == {"Size": "3"}
    assert sets.overrides("camunda", TWO, "eu-west-1") == {}
    assert sets.overrides("camunda", TWO, "eu-west-3") is None
    assert deployed(moto, ONE, "eu-west-1") == "10.1.0.0/16 3"

    newer = replace(REQUEST, body=template(" new"), parameters={"Cidr": "10.2.0.0/16"}, tags={})
    assert done(cloud, sets.update(newer, None, PREFERENCES, token())) == 4
    assert described(cloud).parameters == {"Cidr": "10.2.0.0/16"}
    assert described(cloud).tags == {}
    told = everywhere(moto)
    assert told.pop((ONE, "eu-west-1")) == "10.2.0.0/16 3 new"  # overrides survive
    assert set(told.values()) == {"10.2.0.0/16 1 new"}

    sets.update_instances("camunda", FIRST, {}, PREFERENCES, token())
    assert sets.overrides("camunda", ONE, "eu-west-1") == {}
    assert deployed(moto, ONE, "eu-west-1") == "10.2.0.0/16 1 new"

    with pytest.raises(Refused, match="still has instances"):
        sets.delete("camunda")
    sets.delete_instances("camunda", FIRST, retain=True, preferences=PREFERENCES, token=token())
    assert len(list(sets.instances("camunda"))) == 3
    assert deployed(moto, ONE, "eu-west-1") == "10.2.0.0/16 1 new"
    sets.delete_instances(
        "camunda", EVERYWHERE, retain=False, preferences=PREFERENCES, token=token()
    )
    assert list(sets.instances("camunda")) == []
    told = everywhere(moto)
    assert told.pop((ONE, "eu-west-1")) and set(told.values()) == {None}

    assert [each.action for each in sets.operations("camunda")] == [
        *("DELETE", "DELETE", "UPDATE", "UPDATE", "UPDATE", "CREATE")
    ]
    sets.delete("camunda")
    sets.delete("camunda")
    assert sets.describe("camunda") is None and list(sets.instances("camunda")) == []


def test_instances_may_begin_with_overrides(cloud: Cloud, moto: str) -> None:
    cloud.stack_sets.create(REQUEST, token())
    overrides = {"Cidr": "10.9.0.0/16"}
    cloud.stack_sets.create_instances("camunda", FIRST, overrides, PREFERENCES, token())
    assert cloud.stack_sets.overrides("camunda", ONE, "eu-west-1") == overrides
    assert deployed(moto, ONE, "eu-west-1") == "10.9.0.0/16 1"


def test_an_update_of_one_place_leaves_the_others(cloud: Cloud, moto: str) -> None:
    cloud.stack_sets.create(REQUEST, token())
    cloud.stack_sets.create_instances("camunda", EVERYWHERE, {}, PREFERENCES, token())
    newer = replace(REQUEST, parameters={"Cidr": "10.2.0.0/16"})
    assert done(cloud, cloud.stack_sets.update(newer, FIRST, PREFERENCES, token())) == 1
    told = everywhere(moto)
    assert told[ONE, "eu-west-1"] == "10.2.0.0/16 1" and told[TWO, "us-east-1"] == "10.1.0.0/16 1"


def test_a_repeated_call_begins_nothing_again(cloud: Cloud) -> None:
    cloud.stack_sets.create(REQUEST, token())
    same = token()
    for _ in range(2):
        found = cloud.stack_sets.create_instances("camunda", FIRST, {}, PREFERENCES, same)
        assert found == same
    assert len(list(cloud.stack_sets.operations("camunda"))) == 1


def test_refusals_say_what_to_do(cloud: Cloud) -> None:
    sets = cloud.stack_sets
    sets.create(REQUEST, token())
    with pytest.raises(Refused, match="of that name already exists"):
        sets.create(REQUEST, token())
    with pytest.raises(Refused, match="stack instance does not exist"):
        sets.update_instances("camunda", FIRST, {}, PREFERENCES, token())
    with pytest.raises(Refused, match="the StackSet does not exist"):
        sets.update_instances("other", FIRST, {}, PREFERENCES, token())


def test_a_template_may_lie_in_a_bucket(cloud: Cloud, moto: str) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="t.json", Body=template(" from S3"))
    url = "https://templates.s3.amazonaws.com/t.json"
    cloud.stack_sets.create(replace(REQUEST, body=None, url=url), token())
    cloud.stack_sets.create_instances("camunda", FIRST, {}, PREFERENCES, token())
    assert deployed(moto, ONE, "eu-west-1") == "10.1.0.0/16 1 from S3"


def test_a_service_managed_stack_set_deploys_to_a_unit(cloud: Cloud) -> None:
    organizations = boto3.client("organizations", region_name="us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="prod")
    unit_id = unit["OrganizationalUnit"]["Id"]
    accounts = []
    for number in range(25):  # more than a page
        answer = organizations.create_account(
            Email=f"{number}@example.com", AccountName=f"a{number}"
        )
        accounts.append(answer["CreateAccountStatus"]["AccountId"])
    for account in accounts[:22]:
        organizations.move_account(
            AccountId=account, SourceParentId=root, DestinationParentId=unit_id
        )
    assert cloud.organization.accounts(unit_id) == tuple(sorted(accounts[:22]))
    assert cloud.organization.accounts(root) == tuple(sorted(accounts))
    assert ACCOUNT not in cloud.organization.accounts(root)
    with pytest.raises(Refused, match="organizational unit does not exist"):
        cloud.organization.accounts("ou-abcd-12345678")

    automatic = AutoDeployment(enabled=True, retain_stacks=True)
    request = replace(REQUEST, permission_model="SERVICE_MANAGED", auto_deployment=automatic)
    cloud.stack_sets.create(request, token())
    assert described(cloud).auto_deployment == automatic
    places = Places(("eu-west-1",), (), (unit_id,))
    cloud.stack_sets.create_instances("camunda", places, {}, PREFERENCES, token())
    found = sorted(each.account for each in cloud.stack_sets.instances("camunda"))
    assert found == sorted(accounts[:22])
