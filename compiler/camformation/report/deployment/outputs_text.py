"""A deployment's outputs: as a table, as JSON, or as lines for a shell."""

import json
import shlex
from collections.abc import Mapping

from camformation.deploy.live_stack.outputs import variable
from camformation.report.terminal_text import visible_lines


def outputs_text(outputs: Mapping[str, str], form: str = "text") -> str:
    """Return the outputs as `text`, as `json` or as `env` lines, ending with a newline.

    In the environment form each is a variable, quoted for a POSIX shell.
    """
    if form == "json":
        return json.dumps(dict(outputs), indent=2) + "\n"
    if form == "env":
        return "".join(f"{variable(k)}={shlex.quote(v)}\n" for k, v in outputs.items())
    width = max(map(len, outputs), default=0)
    lines = (f"{key:<{width}}  {value}\n" for key, value in outputs.items())
    return visible_lines("".join(lines))
