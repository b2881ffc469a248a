"""The account of a run: a profile's, or the local target's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3


@dataclass(frozen=True)
class Account:
    """Where the run is, for commands and for calls of its own."""

    options: tuple[str, ...]
    session: boto3.Session
    region: str
    endpoint: str | None = None

    @property
    def local(self) -> bool:
        """Whether it is the local target's."""
        return self.endpoint is not None

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.session.client(service, endpoint_url=self.endpoint)


@contextmanager
def account(profile: str | None, region: str, state: Path | None) -> Iterator[Account]:
    """The account of a profile or, with a state folder, a local target that runs meanwhile."""
    if state is None:
        named = ("--profile", profile) if profile else ()
        session = boto3.Session(profile_name=profile, region_name=region)
        yield Account(("--region", region, *named), session, region)
        return
    from camformation.deploy import local

    with local.start(state, region=region) as running:  # commands join it
        keys = (running.access_key, running.secret_key)
        session = boto3.Session(*keys, region_name=region)
        options = ("--region", region, "--local-state", str(state))
        yield Account(options, session, region, running.endpoint_url)
