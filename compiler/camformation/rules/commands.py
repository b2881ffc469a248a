"""The rule for commands that a container cannot run."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules.containers import beside, services
from camformation.rules.registry import Violation, rule

AWS_CLI = ("amazon/aws-cli", "aws-cli/aws-cli")
EXAMPLES = {"aws": "[s3, cp, …]", "git": "[clone, …]"}
SHELLLESS = ("aws-otel-collector", "opentelemetry-collector")
SHELLS = ("sh", "bash", "ash", "dash", "zsh")
ENTRIES = {  # of images that have one of their own, by the ends of their names
    **dict.fromkeys(AWS_CLI, "aws"),
    "alpine/git": "git",
    "rclone/rclone": "rclone",
    "minio/mc": "mc",
    "mikefarah/yq": "yq",
}


@rule("CAM256", "Command that its container cannot run")
def commands(d: Deployment) -> Iterator[Violation]:
    """`entry_point` and `command` are lists of words: the program and its arguments. No shell reads
    them, so a whole line in one text is read as the name of a program, which no image has:
    separate the words, or run a shell with `entry_point: [sh, -c]`. Images with a shell as entry
    point are rare, and unknown to the rule: ignore it then.

    The entry point of AWS's image of its command line is `aws`: a command begins with the service,
    `[s3, cp, …]`. Anything else is refused, and the task does not start. The images alpine/git,
    rclone/rclone, minio/mc and mikefarah/yq have such an entry point, too.

    After `-c` a shell reads one text as its line, and whatever follows as its arguments: of a line
    that is written in several words it runs the first alone.

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
    if torn := _torn(entry_point, command):
        yield Violation(
            (*path, "command", torn[0]),
            f"the shell reads {quoted(torn[1], 40)} alone as its line, and the rest as arguments "
            "of it",
            "write the whole line as one text",
        )
    if entry_point or not command:
        return
    first: Path = (*path, "command", 0)
    program = command[0].rpartition("/")[2]
    name = re.sub(r"[:@][^/]*$", "", image)
    entry = next((ENTRIES[x] for x in ENTRIES if f"/{name}".endswith(f"/{x}")), None)
    if entry is None:
        if _line(command):
            yield _no_program(first, command[0], Severity.WARNING)
    elif _line(command):
        yield Violation(
            first,
            f"{entry}, the image's entry point, gets {quoted(command[0], 40)} as one argument",
            f"write each word as a separate entry, such as {EXAMPLES.get(entry, '[…, …]')}",
        )
    elif program == entry:
        rest = ", ".join(command[1:3])
        yield Violation(
            first,
            f"the image's entry point is already {entry}",
            f"remove {entry} from the command: [{rest}, …]"
            if rest
            else f"remove {entry} from the command",
        )
    elif program in SHELLS:
        yield Violation(
            first,
            f"the image's entry point is {entry}, which has no command {command[0]}",
            f"move the shell to entry_point: [{command[0]}, -c]",
        )


def _torn(entry_point: tuple[str, ...], command: tuple[str, ...]) -> tuple[int, str] | None:
    """Return where a shell's line is torn into words, and the word that it runs."""
    words = (*entry_point, *command)
    if len(words) < 4 or words[0].rpartition("/")[2] not in SHELLS:
        return None
    option = next((n for n, word in enumerate(words) if re.fullmatch(r"-[a-z]*c", word)), None)
    if option is None or option > 2 or len(words) < option + 3:
        return None
    line = words[option + 1]
    if not re.fullmatch(r"[\w.-]+", line):  # which a line with arguments is not
        return None
    return max(option + 1 - len(entry_point), 0), line


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
