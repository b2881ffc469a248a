"""The rule for commands that a container cannot run."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules.containers import beside, services
from camformation.rules.registry import Violation, rule

AWS_CLI = ("amazon/aws-cli", "aws-cli/aws-cli")
SHELLLESS = ("aws-otel-collector", "opentelemetry-collector")
SHELLS = ("sh", "bash", "ash", "dash", "zsh")


@rule("CAM256", "Command that its container cannot run")
def commands(d: Deployment) -> Iterator[Violation]:
    """`entry_point` and `command` are lists of words: the program and its arguments. No shell reads
    them, so a whole line in one text is read as the name of a program, which no image has:
    separate the words, or run a shell with `entry_point: [sh, -c]`. Images with a shell as entry
    point are rare, and unknown to the rule: ignore it then.

    The entry point of AWS's image of its command line is `aws`: a command begins with the service,
    `[s3, cp, …]`. Anything else is refused, and the task does not start.

    Images of OpenTelemetry's collector, AWS's too, have no shell: a health check with `CMD-SHELL`
    never succeeds there. AWS's has a program for it, `[/healthcheck]`.

    Source: Amazon ECS API Reference, ContainerDefinition (command, entryPoint); aws/aws-cli issues
    5593 and 6227; cookiecutter/cookiecutter-django issue 5217; aws/amazon-ecs-agent issue 2152;
    aws-observability/aws-otel-collector issues 1124 and 2655.
    """
    for service in services(d):
        for each in beside(service):
            spec = each.spec
            yield from _of(each.path, spec.image, spec.entry_point, spec.command)
            if any(name in spec.image for name in SHELLLESS):
                check = getattr(spec, "health_check", None)
                yield from _shell(each.path, spec.entry_point, check.command if check else ())


def _of(
    path: Path, image: str, entry_point: tuple[str, ...], command: tuple[str, ...]
) -> Iterator[Violation]:
    if entry_point and _line(entry_point):
        yield _no_program((*path, "entry_point", 0), entry_point[0])
        return
    if entry_point or not command:
        return
    first: Path = (*path, "command", 0)
    program = command[0].rpartition("/")[2]
    if not any(each in image for each in AWS_CLI):
        if _line(command):
            yield _no_program(first, command[0], Severity.WARNING)
    elif _line(command):
        yield Violation(
            first,
            f"aws, the image's entry point, gets {quoted(command[0], 40)} as one argument",
            "write each word as a separate entry, such as [s3, cp, …]",
        )
    elif program == "aws":
        yield Violation(
            first, "the image's entry point is already aws", "remove aws from the command"
        )
    elif program in SHELLS:
        yield Violation(
            first,
            f"the image's entry point is aws, which has no command {command[0]}",
            f"move the shell to entry_point: [{command[0]}, -c]",
        )


def _shell(path: Path, entry_point: tuple[str, ...], check: tuple[str, ...]) -> Iterator[Violation]:
    if check[:1] == ("CMD-SHELL",):
        yield Violation(
            (*path, "health_check", "command"),
            "the image has no shell, so the container never becomes healthy",
            "write [/healthcheck] for AWS's collector, or remove health_check",
        )
    if entry_point and entry_point[0].rpartition("/")[2] in SHELLS:
        yield Violation((*path, "entry_point", 0), "the image has no shell", "remove entry_point")


def _line(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and len(words[0].split()) > 1 and not words[0].startswith("-")


def _no_program(path: Path, line: str, severity: Severity | None = None) -> Violation:
    return Violation(
        path,
        f"no image has a program {quoted(line, 40)}: a single text is read as the name of one "
        "program",
        "write each word as a separate entry, or run a shell with entry_point: [sh, -c]",
        severity,
    )
