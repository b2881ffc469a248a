"""Brokers of a simulated cluster in the form of `GET /actuator/cluster`. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from camformation.deploy.local.camunda_changes import Replicas


def brokers_of(
    members: Replicas, mode: str, exporters: Mapping[str, str], version: int, now: datetime
) -> list[dict[str, Any]]:
    """Return brokers with their replicas."""
    exporting = [{"id": name, "state": state} for name, state in exporters.items()]
    return [
        {
            "id": broker,
            "state": "ACTIVE",
            "version": version,
            "lastUpdatedAt": text_of(now),
            "partitions": [
                {
                    "id": partition,
                    "state": "ACTIVE" if mode == "PROCESSING" else "RECOVERING",
                    "priority": priority,
                    "config": {"exporting": {"exporters": exporting}},
                }
                for partition, priority in sorted(parts.items())
            ],
        }
        for broker, parts in sorted(members.items())
    ]


def text_of(when: datetime) -> str:
    """Return a time in the brokers' format, with nanoseconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
