"""The page of all variables that camformation sets: docs/variables.md, from compiled templates."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from camformation.audit.values import named
from camformation.components.context_paths import VARIABLE
from camformation.rules.generated import field_of
from deployments import deployment, templates
from test_parameters import OIDC, SECRET

Found = dict[str, dict[str, str]]
"""Values of variables, by container and name."""

PROXY = {"proxy": {"address": "http://proxy.example.com:3128"}}
TLS = {"tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABC"}}
VARIANTS: Mapping[str, dict[str, Any]] = {
    "`access.target_tls`": {"access": {"target_tls": {"secret_arn": SECRET}}},
    "`access.tls`": {"access": TLS},
    "`authentication.mode: oidc`": {"authentication": {"mode": "oidc", "oidc": OIDC}},
    "`authentication.mode: oidc` and `access.tls`": {
        "access": TLS,
        "authentication": {"mode": "oidc", "oidc": OIDC},
    },
    "`authentication.cluster_admin`": {
        "authentication": {"cluster_admin": {"password_secret_arn": SECRET}}
    },
    "`connectors.enabled: false`": {"connectors": {"enabled": False}},
    "`database.authentication: password`": {"database": {"authentication": "password"}},
    "`database.table_prefix`": {"database": {"table_prefix": "c8_"}},
    "`database.tls`": {"database": {"tls": {}}},
    "`license`": {"license": SECRET},
    "`network.proxy`": {"network": PROXY},
    "`observability.log_format: json`": {"observability": {"log_format": "json"}},
    "`operations.task`": {"operations": {"task": {}}},
    "`orchestration.memory_budget`": {"orchestration": {"memory_budget": {}}},
    "`orchestration.context_path`": {"orchestration": {"context_path": "/camunda"}},
    "`storage.backup.continuous: false`": {"storage": {"backup": {"continuous": False}}},
    "`storage.documents`": {"storage": {"documents": {"enabled": True}}},
    "`version: 8.9`": {"version": "8.9"},
    "`storage.documents` and `version: 8.9`": {
        "version": "8.9",
        "storage": {"documents": {"enabled": True}},
    },
}
"""Specs that set other variables than the default one, by what they have."""

CAMUNDA = "https://docs.camunda.io/docs/self-managed"
CORE = f"{CAMUNDA}/components/orchestration-cluster/core-settings/configuration"
PAGES: Mapping[str, tuple[str, str]] = {
    "CAMUNDA_": ("Properties", f"{CORE}/properties/"),
    "CAMUNDA_CLIENT_": (
        "Connectors",
        f"{CAMUNDA}/components/connectors/connectors-configuration/",
    ),
    "CAMUNDA_CLUSTER_INITIALCONTACTPOINTS": (
        "Amazon ECS",
        f"{CAMUNDA}/deployment/containers/cloud-providers/amazon/aws-ecs/",
    ),
    "CAMUNDA_CLUSTER_NODEIDPROVIDER_": (
        "Amazon ECS",
        f"{CAMUNDA}/deployment/containers/cloud-providers/amazon/aws-ecs/",
    ),
    "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_": (
        "Backup and restore",
        f"{CAMUNDA}/operational-guides/backup-restore/rdbms/",
    ),
    "CAMUNDA_DATA_SECONDARYSTORAGE_": (
        "Secondary storage",
        f"{CAMUNDA}/concepts/secondary-storage/configuring-secondary-storage/",
    ),
    "CAMUNDA_DOCUMENT_": (
        "Document handling",
        f"{CAMUNDA}/concepts/document-handling/configuration/",
    ),
    "CAMUNDA_LICENSE_KEY": ("Licensing", f"{CORE}/licensing/"),
    "CONNECTORS_LOG_APPENDER": (
        "Connectors",
        f"{CAMUNDA}/components/connectors/connectors-configuration/",
    ),
    "ZEEBE_LOG_APPENDER": ("Logging", f"{CORE}/logging/"),
    "DOCUMENT_": ("Document handling", f"{CAMUNDA}/concepts/document-handling/configuration/"),
    "SERVER_SSL_": (
        "Orchestration TLS modes",
        f"{CAMUNDA}/deployment/helm/configure/orchestration-tls-modes/",
    ),
    "MANAGEMENT_SERVER_SSL_": (
        "Spring Boot",
        "https://docs.spring.io/spring-boot/reference/actuator/monitoring.html",
    ),
    "CAMUNDA_API_GRPC_SSL_": (
        "Orchestration TLS modes",
        f"{CAMUNDA}/deployment/helm/configure/orchestration-tls-modes/",
    ),
    "SERVER_": ("Web server", f"{CORE}/webserver/"),
    "SPRING_": (
        "Spring Boot",
        "https://docs.spring.io/spring-boot/appendix/application-properties/index.html",
    ),
    "PG": ("libpq", "https://www.postgresql.org/docs/current/libpq-envars.html"),
    "AWS_": ("AWS SDKs", "https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html"),
    "HTTP_PROXY": ("a proxy", "spec.md#a-proxy"),
    "HTTPS_PROXY": ("a proxy", "spec.md#a-proxy"),
    "NO_PROXY": ("a proxy", "spec.md#a-proxy"),
    "JDK_JAVA_OPTIONS": (
        "The java command",
        "https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html",
    ),
    "JAVA_TOOL_OPTIONS": (
        "JVM TI",
        "https://docs.oracle.com/en/java/javase/21/docs/specs/jvmti.html#tooloptions",
    ),
}
"""Where variables are documented, by their prefix; the longest counts."""

TITLES = {
    "orchestration-cluster": "Brokers",
    "connectors": "Connectors",
    "db-seed": "Database seed",
    "orchestration-cluster-tls": "Files for TLS of brokers",
    "connectors-tls": "Files for TLS of connectors",
}
LONGEST = 60  # characters of a value
BAR = "\\|"


def variables(**sections: Any) -> Found:
    """Return the variables of each container of a spec."""
    found: Found = {}
    root = templates(**sections)["root"]
    for resource in root["Resources"].values():
        if resource["Type"] != "AWS::ECS::TaskDefinition":
            continue
        for each in resource["Properties"]["ContainerDefinitions"]:
            own = found.setdefault(each["Name"], {})
            for one in each.get("Environment", ()):
                own[one["Name"]] = _value(one["Value"])
            for one in each.get("Secrets", ()):
                own[one["Name"]] = f"the secret `{_shortened(named(one['ValueFrom']))}`"
    return found


def _value(value: Any) -> str:
    if not isinstance(value, dict):
        return f"`{_shortened(str(value))}`" if str(value) else "empty"
    if found := value.get("Fn::FindInMap"):
        return f"from the mapping `{found[0]}`"
    text = named(value)
    return f"`{_shortened(text)}`" if text else "of the deployment"


def _shortened(text: str) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


@cache
def everything() -> dict[str, dict[str, dict[str, str]]]:
    """Return each variable's value by variant (`""`: the default spec), by container and name."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for variant, spec in {"": {}, **VARIANTS}.items():
        for container, own in variables(**spec).items():
            for name, value in own.items():
                found.setdefault(container, {}).setdefault(name, {})[variant] = value
    return found


def when(container: str, present: Mapping[str, str]) -> str:
    """Return when a variable is set."""
    has = [each for each in VARIANTS if each in present]
    if "" not in present:
        return f"with {_either(has)}"
    with_container = {v for own in everything()[container].values() for v in own}
    lacks = [each for each in VARIANTS if each not in present and each in with_container]
    return f"not with {_either(lacks)}" if lacks else "always"


def _either(names: list[str]) -> str:
    """Return the names, without a combination if a part of it has the same effect."""
    return ", ".join(
        name for name in names if " and " not in name or not set(name.split(" and ")) & set(names)
    )


def documented(name: str) -> str:
    """Return the link to where a variable is documented."""
    starts = [start for start in PAGES if name.startswith(start)]
    if not starts:
        return "-"
    title, link = PAGES[max(starts, key=len)]
    return f"[{title}]({link})"


def field(container: str, name: str, variant: str) -> str:
    """Return the field of a spec that decides a variable."""
    if (container, name) == ("connectors", VARIABLE):
        return "`connectors.context_path`"
    found = field_of(deployment(**VARIANTS.get(variant, {})), name)
    return f"`{found}`" if found else "-"


def page() -> str:
    """Return the text of the page."""
    lines = [
        "# Variables of containers",
        "",
        "camformation sets these environment variables. This page is generated from compiled",
        "templates. The column *Value* shows the value in a spec that sets only a name; if that",
        "spec does not have the variable, the value in the spec that the column *Set* names first.",
        "Names in CamelCase are resources of the template.",
        "",
        "Put your own variables into `environment` and `secrets`. A variable of this page is an",
        "[error](rules.md#cam172) there: change its field instead. If it has no field, use a",
        "[patch](spec.md#patches).",
    ]
    for container, title in {**TITLES, **_others()}.items():
        lines += ["", f"## {title}", ""]
        lines += ["| Variable | Set | Value | Field | Documented in |", "|---|---|---|---|---|"]
        for name, present in sorted(everything()[container].items()):
            variant, value = next(iter(present.items()))
            decides = field(container, name, variant)
            cells = (f"`{name}`", when(container, present), value, decides, documented(name))
            lines.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _others() -> dict[str, str]:
    return {each: f"`{each}`" for each in everything() if each not in TITLES}
