"""The ops task: a one-off task that calls port 9600 of the brokers, which nothing else may reach.

It is started on demand; in between, nothing runs or costs money.
"""

from functools import cache
from pathlib import Path

from troposphere.ecs import TaskDefinition

from camformation.components.cluster import Cluster
from camformation.components.container_security import ContainersSpec, own_container
from camformation.components.fargate import RegistrySpec, Variables, container, task_definition
from camformation.components.keys import Keys
from camformation.components.logs import Logs
from camformation.components.operations_spec import OpsTaskSpec
from camformation.components.roles import execution_role
from camformation.units import Unit

CONTAINER = "ops"
NOBODY = "65534:65534"
MEMORY_MIB = 512


def build_ops_task(
    unit: Unit,
    spec: OpsTaskSpec,
    security: ContainersSpec,
    keys: Keys,
    logs: Logs,
    cluster: Cluster,
    registry: RegistrySpec,
) -> TaskDefinition:
    """Create the task's definition and its execution role; its code needs no AWS API, and no task
    role.

    Its network is set when it is started: the brokers' subnets, and its own security group.
    """
    starter = execution_role(
        unit,
        "OpsExecutionRole",
        images=[spec.image],
        log_group=logs.camunda,
        secrets=[],
        keys=keys,
        registry=registry,
        monitored=cluster.runtime_monitoring,
    )
    asking = container(
        CONTAINER,
        spec.image,
        Variables({}, {}),
        logs.camunda,
        registry,
        Essential=True,
        EntryPoint=["python3", "-c"],
        Command=[script()],
        **(own_container(security, MEMORY_MIB) | {"User": NOBODY, "ReadonlyRootFilesystem": True}),
    )
    family = f"{unit.deployment}-ops"
    return unit.add(
        task_definition(
            "OpsTaskDefinition", family, [asking], starter, cpu=256, memory_mib=MEMORY_MIB
        )
    )


@cache
def script() -> str:
    """Return the container's code, which is a file next to this one."""
    return Path(__file__).with_name("ops_script.py").read_text(encoding="utf-8")
