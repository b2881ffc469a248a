"""Names that neither Spring nor the JVM reads, and those that they read."""

import re
from collections.abc import Iterator

from camformation.diagnostics import Path
from camformation.rules import jvm
from camformation.rules.files import OFFICIAL
from camformation.rules.registry import Violation
from camformation.rules.settings import Setting, Settings
from camformation.spelling import bound, variable

OPTIONS = (
    *("JAVA_OPTIONS", "JAVA_ARGS", "JAVA_TOOL_OPTS", "JAVA_TOOL_OPTION", "JAVA_TOOLS_OPTIONS"),
    *("JVM_OPTS", "JVM_ARGS", "JVM_OPTIONS", "JDK_JAVA_OPTS", "JAVA_OPTS_APPEND", "JAVACMD_OPTS"),
    *("CATALINA_OPTS", "EXTRA_JAVA_OPTS", "EXTRA_JAVA_OPTIONS", "JAVA_EXTRA_OPTS", "HEAP_OPTS"),
)
"""Variables in which other images have options of the JVM (docker-library/tomcat;
DependencyTrack/dependency-track issue 3350; WASdev/ci.docker issue 112)."""
SECURITY = {
    "networkaddress.cache.ttl": "sun.net.inetaddr.ttl",
    "networkaddress.cache.negative.ttl": "sun.net.inetaddr.negative.ttl",
    "networkaddress.cache.stale.ttl": "sun.net.inetaddr.stale.ttl",
    "securerandom.source": "java.security.egd",
    **dict.fromkeys(
        ("jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms", "keystore.type"), ""
    ),
}
"""Properties of the file java.security, and the system properties in their place (java.security;
zulu-openjdk/zulu-openjdk issue 245)."""
RENAMED = """
server.max-http-header-size server.max-http-request-header-size
server.context-path -
server.session.timeout server.servlet.session.timeout
server.session.cookie. server.servlet.session.cookie.
server.use-forward-headers -
server.connection-timeout server.tomcat.connection-timeout
server.tomcat.max-threads server.tomcat.threads.max
server.tomcat.min-spare-threads server.tomcat.threads.min-spare
server.tomcat.max-http-post-size server.tomcat.max-http-form-post-size
server.tomcat.protocol-header server.tomcat.remoteip.protocol-header
server.tomcat.remote-ip-header server.tomcat.remoteip.remote-ip-header
server.tomcat.internal-proxies server.tomcat.remoteip.internal-proxies
spring.http.multipart. spring.servlet.multipart.
management.port -
management.address -
management.context-path -
management.security.enabled -
management.server.servlet.context-path -
management.endpoint.web.exposure. management.endpoints.web.exposure.
management.metrics.export.prometheus. management.prometheus.metrics.export.
management.metrics.export.otlp. management.otlp.metrics.export.
management.metrics.export.datadog. management.datadog.metrics.export.
management.metrics.export.dynatrace. management.dynatrace.metrics.export.
management.metrics.export.newrelic. management.newrelic.metrics.export.
management.metrics.export.statsd. management.statsd.metrics.export.
logging.path logging.file.path
"""
"""Old names of Spring's settings and those of today, and one that is often taken for another: a
name with a dot at its end stands for all that begin with it; `-` says that the deployment decides
it (Spring Boot 2.0, 2.3 and 3.0 Migration Guides; Spring Boot docs, Exposing endpoints)."""


def of_nobody(settings: Settings, image: str) -> Iterator[Violation]:
    """Yield variables and properties whose names nobody reads."""
    if re.fullmatch(OFFICIAL, image):
        for name, value in settings.environment.items():
            if name.upper() in OPTIONS and value.strip().startswith("-"):
                yield Violation(
                    (*settings.section, "environment", name),
                    f"no JVM reads {name}: it is a variable of other images",
                    "rename it to JAVA_TOOL_OPTIONS",
                )
    yield from _options(settings)
    for each in settings.all:
        if each.key.startswith(("SERVER", "SPRING", "MANAGEMENT", "LOGGING")):
            yield from _renamed(each, str(settings.section[0]))


def _options(settings: Settings) -> Iterator[Violation]:
    """Yield system properties that nobody reads, those of each variable together."""
    secure: dict[Path, list[Setting]] = {}
    wrapper: dict[Path, list[Setting]] = {}
    for each in settings.all:
        if each.source in jvm.OPTIONS and not each.in_json:
            if each.name in SECURITY:
                secure.setdefault(each.path, []).insert(0, each)
            elif each.name.startswith("wrapper"):
                wrapper.setdefault(each.path, []).insert(0, each)
    for path, given in secure.items():
        instead = [f"-D{SECURITY[each.name]}=…" for each in given if SECURITY[each.name]]
        yield Violation(
            path,
            f"the JVM does not read {_said(given)}: {_it(given)} of the file java.security, not of "
            "-D",
            f"write {' '.join(instead)}"
            if len(instead) == len(given)
            else "put it into a file, and name that with -Djava.security.properties",
        )
    for path, given in wrapper.items():
        yield Violation(
            path,
            f"the AWS JDBC wrapper does not read {_said(given)}: its parameters are in the URL",
            "set them in database.jdbc_parameters",
        )


def _said(given: list[Setting]) -> str:
    return " and ".join(f"-D{each.name}" for each in given)


def _it(given: list[Setting]) -> str:
    return "it is a property" if len(given) == 1 else "they are properties"


def _renamed(setting: Setting, section: str) -> Iterator[Violation]:
    for line in RENAMED.strip().split("\n"):
        old, new = line.split(" ")
        start = bound(old)
        if setting.key != start and not (old.endswith(".") and setting.key.startswith(start)):
            continue
        if new == "-":
            hint = setting.removal
            if old == "server.context-path":
                hint = f"set {section}.context_path instead"
        else:
            name = new + setting.key[len(start) :].lower() if old.endswith(".") else new
            hint = f"write {name if setting.source else variable(name)}"
        yield Violation(
            setting.path,
            f"Spring ignores {setting.said}, "
            + ("which has no effect" if "endpoint.web" in old else "a name of older versions"),
            hint,
        )
