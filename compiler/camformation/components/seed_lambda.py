"""Run the seed task and tell CloudFormation how it went: the code of a custom resource's function.

Inlined into the template as the file `index`, so it has nothing but the standard library and the
boto3 that AWS Lambda brings. It knows no secret: ECS hands those to the task alone.
"""

import json
import re
import time
import urllib.request
from typing import Any

import boto3

ATTEMPTS = 3  # of a task that never starts: a new role takes a while to be known everywhere
POLL_SECONDS = 5
RETRY_SECONDS = 20
MARGIN_SECONDS = 30  # kept for stopping the task and for the answer
LOG_LINES = 20
RESPONSE_BYTES = 4096  # CloudFormation User Guide, Custom resource response objects


class SeedFailed(Exception):
    """The task did not do its work; the message says why."""


class NotStarted(SeedFailed):
    """The task stopped before its container ran, which may pass."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer one request of CloudFormation, whatever happens."""
    status, reason = "SUCCESS", "Database users stay as they are"
    try:
        if event["RequestType"] != "Delete":
            ends = time.monotonic() + context.get_remaining_time_in_millis() / 1000
            reason = seed(
                event["ResourceProperties"],
                event["RequestId"],
                boto3.client("ecs"),
                boto3.client("logs"),
                ends - MARGIN_SECONDS,
            )
    except SeedFailed as failure:
        status, reason = "FAILED", str(failure)
    except Exception as error:  # CloudFormation would wait an hour for an answer that never comes
        status, reason = "FAILED", f"{type(error).__name__}: {error}"
    print(json.dumps({"Status": status, "RequestType": event["RequestType"]}))
    respond(event["ResponseURL"], response(event, status, reason))


def seed(properties: dict[str, Any], request_id: str, ecs: Any, logs: Any, deadline: float) -> str:
    """Run the task to its end and return what to report; raise SeedFailed with the reason."""
    attempt = 1
    while True:
        try:
            task = start(properties, request_id, attempt, ecs)
            return judge(wait(task, properties, ecs, deadline), properties, logs)
        except NotStarted:
            if attempt == ATTEMPTS or time.monotonic() + RETRY_SECONDS >= deadline:
                raise
        time.sleep(RETRY_SECONDS)
        attempt += 1


def start(properties: dict[str, Any], request_id: str, attempt: int, ecs: Any) -> str:
    """Start the task and return its ARN; a repeated request gets the task it started before."""
    try:
        answer = ecs.run_task(
            cluster=properties["Cluster"],
            taskDefinition=properties["TaskDefinition"],
            launchType="FARGATE",
            count=1,
            clientToken=f"{request_id}-{attempt}",
            startedBy=request_id[:36],
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": properties["Subnets"],
                    "securityGroups": properties["SecurityGroups"],
                    "assignPublicIp": "DISABLED",
                }
            },
        )
    except Exception as error:  # whatever boto3 raises: it may pass, and is tried again
        raise NotStarted(f"The seed task cannot be started: {error}") from error
    if not answer["tasks"]:
        reasons = [f"{f.get('reason')} {f.get('detail', '')}".strip() for f in answer["failures"]]
        raise NotStarted(f"The seed task cannot be started: {'; '.join(reasons)}")
    return str(answer["tasks"][0]["taskArn"])


def wait(task_arn: str, properties: dict[str, Any], ecs: Any, deadline: float) -> dict[str, Any]:
    """Return the description of the stopped task; stop it where time runs out."""
    cluster, status = properties["Cluster"], "unknown"
    while True:
        try:
            tasks = ecs.describe_tasks(cluster=cluster, tasks=[task_arn])["tasks"]
        except Exception as error:  # whatever boto3 raises: it may pass, and the task runs on
            status = f"unknown ({error})"
        else:
            # A task that was just started may be unknown for a moment.
            status = str(tasks[0]["lastStatus"]) if tasks else "unknown"
            if status == "STOPPED":
                return dict(tasks[0])
        if time.monotonic() + POLL_SECONDS >= deadline:
            left = stop(task_arn, cluster, ecs)
            raise SeedFailed(f"The seed task {task_arn} did not end in time; it was {status}{left}")
        time.sleep(POLL_SECONDS)


def stop(task_arn: str, cluster: str, ecs: Any) -> str:
    """Stop the task, so that it changes nothing later; return what to say where that fails."""
    problem = ""
    for _ in range(3):
        try:
            ecs.stop_task(cluster=cluster, task=task_arn, reason="The database seed timed out")
            return ""
        except Exception as error:
            problem = f", and it may still run: {error}"
        time.sleep(1)
    return problem


def judge(task: dict[str, Any], properties: dict[str, Any], logs: Any) -> str:
    """Return what to report of a task whose seed ended with 0; raise for any other end.

    Amazon GuardDuty's agent, and whatever else is put beside the seed, has an end of its own.
    """
    arn, name = task["taskArn"], properties["Container"]
    containers = [each for each in task.get("containers", ()) if each.get("name") == name]
    container = containers[0] if containers else {}
    code = container.get("exitCode")
    if code == 0:
        return f"The seed task {arn} ended with 0"
    why = [task.get("stoppedReason"), container.get("reason")]
    told = "; ".join(dict.fromkeys(reason for reason in why if reason)) or "ECS gives no reason"
    if code is None:
        raise NotStarted(f"The seed task {arn} never ran: {told}")
    lines = "\n".join(last_lines(arn, properties, logs))
    raise SeedFailed(f"The seed task {arn} ended with {code} ({told}). Its last lines:\n{lines}")


def last_lines(task_arn: str, properties: dict[str, Any], logs: Any) -> list[str]:
    """Return the end of the task's log, which may arrive some seconds after the task's end."""
    container = properties["Container"]
    stream = f"{container}/{container}/{task_arn.rsplit('/', 1)[-1]}"
    for _ in range(3):
        try:
            events = logs.get_log_events(
                logGroupName=properties["LogGroup"],
                logStreamName=stream,
                limit=LOG_LINES,
                startFromHead=False,
            )["events"]
        except Exception as error:  # how the task ended has to be told, with its log or without
            events = [{"message": f"({stream} cannot be read: {type(error).__name__})"}]
        else:
            if events:
                break
        time.sleep(3)
    return [without_passwords(event["message"].rstrip()) for event in events]


def without_passwords(text: str) -> str:
    """Hide what stands where a password would stand in SQL or in an environment."""
    hidden = re.sub(r"(?i)(password\w*\s*[:=]\s*)\S+", r"\1***", text)
    return re.sub(r"(?i)(password\s+)'(?:[^']|'')*'?", r"\1***", hidden)


def response(event: dict[str, Any], status: str, reason: str) -> bytes:
    """Return the answer's bytes; a reason that is too long loses its middle."""
    size = len(reason)
    while True:
        half = size // 2
        short = reason if size >= len(reason) else f"{reason[:half]} … {reason[-half:]}"
        body = {
            "Status": status,
            "Reason": short,
            "PhysicalResourceId": "database-seed",  # another one would mean a replacement
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        }
        encoded = json.dumps(body).encode()
        if len(encoded) <= RESPONSE_BYTES:
            return encoded
        size = size * 9 // 10


def respond(url: str, body: bytes) -> None:
    """Send the answer to the presigned URL that CloudFormation gave."""
    for attempt in range(1, 4):
        request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError:
            if attempt == 3:
                raise
            time.sleep(attempt)
