"""Values in patches of services and their tasks, with which they do not run as they should."""

import re
from typing import Any

from camformation.diagnostics import Severity
from camformation.rules.misuse import Misuse
from camformation.shapes import off, on, whole

FIRST_WITH_EFS = (1, 4)
LAST_STOP = 120  # seconds
_EXEC = "the tasks' role does not let ECS Exec open a session"

TASKS = (
    Misuse(
        "orchestration",
        r"OrchestrationService/Properties/DeploymentConfiguration/MaximumPercent",
        lambda _, value: (whole(value) or 0) > 100,
        "ECS would start brokers beside those that run, which wait until a node ID is free",
        "leave 100: ECS replaces one broker at a time",
    ),
    Misuse(
        "orchestration",
        r"OrchestrationService/Properties/PlatformVersion",
        lambda _, value: _release(value) < FIRST_WITH_EFS,
        "platform version {value} of Fargate mounts no file systems of Amazon EFS",
        "remove it, or write 1.4.0",
        Severity.ERROR,
    ),
    Misuse(
        "orchestration",
        r"OrchestrationService/Properties/ServiceConnectConfiguration/Enabled",
        lambda d, value: off(value) and d.connectors.enabled,
        "connectors reach brokers by the names of Service Connect, which would be off",
        "leave it on",
    ),
    Misuse(
        "orchestration",
        r"OrchestrationService/Properties/EnableExecuteCommand",
        lambda d, value: on(value) and not d.orchestration.execute_command,
        _EXEC,
        "remove it, and set orchestration.execute_command",
    ),
    Misuse(
        "connectors",
        r"ConnectorsService/Properties/EnableExecuteCommand",
        lambda d, value: on(value) and not d.connectors.execute_command,
        _EXEC,
        "remove it, and set connectors.execute_command",
    ),
    *(
        misuse
        for component, title in (("orchestration", "Orchestration"), ("connectors", "Connectors"))
        for misuse in (
            Misuse(
                component,
                rf"{title}TaskDefinition/Properties/ContainerDefinitions/[^/]+/StopTimeout",
                lambda _, value: (whole(value) or 0) > LAST_STOP,
                "Fargate ends a container after 120 seconds at most, not {value}",
                "write 120 or less",
            ),
            Misuse(
                component,
                rf"{title}TaskDefinition/Properties/RuntimePlatform/OperatingSystemFamily",
                lambda _, value: str(value).startswith("WINDOWS"),
                "images for Linux, like Camunda's, do not start on {value}",
                "remove it",
                Severity.ERROR,
            ),
        )
    ),
)


def _release(value: Any) -> tuple[int, ...]:
    found = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?", str(value))
    return tuple(map(int, found.groups())) if found else FIRST_WITH_EFS
