"""Alarms about brokers, connectors, load balancers, database and file system.

Metrics: Amazon ECS Developer Guide, Available metrics; Amazon CloudWatch User Guide, Amazon ECS
Container Insights metrics; Elastic Load Balancing, CloudWatch metrics; Amazon EFS User Guide,
CloudWatch metrics for Amazon EFS; Amazon VPC User Guide, NAT gateway metrics; AWS Certificate
Manager User Guide, Supported CloudWatch metrics.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from troposphere.cloudwatch import (
    Alarm,
    Dashboard,
    Metric,
    MetricDataQuery,
    MetricDimension,
    MetricStat,
)
from troposphere.events import Rule, Target

from camformation.components.alarm_condition import Condition
from camformation.components.dashboard import dashboard_body
from camformation.components.database_alarms import WatchedDatabase, database_conditions
from camformation.components.log_alarms import Log, build_filters, log_conditions
from camformation.frozen import frozen
from camformation.units import Unit, Value

SECTION = ("observability", "alarms")
TASKS, INSIGHTS, ALB = "AWS/ECS", "ECS/ContainerInsights", "AWS/ApplicationELB"
NLB, NAT, EFS, ACM = "AWS/NetworkELB", "AWS/NATGateway", "AWS/EFS", "AWS/CertificateManager"
POLL = 20  # seconds: twice as long as job workers wait for work (Camunda docs, Job workers)
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
    """The parts of a deployment for alarms; None for parts that it does not have, or may not
    see."""

    cluster_name: Value
    insights: bool  # whether Container Insights counts the tasks
    services: tuple[Service, ...]
    alb: Value | None  # full name
    nlb: Value | None
    database: WatchedDatabase | None
    log: Log
    nat_gateways: tuple[Value, ...]
    seed: tuple[str, Value] | None  # family of the task, ARN of the cluster
    file_system: Value | None
    bursting: bool
    certificates: tuple[Value, ...]


def build_alarms(unit: Unit, topic: Value, watched: Watched) -> None:
    """Create the alarms, the rule for failed deployments, and the dashboard."""
    build_filters(unit, watched.log)
    conditions = [*_conditions(watched), *log_conditions(unit.deployment, watched.log)]
    alarms = [unit.add(_alarm(unit.deployment, each, topic)) for each in conditions]
    unit.add(_failed_deployments(unit.deployment, [each.arn for each in watched.services], topic))
    if watched.seed:
        unit.add(_failed_seed(unit.deployment, *watched.seed, topic))
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
        **(_share(each) if each.share_of else _metric(each)),
        ComparisonOperator="GreaterThanThreshold" if each.above else "LessThanThreshold",
        Threshold=each.threshold,
        EvaluationPeriods=each.periods,
        TreatMissingData=each.missing,
        AlarmActions=[topic],
        OKActions=[topic],
    )


def _metric(each: Condition) -> dict[str, Any]:
    percentile = each.statistic.startswith("p")
    return {
        "Namespace": each.namespace,
        "MetricName": each.metric,
        **({"Dimensions": _dimensions(each)} if each.dimensions else {}),
        "ExtendedStatistic" if percentile else "Statistic": each.statistic,
        "Period": each.seconds,
    }


def _share(each: Condition) -> dict[str, Any]:
    """Return the percentage of a sum of bytes in the permitted throughput (Amazon EFS User Guide,
    Using metric math with CloudWatch metrics)."""

    def query(name: str, metric: str, statistic: str) -> MetricDataQuery:
        of = Metric(Namespace=each.namespace, MetricName=metric, Dimensions=_dimensions(each))
        stat = MetricStat(Metric=of, Period=each.seconds, Stat=statistic)
        return MetricDataQuery(Id=name, MetricStat=stat, ReturnData=False)

    expression = f"100 * used / {each.seconds} / permitted"
    share = MetricDataQuery(Id="share", Expression=expression, Label=each.title, ReturnData=True)
    permitted = query("permitted", each.share_of, "Average")
    return {"Metrics": [query("used", each.metric, each.statistic), permitted, share]}


def _dimensions(each: Condition) -> list[MetricDimension]:
    return [MetricDimension(Name=name, Value=value) for name, value in each.dimensions]


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
        says = "a tenth of the requests takes longer than job workers wait for work"
        yield Condition("WebLatency", says, ALB, "TargetResponseTime", of, "p90", True, POLL, 15)
    if w.database:
        yield from database_conditions(w.database)
    for number, gateway in enumerate(w.nat_gateways, 1):
        says = "a NAT gateway has no port left for a connection"
        of = (("NatGatewayId", gateway),)
        title = f"NatGateway{number}Ports"
        yield Condition(title, says, NAT, "ErrorPortAllocation", of, "Sum", True, 0, 3, 300)
    if w.file_system:
        disk = (("FileSystemId", w.file_system),)
        says = "the brokers' file system is near its limit of I/O operations"
        yield Condition("DiskLimit", says, EFS, "PercentIOLimit", disk, "Maximum", True, 95)
        says = "the brokers' file system uses more than 90 % of its throughput"
        metric, permitted = "MeteredIOBytes", "PermittedThroughput"
        yield Condition(
            "DiskThroughput", says, EFS, metric, disk, "Sum", True, 90, share_of=permitted
        )
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


def _failed_deployments(deployment: str, services: Sequence[Value], topic: Value) -> Rule:
    """Describe the rule for events of rollouts that ECS gave up (Amazon ECS Developer Guide,
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


def _failed_seed(deployment: str, family: str, cluster: Value, topic: Value) -> Rule:
    """Describe the rule for events of failed database seeds (Amazon ECS Developer Guide, Task state
    change events)."""
    pattern: dict[str, Any] = {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [cluster],
            "group": [f"family:{family}"],
            "lastStatus": ["STOPPED"],
            "$or": [
                {"containers": {"exitCode": [{"anything-but": [0]}]}},
                {"stopCode": ["TaskFailedToStart"]},
            ],
        },
    }
    return Rule(
        "FailedSeedRule",
        Description=f"Failed database seed of {deployment}",
        EventPattern=pattern,
        Targets=[Target(Id="topic", Arn=topic)],
    )
