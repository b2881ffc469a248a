"""The health of a deployment, as text and as data."""

import json
from collections.abc import Iterator
from typing import Any

import click

from camformation.deploy.live_stack.health import Health
from camformation.deploy.live_stack.part import Part, State
from camformation.deploy.live_stack.topology import Topology
from camformation.report.terminal_text import readable

COLOURS = {
    State.HEALTHY: "green",
    State.CHANGING: "yellow",
    State.UNHEALTHY: "red",
    State.STOPPED: "yellow",
    State.UNKNOWN: "cyan",
}
HINTED = (State.CHANGING, State.UNHEALTHY, State.STOPPED, State.UNKNOWN)


@readable
def health_text(health: Health, colour: bool) -> str:
    """Return the parts with their problems, then the brokers, then the verdict."""
    return "".join(f"{line}\n" for line in _lines(health, colour))


def _lines(health: Health, colour: bool) -> Iterator[str]:
    width = max(len(each.name) for each in health.parts)
    for each in health.parts:
        state = f"{each.state.value:<9}"
        styled = click.style(state, fg=COLOURS[each.state]) if colour else state
        yield f"{each.name:<{width}}  {styled}  {each.says}"
        yield from (f"{'':<{width}}             {line}" for line in each.details)
        if each.hint and (each.state in HINTED or each.name == "Camunda"):
            yield f"{'':<{width}}             hint: {each.hint}"
    if health.topology:
        yield ""
        yield from _brokers(health.topology)
    yield ""
    yield f"{health.stack} is {'healthy' if health.healthy else 'not healthy'}"


def _brokers(topology: Topology) -> Iterator[str]:
    for broker in topology.brokers:
        replicas = " ".join(
            f"{each.partition}:{each.role}"
            + ("" if each.health == "healthy" else f"({each.health or 'unknown'})")
            for each in sorted(broker.replicas, key=lambda each: each.partition)
        )
        yield f"broker {broker.id}  {broker.version}  {replicas or 'no partitions'}"


def health_json(health: Health, *, on_one_line: bool = False) -> str:
    """Return the same as JSON."""
    data = {
        "time": health.time.isoformat(),
        "stack": health.stack,
        "healthy": health.healthy,
        "parts": [_part(each) for each in health.parts],
        "topology": _topology(health.topology) if health.topology else None,
    }
    return json.dumps(data, indent=None if on_one_line else 2) + "\n"


def _part(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "state": part.state.value,
        "says": part.says,
        "details": list(part.details),
        "hint": part.hint,
    }


def _topology(topology: Topology) -> dict[str, Any]:
    return {
        "cluster_size": topology.size,
        "partitions": topology.partitions,
        "replication_factor": topology.replication_factor,
        "gateway_version": topology.gateway_version,
        "brokers": [
            {
                "id": broker.id,
                "host": broker.host,
                "version": broker.version,
                "partitions": [
                    {"id": each.partition, "role": each.role, "health": each.health}
                    for each in broker.replicas
                ],
            }
            for broker in topology.brokers
        ],
    }
