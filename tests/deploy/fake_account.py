"""An account that is ready for every shipped spec, unless a test takes something away."""

from collections.abc import Mapping, Sequence
from typing import Any

from camformation.deploy.cloud.account import (
    Account,
    Authority,
    Certificate,
    Denial,
    EngineVersion,
    HostedZone,
    Image,
    Orderable,
    Quota,
)
from camformation.deploy.cloud.account_networks import (
    Endpoint,
    NetworkAcl,
    Peering,
    RouteTable,
    Subnet,
    Vpc,
)
from camformation.deploy.cloud.account_references import (
    AccessPoint,
    Key,
    Origin,
    Secret,
    SharedFileSystem,
    Snapshot,
    Topic,
)
from deploy.fake_stacks import ACCOUNT, REGION, FakeClock, Faulty

DEFAULT_POLICY = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
}


def trusting(service: str, action: str = "sts:AssumeRole") -> dict[str, Any]:
    """Return a policy that lets a service do something."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}
    return {"Statement": [statement]}


class FakeQuotas(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.values: dict[str, float] = {}  # by code; 100 of all others
        self.unknown: set[str] = set()
        self.vcpus = 0.0
        self.eips = 0
        self.gateways: dict[str, int] = {}
        self.ends: tuple[tuple[str, str], ...] = ()
        self.balancers: dict[str, int] = {}
        self.systems = 0
        self.rds: dict[str, tuple[float, float]] = {"DBClusters": (0, 40), "DBInstances": (0, 40)}
        self.iam: tuple[float, float] = (20, 1000)
        self.logs: tuple[str, ...] = ()

    def quota(self, service: str, code: str) -> Quota | None:
        self._call("quota", (service, code))
        if code in self.unknown:
            return None
        metric = {"MetricName": "ResourceCount"} if service == "fargate" else None
        return Quota(self.values.get(code, 100), metric)

    def used(self, metric: Mapping[str, Any]) -> float | None:
        self._call("used", metric)
        return self.vcpus

    def addresses(self) -> int:
        self._call("addresses")
        return self.eips

    def nat_gateways(self) -> Mapping[str, int]:
        self._call("nat_gateways")
        return self.gateways

    def endpoints(self) -> tuple[tuple[str, str], ...]:
        self._call("endpoints")
        return self.ends

    def load_balancers(self) -> Mapping[str, int]:
        self._call("load_balancers")
        return self.balancers

    def file_systems(self) -> int:
        self._call("file_systems")
        return self.systems

    def databases(self) -> Mapping[str, tuple[float, float]]:
        self._call("databases")
        return self.rds

    def roles(self) -> tuple[float, float]:
        self._call("roles")
        return self.iam

    def log_policies(self) -> tuple[str, ...]:
        self._call("log_policies")
        return self.logs


class FakePlans(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.its: str | None = None

    def plan(self) -> str | None:
        self._call("plan")
        return self.its


class FakePermissions(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.missing_roles: set[str] = set()
        self.missing_policies: set[str] = set()
        self.denials: dict[str, bool] = {}  # action -> denied by a policy
        self.context: dict[str, Mapping[str, Sequence[str]]] = {}  # by action
        self.trusts: dict[str, Any] = {}  # by role; CloudFormation of all others

    def role_arn(self, name: str) -> str | None:
        self._call("role_arn", name)
        return None if name in self.missing_roles else f"arn:aws:iam::{ACCOUNT}:role/path/{name}"

    def trust(self, name: str) -> Mapping[str, Any] | None:
        self._call("trust", name)
        if name in self.missing_roles:
            return None
        return dict(self.trusts.get(name, trusting("cloudformation.amazonaws.com")))

    def policy_exists(self, arn: str) -> bool:
        self._call("policy_exists", arn)
        return arn not in self.missing_policies

    def denied(
        self,
        principal: str,
        actions: Sequence[str],
        resources: Sequence[str],
        context: Mapping[str, Sequence[str]],
    ) -> tuple[Denial, ...]:
        self._call("denied", principal)
        self.context.update(dict.fromkeys(actions, context))
        return tuple(
            Denial(action, resources[0], self.denials[action])
            for action in actions
            if action in self.denials
        )


class FakeVpcs(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.there: dict[str, Vpc] = {"vpc-default": Vpc("vpc-default", ("172.31.0.0/16",))}
        self.nets: dict[str, Subnet] = {}
        self.connections: list[Peering] = []
        self.lists: dict[str, int] = {}
        self.groups: dict[str, str] = {}  # the VPC of each
        self.ends: list[Endpoint] = []
        self.tables: list[RouteTable] = []
        self.block = "off"
        self.lists_of_rules: list[NetworkAcl] = []
        self.dns: tuple[str, ...] = ("AmazonProvidedDNS",)
        self.services: dict[str, tuple[str, ...]] = {}  # of which not all zones have endpoints
        self.no_services: set[str] = set()

    def vpcs(self) -> tuple[Vpc, ...]:
        self._call("vpcs")
        return tuple(self.there.values())

    def vpc(self, vpc: str) -> Vpc | None:
        self._call("vpc", vpc)
        return self.there.get(vpc)

    def subnets(self, subnets: Sequence[str]) -> tuple[Subnet, ...]:
        self._call("subnets", tuple(subnets))
        return tuple(self.nets[each] for each in subnets if each in self.nets)

    def peerings(self) -> tuple[Peering, ...]:
        self._call("peerings")
        return tuple(self.connections)

    def prefix_lists(self, lists: Sequence[str]) -> Mapping[str, int]:
        self._call("prefix_lists", tuple(lists))
        return {each: self.lists[each] for each in lists if each in self.lists}

    def security_groups(self, groups: Sequence[str]) -> Mapping[str, str]:
        self._call("security_groups", tuple(groups))
        return {each: self.groups[each] for each in groups if each in self.groups}

    def endpoints(self, vpc: str) -> tuple[Endpoint, ...]:
        self._call("endpoints", vpc)
        return tuple(self.ends)

    def route_tables(self, vpc: str) -> tuple[RouteTable, ...]:
        self._call("route_tables", vpc)
        return tuple(self.tables)

    def acls(self, vpc: str) -> tuple[NetworkAcl, ...]:
        self._call("acls", vpc)
        return tuple(self.lists_of_rules)

    def name_servers(self, vpc: str) -> tuple[str, ...]:
        self._call("name_servers", vpc)
        return self.dns

    def endpoint_services(self, services: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        self._call("endpoint_services", tuple(services))
        zones = tuple(f"{REGION}{each}" for each in "abc")
        there = [each for each in services if each not in self.no_services]
        return {each: self.services.get(each, zones) for each in there}

    def blocked(self) -> str:
        self._call("blocked")
        return self.block


class FakeEngines(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.no_versions: set[str] = set()
        self.offered: tuple[EngineVersion, ...] = ()  # instead of the version that is asked for
        self.no_classes: set[str] = set()

    def versions(self, engine: str, version: str) -> tuple[EngineVersion, ...]:
        self._call("versions", (engine, version))
        found = () if version in self.no_versions else (EngineVersion(version),)
        return self.offered or found

    def orderable(self, engine: str, version: str, instance_class: str) -> tuple[Orderable, ...]:
        self._call("orderable", (engine, version, instance_class))
        if instance_class in self.no_classes:
            return ()
        return (Orderable(instance_class, (f"{REGION}a", f"{REGION}b")),)


class FakeRegistries(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.images: dict[tuple[str, str], Image] = {}  # by repository and tag or digest

    def image(self, account: str, region: str, repository: str, which: str) -> Image | None:
        self._call("image", (account, region, repository, which))
        return self.images.get((repository, which))


class FakeDomains(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.certificates: dict[str, Certificate] = {}
        self.authorities: dict[str, Authority] = {}
        self.zones: dict[str, HostedZone] = {}
        self.records: set[tuple[str, str, str]] = set()
        self.private: dict[str, tuple[str, ...]] = {}  # names of zones, by VPC
        self.caa: dict[tuple[str, str], tuple[str, ...]] = {}  # by zone and name

    def certificate(self, arn: str) -> Certificate | None:
        self._call("certificate", arn)
        return self.certificates.get(arn)

    def authority(self, arn: str) -> Authority | None:
        self._call("authority", arn)
        return self.authorities.get(arn)

    def hosted_zone(self, zone: str) -> HostedZone | None:
        self._call("hosted_zone", zone)
        return self.zones.get(zone)

    def record(self, zone: str, name: str, kind: str) -> bool:
        self._call("record", (zone, name, kind))
        return (zone, name, kind) in self.records

    def private_zones(self, vpc: str, region: str) -> tuple[str, ...]:
        self._call("private_zones", (vpc, region))
        return self.private.get(vpc, ())

    def issuers(self, zone: str, name: str) -> tuple[str, ...] | None:
        self._call("issuers", (zone, name))
        return self.caa.get((zone, name))


class FakeSecretValues(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.secrets: dict[str, dict[str, str] | None] = {}  # None: no JSON object
        self.of: dict[str, Secret] = {}  # what there is to say of some
        self.parameters: set[str] = set()
        self.kms: dict[str, Key] = {}
        self.policies: dict[str, Any] = {}  # that of a default key of all others

    def secret(self, arn: str) -> Secret | None:
        self._call("secret", arn)
        return None if arn not in self.secrets else self.of.get(arn, Secret())

    def keys(self, arn: str) -> tuple[str, ...] | None:
        self._call("keys", arn)
        value = self.secrets[arn]
        return None if value is None else tuple(key for key, each in value.items() if each)

    def parameter(self, name: str) -> bool:
        self._call("parameter", name)
        return name in self.parameters

    def key(self, name: str) -> Key | None:
        self._call("key", name)
        return self.kms.get(name)

    def key_policy(self, arn: str) -> Mapping[str, Any]:
        self._call("key_policy", arn)
        return dict(self.policies.get(arn, DEFAULT_POLICY))


class FakeNames(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.groups: set[str] = set()
        self.ecs: set[str] = set()
        self.providers: tuple[str, ...] = ("FARGATE", "FARGATE_SPOT")  # of all clusters
        self.cloud_map: set[tuple[str, str]] = set()
        self.vaults: tuple[str, ...] = ()

    def log_groups(self, name: str) -> tuple[str, ...]:
        self._call("log_groups", name)
        return tuple(sorted(each for each in self.groups if each.startswith(name)))

    def clusters(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        self._call("clusters", tuple(names))
        return {each: self.providers for each in names if each in self.ecs}

    def namespaces(self) -> tuple[tuple[str, str], ...]:
        self._call("namespaces")
        return tuple(sorted(self.cloud_map))

    def backup_vaults(self) -> tuple[str, ...]:
        self._call("backup_vaults")
        return self.vaults


class FakeReferences(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.snapshots: dict[str, Snapshot] = {}
        self.origins: dict[str, Origin] = {}
        self.systems: dict[str, SharedFileSystem] = {}
        self.points: dict[str, AccessPoint] = {}
        self.topics: dict[str, Topic] = {}
        self.workspaces: dict[str, str] = {}
        self.out: tuple[str, ...] = ()
        self.buckets: dict[str, bool] = {}  # do they keep versions

    def snapshot(self, name: str) -> Snapshot | None:
        self._call("snapshot", name)
        return self.snapshots.get(name)

    def origin(self, cluster: str) -> Origin | None:
        self._call("origin", cluster)
        return self.origins.get(cluster)

    def file_system(self, id: str) -> SharedFileSystem | None:
        self._call("file_system", id)
        return self.systems.get(id)

    def access_point(self, id: str) -> AccessPoint | None:
        self._call("access_point", id)
        return self.points.get(id)

    def versioned(self, bucket: str) -> bool | None:
        self._call("versioned", bucket)
        return self.buckets.get(bucket)

    def topic(self, arn: str) -> Topic | None:
        self._call("topic", arn)
        return self.topics.get(arn)

    def left_out(self) -> tuple[str, ...]:
        self._call("left_out")
        return self.out

    def workspace(self, id: str) -> str | None:
        self._call("workspace", id)
        return self.workspaces.get(id)


class FakeAccount:
    """All of it; `account` is what the checks take."""

    def __init__(self, clock: FakeClock) -> None:
        self.plans = FakePlans(clock)
        self.quotas = FakeQuotas(clock)
        self.permissions = FakePermissions(clock)
        self.vpcs = FakeVpcs(clock)
        self.engines = FakeEngines(clock)
        self.registries = FakeRegistries(clock)
        self.domains = FakeDomains(clock)
        self.secrets = FakeSecretValues(clock)
        self.names = FakeNames(clock)
        self.references = FakeReferences(clock)
        self.account = Account(
            plans=self.plans,
            quotas=self.quotas,
            permissions=self.permissions,
            vpcs=self.vpcs,
            engines=self.engines,
            registries=self.registries,
            domains=self.domains,
            secrets=self.secrets,
            names=self.names,
            references=self.references,
        )
