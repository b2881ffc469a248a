"""The rule for addresses to which no telemetry goes."""

import re
from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, broker_settings, connectors_settings

_OTLP = "OTEL_EXPORTER_OTLP_"
_SIGNALS = ("TRACES", "METRICS", "LOGS")
_PROTOCOLS = ("grpc", "http/protobuf", "http/json")
_ADDRESS = r"(https?://[^/:?#\s]+)(?::(\d+))?(/[^?#\s]*)?"
_SPRING = {  # properties of Spring Boot, and the path that their addresses have
    "MANAGEMENT_OTLP_METRICS_EXPORT_URL": "/v1/metrics",
    "MANAGEMENT_OTLP_TRACING_ENDPOINT": "/v1/traces",
    "MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT": "/v1/traces",
    "MANAGEMENT_OTLP_LOGGING_ENDPOINT": "/v1/logs",
    "MANAGEMENT_OPENTELEMETRY_LOGGING_EXPORT_OTLP_ENDPOINT": "/v1/logs",
}


@rule("CAM269", "Address to which no telemetry goes", Severity.WARNING)
def telemetry(d: Deployment) -> Iterator[Violation]:
    """A collector of OpenTelemetry listens for gRPC on port 4317 and for HTTP on 4318. The agent
    appends `/v1/traces` and so on to `OTEL_EXPORTER_OTLP_ENDPOINT` with HTTP, but nothing to the
    address of one signal; neither does Spring Boot. A protocol is `grpc`, `http/protobuf` or
    `http/json`. With anything else, an application runs without telemetry.

    Your collector may listen elsewhere: ignore the rule then.

    Source: OpenTelemetry docs, OTLP exporter configuration and OTLP specification (ports);
    Spring Boot docs, Actuator (OTLP); open-telemetry/opentelemetry-java-examples issue 367;
    open-telemetry/opentelemetry-java-instrumentation issue 5529.
    """
    both: list[tuple[Path, Mapping[str, str], Settings]] = [
        (("orchestration",), d.orchestration.environment, broker_settings(d))
    ]
    if d.connectors.enabled:
        both.append((("connectors",), d.connectors.environment, connectors_settings(d)))
    for section, environment, settings in both:
        for name, value in environment.items():
            if name.startswith(_OTLP) and name.endswith("PROTOCOL"):
                yield from _protocol((*section, "environment", name), name, value.strip())
        yield from _agent((*section, "environment"), environment)
        for name, path in _SPRING.items():
            transport = settings.find(name.replace("ENDPOINT", "TRANSPORT"))
            found = settings.find(name)
            if found and not (transport and (transport.value or "").strip().lower() == "grpc"):
                yield from _address(found.path, (found.value or "").strip(), "http", path)


def _protocol(path: Path, name: str, value: str) -> Iterator[Violation]:
    if value and value not in _PROTOCOLS:
        meant = "grpc" if "grpc" in value.lower() else "http/protobuf"
        yield Violation(
            path, f"{name} is grpc, http/protobuf or http/json, not {value[:40]}", f"write {meant}"
        )


def _agent(section: Path, environment: Mapping[str, str]) -> Iterator[Violation]:
    common = environment.get(f"{_OTLP}PROTOCOL", "")
    name = f"{_OTLP}ENDPOINT"
    address = environment.get(name, "").strip()
    yield from _address((*section, name), address, common, None)
    found = re.fullmatch(_ADDRESS, address)
    appended = re.search(r"/v1/(?:traces|metrics|logs)/?$", (found and found[3]) or "")
    if appended and common != "grpc":
        yield Violation(
            (*section, name),
            f"{name} gets {appended[0]} once more: it is the address for all signals",
            f"write {address[: -len(appended[0])]}",
        )
    for signal in _SIGNALS:
        name = f"{_OTLP}{signal}_ENDPOINT"
        protocol = environment.get(f"{_OTLP}{signal}_PROTOCOL", common)
        address = environment.get(name, "").strip()
        yield from _address((*section, name), address, protocol, f"/v1/{signal.lower()}")


def _address(path: Path, address: str, protocol: str, ending: str | None) -> Iterator[Violation]:
    """Yield what is wrong with an address for a protocol, which may be unknown."""
    found = re.fullmatch(_ADDRESS, address)
    if not found or not protocol:
        return
    host, port, rest = found[1], found[2], found[3] or ""
    http = protocol.startswith("http")
    if port == ("4317" if http else "4318"):
        right = "4318" if http else "4317"
        yield Violation(
            path,
            f"collectors have {'gRPC' if http else 'HTTP'} on port {port}, but this is for "
            f"{'HTTP' if http else 'gRPC'}",
            f"write {host}:{right}{(ending or '') if http else ''}",
        )
    elif http and ending and rest in ("", "/"):
        yield Violation(
            path,
            f"nothing is appended to {quoted(address, 60)}, and collectors have no telemetry at /",
            f"write {address.rstrip('/')}{ending}",
        )
