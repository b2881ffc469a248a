"""The rule for endpoints of AWS that tasks do not reach."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.containers import beside, services
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings, connectors_settings, switched

FIPS, FIPS_PROPERTY = "AWS_USE_FIPS_ENDPOINT", "aws.useFipsEndpoint"
OF_FIPS = r"us-(?:east|west|gov-east|gov-west)-\d|ca-(?:central|west)-1"
INSIDE = r"https?://(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)(?::\d+)?(?:/.*)?"
NEEDED = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")


@rule("CAM266", "AWS endpoint that does not exist")
def endpoints(d: Deployment) -> Iterator[Violation]:
    """Brokers get their node IDs from Amazon S3, and do not start without it. Amazon S3 has
    endpoints for FIPS 140 only in regions of the United States and Canada: elsewhere,
    `AWS_USE_FIPS_ENDPOINT` makes the AWS SDK look for names that do not exist. An
    `AWS_ENDPOINT_URL` with `localhost` is for an emulator, which is not in the task. For
    connectors, both are warnings: only AWS connectors need endpoints.

    Source: AWS SDKs and Tools Reference Guide, Dual-stack and FIPS endpoints, Service-specific
    endpoints; AWS, Federal Information Processing Standard (endpoints by service); aws/aws-cli
    issue 8750.
    """
    alone = {each.section: not any(beside(each)) for each in services(d)}
    for settings in (
        broker_settings(d),
        *([connectors_settings(d)] if d.connectors.enabled else []),
    ):
        name = settings.section[0]
        brokers = name == "orchestration"
        why, severity = (": brokers do not start", None) if brokers else ("", Severity.WARNING)
        section = (name, "environment")
        found: list[tuple[Path, str, str]] = [
            ((*section, FIPS), FIPS, settings.environment.get(FIPS, "")),
            *(
                (each.path, each.said, each.value or "")
                for each in settings.all
                if each.name == FIPS_PROPERTY and each.source
            ),
        ]
        for path, said, value in found:
            if d.region and switched(value) and not re.fullmatch(OF_FIPS, d.region):
                yield Violation(
                    path,
                    f"Amazon S3 has no endpoint for FIPS in {d.region}, which {said} requires{why}",
                    f"remove {said.partition(' ')[0]}",
                    severity,
                )
        for variable in NEEDED:
            value = settings.environment.get(variable, "").strip()
            if alone.get(str(name)) and re.fullmatch(INSIDE, value, re.IGNORECASE):
                yield Violation(
                    (*section, variable),
                    f"nothing at {value[:80]}, in the task itself, answers for AWS{why}",
                    f"remove {variable}: AWS's SDK finds the services of the region",
                    severity,
                )
