"""`camformation outputs` prints endpoints and names of a deployment."""

import click

from camformation.cli.options import Where, format_options, subject_argument, target_options


@click.command("outputs")
@subject_argument
@click.option(
    "--only", "keys", multiple=True, metavar="KEY", help="Print only the value of this output."
)
@format_options("text", "json", "env", of="outputs; env: variables for a shell")
@target_options
def command(subject: str, keys: tuple[str, ...], style: str, where: Where) -> None:
    """Print a deployment's outputs: endpoints, secret ARNs, names."""
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown, subject_of
    from camformation.deploy.live_stack.outputs import chosen, stack_outputs
    from camformation.report.deployment.outputs_text import outputs_text

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        with connected(where, about.deployment) as at:
            found = chosen(stack_outputs(at.cloud.stacks, about.stack), keys)
        if len(keys) == 1 and style == "text":
            click.echo(next(iter(found.values())))
        else:
            click.echo(outputs_text(found, style), nl=False)
