"""The rule for log routers: what FireLens on Fargate takes, and logs that go nowhere."""

from collections.abc import Iterator

from camformation.components.containers_spec import LogRouterSpec
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules import fluent_bit
from camformation.rules.containers import services
from camformation.rules.registry import Violation, rule

FILE_TYPE, FILE = "config-file-type", "config-file-value"
OPTIONS = ("enable-ecs-log-metadata", FILE_TYPE, FILE)
OWN_FILES = {"fluentbit": "/fluent-bit/etc/fluent-bit.conf", "fluentd": "/fluentd/etc/fluent.conf"}
PLUGIN = {"fluentbit": "Name", "fluentd": "@type"}
BUFFER, MOST = "log-driver-buffer-limit", 536870912  # bytes
FILTERS = ("exclude-pattern", "include-pattern", BUFFER)  # of no plugin
ELSEWHERE = "awslogs-"


@rule("CAM154", "Log router that FireLens does not accept")
def log_router(d: Deployment) -> Iterator[Violation]:
    """FireLens knows the options `enable-ecs-log-metadata` (true or false), `config-file-type` and
    `config-file-value`. On Fargate, the configuration file is in the image or on a mounted volume:
    its type is `file`, and its path must not be the one of FireLens's own file,
    `/fluent-bit/etc/fluent-bit.conf` or `/fluentd/etc/fluent.conf`. An option of the output is
    plain or secret, not both.

    `output` has the plugin in `Name` for Fluent Bit, in `@type` for Fluentd, in exactly this
    spelling: if there are options but no plugin, FireLens does not start the task. Without options
    and without a configuration file, Camunda's logs go nowhere: that is a warning. Fluent Bit does
    not start with an unknown plugin, or without a plugin's required options, such as the region and
    the log group of `cloudwatch_logs`; the task then ends too. `log-driver-buffer-limit` is a
    number of bytes.

    Source: Amazon ECS Developer Guide, Send Amazon ECS logs to an AWS service; AWS CloudFormation
    User Guide, AWS::ECS::TaskDefinition FirelensConfiguration; aws/amazon-ecs-agent,
    addOutputSection; Fluent Bit manual, Outputs.
    """
    for service in services(d):
        if router := service.spec.log_router:
            path: Path = (service.section, "log_router")
            yield from _options(path, router)
            yield from _output(path, router)


def _options(path: Path, router: LogRouterSpec) -> Iterator[Violation]:
    options = router.options
    for name, value in options.items():
        where: Path = (*path, "options", name)
        if name not in OPTIONS:
            yield Violation(
                where,
                f"FireLens has no option {name}",
                f"put options of the output plugin under output; FireLens has {', '.join(OPTIONS)}",
            )
        elif name == FILE_TYPE and value != "file":
            yield Violation(
                where,
                f"on Fargate, FireLens takes no configuration file of type {value}",
                "set it to file, with a file in the image or on a volume that an init container "
                "fills",
            )
        elif name == OPTIONS[0] and value not in ("true", "false"):
            yield Violation(where, f"{name} is true or false", 'set it to "true" or "false"')
        elif name == FILE and value == OWN_FILES[router.type]:
            yield Violation(
                where, f"FireLens writes its own file to {value}", "use another path in the image"
            )
    for one, other in ((FILE_TYPE, FILE), (FILE, FILE_TYPE)):
        if one in options and other not in options:
            yield Violation((*path, "options", one), f"{one} needs {other}", f"add {other}")


def _output(path: Path, router: LogRouterSpec) -> Iterator[Violation]:
    for name in router.output_secrets:
        if name in router.output:
            yield Violation(
                (*path, "output_secrets", name), f"{name} is also in output", "remove it there"
            )
    given = (*router.output, *router.output_secrets)
    if wrong := [name for name in router.output if name.startswith(ELSEWHERE)]:
        yield Violation(
            (*path, "output", wrong[0]),
            f"{wrong[0]} is an option of the log driver awslogs, not of a log router",
            "remove it; the plugin cloudwatch_logs has log_group_name and log_stream_prefix",
        )
    size = router.output.get(BUFFER, "0")
    if not size.isdecimal() or int(size[:12]) > MOST:
        yield Violation(
            (*path, "output", BUFFER),
            f"{BUFFER} is a number of bytes, {MOST} at most",
            'for example "2097152"',
        )
    wanted = PLUGIN[router.type]
    if wanted in given:
        if router.type == "fluentbit":
            yield from fluent_bit.output(path, router)
        return
    if written := [name for name in given if name.lower() in ("name", "type", "@type")]:
        section = "output" if written[0] in router.output else "output_secrets"
        yield Violation(
            (*path, section, written[0]),
            f"FireLens looks for {wanted}, does not find it, and does not start the task",
            f"write {wanted} instead of {written[0]}",
        )
    elif any(name not in FILTERS and name not in wrong for name in given):
        yield Violation(
            (*path, "output") if router.output else path,
            f"the output has options but no {wanted}, so FireLens does not start the task",
            _plugins(router),
        )
    elif FILE not in router.options:
        yield Violation(
            (*path, "output") if router.output else path,
            f"the output has no {wanted}, and there is no configuration file, so Camunda's logs go "
            "nowhere",
            _plugins(router),
            Severity.WARNING,
        )


def _plugins(router: LogRouterSpec) -> str:
    return f"set {PLUGIN[router.type]} of output to a plugin, such as " + (
        "cloudwatch_logs" if router.type == "fluentbit" else "cloudwatch_logs or forward"
    )
