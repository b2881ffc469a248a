"""`camformation password` prints the administrator's password."""

import click

from camformation.cli.options import Where, subject_argument, target_options


@click.command("password")
@subject_argument
@target_options
def command(subject: str, where: Where) -> None:
    """Print the administrator's password, from Secrets Manager.

    It is not stored anywhere else: not in templates, outputs, plans or logs. It is the initial
    password of Camunda; a password changed in Camunda is not updated here.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown, subject_of
    from camformation.deploy.live_stack.password import admin_password

    files = SpecFiles()
    with errors_shown(files):
        about = subject_of(files, subject)
        with connected(where, about.deployment) as at:
            click.echo(admin_password(at.cloud.stacks, at.cloud.secrets, about.stack))
