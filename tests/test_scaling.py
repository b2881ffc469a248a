"""How many tasks run and where: automatic scaling, Fargate Spot, restarts, an existing cluster."""

from typing import Any

import pytest

from camformation.layout import Layout
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

HERE = "eu-west-2:111122223333"
AUTOSCALING = {"min_tasks": 2, "max_tasks": 6}


def service(name: str = "Connectors", **sections: Any) -> dict[str, Any]:
    found: dict[str, Any] = resources(**sections)[f"{name}Service"]["Properties"]
    return found


def of(kind: str, **sections: Any) -> dict[str, dict[str, Any]]:
    found = resources(**sections)
    return {name: each["Properties"] for name, each in found.items() if each["Type"] == kind}


def test_a_service_that_scales_keeps_its_number_of_tasks_in_an_update() -> None:
    assert service()["DesiredCount"] == 1
    scaled = service(connectors={"autoscaling": AUTOSCALING, "tasks": 4})
    assert "DesiredCount" not in scaled
    assert service("Orchestration", connectors={"autoscaling": AUTOSCALING})["DesiredCount"] == 3


@pytest.mark.parametrize("layout", Layout)
def test_the_target_is_the_connectors_service(layout: Layout) -> None:
    found = templates(layout, connectors={"autoscaling": AUTOSCALING})
    component = found["connectors" if layout is Layout.NESTED else "root"]["Resources"]
    target = component["ConnectorsScalableTarget"]["Properties"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert target["ScalableDimension"] == "ecs:service:DesiredCount"
    text, values = target["ResourceId"]["Fn::Sub"]
    assert text == "service/${Cluster}/${Service}"
    assert values["Service"] == {"Fn::GetAtt": ["ConnectorsService", "Name"]}


@pytest.mark.parametrize(
    ("targets", "metrics"),
    [
        ({}, {"Cpu": ("ECSServiceAverageCPUUtilization", 60)}),
        (
            {"target_cpu_percent": None, "target_memory_percent": 75},
            {"Memory": ("ECSServiceAverageMemoryUtilization", 75)},
        ),
        (
            {"target_cpu_percent": 50, "target_memory_percent": 80},
            {
                "Cpu": ("ECSServiceAverageCPUUtilization", 50),
                "Memory": ("ECSServiceAverageMemoryUtilization", 80),
            },
        ),
    ],
)
def test_scaling_follows_what_the_spec_names(
    targets: dict[str, Any], metrics: dict[str, tuple[str, int]]
) -> None:
    policies = of(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        connectors={"autoscaling": {**AUTOSCALING, **targets}},
    )
    assert {name: (found(each)) for name, each in policies.items()} == {
        f"Connectors{name}ScalingPolicy": metric for name, metric in metrics.items()
    }


def found(policy: dict[str, Any]) -> tuple[str, int]:
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["ScaleOutCooldown"], tracking["ScaleInCooldown"]) == (120, 300)
    metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
    return metric, tracking["TargetValue"]


def test_nothing_scales_unless_it_is_said() -> None:
    kinds = {each["Type"] for each in resources().values()}
    assert not [kind for kind in kinds if "ApplicationAutoScaling" in kind]


SPOT = [{"provider": "FARGATE_SPOT", "weight": 3}, {"provider": "FARGATE", "base": 1}]


def test_capacity_providers_take_the_place_of_the_launch_type() -> None:
    spot = service(connectors={"capacity_provider_strategy": SPOT})
    assert "LaunchType" not in spot
    assert spot["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE", "Base": 1, "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Base": 0, "Weight": 3},
    ]
    assert service()["LaunchType"] == "FARGATE"
    assert "CapacityProviderStrategy" not in service()


def test_the_order_of_capacity_providers_means_nothing() -> None:
    one, other = (
        resources(connectors={"capacity_provider_strategy": strategy})
        for strategy in (SPOT, SPOT[::-1])
    )
    assert one == other


def test_the_own_cluster_has_the_capacity_providers_and_brokers_stay_on_fargate() -> None:
    spot = resources(connectors={"capacity_provider_strategy": SPOT})
    providers = spot["CapacityProviders"]["Properties"]
    assert providers["Cluster"] == {"Ref": "EcsCluster"}
    assert providers["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert "CapacityProviders" in spot["ConnectorsService"]["DependsOn"]
    assert spot["OrchestrationService"]["Properties"]["LaunchType"] == "FARGATE"
    assert "CapacityProviders" not in resources()
    existing = {"existing": "platform"}
    assert "CapacityProviders" not in resources(
        cluster=existing, connectors={"capacity_provider_strategy": SPOT}
    )


@pytest.mark.parametrize(
    "connectors",
    [
        {"autoscaling": AUTOSCALING},
        {"autoscaling": {"min_tasks": 1, "max_tasks": 1}},
        {"capacity_provider_strategy": SPOT},
        {"capacity_provider_strategy": [{"provider": "FARGATE_SPOT"}]},
        {"capacity_provider_strategy": [{"provider": "FARGATE"}]},
        {"enabled": False, "autoscaling": {"min_tasks": 3, "max_tasks": 1}},
    ],
)
def test_sound_scaling_is_left_alone(connectors: dict[str, Any]) -> None:
    assert findings(deployment(connectors=connectors)) == []


# Restarts


@pytest.mark.parametrize("section", ["orchestration", "connectors"])
def test_another_value_starts_a_new_deployment_of_that_service_alone(section: str) -> None:
    plain, first, second = (
        resources(**{section: {"restart": value}}) for value in (None, "2026-11-28", "2026-11-29")
    )
    name = f"{section.capitalize()}Service"
    forced = first[name]["Properties"].pop("ForceNewDeployment")
    assert forced == {
        "EnableForceNewDeployment": True,
        "ForceNewDeploymentNonce": "2026-11-28",
    }
    assert first == plain
    assert second[name]["Properties"].pop("ForceNewDeployment") != forced
    assert second == plain


# An existing cluster


@pytest.mark.parametrize(
    "name", ["platform", "arn:aws:ecs:eu-west-2:111122223333:cluster/platform"]
)
@pytest.mark.parametrize("layout", Layout)
def test_services_run_in_the_existing_cluster(layout: Layout, name: str) -> None:
    found = templates(layout, cluster={"existing": name})
    everything = {key: value for each in found.values() for key, value in each["Resources"].items()}
    assert "EcsCluster" not in everything
    assert "ServiceConnectNamespace" in everything  # the services' own names
    where = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:cluster/platform"
    if layout is Layout.FLAT:
        for service_name in ("OrchestrationService", "ConnectorsService"):
            assert everything[service_name]["Properties"]["Cluster"] == {"Fn::Sub": where}
    assert found["root"]["Outputs"]["EcsClusterName"]


def test_the_seed_runs_in_the_existing_cluster_alone() -> None:
    (policy,) = resources(cluster={"existing": "platform"})["SeedFunctionRole"]["Properties"][
        "Policies"
    ]
    run, watch = policy["PolicyDocument"]["Statement"][:2]
    for each in (run, watch):
        assert each["Condition"]["ArnEquals"]["ecs:cluster"]["Fn::Sub"].endswith("cluster/platform")
    assert watch["Resource"][0]["Fn::Sub"][1] == {"Cluster": "platform"}
