"""What is sent to AWS about StackSets, and how its refusals read. Nothing leaves the process."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from camformation.deploy.aws.client import Client
from camformation.deploy.aws.connection import connect
from camformation.deploy.aws.organization import AwsOrganization
from camformation.deploy.aws.stack_sets import AwsStackSets
from camformation.deploy.cloud.errors import (
    AccessDenied,
    DeployError,
    Refused,
    Throttled,
    Unreachable,
)
from camformation.deploy.cloud.stack_sets import (
    AutoDeployment,
    InstanceDrift,
    OperationResult,
    Places,
    Preferences,
    StackInstance,
    StackSetRequest,
)
from camformation.deploy.cloud.target import Target, target_for

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
TOKEN = "0c1f7a46-5f6e-4c1b-9f1d-0a3d5f1f7a11"
NAME = "camunda"
STACK = "arn:aws:cloudformation:eu-west-1:111111111111:stack/StackSet-camunda/1"
SELF_MANAGED = StackSetRequest(
    name=NAME,
    description="Camunda for all",
    body='{"Resources":{}}',
    url=None,
    parameters={"Cidr": "10.0.0.0/16"},
    capabilities=("CAPABILITY_IAM",),
    tags={"team": "bpm"},
    permission_model="SELF_MANAGED",
    administration_role_arn="arn:aws:iam::111122223333:role/admin",
    execution_role_name="exec",
)
SERVICE_MANAGED = replace(
    SELF_MANAGED,
    permission_model="SERVICE_MANAGED",
    administration_role_arn=None,
    execution_role_name=None,
    auto_deployment=AutoDeployment(enabled=True, retain_stacks=True, depends_on=("arn:other",)),
)
COMMON = {
    "StackSetName": NAME,
    "Description": "Camunda for all",
    "TemplateBody": '{"Resources":{}}',
    "Parameters": [{"ParameterKey": "Cidr", "ParameterValue": "10.0.0.0/16"}],
    "Capabilities": ["CAPABILITY_IAM"],
    "Tags": [{"Key": "team", "Value": "bpm"}],
    "ManagedExecution": {"Active": True},
}
SELF_SENT = {
    **COMMON,
    "PermissionModel": "SELF_MANAGED",
    "AdministrationRoleARN": "arn:aws:iam::111122223333:role/admin",
    "ExecutionRoleName": "exec",
}
SERVICE_SENT = {**COMMON, "PermissionModel": "SERVICE_MANAGED"}
AUTOMATIC = {"Enabled": True, "RetainStacksOnAccountRemoval": True, "DependsOn": ["arn:other"]}
ACCOUNTS = Places(("eu-west-1", "us-east-1"), ("111111111111", "222222222222"))
UNITS = Places(("eu-west-1",), ("111111111111",), ("ou-ab12-prod0001",), "DIFFERENCE")
ACCOUNTS_SENT = {
    "Accounts": ["111111111111", "222222222222"],
    "Regions": ["eu-west-1", "us-east-1"],
}
UNITS_SENT = {
    "DeploymentTargets": {
        "OrganizationalUnitIds": ["ou-ab12-prod0001"],
        "AccountFilterType": "DIFFERENCE",
        "Accounts": ["111111111111"],
    },
    "Regions": ["eu-west-1"],
}
NONE = Preferences()
COUNTS = Preferences(
    failure_tolerance_count=0,
    max_concurrent_count=1,
    concurrency_mode="STRICT_FAILURE_TOLERANCE",
    region_concurrency_type="SEQUENTIAL",
    region_order=("us-east-1", "eu-west-1"),
)
COUNTS_SENT = {
    "FailureToleranceCount": 0,
    "MaxConcurrentCount": 1,
    "ConcurrencyMode": "STRICT_FAILURE_TOLERANCE",
    "RegionConcurrencyType": "SEQUENTIAL",
    "RegionOrder": ["us-east-1", "eu-west-1"],
}
PERCENTAGES = Preferences(failure_tolerance_percentage=10, max_concurrent_percentage=50)
PERCENTAGES_SENT = {"FailureTolerancePercentage": 10, "MaxConcurrentPercentage": 50}
BEGUN = {"OperationId": TOKEN}
DELEGATED = {"CallAs": "DELEGATED_ADMIN"}
Call = tuple[str, dict[str, Any], Any]


class Stub:
    """Clients with prepared answers; every one must be asked for, exactly as said."""

    def __init__(self) -> None:
        self.stubbers: list[Stubber] = []

    def client(self, service: str, *answers: Call) -> Client:
        client = boto3.client(
            service, region_name="eu-west-2", aws_access_key_id="k", aws_secret_access_key="s"
        )
        stubber = Stubber(client)
        for operation, expected, answer in answers:
            if isinstance(answer, tuple):
                stubber.add_client_error(operation, *answer, expected_params=expected)
            else:
                stubber.add_response(operation, answer, expected)
        stubber.activate()
        self.stubbers.append(stubber)
        return Client(client)

    def __call__(self, *answers: Call, call_as: str = "SELF") -> AwsStackSets:
        return AwsStackSets(self.client("cloudformation", *answers), call_as)

    def organization(self, *answers: Call) -> AwsOrganization:
        return AwsOrganization(self.client("organizations", *answers))


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    for stubber in stub.stubbers:
        stubber.assert_no_pending_responses()


# Creating and updating.


def test_a_self_managed_stack_set_is_created_with_its_roles(stub: Stub) -> None:
    expected = {**SELF_SENT, "ClientRequestToken": TOKEN}
    sets = stub(("create_stack_set", expected, {"StackSetId": "camunda:1"}))
    assert sets.create(SELF_MANAGED, TOKEN) == "camunda:1"


@pytest.mark.parametrize("call_as", ["SELF", "DELEGATED_ADMIN"])
def test_a_service_managed_stack_set_is_created_with_auto_deployment(
    stub: Stub, call_as: str
) -> None:
    expected = {**SERVICE_SENT, "AutoDeployment": AUTOMATIC, "ClientRequestToken": TOKEN}
    expected |= DELEGATED if call_as != "SELF" else {}
    sets = stub(("create_stack_set", expected, {"StackSetId": "camunda:1"}), call_as=call_as)
    assert sets.create(SERVICE_MANAGED, TOKEN) == "camunda:1"


@pytest.mark.parametrize(
    ("chosen", "sent"),
    [
        (None, {"Enabled": False}),
        (AutoDeployment(enabled=False, retain_stacks=True), {"Enabled": False}),
        (
            AutoDeployment(enabled=True, retain_stacks=False),
            {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        ),
    ],
)
def test_auto_deployment_is_always_said(
    stub: Stub, chosen: AutoDeployment | None, sent: dict[str, Any]
) -> None:
    expected = {**SERVICE_SENT, "AutoDeployment": sent, "ClientRequestToken": TOKEN}
    sets = stub(("create_stack_set", expected, {"StackSetId": "camunda:1"}))
    sets.create(replace(SERVICE_MANAGED, auto_deployment=chosen), TOKEN)


def test_a_delegated_administrator_is_not_named_for_self_managed_permissions(stub: Stub) -> None:
    expected = {**SELF_SENT, "ClientRequestToken": TOKEN}
    answer = {"StackSetId": "camunda:1"}
    sets = stub(("create_stack_set", expected, answer), call_as="DELEGATED_ADMIN")
    sets.create(SELF_MANAGED, TOKEN)


def test_an_update_of_everything_says_all_that_aws_would_reset(stub: Stub) -> None:
    expected = {
        **SELF_SENT,
        "TemplateURL": "https://b/k",
        "Parameters": [],
        "Tags": [],
        "Capabilities": [],
        "ManagedExecution": {"Active": False},
        "ExecutionRoleName": "AWSCloudFormationStackSetExecutionRole",
        "OperationId": TOKEN,
    }
    del expected["TemplateBody"], expected["Description"], expected["AdministrationRoleARN"]
    sets = stub(("update_stack_set", expected, BEGUN))
    request = replace(
        SELF_MANAGED,
        body=None,
        url="https://b/k",
        description="",
        parameters={},
        tags={},
        capabilities=(),
        managed_execution=False,
        administration_role_arn=None,
        execution_role_name=None,
    )
    assert sets.update(request, None, NONE, TOKEN) == TOKEN


@pytest.mark.parametrize(("places", "sent"), [(None, {}), (ACCOUNTS, ACCOUNTS_SENT)])
def test_an_update_without_a_template_keeps_it_and_the_values_of_parameters(
    stub: Stub, places: Places | None, sent: dict[str, Any]
) -> None:
    expected = {**SELF_SENT, **sent, "UsePreviousTemplate": True, "OperationId": TOKEN}
    expected["Parameters"] = [{"ParameterKey": "Cidr", "UsePreviousValue": True}]
    del expected["TemplateBody"]
    sets = stub(("update_stack_set", expected, BEGUN))
    sets.update(replace(SELF_MANAGED, body=None), places, NONE, TOKEN)


def test_an_update_of_places_names_them(stub: Stub) -> None:
    preferences = {"OperationPreferences": COUNTS_SENT, "OperationId": TOKEN}
    sets = stub(("update_stack_set", SELF_SENT | ACCOUNTS_SENT | preferences, BEGUN))
    sets.update(SELF_MANAGED, ACCOUNTS, COUNTS, TOKEN)


def test_auto_deployment_is_updated_only_with_everything(stub: Stub) -> None:
    whole = {**SERVICE_SENT, "AutoDeployment": AUTOMATIC, "OperationId": TOKEN, **DELEGATED}
    part = {**SERVICE_SENT, **UNITS_SENT, "OperationId": TOKEN, **DELEGATED}
    sets = stub(
        ("update_stack_set", whole, BEGUN),
        ("update_stack_set", part, BEGUN),
        call_as="DELEGATED_ADMIN",
    )
    sets.update(SERVICE_MANAGED, None, NONE, TOKEN)
    sets.update(SERVICE_MANAGED, UNITS, NONE, TOKEN)


# Instances.

OVERRIDES = {"Cidr": "10.1.0.0/16"}
OVERRIDES_SENT = [{"ParameterKey": "Cidr", "ParameterValue": "10.1.0.0/16"}]


@pytest.mark.parametrize("call_as", ["SELF", "DELEGATED_ADMIN"])
@pytest.mark.parametrize(
    ("places", "sent", "preferences", "preferences_sent"),
    [
        (ACCOUNTS, ACCOUNTS_SENT, COUNTS, {"OperationPreferences": COUNTS_SENT}),
        (UNITS, UNITS_SENT, PERCENTAGES, {"OperationPreferences": PERCENTAGES_SENT}),
        (
            Places(("eu-west-1",), (), ("r-ab12",)),
            {"DeploymentTargets": {"OrganizationalUnitIds": ["r-ab12"]}, "Regions": ["eu-west-1"]},
            NONE,
            {},
        ),
    ],
)
def test_instances_are_created_changed_and_deleted_at_their_places(
    stub: Stub,
    call_as: str,
    places: Places,
    sent: dict[str, Any],
    preferences: Preferences,
    preferences_sent: dict[str, Any],
) -> None:
    expected = {"StackSetName": NAME, **sent, **preferences_sent, "OperationId": TOKEN}
    expected |= DELEGATED if call_as != "SELF" else {}
    with_overrides = {**expected, "ParameterOverrides": OVERRIDES_SENT}
    sets = stub(
        ("create_stack_instances", with_overrides, BEGUN),
        ("create_stack_instances", expected, BEGUN),
        ("update_stack_instances", with_overrides, BEGUN),
        ("update_stack_instances", {**expected, "ParameterOverrides": []}, BEGUN),
        ("delete_stack_instances", {**expected, "RetainStacks": False}, BEGUN),
        ("delete_stack_instances", {**expected, "RetainStacks": True}, BEGUN),
        call_as=call_as,
    )
    for overrides in (OVERRIDES, {}):
        assert sets.create_instances(NAME, places, overrides, preferences, TOKEN) == TOKEN
    for overrides in (OVERRIDES, {}):
        assert sets.update_instances(NAME, places, overrides, preferences, TOKEN) == TOKEN
    for retain in (False, True):
        found = sets.delete_instances(
            NAME, places, retain=retain, preferences=preferences, token=TOKEN
        )
        assert found == TOKEN


def test_stacks_are_imported_by_id_or_by_list(stub: Stub) -> None:
    given = {"StackSetName": NAME, "OperationId": TOKEN}
    sets = stub(
        ("import_stacks_to_stack_set", {**given, "StackIds": [STACK]}, BEGUN),
        (
            "import_stacks_to_stack_set",
            {
                **given,
                "StackIdsUrl": "https://b/stacks",
                "OrganizationalUnitIds": ["ou-ab12-prod0001"],
                "OperationPreferences": PERCENTAGES_SENT,
            },
            BEGUN,
        ),
    )
    sets.import_stacks(NAME, [STACK], (), NONE, TOKEN)
    units = ["ou-ab12-prod0001"]
    sets.import_stacks(NAME, (), units, PERCENTAGES, TOKEN, stack_ids_url="https://b/stacks")


def test_a_repeated_call_that_aws_already_knows_has_begun(stub: Stub) -> None:
    expected = {"StackSetName": NAME, **ACCOUNTS_SENT, "OperationId": TOKEN}
    known = ("OperationIdAlreadyExistsException", "The specified operation ID already exists.")
    sets = stub(("create_stack_instances", expected, known))
    assert sets.create_instances(NAME, ACCOUNTS, {}, NONE, TOKEN) == TOKEN


# What there is.

DESCRIBED = {
    "StackSetName": NAME,
    "StackSetId": "camunda:1",
    "StackSetARN": "arn:aws:cloudformation:eu-west-2:111122223333:stackset/camunda:1",
    "Status": "ACTIVE",
    "Description": "Camunda for all",
    "TemplateBody": '{"Resources": {"Vpc": {}}}',
    "Parameters": [{"ParameterKey": "Cidr", "ParameterValue": "10.0.0.0/16"}],
    "Capabilities": ["CAPABILITY_IAM"],
    "Tags": [{"Key": "team", "Value": "bpm"}],
    "PermissionModel": "SERVICE_MANAGED",
    "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": True},
    "ManagedExecution": {"Active": True},
    "OrganizationalUnitIds": ["ou-ab12-prod0001"],
}
ASKED = {"StackSetName": NAME}
PLACE = {"StackInstanceAccount": "111111111111", "StackInstanceRegion": "eu-west-1"}


def test_a_stack_set_is_described_with_its_template(stub: Stub) -> None:
    sets = stub(
        ("describe_stack_set", ASKED | DELEGATED, {"StackSet": DESCRIBED}),
        call_as="DELEGATED_ADMIN",
    )
    found = sets.describe(NAME)
    assert found and found.template == {"Resources": {"Vpc": {}}}
    assert found.parameters == {"Cidr": "10.0.0.0/16"} and found.tags == {"team": "bpm"}
    assert found.managed_execution and found.organizational_units == ("ou-ab12-prod0001",)
    assert found.auto_deployment == AutoDeployment(enabled=True, retain_stacks=True)


def test_a_stack_set_of_others_may_hold_yaml_and_no_roles(stub: Stub) -> None:
    plain = {"StackSetName": NAME, "StackSetId": "camunda:1", "Status": "ACTIVE"}
    sets = stub(("describe_stack_set", ASKED, {"StackSet": {**plain, "TemplateBody": "A: 1"}}))
    found = sets.describe(NAME)
    assert found and (found.template, found.permission_model) == ({}, "SELF_MANAGED")
    assert found.auto_deployment is None and not found.managed_execution


def test_what_is_not_there_is_none(stub: Stub) -> None:
    gone = ("StackSetNotFoundException", "StackSet camunda not found")
    operation = {**ASKED, "OperationId": TOKEN}
    drifts = {**operation, **PLACE, "StackInstanceResourceDriftStatuses": ["MODIFIED", "DELETED"]}
    missing = ("StackInstanceNotFoundException", "no such instance")
    sets = stub(
        ("describe_stack_set", ASKED, gone),
        ("describe_stack_set", ASKED, {"StackSet": {**DESCRIBED, "Status": "DELETED"}}),
        ("delete_stack_set", ASKED, gone),
        ("list_stack_instances", ASKED, gone),
        ("describe_stack_instance", ASKED | PLACE, missing),
        ("describe_stack_set_operation", operation, ("OperationNotFoundException", "no")),
        ("list_stack_set_operations", ASKED, gone),
        ("list_stack_set_operation_results", operation, gone),
        ("list_stack_instance_resource_drifts", drifts, missing),
    )
    assert sets.describe(NAME) is None and sets.describe(NAME) is None
    sets.delete(NAME)
    assert list(sets.instances(NAME)) == []
    assert sets.overrides(NAME, "111111111111", "eu-west-1") is None
    assert sets.operation(NAME, TOKEN) is None
    assert list(sets.operations(NAME)) == []
    assert list(sets.results(NAME, TOKEN)) == []
    assert sets.drifts(NAME, "111111111111", "eu-west-1", TOKEN) == ()


INSTANCE = {
    "StackSetId": "camunda:1",
    "Account": "111111111111",
    "Region": "eu-west-1",
    "StackId": STACK,
    "Status": "OUTDATED",
    "StatusReason": "no",
    "StackInstanceStatus": {"DetailedStatus": "FAILED"},
    "OrganizationalUnitId": "ou-ab12-prod0001",
    "DriftStatus": "IN_SYNC",
    "LastOperationId": TOKEN,
}


def test_instances_are_paged_as_they_are_asked_for(stub: Stub) -> None:
    bare = {"Account": "222222222222", "Region": "eu-west-1", "Status": "OUTDATED"}
    asked = ASKED | DELEGATED
    sets = stub(
        ("list_stack_instances", asked, {"Summaries": [INSTANCE], "NextToken": "n"}),
        ("list_stack_instances", asked | {"NextToken": "n"}, {"Summaries": [], "NextToken": "m"}),
        ("list_stack_instances", asked | {"NextToken": "m"}, {"Summaries": [bare]}),
        call_as="DELEGATED_ADMIN",
    )
    first, second = sets.instances(NAME)
    assert first == StackInstance(
        "111111111111",
        "eu-west-1",
        "OUTDATED",
        "FAILED",
        "no",
        STACK,
        "ou-ab12-prod0001",
        "IN_SYNC",
        TOKEN,
    )
    assert (second.stack_id, second.organizational_unit) == (None, None)


def test_nothing_is_fetched_that_nobody_reads(stub: Stub) -> None:
    page = {"Summaries": [INSTANCE], "NextToken": "n"}
    sets = stub(("list_stack_instances", ASKED, page))
    assert len(list(islice(sets.instances(NAME), 1))) == 1


def test_overrides_are_those_of_one_instance(stub: Stub) -> None:
    described = {"StackInstance": {**INSTANCE, "ParameterOverrides": OVERRIDES_SENT}}
    sets = stub(
        ("describe_stack_instance", ASKED | PLACE, described),
        ("describe_stack_instance", ASKED | PLACE, {"StackInstance": INSTANCE}),
        ("describe_stack_instance", ASKED | PLACE, {"StackInstance": INSTANCE}),
    )
    assert sets.overrides(NAME, "111111111111", "eu-west-1") == OVERRIDES
    assert sets.overrides(NAME, "111111111111", "eu-west-1") == {}
    found = sets.instance(NAME, "111111111111", "eu-west-1")
    assert found and found.stack_id == (INSTANCE.get("StackId") or None)


# Operations.

OPERATION = {
    "OperationId": TOKEN,
    "StackSetId": "camunda:1",
    "Action": "UPDATE",
    "Status": "FAILED",
    "CreationTimestamp": NOW,
    "EndTimestamp": NOW,
    "StatusReason": "tolerance",
    "StatusDetails": {"FailedStackInstancesCount": 3},
}


def test_an_operation_tells_how_it_went(stub: Stub) -> None:
    running = {"OperationId": "2", "Action": "CREATE", "Status": "QUEUED", "CreationTimestamp": NOW}
    asked = {**ASKED, "OperationId": TOKEN}
    summary = {key: value for key, value in OPERATION.items() if key != "StackSetId"}
    sets = stub(
        ("describe_stack_set_operation", asked, {"StackSetOperation": OPERATION}),
        ("list_stack_set_operations", ASKED, {"Summaries": [running], "NextToken": "n"}),
        ("list_stack_set_operations", ASKED | {"NextToken": "n"}, {"Summaries": [summary]}),
        ("stop_stack_set_operation", asked, {}),
    )
    found = sets.operation(NAME, TOKEN)
    assert found and (found.status, found.failed_instances) == ("FAILED", 3)
    assert not found.in_progress and found.ended == NOW and found.reason == "tolerance"
    newest, older = sets.operations(NAME)
    assert newest.in_progress and newest.ended is None and older == found
    sets.stop(NAME, TOKEN)


def test_results_are_told_by_instance(stub: Stub) -> None:
    asked = {**ASKED, "OperationId": TOKEN, **DELEGATED}
    failed = {
        "Account": "111111111111",
        "Region": "eu-west-1",
        "Status": "FAILED",
        "StatusReason": "no role",
        "OrganizationalUnitId": "ou-ab12-prod0001",
    }
    rest = {"Account": "222222222222", "Region": "eu-west-1", "Status": "CANCELLED"}
    sets = stub(
        ("list_stack_set_operation_results", asked, {"Summaries": [failed], "NextToken": "n"}),
        ("list_stack_set_operation_results", asked | {"NextToken": "n"}, {"Summaries": [rest]}),
        call_as="DELEGATED_ADMIN",
    )
    assert list(sets.results(NAME, TOKEN)) == [
        OperationResult("111111111111", "eu-west-1", "FAILED", "no role", "ou-ab12-prod0001"),
        OperationResult("222222222222", "eu-west-1", "CANCELLED", ""),
    ]


def test_drift_is_paged_though_botocore_has_no_paginator_for_it(stub: Stub) -> None:
    statuses = {"StackInstanceResourceDriftStatuses": ["MODIFIED", "DELETED"]}
    asked = {**ASKED, **PLACE, "OperationId": TOKEN, **statuses, **DELEGATED}
    modified = {
        "StackId": STACK,
        "LogicalResourceId": "Vpc",
        "ResourceType": "AWS::EC2::VPC",
        "StackResourceDriftStatus": "MODIFIED",
        "Timestamp": NOW,
        "PropertyDifferences": [
            {
                "PropertyPath": "/EnableDnsSupport",
                "ExpectedValue": "true",
                "ActualValue": "false",
                "DifferenceType": "NOT_EQUAL",
            }
        ],
    }
    deleted = {
        "StackId": STACK,
        "LogicalResourceId": "Role",
        "ResourceType": "AWS::IAM::Role",
        "StackResourceDriftStatus": "DELETED",
        "Timestamp": NOW,
    }
    list_drifts = "list_stack_instance_resource_drifts"
    sets = stub(
        (
            "detect_stack_set_drift",
            {**ASKED, "OperationId": TOKEN, "OperationPreferences": COUNTS_SENT, **DELEGATED},
            BEGUN,
        ),
        (list_drifts, asked, {"Summaries": [modified], "NextToken": "n"}),
        (list_drifts, asked | {"NextToken": "n"}, {"Summaries": [deleted]}),
        call_as="DELEGATED_ADMIN",
    )
    assert sets.detect_drift(NAME, COUNTS, TOKEN) == TOKEN
    assert sets.drifts(NAME, "111111111111", "eu-west-1", TOKEN) == (
        InstanceDrift("Vpc", "AWS::EC2::VPC", "MODIFIED", ("/EnableDnsSupport",)),
        InstanceDrift("Role", "AWS::IAM::Role", "DELETED"),
    )


# The organization.

ROOT, UNIT, EMPTY = "r-ab12", "ou-ab12-prod0001", "ou-ab12-eu000002"


def accounts_of(parent: str, answer: Any, token: str | None = None) -> Call:
    asked = {"ParentId": parent} | ({"NextToken": token} if token else {})
    return ("list_accounts_for_parent", asked, answer)


def units_of(parent: str, *children: str) -> Call:
    units = [{"Id": child} for child in children]
    asked = {"ParentId": parent}
    return ("list_organizational_units_for_parent", asked, {"OrganizationalUnits": units})


def account(number: int, **state: str) -> dict[str, str]:
    return {"Id": f"{number:012d}", **(state or {"State": "ACTIVE"})}


def test_a_unit_holds_the_active_accounts_below_it_and_is_asked_once(stub: Stub) -> None:
    empty = {"Accounts": [], "NextToken": "n"}  # "occasionally an empty set": on it goes
    suspended = account(5, State="SUSPENDED", Status="ACTIVE")
    organization = stub.organization(
        accounts_of(UNIT, empty),
        accounts_of(UNIT, {"Accounts": [account(3), suspended]}, token="n"),
        units_of(UNIT, EMPTY),
        accounts_of(EMPTY, {"Accounts": [account(1, Status="ACTIVE"), account(7, Status="X")]}),
        units_of(EMPTY),
        ("describe_organization", {}, {"Organization": {"MasterAccountId": f"{9:012d}"}}),
        accounts_of(ROOT, {"Accounts": [account(9), account(2)]}),
        units_of(ROOT, UNIT),
    )
    assert organization.accounts(UNIT) == ("000000000001", "000000000003")
    assert organization.accounts(ROOT) == ("000000000001", "000000000002", "000000000003")
    assert organization.accounts(EMPTY) == ("000000000001",)


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        ("AWSOrganizationsNotInUseException", Refused, "belongs to no organization"),
        ("ParentNotFoundException", Refused, "organizational unit does not exist"),
        ("AccessDeniedException", AccessDenied, "only an organization's management account"),
        ("TooManyRequestsException", Throttled, "wait, and try again"),
    ],
)
def test_an_organization_that_does_not_answer_says_why(
    stub: Stub, code: str, kind: type[DeployError], told: str
) -> None:
    organization = stub.organization(accounts_of(UNIT, (code, "AWS's words")))
    with pytest.raises(kind, match=told) as raised:
        organization.accounts(UNIT)
    assert "AWS's words" in raised.value.message and raised.value.hint


# Refusals.

NOT_MANAGEMENT = (
    "You must be the management account or delegated admin account of an organization before "
    "operating a SERVICE_MANAGED stack set"
)
ROLES = (
    "Account 111111111111 should have 'AWSCloudFormationStackSetAdministrationRole' role with "
    "trust relationship to CloudFormation service."
)


@pytest.mark.parametrize(
    ("aws_code", "message", "code", "hint"),
    [
        ("OperationInProgressException", "busy", "CAM641", "managed execution"),
        ("StackSetNotEmptyException", "full", "CAM641", "camformation fleet remove"),
        ("StackSetNotFoundException", "gone", "CAM641", "DELEGATED_ADMIN"),
        ("StackInstanceNotFoundException", "gone", "CAM641", "plan again"),
        ("NameAlreadyExistsException", "taken", "CAM641", "another name"),
        ("StaleRequestException", "stale", "CAM641", "make a new plan"),
        ("InvalidOperationException", "no", "CAM641", "camformation fleet status"),
        ("LimitExceededException", "quota", "CAM641", "Service Quotas"),
        ("CreatedButModifiedException", "changed", "CAM641", "make a new plan"),
        ("ValidationError", NOT_MANAGEMENT, "CAM642", "DELEGATED_ADMIN"),
        ("ValidationError", "Account used is not a delegated administrator", "CAM642", "register"),
        (
            "ValidationError",
            "You must enable organizations access to operate a service managed stack set",
            "CAM642",
            "activate-organizations-access",
        ),
        ("ValidationError", ROLES, "CAM642", "AWSCloudFormationStackSetExecutionRole"),
    ],
)
def test_a_refusal_says_what_to_do_and_keeps_awss_words_and_code(
    stub: Stub, aws_code: str, message: str, code: str, hint: str
) -> None:
    expected = {"StackSetName": NAME, **ACCOUNTS_SENT, "OperationId": TOKEN}
    sets = stub(("create_stack_instances", expected, (aws_code, message)))
    with pytest.raises(Refused) as raised:
        sets.create_instances(NAME, ACCOUNTS, {}, NONE, TOKEN)
    assert (raised.value.code, raised.value.aws_code) == (code, aws_code)
    assert message in raised.value.message and hint in str(raised.value.hint)


def test_other_refusals_and_other_services_stay_as_they_are(stub: Stub) -> None:
    sets = stub(("delete_stack_set", ASKED, ("ValidationError", "Member must satisfy …")))
    with pytest.raises(Refused) as raised:
        sets.delete(NAME)
    assert raised.value.code == "CAM606"
    stacks = stub.client("cloudformation", ("describe_stacks", {}, ("LimitExceededException", "x")))
    with pytest.raises(Refused) as raised:
        stacks.call("describe_stacks")
    assert raised.value.code == "CAM606"


def test_throttling_on_a_later_page_is_told_as_such(stub: Stub) -> None:
    sets = stub(
        ("list_stack_instances", ASKED, {"Summaries": [INSTANCE], "NextToken": "n"}),
        ("list_stack_instances", ASKED | {"NextToken": "n"}, ("Throttling", "Rate exceeded")),
    )
    found = sets.instances(NAME)
    assert next(found).account == "111111111111"
    with pytest.raises(Throttled):
        next(found)


# Over HTTP as far as the network: what is retried, and who is called as.


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, list[str]]]]:
    """Let requests be answered by these statuses and bodies; return what was sent."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)

    def answer(*answers: tuple[int, str]) -> list[dict[str, list[str]]]:
        sent: list[dict[str, list[str]]] = []
        waiting = iter(answers)

        def send(self: Any, request: Any) -> AWSResponse:
            body = request.body
            text = body.decode() if isinstance(body, bytes) else body
            sent.append(parse_qs(text, keep_blank_values=True))
            status, xml = next(waiting)
            return AWSResponse(request.url, status, {"content-type": "text/xml"}, Raw(xml))

        monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
        return sent

    return answer


class Raw:
    def __init__(self, text: str) -> None:
        self.content = text.encode()

    def stream(self, **_: Any) -> Any:
        yield self.content


def xml(operation: str, inner: str) -> str:
    space = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
    result = f"<{operation}Result>{inner}</{operation}Result>"
    return f'<{operation}Response xmlns="{space}">{result}</{operation}Response>'


SLOW = (
    "<ErrorResponse><Error><Code>Throttling</Code>"
    "<Message>Rate exceeded</Message></Error></ErrorResponse>"
)


def test_a_throttled_operation_is_repeated_under_its_id(
    answering: Callable[..., list[dict[str, list[str]]]],
) -> None:
    begun = xml("UpdateStackInstances", f"<OperationId>{TOKEN}</OperationId>")
    sent = answering((400, SLOW), (400, SLOW), (200, begun))
    sets = connect(target_for(spec_region="eu-west-2", call_as="DELEGATED_ADMIN")).stack_sets
    assert sets.update_instances(NAME, UNITS, {}, NONE, TOKEN) == TOKEN
    assert [each["OperationId"] for each in sent] == [[TOKEN]] * 3
    assert sent[0]["CallAs"] == ["DELEGATED_ADMIN"]
    assert sent[0]["ParameterOverrides"] == [""]  # an empty list, which takes overrides away


def test_a_proxys_page_is_no_traceback(
    answering: Callable[..., list[dict[str, list[str]]]],
) -> None:
    answering(*[(200, "<!doctype html><title>Sign in</title>")] * 10)
    sets = connect(Target(region="eu-west-2")).stack_sets
    with pytest.raises(Unreachable, match="does not answer as AWS does"):
        sets.describe(NAME)


def test_who_is_called_as_reaches_stack_sets_from_the_target(
    answering: Callable[..., list[dict[str, list[str]]]],
) -> None:
    inner = "".join(f"<{key}>{DESCRIBED[key]}</{key}>" for key in ("StackSetName", "StackSetId"))
    described = xml("DescribeStackSet", f"<StackSet>{inner}<Status>ACTIVE</Status></StackSet>")
    sent = answering((200, described))
    assert connect(Target(region="eu-west-2")).stack_sets.describe(NAME)
    assert "CallAs" not in sent[0]
