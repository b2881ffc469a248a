"""Clients of the local target that the commands of one test share: making them costs as much as a
fourth of what commands ask of them.

Tests that make clients themselves have their own, as has what does not go to a local target.
"""

import os
from threading import Lock
from typing import Any

from camformation.deploy.cloud.target import Target


class Clients:
    """A session that makes each client once. Their configuration is the same for all."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._made: dict[tuple[str, str | None], Any] = {}
        self._lock = Lock()

    def client(self, service: str, region_name: str | None = None, **options: Any) -> Any:
        with self._lock:
            key = service, region_name
            if key not in self._made:
                made = self._session.client(service, region_name=region_name, **options)
                self._made[key] = made
            return self._made[key]


def share() -> None:
    """Let the connections that a test makes to a local target share their clients."""
    from camformation.deploy.aws import connection

    make = connection._session
    known: dict[tuple[str, str], tuple[Clients, str]] = {}

    def session(target: Target) -> tuple[Any, str]:
        if target.local is None or target.role_arn:
            return make(target)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        key = test, repr(target)
        found = known.get(key)
        if found is None:
            known.clear()  # another test has begun
            made, region = make(target)
            found = known[key] = Clients(made), region
        return found

    connection._session = session
