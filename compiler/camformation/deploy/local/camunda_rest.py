"""Port 8080 of a simulated cluster: `/v2` for anybody, `/cluster/v2` for cluster administrators.

It has no actuator endpoints; `/cluster/v2` exists from 8.10 on (Camunda docs, Cluster admin).
"""

import re
from typing import Any, Protocol

from camformation.deploy.local.camunda_backups import SimulatedBackups
from camformation.deploy.local.camunda_changes import restore_steps
from camformation.deploy.local.camunda_cluster import Rejected, SimulatedCluster

Reply = tuple[int, Any]
TENANT = "default"


class Served(Protocol):
    """The cluster that is served."""

    cluster: SimulatedCluster
    backups: SimulatedBackups

    def export(self, verb: str, *, soft: bool) -> None:
        """Pause or resume exporting."""


def rest_answer(
    served: Served, method: str, path: str, query: dict[str, str], body: Any, allowed: bool
) -> Reply:
    """Return status and body."""
    cluster = served.cluster
    if path == "/v2/status" and method == "GET":
        leads = any(cluster.leader(each) is not None for each in cluster.known())
        return (204 if leads else 503), None
    if path == "/v2/topology" and method == "GET":
        return 200, topology(cluster)
    if not path.startswith("/cluster/v2/") or cluster.version.startswith("8.9."):
        return 404, {"title": "Not Found", "detail": f"There is no {path}."}
    if path == "/cluster/v2/status" and method == "GET":
        return 200, {"status": "HEALTHY" if set(cluster.members) <= cluster.up else "DEGRADED"}
    if not allowed:
        return 401, {"title": "Unauthorized"}
    return _administered(served, method, path.removeprefix("/cluster/v2"), query, body)


def _administered(
    served: Served, method: str, path: str, query: dict[str, str], body: Any
) -> Reply:
    cluster, backups = served.cluster, served.backups
    if (method, path) == ("GET", "/topology"):
        return 200, _cluster_topology(cluster)
    if (method, path) == ("GET", "/exporting"):
        return 200, {"status": cluster.exporting}
    if method == "POST" and (found := re.fullmatch(r"/exporting/(pause|resume)", path)):
        served.export(found[1], soft=query.get("soft") == "true")
        return 204, None
    if (method, path) == ("POST", "/rebalance"):
        cluster.leaders.clear()
        return 202, {"state": "BALANCING", "partitions": []}
    if (method, path) == ("PATCH", "/mode"):
        return 200, _mode(cluster, query)
    if (method, path) == ("POST", "/restore"):
        return 202, _restored(served, body or {}, dry_run=query.get("dryRun") == "true")
    if (method, path) == ("GET", "/backups/runtime/state"):
        state = backups.state(cluster.known())
        return 200, {"physicalTenants": [{"physicalTenantId": TENANT, "state": state}]}
    if found := re.fullmatch(r"/backups/runtime(?:/(\d+))?", path):
        return _backup(served, method, found[1], body)
    return 404, {"title": "Not Found", "detail": f"There is no /cluster/v2{path}."}


def _backup(served: Served, method: str, number: str | None, body: Any) -> Reply:
    backups = served.backups
    if method == "POST" and number is None:
        wanted = (body or {}).get("backupId")
        taken = backups.take(wanted, served.cluster.known(), served.cluster.version)
        outcome = {"physicalTenantId": TENANT, "backupId": taken, "outcome": "TRIGGERED"}
        return 202, {"physicalTenants": [{**outcome, "reason": None}]}
    if method == "GET" and number is None:
        return 200, [_of_tenant(each) for each in backups.list()]
    if method == "GET" and number is not None:
        return 200, _of_tenant(backups.info(int(number)))
    if method == "DELETE" and number is not None:
        backups.delete(int(number))
        return 204, None
    return 405, {"title": "Method Not Allowed"}


def _of_tenant(info: dict[str, Any]) -> dict[str, Any]:
    """Return a backup grouped by tenant, as in the REST API."""
    own = {name: info[name] for name in ("state", "failureReason", "details")}
    return {
        "backupId": info["backupId"],
        "state": info["state"],
        "failureReason": info["failureReason"] or None,
        "physicalTenants": [{"physicalTenantId": TENANT, **own}],
    }


def _mode(cluster: SimulatedCluster, query: dict[str, str]) -> dict[str, Any]:
    mode = query.get("mode", "")
    if mode not in ("PROCESSING", "RECOVERING"):
        raise Rejected(400, f"{mode or 'nothing'} is no mode.")
    plan = [
        {"operation": name, "mode": mode, "brokerId": str(broker)}
        for name in ("ModeChangeOperation", "AwaitModeChangeOperation")
        for broker in cluster.members
    ]
    return _planned(cluster.change_mode(mode, dry_run=query.get("dryRun") == "true"), plan)


def _restored(served: Served, body: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    cluster = served.cluster
    if cluster.mode != "RECOVERING" or cluster.pending:
        raise Rejected(409, "The cluster is not in recovery mode, or still changes.")
    number, backup = served.backups.best(body, cluster.exported, cluster.version)
    if backup["partitions"] != cluster.known():
        raise Rejected(400, f"Backup {number} has other partitions.")
    steps = list(restore_steps(cluster.members, number, backup.get("position", 0)))
    plan = [{"operation": each["operation"], "mode": None} for each in steps]
    return _planned(cluster.number + 1 if dry_run else cluster.begin(steps), plan)


def _planned(number: int, plan: list[dict[str, Any]]) -> dict[str, Any]:
    changes = [{"physicalTenantId": TENANT, "operations": plan}]
    return {"changeId": str(number), "plannedChanges": changes}


def topology(cluster: SimulatedCluster) -> dict[str, Any]:
    """Return the answer of `GET /v2/topology`."""
    return {
        "clusterSize": len(cluster.members),
        "partitionsCount": cluster.partitions,
        "replicationFactor": cluster.factor,
        "gatewayVersion": cluster.version,
        "lastCompletedChangeId": str((cluster.last or {}).get("id", -1)),
        "brokers": [
            {
                "nodeId": broker,
                "host": f"10.0.0.{broker}",
                "port": 26501,
                "version": cluster.version,
                "partitions": _replicas(cluster, broker),
            }
            for broker in sorted(cluster.members)
            if broker in cluster.up
        ],
    }


def _cluster_topology(cluster: SimulatedCluster) -> dict[str, Any]:
    whole = topology(cluster)
    brokers = whole["brokers"]
    return {
        "clusterSize": whole["clusterSize"],
        "gatewayVersion": cluster.version,
        "clusterId": "simulated",
        "brokers": [
            {
                "brokerId": str(each["nodeId"]),
                **{name: each[name] for name in ("host", "port", "version")},
            }
            for each in brokers
        ],
        "physicalTenants": [
            {
                "physicalTenantId": TENANT,
                **{
                    name: whole[name]
                    for name in ("partitionsCount", "replicationFactor", "lastCompletedChangeId")
                },
                "brokers": [
                    {"brokerId": str(each["nodeId"]), "partitions": each["partitions"]}
                    for each in brokers
                ],
            }
        ],
    }


def _replicas(cluster: SimulatedCluster, broker: int) -> list[dict[str, Any]]:
    return [
        {
            "partitionId": partition,
            "role": _role(cluster, broker, partition),
            "health": "healthy",
            "state": "active" if cluster.mode == "PROCESSING" else "recovering",
        }
        for partition in sorted(cluster.members[broker])
    ]


def _role(cluster: SimulatedCluster, broker: int, partition: int) -> str:
    if cluster.mode != "PROCESSING":
        return "inactive"
    return "leader" if cluster.leader(partition) == broker else "follower"
