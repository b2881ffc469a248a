"""Amazon Aurora's rules for engine versions and writers, and its databases as they were saved."""

import time
from typing import Any

from camformation.deploy.local import databases
from camformation.deploy.local.modules import Function, module, replace, replace_handler
from camformation.deploy.local.operations import current

CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"


def install() -> None:
    """Refuse engine versions like RDS; make one instance the writer; restore databases."""
    replace_handler(CLUSTER, "update", _upgradable)
    replace_handler(CLUSTER, "delete", _with_data)
    for action in ("create", "delete"):
        replace_handler(INSTANCE, action, _one_writer)
    replace("load_persisted_state", _as_it_was, module("services.rds"))
    replace("_cluster_xml", _restorable_until_now, module("services.rds"))


def _restorable_until_now(original: Function) -> Function:
    """A cluster can be restored to about the present time (Amazon RDS API Reference, DBCluster)."""

    def xml(cluster: dict[str, Any]) -> str:
        now = module("services.rds")._format_time(time.time())
        text: str = original({**cluster, "LatestRestorableTime": now})
        return text

    return xml


def _upgradable(original: Function) -> Function:
    """RDS does not downgrade engines. A rollback keeps the engine, and succeeds.

    Source: aws-cloudformation-resource-providers-rds, Translator.modifyDbClusterRequest.
    """

    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *arguments: Any, **more: Any
    ) -> Any:
        clusters = module("services.rds")._clusters
        running = str((clusters.get(physical_id) or {}).get("EngineVersion", ""))
        operation = current.get()
        back = operation is not None and (operation.rolling_back or operation.reverting)
        same = old.get("EngineVersion") == new.get("EngineVersion")
        if not (back or same) and lower(str(new.get("EngineVersion", "")), running):
            raise ValueError(
                f"Cannot upgrade {new.get('Engine')} from {running} to {new['EngineVersion']} "
                "(Service: Rds, Status Code: 400)"
            )
        updated_id, attributes = original(physical_id, old, new, *arguments, **more)
        if (back or same) and updated_id == physical_id:
            clusters[physical_id]["EngineVersion"] = running
        return updated_id, attributes

    return update


def lower(version: str, than: str) -> bool:
    """Whether an engine's version is older than another."""
    one, other = _numbers(version), _numbers(than)
    return bool(one and other) and one < other


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


def _one_writer(original: Function) -> Function:
    """One instance of a cluster is the writer; when it is deleted, another takes over (Aurora User
    Guide)."""

    def handle(*arguments: Any, **more: Any) -> Any:
        result = original(*arguments, **more)
        for cluster in module("services.rds")._clusters.values():
            members = cluster["DBClusterMembers"]
            writers = [each for each in members if each["IsClusterWriter"]] or members
            for member in members:
                member["IsClusterWriter"] = member is writers[0]
        return result

    return handle


def _with_data(original: Function) -> Function:
    """The database behind the cluster is deleted with it."""

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        clusters = module("services.rds")._clusters
        record = clusters.get(physical_id)
        original(physical_id, properties)
        if record is not None and physical_id not in clusters:
            databases.remove(record)

    return delete


def _as_it_was(_: Function) -> Function:
    """MiniStack would look for a container behind each database, and take its address."""

    def load(state: Any) -> None:
        rds = module("services.rds")
        rds._restore_state(state)
        for instance in rds._instances._data.values():
            instance["DBInstanceStatus"] = "available"

    return load
