"""The database seed: its SQL, and the function that runs it and answers CloudFormation."""

import json
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from camformation.components.database_seed import function_code
from camformation.components.seed_sql import SCRIPT, seed_sql
from deployments import deployment, resources

CLUSTER = "arn:aws:ecs:eu-west-2:123456789012:cluster/camunda-cluster"
TASK = "arn:aws:ecs:eu-west-2:123456789012:task/camunda-cluster/abc123"
REQUEST = "11111111-2222-3333-4444-555555555555"
RUNNING = {"taskArn": TASK, "lastStatus": "RUNNING", "containers": [{"name": "db-seed"}]}


def stopped(exit_code: int | None, reason: str = "Essential container exited") -> dict[str, Any]:
    container = {"name": "db-seed"} | ({} if exit_code is None else {"exitCode": exit_code})
    return {
        "taskArn": TASK,
        "lastStatus": "STOPPED",
        "stoppedReason": reason,
        "containers": [container],
    }


class Clock:
    """Time that passes only while the code sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Aws:
    """What the function sees of AWS: a script of task descriptions, and what it asked for."""

    def __init__(self) -> None:
        self.descriptions: list[dict[str, Any]] = [stopped(0)]
        self.log: list[str] = []
        self.failures: list[dict[str, str]] = []
        self.run: list[dict[str, Any]] = []
        self.stops: list[dict[str, Any]] = []
        self.streams: list[str] = []
        self.refusals = self.stop_refusals = 0

    def client(self, name: str) -> "Aws":
        assert name in {"ecs", "logs"}
        return self

    def run_task(self, **request: Any) -> dict[str, Any]:
        self.run.append(request)
        tasks = [] if self.failures else [{"taskArn": TASK}]
        return {"tasks": tasks, "failures": self.failures}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, Any]:
        assert (cluster, tasks) == (CLUSTER, [TASK])
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("ThrottlingException")
        first = self.descriptions[0]
        if len(self.descriptions) > 1:
            self.descriptions.pop(0)
        return {"tasks": [first] if first else [], "failures": []}

    def stop_task(self, **request: Any) -> None:
        if self.stop_refusals:
            self.stop_refusals -= 1
            raise RuntimeError("ThrottlingException")
        self.stops.append(request)

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        self.streams.append(request["logStreamName"])
        return {"events": [{"message": line} for line in self.log]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    fake = Aws()
    module = types.ModuleType("boto3")
    module.client = fake.client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "boto3", module)
    yield fake


@pytest.fixture
def call(aws: Aws) -> Callable[..., dict[str, Any]]:
    """Run the code as the template holds it; return the answer that CloudFormation gets."""

    def run(kind: str = "Create", *, refused: int = 0, **properties: Any) -> dict[str, Any]:
        clock, sent, refusals = Clock(), [], [OSError("reset")] * refused

        class Answered:
            def __enter__(self) -> None:
                pass

            def __exit__(self, *_: object) -> None:
                pass

        def urlopen(request: Any, timeout: float) -> Answered:
            assert request.get_method() == "PUT"
            assert request.full_url == "https://bucket.example.com/answer"
            if refusals:
                raise refusals.pop()
            sent.append(request.data)
            return Answered()

        names: dict[str, Any] = {"__name__": "index"}
        exec(compile(function_code(), "index.py", "exec"), names)
        names["time"] = clock
        names["urllib"] = types.SimpleNamespace(
            request=types.SimpleNamespace(
                Request=sys.modules["urllib.request"].Request, urlopen=urlopen
            )
        )

        class Context:
            @staticmethod
            def get_remaining_time_in_millis() -> int:
                return 900_000

        event = {
            "RequestType": kind,
            "RequestId": REQUEST,
            "ResponseURL": "https://bucket.example.com/answer",
            "StackId": "arn:aws:cloudformation:eu-west-2:123456789012:stack/camunda/1",
            "LogicalResourceId": "DatabaseSeed",
            "ResourceProperties": {
                "Cluster": CLUSTER,
                "TaskDefinition": "arn:aws:ecs:eu-west-2:123456789012:task-definition/seed:1",
                "Container": "db-seed",
                "LogGroup": "/ecs/camunda-db-seed",
                "Subnets": ["subnet-1", "subnet-2"],
                "SecurityGroups": ["sg-1"],
                **properties,
            },
        }
        given: Any = event["ResourceProperties"]
        event["ResourceProperties"] = {k: v for k, v in given.items() if v is not None}
        names["handler"](event, Context())
        [body] = sent
        assert len(body) <= 4096
        assert clock.now <= 1000 + 900
        answer: dict[str, Any] = json.loads(body)
        assert answer["RequestId"] == REQUEST
        assert answer["PhysicalResourceId"] == "database-seed"
        return answer

    return run


def test_a_task_that_ends_with_0_is_a_success(aws: Aws, call: Any) -> None:
    aws.descriptions = [{}, RUNNING, RUNNING, stopped(0)]
    assert call()["Status"] == "SUCCESS"
    [request] = aws.run
    assert request["clientToken"].startswith(REQUEST)
    assert len(request["clientToken"]) <= 64
    assert request["startedBy"] == REQUEST
    assert request["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }


def test_an_update_runs_the_task_again(aws: Aws, call: Any) -> None:
    assert call("Update")["Status"] == "SUCCESS"
    assert len(aws.run) == 1


def test_a_deletion_succeeds_at_once_and_touches_nothing(aws: Aws, call: Any) -> None:
    assert call("Delete", Cluster=None)["Status"] == "SUCCESS"
    assert (aws.run, aws.streams) == ([], [])


def test_a_failed_task_is_reported_with_its_exit_code_and_last_lines(aws: Aws, call: Any) -> None:
    aws.descriptions = [RUNNING, stopped(3)]
    aws.log = ["psql:<stdin>:7: ERROR:  database does not exist"]
    answer = call()
    assert answer["Status"] == "FAILED"
    assert "ended with 3" in answer["Reason"]
    assert "Essential container exited" in answer["Reason"]
    assert "database does not exist" in answer["Reason"]
    assert aws.streams == ["db-seed/db-seed/abc123"]
    assert len(aws.run) == 1, "SQL that failed is not tried again"


def test_a_log_that_never_arrives_does_not_hide_the_failure(aws: Aws, call: Any) -> None:
    aws.descriptions = [stopped(1)]
    assert "ended with 1" in call()["Reason"]


def test_a_task_that_never_starts_is_tried_again(aws: Aws, call: Any) -> None:
    aws.descriptions = [stopped(None, "ResourceInitializationError"), stopped(0)]
    assert call()["Status"] == "SUCCESS"
    tokens = [request["clientToken"] for request in aws.run]
    assert len(set(tokens)) == 2


def test_a_task_that_cannot_start_is_reported_with_ecs_reason(aws: Aws, call: Any) -> None:
    aws.descriptions = [stopped(None, "CannotPullContainerError: no such image")]
    answer = call()
    assert answer["Status"] == "FAILED"
    assert "CannotPullContainerError: no such image" in answer["Reason"]
    assert aws.streams == []


def test_a_refused_start_is_reported(aws: Aws, call: Any) -> None:
    aws.failures = [{"reason": "Capacity is unavailable at this time"}]
    answer = call()
    assert answer["Status"] == "FAILED"
    assert "Capacity is unavailable at this time" in answer["Reason"]


def test_a_task_that_takes_too_long_is_stopped_and_reported_in_time(aws: Aws, call: Any) -> None:
    aws.descriptions = [RUNNING]
    answer = call()
    assert answer["Status"] == "FAILED"
    assert "did not end in time" in answer["Reason"]
    [stop] = aws.stops
    assert stop["task"] == TASK


@pytest.mark.parametrize("first", [True, False])
def test_what_runs_beside_the_seed_has_no_say(aws: Aws, call: Any, first: bool) -> None:
    def beside(exit_code: int, code: int | None) -> dict[str, Any]:
        task = stopped(code)
        agent = {"name": "aws-guardduty-agent", "exitCode": exit_code}
        seed = task["containers"][0]
        return task | {"containers": [agent, seed] if first else [seed, agent]}

    aws.descriptions = [beside(0, 3)]
    assert "ended with 3" in call()["Reason"]
    aws.descriptions = [beside(137, 0)]
    assert call()["Status"] == "SUCCESS"
    aws.descriptions = [beside(0, None)]
    assert "never ran" in call()["Reason"]


def test_a_task_without_the_seed_is_no_success(aws: Aws, call: Any) -> None:
    aws.descriptions = [stopped(0) | {"containers": []}]
    assert "never ran" in call()["Reason"]


def test_descriptions_that_fail_are_asked_for_again(aws: Aws, call: Any) -> None:
    aws.refusals = 5
    aws.descriptions = [RUNNING, stopped(0)]
    assert call()["Status"] == "SUCCESS"
    assert aws.stops == []
    assert len(aws.run) == 1


def test_without_any_description_the_task_is_stopped(aws: Aws, call: Any) -> None:
    aws.refusals = 1000
    answer = call()
    assert answer["Status"] == "FAILED"
    assert "ThrottlingException" in answer["Reason"]
    assert [stop["task"] for stop in aws.stops] == [TASK]


def test_a_stop_that_is_refused_is_tried_again_and_told(aws: Aws, call: Any) -> None:
    aws.descriptions = [RUNNING]
    aws.stop_refusals = 1
    assert "still run" not in call()["Reason"]
    assert len(aws.stops) == 1
    aws.stop_refusals = 1000
    assert "it may still run: ThrottlingException" in call()["Reason"]


def test_an_error_of_the_function_is_an_answer_too(aws: Aws, call: Any) -> None:
    answer = call(Container=None)
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "KeyError: 'Container'")


def test_an_answer_that_is_refused_is_sent_again(aws: Aws, call: Any) -> None:
    assert call(refused=2)["Status"] == "SUCCESS"


@pytest.mark.parametrize("line", ["x" * 5000, "ü€" * 2000, '"\\\n' * 2000])
def test_a_long_log_is_cut_to_what_cloudformation_takes(aws: Aws, call: Any, line: str) -> None:
    aws.descriptions = [stopped(3)]
    aws.log = [line] * 20 + ["the very end"]
    reason = call()["Reason"]
    assert reason.startswith("The seed task")
    assert reason.endswith("the very end")


@pytest.mark.parametrize(
    "line",
    [
        "STATEMENT:  ALTER ROLE camunda PASSWORD 'hunter2'",
        "STATEMENT:  ALTER ROLE camunda PASSWORD 'it''s hunter2",
        "PGPASSWORD=hunter2",
        "DATABASE_USER_PASSWORD: hunter2",
    ],
)
def test_no_answer_holds_a_password(aws: Aws, call: Any, line: str) -> None:
    aws.descriptions = [stopped(3)]
    aws.log = [line]
    reason = call()["Reason"]
    assert "***" in reason
    assert "hunter2" not in reason


def test_the_usual_login_failure_stays_readable(aws: Aws, call: Any) -> None:
    aws.descriptions = [stopped(2)]
    aws.log = ['FATAL:  password authentication failed for user "camunda_admin"']
    assert 'password authentication failed for user "camunda_admin"' in call()["Reason"]


DATABASE = deployment().database


def test_every_user_may_log_in_with_a_token_and_use_the_database() -> None:
    sql = seed_sql(replace(DATABASE, additional_iam_users=("reporting",)))
    for user in ("camunda", "reporting"):
        assert f'GRANT rds_iam TO "{user}";' in sql
        assert f'GRANT ALL PRIVILEGES ON DATABASE "camunda" TO "{user}";' in sql
        assert f'GRANT USAGE, CREATE ON SCHEMA public TO "{user}";' in sql
    assert "password" not in sql


def test_with_a_password_the_user_gets_no_token_login() -> None:
    spec = replace(DATABASE, authentication="password", additional_iam_users=("reporting",))
    sql = seed_sql(spec)
    assert 'GRANT rds_iam TO "camunda"' not in sql
    assert 'GRANT rds_iam TO "reporting";' in sql
    assert '\\password "camunda"' in sql.splitlines()
    assert "DATABASE_USER_PASSWORD" not in sql, "no statement may hold the password"


def test_the_script_is_one_transaction_under_one_lock() -> None:
    lines = [line for line in seed_sql(DATABASE).splitlines() if not line.startswith(("\\", "SET"))]
    assert lines[0] == "BEGIN;"
    assert "pg_advisory_xact_lock" in lines[1]
    assert lines[-1] == "COMMIT;"


def test_names_cannot_leave_their_quotes() -> None:
    sql = seed_sql(replace(DATABASE, user='a"; DROP ROLE x; --', name="b'c"))
    assert '"a""; DROP ROLE x; --"' in sql
    assert 'DATABASE "b\'c"' in sql
    quoted = seed_sql(replace(DATABASE, user="o'brien"))
    assert "rolname = 'o''brien'" in quoted


def test_the_task_stops_at_the_first_error_and_names_no_secret() -> None:
    assert SCRIPT.startswith("set -eu\n")
    assert "ON_ERROR_STOP=1" in SCRIPT
    assert "PASSWORD=" not in SCRIPT


def test_secrets_reach_the_task_as_secrets_alone() -> None:
    found = resources(database={"authentication": "password"})
    [container] = found["SeedTaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert [secret["Name"] for secret in container["Secrets"]] == [
        "DATABASE_USER_PASSWORD",
        "PGPASSWORD",
    ]
    plain = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    assert not [name for name in plain if "PASSWORD" in name]
    assert plain["PGSSLMODE"] == "require"


def test_it_runs_again_for_new_users_and_for_another_database() -> None:
    def seed(**database: Any) -> Any:
        return resources(database=database)["DatabaseSeed"]["Properties"]

    assert seed() == seed()
    assert seed()["Revision"] != seed(additional_iam_users=["reporting"])["Revision"]
    assert seed()["DatabaseResourceId"] == {"Fn::GetAtt": ["AuroraCluster", "DBClusterResourceId"]}
    assert seed()["TaskDefinition"] == {"Ref": "SeedTaskDefinition"}


def test_the_function_has_time_to_answer_before_cloudformation_gives_up() -> None:
    found = resources()
    function = found["SeedFunction"]["Properties"]
    seed = found["DatabaseSeed"]["Properties"]
    assert function["Timeout"] == 900
    assert seed["ServiceTimeout"] > function["Timeout"]
    assert function["Code"]["ZipFile"] == function_code()
    assert "VpcConfig" not in function


@pytest.mark.parametrize("how", ["init_container", "none"])
def test_without_a_task_there_is_no_function_either(how: str) -> None:
    found = resources(database={"seed": how})
    assert not [title for title in found if "Seed" in title]
