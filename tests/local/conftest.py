"""A running local target."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.httpsession import URLLib3Session

import direct_calls
from camformation.deploy import local
from local.cloud import ACCOUNT, REGION, Cloud


@pytest.fixture(autouse=True)
def emulator() -> None:
    """These tests are skipped only where the emulator is not installed."""
    pytest.importorskip("ministack")


@pytest.fixture(autouse=True)
def over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go over HTTP here, as users' do."""
    monkeypatch.setattr(URLLib3Session, "send", direct_calls.over_http)


@pytest.fixture
def cloud(tmp_path: Path, emulator: None) -> Iterator[Cloud]:
    """Its own state for each test."""
    with local.start(tmp_path / "state", region=REGION, account=ACCOUNT) as target:
        yield Cloud(target)
