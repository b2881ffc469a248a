"""`camformation schema`: the JSON Schema, for editors and other tools."""

import click


@click.command("schema")
@click.option("--path", "only_path", is_flag=True, help="Print where the file is instead.")
def command(only_path: bool) -> None:
    """Print the JSON Schema of the spec language.

    An editor with a YAML language server completes and explains a spec whose first line is
    `# yaml-language-server: $schema=` and the path of the schema.
    """
    from camformation.assets import asset

    path = asset("schemas", "deployment.schema.json")
    click.echo(path if only_path else path.read_text("utf-8"), nl=only_path)
