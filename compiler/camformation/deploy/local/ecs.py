"""ECS without containers: services are steady at once, one-off tasks stop at once.

Only the database seed is run, if there is a PostgreSQL for it, and the ops task, which calls
simulated brokers (`brokers`). A container whose image has a word of `faults` in its name fails, and
with it its service's deployment, as with the circuit breaker. This is for rehearsing failures.
"""

import json
import threading
from typing import Any
from zlib import crc32

from camformation.deploy.local import brokers, seed_task
from camformation.deploy.local.faults import EXITED, FAULTS, Fault, fault_of
from camformation.deploy.local.modules import Function, module, replace, replace_entry

Record = dict[str, Any]

CIRCUIT_BREAKER = (
    "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit "
    "Breaker was triggered'.\" (RequestToken: local, HandlerErrorCode: GeneralServiceException)"
)


def install() -> None:
    """Replace the task and service lifecycle."""
    ecs = module("services.ecs")
    replace("_get_docker", lambda _: lambda: None, ecs)
    replace("_docker_socket_present", lambda _: lambda: False, module("app"))
    replace("_describe_tasks", _stopping, ecs)
    replace_entry("_ACTION_MAP", "DescribeTasks", lambda _: ecs._describe_tasks, ecs)
    replace("_reconcile_service_tasks", _steady, ecs)


def task_definition(reference: str) -> Record | None:
    """The record of a task definition's ARN or family:revision."""
    ecs = module("services.ecs")
    found: Record | None = ecs._task_defs.get(ecs._resolve_td_key(reference))
    return found


def _stopping(original: Function) -> Function:
    """A one-off task is stopped when it is first read."""
    guard = threading.Lock()

    def describe(request: Record) -> Any:
        ecs = module("services.ecs")
        cluster = ecs._resolve_cluster_name(request.get("cluster", "default"))
        for reference in request.get("tasks", []):
            task = ecs._resolve_task(reference, cluster)
            alone = task and not str(task.get("group", "")).startswith("service:")
            if task and not alone and not task.get("attachments"):
                task["attachments"] = [_interface(task)]
            with guard:  # the first read runs it, others wait
                if alone and task["lastStatus"] != "STOPPED":
                    _finish(task)
        return original(request)

    return describe


def _interface(task: Record) -> Record:
    """A network interface with an unused address."""
    number = crc32(task["taskArn"].encode()) % 65000
    address = f"198.18.{number // 254}.{number % 254 + 1}"  # for tests of devices (RFC 2544)
    return {
        "type": "ElasticNetworkInterface",
        "status": "ATTACHED",
        "details": [{"name": "privateIPv4Address", "value": address}],
    }


def _finish(task: Record) -> None:
    """Stop a task with its container's exit: the seed's own, or an invented one."""
    ecs = module("services.ecs")
    definition = task_definition(task["taskDefinitionArn"])
    fails = fault_of(definition)
    ran = None if fails else seed_task.run(definition)
    asked = None if fails or ran else brokers.ask(definition, task)
    if ran is not None:
        _log(ran.container, task, ran.lines)
        exit_code = ran.exit_code
    elif asked is not None:
        container, exit_code, lines = asked
        _log(container, task, lines)
    else:
        exit_code = 1 if fails else 0
        for container in (definition or {}).get("containerDefinitions") or []:
            image = container.get("image", "")
            line = f"local target: {image} was not run; exit code {exit_code}"
            _log(container, task, [line])
    ecs._mark_task_stopped(
        task["taskArn"], task, EXITED, "EssentialContainerExited", exit_code=exit_code
    )


def _log(container: Record, task: Record, lines: list[str]) -> None:
    """Write lines to the log group that the container's log driver names."""
    ecs = module("services.ecs")
    config = ecs._awslogs_config(container, task["taskArn"].rsplit("/", 1)[-1], "local")
    if config and ecs._ensure_awslogs_stream(config):
        for line in lines:
            ecs._emit_awslogs_event(config, line)


def _steady(original: Function) -> Function:
    """Set a service to its final state at once: steady, or failed."""

    def reconcile(cluster: str, key: str) -> None:
        ecs = module("services.ecs")
        for (
            task
        ) in ecs._tasks.values():  # MiniStack restores running tasks as stopped, but still desired
            if task.get("lastStatus") == "STOPPED":
                task["desiredStatus"] = "STOPPED"
        service = ecs._services.get(key)
        active = service is not None and service["status"] == "ACTIVE"
        wanted = active and service.get("desiredCount")
        fault = fault_of(task_definition(service.get("taskDefinition", ""))) if wanted else None
        if fault:
            _fail_deployment(service, fault)
            return
        seeded = _seed(service) if wanted else None
        if seeded is not None and seeded.exit_code:
            _fail_deployment(service, (FAULTS[-1], ""), seeded)
            return
        original(cluster, key)
        # Each round replaces as many as minimum and maximum percent allow.
        for _ in range(2 * int((service or {}).get("desiredCount") or 0)):
            primary = ecs._primary_deployment(service)
            if not primary or primary.get("rolloutState") != "IN_PROGRESS":
                break
            original(cluster, key)
        if service is not None:
            brokers.follow(service, task_definition(service.get("taskDefinition", "")))
        if active:
            _say(service, f"(service {service['serviceName']}) has reached a steady state.")

    return reconcile


def _seed(service: Record) -> seed_task.Ran | None:
    """Run the seed at the start of a service's tasks, once for each revision."""
    definition = service.get("taskDefinition", "")
    if service.get("_seeded") == definition:
        return None
    ran = seed_task.run(task_definition(definition))
    if ran is not None and ran.exit_code == 0:
        service["_seeded"] = definition
    return ran


def _fail_deployment(
    service: Record, fault: tuple[Fault, str], seeded: seed_task.Ran | None = None
) -> None:
    """The primary deployment's tasks stopped too often; one stopped task can be read."""
    ecs = module("services.ecs")
    deployment = ecs._primary_deployment(service)
    threshold = ecs._circuit_breaker_threshold(service)
    how, image = fault
    balancers = [each["targetGroupArn"] for each in service.get("loadBalancers") or []]
    group = balancers[0] if balancers else "none"
    reply = ecs._run_task(
        {
            "cluster": service["clusterArn"],
            "taskDefinition": service["taskDefinition"],
            "group": f"service:{service['serviceName']}",
            "startedBy": deployment["id"],
            "launchType": service.get("launchType"),
            "_deploymentId": deployment["id"],
        }
    )
    for task in json.loads(reply[2])["tasks"]:
        record = ecs._tasks[task["taskArn"]]
        # With any other code, MiniStack would count the failure and start the next task.
        ecs._mark_task_stopped(record["taskArn"], record, EXITED, "UserInitiated", exit_code=1)
        how.stop(record, image, group)
        if seeded is not None:
            _log(seeded.container, record, seeded.lines)
    if how.says:
        _say(service, how.says.format(service=service["serviceName"], group=group))
    deployment.update(
        rolloutState="FAILED",
        rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.",
        failedTasks=threshold,
        runningCount=0,
    )
    _say(
        service,
        f"(service {service['serviceName']}) (deployment {deployment['id']}) deployment failed: "
        "tasks failed to start.",
    )


def _say(service: Record, message: str) -> None:
    ecs = module("services.ecs")
    if not service["events"] or service["events"][0]["message"] != message:
        service["events"].insert(
            0,
            {
                "id": module("core.responses").new_uuid(),
                "createdAt": ecs._iso(),
                "message": message,
            },
        )
