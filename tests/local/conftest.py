"""A running local target."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from camformation.deploy import local
from local.cloud import ACCOUNT, REGION, Cloud


@pytest.fixture(autouse=True)
def emulator() -> None:
    """These tests are skipped only where the emulator is not installed."""
    pytest.importorskip("ministack")


@pytest.fixture
def cloud(tmp_path: Path, emulator: None) -> Iterator[Cloud]:
    """Its own state for each test."""
    with local.start(tmp_path / "state", region=REGION, account=ACCOUNT) as target:
        yield Cloud(target)
