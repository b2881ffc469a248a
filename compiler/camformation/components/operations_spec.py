"""The `operations` section of a spec: helpers for operating the deployment."""

from camformation.frozen import frozen


@frozen
class OpsTaskSpec:
    """`operations.task`: a task that calls brokers' management API, started on demand."""

    image: str


@frozen
class OperationsSpec:
    """The `operations` section of a spec."""

    task: OpsTaskSpec | None
