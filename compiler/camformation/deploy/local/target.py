"""The start of the local target."""

from pathlib import Path

from camformation.deploy.local.endpoint import LocalTarget

LOCAL_STATE = "local"
"""The folder name of the default state below the user's data folder."""


def start(
    state_dir: Path, *, region: str = "us-east-1", account: str = "000000000000"
) -> LocalTarget:
    """Serve the state in `state_dir` on a free port of 127.0.0.1, or join the run that already
    does.

    Everything the emulator writes stays below `state_dir`. One process serves one folder at a time.
    Raises LocalTargetMissing, LocalTargetBusy or LocalTargetFailed.
    """
    from camformation.deploy.local.server import serve

    return serve(state_dir, region, account)


def has_postgresql() -> bool:
    """Whether there is a PostgreSQL for databases, so that seeds really run."""
    from camformation.deploy.local.postgresql_programs import PostgresMissing, programs

    try:
        programs()
    except PostgresMissing:
        return False
    return True
