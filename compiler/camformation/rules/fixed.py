"""Settings with a fixed value, on which load balancers, probes and other tasks rely."""

from collections.abc import Mapping, Set

from camformation.diagnostics import Severity
from camformation.frozen import frozen

EVERYWHERE = {"0.0.0.0", "::", "0:0:0:0:0:0:0:0"}
PROBES = "health checks call port 9600 at /actuator/health"
CONNECTORS_PROBES = "health checks call port 8080 at <context path>/actuator/health"
FORWARD = "load balancers, connectors and other brokers reach a task at its own address"


@frozen
class Fixed:
    """A setting with a fixed value: the accepted values, and what any other contradicts."""

    fine: Set[str]
    why: str
    severity: Severity = Severity.ERROR


def _address() -> Fixed:
    return Fixed(EVERYWHERE, FORWARD)


def _endpoints(where: str) -> Mapping[str, Fixed]:
    """Return the settings of the management endpoints on which health checks at `where` rely."""
    return {
        "MANAGEMENT_SERVER_ADDRESS": Fixed(EVERYWHERE, where),
        "MANAGEMENT_ENDPOINTS_WEB_BASEPATH": Fixed({"/actuator"}, where),
        "MANAGEMENT_ENDPOINTS_WEB_PATHMAPPING_HEALTH": Fixed({"health"}, where),
        "MANAGEMENT_ENDPOINT_HEALTH_ENABLED": Fixed({"true"}, where),
        "MANAGEMENT_ENDPOINT_HEALTH_ACCESS": Fixed(
            {"read-only", "readonly", "unrestricted"}, where
        ),
        "MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED": Fixed(
            {"true"}, f"{where}/liveness and readiness", Severity.WARNING
        ),
    }


BROKERS: Mapping[str, Fixed] = {
    "SERVER_PORT": Fixed(
        {"8080"}, "the web load balancer and connectors reach the REST API at port 8080"
    ),
    "SERVER_ADDRESS": _address(),
    "SPRING_MVC_SERVLET_PATH": Fixed({"/"}, "published URLs use paths such as /operate and /v2"),
    "SPRING_MAIN_WEBAPPLICATIONTYPE": Fixed({"servlet"}, "the web load balancer needs REST"),
    "MANAGEMENT_SERVER_PORT": Fixed({"9600"}, PROBES),
    "MANAGEMENT_SERVER_BASEPATH": Fixed({"/"}, PROBES),
    **_endpoints(PROBES),
    "CAMUNDA_API_GRPC_ADDRESS": _address(),
    "CAMUNDA_API_GRPC_PORT": Fixed(
        {"26500"}, "the gRPC load balancer and connectors reach gRPC at port 26500"
    ),
    "CAMUNDA_CLUSTER_NETWORK_HOST": _address(),
    "CAMUNDA_CLUSTER_NETWORK_ADVERTISEDHOST": Fixed(
        set(), "every broker would announce the same address to the others"
    ),
    "CAMUNDA_CLUSTER_NETWORK_PORTOFFSET": Fixed({"0"}, "brokers reach each other at 26501, 26502"),
    "CAMUNDA_CLUSTER_NETWORK_COMMANDAPI_HOST": _address(),
    "CAMUNDA_CLUSTER_NETWORK_COMMANDAPI_PORT": Fixed(
        {"26501"}, "brokers can reach each other at port 26501 only"
    ),
    "CAMUNDA_CLUSTER_NETWORK_COMMANDAPI_ADVERTISEDHOST": Fixed(
        set(), "every broker would announce the same address to the others"
    ),
    "CAMUNDA_CLUSTER_NETWORK_COMMANDAPI_ADVERTISEDPORT": Fixed(
        {"26501"}, "brokers can reach each other at port 26501 only"
    ),
    "CAMUNDA_CLUSTER_NETWORK_INTERNALAPI_HOST": _address(),
    "CAMUNDA_CLUSTER_NETWORK_INTERNALAPI_PORT": Fixed(
        {"26502"}, "brokers find each other at port 26502"
    ),
    "CAMUNDA_CLUSTER_NETWORK_INTERNALAPI_ADVERTISEDHOST": Fixed(
        set(), "every broker would announce the same address to the others"
    ),
    "CAMUNDA_CLUSTER_NETWORK_INTERNALAPI_ADVERTISEDPORT": Fixed(
        {"26502"}, "brokers find each other at port 26502"
    ),
    "CAMUNDA_CLUSTER_NODEID": Fixed(set(), "brokers get their node ids from S3", Severity.WARNING),
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_FIXED_NODEID": Fixed(
        set(), "brokers get their node ids from S3", Severity.WARNING
    ),
    "CAMUNDA_MODE": Fixed({"all-in-one"}, "each task is broker, gateway and web application"),
    "ZEEBE_BROKER_GATEWAY_ENABLE": Fixed({"true"}, "each task is also a gateway, at port 26500"),
    "CAMUNDA_PERSISTENT_SESSIONS_ENABLED": Fixed(
        {"true"}, "people who log in at one broker are not logged in at the others"
    ),
    "CAMUNDA_REST_ENABLED": Fixed({"true"}, "the web load balancer and connectors need REST"),
    "CAMUNDA_WEBAPPS_ENABLED": Fixed(
        {"true"}, "the output Url leads to the web applications", Severity.WARNING
    ),
}

SCRAPED = "orchestration.cluster_health_check reads the metrics at /actuator/prometheus"
METRICS: Mapping[str, Fixed] = {
    "MANAGEMENT_ENDPOINTS_WEB_PATHMAPPING_PROMETHEUS": Fixed({"prometheus"}, SCRAPED),
    "MANAGEMENT_ENDPOINT_PROMETHEUS_ENABLED": Fixed({"true"}, SCRAPED),
    "MANAGEMENT_ENDPOINT_PROMETHEUS_ACCESS": Fixed(
        {"read-only", "readonly", "unrestricted"}, SCRAPED
    ),
    "MANAGEMENT_PROMETHEUS_METRICS_EXPORT_ENABLED": Fixed({"true"}, SCRAPED),
}
"""Settings on which the brokers' health check of the whole cluster relies."""

CONNECTORS: Mapping[str, Fixed] = {
    "SERVER_PORT": Fixed({"8080"}, "the load balancer and health checks use port 8080"),
    "SERVER_ADDRESS": Fixed(EVERYWHERE, FORWARD),
    "SPRING_MVC_SERVLET_PATH": Fixed({"/"}, CONNECTORS_PROBES),
    "SPRING_MAIN_WEBAPPLICATIONTYPE": Fixed({"servlet"}, CONNECTORS_PROBES),
    "MANAGEMENT_SERVER_PORT": Fixed({"8080"}, CONNECTORS_PROBES),
    **_endpoints(CONNECTORS_PROBES),
    "CAMUNDA_CLIENT_ENABLED": Fixed({"true"}, "connectors run as a client of the brokers"),
}
