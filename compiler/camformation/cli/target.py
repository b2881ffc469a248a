"""Shared steps of the commands that call AWS: connecting, checking, showing errors."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from camformation.cli.options import STYLE, Where
from camformation.cli.specs import SpecFiles
from camformation.deploy.change.preparation import stack_name
from camformation.deploy.cloud.errors import DeployError, Unreachable
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.cloud.target import (
    LocalEndpoint,
    check_target,
    environment_region,
    target_for,
)
from camformation.deploy.local import (
    LocalTargetBusy,
    LocalTargetFailed,
    LocalTargetMissing,
    has_postgresql,
)
from camformation.deploy.local import start as start_local
from camformation.deployment import Deployment
from camformation.diagnostics import MAX_WORDS, SpecError, shortened
from camformation.frozen import frozen
from camformation.pipeline import load
from camformation.reading import exists
from camformation.report.terminal_text import visible_lines
from camformation.writing import replace_file

LOCAL_NOTICE = """\
note: --local deploys to an emulator on 127.0.0.1. It runs no containers, costs nothing, and does
      not check permissions or replacements as AWS does: a rehearsal, not a proof."""
NO_POSTGRESQL = """\
      The database seed is not run either: it needs the PostgreSQL of the extra `local`."""


class SystemClock:
    """The time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@frozen
class Connection:
    """A connection to a checked target."""

    cloud: Cloud
    caller: Caller


@contextmanager
def connected(
    where: Where, deployment: Deployment | None = None, service_role_arn: str | None = None
) -> Iterator[Connection]:
    """Connect to the target that the options and the spec name, and check it.

    Raises DeployError.
    """
    from camformation.deploy.aws.connection import connect

    spec_region = str(deployment.region) if deployment and deployment.region else None
    with ExitStack() as cleanup:
        local = region = None
        if where.local:
            local, region = cleanup.enter_context(_local(where, spec_region))
        cloud = connect(
            target_for(
                spec_region=spec_region,
                region=where.region or region,
                profile=where.profile,
                role_arn=where.role_arn,
                service_role_arn=service_role_arn,
                local=local,
            )
        )
        caller = check_target(
            cloud,
            account=str(deployment.account) if deployment and deployment.account else None,
            region=spec_region,
            service_role_arn=service_role_arn,
        )
        if where.local:
            _note_region(_used_region(where), cloud.region)
        try:
            yield Connection(cloud, caller)
        except Unreachable as error:
            if local and not local.owned and "//127.0.0.1:" in error.message:
                message = "the command that ran the local target has ended, and the target with it"
                raise DeployError("CAM614", message, "run this command again") from error
            raise
        finally:
            if local and local.owned:
                _finished(cloud)


@frozen
class _Local(LocalEndpoint):
    """The local target; `owned`: it runs in this process, and ends with it."""

    owned: bool


@contextmanager
def _local(where: Where, spec_region: str | None) -> Iterator[tuple[_Local, str]]:
    """Start the local target, in the region last used there by default."""
    used = _used_region(where)
    state = used.parent
    region = where.region or spec_region or _last_region(used)
    region = region or environment_region(os.environ) or "us-east-1"
    first = not state.exists()
    try:
        running = start_local(state, region=region)
    except (LocalTargetMissing, LocalTargetBusy, LocalTargetFailed) as error:
        raise DeployError("CAM614", str(error), error.hint) from error
    except OSError as error:
        raise DeployError(
            "CAM614",
            f"the local target cannot use {state}: {error.strerror}",
            "choose another folder with --local-state DIR",
        ) from error
    try:
        with running:
            if first:
                click.echo(LOCAL_NOTICE, err=True)
                if not has_postgresql():
                    click.echo(NO_POSTGRESQL, err=True)
            os.environ.pop("AWS_PROFILE", None)  # of this process: a profile means nothing there
            keys = (running.endpoint_url, running.access_key, running.secret_key)
            yield _Local(*keys, running.owned), region
    finally:
        if running.failure:  # it is the cause of whatever the command has seen
            raise _unwritable(state, running.failure)


def _unwritable(state: Path, reason: str | None) -> DeployError:
    return DeployError(
        "CAM614",
        f"the local target cannot write to {state}: {reason}",
        "free some space there, or choose another folder with --local-state DIR; an operation "
        "that was running has failed",
    )


def _last_region(used: Path) -> str:
    try:
        text = used.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
    return text if re.fullmatch("[a-z0-9-]{1,40}", text) else ""


def _note_region(used: Path, region: str) -> None:
    try:
        replace_file(used, f"{region}\n".encode())
    except OSError as error:
        raise _unwritable(used.parent, error.strerror) from error


def _used_region(where: Where) -> Path:
    """Return the file, in the folder of the local target's state, with the region last used."""
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return (where.local_state or base / "camformation" / "local") / "region"


def _finished(cloud: Cloud) -> None:
    """Wait until operations of the local target have ended, because they would end with this
    process."""
    told = False
    while busy := [each.name for each in cloud.stacks.list_stacks() if each.in_progress]:
        if not told:
            click.echo(
                f"the local target stops when this command ends: waiting for {busy[0]}; press "
                "Ctrl-C to stop now",
                err=True,
            )
        told = True
        time.sleep(0.2)


@frozen
class Subject:
    """The subject of a command: a deployment by its spec, or by the name of its stack."""

    stack: str
    deployment: Deployment | None


def subject_of(files: SpecFiles, given: str) -> Subject:
    """Return the subject that SPEC|NAME means: a spec if the file exists, else a stack's name."""
    if exists(given) or given.endswith((".yaml", ".yml")):
        deployment = load(given, files.read).deployment
        return Subject(stack_name(deployment), deployment)
    return Subject(given, None)


@contextmanager
def errors_shown(files: SpecFiles, style: str = "text") -> Iterator[None]:
    """Show errors that the user can fix, and end the command with exit code 1.

    Findings about the spec are shown as text unless the style is that of annotations. With --json,
    standard output gets each error too, on one line.
    """
    told: dict[str, Any]
    try:
        yield
    except SpecError as error:
        from camformation.report.spec.diagnostics import data

        files.report(error.diagnostics, style if style == "github" else "text")
        told = {"diagnostics": data(error.diagnostics)}
    except DeployError as error:
        show_error(error)
        said = {"code": error.code, "message": error.message, "hint": error.hint}
        told = {"error": {key: text and shortened(text, MAX_WORDS) for key, text in said.items()}}
    else:
        return
    context = click.get_current_context(silent=True)
    if context and context.meta.get(STYLE) == "json":
        click.echo(json.dumps(told))
    raise click.exceptions.Exit(1)


def show_error(error: DeployError) -> None:
    """Show an error on standard error."""
    message = visible_lines(shortened(error.message, MAX_WORDS))
    click.echo(f"{click.style(error.code, fg='red')} {message}", err=True)
    if error.hint:
        hint = visible_lines(shortened(error.hint, MAX_WORDS))
        click.echo(f"      {click.style('hint:', fg='cyan')} {hint}", err=True)


def show_left(error: DeployError | None) -> None:
    """Show the leftovers that could not be removed, if any."""
    if error:
        show_error(error)


def interactive() -> bool:
    """Return whether a user can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
