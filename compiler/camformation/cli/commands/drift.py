"""`camformation drift` shows what was changed outside CloudFormation."""

import click

from camformation.cli.options import Where, data_options, subject_argument, target_options


@click.command("drift")
@subject_argument
@data_options
@target_options
def command(subject: str, style: str, where: Where) -> int:
    """Detect changes made outside CloudFormation, nested stacks included.

    Exits with 0 if there is no drift, 2 if there is, and 1 if not everything could be examined.
    """
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import (
        SystemClock,
        connected,
        errors_shown,
        interactive,
        subject_of,
    )
    from camformation.deploy.cloud.errors import DeployError
    from camformation.deploy.live_stack.drift import detect_drift
    from camformation.diagnostics import Location
    from camformation.layout import ROOT, Layout
    from camformation.pipeline import compile_spec
    from camformation.report.deployment.drift_text import drift_json, drift_text

    files = SpecFiles()
    with errors_shown(files):
        if where.local:
            raise DeployError(
                "CAM615",
                "the local target does not detect drift",
                "only camformation changes anything there; `diff` compares it with the spec",
            )
        about = subject_of(files, subject)
        # Logical IDs are the same in either layout: one flat template has the lines of all.
        flat = compile_spec(subject, files.read, Layout.FLAT) if about.deployment else None

        def locate(template: str, pointer: str) -> Location | None:
            return flat.locate(ROOT, pointer) if flat else None

        with connected(where, about.deployment) as at:
            drift = detect_drift(at.cloud.stacks, SystemClock(), about.stack, locate)
        shown = drift_json(drift) if style == "json" else drift_text(drift, colour=interactive())
        click.echo(shown, nl=False)
        return 2 if drift.drifted else 0 if drift.complete else 1
    return 1
