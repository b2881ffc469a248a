"""Resource types for scaling that MiniStack lacks: they exist, and scale nothing."""

from typing import Any

from camformation.deploy.local.modules import cloudformation, module

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
PROVIDERS = "AWS::ECS::ClusterCapacityProviderAssociations"
IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]


def install() -> None:
    """Register the handlers."""
    handlers = cloudformation("provisioners")._RESOURCE_HANDLERS
    for kind, create in ((TARGET, _target), (POLICY, _policy), (PROVIDERS, _providers)):
        handlers[kind] = {
            "create": create,
            "update": lambda physical_id, old, new, stack, title, create=create: create(
                title, new, stack
            ),
            "update_with_logical_id": True,
            "delete": lambda physical_id, properties: None,
        }


def _target(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    identifier = "|".join(str(properties.get(name, "")) for name in IDENTITY)
    return identifier, {"Id": identifier}


def _policy(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    arn = f"arn:aws:autoscaling:::scalingPolicy:{stack_name}:{properties.get('PolicyName')}"
    return arn, {"Arn": arn}


def _providers(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    name = str(properties["Cluster"]).rsplit("/", 1)[-1]
    cluster = module("services.ecs")._clusters[name]
    cluster["capacityProviders"] = list(properties["CapacityProviders"])
    return name, {}
