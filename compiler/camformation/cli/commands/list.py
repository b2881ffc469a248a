"""`camformation list` lists the deployments of a region."""

import json
from dataclasses import asdict
from datetime import datetime

import click

from camformation.cli.options import Where, data_options, target_options


@click.command("list")
@data_options
@target_options
def command(style: str, where: Where) -> None:
    """List the deployments in an account and region."""
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import connected, errors_shown
    from camformation.deploy.live_stack.listing import deployments
    from camformation.report.terminal_text import visible

    with errors_shown(SpecFiles()):
        with connected(where) as at:
            found = deployments(at.cloud.stacks)
            region = at.cloud.region
        if style == "json":
            data = [asdict(each) for each in found]
            click.echo(json.dumps(data, indent=2, default=datetime.isoformat))
        elif not found:
            click.echo(f"no deployments in {region}")
        else:
            rows = [("NAME", "STACK", "STATUS", "LAYOUT", "CHANGED")]
            rows += [
                (d.name, d.stack, d.status, d.layout, f"{d.updated:%Y-%m-%d %H:%M}") for d in found
            ]
            widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
            for row in rows:
                line = "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True))
                click.echo(visible(line.rstrip()))
