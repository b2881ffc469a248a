"""The connection to a target: one session, its credentials, and a client for each service."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from camformation.deploy.cloud.protocols import Cloud, DeployError
from camformation.deploy.cloud.target import Target, check_region, environment_region
from camformation.frozen import replaced

if TYPE_CHECKING:
    from camformation.deploy.aws.price_list import AwsPriceList

ATTEMPTS = 10  # adaptive retries slow down by themselves; ten last for about a minute
FIRST_ATTEMPTS = 3  # of the first call: without a network, the error should come quickly
SESSION_NAME = "camformation"


def connect(target: Target) -> Cloud:
    """Return the cloud of a target. Nothing is called yet except to find the region.

    Raises DeployError for an unknown profile or region.
    """
    from camformation.deploy.aws.account import account
    from camformation.deploy.aws.client import Client
    from camformation.deploy.aws.databases import AwsDatabases
    from camformation.deploy.aws.file_systems import AwsFileSystems
    from camformation.deploy.aws.identity import AwsIdentity
    from camformation.deploy.aws.networks import AwsNetworks
    from camformation.deploy.aws.objects import AwsObjects
    from camformation.deploy.aws.organization import AwsOrganization
    from camformation.deploy.aws.secrets import AwsSecrets
    from camformation.deploy.aws.services import AwsServices
    from camformation.deploy.aws.stack_sets import AwsStackSets
    from camformation.deploy.aws.stacks import AwsStacks
    from camformation.deploy.aws.targets import AwsTargets
    from camformation.deploy.aws.trail import AwsTrail

    with _usable(target):
        session, region = _session(target)
        lock = Lock()

        def made(service: str, attempts: int = ATTEMPTS) -> Any:
            config = _config(target, attempts)
            return session.client(service, config=config, **_endpoint(target))

        @cache
        def client(service: str) -> Client:
            return Client(_Deferred(partial(made, service), lock))

        @cache
        def elsewhere(service: str, place: str) -> Client:
            options = {"region_name": place, "config": _config(target, ATTEMPTS)}
            make = partial(session.client, service, **options, **_endpoint(target))
            return Client(_Deferred(make, lock))

        cloudformation, ec2 = client("cloudformation"), client("ec2")
        return Cloud(
            region=region,
            local=target.local is not None,
            identity=AwsIdentity(Client(made("sts", FIRST_ATTEMPTS)), ec2),
            stacks=AwsStacks(cloudformation),
            objects=AwsObjects(client("s3")),
            services=AwsServices(
                client("ecs"),
                client("logs"),
                None if target.local else client("application-autoscaling"),
            ),
            databases=AwsDatabases(client("rds"), client("cloudwatch")),
            networks=AwsNetworks(ec2),
            secrets=AwsSecrets(client("secretsmanager")),
            stack_sets=AwsStackSets(cloudformation, target.call_as),
            organization=AwsOrganization(client("organizations")),
            targets=AwsTargets(client("elbv2")),
            trail=AwsTrail(client("cloudtrail")),
            file_systems=AwsFileSystems(client("efs")),
            account=account(client, elsewhere),
        )


def price_list(target: Target) -> "AwsPriceList":
    """Return the Price List, for the credentials of a target. Raises DeployError as `connect`."""
    from camformation.deploy.aws.client import Client
    from camformation.deploy.aws.price_list import REGION, AwsPriceList

    with _usable(target):
        session, _ = _session(replaced(target, region=REGION))
        config = _config(target, FIRST_ATTEMPTS)
        return AwsPriceList(Client(session.client("pricing", region_name=REGION, config=config)))


@contextmanager
def _usable(target: Target) -> Iterator[None]:
    """Turn botocore's errors about a profile, a region or credentials into a DeployError."""
    from botocore.exceptions import BotoCoreError, ClientError

    from camformation.deploy.aws.failures import translated

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translated(error, "sts", target.region or "") from error
    except ValueError as error:  # botocore's answer to a malformed endpoint or region
        raise DeployError("CAM608", str(error), "check --region") from error


class _Deferred:
    """A boto3 client that is created at its first use: most commands use few of them.

    A session creates one client at a time (boto3 guide, Session: not thread safe), so all clients
    of a session share a lock.
    """

    def __init__(self, make: Callable[[], Any], lock: Lock) -> None:
        self._make = make
        self._lock = lock
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return getattr(self._made, name)


def _session(target: Target) -> tuple[Any, str]:
    import boto3

    named = target.region or environment_region(os.environ)
    if target.local:
        keys = (target.local.access_key, target.local.secret_key)
        session = boto3.Session(*keys, region_name=named, botocore_session=_botocore())
    else:
        session = boto3.Session(botocore_session=_caching(target.profile), region_name=named)
    region = named or session.region_name
    if not region:
        raise DeployError(
            "CAM608", "no region", "give --region, set AWS_REGION, or write `region:` in the spec"
        )
    _check_region(session, region)
    if target.role_arn:
        session = _assuming(session, target.role_arn, region, target)
    return session, region


def _botocore(profile: str | None = None) -> Any:
    """Return a session that reads points in time faster."""
    from botocore.session import Session

    session = Session(profile=profile)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_time)
    return session


def _time(given: Any) -> datetime:
    """Return a point in time of an answer. botocore tries every date format, which takes half of
    the time of reading events; most use ISO 8601."""
    if isinstance(given, str) and given[4:5] == "-":
        with suppress(ValueError):
            return datetime.fromisoformat(given)
    from botocore.utils import parse_timestamp

    found: datetime = parse_timestamp(given)
    return found


def _caching(profile: str | None) -> Any:
    """Return a session that shares the AWS CLI's cache of assumed roles, so that an MFA code is
    needed once an hour and not for each command (AWS CLI User Guide, Use IAM roles)."""
    from botocore.credentials import JSONFileCache
    from botocore.exceptions import UnknownCredentialError

    class Cache(JSONFileCache):  # type: ignore[misc]
        def __setitem__(self, key: str, value: Any) -> None:
            with suppress(OSError):  # without a writable cache, the next command asks again
                super().__setitem__(key, value)

    session = _botocore(profile)
    resolver = session.get_component("credential_provider")
    for name in ("assume-role", "sso"):
        with suppress(UnknownCredentialError):
            provider = resolver.get_provider(name)
            provider.cache = Cache(str(Path.home() / ".aws" / "cli" / "cache"))
    return session


def _check_region(session: Any, region: str) -> None:
    from botocore.exceptions import UnknownRegionError

    check_region(region)
    try:
        session.get_partition_for_region(region)
    except UnknownRegionError as error:
        raise DeployError(
            "CAM608", f"AWS has no region {region}", "regions look like eu-west-2: check --region"
        ) from error


def _assuming(session: Any, role_arn: str, region: str, target: Target) -> Any:
    """Return a session that assumes the role, again whenever its hour ends."""
    import boto3
    from botocore import credentials

    source = session.get_credentials()
    if source is None:
        from botocore.exceptions import NoCredentialsError

        raise NoCredentialsError

    def client(service: str, **options: Any) -> Any:
        # get_frozen_credentials' values come as options; the region is ours
        return session.client(service, region_name=region, **_endpoint(target), **options)

    fetcher = credentials.AssumeRoleCredentialFetcher(
        client, source, role_arn, extra_args={"RoleSessionName": SESSION_NAME}
    )

    class Assumed(credentials.CredentialProvider):  # type: ignore[misc]
        METHOD = "assume-role"

        def load(self) -> Any:
            return credentials.DeferredRefreshableCredentials(
                refresh_using=fetcher.fetch_credentials, method=self.METHOD
            )

    inner = _botocore()
    inner.register_component("credential_provider", credentials.CredentialResolver([Assumed()]))
    return boto3.Session(botocore_session=inner, region_name=region)


def _config(target: Target, attempts: int) -> Any:
    from botocore.config import Config

    if target.local:
        return Config(
            proxies={},
            retries={"mode": "standard", "total_max_attempts": 2},
            s3={"addressing_style": "path"},
            max_pool_connections=16,
        )
    return Config(
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=16,
        user_agent_extra="camformation",
    )


def _endpoint(target: Target) -> dict[str, str]:
    return {"endpoint_url": target.local.endpoint_url} if target.local else {}
