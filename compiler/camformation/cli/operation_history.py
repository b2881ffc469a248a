"""The history of a deployment from the command line."""

from contextlib import suppress

from camformation.cli.operation_folders import headers, records_folder, stack_folder
from camformation.cli.options import Where
from camformation.cli.specs import SpecFiles
from camformation.cli.target import connected, interactive, subject_of
from camformation.deploy.operation.history import operations
from camformation.deploy.operation.watch import root_stack
from camformation.frozen import replaced
from camformation.report.deployment.history_text import history_json, history_text


def listed(files: SpecFiles, subject: str, where: Where, *, as_json: bool) -> str:
    """Return the operations on a deployment, as text or JSON."""
    about = subject_of(files, subject)
    with connected(where, about.deployment) as at:
        stack = root_stack(at.cloud.stacks, about.stack)
        found = operations(at.cloud.stacks.events(stack.id))
        base = records_folder(where)
        folder = stack_folder(base, at.cloud.region, at.caller.account, stack.name)
    recorded: set[str] = set()
    with suppress(OSError):
        recorded = {each.id for each in headers(folder)}
    marked = [replaced(each, recorded=each.id in recorded) for each in found]
    if as_json:
        return history_json(stack.name, marked)
    return history_text(stack.name, marked, colour=interactive())
