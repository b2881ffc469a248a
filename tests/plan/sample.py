"""A small deployment in both layouts, linked by the compiler's own linker."""

from collections.abc import Callable
from typing import Any

from troposphere import (
    GetAtt,
    Ref,
    Sub,
    Tags,
    cloudformation,
    ec2,
    ecs,
    efs,
    kms,
    rds,
    s3,
    secretsmanager,
)

from camformation.deploy.plan.symbols import Templates
from camformation.layout import Layout, link
from camformation.units import Assembly

LAYOUTS = (Layout.NESTED, Layout.FLAT)

DEFAULTS: dict[str, Any] = {
    "cidr": "10.190.0.0/19",
    "brokers": 3,
    "partitions": 3,
    "replication": 3,
    "image": "camunda/camunda:8.9.3",
    "environment": {},
    "engine_version": "17.9",
    "master_username": "camunda_admin",
    "managed_password": True,
    "database_name": "camunda",
    "instances": 1,
    "performance_mode": "generalPurpose",
    "throughput_mode": "elastic",
    "root_directory": "/camunda",
    "service_name": None,
    "bucket_name": None,
    "policy": "Retain",
    "password_length": 32,
    "parameter_url": "jdbc:aws-wrapper:postgresql://${Host}:5432/camunda",
    "seed_version": "1",
    "restore": False,
    "tags": {},
}


def sample(layout: Layout = Layout.NESTED, name: str = "prod", **changed: Any) -> Templates:
    """Return the templates of the deployment, with the given settings changed."""
    s = {**DEFAULTS, **changed}
    assembly = Assembly(name)
    network = assembly.unit("network", "network")
    vpc = network.add(ec2.VPC("Vpc", CidrBlock="10.190.0.0/16", EnableDnsSupport=True))
    vpc_id = network.export("VpcId", Ref(vpc))
    subnet = network.add(
        ec2.Subnet("PrivateSubnet1", VpcId=Ref(vpc), CidrBlock=s["cidr"], Tags=Tags(**s["tags"]))
    )
    subnet_id = network.export("PrivateSubnet1Id", Ref(subnet))

    keys = assembly.unit("keys", "secrets")
    key = keys.add(kms.Key("SecretsKey", KeyPolicy={"Version": "2012-10-17", "Statement": []}))
    key_arn = keys.export("SecretsKeyArn", GetAtt(key, "Arn"))

    secrets = assembly.unit("secrets", "secrets")
    password = secrets.add(
        secretsmanager.Secret(
            "AdminPassword",
            KmsKeyId=key_arn,
            GenerateSecretString=secretsmanager.GenerateSecretString(
                PasswordLength=s["password_length"], ExcludePunctuation=True
            ),
        )
    )
    password_arn = secrets.export("AdminPasswordArn", Ref(password))

    storage = assembly.unit("storage", "storage")
    policies = {"DeletionPolicy": s["policy"], "UpdateReplacePolicy": s["policy"]}
    files = storage.add(
        efs.FileSystem(
            "FileSystem",
            Encrypted=True,
            PerformanceMode=s["performance_mode"],
            ThroughputMode=s["throughput_mode"],
            **policies,
        )
    )
    point = storage.add(
        efs.AccessPoint(
            "AccessPoint",
            FileSystemId=Ref(files),
            RootDirectory=efs.RootDirectory(Path=s["root_directory"]),
            **policies,
        )
    )
    mount = storage.add(
        efs.MountTarget(
            "MountTarget1", FileSystemId=Ref(files), SubnetId=subnet_id, SecurityGroups=["sg-1"]
        )
    )
    named = {"BucketName": s["bucket_name"]} if s["bucket_name"] else {}
    bucket = storage.add(s3.Bucket("NodeIdBucket", **named, **policies))
    file_system_id = storage.export("FileSystemId", Ref(files))
    access_point_id = storage.export("AccessPointId", Ref(point))
    bucket_name = storage.export("NodeIdBucketName", Ref(bucket))

    database = assembly.unit("database", "database")
    group = database.add(
        rds.DBSubnetGroup(
            "DatabaseSubnetGroup", DBSubnetGroupDescription="private", SubnetIds=[subnet_id]
        )
    )
    aurora = database.add(
        rds.DBCluster(
            "DatabaseCluster",
            Engine="aurora-postgresql",
            EngineVersion=s["engine_version"],
            DatabaseName=s["database_name"],
            MasterUsername=s["master_username"],
            ManageMasterUserPassword=s["managed_password"],
            DBSubnetGroupName=Ref(group),
            DeletionPolicy="Snapshot",
            UpdateReplacePolicy="Snapshot",
        )
    )
    for number in range(1, s["instances"] + 1):
        database.add(
            rds.DBInstance(
                f"DatabaseInstance{number}",
                Engine="aurora-postgresql",
                DBInstanceClass="db.t4g.medium",
                DBClusterIdentifier=Ref(aurora),
            )
        )
    host = database.export("Endpoint", GetAtt(aurora, "Endpoint.Address"))

    seed = assembly.unit("database_seed", "database", "seed")
    seed.add(
        cloudformation.CustomResource(
            "DatabaseSeed", ServiceToken="arn:aws:lambda:eu-west-2:111122223333:function:seed"
        )
    )
    seed.resources["DatabaseSeed"].properties["Version"] = s["seed_version"]

    orchestration = assembly.unit("orchestration", "orchestration")
    environment = {
        "CAMUNDA_CLUSTER_SIZE": str(s["brokers"]),
        "CAMUNDA_CLUSTER_PARTITIONCOUNT": str(s["partitions"]),
        "CAMUNDA_CLUSTER_REPLICATIONFACTOR": str(s["replication"]),
        "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL": Sub(s["parameter_url"], Host=host),
        "CAMUNDA_NODEID_BUCKET": bucket_name,
        **s["environment"],
    }
    restore = ecs.ContainerDefinition(
        Name="orchestration-restore", Image=s["image"], Essential=False
    )
    task = orchestration.add(
        ecs.TaskDefinition(
            "OrchestrationTask",
            Cpu="4096",
            Memory="8192",
            ContainerDefinitions=[
                ecs.ContainerDefinition(
                    Name="orchestration",
                    Image=s["image"],
                    Environment=[ecs.Environment(Name=k, Value=v) for k, v in environment.items()],
                    Secrets=[ecs.Secret(Name="CAMUNDA_ADMIN_PASSWORD", ValueFrom=password_arn)],
                ),
                *([restore] if s["restore"] else []),
            ],
            Volumes=[
                ecs.Volume(
                    Name="data",
                    EFSVolumeConfiguration=ecs.EFSVolumeConfiguration(
                        FilesystemId=file_system_id,
                        AuthorizationConfig=ecs.AuthorizationConfig(AccessPointId=access_point_id),
                    ),
                )
            ],
        )
    )
    service = {"ServiceName": s["service_name"]} if s["service_name"] else {}
    orchestration.add(
        ecs.Service(
            "OrchestrationService",
            Cluster="prod",
            DesiredCount=s["brokers"],
            TaskDefinition=Ref(task),
            **service,
        ),
        after=[storage.ready(mount)],
    )
    assembly.output("VpcId", vpc_id, "The VPC")
    assembly.output("FileSystemId", file_system_id, "EFS file system of the brokers")
    return link(assembly, layout).templates


def edited(templates: Templates, edit: Callable[[dict[str, Any]], None]) -> Templates:
    """Return a copy of the templates, edited."""
    import json

    copy: dict[str, Any] = json.loads(json.dumps(templates))
    edit(copy)
    return copy
