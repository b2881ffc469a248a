"""The root command: its subcommands, and the exit code of every failure."""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path

import click

from camformation import __version__
from camformation.cli.command_groups import Commands, Entry

COMMANDS = {
    "init": Entry("init", "Write a spec after a few questions.", "Describe"),
    "show": Entry("show", "Show the complete spec, and where each value comes from.", "Describe"),
    "explain": Entry("explain", "Explain a field of the spec or a code.", "Describe"),
    "schema": Entry("schema", "Print the JSON Schema of the spec language.", "Describe"),
    "doctor": Entry("doctor", "Check this machine: packages, credentials, folders.", "Describe"),
    "validate": Entry("validate", "Check specs without writing anything.", "Compile"),
    "compile": Entry("compile", "Compile specs to CloudFormation templates.", "Compile"),
    "prices": Entry("prices", "Show and read the list prices of estimates.", "Compile"),
    "lint": Entry(
        "lint", "Check the templates with cfn-lint; findings point to spec lines.", "Compile"
    ),
    "audit": Entry("audit", "Check the compiled template against security controls.", "Compile"),
    "diagram": Entry("diagram", "Draw the architecture that a spec describes.", "Compile"),
    "stackset": Entry("stackset", "Export a spec for CloudFormation StackSets.", "Compile"),
    "bootstrap": Entry(
        "bootstrap", "Create the bucket for templates, once for each region.", "Deploy"
    ),
    "policy": Entry("policy", "Print the permissions that a deployment needs.", "Compile"),
    "preflight": Entry("preflight", "Check whether an account is ready.", "Deploy"),
    "plan": Entry("plan", "Show what deploying would do to the running system.", "Deploy"),
    "review": Entry("review", "Write an HTML page about a plan or an operation.", "Deploy"),
    "deploy": Entry("deploy", "Deploy through a change set, with live progress.", "Deploy"),
    "watch": Entry("watch", "Follow a running operation, or show the last one.", "Deploy"),
    "diagnose": Entry("diagnose", "Explain why the last operation failed.", "Deploy"),
    "recover": Entry("recover", "Show how to recover a stuck stack, and do it.", "Deploy"),
    "history": Entry("history", "List the operations on a deployment.", "Deploy"),
    "timeline": Entry("timeline", "Show how long a deployment takes or took.", "Deploy"),
    "fleet": Entry("fleet", "Deploy to many accounts and regions, through StackSets.", "Deploy"),
    "status": Entry("status", "Show whether a deployment is healthy.", "Operate"),
    "logs": Entry("logs", "Print what a deployment's tasks write.", "Operate"),
    "restart": Entry("restart", "Replace the tasks of services, in the safe order.", "Operate"),
    "stop": Entry("stop", "Stop a deployment for a while, and keep everything.", "Operate"),
    "start": Entry("start", "Start what was stopped.", "Operate"),
    "backup": Entry("backup", "Take, list, verify and delete backups.", "Operate"),
    "exporting": Entry("exporting", "Pause and resume exporting to the database.", "Operate"),
    "rebalance": Entry("rebalance", "Spread partition leaders over the brokers.", "Operate"),
    "restore": Entry("restore", "Restore in place, or into a new deployment.", "Operate"),
    "upgrade": Entry("upgrade", "Upgrade brokers to another release of Camunda.", "Operate"),
    "rotate": Entry("rotate", "Change a secret, and restart the tasks that read it.", "Operate"),
    "task": Entry("task", "Call the brokers' management API through the ops task.", "Operate"),
    "scale": Entry("scale", "Change the number of brokers, partitions or replicas.", "Operate"),
    "failover": Entry("failover", "Make another instance of the database the writer.", "Operate"),
    "exec": Entry("exec", "Run a command in a container of a task.", "Operate"),
    "port-forward": Entry("port_forward", "Forward a port of this machine to a task.", "Operate"),
    "outputs": Entry("outputs", "Print endpoints, secret ARNs and names.", "Operate"),
    "password": Entry("password", "Print the administrator's password.", "Operate"),
    "list": Entry("list", "List the deployments of a region.", "Operate"),
    "diff": Entry("diff", "Compare what is deployed with the spec.", "Operate"),
    "drift": Entry("drift", "Detect changes made outside CloudFormation.", "Operate"),
    "destroy": Entry("destroy", "Delete a deployment, except what the spec retains.", "Operate"),
    "completion": Entry("completion", "Print the shell completion script.", "Describe"),
}


@click.group(
    cls=Commands,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="camformation")
def root() -> None:
    """Camunda 8 on Amazon ECS, from one YAML file.

    Write a spec with `init`, check it with `validate`, turn it into CloudFormation with `compile`.
    """


OUTPUT_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF, errno.ENXIO)

NO_READER = 141
"""The exit code when the reader of the output is gone: 128 plus the number of SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 1 for every error that the user can fix."""
    output = sys.stdout
    plain = False if os.environ.get("NO_COLOR") else None  # else a terminal decides
    try:
        outcome = root.main(arguments, prog_name="camformation", standalone_mode=False, color=plain)
        if sys.stdout:
            sys.stdout.flush()
    except click.ClickException as error:
        return _shown(error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("aborted", err=True)
        return 130
    except SystemExit:
        if sys.stdout is output:
            raise  # completion ends so
        _silence()  # click puts another in its place where nobody reads
        return NO_READER
    except BrokenPipeError:
        _silence()
        return NO_READER
    except OSError as error:
        return _failed(error)
    return outcome if isinstance(outcome, int) else 0


def _shown(error: click.ClickException) -> int:
    """Show an error of the command line, which may contain any characters."""
    from camformation.diagnostics import MAX_WORDS
    from camformation.report.terminal_text import visible_lines

    words = StringIO()
    error.show(words)
    text = words.getvalue() + _next_step(error)
    if len(text) > MAX_WORDS:
        text = f"{text[:MAX_WORDS]}...\n"
    try:
        click.echo(visible_lines(text), err=True, nl=False)
    except OSError:
        _silence()
    return 1


def _next_step(error: click.ClickException) -> str:
    """Return a hint where to get a spec, for a command without one."""
    if not isinstance(error, click.MissingParameter) or not error.param:
        return ""
    if error.param.name not in ("spec", "specs", "subject"):
        return ""
    from camformation.cli.completers import specs

    found = ", ".join(str(each) for each in specs()[:5])
    return f"Here: {found}\n" if found else "`camformation init` writes a spec.\n"


def _failed(error: OSError) -> int:
    """Report a problem of the machine: usually a full disk."""
    from camformation.diagnostics import quoted

    reason = (error.strerror or str(error)).lower()
    if error.filename is not None:
        words = f"{quoted(os.fsdecode(error.filename))}: {reason}"
    elif error.errno in OUTPUT_FAILS:
        words = f"cannot write the output: {reason}"
    else:
        raise error
    _silence()
    with suppress(OSError):
        click.echo(f"Error: {words}", err=True)
    return 1


def _silence() -> None:
    """Keep the interpreter from writing unwritten output again when it ends."""
    for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())
