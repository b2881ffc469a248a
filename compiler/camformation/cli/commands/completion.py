"""`camformation completion` prints the shell completion script."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the shell completion script.

    For bash: `eval "$(camformation completion bash)"` in ~/.bashrc; zsh and fish likewise.
    """
    from click.shell_completion import get_completion_class

    from camformation.cli.main import root

    kind = get_completion_class(shell)
    assert kind is not None  # the choices are click's own
    click.echo(kind(root, {}, "camformation", "_CAMFORMATION_COMPLETE").source())
