"""The one-off task that creates Camunda's database users, run and watched by a custom resource."""

from functools import cache
from pathlib import Path

from awacs.aws import ArnEquals, Statement, StringEquals
from troposphere import AWSHelperFn, AWSObject, GetAtt, PropsDictType, Ref, Sub
from troposphere.awslambda import Code, Function, LoggingConfig
from troposphere.iam import Role

from camformation.components.cluster import Cluster
from camformation.components.container_security import ContainersSpec, own_container
from camformation.components.database import Database, user_password
from camformation.components.database_spec import DatabaseSpec
from camformation.components.egress import Egress
from camformation.components.fargate import RegistrySpec, task_definition
from camformation.components.keys import Keys
from camformation.components.logs import LogGroup, Logs
from camformation.components.network import Network
from camformation.components.policies import arn, assumed_by, inline, statement
from camformation.components.rds_authorities import authority
from camformation.components.roles import execution_role
from camformation.components.secrets import Secrets
from camformation.components.security_groups import SecurityGroups
from camformation.components.seed_sql import SCRIPT, seed_container, seed_sql
from camformation.digest import sha256
from camformation.units import Ready, Unit

CONTAINER = "db-seed"
MEMORY_MIB = 512
FUNCTION_SECONDS = 900  # AWS Lambda's longest
RUNTIME = "python3.13"


_PROPERTIES: PropsDictType = {
    "ServiceToken": (str, True),
    "ServiceTimeout": (int, True),
    "Cluster": (str, True),
    "TaskDefinition": (str, True),
    "Container": (str, True),
    "LogGroup": (str, True),
    "Subnets": ([str], True),
    "SecurityGroups": ([str], True),
    "DatabaseResourceId": (str, True),
    "Revision": (str, True),
}


class DatabaseSeed(AWSObject):
    """The custom resource: it runs the task again whenever one of its properties changes."""

    resource_type = "Custom::DatabaseSeed"
    props = _PROPERTIES


def seed_family(deployment: str) -> str:
    """Return the family of the seed's task definition."""
    return f"{deployment}-db-seed"


def build_database_seed(
    unit: Unit,
    spec: DatabaseSpec,
    *,
    security: ContainersSpec,
    network: Network,
    groups: SecurityGroups,
    egress: Egress,
    keys: Keys,
    secrets: Secrets,
    logs: Logs,
    database: Database,
    cluster: Cluster,
    registry: RegistrySpec,
    region: str | None,
) -> Ready:
    """Create task, function and custom resource; nothing unless `database.seed` is `task`."""
    if spec.seed != "task" or logs.seed is None or groups.seed is None:
        return Ready(unit.name, ())
    if database.admin_secret_arn is None:
        raise ValueError("the seed logs in as the database's administrator")
    password = user_password(spec, secrets)
    starter = execution_role(
        unit,
        "SeedExecutionRole",
        images=[spec.seed_image],
        log_group=logs.seed,
        secrets=[database.admin_secret_arn, *([] if password is None else [password])],
        keys=keys,
        registry=registry,
        monitored=cluster.runtime_monitoring,
    )
    family = seed_family(unit.deployment)
    container = seed_container(
        CONTAINER,
        spec,
        database,
        password,
        logs.seed,
        registry,
        essential=True,
        authority=authority(unit, spec, region),
        **own_container(security, MEMORY_MIB),
    )
    task = unit.add(
        task_definition(
            "SeedTaskDefinition", family, [container], starter, cpu=256, memory_mib=MEMORY_MIB
        )
    )
    function = _function(unit, family, logs.seed, cluster, GetAtt(starter, "Arn"))
    seed = unit.add(
        DatabaseSeed(
            "DatabaseSeed",
            ServiceToken=GetAtt(function, "Arn"),
            ServiceTimeout=FUNCTION_SECONDS + 60,
            Cluster=cluster.arn,
            TaskDefinition=Ref(task),
            Container=CONTAINER,
            LogGroup=logs.seed.name,
            Subnets=list(network.private_subnet_ids),
            SecurityGroups=[groups.seed.id],
            DatabaseResourceId=database.endpoint
            if database.resource_id is None
            else database.resource_id,
            Revision=sha256((SCRIPT + seed_sql(spec)).encode()),
        ),
        after=[network.routed, groups.seed.rules, egress.open, database.available],
    )
    return unit.ready(seed)


def _function(
    unit: Unit, family: str, log_group: LogGroup, cluster: Cluster, execution_role_arn: AWSHelperFn
) -> Function:
    """Add the function, outside the VPC: it calls only AWS APIs, never the database."""
    role = unit.add(
        Role(
            "SeedFunctionRole",
            AssumeRolePolicyDocument=assumed_by("lambda"),
            # Inside the role, so that the function may still act while the stack is deleted.
            Policies=[inline("run-seed", _grants(family, log_group, cluster, execution_role_arn))],
        )
    )
    return unit.add(
        Function(
            "SeedFunction",
            Description="Runs the database seed task and reports how it went",
            Runtime=RUNTIME,
            Handler="index.handler",
            Code=Code(ZipFile=function_code()),
            Role=GetAtt(role, "Arn"),
            Timeout=FUNCTION_SECONDS,
            MemorySize=128,
            LoggingConfig=LoggingConfig(LogGroup=log_group.name),
        )
    )


def _grants(
    family: str, log_group: LogGroup, cluster: Cluster, execution_role_arn: AWSHelperFn
) -> list[Statement]:
    in_cluster = [ArnEquals("ecs:cluster", cluster.arn)]
    to_tasks = [StringEquals("iam:PassedToService", "ecs-tasks.amazonaws.com")]
    revisions = arn("ecs", "task-definition/${Family}:*", Family=family)
    tasks = arn("ecs", "task/${Cluster}/*", Cluster=cluster.name)
    streams = Sub("${LogGroupArn}:*", LogGroupArn=log_group.arn)
    return [
        statement("RunTask", ["ecs:RunTask"], [revisions], in_cluster),
        statement("WatchTask", ["ecs:DescribeTasks", "ecs:StopTask"], [tasks], in_cluster),
        statement("PassRole", ["iam:PassRole"], [execution_role_arn], to_tasks),
        statement("ReadTaskLog", ["logs:GetLogEvents"], [streams]),
        statement("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams]),
    ]


@cache
def function_code() -> str:
    """Return the function's source, which is a file next to this one.

    It catches every exception because CloudFormation waits for an hour if its `handler` does not
    answer, and because the answer must contain any error that keeps it from stopping a task that
    ran out of time. This is explained here because a comment there would change every deployed
    template.
    """
    return Path(__file__).with_name("seed_lambda.py").read_text(encoding="utf-8")
