"""The connectors' configuration: their properties as environment variables."""

from camformation.components import target_tls
from camformation.components.access_spec import AccessSpec
from camformation.components.authentication import AuthenticationSpec, connectors_variables
from camformation.components.connectors_spec import ConnectorsSpec
from camformation.components.context_paths import VARIABLE
from camformation.components.fargate import Variables
from camformation.components.log_format import appender
from camformation.components.ports import GRPC, REST
from camformation.units import Value

APPENDER = ("CONNECTORS_LOG_APPENDER", "stackdriver")  # its logback-spring.xml: JSON


def reserved_environment(
    spec: ConnectorsSpec, access: AccessSpec, authentication: AuthenticationSpec, log_format: str
) -> frozenset[str]:
    """Return the names that `connectors.environment` and `connectors.secrets` must not set."""
    return generated_variables(spec, access, authentication, log_format, "").names


def generated_variables(
    spec: ConnectorsSpec,
    access: AccessSpec,
    authentication: AuthenticationSpec,
    log_format: str,
    password: Value,
    brokers_prefix: str = "",
) -> Variables:
    """Return all generated variables, without the spec's own."""
    tls = access.target_tls
    plain = {
        VARIABLE: spec.context_path,
        "CAMUNDA_CLIENT_MODE": "self-managed",
        "CAMUNDA_CLIENT_RESTADDRESS": f"{target_tls.http(tls)}://orchestration-cluster-rest:{REST}"
        f"{brokers_prefix}",
        "CAMUNDA_CLIENT_GRPCADDRESS": f"{target_tls.http(tls)}://orchestration-cluster-grpc:{GRPC}",
        **target_tls.connectors_variables(tls, served=access.http),
        **appender(log_format, APPENDER, spec.environment),
    }
    return Variables(plain=plain, secret={}) | connectors_variables(
        authentication, password=password
    )
