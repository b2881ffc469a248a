"""`camformation watch` follows a running operation, or shows the last one."""

import click

from camformation.cli.options import Where, json_option, subject_argument, target_options


@click.command("watch")
@subject_argument
@json_option
@target_options
def command(subject: str, as_json: bool, where: Where) -> int:
    """Follow a deployment's running operation to its end, or show the last one.

    Exits with 1 if the operation failed.
    """
    from camformation.cli.operation_view import OperationView, command_line
    from camformation.cli.spec_lines import spec_lines
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown, subject_of
    from camformation.deploy.operation.events import Detached, Finished
    from camformation.deploy.operation.watch import watch
    from camformation.diagnostics import nowhere

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        view = OperationView(as_json=as_json)
        with connected(where, about.deployment) as at:
            last = view.run(
                watch(
                    at.cloud,
                    view.clock,
                    about.stack,
                    locate=spec_lines(at.cloud.stacks, about.stack, subject, files)
                    if about.deployment
                    else nowhere,
                    reattach=command_line("watch", about.stack, where, at),
                    control=view.control,
                )
            )
        if isinstance(last, Detached):
            return view.left(last.reason)
        return 0 if isinstance(last, Finished) and last.succeeded else 1
    return 1
