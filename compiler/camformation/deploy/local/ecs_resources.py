"""AWS::ECS::Service and AWS::ECS::TaskDefinition with every property our templates set."""

import time
from typing import Any

from camformation.deploy.local import brokers
from camformation.deploy.local.ecs import CIRCUIT_BREAKER
from camformation.deploy.local.modules import (
    Function,
    cloudformation,
    module,
    replace,
    replace_handler,
)
from camformation.deploy.local.resource_failures import leave_failed, started

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]

SERVICE = "AWS::ECS::Service"

SEEN_S = 1.0
"""The time for which a failed rollout does not change, so that the stopped task can be seen. ECS
takes minutes."""

# Keys below these are the user's own words, not property names.
VERBATIM = frozenset({"Options", "DockerLabels"})
NUMBERS = frozenset(
    [
        "ContainerPort",
        "HostPort",
        "StopTimeout",
        "StartTimeout",
        "Interval",
        "Timeout",
        "Retries",
        "StartPeriod",
        "Cpu",
        "Memory",
        "MemoryReservation",
        "SizeInGiB",
        "Port",
        "DesiredCount",
        "HealthCheckGracePeriodSeconds",
        "MinimumHealthyPercent",
        "MaximumPercent",
        "TransitEncryptionPort",
    ]
)

# Create-only properties of the AWS::ECS::Service provider schema.
SERVICE_IDENTITY = ("Cluster", "LaunchType", "Role", "SchedulingStrategy", "ServiceName")


def install() -> None:
    """Replace the task definition and service handlers."""
    replace("_ecs_task_def_create", _whole_task_definition, cloudformation("provisioners"))
    replace_handler(
        "AWS::ECS::TaskDefinition",
        "create",
        lambda _: cloudformation("provisioners")._ecs_task_def_create,
    )
    replace_handler(SERVICE, "create", _create_service)
    replace_handler(SERVICE, "update", _update_service)
    handlers = cloudformation("provisioners")._RESOURCE_HANDLERS
    handlers[SERVICE]["update_with_logical_id"] = True
    replace_handler(SERVICE, "delete", lambda _: _delete_service)
    replace("_runs_on_worker_thread", _threaded, cloudformation("stacks"))


def _threaded(original: Function) -> Function:
    """Services are created in parallel with answers to their followers."""
    return lambda resource_type: resource_type == SERVICE or original(resource_type)


def api_form(value: Any, key: str = "") -> Any:
    """A template value in the form of the ECS API: keys in lower camel case, numbers as numbers."""
    if isinstance(value, list):
        return [api_form(item, key) for item in value]
    if isinstance(value, dict):
        if key in VERBATIM:
            return dict(value)
        return {name[:1].lower() + name[1:]: api_form(item, name) for name, item in value.items()}
    if key in NUMBERS and isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    return value


def _whole_task_definition(original: Function) -> Function:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        arn, attributes = original(logical_id, properties, stack_name)
        record = module("services.ecs")._task_defs[arn.rsplit("/", 1)[-1]]
        record["containerDefinitions"] = [
            {**api_form(container), "essential": api_form(container.get("Essential", True))}
            | {
                "environment": [
                    {"name": variable["Name"], "value": str(variable.get("Value", ""))}
                    for variable in container.get("Environment") or []
                ]
            }
            for container in properties.get("ContainerDefinitions") or []
        ]
        record["volumes"] = api_form(properties.get("Volumes") or [])
        for name in ("RuntimePlatform", "EphemeralStorage"):
            if name in properties:
                record[name[:1].lower() + name[1:]] = api_form(properties[name])
        return arn, attributes

    return create


def _request(properties: Properties) -> dict[str, Any]:
    """CreateService's request: every property, in the API's form."""
    request: dict[str, Any] = api_form({k: v for k, v in properties.items() if k != "Tags"})
    request["tags"] = [
        {"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags") or []
    ]
    return request


def _cluster_name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1] or "default"


def _attributes(arn: str) -> dict[str, Any]:
    return {"ServiceArn": arn, "Name": arn.rsplit("/", 1)[-1]}


def _store(arn: str) -> dict[str, Any]:
    """The service's record."""
    cluster, name = arn.rsplit("/", 2)[1:]
    record: dict[str, Any] = module("services.ecs")._services[f"{cluster}/{name}"]
    return record


def _complete(arn: str, request: dict[str, Any]) -> None:
    """Keep values that MiniStack drops: Service Connect is shown with the deployment, as in the
    API."""
    record = _store(arn)
    for name in ("serviceRegistries", "availabilityZoneRebalancing", "volumeConfigurations"):
        if name in request:
            record[name] = request[name]
    connect = request.get("serviceConnectConfiguration")
    if connect is not None and record["deployments"]:
        record["deployments"][0]["serviceConnectConfiguration"] = connect


def _failed(arn: str) -> bool:
    primary = module("services.ecs")._primary_deployment(_store(arn))
    return bool(primary and primary.get("rolloutState") == "FAILED")


def _create_service(_: Function) -> Function:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        request = _request(properties)
        request.setdefault("serviceName", f"{stack_name}-{logical_id}")
        request.setdefault("desiredCount", 1)  # an update without a number does not change it
        request["cluster"] = _cluster_name(properties.get("Cluster", ""))
        status, _headers, body = module("services.ecs")._create_service(request)
        if status >= 400:
            raise ValueError(f"AWS::ECS::Service create failed: {body!r}")
        responses = module("core.responses")
        arn = (
            f"arn:aws:ecs:{responses.get_region()}:{responses.get_account_id()}:"
            f"service/{request['cluster']}/{request['serviceName']}"
        )
        started(stack_name, logical_id, SERVICE, arn)
        _complete(arn, request)
        if _failed(arn):
            time.sleep(SEEN_S)
            leave_failed(stack_name, logical_id, SERVICE, arn)
            raise ValueError(CIRCUIT_BREAKER)
        return arn, _attributes(arn)

    return create


def _update_service(_: Function) -> Function:
    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Provisioned:
        known = "TaskDefinition" in old  # otherwise its creation failed, and is tried again
        if known and any(old.get(name) != new.get(name) for name in SERVICE_IDENTITY):
            created: Provisioned = _create_service(_)(logical_id, new, stack_name)
            return created
        _apply(physical_id, new)
        if _failed(physical_id):
            time.sleep(SEEN_S)
            # The state that a rollback of the circuit breaker, or of CloudFormation, would restore.
            if known:
                _apply(physical_id, old)
                record = _store(physical_id)  # ECS forgets a failed deployment without tasks
                left = [one for one in record["deployments"] if one["rolloutState"] != "FAILED"]
                record["deployments"] = left
            raise ValueError(CIRCUIT_BREAKER)
        return physical_id, _attributes(physical_id)

    return update


def _apply(arn: str, properties: Properties) -> None:
    request = _request(properties)
    cluster, name = arn.rsplit("/", 2)[1:]
    status, _headers, body = module("services.ecs")._update_service(
        {**request, "cluster": cluster, "service": name}
    )
    if status >= 400:
        raise ValueError(f"AWS::ECS::Service update failed: {body!r}")
    _complete(arn, request)
    module("services.ecs")._tags[arn] = request["tags"]


def _delete_service(physical_id: str, properties: Properties) -> None:
    cluster, name = physical_id.rsplit("/", 2)[1:]
    module("services.ecs")._delete_service({"cluster": cluster, "service": name, "force": True})
    brokers.forget(physical_id)
