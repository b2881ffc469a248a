"""The `operations` section of a spec: what helps to run the deployment."""

from camformation.frozen import frozen


@frozen
class OpsTaskSpec:
    """`operations.task`: a task that asks brokers' management API, started when it is needed."""

    image: str


@frozen
class OperationsSpec:
    """The `operations` section of a spec."""

    task: OpsTaskSpec | None
