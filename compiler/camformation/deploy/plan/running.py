"""The running system, for the gate: tasks, engine versions, stopped databases."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from camformation.deploy.plan.symbols import Address


@dataclass(frozen=True)
class Tasks:
    """The desired and running number of an ECS service's tasks."""

    desired: int
    running: int
    scaled: tuple[int, int] | None = None  # from and to, by Application Auto Scaling


@dataclass(frozen=True)
class ClusterSize:
    """A cluster as reported by its brokers; `changing`: a change is running."""

    brokers: int
    partitions: int
    factor: int  # replicas of each partition
    changing: bool


@dataclass(frozen=True)
class Running:
    """The running parts by the address of their resource; `unknown` says why it is incomplete."""

    tasks: Mapping[Address, Tasks] = field(default_factory=dict)
    engines: Mapping[Address, str] = field(default_factory=dict)  # versions
    stopped: frozenset[Address] = frozenset()  # databases
    unknown: str = ""
    scaling_unknown: str = ""  # why the scaling ranges are not known
    cluster: ClusterSize | None = None  # queried only if a deployment changes it
    cluster_unknown: str = ""  # why it could not be queried


NOT_ASKED = Running(unknown="no account was read")
"""The knowledge about the running system for a plan made only from templates."""

NOT_EACH = Running(unknown="the accounts of a fleet are not read (`--preview` reads one)")
"""The knowledge about it for a plan for stacks of many accounts."""
