"""Rules about settings: wherever Spring reads one from, it is judged as what it is."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.deployment import Deployment
from camformation.diagnostics import Finding
from camformation.rules import generated, jvm
from camformation.rules.everything import RULES, findings
from camformation.rules.known_settings import Known
from camformation.rules.renamed import replaced
from camformation.rules.setting_values import _judged
from camformation.rules.settings import Setting, broker_settings, in_json
from camformation.spelling import bound, rest, variable
from deployments import deployment

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:"
ROLES = "CAMUNDA_SECURITY_INITIALIZATION_DEFAULTROLES_"
OIDC = {
    "issuer": "https://id.example.com/realms/camunda",
    "client_id": "camunda",
    "client_secret_arn": f"{SECRET}oidc-a1B2c3",
    "audiences": ["camunda"],
    "username_claim": "preferred_username",
    "client_id_claim": "client_id",
    "admin": {"users": ["ann", "bob"]},
    "connectors": {
        "client_id": "connectors",
        "client_secret_arn": f"{SECRET}connectors-a1B2c3",
        "token_url": "https://id.example.com/realms/camunda/protocol/openid-connect/token",
    },
}
LOGIN: dict[str, Any] = {
    "access": {"tls": {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789"}},
    "authentication": {"mode": "oidc", "oidc": OIDC},
}


def said_of(environment: dict[str, str], section: str = "orchestration", **more: Any) -> list[str]:
    """Return what is said of variables: code and severity, as `CAM191 error`."""
    sections = {section: {"environment": environment}} | more
    return [f"{each.code} {each.severity.value}" for each in findings(deployment(**sections))]


def found_by(code: str, **sections: Any) -> list[Finding]:
    return [each for each in findings(deployment(**sections)) if each.code == code]


def everywhere(name: str, value: str) -> list[dict[str, str]]:
    """Return variables that set one property, in all the ways that Spring reads."""
    dotted = name.lower().replace("_", ".")
    nested: Any = value
    for word in reversed(dotted.split(".")):
        nested = {word: nested}
    return [
        {name: value},
        {name.lower(): value},
        {"SPRING_APPLICATION_JSON": json.dumps({dotted: value})},
        {"SPRING_APPLICATION_JSON": json.dumps(nested)},
        *({option: f"-Xmx1g '-D{dotted}={value}' -ea"} for option in jvm.OPTIONS),
        *(
            {option: f"-ea '-Dspring.application.json={json.dumps(nested)}' -Xmx1g"}
            for option in jvm.OPTIONS
        ),
    ]


# What settings say


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("camunda.security.authentication.method", "CAMUNDA_SECURITY_AUTHENTICATION_METHOD"),
        ("camunda.data.primary-storage.rocksdb", "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB"),
        ("zeebe.broker.cluster.partitionsCount", "ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT"),
        ("a.users[0].name", "A_USERS_0_NAME"),
        ("a[1][2]", "A_1_2"),
    ],
)
def test_properties_have_variables(name: str, expected: str) -> None:
    assert variable(name) == expected
    assert bound(name) == bound(expected)


def test_what_follows_the_beginning_of_a_name() -> None:
    assert rest("ZEEBE_BROKER_DATA_BACK_UP_S3", "ZEEBE_BROKER_DATA_BACKUP_") == "S3"
    assert rest("ZEEBE_BROKER_DATA", "ZEEBE_BROKER_DATA_") == ""


@pytest.mark.parametrize("variables", everywhere("SERVER_PORT", "8081"), ids=str)
def test_a_setting_is_found_wherever_it_is(variables: dict[str, str]) -> None:
    settings = broker_settings(deployment(orchestration={"environment": variables}))
    assert settings.value("SERVER_PORT") == "8081"
    found = settings.find("server.port")
    assert found
    assert found.path == ("orchestration", "environment", *variables)
    assert said_of(variables) == ["CAM191 error"]


def test_json_wins_over_properties_and_properties_over_variables() -> None:
    variables = {
        "A_B": "variable",
        "JAVA_TOOL_OPTIONS": "-Da.b=tool",
        "JAVA_OPTS": "-Da.b=first -Da.b=second",
        "SPRING_APPLICATION_JSON": '{"a": {"b": "json"}}',
    }
    for expected in ("json", "second", "tool", "variable"):
        settings = broker_settings(deployment(orchestration={"environment": variables}))
        assert settings.value("A_B") == expected
        winner = settings.find("a.b")
        assert winner
        del variables[str(winner.path[-1])]


def test_json_among_the_options_goes_before_json_in_a_variable() -> None:
    """Spring reads one of them: SpringApplicationJsonEnvironmentPostProcessor takes the first."""
    option = """'-Dspring.application.json={"a":{"b":"option"}}'"""
    variables = {
        "SPRING_APPLICATION_JSON": '{"a": {"b": "variable"}, "c": "alone"}',
        "JAVA_TOOL_OPTIONS": f"-Da.b=tool {option}",
    }
    settings = broker_settings(deployment(orchestration={"environment": variables}))
    found = settings.find("A_B")
    assert found and found.value == "option" and found.variable == "A_B"
    assert found.said == "a.b in -Dspring.application.json in JAVA_TOOL_OPTIONS"
    assert found.removal == "remove a.b from -Dspring.application.json in JAVA_TOOL_OPTIONS"
    assert settings.find("C") is None


def test_json_of_all_kinds() -> None:
    text = '{"a": {"b-c": [1, {"d": true}], "e": null, "f": []}, "g.h": "x"}'
    assert in_json(text) == [
        ("a.b-c[0]", "1"),
        ("a.b-c[1].d", "true"),
        ("a.e", ""),
        ("a.f", ""),
        ("g.h", "x"),
    ]
    assert in_json("[1]") is None
    assert in_json("[" * 100_000) is None


def test_words_of_options() -> None:
    assert jvm.words("""-Da="b c" '-Dd=e f'  -Dg=h""") == ["-Da=b c", "-Dd=e f", "-Dg=h"]
    assert jvm.words("""'-Da={"b": 1}' "-Dc='d'" -De""") == ['-Da={"b": 1}', "-Dc='d'", "-De"]
    assert list(jvm.properties("-Xmx1g -Da=b=c -Dd")) == [("a", "b=c"), ("d", "")]


@pytest.mark.parametrize(
    ("options", "mib"),
    [
        ("", 2048),
        ("-Xmx3g", 3072),
        ("-Xmx512m -Xmx1G", 1024),
        ("-XX:MaxHeapSize=1073741824", 1024),
        ("-XX:MaxRAMPercentage=50.0", 4096),
        ("-Xmx1g -XX:MaxRAMPercentage=50", 1024),
        ("-XX:MaxRAMFraction=2", 4096),
    ],
)
def test_how_large_a_heap_grows(options: str, mib: float) -> None:
    assert jvm.memory([options]).heap(8192) == mib


# Names of the past


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ZEEBE_BROKER_CLUSTER_CLUSTERSIZE", "CAMUNDA_CLUSTER_SIZE"),
        ("ZEEBE_BROKER_GATEWAY_NETWORK_PORT", "CAMUNDA_API_GRPC_PORT"),
        ("ZEEBE_GATEWAY_CLUSTER_PORT", "CAMUNDA_CLUSTER_NETWORK_INTERNALAPI_PORT"),
        ("ZEEBE_BROKER_DATA_BACKUP_S3_BASEPATH", "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_BASEPATH"),
        ("CAMUNDA_DATA_BACKUP_S3_BASEPATH", "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_BASEPATH"),
        ("ZEEBE_BROKER_BACKPRESSURE_ENABLED", "CAMUNDA_PROCESSING_FLOWCONTROL_REQUEST_ENABLED"),
        ("CAMUNDA_DATABASE_URL", "CAMUNDA_DATA_SECONDARYSTORAGE_ELASTICSEARCH_URL"),
        ("ZEEBE_BROKER_EXPORTERS_CAMUNDAEXPORTER_ARGS_CONNECT_URL", ""),
        ("ZEEBE_BROKER_SOMETHINGELSE", None),
        ("ZEEBE_LOG_LEVEL", None),
        ("CAMUNDA_CLUSTER_SIZE", None),
    ],
)
def test_what_replaced_names_of_the_cluster(old: str, new: str | None) -> None:
    assert replaced(old, client=False) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CAMUNDA_CLIENT_ZEEBE_RESTADDRESS", "CAMUNDA_CLIENT_RESTADDRESS"),
        ("CAMUNDA_CLIENT_ZEEBE_DEFAULTS_TIMEOUT", "CAMUNDA_CLIENT_WORKER_DEFAULTS_TIMEOUT"),
        ("ZEEBE_CLIENT_BROKER_GATEWAY_ADDRESS", "CAMUNDA_CLIENT_GRPCADDRESS"),
        ("ZEEBE_CLIENT_CLOUD_CLIENT_ID", "CAMUNDA_CLIENT_AUTH_CLIENTID"),
        ("OPERATE_CLIENT_USERNAME", "CAMUNDA_CLIENT_AUTH_USERNAME"),
        ("CAMUNDA_OPERATE_CLIENT_KEYCLOAK_URL", "CAMUNDA_CLIENT_AUTH_TOKENURL"),
        ("CAMUNDA_OPERATE_CLIENT_ENABLED", ""),
        ("CAMUNDA_CLIENT_AUTH_CLIENTID", None),
        ("CAMUNDA_CONNECTOR_POLLING_ENABLED", None),
    ],
)
def test_what_replaced_names_of_connectors(old: str, new: str | None) -> None:
    assert replaced(old, client=True) == new
    if new is not None:
        sections = {"connectors": {"environment": {old: "x"}}}
        (found,) = found_by("CAM180", **sections)
        assert found.hint
        assert new in found.hint


@pytest.mark.parametrize("version", ["8.9", "8.10"])
@pytest.mark.parametrize("login", [{}, LOGIN], ids=["basic", "oidc"])
def test_what_is_generated_names_a_field_or_none(version: str, login: dict[str, Any]) -> None:
    more = {
        "database": {"authentication": "password"},
        "storage": {
            "documents": {"enabled": True},
            "backup": {"continuous": True, "schedule": "PT1H"},
        },
    }
    d = deployment(version=version, **login, **more)
    for name in generated.broker_variables(d) | generated.connectors_variables(d):
        known = [each for each in generated.FIELDS if name == each or each.endswith("_")]
        assert any(name.startswith(each) for each in known), name
        value: Any = d
        for word in filter(None, generated.field_of(d, name).split(".")):
            value = getattr(value, word)  # there is such a field


# Contradictions, lists, roles

SOUND = [
    {"SERVER_PORT": "8080", "SERVER_SERVLET_CONTEXT_PATH": "/", "SERVER_SSL_ENABLED": "false"},
    {"MANAGEMENT_SERVER_PORT": "9600", "MANAGEMENT_SERVER_SSL_ENABLED": "false"},
    {"MANAGEMENT_SERVER_BASEPATH": "", "MANAGEMENT_ENDPOINTS_WEB_BASEPATH": "/actuator"},
    {"MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED": "true"},
    {"MANAGEMENT_ENDPOINT_PROMETHEUS_ACCESS": "none"},  # nothing of ours reads the metrics
    {"MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE": "health, prometheus"},
    {"MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE": "*"},
    {"CAMUNDA_API_GRPC_PORT": "26500", "CAMUNDA_API_GRPC_SSL_ENABLED": "False"},
    {"CAMUNDA_CLUSTER_NETWORK_HOST": "0.0.0.0", "SERVER_ADDRESS": "::"},
    {"CAMUNDA_CLUSTER_NETWORK_ADVERTISEDHOST": "${HOSTNAME}"},
    {"SPRING_PROFILES_ACTIVE": "broker,consolidated-auth,identity,operate,tasklist"},
    {"SPRING_PROFILES_ACTIVE": "prod, admin,broker, operate ,tasklist,consolidated-auth"},
    {"SPRING_PROFILES_INCLUDE": "prod"},
    {"CAMUNDA_MODE": "all-in-one", "SPRING_PROFILES_ACTIVE": "dev"},  # a mode sets the profiles
    {"SPRING_APPLICATION_JSON": '{"server": {"port": 8080}}', "SERVER_PORT": "8081"},
    {"SPRING_CONFIG_ADDITIONALLOCATION": "file:/config/"},
    {"JAVA_TOOL_OPTIONS": "-XX:MaxRAMPercentage=40 -Dserver.port=8080 -XX:+ExitOnOutOfMemoryError"},
    {"JAVA_OPTS": "-Xms2g -Xmx2g"},
    {f"{ROLES}ADMIN_USERS_1": "bob", f"{ROLES}RPA_CLIENTS_0": "robots"},
    {f"{ROLES}RPA_GROUPS": "ops,dev", f"{ROLES}CONNECTORS_MAPPINGRULES_0": "runtime"},
    {
        "SPRING_APPLICATION_JSON": json.dumps(
            {"camunda.security.initialization.defaultRoles": {"readonly-admin": {"users": ["a"]}}}
        )
    },
    {
        "CAMUNDA_SECURITY_INITIALIZATION_ROLES_0_ROLEID": "operators",
        "CAMUNDA_SECURITY_INITIALIZATION_ROLES_0_NAME": "Operators",
        f"{ROLES}OPERATORS_USERS_0": "bob",
    },
    {"CAMUNDA_DOCUMENT_AWS_2_BUCKETNAME": "mine"},  # a name that is a number
    {"CAMUNDA_DATA_EXPORTERS_RDBMS_ARGS_RETRIES_3": "x"},
    {"MANAGEMENT_ENDPOINTS_ACCESS_DEFAULT": "none"},  # as in the image, which has health on
    {"REGION_2": "eu-west-3"},  # nothing that Spring binds
    {"DB": "{{resolve:ssm:/camunda/db-host}}"},
    {"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYFRACTION": "0.2"},
    {
        "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYALLOCATIONSTRATEGY": "broker",
        "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYLIMIT": "1GB",
    },
]


@pytest.mark.parametrize("environment", SOUND, ids=str)
def test_sound_settings_of_brokers(environment: dict[str, str]) -> None:
    assert said_of(environment) == []


@pytest.mark.parametrize(
    "environment",
    [
        {"SERVER_PORT": "8080", "MANAGEMENT_SERVER_PORT": "8080"},
        {"MANAGEMENT_SERVER_BASEPATH": "/x"},  # only counts with a port of its own
        {"SPRING_PROFILES_ACTIVE": "cloud"},
        {"CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTIDS_0": "<default>"},
        {"JAVA_OPTS": "-XX:MaxRAMPercentage=75"},
        {"CAMUNDA_CLIENT_WORKER_OVERRIDE_IOCAMUNDAHTTPJSON_1_TIMEOUT": "PT1M"},  # a job type
        {"APP_2": "x", "LOGGING_LEVEL_ROOT": "debug"},
    ],
    ids=str,
)
def test_sound_settings_of_connectors(environment: dict[str, str]) -> None:
    assert said_of(environment, "connectors") == []


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"SERVER_SSL_KEYSTORE": "/usr/local/a.p12"}, "CAM191 error"),
        ({"MANAGEMENT_SERVER_ADDRESS": "127.0.0.1"}, "CAM191 error"),
        ({"MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_EXCLUDE_0": "health"}, "CAM191 error"),
        ({"SPRING_PROFILES_ACTIVE_0": "gateway"}, "CAM191 error"),
        ({"SPRING_PROFILES_ACTIVE": "broker,consolidated-auth"}, "CAM191 warning"),
        ({"SPRING_PROFILES_ACTIVE": ""}, "CAM191 error"),  # no profile at all
        ({"SPRING_PROFILES_INCLUDE": "sso-auth"}, "CAM191 error"),
        ({"CAMUNDA_MODE": "gateway"}, "CAM191 error"),
        ({"CAMUNDA_CLUSTER_NODEID": "0"}, "CAM191 warning"),
        ({f"{ROLES}ADMIN_GROUPS_1": "ops"}, "CAM192 error"),
        ({f"{ROLES}ADMIN_MAPPING_RULES_0": "ops"}, "CAM192 error"),
        ({f"{ROLES}READONLY_ADMIN_USERS_0": "ann"}, "CAM192 error"),
        ({"CAMUNDA_API_GRPC_INTERCEPTORS_1_ID": "x"}, "CAM192 error"),
        ({"SPRING_PROFILES_INCLUDE_1": "prod"}, "CAM192 error"),
        ({"JAVA_TOOL_OPTIONS": "-XX:MaxRAMPercentage=150"}, "CAM195 error"),
        ({"JAVA_TOOL_OPTIONS": "-Xmx=2g"}, "CAM195 error"),
        ({"JAVA_TOOL_OPTIONS": "-Xmx7500m"}, "CAM164 error"),
        ({"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYFRACTION": "0.6"}, "CAM164 error"),
        ({"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYFRACTION": "0.4"}, "CAM164 warning"),
        ({"ZEEBE_BROKER_EXPERIMENTAL_ROCKSDB_MEMORYFRACTION": "0.6"}, "CAM164 error"),
        ({"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYLIMIT": "64MB"}, "CAM164 warning"),
        ({"DB": "{{ resolve:secretsmanager:a }}"}, "CAM196 error"),
        ({"DB_PASSWORD": "{{resolve:secretsmanager:a}}"}, "CAM196 error"),
        ({"SPRING_APPLICATION_JSON": "{a: 1}"}, "CAM198 error"),
    ],
    ids=str,
)
def test_what_cannot_work(environment: dict[str, str], expected: str) -> None:
    assert [each for each in said_of(environment) if "CAM180" not in each] == [expected]


def test_defaults_that_are_too_much_for_a_small_task_are_a_warning() -> None:
    small = {"cpu": 1024, "memory_mib": 2048}
    assert [
        each.severity.value for each in found_by("CAM164", version="8.9", orchestration=small)
    ] == ["warning"]
    assert not found_by("CAM164", version="8.10", orchestration=small)


def test_lists_go_on_after_what_is_generated() -> None:
    for number, expected in ((1, []), (2, []), (3, ["CAM192 error"])):
        environment = {f"{ROLES}ADMIN_USERS_{number}": "eve"}
        taken = ["CAM172 error"] if number < 2 else []  # ann and bob are 0 and 1
        assert said_of(environment, **LOGIN) == taken + expected
    without: dict[str, Any] = {"connectors": {"enabled": False}}
    user = {"CAMUNDA_SECURITY_INITIALIZATION_USERS_1_USERNAME": "eve"}
    assert said_of(user, **without) == ["CAM244 error"]  # no password
    assert said_of(user) == ["CAM172 error"]


def test_a_context_path_matters_to_connectors_and_logins() -> None:
    path = {"SERVER_SERVLET_CONTEXT_PATH": "/camunda"}
    assert said_of(path) == ["CAM191 error"]
    assert said_of(path, connectors={"enabled": False}) == ["CAM191 warning"]
    assert said_of(path, "connectors")[0].startswith("CAM172")  # camformation sets it there


def test_tls_for_grpc_is_fine_where_nobody_else_ends_it() -> None:
    tls = {"CAMUNDA_API_GRPC_SSL_ENABLED": "true"}
    assert said_of(tls, connectors={"enabled": False}) == []
    assert said_of(tls) == ["CAM191 error"]


@pytest.mark.parametrize(
    "environment",
    [
        {"JAVA_OPTS": f"-Xmx{'9' * 5000}g -D{'a.' * 50_000}b=1 -D={'x' * 50_000}"},
        {"SPRING_APPLICATION_JSON": '{"a":' * 900 + "1" + "}" * 900},
        {"SPRING_APPLICATION_JSON": json.dumps({"CAMUNDA_" + "x_1_" * 50_000: 1})},
        {"CAMUNDA_" + "1_" * 20_000: "", "SERVER_PORT": "9" * 5000},
        {f"{ROLES}ADMIN_USERS_{'9' * 5000}": "bob"},
        {"CAMUNDA_DATA_SNAPSHOTPERIOD": "9" * 5000},
        {"CAMUNDA_DATA_SNAPSHOTPERIOD": f"PT{'9' * 5000}S"},
        {"JAVA_OPTS": f"-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort={'9' * 5000}"},
        {"SPRING_MAIL_HOST": "mail.example.com", "SPRING_MAIL_PORT": "2²"},
        *(
            {f"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_{name}": value, **strategy}
            for name in ("MEMORYLIMIT", "MEMORYFRACTION")
            for value in ("0", "0MB", "1e-300", "nan", "9" * 5000, "")
            for strategy in (
                {},
                {"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYALLOCATIONSTRATEGY": "BROKER"},
            )
        ),
    ],
    ids=lambda environment: str(environment)[:60],
)
def test_absurd_settings_are_survived(environment: dict[str, str]) -> None:
    for section in ("orchestration", "connectors"):
        said_of(environment, section)


# Secrets


@pytest.mark.parametrize(
    ("name", "complete"),
    [
        ("camunda-license-a1B2c3", True),
        ("rds!cluster-1234abcd-12ab-34cd-56ef-1234567890ab-aB1cD2", True),
        ("rds!db-1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ("a/b_c+d=e.f@g!h-AbCdEf:key::id", True),
        ("camunda-license", False),
        ("camunda-secret", False),  # a word
        ("camunda", False),
    ],
)
def test_secrets_without_their_random_end(name: str, complete: bool) -> None:
    for sections in (
        {"orchestration": {"secrets": {"A": SECRET + name}}},
        {"connectors": {"secrets": {"SECRET_A": SECRET + name}}},
        {"database": {"authentication": "password", "password_secret_arn": SECRET + name}},
    ):
        assert [each.code for each in findings(deployment(**sections))] == (
            [] if complete else ["CAM193"]
        )


@pytest.mark.parametrize(
    ("name", "environment", "read"),
    [
        ("SLACK_TOKEN", {}, False),
        ("SECRET_SLACK_TOKEN", {}, True),
        ("secret_slack", {}, False),
        ("CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPASSWORD", {}, True),
        ("SPRING_DATASOURCE_PASSWORD", {}, True),
        ("APP_INTEGRATIONS_API_KEY", {}, True),
        ("JAVAX_NET_SSL_TRUSTSTOREPASSWORD", {}, True),
        ("MAIL", {"SPRING_MAIL_PASSWORD": "${MAIL}"}, True),
        ("SLACK_TOKEN", {"CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PREFIX": ""}, True),
        ("SLACK_TOKEN", {"CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PREFIX": "SLACK_"}, True),
        ("SLACK_TOKEN", {"CAMUNDA_CONNECTOR_SECRET_PROVIDER_ENVIRONMENT_ENABLED": "false"}, True),
        (
            "SLACK_TOKEN",
            {"JAVA_OPTS": "-Dcamunda.connector.secret-provider.environment.prefix="},
            True,
        ),
    ],
)
def test_secrets_that_connectors_read(name: str, environment: dict[str, str], read: bool) -> None:
    runtime = {"secrets": {name: f"{SECRET}a-a1B2c3"}, "environment": environment}
    found = found_by("CAM194", connectors=runtime)
    assert bool(found) is not read
    for each in found:
        assert each.hint == f"name it SECRET_{name}"
    assert not found_by("CAM194", connectors=runtime | {"enabled": False})


def test_dynamic_references_in_other_places() -> None:
    reference = "{{resolve:secretsmanager:a}}"
    elsewhere = {"ignore": [{"rule": "CAM196", "reason": f"why {reference}"}]}
    assert [each.code for each in findings(deployment(**elsewhere))] == ["CAM021"]
    path = "/Resources/DatabaseCluster/Properties/MasterUserPassword"
    change = {"op": "add", "path": path, "value": reference}
    assert not found_by("CAM196", patches=[{"component": "database", "patch": [change]}])


# Tenants

CHECKS = {"CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED": "true"}
TENANT = "CAMUNDA_SECURITY_INITIALIZATION_TENANTS_0_"
EAST = CHECKS | {f"{TENANT}TENANTID": "east"}


@pytest.mark.parametrize(
    ("brokers", "runtime", "login", "warnings"),
    [
        (CHECKS, {}, {}, 1),
        (EAST, {}, {}, 2),
        (EAST, {"CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANTIDS": "east"}, {}, 1),
        (EAST, {"CAMUNDA_CLIENT_WORKER_DEFAULTS_TENANT_IDS_0": "west"}, {}, 0),
        (EAST, {"CAMUNDA_CLIENTS_EAST_TENANTID": "east"}, {}, 1),
        (EAST | {f"{TENANT}USERS": "connectors"}, {"CAMUNDA_CLIENT_TENANTIDS": "east"}, {}, 0),
        (EAST | {f"{TENANT}ROLES_0": "connectors"}, {}, {}, 1),
        (EAST | {f"{TENANT}CLIENTS": "connectors"}, {}, LOGIN, 1),
        (EAST | {f"{TENANT}USERS": "connectors"}, {}, LOGIN, 2),
        ({f"{TENANT}TENANTID": "east"}, {}, {}, 0),
    ],
)
def test_connectors_of_tenants(
    brokers: dict[str, str], runtime: dict[str, str], login: dict[str, Any], warnings: int
) -> None:
    d = {"orchestration": {"environment": brokers}, "connectors": {"environment": runtime}}
    found = found_by("CAM197", **d, **login)
    assert [each.severity.value for each in found] == ["warning"] * warnings
    assert not found_by("CAM197", **(d | {"connectors": {"enabled": False}}), **login)


def test_identifiers_are_judged_in_json_too() -> None:
    tenant = {"tenantId": "a", "name": "A", "users": ["b c"]}
    members = {"camunda.security.initialization.tenants": [tenant]}
    said = said_of({"SPRING_APPLICATION_JSON": json.dumps(members)})
    assert said == ["CAM144 error"]


TYPES = {"switch": "b", "whole number": "n", "number": "f", "duration": "d", "size": "z"}
READ = yaml.safe_load(Path(__file__).with_name("spring_values.yaml").read_text("utf-8"))


@pytest.mark.parametrize("kind", TYPES)
def test_values_are_read_as_spring_reads_them(kind: str) -> None:
    def refused(value: str) -> bool:
        setting = Setting("X", "X", value, ())
        found = _judged(setting, value.strip(), Known("x", TYPES[kind]))
        return any(each.severity is None for each in found)

    assert [each for each in READ[kind]["read"] if refused(each)] == []
    assert [each for each in READ[kind]["refused"] if not refused(each)] == []
    assert all(READ[kind].values())


def test_lists_come_from_one_source() -> None:
    name = "CAMUNDA_CLUSTER_INITIALCONTACTPOINTS"
    given = {f"{name}_2": "c", f"{name}_0": "a", f"{name}_1": "b"}
    assert broker_settings(broker(given)).elements(name) == ["a", "b", "c"]
    given["JAVA_TOOL_OPTIONS"] = "-Dcamunda.cluster.initial-contact-points[0]=z"
    assert broker_settings(broker(given)).elements(name) == ["z"]


def test_underscores_separate_parts_in_variables_alone() -> None:
    name = "CAMUNDA_PROCESSING_MAXCOMMANDSINBATCH"
    given = {"JAVA_TOOL_OPTIONS": f"-D{name}=5", "SPRING_APPLICATION_JSON": f'{{"{name}": 6}}'}
    assert broker_settings(broker(given)).find(name) is None
    given["JAVA_TOOL_OPTIONS"] += " -Dcamunda.processing.max_commandsInBatch=7"
    assert broker_settings(broker(given)).value(name) == "7"


def broker(environment: dict[str, str]) -> Deployment:
    return deployment(orchestration={"environment": environment})


OPTIONS = yaml.safe_load(Path(__file__).with_name("jvm_options.yaml").read_text("utf-8"))


def test_options_are_taken_as_a_jvm_takes_them() -> None:
    def refused(options: str) -> bool:
        given = broker({"JAVA_TOOL_OPTIONS": options})
        found = (each for code in ("CAM195", "CAM245") for each in RULES[code].check(given))
        return any(each.severity is None for each in found)

    assert [each for each in OPTIONS["taken"] if refused(each)] == []
    assert [each for each in OPTIONS["refused"] if not refused(each)] == []
    assert refused(f"-XX:MaxGCPauseMillis={'9' * 5000}")
