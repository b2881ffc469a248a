"""The ops task as a channel to port 9600: each query starts a task, which prints the answers.

The task of the deployment's own templates (`operations.task`) runs in the brokers' subnets, with
its own security group. Its output is read from its log stream.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from camformation.deploy.cloud.channel import Answer, Call, NoWay
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.services import TaskRequest, TaskState
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.own_services import BROKERS, OwnService, own_services, state_of
from camformation.digest import sha256
from camformation.frozen import frozen

TASK, GROUP, LOGS = "OpsTaskDefinition", "OpsSecurityGroup", "CamundaLogGroup"
CONTAINER = "ops"
PORT = 9600
POLL_S = 3.0
PATIENCE_S = 90
START_S = 300.0  # for the network interface, the image, and the end
LOG_ROUNDS = 20  # CloudWatch Logs shows lines after some seconds
LINES = 2000
MAX_OVERRIDES = 8000  # of 8192 characters (Amazon ECS Developer Guide, Service quotas)
ANSWERS = re.compile(r"ANSWERS (\d+) (\d+) (\S+)")


@frozen
class OpsPlace:
    """The place of the task, and the brokers that it calls."""

    task_definition: str
    group: str
    log_group: str
    brokers: OwnService


def ops_place(cloud: Cloud, deployed: Deployed) -> OpsPlace | None:
    """Return the place of a deployment's ops task; None if it has none."""
    found = {
        each.logical_id: each.physical_id
        for resources in deployed.resources.values()
        for each in resources
        if each.logical_id in (TASK, GROUP, LOGS) and each.physical_id
    }
    brokers = next((e for e in own_services(cloud, deployed) if e.name == BROKERS), None)
    if brokers is None or len(found) < 3:
        return None
    return OpsPlace(str(found[TASK]), str(found[GROUP]), str(found[LOGS]), brokers)


class Left(DeployError):
    """The user has pressed Ctrl-C, and chosen to leave."""


class OpsTask:
    """A `Channel`. `leaving` tells, after each pause, whether the user wants to leave."""

    def __init__(
        self, cloud: Cloud, place: OpsPlace, clock: Clock, leaving: Callable[[], bool]
    ) -> None:
        self._services = cloud.services
        self._pause = 0.05 if cloud.local else POLL_S
        self._place = place
        self._clock = clock
        self._leaving = leaving

    @property
    def name(self) -> str:
        """See `Channel`."""
        return "the ops task"

    @property
    def patience(self) -> int:
        """See `Channel`."""
        return PATIENCE_S

    def ask(self, calls: Sequence[Call]) -> tuple[tuple[Answer, ...], ...]:
        """See `Channel`."""
        request = self._request(calls)
        task = self._run(request, START_S + sum(each.seconds for each in calls))
        hosts = [each.partition(":")[0] for each in request.environment["BROKERS"].split()]
        answers = tuple(
            tuple(map(_told_by, found, hosts)) if call.everywhere else found
            for call, found in zip(calls, self._answers(task), strict=False)
        )
        if answers and all(each.status == 0 and not each.sent for each in answers[0]):
            raise NoWay(
                "CAM745",
                f"no broker answers {self.name}: {answers[0][0].body}",
                "see `camformation status` and `camformation logs --service orchestration`",
            )
        return answers

    def _request(self, calls: Sequence[Call]) -> TaskRequest:
        place = self._place
        cluster = place.brokers.cluster
        tasks = self._services.tasks(cluster, place.brokers.service, stopped=False)
        # The oldest tasks are brokers; later ones may wait for a node id.
        hosts = [f"{t.address}:{PORT}" for t in reversed(tasks) if t.address]
        if not hosts:
            raise NoWay(
                "CAM745", "no broker runs", "`camformation start` starts brokers that were stopped"
            )
        environment = {
            "CALLS": json.dumps([_compact(each) for each in calls], separators=(",", ":")),
            "BROKERS": " ".join(hosts),
        }
        if sum(map(len, environment.values())) > MAX_OVERRIDES:
            raise ValueError("the calls are too large for the overrides of a task")
        return TaskRequest(
            cluster,
            place.task_definition,
            CONTAINER,
            environment,
            state_of(self._services, place.brokers).subnets,
            (place.group,),
            sha256(f"{self._clock.now().isoformat()} {environment}".encode())[:32],
        )

    def _run(self, request: TaskRequest, limit_s: float) -> TaskState:
        arn = self._services.run_task(request)
        began = self._clock.now()
        while True:
            self._clock.sleep(self._pause)
            if self._leaving():
                self._services.stop_task(request.cluster, arn, "camformation was interrupted")
                raise Left("CAM743", "detached; nothing more is started", "run the command again")
            task = self._services.task(request.cluster, arn)
            if task and task.status == "STOPPED":
                return task
            if (self._clock.now() - began).total_seconds() > limit_s:
                self._services.stop_task(request.cluster, arn, "It takes too long")
                raise Unreachable(
                    "CAM749",
                    f"the ops task has not ended; it is {task.status if task else 'not known'}",
                    "see the task in the ECS console",
                )

    def _answers(self, task: TaskState) -> tuple[tuple[Answer, ...], ...]:
        own = next((each for each in task.containers if each.name == CONTAINER), None)
        code = own.exit_code if own else None
        if code is None:
            why = (own.reason if own else None) or task.stopped_reason or "ECS gives no reason"
            raise DeployError(
                "CAM749",
                f"the ops task did not start: {why}",
                "its image must be reachable from the private subnets: see `operations.task.image`",
            )
        stream = f"{CONTAINER}/{CONTAINER}/{task.id}"
        for _ in range(LOG_ROUNDS):
            lines = self._services.log_lines(self._place.log_group, stream, LINES)
            if (found := printed([each.text for each in lines])) is not None:
                return found
            if code:
                last = "; ".join(each.text for each in lines[-3:]) or "it printed nothing"
                raise DeployError("CAM749", f"the ops task ended with {code}: {last}", None)
            self._clock.sleep(self._pause)
        raise Unreachable(
            "CAM749", f"the log stream {stream} does not have all answers", "run the command again"
        )


def printed(lines: Sequence[str]) -> tuple[tuple[Answer, ...], ...] | None:
    """Return the answers in the task's output; None while any piece is missing."""
    pieces: dict[int, str] = {}
    wanted = 0
    for line in lines:
        if found := ANSWERS.fullmatch(line.strip()):
            pieces[int(found[1])], wanted = found[3], int(found[2])
    if not wanted or len(pieces) < wanted:
        return None
    packed = "".join(pieces[number] for number in sorted(pieces))
    try:
        data = json.loads(zlib.decompress(base64.b64decode(packed)))
    except (ValueError, zlib.error) as error:
        raise DeployError(
            "CAM749",
            f"the output of the ops task cannot be read: {error}",
            "`observability.masked_log_data` may have masked a part of it",
        ) from error
    return tuple(tuple(_answer(each) for each in found) for found in data)


def _compact(call: Call) -> dict[str, Any]:
    whole = {
        "method": call.method,
        "path": call.path,
        "body": call.body,
        "everywhere": call.everywhere,
        "while_says": call.while_says,
        "seconds": call.seconds,
    }
    return {name: value for name, value in whole.items() if value not in (None, False, "", 0)}


def _told_by(answer: Answer, host: str) -> Answer:
    return Answer(answer.status, answer.body, answer.sent, host)


def _answer(data: Any) -> Answer:
    return Answer(int(data["status"]), data["body"], bool(data.get("sent", True)))
