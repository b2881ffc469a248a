"""The least-privilege policies for a deployment, from its templates, within IAM's limits."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from camformation.deploy.preflight.grants import Grant, caller_grants, resource_grants
from camformation.deploy.preflight.place import Place
from camformation.frozen import frozen
from camformation.layout import Templates

MAX_CHARACTERS = 6144  # of a managed policy, without white space (IAM User Guide, quotas)
LONGEST = {"${AWS::Partition}": "aws-us-gov", "${AWS::AccountId}": "1" * 12}
CALLER, CLOUDFORMATION = "caller", "CloudFormation"


@frozen
class Policy:
    """A managed policy: for `caller`, or for CloudFormation's service role."""

    name: str
    part: str
    document: dict[str, Any]

    @property
    def characters(self) -> int:
        """The size that IAM counts, with the longest values for unknown parts."""
        return _size(self.document)


def policies(
    name: str, place: Place, templates: Templates, service_role_arn: str | None = None
) -> tuple[Policy, ...]:
    """Return the policies of a deployment, each within IAM's limit."""
    own = caller_grants(place, templates, service_role_arn)
    of_resources = resource_grants(place, templates)
    return (
        *_packed(f"{name}-caller", CALLER, own),
        *_packed(f"{name}-resources", CLOUDFORMATION, of_resources),
    )


def _packed(name: str, part: str, grants: Iterable[Grant]) -> Iterator[Policy]:
    """Yield policies within IAM's limit. A grant that does not fit is divided by its actions."""
    documents = [_empty()]
    for grant in grants:
        rest = sorted(grant.actions)
        while rest:
            if taken := _fitting(documents[-1], grant, rest):
                documents[-1]["Statement"].append(grant.statement(taken))
                rest = rest[len(taken) :]
            elif documents[-1]["Statement"]:
                documents.append(_empty())
            else:
                raise ValueError(f"{rest[0]} does not fit into a policy: too many resources")
    for number, document in enumerate(documents, 1):
        yield Policy(f"{name}-{number}" if len(documents) > 1 else name, part, document)


def _fitting(document: dict[str, Any], grant: Grant, actions: list[str]) -> list[str]:
    """Return as many of the first actions as fit into a policy: all of them if a new policy has
    room for all."""

    def fits(count: int, statements: list[Any]) -> bool:
        statement = grant.statement(actions[:count])
        return _size({**document, "Statement": [*statements, statement]}) <= MAX_CHARACTERS

    if fits(len(actions), document["Statement"]):
        return actions
    if document["Statement"] and fits(len(actions), []):
        return []
    count = next((n for n in range(len(actions) - 1, 0, -1) if fits(n, document["Statement"])), 0)
    return actions[:count]


def _empty() -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": []}


def _size(document: dict[str, Any]) -> int:
    text = json.dumps(document, separators=(",", ":"))
    for unknown, longest in LONGEST.items():
        text = text.replace(unknown, longest)
    return len(text)
