"""The paths below which brokers and connectors answer over HTTP: their context paths.

A context path moves everything on an application's web port: pages, REST, logins, and connectors'
health checks, which are on the same port (Camunda docs, Webserver & security, Setting a custom
context path). Brokers' health checks are on the management port, whose paths have a base path of
their own (Spring Boot docs, Monitoring and Management Over HTTP, Customizing the Management
Endpoint Paths).
"""

ROOT = "/"
VARIABLE = "SERVER_SERVLET_CONTEXT_PATH"
_CONNECTORS = "/connectors"


def prefix(context_path: str) -> str:
    """Return the prefix of all paths of an application."""
    return "" if context_path == ROOT else context_path


def patterns(context_path: str) -> list[str]:
    """Return the path patterns of an application for a listener rule."""
    if context_path == ROOT:
        return ["/*"]
    if context_path == _CONNECTORS:  # as deployed before it could be chosen
        return [f"{context_path}*"]
    return [context_path, f"{context_path}/*"]
