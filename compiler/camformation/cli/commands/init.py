"""`camformation init` writes a first spec from questions or flags."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

import click

from camformation.cli.completers import regions
from camformation.cli.options import File
from camformation.diagnostics import Diagnostic, Severity
from camformation.scaffold import SCHEMA_FILE, Answers, spec_text

NEEDS = (
    ("hosted_zone_id", ("hostname",)),
    ("certificate_arn", ("hostname",)),
    ("hostname", ("certificate_arn", "hosted_zone_id")),
    ("vpc_cidr", ("vpc_id",)),
    ("private_subnet_ids", ("vpc_id",)),
    ("public_subnet_ids", ("vpc_id",)),
    ("vpc_id", ("vpc_cidr",)),
    ("vpc_id", ("private_subnet_ids",)),
)
"""Answers that have no effect without one of others."""


FLAGS = {"CAM153": "--allowed-cidrs", "CAM175": "--hostname"}
"""The flag that fixes a finding about a missing answer."""

OF_A_VPC = {"cidr": "vpc_cidr"}
"""Answers that have another name than their key of the spec."""


def _empty(answers: dict[str, str | None]) -> str:
    """Return the flag with an empty value, such as that of an unset variable."""
    for name, value in answers.items():
        if value is not None and not value.replace(",", " ").strip():
            return f"{_flag(name)} is empty: give a value, or leave it out"
    return ""


def _lacking(answers: Answers) -> str:
    """Return the flag that lacks another one; None if all are complete."""
    for name, others in NEEDS:
        if getattr(answers, name) and not any(getattr(answers, each) for each in others):
            return f"{_flag(name)} needs {' or '.join(map(_flag, others))}"
    return ""


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _wrong(diagnostics: Iterable[Diagnostic], text: str) -> Iterator[str]:
    """Yield the lines about findings, each at the flag whose value is wrong: there is no spec."""
    for each in diagnostics:
        line = text.splitlines()[each.location.line - 1 : each.location.line]
        key = "".join(line).partition(":")[0].strip()
        name = OF_A_VPC.get(key, key)
        flag = FLAGS.get(each.code) or (_flag(name) if name in Answers.__annotations__ else "")
        yield f"{flag and f'{flag}: '}{each.code} {each.message}"
        if each.hint:
            yield f"      hint: {each.hint}"


def _needed(flags: list[str]) -> str:
    return f"; give {' and '.join(flags)}" if flags else ""


@click.command("init")
@click.argument("file", type=File(), default="camunda.yaml")
@click.option("--name", help="The deployment's name: lower case, digits and hyphens.")
@click.option(
    "--profile",
    type=click.Choice(("development", "reference", "production")),
    help="The profile: a set of defaults.",
)
@click.option(
    "--region",
    shell_complete=regions,
    help="The AWS region.  [default: the region of the AWS configuration]",
)
@click.option(
    "--allowed-cidrs", help="Networks that may connect, such as 203.0.113.0/24,198.51.100.7/32."
)
@click.option("--hostname", help="The public hostname, for HTTPS.")
@click.option(
    "--certificate-arn", help="The ARN of an ACM certificate for HOSTNAME and grpc.HOSTNAME."
)
@click.option(
    "--hosted-zone-id", help="A Route 53 hosted zone for the DNS records and a certificate."
)
@click.option("--vpc-id", help="An existing VPC to deploy into.")
@click.option("--vpc-cidr", help="The existing VPC's IPv4 block.")
@click.option("--private-subnet-ids", help="Private subnets of the existing VPC.")
@click.option("--public-subnet-ids", help="Public subnets of the existing VPC, if any.")
@click.option("--yes", "-y", is_flag=True, help="Ask no questions: use flags and defaults only.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def command(
    file: Path,
    name: str | None,
    profile: str | None,
    region: str | None,
    allowed_cidrs: str | None,
    hostname: str | None,
    certificate_arn: str | None,
    hosted_zone_id: str | None,
    vpc_id: str | None,
    vpc_cidr: str | None,
    private_subnet_ids: str | None,
    public_subnet_ids: str | None,
    yes: bool,
    force: bool,
) -> int:
    """Write a spec after a few questions.

    A question is asked again until its answer fits; flags answer questions beforehand. FILE
    defaults to camunda.yaml. The JSON Schema is written beside it, so that an editor can complete
    and explain the spec.
    """
    from camformation.assets import asset
    from camformation.cli.questions import EXPOSED, PROFILES, asked, exposed, many
    from camformation.cli.specs import SpecFiles
    from camformation.diagnostics import SpecError
    from camformation.frozen import replaced
    from camformation.pipeline import load
    from camformation.reading import exists
    from camformation.report.terminal_text import visible
    from camformation.writing import write_file

    given = {
        "name": name,
        "region": region,
        "allowed_cidrs": allowed_cidrs,
        "hostname": hostname,
        "certificate_arn": certificate_arn,
        "hosted_zone_id": hosted_zone_id,
        "vpc_id": vpc_id,
        "vpc_cidr": vpc_cidr,
        "private_subnet_ids": private_subnet_ids,
        "public_subnet_ids": public_subnet_ids,
    }
    if empty := _empty(given):
        raise click.UsageError(f"{empty}; nothing was written")
    if str(file) == "-":
        raise click.UsageError("FILE is a file to write, such as camunda.yaml")
    if exists(file) and not force:
        raise click.ClickException(f"{file} already exists; --force overwrites it")
    answers = Answers(
        name=name or "",
        profile=profile or "",
        region=region or None,
        allowed_cidrs=many(allowed_cidrs),
        hostname=hostname or None,
        certificate_arn=certificate_arn or None,
        hosted_zone_id=hosted_zone_id or None,
        vpc_id=vpc_id or None,
        vpc_cidr=vpc_cidr or None,
        private_subnet_ids=many(private_subnet_ids),
        public_subnet_ids=many(public_subnet_ids),
    )
    ask = not yes and sys.stdin.isatty()
    if ask:
        answers = asked(answers)
    elif not yes:
        click.echo("note: there is no terminal to ask on: flags and defaults decide", err=True)
    answers = replaced(
        answers, name=answers.name or "camunda", profile=answers.profile or PROFILES[0]
    )
    if lacking := _lacking(answers):
        raise click.UsageError(f"{lacking}; nothing was written")
    if not ask and exposed(answers):
        click.echo(EXPOSED, err=True)
    text = spec_text(answers)
    files = SpecFiles()
    try:
        found = load(str(file), lambda _: files.remember(str(file), text.encode())).warnings
    except SpecError as error:
        errors = [each for each in error.diagnostics if each.severity is Severity.ERROR]
        click.echo(
            "".join(f"{visible(each)}\n" for each in _wrong(errors, text)), err=True, nl=False
        )
        codes = {each.code for each in errors}
        flags = [flag for code, flag in FLAGS.items() if code in codes]
        click.echo(f"nothing was written{_needed(flags)}", err=True)
        return 1
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.parent / SCHEMA_FILE
        write_file(file, text.encode())
        write_file(beside, asset("schemas", SCHEMA_FILE).read_bytes())
    except OSError as error:
        reason = f"{error.filename or file}: {error.strerror}"
        raise click.ClickException(f"cannot write {reason}") from error
    files.report(found, "text")
    click.echo(f"{visible(str(file))} written, and {beside.name} beside it for your editor")
    shown = visible(quote(str(file)))
    click.echo(f"next: camformation plan {shown} (add --local to try it without AWS)")
    return 0
