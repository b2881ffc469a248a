"""The secrets of a deployment, as text and as data: never their values."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from camformation.deploy.live_stack.own_secrets import OwnSecret, Way
from camformation.report.terminal_text import readable

WAYS = {
    Way.USER: "changed in Camunda, then in the secret",
    Way.SETTING: "a new password is put into the secret",
    Way.DATABASE_USER: "put into the secret; the database seed sets it",
    Way.DATABASE_TASK: "put into the secret; a run of the database seed's task sets it",
    Way.DATABASE_ADMIN: "RDS changes it",
    Way.GIVEN: "you give the new value: --value-stdin",
}


@readable
def secrets_text(secrets: Sequence[OwnSecret], oldest: datetime | None = None) -> str:
    """Return each secret with the way and time of its change, and its readers; it is due if it was
    last changed before `oldest`."""
    return "".join(f"{line}\n" for line in _lines(secrets, oldest))


def is_due(secret: OwnSecret, oldest: datetime | None) -> bool:
    """Return whether a secret that a command changes was last changed before a time."""
    changed = secret.state.changed if secret.state else None
    return bool(oldest and changed and changed < oldest and secret.way is not Way.NONE)


def _lines(secrets: Sequence[OwnSecret], oldest: datetime | None) -> Iterator[str]:
    width = max((len(each.kind) for each in secrets), default=0)
    for each in secrets:
        how = WAYS.get(each.way) or f"not changed by a command: {each.why}"
        yield f"{each.kind:<{width}}  {how}"
        if not each.arn:
            continue
        changed = each.state.changed if each.state else None
        when = f", changed {changed:%Y-%m-%d}" if changed else ""
        when += ": due for a change" if is_due(each, oldest) else ""
        key = f" ({each.key})" if each.key else ""
        yield f"{'':<{width}}  {each.state.name if each.state else each.arn}{key}{when}"
        if each.readers:
            yield f"{'':<{width}}  read by {' and '.join(each.readers)} at every start"


def secrets_json(secrets: Sequence[OwnSecret], oldest: datetime | None = None) -> str:
    """Return the same as JSON."""
    data = [
        {
            "kind": each.kind,
            "arn": each.arn or None,
            "key": each.key or None,
            "rotates": each.way is not Way.NONE,
            "way": each.way.value,
            "why_not": each.why or None,
            "readers": list(each.readers),
            "changed": each.state.changed.isoformat()
            if each.state and each.state.changed
            else None,
            "due": is_due(each, oldest),
        }
        for each in secrets
    ]
    return json.dumps({"secrets": data}, indent=2, ensure_ascii=False) + "\n"
