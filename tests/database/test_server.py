"""The tests' PostgreSQL: where it comes from, and what happens without it."""

from pathlib import Path

import pytest

from database import conftest, postgres


@pytest.fixture
def without_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))


def test_a_missing_server_fails_in_continuous_integration(
    monkeypatch: pytest.MonkeyPatch, without_server: None
) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="holds no PostgreSQL server"):
        next(conftest.started())


def test_a_missing_server_is_skipped_elsewhere(
    monkeypatch: pytest.MonkeyPatch, without_server: None
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="holds no PostgreSQL server"):
        next(conftest.started())


def test_the_master_is_no_superuser(server: postgres.Server) -> None:
    of_master = f"SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = '{postgres.MASTER}'"
    assert server.query(of_master) == "f|t"


def test_the_server_is_stopped_and_its_folder_removed() -> None:
    with postgres.running() as server:
        assert server.query("SELECT 1") == "1"
        process = server.process
    assert process is not None
    assert process.returncode == 0
    assert not server.folder.exists()
