"""`camformation watch` follows a running operation, or shows the last one."""

import click

from camformation.cli.options import (
    Where,
    event_options,
    fail_fast_option,
    subject_argument,
    target_options,
)


@click.command("watch")
@subject_argument
@fail_fast_option
@event_options
@target_options
def command(subject: str, fail_fast: bool | None, style: str, where: Where) -> int:
    """Follow a deployment's running operation to its end, or show the last one.

    Exits with 1 if the operation failed, or cannot succeed.
    """
    from camformation.cli.fail_fast import FailFast
    from camformation.cli.operation_view import OperationView, command_line
    from camformation.cli.recording import recording, show_diagnosis
    from camformation.cli.spec_lines import spec_lines
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown, subject_of
    from camformation.deploy.operation.events import Detached, Finished
    from camformation.deploy.operation.watch import watch

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        view = OperationView(as_json=style == "json")
        with connected(where, about.deployment) as at:
            again = command_line("watch", about.stack, where, at)
            spec = subject if about.deployment else None
            lines = spec_lines(at.cloud.stacks, about.stack, spec, files)
            with recording(where, at, about.stack, deployment=about.deployment) as recorder:
                last = view.run(
                    recorder.recorded(
                        watch(
                            at.cloud,
                            view.clock,
                            about.stack,
                            reattach=again,
                            locate=lines,
                            control=view.control,
                            give_up=view.giving_up(FailFast(fail_fast, cancels=False)),
                        )
                    )
                )
        if isinstance(last, Detached):
            if recorder.record.failures and style != "json":
                show_diagnosis(recorder)
            return view.left(last.reason)
        if isinstance(last, Finished) and last.succeeded:
            return 0
        if style != "json":
            show_diagnosis(recorder)
        return 1
    return 1
