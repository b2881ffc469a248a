"""`camformation schema` prints the JSON Schemas, for editors and other tools."""

import click


@click.command("schema")
@click.argument("language", type=click.Choice(["deployment", "fleet"]), default="deployment")
@click.option(
    "--path", "only_path", is_flag=True, help="Print the path of the schema file instead."
)
def command(language: str, only_path: bool) -> None:
    """Print the JSON Schema of specs, or of fleet files.

    An editor with a YAML language server completes and explains a file whose first line is
    `# yaml-language-server: $schema=` and the path of the schema.
    """
    from camformation.assets import asset

    path = asset("schemas", f"{language}.schema.json")
    click.echo(path if only_path else path.read_text("utf-8"), nl=only_path)
