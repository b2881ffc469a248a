"""The questions of `init`: each is repeated until its answer adds no error to the spec."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from camformation.components.access_spec import AccessSpec
from camformation.diagnostics import Diagnostic, Severity, SpecError
from camformation.frozen import replaced
from camformation.pipeline import load
from camformation.report.terminal_text import visible
from camformation.scaffold import Answers, spec_text

PROFILES = ("development", "reference", "production")
EVERYWHERE = ("0.0.0.0/0", "::/0")
EXPOSED = """\
note: this deployment admits the whole internet (0.0.0.0/0) over plain HTTP. Anyone can open its
      login page, and passwords and data cross the network unencrypted. That is for a short trial
      without real data: otherwise list your own networks, and set a hostname for HTTPS."""

ZONE = "Z0123456789EXAMPLE"
SUBNETS = tuple(f"subnet-0123456789abcdef{number}" for number in range(3))
TLS = {"hostname": "camunda.example.com", "hosted_zone_id": ZONE}
VPC = {
    "vpc_id": "vpc-0123456789abcdef0",
    "vpc_cidr": "10.0.0.0/16",
    "private_subnet_ids": SUBNETS,
    "allowed_cidrs": ("203.0.113.0/24",),
    **TLS,
}
"""Return placeholders for later answers while earlier ones are checked."""


def many(value: str | None) -> tuple[str, ...]:
    """Return the items of an answer, between commas or spaces."""
    return tuple(each for each in (value or "").replace(" ", ",").split(",") if each)


def asked(answers: Answers) -> Answers:
    """Ask the questions that no flag has answered, and return the answers."""
    given = answers
    if not given.name:
        answers = _ask(answers, "name", "Name of the deployment", default="camunda")
    if not given.profile:
        kinds = click.Choice(PROFILES)
        about = (
            "Profile (development: cheap and easy to delete; reference: as Camunda's reference "
            "architecture; production: hardened)"
        )
        profile = click.prompt(about, type=kinds, default=PROFILES[0])
        answers = replaced(answers, profile=profile)
    if not given.region:
        about = "AWS region (empty: the region of the AWS configuration)"
        answers = _ask(answers, "region", about)
    answers = _network(answers)
    answers = _access(answers)
    while exposed(answers):
        click.echo(EXPOSED)
        if given.allowed_cidrs or click.confirm("Leave it so?", default=False):
            break
        answers = _cidrs(answers, needed=True)
    return answers


def exposed(answers: Answers) -> bool:
    """Whether the deployment is open to everybody over HTTP, by an answer or by its profile."""
    try:
        text = spec_text(answers).encode()
        access: AccessSpec = load("answers", lambda _: text).deployment.access
    except SpecError:
        return False  # which is said elsewhere
    public = access.scheme != "internal" and access.tls is None
    reached = EVERYWHERE if access.ip_address_type == "dualstack" else EVERYWHERE[:1]
    return public and any(block in reached for block in access.allowed_cidrs)


def _network(answers: Answers) -> Answers:
    if not answers.vpc_id:
        about = "ID of an existing VPC to deploy into (empty: create one)"
        answers = _ask(answers, "vpc_id", about, VPC)
    if not answers.vpc_id:
        return answers
    if not answers.vpc_cidr:
        answers = _ask(answers, "vpc_cidr", "The VPC's IPv4 block", VPC, needed=True)
    if not answers.private_subnet_ids:
        about = "Its private subnets, each in another zone"
        answers = _ask(answers, "private_subnet_ids", about, VPC, parsed=many, needed=True)
    if not answers.public_subnet_ids:
        about = "Its public subnets (empty: load balancers are internal)"
        answers = _ask(answers, "public_subnet_ids", about, VPC, parsed=many)
    return answers


def _access(answers: Answers) -> Answers:
    if not answers.allowed_cidrs:
        answers = _cidrs(answers, needed=_has(answers, "CAM153"))
    if not answers.hostname:
        needed = _has(answers, "CAM175") or bool(answers.hosted_zone_id or answers.certificate_arn)
        about = "Public hostname for HTTPS" + ("" if needed else " (empty: HTTP, no encryption)")
        later = (
            {} if answers.certificate_arn else {"hosted_zone_id": answers.hosted_zone_id or ZONE}
        )
        answers = _ask(answers, "hostname", about, later, needed=needed)
    if answers.hostname and not (answers.certificate_arn or answers.hosted_zone_id):
        about = "ARN of an ACM certificate for it (empty: request one)"
        answers = _ask(answers, "certificate_arn", about)
        if not answers.certificate_arn:
            about = "Route 53 hosted zone in which to validate a new one"
            answers = _ask(answers, "hosted_zone_id", about, needed=True)
    return answers


def _cidrs(answers: Answers, *, needed: bool) -> Answers:
    about = "Networks that may connect, as CIDR blocks"
    if not needed:
        about += " (empty: 0.0.0.0/0, the whole internet)"
    return _ask(answers, "allowed_cidrs", about, parsed=many, needed=needed)


def _ask(
    answers: Answers,
    field: str,
    about: str,
    later: dict[str, Any] | None = None,
    *,
    parsed: Callable[[str], Any] = str.strip,
    default: str = "",
    needed: bool = False,
) -> Answers:
    """Ask for one field until the answer is valid; `later` has placeholders for later answers."""
    later = {name: getattr(answers, name) or value for name, value in (later or {}).items()}
    before = {(each.code, each.message) for each in _errors(replaced(answers, **later))}
    later.pop(field, None)
    while True:
        value = parsed(click.prompt(about, default=default, show_default=bool(default)))
        if not value:
            if needed:
                click.echo("  an answer is required")
                continue
            return answers
        found = replaced(answers, **{field: value})
        wrong = [
            each
            for each in _errors(replaced(found, **later))
            if (each.code, each.message) not in before
        ]
        if not wrong:
            return found
        for line in _lines(wrong):
            click.echo(line)


def _has(answers: Answers, code: str) -> bool:
    return any(each.code == code for each in _errors(answers))


def _errors(answers: Answers) -> list[Diagnostic]:
    name, profile = answers.name or "camunda", answers.profile or PROFILES[0]
    text = spec_text(replaced(answers, name=name, profile=profile)).encode()
    try:
        load("answers", lambda _: text)
    except SpecError as error:
        return [each for each in error.diagnostics if each.severity is Severity.ERROR]
    return []


def _lines(wrong: list[Diagnostic]) -> Iterator[str]:
    for each in wrong:
        yield visible(f"  {each.message}")
        if each.hint:
            yield visible(f"  hint: {each.hint}")
