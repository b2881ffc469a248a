"""What services refuse of patched resources is refused at the patch; what they take compiles."""

import json
from typing import Any

from camformation.diagnostics import SpecError
from camformation.layout import Layout
from camformation.patches.attributes import listeners
from camformation.patches.ecs_services import joined
from camformation.patches.services import CHECKS, misuses
from camformation.pipeline import compile_spec
from every import every

ALB: dict[str, Any] = {"Type": "application", "IpAddressType": "ipv4"}
NLB: dict[str, Any] = {"Type": "network", "IpAddressType": "ipv4"}
WEB: dict[str, Any] = {"Protocol": "HTTP", "HealthCheckIntervalSeconds": 30}
TCP: dict[str, Any] = {"Protocol": "TCP"}
TLS: dict[str, Any] = {"Protocol": "TLS", "Certificates": [{"CertificateArn": "a"}]}
OWNED: dict[str, Any] = {
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "VersioningConfiguration": {"Status": "Enabled"},
}
AURORA: dict[str, Any] = {"Engine": "aurora-postgresql", "ManageMasterUserPassword": True}
FARGATE: dict[str, Any] = {"LaunchType": "FARGATE"}
ON_FARGATE: dict[str, Any] = {"RequiresCompatibilities": ["FARGATE"]}


def attribute(key: str, value: Any) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value}]


def balancing(key: str, value: Any) -> dict[str, Any]:
    return {"LoadBalancerAttributes": attribute(key, value)}


def targets(key: str, value: Any) -> dict[str, Any]:
    return {"TargetGroupAttributes": attribute(key, value)}


def rules(**rule: Any) -> dict[str, Any]:
    return {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **rule}]}}


def moves(kind: str, days: int, **more: Any) -> dict[str, Any]:
    return rules(Transitions=[{"StorageClass": kind, "TransitionInDays": days}], **more)


def plan(**rule: Any) -> dict[str, Any]:
    return {"BackupPlan": {"BackupPlanRule": [rule]}}


def container(**properties: Any) -> dict[str, Any]:
    return {"ContainerDefinitions": [properties]}


def windows(backup: str, maintenance: str) -> dict[str, Any]:
    return {"PreferredBackupWindow": backup, "PreferredMaintenanceWindow": maintenance}


def said(kind: str, *properties: dict[str, Any]) -> list[str]:
    whole = {name: value for each in properties for name, value in each.items()}
    return [message for _, message, _ in misuses("Mine", kind, whole)]


BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
BUCKET = "AWS::S3::Bucket"
CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"
SERVICE = "AWS::ECS::Service"
TASK = "AWS::ECS::TaskDefinition"
PLAN = "AWS::Backup::BackupPlan"
SCALING = "AWS::ApplicationAutoScaling::ScalableTarget"
ALARM = "AWS::CloudWatch::Alarm"
FILES = "AWS::EFS::FileSystem"
FIREWALL = "AWS::EC2::SecurityGroup"
SUBNETS = "AWS::RDS::DBSubnetGroup"
ROUTE = "AWS::EC2::Route"
ENDPOINT = "AWS::EC2::VPCEndpoint"
INGRESS = "AWS::EC2::SecurityGroupIngress"
IF = {"Fn::If": ["Live", "600", "60"]}

Case = tuple[str, str, dict[str, Any], dict[str, Any], str]
REFUSED: tuple[Case, ...] = (
    ("an ALB's", BALANCER, NLB, balancing("idle_timeout.timeout_seconds", "60"), "Application"),
    ("an NLB's", BALANCER, ALB, balancing("dns_record.client_routing_policy", "a"), "Network"),
    ("too long", BALANCER, ALB, balancing("idle_timeout.timeout_seconds", "4001"), "1 to 4000"),
    ("a number", BALANCER, ALB, balancing("idle_timeout.timeout_seconds", 0), "1 to 4000"),
    ("in words", BALANCER, ALB, balancing("idle_timeout.timeout_seconds", "long"), "not long"),
    ("a switch", BALANCER, ALB, balancing("waf.fail_open.enabled", "on"), "true or false"),
    ("a mode", BALANCER, ALB, balancing("routing.http.desync_mitigation_mode", "x"), "strictest"),
    (
        "misspelt",
        BALANCER,
        ALB,
        balancing("routing.http.drop_invalid_header_field.enabled", "true"),
        "knows no attribute",
    ),
    (
        "twice",
        BALANCER,
        ALB,
        {"LoadBalancerAttributes": attribute("routing.http2.enabled", "true") * 2},
        "set twice",
    ),
    ("an IP type", BALANCER, NLB, {"IpAddressType": "dualstack-without-public-ipv4"}, "only App"),
    ("a drain", GROUP, WEB, targets("deregistration_delay.timeout_seconds", "3601"), "3600"),
    ("cookies", GROUP, TCP, targets("stickiness.type", "lb_cookie"), "takes source_ip"),
    ("by source", GROUP, WEB, targets("stickiness.type", "source_ip"), "lb_cookie or app_cookie"),
    ("a slow start", GROUP, WEB, targets("slow_start.duration_seconds", "29"), "0 or 30 to 900"),
    ("of TCP", GROUP, TCP, targets("slow_start.duration_seconds", "60"), "Application"),
    ("its start", GROUP, WEB, targets("slow_start.duration", "60"), "knows no attribute"),
    ("a timeout", GROUP, WEB, {"HealthCheckTimeoutSeconds": "30"}, "less than their interval"),
    ("a day", ALARM, {"Period": 300}, {"EvaluationPeriods": 289}, "looks back 24 hours"),
    ("a week", ALARM, {"Period": "3600"}, {"EvaluationPeriods": "169"}, "168 hours at most"),
    ("I/O", FILES, {"ThroughputMode": "elastic"}, {"PerformanceMode": "maxIO"}, "no Performance"),
    ("a name", FIREWALL, {}, {"GroupName": "sg-camunda"}, "begin with sg-"),
    ("one", SUBNETS, {}, {"SubnetIds": ["subnet-1"]}, "two zones"),
    ("processes", TASK, ON_FARGATE, {"PidMode": "host"}, "their own containers"),
    ("memory", TASK, ON_FARGATE, {"IpcMode": "task"}, "no IpcMode"),
    ("a policy", LISTENER, {"Protocol": "HTTP"}, {"SslPolicy": "a"}, "has no SslPolicy"),
    ("ALPN", LISTENER, {"Protocol": "HTTPS"}, {"AlpnPolicy": ["None"]}, "has no AlpnPolicy"),
    ("certificates", LISTENER, TLS, {"Certificates": [{"CertificateArn": "a"}] * 2}, "one cert"),
    (
        "idle",
        LISTENER,
        TLS,
        {"ListenerAttributes": attribute("tcp.idle_timeout.seconds", "59")},
        "60 to 6000",
    ),
    ("names", "AWS::EC2::VPC", {}, {"EnableDnsSupport": False, "EnableDnsHostnames": True}, "DNS"),
    ("an ACL", BUCKET, OWNED, {"AccessControl": "LogDeliveryWrite"}, "refuses the ACL"),
    (
        "a key",
        BUCKET,
        OWNED,
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "AES256",
                            "KMSMasterKeyID": "a",
                        }
                    }
                ]
            }
        },
        "takes no KMSMasterKeyID",
    ),
    (
        "a lock",
        BUCKET,
        {"ObjectLockEnabled": True},
        {"VersioningConfiguration": {"Status": "Suspended"}},
        "Object Lock",
    ),
    (
        "copies",
        BUCKET,
        {"ReplicationConfiguration": {"Role": "a"}},
        {"VersioningConfiguration": {"Status": "Suspended"}},
        "replication",
    ),
    ("too soon", BUCKET, OWNED, moves("STANDARD_IA", 29), "after 30 days or more, not after 29"),
    ("one zone", BUCKET, OWNED, moves("ONEZONE_IA", 0), "not after 0"),
    (
        "the old form",
        BUCKET,
        OWNED,
        rules(Transition={"StorageClass": "STANDARD_IA", "TransitionInDays": "7"}),
        "not after 7",
    ),
    ("too late", BUCKET, OWNED, moves("GLACIER", 90, ExpirationInDays=90), "expire after 90 days"),
    (
        "a mapping",
        "AWS::EFS::FileSystem",
        {},
        {
            "LifecyclePolicies": [
                {"TransitionToIA": "AFTER_7_DAYS", "TransitionToPrimaryStorageClass": "a"}
            ]
        },
        "one transition",
    ),
    ("inside", CLUSTER, AURORA, windows("03:00-04:00", "sun:03:30-sun:04:30"), "overlaps"),
    ("around", CLUSTER, AURORA, windows("03:00-04:00", "sun:02:30-sun:05:00"), "overlaps"),
    ("at midnight", CLUSTER, AURORA, windows("23:45-00:15", "mon:00:00-mon:00:30"), "overlaps"),
    ("over two days", CLUSTER, AURORA, windows("01:00-02:00", "sat:23:00-sun:01:30"), "overlaps"),
    ("short", CLUSTER, AURORA, {"PreferredBackupWindow": "03:00-03:20"}, "has 20"),
    ("no days", CLUSTER, AURORA, {"PreferredMaintenanceWindow": "03:00-04:00"}, "not a window"),
    ("no hour", CLUSTER, AURORA, {"PreferredBackupWindow": "24:00-25:00"}, "not a window"),
    ("no day", CLUSTER, AURORA, {"PreferredMaintenanceWindow": "son:03:00-son:04:00"}, "not a"),
    ("backtrack", CLUSTER, AURORA, {"BacktrackWindow": 3600}, "Aurora MySQL"),
    ("a password", CLUSTER, AURORA, {"MasterUserPassword": "a"}, "exclude each other"),
    ("version 1", CLUSTER, AURORA, {"EngineMode": "serverless"}, "Serverless v1"),
    ("a standby", INSTANCE, {"Engine": "aurora-postgresql"}, {"MultiAZ": True}, "no MultiAZ"),
    (
        "no room",
        SERVICE,
        FARGATE,
        {"DeploymentConfiguration": {"MinimumHealthyPercent": 100, "MaximumPercent": 100}},
        "replace no task",
    ),
    ("both", SERVICE, FARGATE, {"CapacityProviderStrategy": [{}]}, "exclude each other"),
    ("placement", SERVICE, FARGATE, {"PlacementStrategies": [{"Type": "spread"}]}, "Fargate"),
    (
        "on Spot",
        SERVICE,
        {"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT"}]},
        {"PlacementConstraints": [{"Type": "distinctInstance"}]},
        "Fargate",
    ),
    ("privileges", TASK, ON_FARGATE, container(Privileged=True), "cannot have Privileged"),
    ("hosts", TASK, ON_FARGATE, container(ExtraHosts=[{}]), "cannot have ExtraHosts"),
    ("memory", TASK, ON_FARGATE, container(LinuxParameters={"SharedMemorySize": 1}), "SharedMem"),
    (
        "a capability",
        TASK,
        ON_FARGATE,
        container(LinuxParameters={"Capabilities": {"Add": ["SYS_PTRACE", "NET_ADMIN"]}}),
        "so not NET_ADMIN",
    ),
    ("a limit", TASK, ON_FARGATE, container(Ulimits=[{"Name": "memlock"}]), "nofile alone"),
    (
        "soft",
        TASK,
        ON_FARGATE,
        container(Ulimits=[{"Name": "nofile", "SoftLimit": 2, "HardLimit": 1}]),
        "above HardLimit",
    ),
    ("a folder", TASK, ON_FARGATE, {"Volumes": [{"Host": {"SourcePath": "/"}}]}, "their host"),
    ("a key", "AWS::KMS::Key", {"EnableKeyRotation": True}, {"KeySpec": "RSA_2048"}, "rotates no"),
    ("mail", "AWS::SNS::Topic", {}, {"Subscription": [{"Protocol": "mail"}]}, "no protocol"),
    ("a start", PLAN, {}, plan(StartWindowMinutes=59), "at least 60 minutes"),
    (
        "an end",
        PLAN,
        {},
        plan(StartWindowMinutes=60, CompletionWindowMinutes=119),
        "60 minutes aft",
    ),
    (
        "for long",
        PLAN,
        {},
        plan(EnableContinuousBackup=True, Lifecycle={"DeleteAfterDays": 36}),
        "at most 35 days",
    ),
    ("a minimum", SCALING, {"MaxCapacity": 2}, {"MinCapacity": 3}, "above MaxCapacity"),
    ("five fields", SCALING, {}, {"ScheduledActions": [{"Schedule": "cron(0 2 * * *)"}]}, "six"),
    ("two days", SCALING, {}, {"ScheduledActions": [{"Schedule": "cron(0 2 1 * 1 *)"}]}, "AWS ref"),
    (
        "priorities",
        "AWS::WAFv2::WebACL",
        {},
        {"Rules": [{"Name": "a", "Priority": 1}, {"Name": "b", "Priority": "1"}]},
        "Priority 1",
    ),
    (
        "no such container",
        TASK,
        {},
        container(Name="a", DependsOn=[{"ContainerName": "b", "Condition": "START"}]),
        "no container b",
    ),
    (
        "no such volume",
        TASK,
        {"Volumes": [{"Name": "data"}]},
        container(Name="a", MountPoints=[{"SourceVolume": "date", "ContainerPath": "/a"}]),
        "no volume date",
    ),
    (
        "both",
        TASK,
        {},
        container(Name="a", Environment=[{"Name": "X", "Value": "1"}], Secrets=[{"Name": "X"}]),
        "X is a variable and a secret",
    ),
    ("twins", TASK, {}, {"ContainerDefinitions": [{"Name": "a"}, {"Name": "a"}]}, "are called a"),
    ("two targets", ROUTE, {"GatewayId": "a"}, {"NatGatewayId": "b"}, "one target"),
    ("of gateways", ENDPOINT, {"VpcEndpointType": "Interface"}, {"RouteTableIds": ["a"]}, "has no"),
    ("of interfaces", ENDPOINT, {}, {"SubnetIds": ["a"]}, "has no SubnetIds"),
    ("a range", INGRESS, {"IpProtocol": "tcp"}, {"FromPort": 90, "ToPort": "80"}, "above ToPort"),
    (
        "an address",
        INGRESS,
        {"IpProtocol": "tcp"},
        {"CidrIp": "10.0.0.7"},
        "the length of a network",
    ),
    ("an umlaut", INGRESS, {"IpProtocol": "tcp"}, {"Description": "Büro"}, "does not take 'ü'"),
    ("a long text", INGRESS, {"IpProtocol": "tcp"}, {"Description": "a" * 256}, "more than 255"),
    (
        "a rule inside",
        "AWS::EC2::SecurityGroup",
        {"GroupDescription": "a"},
        {"SecurityGroupIngress": [{"IpProtocol": "udp", "FromPort": 2, "ToPort": 1}]},
        "above ToPort",
    ),
    ("a weight", "AWS::Route53::RecordSet", {}, {"Weight": 0}, "needs a SetIdentifier"),
    (
        "datapoints",
        "AWS::CloudWatch::Alarm",
        {"EvaluationPeriods": 2},
        {"DatapointsToAlarm": 3},
        "above EvaluationPeriods",
    ),
)
TAKEN: tuple[Case, ...] = (
    ("the longest", BALANCER, ALB, balancing("idle_timeout.timeout_seconds", "4000"), ""),
    ("affinity", BALANCER, NLB, balancing("dns_record.client_routing_policy", IF), ""),
    ("new", BALANCER, ALB, balancing("capacity.reserved.units", "5"), ""),
    ("either", BALANCER, NLB, balancing("zonal_shift.config.enabled", True), ""),
    ("an IP type", BALANCER, ALB, {"IpAddressType": "dualstack-without-public-ipv4"}, ""),
    (
        "a gateway",
        BALANCER,
        {"Type": "gateway"},
        balancing("idle_timeout.timeout_seconds", "60"),
        "",
    ),
    ("sticky", GROUP, TCP, targets("stickiness.type", "source_ip"), ""),
    ("no slow start", GROUP, WEB, targets("slow_start.duration_seconds", "0"), ""),
    ("a function", GROUP, WEB, targets("deregistration_delay.timeout_seconds", IF), ""),
    (
        "of Lambda",
        GROUP,
        {"TargetType": "lambda"},
        targets("lambda.multi_value_headers.enabled", 1),
        "",
    ),
    ("ALPN", LISTENER, TLS, {"AlpnPolicy": ["HTTP2Preferred"], "SslPolicy": "a"}, ""),
    ("a private ACL", BUCKET, OWNED, {"AccessControl": "Private"}, ""),
    ("an ACL", BUCKET, {}, {"AccessControl": "LogDeliveryWrite"}, ""),
    ("a month", BUCKET, OWNED, moves("STANDARD_IA", 30, ExpirationInDays=60), ""),
    ("at once", BUCKET, OWNED, moves("GLACIER_IR", 0), ""),
    ("after", CLUSTER, AURORA, windows("03:00-04:00", "sun:04:00-sun:05:00"), ""),
    ("before", CLUSTER, AURORA, windows("03:00-04:00", "SUN:02:00-SUN:03:00"), ""),
    ("past midnight", CLUSTER, AURORA, windows("23:30-00:30", "mon:00:30-mon:01:30"), ""),
    ("over the week's end", CLUSTER, AURORA, windows("12:00-13:00", "sun:23:00-mon:01:00"), ""),
    ("MySQL", CLUSTER, {"Engine": "aurora-mysql"}, {"BacktrackWindow": 3600}, ""),
    ("a standby", INSTANCE, {"Engine": "postgres"}, {"MultiAZ": True}, ""),
    (
        "one more",
        SERVICE,
        FARGATE,
        {"DeploymentConfiguration": {"MinimumHealthyPercent": 100, "MaximumPercent": 150}},
        "",
    ),
    ("of EC2", SERVICE, {"LaunchType": "EC2"}, {"PlacementStrategies": [{"Type": "spread"}]}, ""),
    (
        "tracing",
        TASK,
        ON_FARGATE,
        container(LinuxParameters={"Capabilities": {"Add": ["SYS_PTRACE"]}}),
        "",
    ),
    ("not privileged", TASK, ON_FARGATE, container(Privileged=False), ""),
    ("of EC2", TASK, {"RequiresCompatibilities": ["EC2"]}, container(Privileged=True), ""),
    ("a key", "AWS::KMS::Key", {"EnableKeyRotation": True}, {"MultiRegion": True}, ""),
    ("windows", PLAN, {}, plan(StartWindowMinutes=60, CompletionWindowMinutes=120), ""),
    ("a month", PLAN, {}, plan(EnableContinuousBackup=True, Lifecycle={"DeleteAfterDays": 35}), ""),
    ("a night", SCALING, {}, {"ScheduledActions": [{"Schedule": "cron(0 22 * * ? *)"}]}, ""),
    ("once", SCALING, {}, {"ScheduledActions": [{"Schedule": "at(2026-12-24T18:00:00)"}]}, ""),
    (
        "names that are there",
        TASK,
        {"Volumes": [{"Name": "data"}]},
        container(
            Name="a",
            MountPoints=[{"SourceVolume": "data", "ContainerPath": "/a"}],
            Environment=[{"Name": "X", "Value": "1"}],
            Secrets=[{"Name": "Y"}],
        ),
        "",
    ),
    (
        "names that functions give",
        TASK,
        {"Volumes": [{"Name": IF}]},
        {
            "ContainerDefinitions": [
                {"Name": {"Ref": "A"}},
                {
                    "Name": "b",
                    "DependsOn": [{"ContainerName": "c"}],
                    "MountPoints": [{"SourceVolume": "d"}],
                },
            ]
        },
        "",
    ),
    ("a day", ALARM, {"Period": 300}, {"EvaluationPeriods": 288}, ""),
    ("a week", ALARM, {"Period": "3600"}, {"EvaluationPeriods": "168"}, ""),
    ("of metrics", ALARM, {"Metrics": []}, {"EvaluationPeriods": 400}, ""),
    ("I/O", FILES, {"ThroughputMode": "bursting"}, {"PerformanceMode": "maxIO"}, ""),
    ("a name", FIREWALL, {}, {"GroupName": "camunda-sg-1"}, ""),
    ("two", SUBNETS, {}, {"SubnetIds": ["subnet-1", "subnet-2"]}, ""),
    ("a list elsewhere", SUBNETS, {}, {"SubnetIds": [{"Fn::If": ["A", ["subnet-1"], []]}]}, ""),
    ("processes", TASK, ON_FARGATE, {"PidMode": "task"}, ""),
    ("of EC2's", TASK, {"RequiresCompatibilities": ["EC2"]}, {"IpcMode": "task"}, ""),
    ("a target", ROUTE, {"GatewayId": "a"}, {"DestinationCidrBlock": "0.0.0.0/0"}, ""),
    ("names", ENDPOINT, {"VpcEndpointType": "Interface"}, {"PrivateDnsEnabled": True}, ""),
    ("no names", ENDPOINT, {"RouteTableIds": ["a"]}, {"PrivateDnsEnabled": False}, ""),
    ("of ICMP", INGRESS, {"IpProtocol": "icmp"}, {"FromPort": 8, "ToPort": -1}, ""),
    ("one port", INGRESS, {"IpProtocol": "tcp"}, {"FromPort": 80, "ToPort": "80"}, ""),
    ("signs", INGRESS, {"CidrIp": "10.0.0.0/8"}, {"Description": "a._-:/()#,@[]+=&;{}!$* 1"}, ""),
    ("a set", "AWS::Route53::RecordSet", {}, {"Weight": 1, "SetIdentifier": "a"}, ""),
)


@every(
    (f"{name} of {kind}", (kind, own, given, words)) for name, kind, own, given, words in REFUSED
)
def test_what_a_service_refuses_is_said(
    kind: str, own: dict[str, Any], given: dict[str, Any], words: str
) -> None:
    assert said(kind, own) == []
    (found,) = said(kind, own, given)
    assert found.startswith("Mine: ") and words in found


@every((f"{name} of {kind}", (kind, own, given)) for name, kind, own, given, _ in TAKEN)
def test_what_a_service_takes_is_not(kind: str, own: dict[str, Any], given: dict[str, Any]) -> None:
    assert said(kind, own, given) == []


def asked(**service: Any) -> list[str]:
    ports = [{"Name": "web", "ContainerPort": 8080}, {"ContainerPort": "9600"}]
    task = {"ContainerDefinitions": [{"Name": "app", "PortMappings": ports}, {"Name": "agent"}]}
    resources = {
        "Task": {"Type": TASK, "Properties": task},
        "Mine": {"Type": SERVICE, "Properties": {"TaskDefinition": {"Ref": "Task"}, **service}},
    }
    return [message for _, message, _ in joined(resources)]


def balanced(name: Any, port: Any) -> list[str]:
    return asked(LoadBalancers=[{"ContainerName": name, "ContainerPort": port}])


def connected(*services: Any) -> list[str]:
    return asked(ServiceConnectConfiguration={"Enabled": True, "Services": list(services)})


def test_a_service_asks_for_what_its_task_has() -> None:
    assert balanced("app", "8080") == balanced("app", 9600) == balanced({"Ref": "A"}, 1) == []
    assert balanced("app", 80) == [
        "Mine: the task has no container app with port 80 for the load balancer"
    ]
    assert "no container agent with port 8080" in balanced("agent", 8080)[0]
    assert connected({"PortName": "web"}) == asked() == []
    assert "no port of the task is called wep" in connected({"PortName": "wep"})[0]
    alias = {"DnsName": "a", "Port": 80}
    twice = {"PortName": "web", "ClientAliases": [alias, {"DnsName": "b", "Port": 80}, alias]}
    assert connected(twice) == ["Mine: Service Connect has the alias a:80 twice"]
    assert asked(TaskDefinition="arn:aws:ecs:eu-west-2:111122223333:task-definition/x:1") == []
    assert asked(TaskDefinition={"Ref": "Elsewhere"}, LoadBalancers=[{"ContainerName": "a"}]) == []


def listening(**second: Any) -> list[str]:
    first = {"LoadBalancerArn": {"Ref": "Web"}, "Port": 80, "Protocol": "HTTP"}
    resources = {
        "First": {"Type": LISTENER, "Properties": first},
        "Mine": {"Type": LISTENER, "Properties": {**first, **second}},
    }
    return [message for _, message, _ in listeners(resources)]


def test_a_port_has_one_listener() -> None:
    taken = ["Mine: First already listens on port 80 of this load balancer"]
    assert listening() == listening(Port="80") == listening(Protocol="HTTPS") == taken
    assert listening(Port=443) == listening(LoadBalancerArn={"Ref": "Grpc"}) == []
    assert listening(Port=IF) == listening(Protocol="UDP") == listening(Protocol=IF) == []


STRANGE: tuple[Any, ...] = (None, True, 1, "a", [], ["a"], [None], {}, {"a": []}, IF)


def test_any_shape_is_read() -> None:
    names = ("Type", "Protocol", "Rules", "BackupPlan", "Engine", "Certificates", "Weight")
    lists = ("LoadBalancerAttributes", "TargetGroupAttributes", "ContainerDefinitions", "Volumes")
    for kind in CHECKS:
        for value in STRANGE:
            said(kind, ON_FARGATE, dict.fromkeys((*names, *lists), value))
            said(kind, {name: [{"Key": value, "Value": value}] for name in lists})
            said(kind, rules(Transitions=value, ExpirationInDays=value))
        for value in STRANGE:
            list(misuses("Mine", kind, value))
    for value in STRANGE:
        asked(LoadBalancers=value, ServiceConnectConfiguration=value)
        asked(LoadBalancers=[value], ServiceConnectConfiguration={"Services": [value]})
        task = {"Type": TASK, "Properties": {"ContainerDefinitions": value}}
        list(joined({"Task": task, "Mine": {"Type": SERVICE, "Properties": value}}))
        listening(Port=value, LoadBalancerArn=value, Protocol=value)


def test_it_is_placed_at_the_operation_in_its_resource() -> None:
    group = "/Resources/RestTargetGroup/Properties"
    operations = [
        {"op": "replace", "path": f"{group}/HealthCheckIntervalSeconds", "value": 5},
        {"op": "add", "path": "/Resources/RestListenerRule/Metadata", "value": {}},
    ]
    patch = {"component": "orchestration", "patch": operations}
    lines = ["name: camunda", "patches:", "- component: orchestration", "  patch:"]
    text = "\n".join((*lines, *(f"  - {json.dumps(each)}" for each in patch["patch"])))
    for layout in Layout:
        try:
            compile_spec("spec.yaml", lambda _: text.encode(), layout)
        except SpecError as error:
            (found,) = error.diagnostics
            assert (found.code, found.location.line) == ("CAM219", 5)
        else:
            raise AssertionError("it compiles")
