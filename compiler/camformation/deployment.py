"""The parts of a deployment, and the wiring of its components: the compiler's `main.tf`."""

from collections.abc import Mapping

from camformation.components.access_logs import build_access_logs
from camformation.components.access_spec import AccessSpec
from camformation.components.authentication import AuthenticationSpec, cluster_admin_user
from camformation.components.aws_backup_spec import AwsBackupSpec, buckets_in_plan, missing
from camformation.components.cluster import ClusterSpec, build_cluster
from camformation.components.connectors import build_connectors
from camformation.components.connectors_spec import ConnectorsSpec
from camformation.components.container_security import ContainersSpec
from camformation.components.database import build_database, existing_database
from camformation.components.database_seed import build_database_seed
from camformation.components.database_spec import DatabaseSpec
from camformation.components.egress import build_egress
from camformation.components.fargate import RegistrySpec
from camformation.components.iam import IamSpec, set_role_properties
from camformation.components.key_grants import limit_kms_grants
from camformation.components.keys import build_keys
from camformation.components.load_balancers import build_load_balancers
from camformation.components.log_key import build_log_key
from camformation.components.logs import ObservabilitySpec, build_logs, log_group_properties
from camformation.components.network import NetworkSpec, build_network
from camformation.components.operations_spec import OperationsSpec
from camformation.components.ops_task import build_ops_task
from camformation.components.orchestration import build_orchestration
from camformation.components.orchestration_spec import OrchestrationSpec
from camformation.components.outbound import outbound
from camformation.components.patched_rules import patched_ports
from camformation.components.prometheus import with_collectors
from camformation.components.proxy import build_proxy
from camformation.components.s3_prefix_lists import by_routes
from camformation.components.scaling import PROVIDERS
from camformation.components.secrets import build_secrets
from camformation.components.secrets_spec import SecretsSpec
from camformation.components.security_groups import build_security_groups
from camformation.components.stack_outputs import add_outputs
from camformation.components.stack_spec import IgnoreSpec, PatchSpec, StackSpec
from camformation.components.storage import build_storage
from camformation.components.storage_spec import StorageSpec
from camformation.components.watching import begin_watching, build_watching
from camformation.frozen import frozen
from camformation.units import Assembly


@frozen
class Deployment:
    """One Camunda deployment in one region: the root of a spec."""

    name: str
    region: str | None
    account: str | None
    profile: str  # development | reference | production
    version: str  # Camunda's minor version
    tags: Mapping[str, str]
    stack: StackSpec
    network: NetworkSpec
    access: AccessSpec
    cluster: ClusterSpec
    orchestration: OrchestrationSpec
    connectors: ConnectorsSpec
    containers: ContainersSpec
    authentication: AuthenticationSpec
    database: DatabaseSpec
    storage: StorageSpec
    aws_backup: AwsBackupSpec | None
    secrets: SecretsSpec
    iam: IamSpec
    license: str | None
    registry: RegistrySpec
    observability: ObservabilitySpec
    operations: OperationsSpec
    parameters: Mapping[str, str]  # name -> dotted path of the field that it leaves open
    ignore: tuple[IgnoreSpec, ...]
    patches: tuple[PatchSpec, ...]


def assemble(deployment: Deployment) -> Assembly:
    """Compile every component of the deployment into a unit."""
    d = with_collectors(deployment)
    assembly = Assembly(d.name)
    basic = d.authentication.mode == "basic"

    # One unit: a nested stack of its own would keep the database waiting for a few quick rules.
    base = assembly.unit("network", "network")
    network = build_network(base, d.network, internal=d.access.scheme == "internal")
    groups = build_security_groups(
        base.part("access"),
        d.access,
        network,
        connectors=d.connectors.enabled,
        seed=d.database.seed == "task",
        endpoints=bool(d.network.vpc_endpoints),
        ops=bool(d.operations.task),
        connect_tls=bool(d.cluster.service_connect_tls),
        outbound=outbound(
            by_routes(d.network, d.region),
            d.network.proxy,
            d.authentication,
            orchestration=d.orchestration.egress,
            connectors=d.connectors.egress,
            patched=patched_ports(d.patches),
        ),
        existing_database=d.database.existing,
        existing_file_system=d.storage.efs.existing,
    )
    egress = build_egress(assembly.unit("egress", "network"), d.network, network, groups)
    access_logs = (
        build_access_logs(
            assembly.unit("access_logs", "observability", "access_logs"),
            d.observability.access_logs,
            None if d.network.existing else d.network.flow_logs,
            network.vpc_id,
        )
        if d.observability.access_logs
        else None
    )
    key_unit = assembly.unit("keys", "secrets")
    keys = build_keys(key_unit, d.secrets, d.database, d.storage)
    seed = d.database.seed == "task"
    log_key = build_log_key(
        key_unit,
        d.observability.log_encryption,
        d.observability.on_delete,
        seed=seed,
        database=bool(d.database.log_exports and not d.database.existing),
        firewall=bool(d.access.http and d.access.waf),
    )
    secrets = build_secrets(
        assembly.unit("secrets", "secrets"),
        d.secrets,
        keys,
        admin=basic,
        connectors=basic and d.connectors.enabled,
        database=d.database.authentication == "password" and not d.database.password_secret_arn,
        users=d.authentication.users,
        cluster_admin=cluster_admin_user(d.authentication, d.version),
    )
    log_unit = assembly.unit("logs", "observability")
    logs = build_logs(log_unit, d.observability, seed=seed, key=log_key)
    topic = begin_watching(d.observability, d.secrets, log_unit, key_unit)
    storage = build_storage(
        assembly.unit("storage", "storage"),
        d.storage,
        network,
        groups,
        keys,
        access_logs,
        in_backup_plan=buckets_in_plan(d.aws_backup),
    )
    database = (
        existing_database(d.database.existing)
        if d.database.existing
        else build_database(
            assembly.unit("database", "database"),
            d.database,
            network,
            groups,
            keys,
            log_group=log_group_properties(d.observability, log_key),
        )
    )
    vault = None
    if d.aws_backup:
        from camformation.components.aws_backup import build_aws_backup

        vault = build_aws_backup(
            assembly.unit("aws_backup", "aws_backup"),
            d.aws_backup,
            storage=storage,
            database=database,
            keys=keys,
            left_out=missing(d.aws_backup, d.database, d.storage),
            topic=topic,
        )
    load_balancers = build_load_balancers(
        assembly.unit("load_balancers", "access"),
        d.access,
        d.orchestration.context_path,
        network,
        groups,
        access_logs,
        log_group=log_group_properties(d.observability, log_key),
    )
    cluster = build_cluster(
        assembly.unit("cluster", "cluster"),
        d.cluster,
        network,
        keys,
        capacity_providers=PROVIDERS if d.connectors.capacity_provider_strategy else (),
    )
    proxy = build_proxy(d.network, d.access, d.name)
    if d.operations.task:
        ops = assembly.unit("operations", "operations", "task")
        build_ops_task(ops, d.operations.task, d.containers, keys, logs, cluster, d.registry)
    seeded = build_database_seed(
        assembly.unit("database_seed", "database", "seed"),
        d.database,
        security=d.containers,
        network=network,
        groups=groups,
        egress=egress,
        keys=keys,
        secrets=secrets,
        logs=logs,
        database=database,
        cluster=cluster,
        registry=d.registry,
        region=d.region,
    )
    orchestration = build_orchestration(
        assembly.unit("orchestration", "orchestration"),
        d.orchestration,
        version=d.version,
        log_format=d.observability.log_format,
        security=d.containers,
        access=d.access,
        authentication=d.authentication,
        database_spec=d.database,
        storage_spec=d.storage,
        registry=d.registry,
        connectors=d.connectors.enabled,
        license=d.license,
        proxy=proxy,
        network=network,
        groups=groups,
        egress=egress,
        keys=keys,
        secrets=secrets,
        logs=logs,
        storage=storage,
        database=database,
        load_balancers=load_balancers,
        cluster=cluster,
        seeded=seeded,
        region=d.region,
        topic=topic,
    )
    connectors = (
        build_connectors(
            assembly.unit("connectors", "connectors"),
            d.connectors,
            log_format=d.observability.log_format,
            security=d.containers,
            authentication=d.authentication,
            registry=d.registry,
            access=d.access,
            proxy=proxy,
            brokers_path=d.orchestration.context_path,
            network=network,
            groups=groups,
            egress=egress,
            keys=keys,
            secrets=secrets,
            logs=logs,
            load_balancers=load_balancers,
            cluster=cluster,
            orchestration=orchestration,
            topic=topic,
        )
        if d.connectors.enabled
        else None
    )

    if topic is not None:
        build_watching(
            assembly.units[-1].part("observability", "alarms"),  # the last service's: no barrier
            topic,
            cluster_spec=d.cluster,
            connectors_spec=d.connectors,
            database_spec=d.database,
            storage_spec=d.storage,
            brokers=d.orchestration.brokers,
            cluster=cluster,
            load_balancers=load_balancers,
            storage=storage,
            database=database,
            egress=egress,
            logs=logs,
            orchestration=orchestration,
            connectors=connectors,
        )
        assembly.output("AlarmTopicArn", topic, "SNS topic of alarms and failed rollouts")
    set_role_properties(assembly, d.iam)
    limit_kms_grants(assembly, limited=d.iam.limit_kms_grants)
    add_outputs(
        assembly,
        d.access,
        load_balancers=load_balancers,
        secrets=secrets,
        database=database,
        cluster=cluster,
        orchestration=orchestration,
        connectors=connectors,
        logs=logs,
        storage=storage,
        backup_vault=vault,
    )
    return assembly
