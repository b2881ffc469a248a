"""Small templates of the compiler's shape: two components, nested below a root or flat."""

import copy
from typing import Any

Template = dict[str, Any]

SEED = """
import json, os, time, urllib.request
import boto3

def handler(event, context):
    properties = event["ResourceProperties"]
    status, reason, data = "SUCCESS", "", {}
    try:
        if event["RequestType"] != "Delete":
            ecs = boto3.client("ecs")
            task = ecs.run_task(
                cluster=properties["Cluster"], taskDefinition=properties["TaskDefinition"]
            )["tasks"][0]["taskArn"]
            while True:
                found = ecs.describe_tasks(cluster=properties["Cluster"], tasks=[task])["tasks"][0]
                if found["lastStatus"] == "STOPPED":
                    break
                time.sleep(0.1)
            code = found["containers"][0]["exitCode"]
            data = {"ExitCode": str(code), "Home": os.environ["HOME"]}
            if code != 0:
                raise RuntimeError("the seed task failed with exit code %s" % code)
    except Exception as error:
        status, reason = "FAILED", str(error)
    body = json.dumps({
        "Status": status, "Reason": reason, "Data": data,
        "PhysicalResourceId": event.get("PhysicalResourceId", "seed"),
        "StackId": event["StackId"], "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT")
    urllib.request.urlopen(request)
"""


def data(retention: int = 7) -> Template:
    """What must not be lost: a bucket, a key, a secret, a database."""
    return {
        "Metadata": {"Camformation": {"Deployment": "demo", "Component": "data"}},
        "Resources": {
            "Vpc": {
                "Type": "AWS::EC2::VPC",
                "Properties": {"CidrBlock": "10.190.0.0/16", "EnableDnsSupport": True},
            },
            "SubnetA": _subnet(0),
            "SubnetB": _subnet(1),
            "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
            "NatGateway": {
                "Type": "AWS::EC2::NatGateway",
                "Properties": {
                    "SubnetId": {"Ref": "SubnetA"},
                    "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]},
                },
            },
            "DatabaseGroup": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "database", "VpcId": {"Ref": "Vpc"}},
            },
            "FromVpc": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    "GroupId": {"Ref": "DatabaseGroup"},
                    "IpProtocol": "tcp",
                    "FromPort": 5432,
                    "ToPort": 5432,
                    "CidrIp": {"Fn::GetAtt": ["Vpc", "CidrBlock"]},
                },
            },
            "Key": {
                "Type": "AWS::KMS::Key",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {"EnableKeyRotation": True, "KeyPolicy": {"Statement": []}},
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "Properties": {"BucketName": "demo-backups-111122223333"},
            },
            "Password": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {
                    "Name": "demo/password",
                    "GenerateSecretString": {"PasswordLength": 40, "ExcludePunctuation": True},
                },
            },
            "SubnetGroup": {
                "Type": "AWS::RDS::DBSubnetGroup",
                "Properties": {
                    "DBSubnetGroupDescription": "private subnets",
                    "SubnetIds": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}],
                },
            },
            "AuroraCluster": {
                "Type": "AWS::RDS::DBCluster",
                "DeletionPolicy": "Snapshot",
                "UpdateReplacePolicy": "Snapshot",
                "Properties": {
                    "Engine": "aurora-postgresql",
                    "DBClusterIdentifier": "demo-db",
                    "DatabaseName": "camunda",
                    "MasterUsername": "camunda_admin",
                    "ManageMasterUserPassword": True,
                    "DBSubnetGroupName": {"Ref": "SubnetGroup"},
                    "BackupRetentionPeriod": retention,
                },
            },
        },
        "Outputs": {
            "DatabaseHost": {"Value": {"Fn::GetAtt": ["AuroraCluster", "Endpoint.Address"]}},
            "DatabasePort": {"Value": {"Fn::GetAtt": ["AuroraCluster", "Endpoint.Port"]}},
            "DatabaseSecret": {
                "Value": {"Fn::GetAtt": ["AuroraCluster", "MasterUserSecret.SecretArn"]}
            },
            "PasswordArn": {"Value": {"Ref": "Password"}},
            "SubnetId": {"Value": {"Ref": "SubnetA"}},
        },
    }


def _subnet(index: int) -> Template:
    return {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "AvailabilityZone": {"Fn::Select": [index, {"Fn::GetAZs": ""}]},
            "CidrBlock": {
                "Fn::Select": [index, {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 6, 13]}]
            },
        },
    }


def service(image: str = "camunda/camunda:8.8", seed_image: str = "postgres:17") -> Template:
    """A seeded ECS service."""
    return {
        "Metadata": {"Camformation": {"Deployment": "demo", "Component": "service"}},
        "Parameters": {
            "DataDatabaseHost": {"Type": "String"},
            "DataPasswordArn": {"Type": "String"},
            "DataSubnetId": {"Type": "String"},
        },
        "Resources": {
            "Logs": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": "/ecs/demo", "RetentionInDays": 7},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
            },
            "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "demo"}},
            "SeedTask": _task("seed", seed_image),
            "SeedFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Timeout": 60,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": SEED},
                },
            },
            "Seed": {
                "Type": "Custom::DatabaseSeed",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["SeedFunction", "Arn"]},
                    "ServiceTimeout": 60,
                    "Cluster": {"Ref": "Cluster"},
                    "TaskDefinition": {"Ref": "SeedTask"},
                    "Host": {"Ref": "DataDatabaseHost"},
                },
            },
            "Task": _task("orchestration", image),
            "Service": {
                "Type": "AWS::ECS::Service",
                "DependsOn": "Seed",
                "Properties": {
                    "ServiceName": "orchestration",
                    "Cluster": {"Ref": "Cluster"},
                    "TaskDefinition": {"Ref": "Task"},
                    "DesiredCount": "3",
                    "LaunchType": "FARGATE",
                    "EnableExecuteCommand": False,
                    "HealthCheckGracePeriodSeconds": 900,
                    "DeploymentConfiguration": {
                        "MinimumHealthyPercent": 66,
                        "MaximumPercent": 100,
                        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": False},
                    },
                    "NetworkConfiguration": {
                        "AwsvpcConfiguration": {"Subnets": [{"Ref": "DataSubnetId"}]}
                    },
                },
            },
        },
        "Outputs": {
            "ServiceName": {"Value": {"Fn::GetAtt": ["Service", "Name"]}},
            "ServiceArn": {"Value": {"Ref": "Service"}},
            "SeedHome": {"Value": {"Fn::GetAtt": ["Seed", "Home"]}},
        },
    }


def _task(name: str, image: str) -> Template:
    return {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "Family": f"demo-{name}",
            "RequiresCompatibilities": ["FARGATE"],
            "NetworkMode": "awsvpc",
            "Cpu": "256",
            "Memory": "512",
            "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
            "ContainerDefinitions": [
                {
                    "Name": name,
                    "Image": image,
                    "Secrets": [{"Name": "PASSWORD", "ValueFrom": {"Ref": "DataPasswordArn"}}],
                    "LogConfiguration": {
                        "LogDriver": "awslogs",
                        "Options": {
                            "awslogs-group": {"Ref": "Logs"},
                            "awslogs-region": {"Ref": "AWS::Region"},
                            "awslogs-stream-prefix": name,
                        },
                    },
                }
            ],
        },
    }


def nested(urls: dict[str, str]) -> Template:
    """The root over both components."""
    outputs = ("DatabaseHost", "PasswordArn", "SubnetId")
    return {
        "Metadata": {"Camformation": {"Deployment": "demo", "Layout": "nested"}},
        "Resources": {
            "Data": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": urls["data"]},
            },
            "Service": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {
                    "TemplateURL": urls["service"],
                    "Parameters": {
                        f"Data{name}": {"Fn::GetAtt": ["Data", f"Outputs.{name}"]}
                        for name in outputs
                    },
                },
            },
        },
        "Outputs": {
            name: {"Value": {"Fn::GetAtt": [child, f"Outputs.{name}"]}}
            for child, template in (("Data", data()), ("Service", service()))
            for name in template["Outputs"]
        },
    }


def flat(first: Template, second: Template) -> Template:
    """Both components in one template: parameters become what they were fed from."""
    first, second = copy.deepcopy(first), copy.deepcopy(second)
    fed = {f"Data{name}": output["Value"] for name, output in first["Outputs"].items()}

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"Ref"} and value["Ref"] in fed:
                return fed[value["Ref"]]
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value

    return {
        "Metadata": {"Camformation": {"Deployment": "demo", "Layout": "flat"}},
        "Resources": first["Resources"] | filled(second["Resources"]),
        "Outputs": {
            name: {"Value": output["Value"]}
            for name, output in (first["Outputs"] | second["Outputs"]).items()
        },
    }
