"""`camformation scale` changes the brokers, partitions or replicas of a running cluster."""

import click

from camformation.cli.options import (
    Number,
    Where,
    dry_run_option,
    event_options,
    subject_argument,
    target_options,
    write_option,
    yes_option,
)


@click.command("scale")
@subject_argument
@click.argument("what", type=click.Choice(["orchestration", "partitions", "replicas"]))
@click.argument("number", type=Number())
@click.option(
    "--endpoint",
    "endpoints",
    metavar="URL",
    multiple=True,
    help="Where port 9600 of a broker is, for each one.  [default: the ops task asks them]",
)
@write_option
@dry_run_option
@yes_option
@event_options
@target_options
def command(
    subject: str,
    what: str,
    number: int,
    endpoints: tuple[str, ...],
    write: bool,
    dry_run: bool,
    yes: bool,
    style: str,
    where: Where,
) -> int:
    """Scale the cluster to NUMBER brokers (`orchestration`), partitions, or replicas of each.

    Uses the safe order. More brokers: their tasks first, then the cluster. Fewer: the cluster
    first, then tasks, one by one. The number of partitions can only grow. There are at most as many
    replicas as brokers. After an interruption, run the same command again to continue. Needs the
    ops task, `operations.task` in the spec, or --endpoint.
    """
    from camformation.cli.operating import moves_view
    from camformation.cli.scaling import ScaleWish, scale
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown, subject_of

    files = SpecFiles()
    with errors_shown(files):
        view = moves_view(as_json=style == "json")
        wish = ScaleWish(what, number, endpoints, write, dry_run, yes)
        return scale(subject_of(files, subject), where, wish, view, files, subject)
    return 1
