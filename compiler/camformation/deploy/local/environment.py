"""The environment variables that MiniStack reads, all pointing below the state folder."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from camformation.deploy.local.storage import Log


def _settings(state_dir: Path, port: int, region: str, account: str) -> dict[str, str]:
    """MiniStack's environment: 127.0.0.1 only, everything kept, only the HTTP port."""
    return {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": account,
        "TMPDIR": str(state_dir / "tmp"),
        "STATE_DIR": str(state_dir / "state"),
        "S3_DATA_DIR": str(state_dir / "s3"),
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "ECS_RESTORE_RECONCILE_DELAY_SECONDS": "0",
        "LOG_LEVEL": "WARNING",
        "AUTH": "false",
        "USE_SSL": "",
        "DOCKER_HOST": f"unix://{state_dir / 'no-docker.sock'}",
    }


def _only_ours(folder: Path) -> None:
    """Create a folder that other users cannot read: it has generated passwords.

    An existing parent folder keeps its permissions.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.chmod(0o600)


@contextmanager
def prepared(state_dir: Path, port: int, region: str, account: str) -> Iterator[Log]:
    """The environment, the folder for temporary files and the log, restored at the end."""
    for folder in ("tmp", "state", "s3"):
        _only_ours(state_dir / folder)
    settings = _settings(state_dir, port, region, account)
    before = {name: os.environ.get(name) for name in settings}
    temporary = tempfile.tempdir
    log = Log(state_dir / "ministack.log")
    os.environ.update(settings)
    tempfile.tempdir = settings["TMPDIR"]
    # A handler on the root keeps MiniStack from configuring logging to the terminal.
    logging.getLogger().addHandler(log)
    try:
        yield log
    finally:
        logging.getLogger().removeHandler(log)
        log.close()
        tempfile.tempdir = temporary
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
