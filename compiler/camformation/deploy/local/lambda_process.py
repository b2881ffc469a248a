"""Lambda functions run as local processes with a clean environment.

Only our own custom-resource code runs like this. It sees the local endpoint and invented
credentials, but no profile, proxy or configuration file of the user.
"""

import contextlib
import os
import subprocess
from functools import cache
from types import SimpleNamespace
from typing import Any

from camformation.deploy.local.endpoint import SECRET_KEY
from camformation.deploy.local.errors import LocalTargetMissing
from camformation.deploy.local.modules import cloudformation, module, replaced

KEPT = frozenset(
    [
        "PATH",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "SYSTEMROOT",
        "LD_LIBRARY_PATH",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
    ]
)


ENDING_WITH_US = """\
import os, runpy, sys, threading
def wait(pipe):
    os.read(pipe, 1)
    os._exit(1)
threading.Thread(target=wait, args=(int(sys.argv[1]),), daemon=True).start()
del sys.argv[:2]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a function's script; functions end with a killed command."""

_started: list[subprocess.Popen[str]] = []


def install() -> None:
    """Give the Lambda runtime a `subprocess` whose Popen cleans the environment."""
    runtime = module("core.lambda_runtime")
    if getattr(runtime, "subprocess", None) is None:
        raise LocalTargetMissing("MiniStack starts Lambda functions in an unknown way")
    runtime.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": _popen})
    replaced.append((runtime.__name__, "subprocess"))


def _popen(command: list[str], **options: Any) -> subprocess.Popen[str]:
    options["env"] = clean(options.get("env") or {}, os.environ["GATEWAY_PORT"])
    if command[1:] and command[1].endswith(".py"):
        here, _ = _pipe()
        command = [command[0], "-c", ENDING_WITH_US, str(here), *command[1:]]
        options["pass_fds"] = (here,)
    # Its own session: Ctrl-C in the terminal goes to the command, which ends its functions.
    process = subprocess.Popen(command, **options, start_new_session=True)
    _started.append(process)
    return process


@cache
def _pipe() -> tuple[int, int]:
    """A pipe that this process holds open: its readers notice when we end."""
    return os.pipe()


def end_all() -> None:
    """End the running functions, close their pipes, and do not wait for their answers."""
    module("core.lambda_runtime").reset()
    for waiting in list(cloudformation("custom_resource")._pending.values()):
        waiting["event"].set()
    while _started:
        process = _started.pop()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()


def clean(environment: dict[str, str], port: str) -> dict[str, str]:
    """MiniStack's environment for the function, and the few variables from this process."""
    own = {k: v for k, v in environment.items() if k in KEPT or os.environ.get(k) != v}
    own.pop("AWS_SESSION_TOKEN", None)
    temporary = os.environ["TMPDIR"]
    return own | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": f"{temporary}/no-aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": f"{temporary}/no-aws-credentials",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": temporary,
        "NO_PROXY": "127.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
