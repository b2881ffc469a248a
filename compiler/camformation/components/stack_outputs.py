"""The outputs of a deployment's root stack."""

from camformation.components.access_spec import AccessSpec
from camformation.components.cluster import Cluster
from camformation.components.connectors import Connectors
from camformation.components.database import Database
from camformation.components.load_balancers import LoadBalancers
from camformation.components.logs import Logs
from camformation.components.orchestration import Orchestration
from camformation.components.secrets import Secrets
from camformation.components.storage import Storage
from camformation.units import Assembly, Value


def add_outputs(
    assembly: Assembly,
    access: AccessSpec,
    *,
    load_balancers: LoadBalancers,
    secrets: Secrets,
    database: Database,
    cluster: Cluster,
    orchestration: Orchestration,
    connectors: Connectors | None,
    logs: Logs,
    storage: Storage,
    backup_vault: Value | None,
) -> None:
    """Add the outputs that people and programs need, as far as the deployment has them."""
    output = assembly.output
    url, grpc = "Where people open Camunda", "Host and port for gRPC clients"
    if access.tls and not access.tls.zone_of_record:
        url += ", once its DNS record leads to AlbEndpoint"
    if access.tls and not access.tls.grpc_zone_of_record:
        grpc += ", once its DNS record leads to NlbEndpoint"
    output("Url", load_balancers.url, url)
    output("AlbEndpoint", load_balancers.alb_dns_name, "DNS name of the HTTP load balancer")
    output("NlbEndpoint", load_balancers.nlb_dns_name, "DNS name of the gRPC load balancer")
    if access.deletion_protection:  # which AWS takes off by these
        output("AlbArn", load_balancers.alb_arn, "ARN of the HTTP load balancer")
        output("NlbArn", load_balancers.nlb_arn, "ARN of the gRPC load balancer")
    output("GrpcAddress", load_balancers.grpc_address, grpc)
    output("AdminPasswordSecretArn", secrets.admin_password, "Secret with the admin password")
    output(
        "ClusterAdminPasswordSecretArn",
        secrets.cluster_admin_password,
        "Secret with the cluster administrator's password",
    )
    aurora = "the Aurora cluster" if database.cluster_id else "the database"
    output("DatabaseEndpoint", database.endpoint, f"Writer endpoint of {aurora}")
    output("DatabaseClusterId", database.cluster_id, "Identifier of the Aurora cluster")
    output("DatabaseAdminSecretArn", database.admin_secret_arn, "Secret of the database admin")
    output("EcsClusterName", cluster.name, "Name of the ECS cluster")
    output("OrchestrationServiceName", orchestration.service_name, "ECS service of the brokers")
    output("ConnectorsServiceName", connectors.service_name if connectors else None, "ECS service")
    output("LogGroupName", logs.camunda.name, "Log group of both services")
    output("FileSystemId", storage.file_system_id, "EFS file system of the brokers")
    output("NodeIdBucketName", storage.node_id_bucket.name, "Bucket of the brokers' node ids")
    output("BackupBucketName", storage.backup_bucket.name, "Bucket of Zeebe's backups")
    output("BackupVaultName", backup_vault, "Vault of AWS Backup's recovery points")
