"""`camformation init` writes a first spec from questions or flags."""

import sys
from pathlib import Path
from shlex import quote

import click

from camformation.cli.options import File
from camformation.scaffold import SCHEMA_FILE, Answers, spec_text

PROFILES = ("development", "reference", "production")


def _many(value: str | None) -> tuple[str, ...]:
    return tuple(each for each in (value or "").replace(" ", ",").split(",") if each)


@click.command("init")
@click.argument("file", type=File(), default="camunda.yaml")
@click.option("--name", help="The deployment's name: lower case, digits and hyphens.")
@click.option("--profile", type=click.Choice(PROFILES), help="The profile: a set of defaults.")
@click.option("--region", help="The AWS region.  [default: the region of the AWS configuration]")
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

    FILE defaults to camunda.yaml. The JSON Schema is written beside it, so that an editor can
    complete and explain the spec.
    """
    from camformation.assets import asset
    from camformation.cli.specs import SpecFiles
    from camformation.diagnostics import SpecError
    from camformation.pipeline import load
    from camformation.reading import exists
    from camformation.report.terminal_text import visible
    from camformation.writing import write_file

    if exists(file) and not force:
        raise click.ClickException(f"{file} already exists; --force overwrites it")
    ask = not yes and sys.stdin.isatty()
    if ask:
        name = name or click.prompt("Name of the deployment", default="camunda")
        profile = profile or click.prompt(
            "Profile (development: cheap and easy to delete; reference: as Camunda's reference "
            "architecture; production: hardened)",
            type=click.Choice(PROFILES),
            default="development",
        )
        region = (
            region
            or click.prompt("AWS region (empty: the region of the AWS configuration)", default="")
            or None
        )
        if allowed_cidrs is None:
            allowed_cidrs = click.prompt(
                "Networks that may connect (CIDR blocks, empty: the profile's default)", default=""
            )
        hostname = hostname or click.prompt("Public hostname for HTTPS (or empty)", default="")
        if hostname and not (certificate_arn or hosted_zone_id):
            certificate_arn = click.prompt(
                "ARN of an ACM certificate for it (or empty)", default=""
            )
            if not certificate_arn:
                hosted_zone_id = click.prompt(
                    "Route 53 hosted zone in which to validate a new one", default=""
                )
    answers = Answers(
        name=name or "camunda",
        profile=profile or "development",
        region=region,
        allowed_cidrs=_many(allowed_cidrs),
        hostname=hostname or None,
        certificate_arn=certificate_arn or None,
        hosted_zone_id=hosted_zone_id or None,
        vpc_id=vpc_id,
        vpc_cidr=vpc_cidr,
        private_subnet_ids=_many(private_subnet_ids),
        public_subnet_ids=_many(public_subnet_ids),
    )
    text = spec_text(answers)
    files = SpecFiles()
    try:
        found = load(str(file), lambda _: files.remember(str(file), text.encode())).warnings
    except SpecError as error:
        files.report(error.diagnostics, "text")
        click.echo("nothing was written", err=True)
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
    click.echo(f"next: camformation compile {visible(quote(str(file)))}")
    return 0
