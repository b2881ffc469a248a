"""Simulated brokers behind the emulated ECS, so that managing them can be rehearsed.

A service whose tasks are brokers gets a simulated cluster of that size; a change of its number of
tasks starts and stops simulated brokers. Only their management API answers: nothing is processed,
and nothing is stored.
"""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.deploy.local.camunda_server import SimulatedCamunda
from camformation.deploy.local.camunda_state import from_data, to_data
from camformation.deploy.local.modules import module
from camformation.writing import replace_file

Record = dict[str, Any]

SIZE = "CAMUNDA_CLUSTER_SIZE"
BACKUP_IDS = tuple(f"CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_{e}" for e in ("CONTINUOUS", "SCHEDULE"))
"""With either, brokers give backups their ids (Camunda docs, Backup and restore of Zeebe data)."""

PACE = 12
SECONDS = 50.0  # callers of the emulator wait for an answer for a minute
FOLDER = "camunda"

_running: dict[str, SimulatedCamunda] = {}
_guard = threading.RLock()


def follow(service: Record, definition: Record | None) -> None:
    """Start and stop brokers as ECS has tasks of their service."""
    told = _told(definition)
    if SIZE not in told:
        return
    with _guard:
        camunda = _behind(service, told, definition)
        count = int(service.get("desiredCount") or 0) if service["status"] == "ACTIVE" else 0
        if len(camunda.cluster.tasks) != count:
            camunda.cluster.set_tasks(count)
            _save(service, camunda)


def ask(definition: Record | None, task: Record) -> tuple[Record, int, list[str]] | None:
    """Run the code of an ops task; return its container, exit code and lines, or None for another
    task."""
    from camformation.components.ops_task import script

    for container in (definition or {}).get("containerDefinitions") or []:
        if container.get("command") == [script()]:
            with _guard:
                return _run(container, task)
    return None


def end_all() -> None:
    """End the servers of all clusters."""
    with _guard:
        for camunda in _running.values():
            camunda.close()
        _running.clear()


def _run(container: Record, task: Record) -> tuple[Record, int, list[str]]:
    found = _asked(container)
    if found is None:
        return container, 2, ["local target: there are no brokers"]
    service, camunda = found
    given = next(
        (
            {each["name"]: each["value"] for each in override.get("environment") or []}
            for override in (task.get("overrides") or {}).get("containerOverrides") or []
            if override.get("name") == container.get("name")
        ),
        {},
    )
    hosts = [each.removeprefix("http://") for each in camunda.brokers()]
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", container["command"][0]],
        env={"CALLS": given.get("CALLS", ""), "BROKERS": " ".join(hosts)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # no terminal, as in a container, and no Ctrl-C
    )
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    _save(service, camunda)
    return container, process.returncode, output.splitlines()


def _asked(container: Record) -> tuple[Record, SimulatedCamunda] | None:
    """Return the brokers that write to the same log group: those of the same deployment."""
    ecs = module("services.ecs")
    for service in ecs._services.values():
        definition = ecs._task_defs.get(ecs._resolve_td_key(service.get("taskDefinition", "")))
        if SIZE in _told(definition) and _log_group(container) in map(_log_group, _own(definition)):
            return service, _behind(service, _told(definition), definition)
    return None


def _behind(service: Record, told: dict[str, str], definition: Record | None) -> SimulatedCamunda:
    """Return the cluster of a service, in its last state or a new one."""
    key = service["serviceArn"]
    if key not in _running:
        camunda = _saved(service)
        if camunda is None:
            size, partitions, factor = (
                int(told.get(name) or 1)
                for name in (
                    SIZE,
                    "CAMUNDA_CLUSTER_PARTITIONCOUNT",
                    "CAMUNDA_CLUSTER_REPLICATIONFACTOR",
                )
            )
            camunda = SimulatedCamunda(SimulatedCluster(size, partitions, factor))
        _running[key] = camunda
    camunda = _running[key]
    camunda.cluster.pace = PACE
    camunda.backups.generated = any(told.get(e) not in (None, "", "false") for e in BACKUP_IDS)
    camunda.cluster.version = _version(definition) or camunda.cluster.version
    return camunda


def _file(service: Record) -> Path:
    name = re.sub(r"[^\w-]", "-", service["serviceArn"].rpartition(":service/")[2])
    return Path(os.environ["STATE_DIR"]).parent / FOLDER / f"{name}.json"


def _saved(service: Record) -> SimulatedCamunda | None:
    try:
        return from_data(json.loads(_file(service).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):  # a cluster that first starts
        return None


def _save(service: Record, camunda: SimulatedCamunda) -> None:
    file = _file(service)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(file, json.dumps(to_data(camunda)).encode())


def forget(service_arn: str) -> None:
    """Forget the cluster of a service that is deleted: its data goes with its deployment."""
    with _guard:
        camunda = _running.pop(service_arn, None)
        if camunda:
            camunda.close()
        _file({"serviceArn": service_arn}).unlink(missing_ok=True)


def _own(definition: Record | None) -> list[Record]:
    return (definition or {}).get("containerDefinitions") or []


def _told(definition: Record | None) -> dict[str, str]:
    return {
        each["name"]: str(each.get("value", ""))
        for container in _own(definition)
        for each in container.get("environment") or []
    }


def _version(definition: Record | None) -> str:
    for container in _own(definition):
        if any(each["name"] == SIZE for each in container.get("environment") or []):
            found = re.search(r":(\d+\.\d+\.\d+)", container.get("image", ""))
            return found[1] if found else ""
    return ""


def _log_group(container: Record) -> str:
    options = (container.get("logConfiguration") or {}).get("options") or {}
    return str(options.get("awslogs-group", ""))
