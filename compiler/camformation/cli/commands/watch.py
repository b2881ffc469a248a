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
    from camformation.cli.recording import recording, show_diagnosis
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown, subject_of
    from camformation.deploy.operation.events import Detached, Finished
    from camformation.deploy.operation.watch import watch

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        view = OperationView(as_json=as_json)
        with connected(where, about.deployment) as at:
            again = command_line("watch", about.stack, where, at)
            with recording(where, at, about.stack, deployment=about.deployment) as recorder:
                last = view.run(
                    recorder.recorded(
                        watch(
                            at.cloud, view.clock, about.stack, reattach=again, control=view.control
                        )
                    )
                )
        if isinstance(last, Detached):
            return 1 if last.reason else 0
        if isinstance(last, Finished) and last.succeeded:
            return 0
        if not as_json:
            show_diagnosis(recorder)
        return 1
    return 1
