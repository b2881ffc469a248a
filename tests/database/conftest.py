"""A PostgreSQL server, once for all tests that ask for it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from database import postgres


def started() -> Iterator[postgres.Server]:
    """Where there is no PostgreSQL the tests are skipped, but never in continuous integration."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.Missing as missing:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
        yield server


server = pytest.fixture(scope="session")(started)
