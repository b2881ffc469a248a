"""An account that is ready for every shipped spec, unless a test takes something away."""

from collections.abc import Mapping, Sequence
from typing import Any

from camformation.deploy.cloud.account import (
    Account,
    Authority,
    Certificate,
    Denial,
    Endpoint,
    HostedZone,
    Image,
    Orderable,
    Peering,
    Quota,
    Subnet,
    Vpc,
)
from deploy.fake_stacks import ACCOUNT, REGION, FakeClock, Faulty


class FakeQuotas(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.values: dict[str, float] = {}  # by code; 100 of all others
        self.unknown: set[str] = set()
        self.vcpus = 0.0
        self.eips = 0
        self.gateways: dict[str, int] = {}
        self.balancers: dict[str, int] = {}
        self.systems = 0

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

    def load_balancers(self) -> Mapping[str, int]:
        self._call("load_balancers")
        return self.balancers

    def file_systems(self) -> int:
        self._call("file_systems")
        return self.systems


class FakePermissions(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.missing_roles: set[str] = set()
        self.missing_policies: set[str] = set()
        self.denials: dict[str, bool] = {}  # action -> denied by a policy
        self.context: dict[str, Mapping[str, Sequence[str]]] = {}  # by action

    def role_arn(self, name: str) -> str | None:
        self._call("role_arn", name)
        return None if name in self.missing_roles else f"arn:aws:iam::{ACCOUNT}:role/path/{name}"

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


class FakeEngines(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.no_versions: set[str] = set()
        self.no_classes: set[str] = set()

    def versions(self, engine: str, version: str) -> tuple[str, ...]:
        self._call("versions", (engine, version))
        return () if version in self.no_versions else (version,)

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


class FakeSecretValues(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.secrets: dict[str, dict[str, str] | None] = {}  # None: no JSON object
        self.deleting: set[str] = set()
        self.parameters: set[str] = set()
        self.states: dict[str, str] = {}

    def secret(self, arn: str) -> bool | None:
        self._call("secret", arn)
        return None if arn not in self.secrets else arn not in self.deleting

    def keys(self, arn: str) -> tuple[str, ...] | None:
        self._call("keys", arn)
        value = self.secrets[arn]
        return None if value is None else tuple(key for key, each in value.items() if each)

    def parameter(self, name: str) -> bool:
        self._call("parameter", name)
        return name in self.parameters

    def key_state(self, arn: str) -> str | None:
        self._call("key_state", arn)
        return self.states.get(arn)


class FakeNames(Faulty):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.groups: set[str] = set()
        self.ecs: set[str] = set()
        self.cloud_map: set[tuple[str, str]] = set()

    def log_groups(self, name: str) -> tuple[str, ...]:
        self._call("log_groups", name)
        return tuple(sorted(each for each in self.groups if each.startswith(name)))

    def clusters(self, names: Sequence[str]) -> tuple[str, ...]:
        self._call("clusters", tuple(names))
        return tuple(each for each in names if each in self.ecs)

    def namespaces(self) -> tuple[tuple[str, str], ...]:
        self._call("namespaces")
        return tuple(sorted(self.cloud_map))


class FakeAccount:
    """All of it; `account` is what the checks take."""

    def __init__(self, clock: FakeClock) -> None:
        self.quotas = FakeQuotas(clock)
        self.permissions = FakePermissions(clock)
        self.vpcs = FakeVpcs(clock)
        self.engines = FakeEngines(clock)
        self.registries = FakeRegistries(clock)
        self.domains = FakeDomains(clock)
        self.secrets = FakeSecretValues(clock)
        self.names = FakeNames(clock)
        self.account = Account(
            quotas=self.quotas,
            permissions=self.permissions,
            vpcs=self.vpcs,
            engines=self.engines,
            registries=self.registries,
            domains=self.domains,
            secrets=self.secrets,
            names=self.names,
        )
