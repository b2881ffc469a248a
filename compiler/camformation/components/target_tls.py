"""TLS between load balancers and tasks: brokers and connectors serve it themselves.

Camunda reads certificates and keys from files (Camunda docs, Configure Orchestration REST and gRPC
TLS modes), and ECS has secrets only as variables. So a container of the same image writes them
before Camunda's starts, to `/tmp`: a volume of both images, whose owner is their user, so that no
other user and no root is needed. Camunda's container does not have the secret in its variables.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from troposphere import ecs

from camformation.components.access_spec import TargetTlsSpec
from camformation.components.container_security import ContainersSpec, own_container
from camformation.components.containers_spec import ServiceContainers
from camformation.components.fargate import RegistrySpec, Variables, container
from camformation.components.logs import LogGroup
from camformation.units import Value, text

DIRECTORY = "/tmp"
VOLUME = "camunda-tmp"
CERTIFICATE = "tls.crt"
PRIVATE_KEY = "tls.key"
AUTHORITY = "tls-authority.crt"
KEYS = {CERTIFICATE: "certificate", PRIVATE_KEY: "private_key", AUTHORITY: "ca_certificate"}
"""The key of each file in the secret."""


def writer_name(service: str) -> str:
    """Return the name of the container that writes the files of Camunda's container."""
    return f"{service}-tls"


def scratch_with_files(
    tls: TargetTlsSpec | None, written: Mapping[str, str], taken: Iterable[str | None]
) -> dict[str, str]:
    """Return the volumes of Camunda's container, with the one for the files; a volume of the spec
    at the same path, one of those `taken`, replaces it."""
    if tls is None or DIRECTORY in {path.rstrip("/") for path in taken if path}:
        return dict(written)
    return {VOLUME: DIRECTORY, **written}


def writer(
    service: str,
    image: str,
    tls: TargetTlsSpec,
    files: Iterable[str],
    spec: ServiceContainers,
    security: ContainersSpec,
    log_group: LogGroup,
    registry: RegistrySpec,
) -> ecs.ContainerDefinition:
    """Describe the container that writes files; it needs only the shell of Camunda's image.

    It fails, and the task with it, if the secret has no PEM under a key.
    """
    names = list(files)
    own = next((v.name for v in spec.volumes if v.path and v.path.rstrip("/") == DIRECTORY), VOLUME)
    secrets = {
        f"TLS_{KEYS[name].upper()}": text(f"${{Secret}}:{KEYS[name]}::", Secret=tls.secret_arn)
        for name in names
    }
    return container(
        writer_name(service),
        image,
        Variables(plain={}, secret=secrets),
        log_group,
        registry,
        Essential=False,
        EntryPoint=["sh", "-c"],
        Command=["\n".join([*_HEAD, *map(_write, names)])],
        MountPoints=[ecs.MountPoint(SourceVolume=own, ContainerPath=DIRECTORY, ReadOnly=False)],
        **own_container(security, spec.memory_mib, alone=False),
    )


_HEAD = (
    "set -eu",
    "umask 077",
    "write() {",
    '  case "$2" in',
    """  "-----BEGIN "*) printf '%s\\n' "$2" >"$1" ;;""",
    '  *) echo "the secret of access.target_tls has no PEM under $3" >&2; exit 1 ;;',
    "  esac",
    "}",
)


def _write(name: str) -> str:
    return f'write {DIRECTORY}/{name} "$TLS_{KEYS[name].upper()}" {KEYS[name]}'


def server_variables() -> dict[str, Any]:
    """Return the variables with which an application serves HTTP with TLS (Spring Boot docs, Common
    application properties, server.ssl)."""
    return {
        "SERVER_SSL_ENABLED": "true",
        "SERVER_SSL_CERTIFICATE": f"file:{DIRECTORY}/{CERTIFICATE}",
        "SERVER_SSL_CERTIFICATEPRIVATEKEY": f"file:{DIRECTORY}/{PRIVATE_KEY}",
    }


def broker_variables(tls: TargetTlsSpec | None) -> dict[str, Any]:
    """Return the brokers' variables.

    The management port would inherit TLS from the other one (spring-projects/spring-boot#15437);
    health checks and the ops task call it without TLS.
    """
    if tls is None:
        return {}
    return {
        **server_variables(),
        "MANAGEMENT_SERVER_SSL_ENABLED": "false",
        "CAMUNDA_API_GRPC_SSL_ENABLED": "true",
        "CAMUNDA_API_GRPC_SSL_CERTIFICATE": f"{DIRECTORY}/{CERTIFICATE}",
        "CAMUNDA_API_GRPC_SSL_CERTIFICATEPRIVATEKEY": f"{DIRECTORY}/{PRIVATE_KEY}",
    }


def connectors_variables(tls: TargetTlsSpec | None, *, served: bool) -> dict[str, Any]:
    """Return the connectors' variables: their trusted authorities, and TLS towards a load
    balancer."""
    if tls is None:
        return {}
    trusted = {"CAMUNDA_CLIENT_CACERTIFICATEPATH": f"{DIRECTORY}/{AUTHORITY}"}
    return {**trusted, **(server_variables() if served else {})}


def connectors_files(*, served: bool) -> tuple[str, ...]:
    """Return the files that connectors need."""
    return (CERTIFICATE, PRIVATE_KEY, AUTHORITY) if served else (AUTHORITY,)


def http(tls: TargetTlsSpec | None) -> str:
    """Return the scheme of the brokers' addresses, for REST and gRPC."""
    return "https" if tls else "http"


def secrets_of(tls: TargetTlsSpec | None) -> list[Value]:
    """Return the secret, for the permission to read it."""
    return [tls.secret_arn] if tls else []
