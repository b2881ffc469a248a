"""The rule for the time that a deployment may take."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule

NEEDED, WITHOUT_DATABASE = 30, 15  # minutes of a first deployment


@rule("CAM262", "Time limit too short for a first deployment", Severity.WARNING)
def timeout(d: Deployment) -> Iterator[Violation]:
    """A first deployment takes 20 to 30 minutes: an Aurora cluster 10 or more, brokers 5 to 15. If
    `stack.timeout_minutes` is shorter, `camformation deploy` fails although CloudFormation goes on;
    an update that takes longer is cancelled, and brokers are replaced one at a time.

    Source: Camunda docs, Amazon ECS reference architecture (time needed).
    """
    limit = d.stack.timeout_minutes
    if limit is None or not d.stack.wait_for_steady_state:
        return
    needed = WITHOUT_DATABASE if d.database.existing else NEEDED
    if limit < needed:
        yield Violation(
            ("stack", "timeout_minutes"),
            f"a first deployment takes up to {needed} minutes, and is given {limit}",
            "allow for an hour or more, or remove it: CloudFormation has limits of its own",
        )
