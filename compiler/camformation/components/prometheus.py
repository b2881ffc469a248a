"""Metrics for Amazon Managed Service for Prometheus: a collector next to brokers and connectors.

Each task has its own, because a broker's metrics are on its management port, which nothing else may
reach. It is the AWS Distro for OpenTelemetry (its documentation, Prometheus Remote Write Exporter).
"""

import json
from typing import Any, Protocol, TypeVar

from camformation.components.access_spec import AccessSpec
from camformation.components.connectors_spec import ConnectorsSpec
from camformation.components.container_security import ContainerSecuritySpec, ContainersSpec
from camformation.components.containers_spec import SidecarSpec
from camformation.components.iam import StatementSpec
from camformation.components.logs import ObservabilitySpec
from camformation.components.network import NetworkSpec
from camformation.components.orchestration_spec import OrchestrationSpec
from camformation.components.ports import MANAGEMENT, REST
from camformation.components.prometheus_spec import PrometheusSpec
from camformation.frozen import replaced

COLLECTOR = "prometheus-collector"
SUFFIXES = {"aws-cn": "amazonaws.com.cn"}  # of partitions; amazonaws.com in all others
CREDENTIALS = "169.254.170.2"  # of the task's role, which a proxy cannot reach
Service = TypeVar("Service", OrchestrationSpec, ConnectorsSpec)


class Observed(Protocol):
    """The parts of a deployment that decide about collectors."""

    @property
    def name(self) -> str:
        """The deployment's name."""

    @property
    def network(self) -> NetworkSpec:
        """The network, with its proxy."""

    @property
    def orchestration(self) -> OrchestrationSpec:
        """The brokers."""

    @property
    def connectors(self) -> ConnectorsSpec:
        """The connectors."""

    @property
    def access(self) -> AccessSpec:
        """The load balancers, and TLS behind them."""

    @property
    def containers(self) -> ContainersSpec:
        """The restrictions of containers."""

    @property
    def observability(self) -> ObservabilitySpec:
        """The monitoring settings."""


D = TypeVar("D", bound=Observed)


def with_collectors(deployment: D) -> D:
    """Return the deployment with a collector in each task, if the spec has one."""
    d, spec = deployment, deployment.observability.prometheus
    if spec is None:
        return deployment
    tls = bool(d.access.target_tls and d.access.http)
    connectors = f"{d.connectors.context_path.rstrip('/')}/actuator/prometheus"
    return replaced(
        deployment,
        orchestration=_collected(
            d, spec, d.orchestration, MANAGEMENT, "/actuator/prometheus", tls=False
        ),
        connectors=_collected(d, spec, d.connectors, REST, connectors, tls=tls),
    )


def _collected(
    d: Observed, spec: PrometheusSpec, service: Service, port: int, path: str, *, tls: bool
) -> Service:
    name = "orchestration" if isinstance(service, OrchestrationSpec) else "connectors"
    environment = {
        "AOT_CONFIG_CONTENT": json.dumps(
            _configuration(spec, {"deployment": str(d.name), "service": name}, port, path, tls)
        )
    }
    if d.network.proxy:
        environment |= {
            "HTTPS_PROXY": d.network.proxy.address,
            "NO_PROXY": f"localhost,{CREDENTIALS}",
        }
    restrictions = d.containers
    collector = SidecarSpec(
        name=COLLECTOR,
        image=spec.image,
        entry_point=(),
        command=(),
        environment=environment,
        secrets={},
        user=restrictions.user,
        security=ContainerSecuritySpec(
            restrictions.readonly_root_filesystem,
            restrictions.drop_capabilities,
            restrictions.init_process,
        ),
        mounts=(),
        depends_on=(),
        essential=False,  # metrics may be missing; brokers may not
        restart=True,
        cpu=None,
        memory_mib=spec.memory_mib,
        memory_reservation_mib=None,
        ports=(),
        health_check=None,
        stop_timeout_seconds=30,
    )
    write = StatementSpec(
        sid="WriteMetrics",
        effect="Allow",
        actions=("aps:RemoteWrite",),
        resources=(spec.workspace_arn,),
        conditions={},
    )
    return replaced(
        service,
        sidecars=(*service.sidecars, collector),
        task_statements=(*service.task_statements, write),
    )


def _configuration(
    spec: PrometheusSpec, labels: dict[str, str], port: int, path: str, tls: bool
) -> dict[str, Any]:
    _, partition, _, region, _, workspace = spec.workspace_arn.split(":")
    host = f"aps-workspaces.{region}.{SUFFIXES.get(partition, 'amazonaws.com')}"
    job: dict[str, Any] = {
        "job_name": "camunda",
        "scrape_interval": f"{spec.interval_seconds}s",
        "metrics_path": path,
        "static_configs": [{"targets": [f"localhost:{port}"], "labels": labels}],
    }
    if tls:  # the certificate names the service, not localhost
        job |= {"scheme": "https", "tls_config": {"insecure_skip_verify": True}}
    return {
        "receivers": {"prometheus": {"config": {"scrape_configs": [job]}}},
        # Every target is localhost: the task's ARN, as a label, distinguishes tasks.
        "processors": {"resourcedetection": {"detectors": ["env", "ecs"]}},
        "exporters": {
            "prometheusremotewrite": {
                "endpoint": f"https://{host}/workspaces/{workspace.partition('/')[2]}"
                "/api/v1/remote_write",
                "auth": {"authenticator": "sigv4auth"},
                "resource_to_telemetry_conversion": {"enabled": True},
            }
        },
        "extensions": {"sigv4auth": {"region": region, "service": "aps"}},
        "service": {
            "extensions": ["sigv4auth"],
            "pipelines": {
                "metrics": {
                    "receivers": ["prometheus"],
                    "processors": ["resourcedetection"],
                    "exporters": ["prometheusremotewrite"],
                }
            },
        },
    }
