"""Alarms about brokers, connectors, load balancers, database and file system, and what they tell.

Metrics: Amazon ECS Developer Guide, Available metrics; Amazon CloudWatch User Guide, Amazon ECS
Container Insights metrics; Elastic Load Balancing, CloudWatch metrics; Amazon Aurora User Guide,
CloudWatch metrics for Aurora; Amazon EFS User Guide, CloudWatch metrics for Amazon EFS; AWS
Certificate Manager User Guide, Supported CloudWatch metrics.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from troposphere.cloudwatch import Alarm, Dashboard, MetricDimension
from troposphere.events import Rule, Target

from camformation.components.alarm_condition import Condition
from camformation.components.dashboard import dashboard_body
from camformation.frozen import frozen
from camformation.units import Unit, Value

SECTION = ("observability", "alarms")
TASKS, INSIGHTS, ALB = "AWS/ECS", "ECS/ContainerInsights", "AWS/ApplicationELB"
NLB, AURORA, EFS, ACM = "AWS/NetworkELB", "AWS/RDS", "AWS/EFS", "AWS/CertificateManager"
DAY = 86_400


@frozen
class Service:
    """An ECS service to watch, its target groups by load balancer."""

    title: str  # Brokers | Connectors
    arn: Value
    name: Value
    tasks: int
    alb_target_group: Value | None
    nlb_target_group: Value | None


@frozen
class Watched:
    """The parts of a deployment that alarms are about; None for what it has not, or may not see."""

    cluster_name: Value
    insights: bool  # does Container Insights count the tasks
    services: tuple[Service, ...]
    alb: Value | None  # full name
    nlb: Value | None
    database: Value | None  # identifier of the cluster
    replicas: bool
    serverless: bool
    file_system: Value | None
    bursting: bool
    certificates: tuple[Value, ...]


def build_alarms(unit: Unit, topic: Value, watched: Watched) -> None:
    """Create the alarms, the rule for failed deployments, and the dashboard."""
    conditions = [*_conditions(watched)]
    alarms = [unit.add(_alarm(unit.deployment, each, topic)) for each in conditions]
    unit.add(_failed_deployments(unit.deployment, [each.arn for each in watched.services], topic))
    unit.add(
        Dashboard(
            "Dashboard",  # no name: dashboards of all regions of an account share one namespace
            DashboardBody=dashboard_body([str(each.title) for each in alarms], conditions),
        )
    )


def _alarm(deployment: str, each: Condition, topic: Value) -> Alarm:
    return Alarm(
        f"{each.title}Alarm",
        AlarmDescription=f"{deployment}: {each.says}",
        Namespace=each.namespace,
        MetricName=each.metric,
        Dimensions=[MetricDimension(Name=name, Value=value) for name, value in each.dimensions],
        Statistic=each.statistic,
        ComparisonOperator="GreaterThanThreshold" if each.above else "LessThanThreshold",
        Threshold=each.threshold,
        Period=each.seconds,
        EvaluationPeriods=each.periods,
        TreatMissingData=each.missing,
        AlarmActions=[topic],
        OKActions=[topic],
    )


def _conditions(w: Watched) -> Iterator[Condition]:
    for service in w.services:
        yield from _service(w, service)
    if w.alb:
        of = (("LoadBalancer", w.alb),)
        says = "the HTTP load balancer itself answers with 5xx: nobody is there to answer"
        yield Condition(
            "WebErrors", says, ALB, "HTTPCode_ELB_5XX_Count", of, "Sum", True, 10, 3, 300
        )
        says = "Camunda answers with 5xx"
        yield Condition(
            "CamundaErrors", says, ALB, "HTTPCode_Target_5XX_Count", of, "Sum", True, 10, 3, 300
        )
    if w.database:
        yield from _database(w, w.database)
    if w.file_system:
        disk = (("FileSystemId", w.file_system),)
        says = "the brokers' file system is near its limit of I/O operations"
        yield Condition("DiskLimit", says, EFS, "PercentIOLimit", disk, "Maximum", True, 95)
        if w.bursting:
            says = "the brokers' file system has used most of its burst credits"
            yield Condition(
                "DiskCredits", says, EFS, "BurstCreditBalance", disk, "Minimum", False, 2**39
            )
    for number, certificate in enumerate(w.certificates, 1):
        title, says = f"Certificate{number}", "a certificate expires within 30 days"
        of = (("CertificateArn", certificate),)
        yield Condition(title, says, ACM, "DaysToExpiry", of, "Minimum", False, 30, 1, DAY)


def _service(w: Watched, service: Service) -> Iterator[Condition]:
    title, who = service.title, service.title.lower()
    of = (("ClusterName", w.cluster_name), ("ServiceName", service.name))
    if w.insights:
        yield Condition(
            f"{title}Running",
            f"fewer {who} run than should, for longer than a rolling update takes",
            INSIGHTS,
            "RunningTaskCount",
            of,
            "Minimum",
            False,
            service.tasks,
            30,
            missing="breaching",  # no task, no metric
        )
    says = f"{who} use more than 85 % of their CPU"
    yield Condition(f"{title}Cpu", says, TASKS, "CPUUtilization", of, "Average", True, 85)
    says = f"one of the {who} uses more than 95 % of its memory"
    yield Condition(f"{title}Memory", says, TASKS, "MemoryUtilization", of, "Maximum", True, 95)
    for name, space, balancer, group in (
        ("Web", ALB, w.alb, service.alb_target_group),
        ("Grpc", NLB, w.nlb, service.nlb_target_group),
    ):
        if balancer and group:
            targets = (("LoadBalancer", balancer), ("TargetGroup", group))
            says = f"{who} fail the load balancer's health check"
            yield Condition(
                f"{title}{name}Health",
                says,
                space,
                "UnHealthyHostCount",
                targets,
                "Maximum",
                True,
                0,
                30,
            )


def _database(w: Watched, identifier: Value) -> Iterator[Condition]:
    of = (("DBClusterIdentifier", identifier),)
    says = "the database uses more than 85 % of its CPU"
    yield Condition("DatabaseCpu", says, AURORA, "CPUUtilization", of, "Maximum", True, 85)
    says = "the database has less than 2 GiB of local storage for sorting and indexing"
    yield Condition("DatabaseDisk", says, AURORA, "FreeLocalStorage", of, "Minimum", False, 2**31)
    if w.replicas:
        says = "a replica is more than a second behind the writer"
        yield Condition(
            "DatabaseLag", says, AURORA, "AuroraReplicaLagMaximum", of, "Maximum", True, 1000
        )
    if w.serverless:
        says = "the database has nearly reached its maximum capacity, `max_acu`"
        yield Condition("DatabaseCapacity", says, AURORA, "ACUUtilization", of, "Maximum", True, 95)


def _failed_deployments(deployment: str, services: Sequence[Value], topic: Value) -> Rule:
    """Describe the rule that tells of a rollout that ECS gave up (Amazon ECS Developer Guide,
    Service deployment state change events)."""
    pattern: dict[str, Any] = {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "resources": list(services),
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
    }
    return Rule(
        "FailedDeploymentRule",
        Description=f"Failed rollouts of {deployment}",
        EventPattern=pattern,
        Targets=[Target(Id="topic", Arn=topic)],
    )
