"""The next step of scaling a cluster, only from its observed state. Pure.

There is one safe order (Camunda docs, Cluster scaling; with node ids in S3, `camunda/camunda`,
zeebe/dynamic-node-id-provider). Up: tasks first, which wait for a node id, then the change, which
creates ids. Down: the change first, which moves partitions away, and only when it is COMPLETED
fewer tasks. Because each step is chosen from the current state, scaling can continue after any
interruption.
"""

from collections.abc import Sequence

from camformation.counting import counted
from camformation.deploy.cloud.cluster import Cluster, Planned, Scaling, Step
from camformation.deploy.cloud.errors import DeployError
from camformation.frozen import frozen


@frozen
class Goal:
    """The request; None: unchanged."""

    brokers: int | None = None
    partitions: int | None = None
    factor: int | None = None  # replicas of each partition


@frozen
class SetTasks:
    """Have ECS run this number of tasks. `fewer`: brokers' own tasks are protected first."""

    count: int
    fewer: bool = False


@frozen
class Request:
    """Request a change of the cluster."""

    wish: Scaling


@frozen
class Follow:
    """Wait for the running change."""

    change: int


@frozen
class Done:
    """The requested state is reached, if the cluster is healthy."""


Next = SetTasks | Request | Follow | Done


def next_step(cluster: Cluster, tasks: int, goal: Goal) -> Next:
    """Return the next step; raises DeployError if it is not allowed.

    `tasks` is the number that ECS should run. There are never fewer than brokers, and never two
    changes at once.
    """
    present = {each.id for each in cluster.members}
    brokers = goal.brokers if goal.brokers is not None else len(present)
    wanted = set(range(brokers))
    check_goal(cluster, goal)
    if not tasks:
        raise _refused("brokers are stopped", "start them with `camformation start`")
    if cluster.pending:
        final = _final(cluster)
        if goal.brokers is not None and final != wanted:
            raise _refused(
                f"change {cluster.pending.id} is in progress, and ends with "
                f"{counted(len(final), 'broker')}",
                "wait for it (`camformation status`), and run the command again",
            )
        needed = max(len(present | final), brokers)
        return SetTasks(needed) if tasks < needed else Follow(cluster.pending.id)
    if tasks < len(present):  # some were stopped elsewhere: brokers are missing
        return SetTasks(len(present))
    if tasks < len(present | wanted):
        return SetTasks(len(present | wanted))
    if wish := wish_of(cluster, goal):
        return Request(wish)
    if goal.brokers is not None and tasks > brokers:
        if cluster.last and cluster.last.status != "COMPLETED":
            raise _refused(
                f"the last change ({cluster.last.id}) is {cluster.last.status}: it is unknown "
                "which node ids are still leased, and a broker could be missing if fewer tasks run",
                "scale to one broker more and back, so that a change is COMPLETED",
            )
        return SetTasks(tasks - 1, fewer=True)
    return Done()


def wish_of(cluster: Cluster, goal: Goal) -> Scaling | None:
    """Return the change that the cluster still has to make."""
    present = {each.id for each in cluster.members}
    wanted = present if goal.brokers is None else set(range(goal.brokers))
    more = goal.partitions if goal.partitions != cluster.partitions else None
    other = goal.factor is not None and set(cluster.replicas.values()) != {goal.factor}
    factor = goal.factor if other else None
    if wanted == present and more is None and factor is None:
        return None
    return Scaling(tuple(sorted(wanted - present)), tuple(sorted(present - wanted)), more, factor)


def check_goal(cluster: Cluster, goal: Goal) -> None:
    """Raise DeployError for a change that cannot be undone, or would leave partitions without
    replicas."""
    factor = cluster.replication_factor
    if cluster.mode != "PROCESSING":
        raise _refused(
            f"brokers are {cluster.mode}: a restore has not finished",
            "run `camformation restore` again: it continues",
        )
    if goal.brokers is not None and goal.brokers < max(factor, 1):
        raise _refused(
            f"{counted(goal.brokers, 'broker')} cannot hold {factor} replicas of each partition",
            f"keep at least {max(factor, 1)} brokers",
        )
    if goal.factor is not None and goal.factor > cluster.size:
        raise _refused(
            f"{counted(cluster.size, 'broker')} cannot hold {goal.factor} replicas of each "
            "partition, each on a broker of its own",
            f"run `camformation scale SPEC orchestration {goal.factor}` first, or more",
        )
    if goal.partitions is not None and goal.partitions < cluster.partitions:
        raise _refused(
            f"the cluster has {cluster.partitions} partitions, and none can ever be removed",
            "restore into a new deployment with fewer partitions, or keep them",
        )


def check_plan(planned: Planned, cluster: Cluster, wish: Scaling) -> None:
    """Raise DeployError if a change would not end with the requested brokers and replicas."""
    present = {each.id for each in cluster.members}
    wanted = (present | set(wish.add)) - set(wish.remove)
    found = {each.id for each in planned.expected}
    if found != wanted:
        raise _refused(
            f"the cluster would end with brokers {_numbers(found)} instead of {_numbers(wanted)}",
            "nothing was changed; see Camunda's logs",
        )
    replicas = [number for each in planned.expected for number in each.partitions]
    known = {number for each in cluster.members for number in each.partitions}
    known |= set(range(1, (wish.partitions or cluster.partitions) + 1))
    least = wish.replication_factor or min(cluster.replication_factor, len(wanted))
    most = wish.replication_factor or len(wanted)
    for wrong, word, limit in (
        ([number for number in known if replicas.count(number) < least], "fewer", least),
        ([number for number in known if replicas.count(number) > most], "more", most),
    ):
        if wrong:
            raise _refused(
                f"partitions {_numbers(wrong)} would have {word} than {limit} replicas",
                "nothing was changed; see Camunda's logs",
            )


def _final(cluster: Cluster) -> set[int]:
    """Return the brokers after the running change."""
    found = {each.id for each in cluster.members}
    for step in cluster.pending.pending if cluster.pending else ():
        if step.broker is not None and step.operation == "BROKER_ADD":
            found.add(step.broker)
        if step.broker is not None and step.operation == "BROKER_REMOVE":
            found.discard(step.broker)
    return found


def moved(steps: Sequence[Step]) -> str:
    """Return a short description of a change."""
    names = [each.operation for each in steps]
    parts = [
        f"{does} {counted(names.count(name), what)}"
        for name, does, what in (
            ("BROKER_ADD", "add", "broker"),
            ("BROKER_REMOVE", "remove", "broker"),
            ("PARTITION_BOOTSTRAP", "begin", "partition"),
            ("PARTITION_JOIN", "copy", "replica"),
            ("PARTITION_LEAVE", "give up", "replica"),
        )
        if name in names
    ]
    return ", ".join(parts) or counted(len(names), "operation")


def _numbers(numbers: Sequence[int] | set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"


def _refused(message: str, hint: str) -> DeployError:
    return DeployError("CAM747", message, hint)
