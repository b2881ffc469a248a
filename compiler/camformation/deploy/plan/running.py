"""The running system, as far as the gate asks: tasks, engine versions, stopped databases."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from camformation.deploy.plan.symbols import Address


@dataclass(frozen=True)
class Tasks:
    """How many tasks an ECS service is to run, and how many do."""

    desired: int
    running: int
    scaled: tuple[int, int] | None = None  # from and to, by Application Auto Scaling


@dataclass(frozen=True)
class ClusterSize:
    """A cluster as its brokers tell; `changing`: a change of it goes on."""

    brokers: int
    partitions: int
    factor: int  # replicas of each partition
    changing: bool


@dataclass(frozen=True)
class Running:
    """What runs, by the address of its resource; `unknown` says why not all of it is known."""

    tasks: Mapping[Address, Tasks] = field(default_factory=dict)
    engines: Mapping[Address, str] = field(default_factory=dict)  # versions
    stopped: frozenset[Address] = frozenset()  # databases
    unknown: str = ""
    scaling_unknown: str = ""  # why it is not known what Application Auto Scaling scales
    cluster: ClusterSize | None = None  # asked for only where a deployment changes it
    cluster_unknown: str = ""  # why it could not be asked


NOT_ASKED = Running(unknown="no account was read")
"""What is known of the running system where a plan is made from templates alone."""

NOT_EACH = Running(unknown="the accounts of a fleet are not read (`--preview` reads one)")
"""What is known of it where a plan is made for stacks of many accounts."""
