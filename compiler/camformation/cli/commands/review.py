"""`camformation review` writes a page for a pull request or a change board."""

from pathlib import Path

import click

from camformation.cli.completers import files, subjects
from camformation.cli.options import (
    File,
    Where,
    allow_option,
    bucket_option,
    layout_option,
    service_role_option,
    set_option,
    target_options,
)


@click.command("review")
@click.argument("subject", metavar="SPEC|NAME", required=False, shell_complete=subjects)
@click.option("--out", "-o", type=File(), help="The file to write.  [default: standard output]")
@click.option("--offline", "is_offline", is_flag=True, help="Plan without calling AWS.")
@click.option(
    "--base",
    shell_complete=files,
    help="With --offline: the compiled folder or git revision of the spec to compare with.",
)
@click.option(
    "--operation",
    metavar="ID",
    help="Show a finished operation instead: `last`, or an ID that `history` lists.",
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="Show the operation of a bundle, or of the folder of a record, without AWS.",
)
@layout_option
@allow_option
@set_option
@bucket_option
@service_role_option
@target_options
def command(
    subject: str | None,
    out: Path | None,
    is_offline: bool,
    base: str | None,
    operation: str | None,
    source: Path | None,
    layout: str,
    allow: tuple[str, ...],
    settings: tuple[str, ...],
    artifact_bucket: str | None,
    service_role_arn: str | None,
    where: Where,
) -> int:
    """Write one HTML page of a plan, or of a finished operation, for people to judge.

    A plan: what is lost first, every change with before and after, spec lines, exposure, cost,
    timeline; the exit codes are those of `plan`. An operation: its timeline, events and diagnosis.
    The page loads nothing.
    """
    if (subject is None) is (source is None):
        raise click.UsageError("give a spec or a stack's name, or --from FILE")
    planning = is_offline or base is not None or allow or settings
    if planning and (operation or source):
        raise click.UsageError(
            "--operation and --from show a finished operation, and cannot be "
            "combined with the options of a plan"
        )
    if base is not None and not is_offline:
        raise click.UsageError("--base needs --offline")
    if base is not None and not base.strip():
        raise click.UsageError("--base is empty: name a compiled folder, or a git revision")
    from camformation.reading import exists

    spec = str(subject).endswith((".yaml", ".yml")) or exists(str(subject))
    if not spec and not operation and not source:
        raise click.UsageError(
            f"a page of a plan needs a spec; for a finished operation of {subject}, give "
            f"--operation ID: `camformation history {subject}` lists them"
        )
    from camformation.cli.plans import offline_plan, online_plan
    from camformation.cli.reviews import operation_review, plan_review
    from camformation.cli.specs import SpecFiles
    from camformation.cli.target import errors_shown
    from camformation.deploy.change.preparation import DeployOptions, service_role
    from camformation.deploy.cloud.errors import DeployError
    from camformation.layout import Layout
    from camformation.pipeline import compile_spec
    from camformation.writing import write_file

    spec_files = SpecFiles()
    with errors_shown(spec_files):
        if operation or source:
            text, code = operation_review(spec_files, subject, where, operation, source), 0
        else:
            compiled = compile_spec(str(subject), spec_files.read, Layout(layout), settings)
            if is_offline:
                made = offline_plan(compiled, str(subject), base, layout, settings, allow)
            else:
                role = service_role(compiled.deployment, service_role_arn)
                made = online_plan(
                    compiled, where, DeployOptions(artifact_bucket, role, allow), None
                )
            text = plan_review(made, str(subject), spec_files, settings)
            code = made.plan.exit_code
        if out is None:
            click.echo(text, nl=False)
            return code
        try:
            write_file(out, text.encode())
        except OSError as error:
            raise DeployError("CAM617", f"cannot write {out}: {error.strerror}") from error
        click.echo(f"{out} written")
        return code
    return 1
