"""A picture of a terminal: what plan and deploy print, on the local target."""

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
COLUMNS = 104

PLAN = ("plan", "camunda.yaml", "--local", "--set", "database.name=orders")
DEPLOY = (
    *("deploy", "camunda.yaml", "--local", "--yes", "--quiet"),
    *("--set", "orchestration.memory_mib=16384"),
)

VARIES = (
    (r"^\d\d:\d\d:\d\d ", ""),  # the time of day
    (r" in \d+ s\b", ""),  # on the local target, how long it took means nothing
    (r"-loadbalance\w+-\w+", "-webloadbalancer"),  # of a generated name
)
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" role="img" \
aria-label="camformation plan blocks a change that would replace the database; deploy updates the \
brokers" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", \
"Liberation Mono", monospace; font-size: {char_height}px; line-height: {line_height}px; \
font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 16px; font-family: Helvetica, Arial, sans-serif; }}
.{unique_id}-matrix {{ animation: reveal 6s 2s steps(24, end) both; }}
@keyframes reveal {{ from {{ clip-path: inset(0 0 62% 0); }} to {{ clip-path: inset(0); }} }}
@media print, (prefers-reduced-motion: reduce) {{ .{unique_id}-matrix {{ animation: none; }} }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" \
height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""As rich's own, without fonts from the network, and revealed from top to bottom."""


def terminal() -> str:
    """Return the picture, of commands that are run now."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard"
    )
    for line in session():
        console.print(Text.from_ansi(line), soft_wrap=False)
    title = "camformation on the local target, without an AWS account"
    return console.export_svg(title=title, code_format=FORMAT, unique_id="terminal")


def session() -> Iterator[str]:
    """Yield the lines of a session: a plan that blocks, and a deployment."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(REPOSITORY / "spec" / "reference.yaml", Path(folder, "camunda.yaml"))
        _run(folder, "deploy", "camunda.yaml", "--local", "--yes", "--quiet")
        yield _prompt(PLAN)
        yield from _parts(_run(folder, *PLAN), _is_of_the_plan)
        yield ""
        yield _prompt(DEPLOY)
        yield from _parts(_run(folder, *DEPLOY), _is_of_the_deployment)


def _prompt(arguments: Iterable[str]) -> str:
    return f"\x1b[1;36m$\x1b[0m \x1b[1mcamformation {' '.join(arguments)}\x1b[0m"


def _is_of_the_plan(number: int, line: str) -> bool:
    """Return whether a line is shown: the database, the first block and its hint, the sum."""
    return number < 8 or ": AuroraCluster: " in line or ":AuroraCluster" in line or "Plan: " in line


def _is_of_the_deployment(number: int, line: str) -> bool:
    shown = ("Plan: ", "Cost: ", "Usually takes", "updated stack", "Url ")
    return number < 9 or any(each in line for each in shown)


def _parts(output: str, wanted: object) -> Iterator[str]:
    """Yield the wanted lines; a sign stands for those between them."""
    assert callable(wanted)
    skipped = False
    for number, line in enumerate(output.splitlines()):
        plain = re.sub(r"\x1b\[[\d;]*m", "", line)
        if not wanted(number, plain):
            skipped = skipped or bool(plain.strip())
            continue
        if skipped:
            yield "\x1b[2m…\x1b[0m"
        skipped = False
        for pattern, word in VARIES:
            line = re.sub(pattern, word, line)
        yield line


def _run(folder: str, *arguments: str) -> str:
    """Return what the command writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "XDG_", "NO_COLOR"))}
    environment = {**kept, "HOME": folder, "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "camformation", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL
    ):
        os.close(theirs)
        found = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # Linux says so where the other end is closed
                break
            if not read:
                break
            found += read
    os.close(ours)
    return found.decode()
