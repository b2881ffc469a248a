"""The state of a simulated cluster as JSON, so that it outlives the command."""

from datetime import datetime
from typing import Any

from camformation.deploy.local.camunda_cluster import SimulatedCluster
from camformation.deploy.local.camunda_server import SimulatedCamunda

PLAIN = ("version", "partitions", "factor", "leases", "tasks", "number", "changed", "last")
MORE = ("exporters", "exporting", "mode", "position", "exported", "data")


def to_data(camunda: SimulatedCamunda) -> dict[str, Any]:
    """Return the state."""
    cluster, backups = camunda.cluster, camunda.backups
    pending = cluster.pending and {**cluster.pending, "began": cluster.pending["began"].isoformat()}
    return {
        **{name: getattr(cluster, name) for name in (*PLAIN, *MORE)},
        "members": [[broker, list(parts.items())] for broker, parts in cluster.members.items()],
        "pending": pending,
        "backups": [
            [number, {**found, "at": found["at"].isoformat()}]
            for number, found in backups.taken.items()
        ],
    }


def from_data(data: dict[str, Any]) -> SimulatedCamunda:
    """Return a cluster in that state."""
    cluster = SimulatedCluster()
    for name in (*PLAIN, *MORE):
        setattr(cluster, name, data[name])
    cluster.members = {broker: dict(map(tuple, parts)) for broker, parts in data["members"]}
    cluster.pending = data["pending"] and {
        **data["pending"],
        "began": datetime.fromisoformat(data["pending"]["began"]),
    }
    camunda = SimulatedCamunda(cluster)
    for number, found in data["backups"]:
        camunda.backups.put_back(number, {**found, "at": datetime.fromisoformat(found["at"])})
    return camunda
