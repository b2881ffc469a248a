"""The meaning of refusals and missing answers. Pure."""

from collections.abc import Callable
from typing import Any, TypeVar

from camformation.deploy.cloud.channel import Answer, Call
from camformation.deploy.cloud.errors import DeployError, Unreachable

T = TypeVar("T")
PASSING = (0, 429, 502, 503, 504)
"""Statuses after which a repeated call may succeed: no answer, too many calls, an absent or slow
broker (`components.yaml`: GatewayError, TimeoutError)."""


class Conflict(DeployError):
    """The cluster is busy with another change, or its state does not allow this one."""


def check(answer: Answer, call: Call, name: str) -> None:
    """Raise the error of a failed call, except for a missing backup."""
    if 200 <= answer.status < 300 or (answer.status == 404 and "ackup" in call.path):
        return
    said = _message(answer.body)
    what = f"{call.method} {call.path.partition('?')[0]}"
    if answer.status in PASSING:
        raise Unreachable(
            "CAM745", f"Camunda does not answer {what} ({answer.status or 'no answer'}): {said}",
            "see `camformation status`",
        )  # fmt: skip
    if answer.status == 409:
        raise Conflict(
            "CAM746",
            f"Camunda refuses {what} in its present state: {said or 'another change is going on'}",
            "see `camformation status`, wait, and run the command again",
        )
    if answer.status in (401, 403):
        raise DeployError(
            "CAM745",
            f"Camunda does not accept the cluster administrator for {what} ({answer.status})",
            "brokers read the user when they start: if the secret was changed, run `camformation "
            "restart`; with an identity provider, check the client, its claim and its audience",
        )
    raise DeployError("CAM745", f"Camunda refuses {what} ({answer.status}): {said}", None)


def parsed(parse: Callable[[Any], T], answer: Answer, call: Call) -> T:
    """Return the meaning of an answer; raise DeployError for one that is not Camunda's."""
    try:
        return parse(answer.body)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise DeployError(
            "CAM745",
            f"{call.method} {call.path.partition('?')[0]} does not answer as Camunda does: {error}",
            "check --endpoint; zone-aware clusters are not supported",
        ) from error


def inner(data: Any, call: Call) -> None:
    """Raise the error in an answer of the exporting endpoint: it is always 200, with the status in
    its body."""
    status = int(data.get("status") or 0) if isinstance(data, dict) else 204
    if status >= 300:
        check(Answer(502, data.get("body")), call, "")


def _message(body: Any) -> str:
    if isinstance(body, dict):
        for name in ("message", "detail", "title"):
            if body.get(name):
                return str(body[name])
    return "" if body is None else str(body)[:500]


def nothing(_: Any) -> None:
    """Accept an answer without further content."""
    return None


def no_way(*, rest: bool) -> DeployError:
    """Return the hint if brokers cannot be reached."""
    return DeployError(
        "CAM745",
        f"the brokers' {'/cluster/v2' if rest else 'port 9600'} cannot be reached",
        "set `authentication.cluster_admin`, which needs Camunda 8.10, and `access.tls`"
        if rest
        else "set `operations.task` in the spec and deploy it, or give --endpoint URL, "
        "such as http://localhost:9600 of `camformation port-forward`",
    )
