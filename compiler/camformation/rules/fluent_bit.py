"""Output plugins of Fluent Bit, and what they do not start without."""

from collections.abc import Iterator

from camformation.closeness import distance
from camformation.components.containers_spec import LogRouterSpec
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation

PLUGINS = (
    *("azure", "azure_blob", "azure_kusto", "azure_logs_ingestion", "bigquery", "chronicle"),
    *("cloudwatch_logs", "counter", "datadog", "es", "exit", "file", "flowcounter", "forward"),
    *("gelf", "http", "influxdb", "kafka", "kafka-rest", "kinesis_firehose", "kinesis_streams"),
    *("logdna", "loki", "nats", "nrlogs", "null", "opensearch", "opentelemetry"),
    *("oracle_log_analytics", "pgsql", "plot", "prometheus_exporter", "prometheus_remote_write"),
    *("s3", "skywalking", "slack", "splunk", "stackdriver", "stdout", "syslog", "tcp", "td", "udp"),
    *("vivo_exporter", "websocket"),
)
OF_AWS = ("cloudwatch", "firehose", "kinesis")  # written in Go, in AWS's image
MEANT = {
    "awslogs": "cloudwatch_logs",
    "elasticsearch": "es",
    "newrelic": "nrlogs",
    "otel": "opentelemetry",
    "otlp": "opentelemetry",
}
OFFICIAL = ("aws-for-fluent-bit", "fluent/fluent-bit")
GROUP = ("log_stream_name", "log_stream_prefix")  # exactly one of them
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {  # of each, one at least
    "cloudwatch": (("region",), ("log_group_name",), GROUP),
    "cloudwatch_logs": (("region",), ("log_group_name",), GROUP),
    "datadog": (("apikey",),),
    "firehose": (("region",), ("delivery_stream",)),
    "kinesis": (("region",), ("stream",)),
    "kinesis_firehose": (("region",), ("delivery_stream",)),
    "kinesis_streams": (("region",), ("stream",)),
    "logdna": (("api_key",),),
    "nrlogs": (("license_key", "api_key"),),
    "s3": (("bucket",),),
    "splunk": (("splunk_token", "http_user"),),
}
SECRET = ("apikey", "api_key", "license_key", "splunk_token")


def output(path: Path, router: LogRouterSpec) -> Iterator[Violation]:
    """Yield the reasons why Fluent Bit does not start with an output."""
    written = router.output.get("Name")
    if written is None or "$" in written:
        return
    name = written.lower()
    where: Path = (*path, "output", "Name")
    if name not in REQUIRED and name not in PLUGINS:
        yield from _unknown(where, written, router.image)
        return
    given = {each.lower() for each in (*router.output, *router.output_secrets)}
    for one_of in REQUIRED.get(name, ()):
        if not given.intersection(one_of):
            needed = " or ".join(one_of)
            section = "output_secrets" if one_of[0] in SECRET else "output"
            yield Violation(
                where,
                f"the plugin {written} needs {needed}: Fluent Bit does not start without it",
                f"add {needed} to {section}",
            )
        elif one_of == GROUP and name == "cloudwatch_logs" and given.issuperset(GROUP):
            yield Violation(
                where,
                f"the plugin {written} takes {' or '.join(GROUP)}, and Fluent Bit does not start "
                "with both",
                "remove one of them",
            )


def _unknown(where: Path, written: str, image: str) -> Iterator[Violation]:
    name = written.lower().replace("-", "_").replace(" ", "_")
    known = (*PLUGINS, *OF_AWS) if OFFICIAL[0] in image else PLUGINS
    official = any(each in image for each in OFFICIAL)
    near = min((distance(name, each), each) for each in known if len(each) > 3)
    if official and name in MEANT:
        later = name == "elasticsearch"
        yield Violation(
            where,
            f"Fluent Bit has no output plugin {written}"
            + (" before 5.1, and does not start with it" if later else ""),
            f"did you mean {MEANT[name]}?",
            Severity.WARNING if later else None,
        )
    elif near[0] <= (1 if len(name) < 8 else 2):
        yield Violation(
            where,
            f"Fluent Bit has no output plugin {written}, and does not start with it",
            f"did you mean {near[1]}?",
        )
